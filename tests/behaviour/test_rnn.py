"""Recurrent networks: rules and messages."""

import numpy as np
import pytest


def value(tf, tensor, feeds=None):
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        return s.run(tensor, feeds)


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
