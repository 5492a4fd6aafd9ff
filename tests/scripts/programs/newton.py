"""Newton's method by hessians, conjugate directions by Hessian-vector products, and flat assignment of parameters."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    y = tf.placeholder(tf.float32, [None], name="y")
    w = tf.get_variable("w", [3], initializer=tf.constant_initializer([0.1, -0.2, 0.3]))
    b = tf.get_variable("b", [], initializer=tf.zeros_initializer())
    logits = tf.tensordot(x, w, [[1], [0]]) + b
    loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits)) + 0.05 * (tf.nn.l2_loss(w) + tf.nn.l2_loss(b))
    (hessian,) = tf.hessians(loss, w)
    (gradient,) = tf.gradients(loss, w)
    newton = tf.assign_sub(w, tf.squeeze(tf.matrix_solve(hessian, gradient[:, tf.newaxis]), 1))
    params = [w, b]
    flat = tf.concat([tf.reshape(g, [-1]) for g in tf.gradients(loss, params)], 0)
    v = tf.constant([1.0, -1.0, 0.5, 2.0])
    product = tf.concat([tf.reshape(g, [-1]) for g in tf.gradients(tf.reduce_sum(flat * tf.stop_gradient(v)), params)], 0)
    theta = tf.concat([tf.reshape(p, [-1]) for p in params], 0)
    new = theta - 0.1 * product / tf.norm(product)
    assigns, start = [], 0
    for p in params:
        size = int(np.prod(p.shape.as_list()))
        assigns.append(tf.assign(p, tf.reshape(new[start : start + size], p.shape)))
        start += size
    random = np.random.RandomState(3)
    feeds = [{x: random.uniform(-1, 1, (7, 3)), y: random.randint(0, 2, 7)}]
    fetches = {"loss": loss, "hessian": hessian, "gradient": gradient, "product": product, "theta": theta}
    return {"fetches": fetches, "feeds": feeds, "init": tf.global_variables_initializer(), "steps": [newton, tf.group(*assigns), newton]}
