"""Sizes that cross tile, vector and thread borders: results are reduced, so that the recording stays small."""

import numpy as np


def build(tf):
    rows = tf.placeholder(tf.float32, [None, None], name="rows")
    k = tf.placeholder(tf.float32, [None, None], name="k")
    x = rows * 0.5 - 1.0
    y = tf.tanh(x) * tf.sigmoid(x) + tf.exp(-tf.square(x))
    wide = tf.tile(y, [37, 1])
    product = tf.matmul(rows, k)
    fetches = {
        "pointwise": tf.reduce_sum(y), "columns": tf.reduce_mean(wide, 0)[:7], "rows": tf.reduce_max(wide, 1)[-5:], "all": tf.reduce_sum(tf.square(wide)),
        "softmax": tf.reduce_sum(tf.nn.softmax(rows) * x, 1)[:9], "argmax": tf.argmax(wide, 1)[-9:], "transpose": tf.reduce_sum(tf.transpose(wide)[3:5], 1),
        "product": tf.reduce_sum(product, 0)[:6], "product_rows": tf.reduce_max(product, 1)[:6], "product_t": tf.reduce_sum(tf.matmul(product, k, transpose_b=True), 0)[:5],
        "gram": tf.reduce_sum(tf.matmul(rows, rows, transpose_a=True) * 0.01, 1)[:5], "gathered": tf.reduce_sum(tf.gather(wide, tf.range(0, tf.shape(wide)[0], 13)), 0)[:5],
        "bias": tf.reduce_sum(tf.nn.bias_add(product, tf.reduce_mean(product, 0)), 0)[:5], "concat": tf.reduce_sum(tf.concat([wide, wide[:, :3]], 1), 1)[:5],
        "min": tf.reduce_min(wide), "mean": tf.reduce_mean(wide),
    }
    loss = tf.reduce_mean(tf.square(tf.nn.relu(product) - 1.0))
    dk, dr = tf.gradients(loss, [k, rows])
    fetches.update(loss=loss, dk=tf.reduce_sum(dk, 0)[:5], dr=tf.reduce_sum(dr, 1)[:5])
    feeds = []
    for m, n, p in ((67, 129, 33), (5, 1030, 3), (130, 17, 70)):
        i, j = np.meshgrid(np.arange(m), np.arange(n), indexing="ij")
        a, b = np.meshgrid(np.arange(n), np.arange(p), indexing="ij")
        feeds.append({rows: (((i * 31 + j * 17) % 61) / 16.0 - 1.75).astype(np.float32), k: (((a * 13 + b * 7) % 29) / 32.0 - 0.4).astype(np.float32)})
    return {"feeds": feeds, "fetches": fetches}
