"""Casts between all plain types, with values that every target can hold and some that wrap."""

import numpy as np

NAMES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "bool", "complex64", "complex128"]


def build(tf):
    fetches, feed = {}, {}
    for source in NAMES:
        x = tf.placeholder(tf.as_dtype(source), [None], name="x_" + source)
        values = np.array([0, 1, 2, 100, 3]) if source.startswith(("u", "b")) else np.array([0, 1, -2, 100, 3.75 if source[0] in "fc" else 3])
        feed[x] = values.astype(source)
        for target in NAMES:
            if target[0] == "u" and source[0] in "fc" or source.startswith("complex") and not target.startswith("complex"):
                continue  # negative floats to unsigned types have no one answer; complex drops a part with a warning
            fetches[f"{source}_{target}"] = tf.cast(x, target)
    return {"feeds": [feed], "fetches": fetches}
