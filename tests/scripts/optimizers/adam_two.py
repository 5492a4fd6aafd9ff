"""Two Adams on one loss with global step, gradient clipping by norm, and shared names."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    with tf.variable_scope("actor"):
        wa = tf.get_variable("w", initializer=np.array([[0.5], [-0.5], [0.25]], np.float32))
    with tf.variable_scope("critic"):
        wc = tf.get_variable("w", initializer=np.array([[1.0], [0.5], [-0.25]], np.float32))
    loss_a = tf.reduce_mean(tf.square(tf.matmul(x, wa) - 2.0))
    loss_c = tf.reduce_mean(tf.abs(tf.matmul(x, wc) + 1.0))
    step = tf.train.get_or_create_global_step()
    train_a = tf.train.AdamOptimizer(1e-2).minimize(loss_a, var_list=[wa], global_step=step)
    opt = tf.train.AdamOptimizer(learning_rate=1e-2, name="CriticAdam")
    grads = tf.gradients(loss_c, [wc])
    clipped, norm = tf.clip_by_global_norm(grads, 0.5)
    train_c = opt.apply_gradients(zip(clipped, [wc]))
    value = tf.clip_by_value(loss_a, 0.0, 3.0)
    by_norm = tf.clip_by_norm(wa, 0.3)
    rng = np.random.RandomState(13)
    feeds = [{x: rng.uniform(-1, 1, (n, 3)).astype(np.float32)} for n in (4, 2)]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "steps": [train_a, train_c] * 5,
            "fetches": {"loss_a": loss_a, "loss_c": loss_c, "wa": wa, "wc": wc, "norm": norm, "value": value, "by_norm": by_norm, "step": step}}
