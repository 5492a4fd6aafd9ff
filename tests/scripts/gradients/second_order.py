"""Gradients of gradients through matmul, convolution, activations, softmax cross-entropy and gathers."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [2, 4], name="x")
    w = tf.placeholder(tf.float32, [4, 3], name="w")
    labels = tf.placeholder(tf.float32, [2, 3], name="labels")
    image = tf.placeholder(tf.float32, [1, 4, 4, 2], name="image")
    kernel = tf.placeholder(tf.float32, [2, 2, 2, 3], name="kernel")
    losses = {
        "tanh": tf.reduce_sum(tf.tanh(tf.matmul(x, w))), "sigmoid": tf.reduce_sum(tf.sigmoid(tf.matmul(x, w)) ** 2),
        "xent": tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=tf.matmul(x, w))),
        "softplus": tf.reduce_sum(tf.nn.softplus(tf.matmul(x, w))), "elu": tf.reduce_sum(tf.nn.elu(tf.matmul(x, w)) ** 2),
    }
    fetches = {}
    for name, loss in losses.items():
        first = tf.gradients(loss, [x, w])
        second = tf.gradients([tf.reduce_sum(tf.square(g)) for g in first], [x, w])
        for i in range(2):
            fetches[f"{name}_first{i}"], fetches[f"{name}_second{i}"] = first[i], second[i]
    conv = tf.reduce_sum(tf.square(tf.nn.conv2d(image, kernel, [1, 1, 1, 1], "SAME")))
    first = tf.gradients(conv, [image, kernel])
    second = tf.gradients(tf.reduce_sum(tf.square(first[1])), [image, kernel])
    fetches.update(conv_first=first[1], conv_second0=second[0], conv_second1=second[1])
    rng = np.random.RandomState(14)
    feed = {t: rng.uniform(-1, 1, t.get_shape().as_list()).astype(np.float32) for t in (x, w, image, kernel)}
    feed[labels] = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]], np.float32)
    return {"feeds": [feed], "fetches": fetches}
