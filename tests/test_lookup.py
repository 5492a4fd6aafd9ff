"""Lookup tables: from files and tensors, what is not in them, what goes wrong, and saving those that change."""

import graphpb as tf
import pytest

lookup = tf.contrib.lookup


@pytest.fixture(autouse=True)
def fresh_graph():
    tf.reset_default_graph()


@pytest.fixture
def vocabulary(tmp_path):
    path = tmp_path / "words.txt"
    path.write_bytes(b"the\r\ncat\nsat\n")
    return str(path)


def run(*fetches):
    with tf.Session() as sess:
        sess.run(tf.tables_initializer())
        return sess.run(fetches)


def test_without_tables_there_is_nothing_to_do():
    with tf.Session() as sess:
        assert sess.run([tf.tables_initializer(), tf.initialize_all_tables(), tf.initializers.tables_initializer()]) == [None] * 3


def test_words_to_ids_and_back(vocabulary):
    words = tf.constant([["cat", "dog"], ["the", "sat"]])
    ids = lookup.index_table_from_file(vocabulary)
    more = lookup.index_table_from_file(vocabulary, num_oov_buckets=2)
    back = lookup.index_to_string_table_from_file(vocabulary, default_value="?")
    plain, bucketed, text = run(ids.lookup(words), more.lookup(words), back.lookup(tf.constant([2, 0, 7], tf.int64)))
    assert plain.tolist() == [[1, -1], [0, 2]]
    assert bucketed[0][1] in (3, 4) and bucketed.ravel()[[0, 2, 3]].tolist() == [1, 0, 2]
    assert text.tolist() == [b"sat", b"the", b"?"]


def test_the_first_lines_only(vocabulary):
    table = lookup.index_table_from_file(vocabulary, vocab_size=2)
    assert run(table.lookup(tf.constant(["the", "cat", "sat"])), table.size())[0].tolist() == [0, 1, -1]
    many = lookup.index_table_from_file(vocabulary, vocab_size=9)
    with tf.Session() as sess, pytest.raises(tf.errors.InvalidArgumentError, match="Invalid vocab_size in .*: expected 9 but got 3"):
        sess.run(many.initializer)


def test_columns(tmp_path):
    path = tmp_path / "columns.csv"
    path.write_text("a,1,0.5\nb,2,1.5\n")
    table = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(str(path), tf.string, 0, tf.float32, 2, delimiter=","), 0.0)
    assert run(table.lookup(tf.constant(["b", "a", "c"])))[0].tolist() == [1.5, 0.5, 0.0]
    wrong = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(str(path), tf.string, 0, tf.int64, 2, delimiter=","), 0, name="wrong")
    few = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(str(path), tf.string, 0, tf.int64, 7, delimiter=","), 0, name="few")
    with tf.Session() as sess:
        with pytest.raises(tf.errors.InvalidArgumentError, match="Field 0.5 in line 0 is not a valid int64"):
            sess.run(wrong.initializer)
        with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid number of columns"):
            sess.run(few.initializer)


def test_from_tensors():
    ids = lookup.index_table_from_tensor(["x", "y"], default_value=-7)
    text = lookup.index_to_string_table_from_tensor(["x", "y"])
    numbers = lookup.index_table_from_tensor([5, 6], dtype=tf.int32)
    a, b, c = run(ids.lookup(tf.constant(["y", "z"])), text.lookup(tf.constant([1, 2], tf.int64)), numbers.lookup(tf.constant([6], tf.int64)))
    assert a.tolist() == [1, -7] and b.tolist() == [b"y", b"UNK"] and c.tolist() == [1]


def test_what_goes_wrong():
    table = lookup.HashTable(lookup.KeyValueTensorInitializer(["a"], [1]), -1)
    twice = lookup.HashTable(lookup.KeyValueTensorInitializer(["a", "a"], [1, 2]), -1, name="twice")
    with pytest.raises(TypeError, match="Dtype of argument `keys` must be"):
        table.lookup(tf.constant([1]))
    with pytest.raises(ValueError, match="`vocabulary_file` must be specified"):
        lookup.index_table_from_file("")
    with tf.Session() as sess:
        with pytest.raises(tf.errors.FailedPreconditionError, match="Table not initialized"):
            sess.run(table.lookup(tf.constant(["a"])))
        sess.run(table.init)
        sess.run(table.init)
        with pytest.raises(tf.errors.InvalidArgumentError, match="different value for same key. Key a"):
            sess.run(twice.init)
        missing = lookup.index_table_from_file("no such file")
        with pytest.raises(tf.errors.NotFoundError, match="no such file"):
            sess.run(missing.initializer)
    dense = lookup.MutableDenseHashTable(tf.int64, tf.int64, 0, empty_key=-1, deleted_key=-2)
    with tf.Session() as sess, pytest.raises(tf.errors.InvalidArgumentError, match="Using the empty_key as a table key is not allowed"):
        sess.run(dense.lookup([-1]))


def test_a_changing_table_is_saved(tmp_path):
    table = lookup.MutableHashTable(tf.string, tf.float32, [0.0, 0.0], name="rows")
    put = table.insert(["a", "b"], [[1.0, 2.0], [3.0, 4.0]])
    found, size = table.lookup(["b", "c"]), table.size()
    saver = tf.train.Saver()
    with tf.Session() as sess:
        sess.run(put)
        path = saver.save(sess, str(tmp_path / "t"))
    assert dict(tf.train.list_variables(path)) == {"rows-keys": [2], "rows-values": [2, 2]}
    with tf.Session() as sess:
        saver.restore(sess, path)
        assert sess.run(found).tolist() == [[3.0, 4.0], [0.0, 0.0]] and sess.run(size) == 2


def test_tables_of_a_file_are_one_table(vocabulary):
    first, second = lookup.index_table_from_file(vocabulary), lookup.index_table_from_file(vocabulary, name="again")
    with tf.Session() as sess:
        sess.run(first.initializer)
        assert sess.run(second.lookup(tf.constant(["sat"]))).tolist() == [2]
