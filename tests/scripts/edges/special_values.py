"""Infinities, NaN, signed zeros and huge numbers through the elementwise functions; no denormal ones, which TensorFlow flushes."""

import numpy as np

VALUES = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 20.0, -20.0, 88.0, -88.0, 104.0, -104.0, 1e-8, -1e-8, 1e-37, 3e38, -3e38, float("inf"), -float("inf"), float("nan")]


def build(tf):
    unary = {"abs": tf.abs, "neg": tf.negative, "sign": tf.sign, "square": tf.square, "exp": tf.exp, "expm1": tf.expm1, "log": tf.log, "log1p": tf.log1p,
             "sqrt": tf.sqrt, "rsqrt": tf.rsqrt, "reciprocal": tf.reciprocal, "tanh": tf.tanh, "sigmoid": tf.sigmoid, "relu": tf.nn.relu,
             "softplus": tf.nn.softplus, "floor": tf.floor, "ceil": tf.ceil, "round": tf.round}
    binary = {"add": tf.add, "sub": tf.subtract, "mul": tf.multiply, "div": tf.truediv, "floordiv": tf.floordiv, "mod": tf.floormod, "pow": tf.pow,
              "maximum": tf.maximum, "minimum": tf.minimum, "squared_difference": tf.squared_difference, "less": tf.less, "equal": tf.equal,
              "not_equal": tf.not_equal, "greater_equal": tf.greater_equal}
    fetches, feed = {}, {}
    pairs = [-np.inf, -2.0, -0.5, -0.0, 0.0, 0.5, 3.0, np.inf, np.nan]
    for name, dtype in (("f32", tf.float32), ("f64", tf.float64)):
        x = tf.placeholder(dtype, [None], name=f"x_{name}")
        a, b = tf.placeholder(dtype, [None, 1], name=f"a_{name}"), tf.placeholder(dtype, [None], name=f"b_{name}")
        for key, function in unary.items():
            fetches[f"{key}_{name}"] = function(x)
        for key, function in binary.items():
            fetches[f"{key}_{name}"] = function(a, b)
        feed[x] = np.array(VALUES, dtype=dtype.as_numpy_dtype)
        feed[a], feed[b] = np.array(pairs)[:, None].astype(dtype.as_numpy_dtype), np.array(pairs, dtype=dtype.as_numpy_dtype)
    x = tf.placeholder(tf.float32, [None, 4], name="rows")
    for key, function in {"softmax": tf.nn.softmax, "log_softmax": tf.nn.log_softmax, "max": lambda t: tf.reduce_max(t, 1), "min": lambda t: tf.reduce_min(t, 1),
                          "sum": lambda t: tf.reduce_sum(t, 1), "prod": lambda t: tf.reduce_prod(t, 1), "mean": lambda t: tf.reduce_mean(t, 1),
                          "argmax": lambda t: tf.argmax(t, 1), "argmin": lambda t: tf.argmin(t, 1), "to_int": lambda t: tf.cast(tf.clip_by_value(t, -1e9, 1e9), tf.int64),
                          "to_bool": lambda t: tf.cast(t, tf.bool)}.items():
        fetches[f"{key}_rows"] = function(x)
    feed[x] = np.array([[1000.0, 1000.0, -1000.0, 0.0], [-1e30, -1e30, -1e30, -1e30], [1.0, 2.0, 3.0, 4.0], [5.0, 5.0, 1.0, 5.0]], np.float32)
    return {"feeds": [feed], "fetches": fetches}
