"""Convolution layers of one and three dimensions, transposed and separable ones, and their pools."""

import numpy as np


def build(tf):
    tf.set_random_seed(3)
    line = tf.placeholder(tf.float32, [2, 7, 3], name="line")
    image = tf.placeholder(tf.float32, [2, 5, 6, 3], name="image")
    volume = tf.placeholder(tf.float32, [1, 4, 4, 4, 2], name="volume")
    fetches = {
        "conv1d": tf.layers.conv1d(line, 4, 3, padding="same"),
        "conv3d": tf.layers.conv3d(volume, 3, 2, strides=2),
        "transpose": tf.layers.conv2d_transpose(image, 4, 3, strides=2, padding="same"),
        "transpose_valid": tf.layers.conv2d_transpose(image, 2, 3, padding="valid", use_bias=False),
        "separable": tf.layers.separable_conv2d(image, 4, 3, depth_multiplier=2, padding="same", activation=tf.nn.relu),
        "pool1": tf.layers.max_pooling1d(line, 2, 2), "average1": tf.layers.average_pooling1d(line, 3, 1),
        "pool3": tf.layers.max_pooling3d(volume, 2, 2), "average3": tf.layers.average_pooling3d(volume, 2, 2),
    }
    rng = np.random.RandomState(3)
    feed = {t: rng.uniform(-1, 1, t.get_shape().as_list()).astype(np.float32) for t in (line, image, volume)}
    return {"init": tf.global_variables_initializer(), "feeds": [feed], "fetches": fetches}
