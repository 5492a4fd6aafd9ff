"""The activations of tf.nn with gradients."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    functions = {"relu6": tf.nn.relu6, "elu": tf.nn.elu, "selu": tf.nn.selu, "leaky": tf.nn.leaky_relu, "softsign": tf.nn.softsign,
                 "softplus": tf.nn.softplus, "crelu": tf.nn.crelu, "log_sigmoid": tf.log_sigmoid, "leaky3": lambda t: tf.nn.leaky_relu(t, alpha=0.3),
                 "erf": tf.erf, "sin": tf.sin, "cos": tf.cos, "atan": tf.atan, "sinh": tf.sinh, "cosh": tf.cosh, "lgamma": lambda t: tf.lgamma(t * t + 1.0)}
    fetches = {}
    for name, function in functions.items():
        y = function(x)
        fetches[name] = y
        fetches[name + "_grad"] = tf.gradients(y, x)[0]
    values = np.linspace(-7.75, 8.0, 16).reshape(4, 4).astype(np.float32)
    return {"feeds": [{x: values}], "fetches": fetches}
