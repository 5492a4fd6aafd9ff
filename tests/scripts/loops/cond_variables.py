"""Branches that read and assign variables, and training through a branch."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    p = tf.placeholder(tf.bool, [], name="p")
    w = tf.Variable([[1.0], [0.5]], name="w")
    v = tf.Variable([[2.0], [-0.5]], name="v")
    count = tf.Variable(0, trainable=False, name="count")
    y = tf.cond(p, lambda: tf.matmul(x, w), lambda: tf.nn.relu(tf.matmul(x, v)) * 3.0)
    loss = tf.reduce_mean(tf.square(y - 1.0))
    train = tf.train.GradientDescentOptimizer(0.05).minimize(loss)
    bump = tf.cond(p, lambda: tf.assign_add(count, 1), lambda: tf.assign_sub(count, 10))
    rng = np.random.RandomState(0)
    feeds = [{x: rng.uniform(-1, 1, (n, 2)).astype(np.float32), p: flag} for n, flag in ((3, True), (2, False))]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "steps": [train, train, bump.op, bump.op, train, train],
            "fetches": {"y": y, "loss": loss, "w": w, "v": v, "count": count}}
