"""Sparse tensors: elements kept, empty rows filled, careful lookups; each against numpy."""

import graphpb as tf
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def run(*tensors):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(list(tensors))


def matrix():
    return tf.SparseTensor([[0, 1], [2, 0], [2, 3]], tf.constant([5, 6, 7], tf.int64), [4, 4])


def test_retain_keeps_the_marked_elements():
    kept = tf.sparse_retain(matrix(), [True, False, True])
    indices, values, shape = run(kept.indices, kept.values, kept.dense_shape)
    assert indices.tolist() == [[0, 1], [2, 3]] and values.tolist() == [5, 7] and shape.tolist() == [4, 4]
    with pytest.raises(TypeError, match="Input must be a SparseTensor"):
        tf.sparse_retain(tf.constant([1]), [True])


def test_empty_rows_are_filled():
    filled, empty = tf.sparse_fill_empty_rows(matrix(), 9)
    indices, values, marks = run(filled.indices, filled.values, empty)
    assert indices.tolist() == [[0, 1], [1, 0], [2, 0], [2, 3], [3, 0]]
    assert values.tolist() == [5, 9, 6, 7, 9] and marks.tolist() == [False, True, False, True]


def test_careful_lookups_leave_out_what_is_wrong():
    table = np.arange(20, dtype=np.float32).reshape(10, 2)
    params = tf.Variable(table)
    ids = tf.SparseTensor([[0, 0], [0, 1], [1, 0], [3, 0], [3, 2]], tf.constant([1, 4, -1, 2, 7], tf.int64), [4, 3])
    weights = tf.SparseTensor([[0, 0], [0, 1], [1, 0], [3, 0], [3, 2]], [1.0, 3.0, 1.0, 2.0, -5.0], [4, 3])
    plain = tf.nn.safe_embedding_lookup_sparse(params, ids, combiner="sum")
    weighted = tf.nn.safe_embedding_lookup_sparse(params, ids, weights, combiner="mean", default_id=3)
    gradient = tf.gradients(plain, params)[0]
    sums, means, slope = run(plain, weighted, tf.convert_to_tensor(gradient))
    zero = np.zeros(2)
    np.testing.assert_allclose(sums, [table[1] + table[4], zero, zero, table[2] + table[7]])
    np.testing.assert_allclose(means, [(table[1] + 3 * table[4]) / 4, table[3], table[3], table[2]])
    assert slope[[1, 4, 2, 7]].tolist() == [[1, 1]] * 4 and slope[5].tolist() == [0, 0]


def test_safe_embedding_lookup_counts_as_tensorflow_does():
    """Negative ids never count; weights that are not positive count for sums only; rows without ids are zeros or the default's row."""
    table = np.arange(12, dtype=np.float32).reshape(4, 3)
    ids = tf.SparseTensor([[0, 0], [0, 1], [1, 0], [2, 1]], tf.constant([1, -2, 3, 2], tf.int64), [4, 2])
    weights = tf.SparseTensor([[0, 0], [0, 1], [1, 0], [2, 1]], [2.0, 1.0, -1.0, 3.0], [4, 2])
    with tf.Session() as session:
        plain, total, mean, default = session.run(
            [
                tf.nn.safe_embedding_lookup_sparse(table, ids),
                tf.nn.safe_embedding_lookup_sparse([table], ids, weights, combiner="sum"),
                tf.nn.safe_embedding_lookup_sparse([table], ids, weights),
                tf.nn.safe_embedding_lookup_sparse([table], ids, default_id=1, combiner="sum"),
            ]
        )
    zero = np.zeros(3)
    np.testing.assert_allclose(plain, [table[1], table[3], table[2], zero])
    np.testing.assert_allclose(total, [2 * table[1], -table[3], 3 * table[2], zero])
    np.testing.assert_allclose(mean, [table[1], zero, table[2], zero])
    np.testing.assert_allclose(default, [table[1], table[3], table[2], table[1]])


def test_sparse_concat_expands_the_other_axes():
    a = tf.SparseTensor([[0, 0], [1, 1]], [1, 2], [2, 2])
    b = tf.SparseTensor([[0, 0], [2, 1]], [3, 4], [3, 4])
    joined = tf.sparse_concat(1, [a, b], expand_nonconcat_dim=True)
    with tf.Session() as session:
        value = session.run(joined)
    assert value.dense_shape.tolist() == [3, 6]
    assert value.indices.tolist() == [[0, 0], [0, 2], [1, 1], [2, 3]] and value.values.tolist() == [1, 3, 2, 4]


def test_sparse_reshape_knows_its_sizes():
    a = tf.SparseTensor([[0, 0], [1, 1]], [1, 2], [2, 2])
    assert tf.sparse_reshape(a, [-1, 1]).shape.as_list() == [4, 1]
    with pytest.raises(ValueError, match=r"Cannot reshape a tensor with 4 elements to shape \[3, 1\]"):
        tf.sparse_reshape(a, [3, 1])
    with pytest.raises(ValueError, match="At most one dimension"):
        tf.sparse_reshape(a, [-1, -1])
