"""Clipping, norms, gates, colocation and names of apply_gradients."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    w = tf.get_variable("w", initializer=np.array([[0.5, 1.0], [-0.5, 2.0], [0.25, -1.0]], np.float32))
    b = tf.get_variable("b", initializer=np.zeros(2, np.float32))
    unused = tf.get_variable("unused", initializer=1.0)
    loss = tf.reduce_mean(tf.square(tf.nn.xw_plus_b(x, w, b)), name="loss")
    optimizer = tf.train.MomentumOptimizer(0.1, 0.9, name="Push")
    pairs = optimizer.compute_gradients(loss, gate_gradients=tf.train.Optimizer.GATE_GRAPH, colocate_gradients_with_ops=True)
    assert [v for _, v in pairs] == [w, b, unused] and pairs[2][0] is None
    grads = [g for g, _ in pairs[:2]]
    norm = tf.global_norm(grads)
    clipped, _ = tf.clip_by_global_norm(grads, 0.7, use_norm=norm)
    train = optimizer.apply_gradients(list(zip(clipped, [w, b])) + [(None, unused)], name="apply")
    gated = tf.train.GradientDescentOptimizer(tf.constant(0.01)).minimize(loss, gate_gradients=tf.train.Optimizer.GATE_NONE, aggregation_method=2)
    fetches = {
        "loss": loss, "norm": norm, "w": w, "b": b, "average": tf.clip_by_average_norm(w, 0.2), "by_norm": tf.clip_by_norm(w, 0.5, axes=[0]),
        "by_value": tf.clip_by_value(w, -0.4, 0.4), "norm_grad": tf.gradients(tf.clip_by_norm(w, 0.5), w)[0], "value_grad": tf.gradients(tf.clip_by_value(w, -0.4, 0.6), w)[0],
    }
    rng = np.random.RandomState(24)
    feeds = [{x: rng.uniform(-1, 1, (n, 3)).astype(np.float32)} for n in (4, 2)]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches, "steps": [train, gated] * 5}
