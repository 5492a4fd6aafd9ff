"""static_rnn, bidirectional_dynamic_rnn, static_bidirectional_rnn and raw_rnn."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [2, 4, 3], name="x")
    length = tf.placeholder(tf.int32, [2], name="length")
    C = tf.nn.rnn_cell
    with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=4)):
        static, static_state = tf.nn.static_rnn(C.GRUCell(2), tf.unstack(x, axis=1), dtype=tf.float32, scope="static")
        masked, masked_state = tf.nn.static_rnn(C.BasicLSTMCell(2), tf.unstack(x, axis=1), dtype=tf.float32, sequence_length=length, scope="masked")
        (fw, bw), (fw_state, bw_state) = tf.nn.bidirectional_dynamic_rnn(C.GRUCell(2), C.GRUCell(2), x, sequence_length=length, dtype=tf.float32, scope="both")
        joined, _, _ = tf.nn.static_bidirectional_rnn(C.BasicRNNCell(2), C.BasicRNNCell(2), tf.unstack(x, axis=1), dtype=tf.float32, scope="joined")

        inputs = tf.TensorArray(tf.float32, size=4).unstack(tf.transpose(x, [1, 0, 2]))
        cell = C.LSTMCell(2)

        def loop_fn(time, output, state, loop_state):
            next_state = cell.zero_state(2, tf.float32) if output is None else state
            finished = time >= length
            next_input = tf.cond(tf.reduce_all(finished), lambda: tf.zeros([2, 3]), lambda: inputs.read(time))
            return finished, next_input, next_state, output, None

        raw, raw_state, _ = tf.nn.raw_rnn(cell, loop_fn, scope="raw")
    fetches = {"static": static[-1], "static_state": static_state, "masked": tf.stack(masked), "masked_c": masked_state.c, "fw": fw, "bw": bw, "fw_state": fw_state,
               "bw_state": bw_state, "joined": tf.stack(joined), "raw": raw.stack(), "raw_h": raw_state.h}
    for name in ("static", "masked", "fw", "bw", "joined", "raw"):
        fetches[name + "_grad"] = tf.gradients(tf.square(fetches[name]), x)[0]
    rng = np.random.RandomState(4)
    feeds = [{x: rng.uniform(-1, 1, (2, 4, 3)).astype(np.float32), length: lengths} for lengths in ([4, 2], [3, 3])]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches}
