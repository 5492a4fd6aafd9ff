"""Resource variables: creation, reads, assigns, gradients and training."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    with tf.variable_scope("net", use_resource=True):
        w = tf.get_variable("w", initializer=np.array([[1.0], [2.0], [-1.0]], np.float32))
        b = tf.get_variable("b", [1], initializer=tf.zeros_initializer())
    count = tf.Variable(0, trainable=False, name="count", use_resource=True)
    y = tf.matmul(x, w) + b
    loss = tf.reduce_mean(tf.square(y - 1.0))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    bump = count.assign_add(1)
    double = w.assign(2.0 * w)
    shrink = tf.assign_sub(b, [0.5])
    rng = np.random.RandomState(7)
    feeds = [{x: rng.uniform(-1, 1, (n, 3)).astype(np.float32)} for n in (3, 2)]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "steps": [train, bump, train, double, shrink, train],
            "fetches": {"y": y, "loss": loss, "w": w, "b": b, "count": count, "value": w.read_value(), "known": tf.is_variable_initialized(w)}}
