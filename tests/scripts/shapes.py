"""Shape-changing ops with static and dynamic shapes, and fillers."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [2, 3, 4], name="x")
    d = tf.placeholder(tf.float32, [None, 3], name="d")
    u = tf.placeholder(tf.float32, name="u")
    n = tf.placeholder(tf.int32, [], name="n")
    perm = tf.placeholder(tf.int32, [2], name="perm")
    fetches = {
        "reshape": tf.reshape(x, [6, 4]), "reshape_infer": tf.reshape(x, [-1, 2]), "reshape_scalar": tf.reshape(tf.constant([3.0]), []),
        "flatten": tf.reshape(d, [-1]), "like": tf.reshape(x, tf.shape(tf.transpose(x))),
        "expand": tf.expand_dims(x, 1), "expand_last": tf.expand_dims(d, -1), "expand_axis": tf.expand_dims(d, axis=0),
        "squeeze": tf.squeeze(tf.expand_dims(x, 0)), "squeeze_axis": tf.squeeze(tf.expand_dims(d, 1), axis=[1]),
        "squeeze_old": tf.squeeze(tf.expand_dims(d, -1), squeeze_dims=[-1]),
        "transpose": tf.transpose(x), "transpose_perm": tf.transpose(x, [1, 0, 2]), "transpose_dynamic": tf.transpose(d),
        "transpose_unknown": tf.transpose(u), "transpose_fed": tf.transpose(d, perm),
        "tile": tf.tile(d, [2, 1]), "tile_fed": tf.tile(d, tf.stack([n, 2])),
        "shape": tf.shape(x), "shape_dynamic": tf.shape(d), "shape64": tf.shape(d, out_type=tf.int64), "shape_unknown": tf.shape(u),
        "size": tf.size(x), "size_dynamic": tf.size(d), "rank": tf.rank(x), "rank_unknown": tf.rank(u),
        "shape_n0": tf.shape_n([x, d])[0], "shape_n1": tf.shape_n([x, d])[1],
        "broadcast_to": tf.broadcast_to(tf.constant([1.0, 2.0]), [3, 2]), "broadcast_fed": tf.broadcast_to(tf.reshape(tf.to_float(n), [1, 1]), tf.shape(d)),
        "zeros": tf.zeros([2, 3]), "ones": tf.ones([3], dtype=tf.int32), "zeros_large": tf.zeros([40, 30])[0, :2], "zeros_dynamic": tf.zeros(tf.shape(d)),
        "ones_packed": tf.ones([n, 2]), "zeros_bool": tf.zeros([2], tf.bool), "zeros_scalar": tf.zeros([]),
        "zeros_like": tf.zeros_like(x), "zeros_like_dynamic": tf.zeros_like(d), "ones_like": tf.ones_like(x), "ones_like_dynamic": tf.ones_like(d),
        "zeros_like_int": tf.zeros_like(d, dtype=tf.int32), "ones_like_int": tf.ones_like(d, dtype=tf.int64),
        "fill": tf.fill([2, 2], 7.0), "fill_fed": tf.fill([n], 1.5), "fill_shape": tf.fill(tf.shape(d), n),
        "range": tf.range(5), "range_fed": tf.range(n), "range_step": tf.range(1, 10, 3), "range_float": tf.range(0.0, 1.0, 0.25),
        "range_down": tf.range(5, 0, -2), "range_mixed": tf.range(0, n, delta=2),
        "invert": tf.invert_permutation([2, 0, 1]),
        "static": tf.constant(x.get_shape().as_list()),
        "batch": tf.shape(d)[0] * 2,
        "stitch": tf.dynamic_stitch([[0, 2], [1, 3]], [[10.0, 30.0], [20.0, 40.0]]),
    }
    for name, source in {"reshape": x, "flatten": d, "expand": x, "squeeze_axis": d, "transpose_perm": x, "transpose": x, "transpose_dynamic": d,
                         "transpose_unknown": u, "tile": d, "tile_fed": d}.items():
        fetches[name + "_grad"] = tf.gradients(tf.square(fetches[name]), source)[0]
    rng = np.random.RandomState(7)
    feeds = [{x: rng.randint(-9, 9, (2, 3, 4)), d: rng.randint(-9, 9, (rows, 3)), u: rng.randint(-9, 9, shape), n: count, perm: order}
             for rows, shape, count, order in ((2, (2, 3), 4, [1, 0]), (1, (), 0, [0, 1]), (0, (3, 1, 2), 1, [1, 0]))]
    return {"fetches": fetches, "feeds": feeds}
