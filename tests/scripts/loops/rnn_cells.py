"""Every cell for a few steps: basic, LSTM with peepholes and projection, stacks, wrappers, initial states, time major."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [4, 2, 3], name="x")
    start = tf.placeholder(tf.float32, [2, 3], name="start")
    C = tf.nn.rnn_cell
    fetches = {}
    cells = {
        "basic": C.BasicRNNCell(3), "relu": C.BasicRNNCell(3, activation=tf.nn.relu), "basic_lstm": C.BasicLSTMCell(3, forget_bias=0.5),
        "peephole": C.LSTMCell(3, use_peepholes=True), "projected": C.LSTMCell(4, num_proj=2, cell_clip=0.5, proj_clip=0.4),
        "tuple_false": C.LSTMCell(3, state_is_tuple=False), "stack": C.MultiRNNCell([C.GRUCell(3), C.BasicLSTMCell(2)]), "residual": C.ResidualWrapper(C.GRUCell(3)),
    }
    with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=3)):
        for name, cell in cells.items():
            out, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, time_major=True, scope=name)
            fetches[name] = out
            for i, part in enumerate(flat(state)):
                fetches[f"{name}_state{i}"] = part
            fetches[name + "_grad"] = tf.gradients(tf.square(out), x)[0]
        given, _ = tf.nn.dynamic_rnn(C.GRUCell(3), x, initial_state=start, time_major=True, scope="given")
        fetches["given"], fetches["start_grad"] = given, tf.gradients(given, start)[0]
    rng = np.random.RandomState(3)
    feed = {x: rng.uniform(-1, 1, (4, 2, 3)).astype(np.float32), start: rng.uniform(-1, 1, (2, 3)).astype(np.float32)}
    return {"init": tf.global_variables_initializer(), "feeds": [feed], "fetches": fetches}


def flat(state):
    """The tensors of a state in order."""
    return [part for item in state for part in flat(item)] if isinstance(state, tuple) else [state]
