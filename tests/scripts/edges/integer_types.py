"""Arithmetic, comparison and reduction of every integer type, with wrap-around at the limits."""

import numpy as np


def build(tf):
    fetches, feed = {}, {}
    for name in ("int8", "int16", "int32", "int64", "uint8", "uint16"):
        dtype = tf.as_dtype(name)
        lo, hi = dtype.min, dtype.max
        a = tf.placeholder(dtype, [6], name="a_" + name)
        b = tf.placeholder(dtype, [6], name="b_" + name)
        feed[a] = np.array([lo, hi, 7, 100, 0, 9], dtype=name)
        feed[b] = np.array([1, 2, 3, 7, 5, hi], dtype=name)
        functions = {"add": lambda: a + b, "sub": lambda: a - b, "mul": lambda: a * b, "maximum": lambda: tf.maximum(a, b), "minimum": lambda: tf.minimum(a, b),
                     "less": lambda: a < b, "equal": lambda: tf.equal(a, b), "floordiv": lambda: a // b, "truediv": lambda: tf.truediv(a, b),
                     "sum": lambda: tf.reduce_sum(tf.stack([a, b]), 0), "max": lambda: tf.reduce_max(tf.stack([a, b]), 0), "argmax": lambda: tf.argmax(a),
                     "min": lambda: tf.reduce_min(a), "cast": lambda: tf.cast(a, tf.float32), "where": lambda: tf.where(a < b, a, b),
                     "gather": lambda: tf.gather(a, [5, 0, 5]), "one_hot": lambda: tf.one_hot([1, 0], 2, dtype=dtype)}
        if name in ("int32", "int64"):
            functions.update({"mod": lambda: a % b, "neg": lambda: -a, "abs": lambda: tf.abs(b), "square": lambda: tf.square(b), "pow": lambda: tf.pow(b[:4], 2),
                              "sign": lambda: tf.sign(a), "prod": lambda: tf.reduce_prod(b[:4]), "range": lambda: tf.range(b[0], b[3], b[1]),
                              "mean": lambda: tf.reduce_mean(b[:5]), "matmul": lambda: tf.matmul(tf.reshape(b[:4], [2, 2]), tf.reshape(a[2:], [2, 2]))})
        for key, function in functions.items():
            fetches[f"{key}_{name}"] = function()
    return {"feeds": [feed], "fetches": fetches}
