"""Inputs and states of several parts, sequences of length zero, a trained start, batch and time unknown."""

import numpy as np


def build(tf):
    a = tf.placeholder(tf.float32, [None, None, 3], name="a")
    b = tf.placeholder(tf.float32, [None, None, 2, 2], name="b")
    length = tf.placeholder(tf.int64, [None], name="length")

    class Pair(tf.nn.rnn_cell.RNNCell):
        """Two inputs, a state of a vector and a matrix, two outputs."""

        @property
        def state_size(self):
            return (tf.TensorShape([3]), {"m": tf.TensorShape([2, 2])})

        @property
        def output_size(self):
            return (3, tf.TensorShape([2, 2]))

        def call(self, inputs, state):
            x, y = inputs
            h, m = state[0], state[1]["m"]
            w = tf.get_variable("w", [3, 3])
            new_h = tf.tanh(tf.matmul(x + h, w) + tf.reduce_sum(m, [1, 2])[:, tf.newaxis])
            new_m = 0.5 * m + tf.matmul(y, m + 1.0)
            return (new_h, new_m * 0.1), (new_h, {"m": new_m})

    with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=6)):
        batch = tf.shape(a)[0]
        start = tf.tile(tf.get_variable("start", [1, 3]), tf.stack([batch, 1]))
        (out, matrix), state = tf.nn.dynamic_rnn(Pair(), (a, b), sequence_length=length, initial_state=(start, {"m": tf.zeros(tf.stack([batch, 2, 2]))}))
        plain, (h, _) = tf.nn.dynamic_rnn(Pair(), (a, b), dtype=tf.float32, swap_memory=True, parallel_iterations=1, scope="plain")
    loss = tf.reduce_sum(tf.square(out)) + tf.reduce_sum(matrix) + tf.reduce_sum(plain[0] * plain[0]) + tf.reduce_sum(state[1]["m"])
    fetches = {"out": out, "matrix": matrix, "h": state[0], "m": state[1]["m"], "plain": plain[1], "plain_h": h, "loss": loss}
    for i, g in enumerate(tf.gradients(loss, [a, b] + tf.trainable_variables())):
        fetches[f"grad{i}"] = g
    rng = np.random.RandomState(6)
    feeds = [{a: rng.uniform(-1, 1, (n, t, 3)).astype(np.float32), b: rng.uniform(-1, 1, (n, t, 2, 2)).astype(np.float32), length: lengths}
             for n, t, lengths in ((3, 4, [4, 0, 2]), (2, 3, [0, 0]), (1, 1, [1]))]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches}
