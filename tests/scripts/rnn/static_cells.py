"""Every cell unrolled by static_rnn: names, nodes, outputs, gradients."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [2, 2, 4], name="x")
    steps = tf.unstack(x, axis=1)
    C = tf.nn.rnn_cell
    cells = {
        "basic": C.BasicRNNCell(3), "relu": C.BasicRNNCell(3, activation=tf.nn.relu, name="named"), "gru": C.GRUCell(3, bias_initializer=tf.zeros_initializer()),
        "basic_lstm": C.BasicLSTMCell(3, forget_bias=0.5), "joined": C.BasicLSTMCell(3, state_is_tuple=False), "lstm": C.LSTMCell(3),
        "peephole": C.LSTMCell(3, use_peepholes=True, cell_clip=0.3, initializer=tf.random_uniform_initializer(-0.3, 0.3, seed=8)),
        "projected": C.LSTMCell(4, num_proj=2, proj_clip=0.2, forget_bias=0.0), "joined_projected": C.LSTMCell(4, num_proj=2, state_is_tuple=False),
        "stack": C.MultiRNNCell([C.GRUCell(3), C.LSTMCell(2)]), "joined_stack": C.MultiRNNCell([C.GRUCell(3), C.BasicRNNCell(2)], state_is_tuple=False),
        "residual": C.ResidualWrapper(C.GRUCell(4)),
    }
    fetches = {}
    with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=3)):
        for name, cell in cells.items():
            outputs, state = tf.nn.static_rnn(cell, steps, dtype=tf.float32, scope=name)
            fetches[name] = tf.stack(outputs)
            for i, part in enumerate(flat(state)):
                fetches[f"{name}_state{i}"] = part
    some = ("peephole", "projected", "stack")
    variables = [v for v in tf.trainable_variables() if v.op.name.split("/")[1] in some]
    for i, g in enumerate(tf.gradients([fetches[name] for name in some], variables)):
        fetches[f"grad{i}"] = g
    rng = np.random.RandomState(3)
    return {"init": tf.global_variables_initializer(), "feeds": [{x: rng.uniform(-1, 1, (2, 2, 4)).astype(np.float32)}], "fetches": fetches}


def flat(state):
    """The tensors of a state in order."""
    return [part for item in state for part in flat(item)] if isinstance(state, tuple) else [state]
