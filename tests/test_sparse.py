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
