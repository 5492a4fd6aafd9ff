"""A batch of unknown size, an initial state, cells called by hand, reuse, and a cell of the user's own."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    y = tf.placeholder(tf.float32, [None, 3], name="y")
    start = tf.placeholder(tf.float32, [None, 2], name="start")
    C = tf.nn.rnn_cell

    class Own(C.RNNCell):
        """Keeps a running mix of its inputs."""

        @property
        def state_size(self):
            return 2

        @property
        def output_size(self):
            return 2

        def call(self, inputs, state):
            w = tf.get_variable("w", [3, 2])
            new = 0.5 * state + tf.matmul(inputs, w)
            return tf.tanh(new), new

    fetches = {}
    with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=3)):
        out, state = tf.nn.static_rnn(C.LSTMCell(2), [x, y], dtype=tf.float32)
        fetches.update(lstm=out[1], c=state.c, h=state.h)
        out, _ = tf.nn.static_rnn(C.GRUCell(2), [x, y], initial_state=start, scope="given")
        fetches["given"] = out[1]
        out, state = tf.nn.static_rnn(Own(), [x, y, x], dtype=tf.float32, scope="own")
        fetches.update(own=out[2], own_state=state)
        cell = C.BasicLSTMCell(2, name="by_hand")
        state = cell.zero_state(tf.shape(x)[0], tf.float32)
        for inputs in (x, y):
            out, state = cell(inputs, state)
        fetches.update(by_hand=out, by_hand_c=state.c)
        with tf.variable_scope("shared"):
            first, _ = C.GRUCell(2)(x, start)
        with tf.variable_scope("shared", reuse=True):
            again, _ = C.GRUCell(2, reuse=True)(x, start)
        fetches.update(first=first, again=again)
        both, fw, bw = tf.nn.static_bidirectional_rnn(C.GRUCell(2), C.BasicLSTMCell(2), [x, y], dtype=tf.float32)
        fetches.update(both=tf.stack(both), fw=fw, bw_h=bw.h)
    fetches["start_grad"] = tf.gradients(fetches["given"], start)[0]
    fetches["x_grad"] = tf.gradients([fetches["own"], fetches["both"], fetches["by_hand"]], x)[0]
    rng = np.random.RandomState(4)
    feeds = [{x: rng.uniform(-1, 1, (b, 3)).astype(np.float32), y: rng.uniform(-1, 1, (b, 3)).astype(np.float32), start: rng.uniform(-1, 1, (b, 2)).astype(np.float32)} for b in (1, 3)]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches}
