"""tf.layers.dense: activations, seeded initializers, regularizers, rank three, class form, shared names."""

import numpy as np


def build(tf):
    tf.set_random_seed(1)
    x = tf.placeholder(tf.float32, [None, 5], name="x")
    cube = tf.placeholder(tf.float32, [None, 2, 5], name="cube")
    h = tf.layers.dense(x, 8, tf.nn.relu)
    h = tf.layers.dense(h, 6, activation=tf.tanh, kernel_initializer=tf.random_normal_initializer(stddev=0.5), bias_initializer=tf.constant_initializer(0.25))
    h = tf.layers.dense(h, 4, activation=tf.nn.sigmoid, name="named", kernel_regularizer=lambda w: 0.01 * tf.reduce_sum(tf.square(w)))
    again = tf.layers.dense(tf.zeros([2, 6]), 4, name="named", reuse=True)
    layer = tf.layers.Dense(3, activation=None, name="object", trainable=False)
    out = layer(h)
    shared = layer(again)
    third = tf.layers.dense(cube, 4, name="third")
    loss = tf.reduce_mean(tf.square(out)) + tf.add_n(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    rng = np.random.RandomState(1)
    feeds = [{x: rng.uniform(-1, 1, (n, 5)).astype(np.float32), cube: rng.uniform(-1, 1, (n, 2, 5)).astype(np.float32)} for n in (3, 1)]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "steps": [train] * 3,
            "fetches": {"h": h, "out": out, "shared": shared, "third": third, "loss": loss, "kernel": layer.kernel, "named": tf.trainable_variables()[4]}}
