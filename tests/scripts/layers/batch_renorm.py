"""Batch renormalization, in training and in test, with clipping, for ten steps."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    train = tf.layers.batch_normalization(x, training=True, renorm=True, renorm_clipping={"rmax": 1.5, "rmin": 0.7, "dmax": 0.5}, renorm_momentum=0.8, momentum=0.9, name="bn")
    test = tf.layers.batch_normalization(x, training=False, renorm=True, renorm_momentum=0.8, momentum=0.9, name="bn", reuse=True)
    loss = tf.reduce_mean(tf.square(train - x))
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    fetches = {"train": train, "test": test, "loss": loss}
    fetches.update({v.op.name: v for v in tf.global_variables()})
    rng = np.random.RandomState(34)
    feeds = [{x: rng.uniform(-1, 2, (n, 3)).astype(np.float32)} for n in (4, 6)]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches, "steps": [step] * 10}
