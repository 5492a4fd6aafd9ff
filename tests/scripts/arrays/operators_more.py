"""Operators and functions whose order of arguments or node names are easy to miss: atan2, igamma, bits, strings, complex."""

import numpy as np


def build(tf):
    y = tf.constant([0.5, -1.0, 2.0, -3.0])
    x = tf.constant([1.0, -2.0, -0.25, 4.0])
    i = tf.constant([5, 6, 12])
    b = tf.constant([True, False, True])
    c = tf.constant([3 + 4j, 1 - 1j])
    s = tf.constant(["a", "b"])
    v = tf.Variable(np.eye(2, dtype=np.float32), name="v")
    fetches = {
        "atan2": tf.atan2(y, x),
        "slope": tf.gradients(tf.atan2(y, x), [y, x])[1],
        "arg": tf.arg_max(tf.stack([x, y]), 0),
        "arg_small": tf.arg_min(tf.stack([x, y]), 1, output_type=tf.int32),
        "bits": (i & 4) | (i ^ 3),
        "bits_left": 7 & i,
        "inverted": ~i,
        "xor": b ^ tf.constant(True),
        "and": b & [True, True, False],
        "abs": abs(c),
        "joined": s + "-" + s,
        "joined_left": "<" + s,
        "added": tf.add(s, [["x"], ["y"]], name="added"),
        "at": x[np.array(2)],
        "slices": tf.convert_to_tensor(tf.IndexedSlices(tf.ones([2, 3]), tf.constant([1, 1]), tf.constant([3, 3]))),
        "read": np.float32(2.0) * v,
    }
    return {"fetches": fetches, "init": tf.global_variables_initializer()}
