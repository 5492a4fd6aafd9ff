"""Regularizers of layers and variables, activity losses, total loss, ten steps of training."""

import numpy as np


def build(tf):
    tf.set_random_seed(10)
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    y = tf.placeholder(tf.float32, [None, 1], name="y")

    def l2(w):
        return 0.1 * tf.nn.l2_loss(w)

    h = tf.layers.dense(x, 3, activation=tf.tanh, kernel_regularizer=l2, bias_regularizer=lambda b: tf.reduce_sum(tf.abs(b)))
    out = tf.layers.dense(h, 1, activity_regularizer=lambda a: 0.01 * tf.reduce_sum(a * a), kernel_regularizer=l2, name="out")
    tf.losses.mean_squared_error(y, out, scope="data")
    tf.losses.add_loss(tf.reduce_mean(tf.abs(out)) * 0.05)
    total = tf.losses.get_total_loss()
    train = tf.train.RMSPropOptimizer(0.01).minimize(total)
    rng = np.random.RandomState(27)
    feeds = [{x: rng.uniform(-1, 1, (n, 4)).astype(np.float32), y: rng.uniform(-1, 1, (n, 1)).astype(np.float32)} for n in (5, 3)]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "steps": [train] * 10,
            "fetches": {"out": out, "total": total, "penalty": tf.losses.get_regularization_loss(), "kernel": tf.trainable_variables()[0]}}
