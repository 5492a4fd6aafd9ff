"""Strings: joins, splits, parts, numbers, hashes, regular expressions."""


def build(tf):
    words = tf.constant(["alpha beta", "", "gamma  delta,eps"])
    numbers = tf.constant(["1.5", "-2", "3e2"])
    split = tf.string_split(words)
    chars = tf.string_split(["ab", "c"], "")
    comma = tf.strings.split(words, sep=" ")
    fetches = {
        "join": tf.string_join([words, tf.constant("x")], separator="-"), "join2": tf.strings.join(["a", words]), "split_values": split.values,
        "split_indices": split.indices, "split_shape": split.dense_shape, "chars": chars.values, "comma": comma.values, "substr": tf.substr(numbers, 0, 2),
        "strings_substr": tf.strings.substr(words, [0, 0, 2], [2, 0, 3]), "length": tf.strings.length(words), "number": tf.string_to_number(numbers),
        "int": tf.string_to_number(["7", "-9"], tf.int64), "strip": tf.strings.strip([" a b ", "c"]), "bucket": tf.string_to_hash_bucket_fast(words, 100),
        "strong": tf.string_to_hash_bucket_strong(words, 50, [1, 2]), "regex": tf.regex_replace(words, "[aeiou]", "<\\0>"),
        "match": tf.strings.regex_full_match(words, ".*a"), "as_int": tf.as_string([1, -20]), "as_float": tf.as_string([1.5, 2.25], precision=1),
        "scientific": tf.as_string([1234.5], scientific=True, precision=3), "filled": tf.as_string([7], width=4, fill="0"),
        "encode": tf.encode_base64(words), "padded": tf.encode_base64(words, pad=True), "decode": tf.decode_base64(tf.encode_base64(words)),
        "lower": tf.strings.lower(["AbC"]), "upper": tf.strings.upper(["AbC"]), "equal": tf.equal(words, "alpha beta"),
        "format": tf.strings.format("v = {}", tf.constant([1, 2, 3])),
    }
    return {"fetches": fetches}
