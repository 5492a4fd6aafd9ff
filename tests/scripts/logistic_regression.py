"""Binary classification written out by hand: log loss, softplus form, manual gradient descent with assign_sub."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [None, 3])
    t = tf.placeholder(tf.float32, [None, 1])
    w = tf.Variable(tf.zeros((3, 1)), name="w")
    b = tf.Variable(tf.zeros((1,)), name="b")
    z = tf.matmul(x, w) + b
    p = tf.nn.sigmoid(z, name="p")
    by_log = -tf.reduce_mean(t * tf.log(p + 1e-7) + (1 - t) * tf.log(1 - p + 1e-7))
    by_softplus = tf.reduce_mean(tf.nn.softplus(z) - t * z)
    xent = tf.reduce_mean(tf.nn.relu(z) - z * t + tf.log1p(tf.exp(-tf.abs(z))))
    penalty = tf.reduce_sum(tf.square(w)) / 2
    loss = by_softplus + 0.01 * penalty
    dw, db = tf.gradients(loss, [w, b])
    step = tf.Variable(0.0, trainable=False, name="step")
    rate = 1.0 / tf.sqrt(step + 1.0)
    with tf.control_dependencies([dw, db, rate]):
        updates = [w.assign_sub(0.5 * rate * dw), b.assign_sub(0.5 * rate * db)]
    with tf.control_dependencies(updates):
        update = tf.assign_add(step, 1.0)
    correct = tf.equal(tf.round(p), t)
    accuracy = tf.reduce_mean(tf.cast(correct, "float"))
    rng = np.random.RandomState(16)
    feeds = []
    for n in (10, 6):
        xs = rng.uniform(-1, 1, (n, 3)).astype(np.float32)
        feeds.append({x: xs, t: (xs.sum(axis=1, keepdims=True) > 0).astype(np.float32)})
    return {
        "init": tf.initialize_all_variables(),
        "feeds": feeds,
        "fetches": {"p": p, "by_log": by_log, "by_softplus": by_softplus, "xent": xent, "loss": loss, "dw": dw, "db": db, "w": w, "b": b,
                    "accuracy": accuracy, "step": step},
        "steps": [update] * 10,
    }
