"""tf.losses with weights, reductions and the losses collection."""

import numpy as np


def build(tf):
    y = tf.placeholder(tf.float32, [None, 3], name="labels")
    p = tf.placeholder(tf.float32, [None, 3], name="predictions")
    c = tf.placeholder(tf.int64, [None], name="classes")
    L = tf.losses
    fetches = {
        "mse": L.mean_squared_error(y, p), "absolute": L.absolute_difference(y, p, weights=0.5),
        "huber": L.huber_loss(y, p, delta=0.5), "log": L.log_loss(y, tf.sigmoid(p)), "hinge": L.hinge_loss(tf.round(y), p),
        "smooth": L.softmax_cross_entropy(tf.one_hot(c, 3), p, label_smoothing=0.1),
        "sparse": L.sparse_softmax_cross_entropy(c, p), "sigmoid": L.sigmoid_cross_entropy(y, p),
        "sum": L.mean_squared_error(y, p, reduction=L.Reduction.SUM),
        "cosine": L.cosine_distance(tf.nn.l2_normalize(y, 1), tf.nn.l2_normalize(p, 1), axis=1),
    }
    fetches["total"] = L.get_total_loss()
    fetches["huber_grad"] = tf.gradients(fetches["huber"], p)[0]
    rng = np.random.RandomState(11)
    feeds = [{y: rng.uniform(0, 1, (n, 3)).astype(np.float32), p: rng.uniform(-1, 2, (n, 3)).astype(np.float32), c: rng.randint(0, 3, n)} for n in (4, 2)]
    return {"feeds": feeds, "fetches": fetches}
