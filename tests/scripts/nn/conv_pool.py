"""Convolutions and pools of tf.nn with gradients to inputs and filters."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [2, 6, 5, 4], name="x")
    w = tf.placeholder(tf.float32, [3, 2, 4, 3], name="w")
    dw = tf.placeholder(tf.float32, [3, 3, 4, 2], name="dw")
    pw = tf.placeholder(tf.float32, [1, 1, 8, 3], name="pw")
    back = tf.placeholder(tf.float32, [2, 6, 5, 3], name="back")
    results = {
        "same": (tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME"), w), "valid": (tf.nn.conv2d(x, w, strides=[1, 2, 1, 1], padding="VALID"), w),
        "dilated": (tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME", dilations=[1, 2, 2, 1]), w),
        "depthwise": (tf.nn.depthwise_conv2d(x, dw, [1, 1, 1, 1], "SAME"), dw),
        "separable": (tf.nn.separable_conv2d(x, dw, pw, [1, 1, 1, 1], "VALID"), pw),
        "transposed": (tf.nn.conv2d_transpose(back, w, [2, 6, 5, 4], [1, 1, 1, 1]), w),
        "max": (tf.nn.max_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME"), None), "max3": (tf.nn.max_pool(x, [1, 3, 3, 1], [1, 1, 1, 1], "VALID"), None),
        "avg": (tf.nn.avg_pool(x, [1, 2, 3, 1], [1, 2, 1, 1], "SAME"), None),
        "lrn": (tf.nn.local_response_normalization(x, depth_radius=1, bias=1.0, alpha=0.5, beta=0.75), None),
        "atrous": (tf.nn.atrous_conv2d(x, w, 2, "VALID"), w),
    }
    fetches = {}
    for name, (y, parameter) in results.items():
        fetches[name] = y
        source = back if name == "transposed" else x
        if name == "dilated":  # TensorFlow has no gradient of it on the CPU
            continue
        fetches[name + "_dx"] = tf.gradients(tf.square(y), source)[0]
        if parameter is not None:
            fetches[name + "_dw"] = tf.gradients(tf.square(y), parameter)[0]
    rng = np.random.RandomState(8)
    feed = {t: rng.uniform(-1, 1, t.get_shape().as_list()).astype(np.float32) for t in (x, w, dw, pw, back)}
    return {"feeds": [feed], "fetches": fetches}
