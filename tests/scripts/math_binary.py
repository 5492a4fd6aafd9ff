"""Elementwise functions of two arguments with static broadcasting, and their gradients to both sides."""

import numpy as np


def build(tf):
    a = tf.placeholder(tf.float32, [2, 3], name="a")
    b = tf.placeholder(tf.float32, [3], name="b")
    c = tf.placeholder(tf.float32, [2, 1], name="c")
    s = tf.placeholder(tf.float32, [], name="s")
    functions = {"add": tf.add, "sub": tf.subtract, "mul": tf.multiply, "truediv": tf.truediv, "pow": tf.pow, "maximum": tf.maximum,
                 "minimum": tf.minimum, "squared_difference": tf.squared_difference}
    fetches = {}
    for name, function in functions.items():
        for kind, other in (("row", b), ("column", c), ("scalar", s), ("same", a)):
            y = function(a, other)
            fetches[f"{name}_{kind}"] = y
            for side, grad in zip("xy", tf.gradients(y, [a, other])):
                fetches[f"{name}_{kind}_d{side}"] = grad
    outer = tf.multiply(b, c)
    fetches["outer"] = outer
    fetches["outer_db"], fetches["outer_dc"] = tf.gradients(outer, [b, c])
    for name, function in {"equal": tf.equal, "not_equal": tf.not_equal, "less": tf.less, "less_equal": tf.less_equal,
                           "greater": tf.greater, "greater_equal": tf.greater_equal}.items():
        fetches[name] = function(a, b)
    fetches["floordiv"] = tf.floordiv(a, b)
    fetches["floormod"] = tf.floormod(a, b)
    fetches["clip"] = tf.minimum(tf.maximum(a, 0.6), 1.1)
    rng = np.random.RandomState(3)
    feed = {t: rng.uniform(0.5, 1.5, t.get_shape().as_list()).astype(np.float32) for t in (a, b, c, s)}
    return {"fetches": fetches, "feeds": [feed]}
