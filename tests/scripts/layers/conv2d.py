"""tf.layers.conv2d and its pooling partners: padding, strides, dilation, no bias."""

import numpy as np


def build(tf):
    tf.set_random_seed(2)
    x = tf.placeholder(tf.float32, [None, 9, 8, 3], name="x")
    a = tf.layers.conv2d(x, 4, 3, padding="same", activation=tf.nn.relu)
    b = tf.layers.conv2d(a, filters=5, kernel_size=(3, 2), strides=2, padding="valid", use_bias=False)
    c = tf.layers.conv2d(a, 2, [2, 2], dilation_rate=2, name="dilated")
    p = tf.layers.max_pooling2d(a, 2, 2)
    q = tf.layers.average_pooling2d(a, pool_size=3, strides=2, padding="same")
    f = tf.layers.flatten(b)
    out = tf.layers.dense(f, 3)
    loss = tf.reduce_sum(tf.square(out)) + tf.reduce_mean(c) + tf.reduce_sum(p * p) + tf.reduce_mean(tf.square(q))
    grads = tf.gradients(loss, [x] + tf.trainable_variables())
    rng = np.random.RandomState(2)
    feed = {x: rng.uniform(-1, 1, (2, 9, 8, 3)).astype(np.float32)}
    fetches = {"a": a, "b": b, "c": c, "p": p, "q": q, "f": f, "out": out, "loss": loss}
    fetches.update({f"grad{i}": g for i, g in enumerate(grads)})
    return {"init": tf.global_variables_initializer(), "feeds": [feed], "fetches": fetches}
