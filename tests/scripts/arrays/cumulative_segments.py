"""Cumulative sums and products, segments, scatters, gathers of points, with gradients."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    ids = tf.constant([0, 0, 2, 1])
    points = tf.constant([[0, 1], [3, 2]])
    fetches = {
        "cumsum": tf.cumsum(x), "cumsum_options": tf.cumsum(x, axis=1, exclusive=True, reverse=True), "cumprod": tf.cumprod(x, axis=1),
        "segment_sum": tf.segment_sum(x, [0, 0, 1, 1]), "segment_mean": tf.segment_mean(x, [0, 0, 1, 1]), "segment_max": tf.segment_max(x, [0, 1, 1, 1]),
        "unsorted": tf.unsorted_segment_sum(x, ids, 3), "gather_nd": tf.gather_nd(x, points), "scatter_nd": tf.scatter_nd(points, [1.0, 2.0], [4, 3]),
        "reverse": tf.reverse(x, [0]), "reverse_two": tf.reverse(x, axis=[0, 1]), "pad": tf.pad(x, [[1, 0], [0, 2]]),
        "pad_value": tf.pad(x, [[1, 1], [1, 1]], constant_values=5.0), "reflect": tf.pad(x, [[1, 1], [1, 1]], "REFLECT"), "roll": tf.roll(x, 1, 0),
        "logsumexp": tf.reduce_logsumexp(x, 1), "prod": tf.reduce_prod(x, 0),
    }
    for name in ("cumsum", "cumsum_options", "cumprod", "segment_sum", "segment_mean", "unsorted", "gather_nd", "reverse", "pad", "reflect", "logsumexp", "prod"):
        fetches[name + "_grad"] = tf.gradients(tf.square(fetches[name]), x)[0]
    rng = np.random.RandomState(15)
    return {"feeds": [{x: rng.uniform(0.5, 2.0, (4, 3)).astype(np.float32)}], "fetches": fetches}
