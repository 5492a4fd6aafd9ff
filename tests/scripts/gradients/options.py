"""grad_ys, stop_gradients, unconnected values, several ys, unreached xs."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [3], name="x")
    y = tf.placeholder(tf.float32, [3], name="y")
    a = tf.square(x) * y
    b = tf.exp(a * 0.1) + tf.stop_gradient(x)
    seed = tf.constant([1.0, 2.0, 3.0])
    fetches = {
        "grad_ys": tf.gradients(b, x, grad_ys=seed)[0], "several": tf.gradients([a, b], [x, y], grad_ys=[seed, None])[1],
        "stopped": tf.gradients(b, [x, a], stop_gradients=[a])[1], "through": tf.gradients(b, a, name="named")[0],
        "zero": tf.gradients(a, [tf.constant([1.0, 2.0])], unconnected_gradients=tf.UnconnectedGradients.ZERO)[0],
    }
    assert tf.gradients(a, tf.constant(1.0)) == [None]
    return {"feeds": [{x: np.array([0.5, -1.0, 2.0], np.float32), y: np.array([1.0, 0.25, -0.5], np.float32)}], "fetches": fetches}
