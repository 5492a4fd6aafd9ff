"""DropoutWrapper: each place, seeds, the state of an LSTM, variational draws, a visitor, a probability that is fed."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [4, 5], name="x")
    keep = tf.placeholder(tf.float32, [], name="keep")
    C = tf.nn.rnn_cell
    D = C.DropoutWrapper
    cells = {
        "inputs": D(C.GRUCell(5), input_keep_prob=0.6, seed=3), "outputs": D(C.GRUCell(5), output_keep_prob=0.6, seed=3),
        "state": D(C.LSTMCell(5), state_keep_prob=0.6, seed=3), "all": D(C.BasicLSTMCell(5), 0.7, 0.7, 0.7, seed=4), "fed": D(C.GRUCell(5), output_keep_prob=keep, seed=5),
        "variational": D(C.LSTMCell(5), 0.6, 0.6, 0.6, variational_recurrent=True, input_size=tf.TensorShape([5]), dtype=tf.float32, seed=6),
        "both_parts": D(C.LSTMCell(5), state_keep_prob=0.6, seed=3, dropout_state_filter_visitor=lambda state: True), "none": D(C.GRUCell(5)),
        "stack": D(C.MultiRNNCell([C.LSTMCell(5), C.GRUCell(5)]), state_keep_prob=0.5, seed=9),
    }
    fetches = {}
    with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=3)):
        for name, cell in cells.items():
            outputs, state = tf.nn.static_rnn(cell, [x, 2.0 * x][: 1 + (name == "variational")], dtype=tf.float32, scope=name)
            fetches[name] = tf.stack(outputs)
            for i, part in enumerate(flat(state)):
                fetches[f"{name}_state{i}"] = part
    fetches["x_grad"] = tf.gradients([fetches["inputs"], fetches["variational"]], x)[0]
    rng = np.random.RandomState(6)
    return {"init": tf.global_variables_initializer(), "feeds": [{x: rng.uniform(-1, 1, (4, 5)).astype(np.float32), keep: 0.5}], "fetches": fetches}


def flat(state):
    """The tensors of a state in order."""
    return [part for item in state for part in flat(item)] if isinstance(state, tuple) else [state]
