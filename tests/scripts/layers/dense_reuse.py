"""The variable scoping and reuse page of the review deck."""

import numpy as np


def build(tf):
    x = tf.placeholder(shape=(None, 10), dtype=tf.float32)
    y = tf.placeholder(shape=(None, 10), dtype=tf.float32)
    ones = tf.constant_initializer(0.1)
    with tf.variable_scope("test"):
        o1 = tf.layers.dense(x, 10, kernel_initializer=ones)
    with tf.variable_scope("test", reuse=True):
        o2 = tf.layers.dense(x, 10, kernel_initializer=ones)
    assert o2.name == "test_1/dense/BiasAdd:0" and o1.name == "test/dense/BiasAdd:0"
    kernel, bias = tf.global_variables()
    both = tf.layers.dense(y, 3, activation=tf.nn.relu, use_bias=False, name="head", kernel_initializer=tf.ones_initializer())
    rng = np.random.RandomState(0)
    feed = {x: rng.uniform(-1, 1, (4, 10)).astype(np.float32), y: rng.uniform(-1, 1, (2, 10)).astype(np.float32)}
    return {"init": tf.global_variables_initializer(), "feeds": [feed], "fetches": {"o1": o1, "o2": o2, "kernel": kernel, "bias": bias, "both": both}}
