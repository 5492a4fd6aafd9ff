"""Softmax and the cross-entropies in their forms and ranks, with gradients."""

import numpy as np


def build(tf):
    logits = tf.placeholder(tf.float32, [None, 4], name="logits")
    labels = tf.placeholder(tf.float32, [None, 4], name="labels")
    classes = tf.placeholder(tf.int32, [None], name="classes")
    cube = tf.placeholder(tf.float32, [2, 3, 4], name="cube")
    cube_labels = tf.placeholder(tf.float32, [2, 3, 4], name="cube_labels")
    cube_classes = tf.placeholder(tf.int64, [2, 3], name="cube_classes")
    fixed = tf.placeholder(tf.float32, [3, 4], name="fixed")
    v1 = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    v2 = tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)
    sparse = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=classes, logits=logits)
    named = tf.nn.softmax_cross_entropy_with_logits(labels=cube_labels, logits=cube, name="named")
    sparse_cube = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=cube_classes, logits=cube)
    static = tf.nn.softmax_cross_entropy_with_logits_v2(labels=tf.constant([[0.0, 1.0, 0.0, 0.0]] * 3), logits=fixed)
    softmax, log_softmax = tf.nn.softmax(logits), tf.nn.log_softmax(logits)
    softmax_cube = tf.nn.softmax(cube, name="probabilities")
    softmax_last = tf.nn.softmax(cube, axis=-1)
    fetches = {
        "v1": v1, "v2": v2, "sparse": sparse, "named": named, "sparse_cube": sparse_cube, "static": static,
        "softmax": softmax, "log_softmax": log_softmax, "softmax_cube": softmax_cube, "softmax_last": softmax_last,
        "v1_grad": tf.gradients(v1, logits)[0], "v2_grad": tf.gradients(tf.reduce_mean(v2), logits)[0], "v2_labels": tf.gradients(v2, labels)[0],
        "sparse_grad": tf.gradients(tf.reduce_mean(sparse), logits)[0], "named_grad": tf.gradients(named, cube)[0],
        "sparse_cube_grad": tf.gradients(sparse_cube, cube)[0], "static_grad": tf.gradients(static, fixed)[0],
        "softmax_grad": tf.gradients(softmax * labels, logits)[0], "log_softmax_grad": tf.gradients(log_softmax * labels, logits)[0],
        "softmax_cube_grad": tf.gradients(tf.square(softmax_cube), cube)[0],
    }
    rng = np.random.RandomState(10)

    def feed(n):
        weights = rng.uniform(0.1, 1.0, (n, 4)).astype(np.float32)
        return {logits: rng.uniform(-3, 3, (n, 4)).astype(np.float32), labels: weights / weights.sum(1, keepdims=True), classes: rng.randint(0, 4, n),
                cube: rng.uniform(-3, 3, (2, 3, 4)).astype(np.float32), cube_labels: np.eye(4)[rng.randint(0, 4, (2, 3))],
                cube_classes: rng.randint(0, 4, (2, 3)), fixed: rng.uniform(-3, 3, (3, 4)).astype(np.float32)}

    return {"fetches": fetches, "feeds": [feed(3), feed(1)]}
