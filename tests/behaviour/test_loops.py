"""Loops, branches and recurrent cells: rules and messages."""

import numpy as np
import pytest


def value(tf, tensor, feeds=None):
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        return s.run(tensor, feeds)


def test_single_loop_variable(tf):
    assert value(tf, tf.while_loop(lambda i: i < 10, lambda i: i + 3, [tf.constant(0)])) == 12


def test_shape_that_changes_is_refused(tf):
    with pytest.raises(ValueError, match="shape_invariants"):
        tf.while_loop(lambda x: tf.size(x) < 5, lambda x: tf.concat([x, x], 0), [tf.ones([1])])


def test_structures_must_agree(tf):
    with pytest.raises((ValueError, TypeError), match="structure"):
        tf.while_loop(lambda i, j: i < 1, lambda i, j: (i, (j, j)), [0, 0])


def test_python_bool_is_no_predicate(tf):
    with pytest.raises(TypeError, match="pred"):
        tf.cond(True, lambda: 1, lambda: 2)


def test_branches_must_agree_in_type(tf):
    with pytest.raises((TypeError, ValueError)):
        tf.cond(tf.constant(True), lambda: tf.constant(1.0), lambda: tf.constant(1))


def test_only_the_taken_branch_runs(tf):
    v = tf.Variable(0)
    out = tf.cond(tf.placeholder_with_default(True, []), lambda: tf.assign_add(v, 1), lambda: tf.assign_add(v, 100))
    with tf.Session() as s:
        s.run(v.initializer)
        s.run(out)
        assert s.run(v) == 1


def test_shapes_after_cond_and_loop(tf):
    p = tf.placeholder(tf.bool, [])
    assert tf.cond(p, lambda: tf.zeros([2, 3]), lambda: tf.zeros([4, 3])).shape.as_list() == [None, 3]
    x = tf.while_loop(
        lambda t: tf.reduce_sum(t) < 1.0, lambda t: tf.concat([t, t], 0), [tf.zeros([1, 2])], shape_invariants=[tf.TensorShape([None, 2])]
    )
    assert x.shape.as_list() == [None, 2]


def test_tensor_of_a_body_cannot_be_fetched(tf):
    inside = []

    def body(i):
        inside.append(i + 1)
        return inside[0]

    tf.while_loop(lambda i: i < 3, body, [tf.constant(0)])
    with tf.Session() as s, pytest.raises(ValueError):
        s.run(inside[0])


def test_dynamic_rnn_rules(tf):
    cell = tf.nn.rnn_cell.GRUCell(3)
    with pytest.raises(ValueError, match="dtype"):
        tf.nn.dynamic_rnn(cell, tf.zeros([2, 4, 3]))
    with pytest.raises(TypeError):
        tf.nn.dynamic_rnn(3, tf.zeros([2, 4, 3]), dtype=tf.float32)
    with pytest.raises(ValueError, match="must not be empty"):
        tf.nn.static_rnn(cell, [], dtype=tf.float32)


def test_the_decks_gru(tf):
    x = tf.placeholder(shape=(None, None, 10), dtype=tf.float32)
    cell = tf.nn.rnn_cell.GRUCell(20)
    outputs, final = tf.nn.dynamic_rnn(cell, x, time_major=False, dtype=tf.float32)
    o, f = value(tf, [outputs, final], {x: np.random.rand(32, 50, 10)})
    assert o.shape == (32, 50, 20) and f.shape == (32, 20)
    assert [v.name for v in tf.global_variables()] == [
        "rnn/gru_cell/gates/kernel:0",
        "rnn/gru_cell/gates/bias:0",
        "rnn/gru_cell/candidate/kernel:0",
        "rnn/gru_cell/candidate/bias:0",
    ]


def test_lstm_state(tf):
    cell = tf.nn.rnn_cell.BasicLSTMCell(3)
    assert cell.state_size == tf.nn.rnn_cell.LSTMStateTuple(3, 3) and cell.output_size == 3
    state = cell.zero_state(2, tf.float32)
    out, new = cell(tf.ones([2, 4]), state)
    assert isinstance(new, tf.nn.rnn_cell.LSTMStateTuple) and out.shape.as_list() == [2, 3]
    assert [v.name for v in tf.trainable_variables()] == ["basic_lstm_cell/kernel:0", "basic_lstm_cell/bias:0"]


def test_map_fn_and_scan(tf):
    assert value(tf, tf.map_fn(lambda x: x * 2, tf.range(4))).tolist() == [0, 2, 4, 6]
    assert value(tf, tf.scan(lambda a, x: a + x, tf.range(5))).tolist() == [0, 1, 3, 6, 10]
    assert value(tf, tf.foldl(lambda a, x: a * 10 + x, tf.range(4))) == 123


def test_sequence_mask(tf):
    assert value(tf, tf.sequence_mask([1, 3], 3)).tolist() == [[True, False, False], [True, True, True]]
