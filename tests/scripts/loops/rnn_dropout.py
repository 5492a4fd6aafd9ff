"""Dropout inside a loop: a new draw at every step, or one draw for all of them; residual layers; ten steps of training."""

import numpy as np


def build(tf):
    tf.set_random_seed(5)
    x = tf.placeholder(tf.float32, [2, 4, 3], name="x")
    y = tf.placeholder(tf.float32, [2, 3], name="y")
    C = tf.nn.rnn_cell
    with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=8)):
        layers = [C.DropoutWrapper(C.ResidualWrapper(C.GRUCell(3)), input_keep_prob=0.8, output_keep_prob=0.7, seed=1 + i) for i in range(2)]
        fresh, state = tf.nn.dynamic_rnn(C.MultiRNNCell(layers), x, dtype=tf.float32)
        same = C.DropoutWrapper(C.LSTMCell(3), state_keep_prob=0.6, output_keep_prob=0.6, variational_recurrent=True, dtype=tf.float32, seed=9)
        fixed, _ = tf.nn.dynamic_rnn(same, x, dtype=tf.float32, scope="fixed")
    loss = tf.reduce_mean(tf.square(fresh[:, -1] + fixed[:, -1] - y))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    rng = np.random.RandomState(8)
    feeds = [{x: rng.uniform(-1, 1, (2, 4, 3)).astype(np.float32), y: rng.uniform(-1, 1, (2, 3)).astype(np.float32)}]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "steps": [train] * 10, "fetches": {"fresh": fresh, "fixed": fixed, "state": state[1], "loss": loss}}
