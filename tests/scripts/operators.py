"""Python operators on float, int and bool tensors, both ways round, with numbers and numpy arrays."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    y = tf.placeholder(tf.float32, [3], name="y")
    i = tf.placeholder(tf.int32, [4], name="i")
    j = tf.placeholder(tf.int32, [4], name="j")
    l = tf.placeholder(tf.int64, [], name="l")
    p = tf.placeholder(tf.bool, [4], name="p")
    q = tf.placeholder(tf.bool, [4], name="q")
    d = tf.placeholder(tf.float64, [2], name="d")
    fetches = {
        "add": x + y, "radd": 1 + x, "add_number": x + 2.5, "add_true": x + True, "add_np": x + np.float64(1.5),
        "np_add": np.array([1.0, 2.0, 3.0]) + x,
        "sub": x - y, "rsub": 1.0 - x, "mul": x * y, "rmul": 3 * x,
        "truediv": x / y, "rtruediv": 1.0 / y, "floordiv": x // y, "mod": x % y, "pow": x ** 2, "rpow": 2.0 ** x,
        "neg": -x, "abs": abs(x), "int_add": i + j, "int_radd": 7 + i, "int_sub": i - j, "int_mul": i * j,
        "int_truediv": i / j, "int_floordiv": i // j, "int_mod": i % j, "int_neg": -i, "int_abs": abs(i), "int_pow": i ** 2,
        "long": l * 3 - 1, "double": d * 0.5 + 1,
        "less": x < y, "less_equal": x <= y, "greater": x > y, "greater_equal": x >= y, "rless": 0.0 < x,
        "int_less": i < j, "int_ge": i >= 2,
        "and": p & q, "or": p | q, "not": ~p, "matmul": x @ tf.constant(np.eye(3, 2, dtype=np.float32)),
        "tf_div": tf.div(x, y), "tf_div_int": tf.div(i, j), "tf_floordiv": tf.floordiv(i, j), "tf_mod": tf.mod(i, j),
        "tf_truediv": tf.truediv(i, j), "tf_divide": tf.divide(x, y), "tf_floor_div": tf.floor_div(x, y),
        "tf_add": tf.add(x, 1), "tf_sub": tf.subtract(x, y), "tf_mul": tf.multiply(x, y), "tf_pow": tf.pow(x, 3.0),
        "tf_neg": tf.negative(x), "tf_abs": tf.abs(i),
        "chain": (x + y) * 2.0 - x / 3.0,
    }
    feed = {
        x: [[1.5, -2.25, 3.0], [-0.5, 4.0, 0.25]], y: [0.5, -1.5, 2.0],
        i: [7, -7, 6, -1], j: [2, 2, -4, 3], l: 1 << 40, d: [0.1, 0.2],
        p: [True, True, False, False], q: [True, False, True, False],
    }
    return {"fetches": fetches, "feeds": [feed]}
