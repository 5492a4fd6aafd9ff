"""Variables made inside bodies: get_variable, layers, lambdas; training through them."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [None, 3], name="x")

    def body(i, h):
        with tf.variable_scope("cell", initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=1)):
            w = tf.get_variable("w", [3, 3])
            b = tf.get_variable("b", [3], initializer=tf.zeros_initializer(), regularizer=lambda v: tf.reduce_sum(tf.square(v)))
            h = tf.tanh(tf.matmul(h, w) + b)
        h = tf.layers.dense(h, 3, name="dense", kernel_initializer=tf.constant_initializer(0.25))
        return i + 1, h

    _, h = tf.while_loop(lambda i, h: i < 3, body, [0, x])
    count = tf.cond(x[0, 0] > 0.0, lambda: tf.Variable(lambda: 3.0, name="made", trainable=False) + 1.0, lambda: tf.constant(0.0))
    loss = tf.reduce_mean(tf.square(h - 0.5)) + 0.1 * tf.add_n(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))
    train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    rng = np.random.RandomState(3)
    fetches = {"h": h, "count": count, "loss": loss}
    fetches.update({v.op.name.replace("/", "."): v for v in tf.trainable_variables()})
    return {"init": tf.global_variables_initializer(), "feeds": [{x: rng.uniform(0, 1, (n, 3)).astype(np.float32)} for n in (2, 3)], "fetches": fetches, "steps": [train] * 10}
