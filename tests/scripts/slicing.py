"""Numpy-style slicing: newaxis, ellipsis, negative strides, tensors as indices; tf.slice; gradients."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [4, 5, 6], name="x")
    d = tf.placeholder(tf.float32, [None, None, 3], name="d")
    k = tf.placeholder(tf.int32, [], name="k")
    v = tf.Variable(np.arange(12, dtype=np.float32).reshape(3, 4), name="v")
    fetches = {
        "int": x[1], "negative_int": x[-1], "two": x[1, 2], "three": x[1, 2, 3], "range": x[1:3], "step": x[::2], "reverse": x[::-1],
        "mixed": x[1:, ::2, 3], "down": x[3:0:-2, 1:4], "ellipsis": x[..., 2], "ellipsis_mid": x[0, ..., 1:3], "newaxis": x[:, tf.newaxis, 0],
        "none": x[None], "none_last": x[..., None], "open": x[:2, -2:], "empty": x[2:2],
        "tensor": x[k], "tensor_range": x[k:], "tensor_to": x[:k, 0], "dynamic": d[:, 0], "dynamic_last": d[-1, :, 1:], "dynamic_all": d[:],
        "shape0": tf.shape(d)[0], "shape_tail": tf.shape(d)[1:], "variable": v[1], "variable_part": v[:2, 1:3],
        "slice": tf.slice(x, [1, 0, 2], [2, 3, -1]), "slice_dynamic": tf.slice(d, [0, 0, 1], [-1, 1, 2]),
        "slice_tensor": tf.slice(x, tf.stack([k, 0, 0]), [1, 2, 3]),
        "strided": tf.strided_slice(x, [0, 1], [4, 5], [2, 2]),
        "strided_mask": tf.strided_slice(x, [1, 1, 0], [3, 2, 6], [1, 1, 1], begin_mask=1, shrink_axis_mask=2),
    }
    for name in ("int", "mixed", "down", "ellipsis_mid", "newaxis", "tensor_range", "slice", "slice_tensor", "strided", "reverse"):
        fetches[name + "_grad"] = tf.gradients(fetches[name] * 2.0, x)[0]
    for name in ("dynamic", "dynamic_last", "slice_dynamic"):
        fetches[name + "_grad"] = tf.gradients(tf.square(fetches[name]), d)[0]
    fetches["variable_grad"] = tf.gradients(v[1] * v[:2, 1:3][0, 0], v)[0]
    rng = np.random.RandomState(6)
    feeds = [{x: rng.randint(-9, 9, (4, 5, 6)), d: rng.randint(-9, 9, (a, b, 3)), k: c} for a, b, c in ((2, 3, 1), (1, 1, 2))]
    return {"init": tf.global_variables_initializer(), "fetches": fetches, "feeds": feeds}
