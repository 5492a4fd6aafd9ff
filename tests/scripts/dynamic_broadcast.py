"""Gradients through broadcasting when shapes, and even ranks, are only known when fed."""

import numpy as np


def build(tf):
    a = tf.placeholder(tf.float32, [None, None], name="a")
    b = tf.placeholder(tf.float32, [None], name="b")
    c = tf.placeholder(tf.float32, [None, 1], name="c")
    u = tf.placeholder(tf.float32, name="unknown")
    y = (a + b) * c - a / (u + 2.0)
    z = tf.squared_difference(tf.maximum(a, b), u) + tf.pow(tf.abs(b) + 1.0, c)
    loss = tf.reduce_sum(y) + tf.reduce_mean(z)
    grads = tf.gradients(loss, [a, b, c, u])
    weighted = tf.gradients(y * z, [a, b], name="weighted")
    rng = np.random.RandomState(4)

    def feed(sa, sb, sc, su):
        return {t: rng.uniform(0.2, 1.0, s).astype(np.float32) for t, s in zip((a, b, c, u), (sa, sb, sc, su))}

    return {
        "fetches": {"y": y, "z": z, "loss": loss, "da": grads[0], "db": grads[1], "dc": grads[2], "du": grads[3],
                    "wa": weighted[0], "wb": weighted[1]},
        "feeds": [feed((2, 3), (3,), (2, 1), ()), feed((1, 4), (4,), (5, 1), (5, 4)), feed((3, 1), (2,), (1, 1), (1,)),
                  feed((2, 2), (1,), (2, 1), (2, 2))],
    }
