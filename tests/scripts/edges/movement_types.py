"""Ops that only move elements, for every type: strings, bools, halves and complex numbers too."""

import numpy as np


def build(tf):
    fetches, feed = {}, {}
    makers = {"float16": lambda: np.arange(6), "float64": lambda: np.arange(6), "int8": lambda: np.arange(6) - 3, "uint16": lambda: np.arange(6), "int64": lambda: np.arange(6) - 3,
              "bool": lambda: np.arange(6) % 2, "complex64": lambda: np.arange(6) * (1 + 2j)}
    sources = {}
    for name, make in makers.items():
        x = tf.placeholder(tf.as_dtype(name), [2, 3], name="x_" + name)
        feed[x] = make().reshape(2, 3).astype(name)
        sources[name] = x
    sources["string"] = tf.constant([["a", "bc", ""], ["d", "e", "fgh"]], name="x_string")
    for name, x in sources.items():
        functions = {"transpose": lambda: tf.transpose(x), "concat": lambda: tf.concat([x, x], 1), "stack": lambda: tf.stack([x, x], 2), "unstack": lambda: tf.unstack(x)[1],
                     "slice": lambda: tf.slice(x, [0, 1], [2, 2]), "strided": lambda: x[::-1, ::2], "gather": lambda: tf.gather(x, [1, 0, 1]),
                     "reshape": lambda: tf.reshape(x, [3, 2]), "expand": lambda: tf.expand_dims(x, 0), "identity": lambda: tf.identity(x), "fill": lambda: tf.fill([2], x[0, 1]),
                     "where": lambda: tf.where([True, False], x, x[::-1]), "split": lambda: tf.split(x, 3, 1)[2], "equal": lambda: tf.equal(x, x[::-1])}
        if name != "string":
            functions.update({"zeros_like": lambda: tf.zeros_like(x), "ones_like": lambda: tf.ones_like(x)})
        if name != "uint16":  # TensorFlow's Tile lacks it
            functions["tile"] = lambda: tf.tile(x, [1, 2])
        for key, function in functions.items():
            fetches[f"{key}_{name}"] = function()
    return {"feeds": [feed], "fetches": fetches}
