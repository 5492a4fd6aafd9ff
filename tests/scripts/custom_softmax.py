"""A numerically safe softmax written by hand, second-order terms included, trained on float64."""

import numpy as np


def build(tf):
    rng = np.random.RandomState(17)
    x = tf.placeholder(tf.float64, [None, 5], name="x")
    y = tf.placeholder(tf.int64, [None], name="y")
    w = tf.Variable(rng.uniform(-1, 1, (5, 4)), name="w")
    z = tf.matmul(x, w)
    z = z - tf.stop_gradient(tf.reduce_max(z, axis=1, keepdims=True))
    e = tf.exp(z)
    p = e / tf.reduce_sum(e, 1, keepdims=True)
    chosen = tf.reduce_sum(p * tf.one_hot(y, 4, dtype=tf.float64), axis=-1)
    loss = -tf.reduce_mean(tf.log(chosen))
    train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    entropy = -tf.reduce_sum(p * tf.log(p), axis=1)
    grad = tf.gradients(loss, w)[0]
    curvature = tf.gradients(tf.reduce_sum(grad * grad), w)[0]
    feeds = [{x: rng.uniform(-1, 1, (n, 5)), y: rng.randint(0, 4, n)} for n in (6, 2)]
    return {
        "init": tf.global_variables_initializer(),
        "feeds": feeds,
        "fetches": {"p": p, "loss": loss, "entropy": entropy, "grad": grad, "curvature": curvature, "w": w},
        "steps": [train] * 10,
    }
