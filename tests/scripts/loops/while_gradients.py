"""Gradients through loops: to loop variables, captured tensors and variables; loops with branches and nested loops."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [2, 2], name="x")
    n = tf.placeholder(tf.int32, [], name="n")
    w = tf.Variable(np.array([[0.5, -0.25], [0.125, 0.75]], np.float32), name="w")
    power = tf.while_loop(lambda i, t: i < n, lambda i, t: (i + 1, tf.tanh(tf.matmul(t, w)) + x), [0, x])[1]
    product = tf.while_loop(lambda i, t: i < n, lambda i, t: (i + 1, t * x), [0, tf.ones([2, 2])])[1]
    halves = tf.while_loop(lambda t: tf.reduce_sum(t) > 1.0, lambda t: t * 0.5 * tf.sigmoid(x), [tf.square(x)])
    branch = tf.while_loop(lambda i, t: i < n, lambda i, t: (i + 1, tf.cond(tf.equal(i % 2, 0), lambda: t * w, lambda: t + tf.square(x))), [0, x])[1]

    def outer(i, t):
        return i + 1, tf.while_loop(lambda j, u: j < 2, lambda j, u: (j + 1, tf.sin(u) * w), [0, t])[1]

    deep = tf.while_loop(lambda i, t: i < n, outer, [0, x])[1]
    fetches = {}
    for name, y in {"power": power, "product": product, "halves": halves, "branch": branch, "deep": deep}.items():
        fetches[name] = y
        dx, dw = tf.gradients(tf.reduce_sum(tf.square(y)), [x, w])
        fetches[name + "_dx"] = dx
        if dw is not None:
            fetches[name + "_dw"] = dw
    loss = tf.reduce_mean(tf.square(power - 1.0))
    fetches["loss"] = loss
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    feeds = [{x: [[0.5, 1.0], [-0.5, 2.0]], n: 3}, {x: [[1.0, 0.25], [0.5, -1.0]], n: 4}, {x: [[0.1, 0.2], [0.3, 0.4]], n: 0}]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches, "steps": [train] * 10}
