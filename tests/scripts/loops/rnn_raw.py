"""raw_rnn that feeds its outputs back, carries a loop state, emits a structure of its own, and its gradients."""

import numpy as np


def build(tf):
    start = tf.placeholder(tf.float32, [3, 2], name="start")
    steps = tf.placeholder(tf.int32, [3], name="steps")
    with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-0.9, 0.9, seed=9)):
        cell = tf.nn.rnn_cell.BasicLSTMCell(2)

        def loop_fn(time, output, state, loop_state):
            if output is None:
                emit = (tf.zeros([2]), tf.zeros([], tf.int32))
                return time >= steps, start, cell.zero_state(3, tf.float32), emit, tf.constant(1.0)
            emit = (output * loop_state, tf.fill([3], time))
            return time >= steps, 2.0 * output, state, emit, loop_state * 0.9

        (emitted, times), state, loop_state = tf.nn.raw_rnn(cell, loop_fn)
    values = emitted.stack()
    fetches = {"values": values, "times": times.stack(), "c": state.c, "h": state.h, "loop_state": loop_state}
    for i, g in enumerate(tf.gradients(tf.reduce_sum(tf.square(values)) + tf.reduce_sum(state.c), [start] + tf.trainable_variables())):
        fetches[f"grad{i}"] = g
    rng = np.random.RandomState(9)
    feeds = [{start: rng.uniform(-1, 1, (3, 2)).astype(np.float32), steps: n} for n in ([4, 2, 1], [1, 1, 3])]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches}
