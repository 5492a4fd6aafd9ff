"""Casts between types, where in its forms, logical functions, and their gradients."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    y = tf.placeholder(tf.float32, [2, 3], name="y")
    i = tf.placeholder(tf.int32, [4], name="i")
    rows = tf.placeholder(tf.bool, [2], name="rows")
    d = tf.placeholder(tf.float32, [None], name="d")
    condition = tf.greater(x, y)
    select = tf.where(condition, x, y)
    by_row = tf.where(rows, x, y)
    clipped = tf.where(d > 0.5, tf.square(d), tf.zeros_like(d))
    broadcast = tf.where_v2(condition, x, 0.0)
    broadcast_both = tf.where_v2(tf.reshape(rows, [2, 1]), x, tf.constant([1.0, 2.0, 3.0]))
    doubled = tf.cast(x, tf.float64) * 2.0
    fetches = {
        "select": select, "by_row": by_row, "clipped": clipped, "broadcast": broadcast, "broadcast_both": broadcast_both,
        "to_int": tf.cast(x, tf.int32), "to_long": tf.to_int64(x), "to_int32": tf.to_int32(x), "to_double": tf.to_double(i), "to_float": tf.to_float(i),
        "to_bool": tf.cast(i, tf.bool), "from_bool": tf.cast(condition, tf.float32), "to_uint8": tf.cast(i, tf.uint8), "same": tf.cast(x, tf.float32),
        "narrow": tf.cast(tf.cast(x, tf.float64), "float32"), "to_half": tf.cast(tf.cast(x, tf.float16), tf.float32),
        "and": tf.logical_and(rows, [True, False]), "or": tf.logical_or(rows, [True, False]), "not": tf.logical_not(rows),
        "equal_int": tf.equal(i, [0, 1, 2, 3]), "not_equal": tf.not_equal(i, 1), "doubled": doubled,
        "hit": tf.reduce_mean(tf.cast(tf.equal(tf.argmax(x, 1), tf.argmax(y, 1)), tf.float32)),
        "select_dx": tf.gradients(select, x)[0], "select_dy": tf.gradients(tf.square(select), y)[0],
        "by_row_dx": tf.gradients(by_row, x)[0], "clipped_grad": tf.gradients(clipped, d)[0],
        "broadcast_grad": tf.gradients(broadcast, x)[0], "broadcast_both_grad": tf.gradients(broadcast_both, x)[0],
        "cast_grad": tf.gradients(doubled, x)[0],
    }
    rng = np.random.RandomState(11)
    feed = {x: rng.randint(-4, 5, (2, 3)) + 0.5, y: rng.randint(-4, 5, (2, 3)), i: [0, 1, 200, -3], rows: [True, False], d: [0.25, 0.5, 0.75, 1.0]}
    return {"fetches": fetches, "feeds": [feed]}
