"""Tables of every kind, from tensors: filled, asked, changed."""


def build(tf):
    words = tf.constant(["a", "b", "zebra", "a", "q"])
    key_value = tf.lookup.KeyValueTensorInitializer
    ids = tf.lookup.StaticHashTable(key_value(["a", "b", "c"], tf.constant([1, 2, 3], tf.int64)), -1)
    floats = tf.lookup.StaticHashTable(key_value([10, 20], [0.5, 1.5], key_dtype=tf.int64, value_dtype=tf.float32), 9.0, name="floats")
    buckets = tf.lookup.StaticVocabularyTable(key_value(["a", "b"], [0, 1], value_dtype=tf.int64), 5)
    numbers = tf.lookup.StaticVocabularyTable(key_value([7, 8], [0, 1], key_dtype=tf.int64, value_dtype=tf.int64), 3, name="numbers")
    sparse = tf.SparseTensor([[0, 1], [2, 0]], tf.constant(["b", "x"]), [3, 2])
    changing = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -5)
    with tf.control_dependencies([changing.insert(["x", "y", "x"], tf.constant([1, 2, 3], tf.int64))]):
        first = changing.lookup(["x", "y", "z"])
    with tf.control_dependencies([first]):
        removed = changing.remove(tf.constant(["x", "nobody"]))
    with tf.control_dependencies([removed]):
        second, size = changing.lookup(["x", "y"]), changing.size()
        exported = changing.export()
    rows = tf.lookup.experimental.DenseHashTable(tf.int64, tf.float32, [0.0, -1.0], empty_key=-1, deleted_key=-2)
    with tf.control_dependencies([rows.insert(tf.constant([4, 5], tf.int64), [[1.0, 2.0], [3.0, 4.0]])]):
        found = rows.lookup(tf.constant([[5], [6]], tf.int64))
    return {
        "init": tf.tables_initializer(),
        "fetches": {
            "ids": ids.lookup(words),
            "sparse": ids.lookup(sparse).values,
            "size": ids.size(),
            "floats": floats.lookup(tf.constant([[20, 30]], tf.int64)),
            "buckets": buckets.lookup(words),
            "bucket_size": buckets.size(),
            "numbers": numbers.lookup(tf.constant([8, 7, 100, -3], tf.int64)),
            "first": first,
            "second": second,
            "changing_size": size,
            "keys": exported[0],
            "values": exported[1],
            "found": found,
        },
    }
