"""Dropout in layers and in nn, seeded; flatten."""

import numpy as np


def build(tf):
    tf.set_random_seed(5)
    x = tf.placeholder(tf.float32, [None, 4, 3], name="x")
    fetches = {
        "train": tf.layers.dropout(x, 0.4, training=True), "test": tf.layers.dropout(x, 0.4, training=False),
        "seeded": tf.layers.dropout(x, rate=0.5, training=True, seed=7), "noise": tf.layers.dropout(x, 0.5, noise_shape=[1, 4, 1], training=True, seed=8),
        "keep": tf.nn.dropout(x, keep_prob=0.75, seed=9), "rate": tf.nn.dropout(x, rate=0.25), "flat": tf.layers.flatten(x),
    }
    fetches["grad"] = tf.gradients(fetches["seeded"], x)[0]
    feeds = [{x: np.arange(1, 25, dtype=np.float32).reshape(2, 4, 3)}, {x: np.ones((1, 4, 3), np.float32)}]
    return {"feeds": feeds, "fetches": fetches}
