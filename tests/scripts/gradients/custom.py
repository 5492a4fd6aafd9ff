"""A function with a gradient of its own: a softplus that does not overflow, and second derivatives through it."""

import numpy as np


def build(tf):
    y = tf.placeholder(tf.float32, [3], name="y")
    fetches = {}

    @tf.custom_gradient
    def softplus(v):
        e = tf.exp(v)

        def grad(dy):
            return dy * (1 - 1 / (1 + e))

        return tf.log(1 + e), grad

    stable = softplus(y * 30.0)
    fetches["custom"], fetches["custom_grad"] = stable, tf.gradients(stable, y)[0]
    fetches["second"] = tf.gradients(fetches["custom_grad"] * y, y)[0]
    return {"feeds": [{y: np.array([1.0, 0.25, -0.5], np.float32)}], "fetches": fetches}
