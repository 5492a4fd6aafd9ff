"""Matrix products: transposes, vectors as matrices, batches with broadcasting, types, gradients."""

import numpy as np


def build(tf):
    a = tf.placeholder(tf.float32, [3, 4], name="a")
    b = tf.placeholder(tf.float32, [4, 2], name="b")
    bt = tf.placeholder(tf.float32, [2, 4], name="bt")
    d = tf.placeholder(tf.float32, [None, 4], name="d")
    t = tf.placeholder(tf.float32, [2, 3, 4], name="t")
    u = tf.placeholder(tf.float32, [2, 4, 5], name="u")
    w = tf.placeholder(tf.float32, [1, 4, 5], name="w")
    i = tf.placeholder(tf.int32, [2, 2], name="i")
    products = {
        "plain": (tf.matmul(a, b), a, b), "tb": (tf.matmul(a, bt, transpose_b=True), a, bt), "ta": (tf.matmul(b, a, transpose_a=True, transpose_b=True), a, b),
        "both": (tf.matmul(a, tf.matmul(b, bt), name="both"), a, b), "dynamic": (tf.matmul(d, b), d, b), "operator": (a @ b, a, b),
        "batch": (tf.matmul(t, u), t, u), "batch_tb": (tf.matmul(t, t, transpose_b=True), t, t), "batch_ta": (tf.matmul(u, t, transpose_a=True, adjoint_b=True), t, u),
        "broadcast": (tf.matmul(t, w), t, w),
    }
    fetches = {}
    for name, (product, left, right) in products.items():
        fetches[name] = product
        dl, dr = tf.gradients(tf.square(product), [left, right])
        fetches[name + "_dl"] = dl
        fetches[name + "_dr"] = dr
    fetches["int"] = tf.matmul(i, i)
    fetches["double"] = tf.matmul(tf.cast(a, tf.float64), tf.cast(b, tf.float64))
    rng = np.random.RandomState(15)
    feeds = [{p: rng.uniform(-1, 1, s).astype(np.float32) for p, s in
              ((a, (3, 4)), (b, (4, 2)), (bt, (2, 4)), (d, (rows, 4)), (t, (2, 3, 4)), (u, (2, 4, 5)), (w, (1, 4, 5)))} for rows in (3, 1, 0)]
    for feed in feeds:
        feed[i] = [[1, -2], [3, 4]]
    return {"fetches": fetches, "feeds": feeds}
