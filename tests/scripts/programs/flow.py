"""A normalizing flow of affine coupling layers, with its inverse, log-determinants and bits per dimension."""

import numpy as np


def build(tf):
    tf.set_random_seed(81)
    size, layers = 4, 3

    def shift_and_scale(x, name):
        with tf.variable_scope(name, reuse=tf.AUTO_REUSE):
            h = tf.layers.dense(x, 8, tf.nn.relu, kernel_initializer=tf.glorot_normal_initializer(seed=1), name="h")
            out = tf.layers.dense(h, size, kernel_initializer=tf.random_normal_initializer(0, 0.1, seed=2), name="out")
            shift, log_scale = tf.split(out, 2, axis=1)
            rescale = tf.get_variable("rescale", [size // 2], initializer=tf.ones_initializer())
            return shift, rescale * tf.tanh(log_scale)

    def forward(x):
        log_det = tf.zeros([tf.shape(x)[0]])
        for i in range(layers):
            with tf.name_scope("layer%d" % i):
                x = tf.reverse(x, axis=[1])
                first, second = x[:, : size // 2], x[:, size // 2 :]
                shift, log_scale = shift_and_scale(first, "coupling%d" % i)
                x = tf.concat([first, second * tf.exp(log_scale) + shift], 1)
                log_det += tf.reduce_sum(log_scale, axis=1)
        return x, log_det

    def inverse(z):
        for i in reversed(range(layers)):
            first, second = tf.split(z, [size // 2, size - size // 2], 1)
            shift, log_scale = shift_and_scale(first, "coupling%d" % i)
            z = tf.reverse(tf.concat([first, (second - shift) * tf.exp(-log_scale)], 1), [-1])
        return z

    x = tf.placeholder(tf.float32, [None, size], name="x")
    z, log_det = forward(x)
    back = inverse(z)
    log_p = -0.5 * (size * np.log(2 * np.pi) + tf.reduce_sum(z**2, 1)) + log_det
    loss = -tf.reduce_mean(log_p)
    bits = loss / (size * np.log(2.0))
    error = tf.reduce_max(tf.abs(back - x)) < 1e-4
    sample = inverse(tf.constant([[0.1, -0.2, 0.3, 0.4]]))
    optimizer = tf.train.AdamOptimizer(0.02)
    train = optimizer.apply_gradients([(tf.clip_by_value(g, -1.0, 1.0), v) for g, v in optimizer.compute_gradients(loss)])
    feeds = [{x: np.random.RandomState(i).uniform(-2, 2, (6, size))} for i in range(2)]
    return {
        "fetches": {"z": z, "log_det": log_det, "bits": bits, "error": error, "sample": sample},
        "feeds": feeds,
        "init": tf.global_variables_initializer(),
        "steps": [train] * 4,
    }
