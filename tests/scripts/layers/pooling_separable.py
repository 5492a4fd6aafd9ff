"""Pools of one, two and three dimensions, separable and three-dimensional convolutions, flatten, in class and function form."""

import numpy as np


def build(tf):
    tf.set_random_seed(9)
    x = tf.placeholder(tf.float32, [None, 6, 6, 2], name="x")
    line = tf.placeholder(tf.float32, [None, 8, 3], name="line")
    cube = tf.placeholder(tf.float32, [None, 4, 4, 4, 1], name="cube")
    L = tf.layers
    separable = L.separable_conv2d(x, 3, 3, padding="same", depth_multiplier=2, activation=tf.nn.relu)
    fetches = {
        "max2": L.max_pooling2d(x, 2, 2), "avg2": L.average_pooling2d(x, (3, 2), 1, padding="same"), "max1": L.max_pooling1d(line, 2, 2),
        "avg1": L.AveragePooling1D(3, 2, padding="same")(line), "max3": L.max_pooling3d(cube, 2, 2), "avg3": L.average_pooling3d(cube, 2, 1),
        "separable": separable, "separable1": L.separable_conv1d(line, 2, 3), "conv1": L.conv1d(line, 2, 3, strides=2, name="c1"),
        "conv3": L.conv3d(cube, 2, 2, padding="same"), "flat": L.Flatten()(cube),
    }
    fetches["separable_grad"] = tf.gradients(tf.square(separable), x)[0]
    for v in tf.trainable_variables():
        fetches["var/" + v.op.name] = v
    rng = np.random.RandomState(26)
    feeds = [{x: rng.uniform(-1, 1, (2, 6, 6, 2)).astype(np.float32), line: rng.uniform(-1, 1, (2, 8, 3)).astype(np.float32),
              cube: rng.uniform(-1, 1, (1, 4, 4, 4, 1)).astype(np.float32)}]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches}
