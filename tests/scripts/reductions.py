"""Reductions over all, some, negative and many axes, of known and unknown shapes, with gradients."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [2, 3, 4], name="x")
    d = tf.placeholder(tf.float32, [None, 3], name="dynamic")
    u = tf.placeholder(tf.float32, name="unknown_rank")
    i = tf.placeholder(tf.int32, [2, 3], name="i")
    p = tf.placeholder(tf.bool, [2, 3], name="p")
    fetches = {}
    for name, reduce in {"sum": tf.reduce_sum, "mean": tf.reduce_mean, "max": tf.reduce_max, "min": tf.reduce_min, "prod": tf.reduce_prod}.items():
        fetches[name + "_all"] = reduce(x)
        fetches[name + "_axis"] = reduce(x, 1)
        fetches[name + "_last"] = reduce(x, axis=-1)
        fetches[name + "_two"] = reduce(x, axis=[0, 2])
        fetches[name + "_keep"] = reduce(x, axis=[1], keepdims=True)
        fetches[name + "_old"] = reduce(x, reduction_indices=[0], keep_dims=True)
        fetches[name + "_none"] = reduce(x, axis=[])
        fetches[name + "_dynamic"] = reduce(d)
        fetches[name + "_dynamic0"] = reduce(d, 0)
        fetches[name + "_unknown"] = reduce(u)
        fetches[name + "_unknown1"] = reduce(u, axis=1, name=name + "_u1")
        fetches[name + "_int"] = reduce(i, axis=1)
    for name in ("sum", "mean", "max", "min"):
        for kind in ("all", "axis", "two", "keep"):
            fetches[f"{name}_{kind}_grad"] = tf.gradients(fetches[f"{name}_{kind}"], x)[0]
        for kind in ("dynamic", "dynamic0"):
            fetches[f"{name}_{kind}_grad"] = tf.gradients(fetches[f"{name}_{kind}"], d)[0]
        fetches[f"{name}_unknown_grad"] = tf.gradients(fetches[f"{name}_unknown"], u)[0]
    fetches["all"] = tf.reduce_all(p)
    fetches["all_axis"] = tf.reduce_all(p, 1)
    fetches["any"] = tf.reduce_any(p)
    fetches["any_axis"] = tf.reduce_any(p, axis=0, keepdims=True)
    fetches["argmax"] = tf.argmax(x, 1)
    fetches["argmax0"] = tf.argmax(d)
    fetches["argmax32"] = tf.argmax(x, axis=-1, output_type=tf.int32)
    fetches["argmin"] = tf.argmin(x, 2)
    fetches["argmin_int"] = tf.argmin(i, 0)
    rng = np.random.RandomState(5)

    def values(*shape):
        return rng.randint(1, 4, shape).astype(np.float32)  # ties on purpose

    ints = [[3, -1, 2], [5, 5, -7]]
    bools = [[True, False, True], [True, True, True]]
    return {
        "fetches": fetches,
        "feeds": [{x: values(2, 3, 4), d: values(5, 3), u: values(2, 3), i: ints, p: bools},
                  {x: values(2, 3, 4), d: values(1, 3), u: values(2, 2, 2), i: ints, p: bools}],
    }
