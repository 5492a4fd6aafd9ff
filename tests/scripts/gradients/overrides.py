"""Gradients replaced by the user: RegisterGradient with an override map, custom_gradient, aggregation methods."""

import numpy as np


def build(tf):
    unique = "OverrideOfIdentity"

    @tf.RegisterGradient(unique)
    def _doubled(op, grad):
        return 2.0 * grad

    x = tf.placeholder(tf.float32, [3], name="x")
    with tf.get_default_graph().gradient_override_map({"Identity": unique}):
        y = tf.identity(x, name="y")

    h = x * y + tf.sin(x)
    total = tf.add_n([h, h * 2.0, tf.exp(x)])
    fetches = {"y_grad": tf.gradients(y, x)[0], "h_grad": tf.gradients(h, x)[0], "total_grad": tf.gradients(total, x)[0]}
    for name in ("ADD_N", "EXPERIMENTAL_TREE", "EXPERIMENTAL_ACCUMULATE_N"):
        fetches[name] = tf.gradients(total * x, x, aggregation_method=getattr(tf.AggregationMethod, name))[0]
    return {"feeds": [{x: np.array([0.5, -1.0, 2.0], np.float32)}], "fetches": fetches}
