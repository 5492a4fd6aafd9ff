"""custom_gradient of functions that use variables, and of two arguments and two results."""

import numpy as np


def build(tf):
    tf.set_random_seed(1)
    x = tf.placeholder(tf.float32, [None, 2], name="x")

    @tf.custom_gradient
    def dense(x):
        w = tf.get_variable("w", [2, 3], initializer=tf.constant_initializer(0.5), use_resource=True)
        b = tf.get_variable("b", [3], initializer=tf.constant_initializer(0.1), use_resource=True)

        def grad(dy, variables=None):
            by_name = {v.op.name: v for v in variables}
            found = {"w": tf.matmul(x, dy, transpose_a=True) * 10.0, "b": tf.reduce_sum(dy, 0) * 100.0}
            return tf.matmul(dy, by_name["w"], transpose_b=True), [found[v.op.name] for v in variables]

        return tf.matmul(x, w) + b, grad

    @tf.custom_gradient
    def pair(a, b):
        def grad(da, db):
            return 10.0 * da + db, 20.0 * db

        return (a * b, a + b), grad

    y = tf.tanh(dense(x))
    w, b = tf.global_variables()
    loss = tf.reduce_sum(y * y)
    dx, dw, db = tf.gradients(loss, [x, w, b])
    p, q = pair(x, x * 2.0)
    train = tf.train.GradientDescentOptimizer(0.001).minimize(loss)
    fetches = {"y": y, "dx": dx, "dw": dw, "db": db, "pair": tf.gradients(p + q, x)[0], "w": w + 0.0}
    feeds = [{x: np.random.RandomState(0).uniform(-1, 1, (3, 2))}]
    return {"fetches": fetches, "feeds": feeds, "init": tf.global_variables_initializer(), "steps": [train] * 2}
