"""Layers whose `training` is a placeholder: batch normalization with its updates, dropout that is off, learning rates by step."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    image = tf.placeholder(tf.float32, [None, 2, 2, 3], name="image")
    training = tf.placeholder(tf.bool, [], name="training")
    step = tf.train.get_or_create_global_step()
    h = tf.layers.dense(x, 4, kernel_initializer=tf.constant_initializer(np.linspace(-1, 1, 12).astype(np.float32)))
    h = tf.layers.batch_normalization(h, training=training, momentum=0.5)
    c = tf.layers.batch_normalization(image, training=training, momentum=0.75)
    dropped = tf.layers.dropout(h, 0.0, training=training)
    loss = tf.reduce_mean(tf.square(tf.reduce_sum(dropped, 1) - 1.0)) + tf.reduce_mean(tf.square(c - 0.5))
    rate = tf.train.piecewise_constant(step, [2, 4], [0.1, 0.05, 0.01])
    average = tf.train.ExponentialMovingAverage(0.9, step)
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        train = tf.train.GradientDescentOptimizer(rate).minimize(loss, step)
    with tf.control_dependencies([train]):
        train = average.apply(tf.trainable_variables())
    rng = np.random.RandomState(0)
    feeds = [{x: rng.uniform(-1, 1, (4, 3)).astype(np.float32), image: rng.uniform(-1, 1, (2, 2, 2, 3)).astype(np.float32), training: t} for t in (True, False)]
    fetches = {"h": h, "c": c, "loss": loss, "rate": rate, "step": step}
    fetches.update({v.op.name.replace("/", "."): v for v in tf.global_variables() if v is not step})
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches, "steps": [train] * 6}
