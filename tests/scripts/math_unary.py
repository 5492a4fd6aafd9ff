"""Elementwise functions of one argument and their gradients."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [None], name="x")
    p = tf.placeholder(tf.float32, [None], name="positive")
    i = tf.placeholder(tf.int32, [3], name="i")
    anywhere = {"neg": tf.negative, "abs": tf.abs, "sign": tf.sign, "square": tf.square, "exp": tf.exp, "expm1": tf.expm1, "tanh": tf.tanh,
                "sigmoid": tf.sigmoid, "nn_sigmoid": tf.nn.sigmoid, "relu": tf.nn.relu, "softplus": tf.nn.softplus, "floor": tf.floor,
                "ceil": tf.ceil, "round": tf.round, "reciprocal": tf.reciprocal, "nn_tanh": tf.nn.tanh}
    positive = {"sqrt": tf.sqrt, "rsqrt": tf.rsqrt, "log": tf.log, "log1p": tf.log1p}
    fetches = {}
    for functions, argument in ((anywhere, x), (positive, p)):
        for name, function in functions.items():
            y = function(argument)
            fetches[name] = y
            grad = tf.gradients(y, argument)[0]
            if grad is not None:
                fetches[name + "_grad"] = grad
    fetches["int_square"] = tf.square(i)
    fetches["int_sign"] = tf.sign(i)
    fetches["int_round"] = tf.round(i)
    fetches["double"] = tf.exp(tf.constant([0.5, 1.5], dtype=tf.float64))
    named = tf.tanh(x, name="my_tanh")
    fetches["named"] = named
    values = np.array([-3.5, -2.5, -1.0, -0.5, 0.25, 0.5, 1.0, 1.5, 2.5, 4.0], dtype=np.float32)
    return {
        "fetches": fetches,
        "feeds": [{x: values, p: np.abs(values), i: [-2, 0, 5]},
                  {x: np.zeros([0], np.float32), p: np.zeros([0], np.float32), i: [1, 2, 3]}],
    }
