"""Linear regression with a global step, a fed learning rate, and compute_gradients / apply_gradients apart."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, shape=(None, 3), name="x")
    y = tf.placeholder(tf.float32, shape=(None,), name="y")
    lr = tf.placeholder(tf.float32, shape=(), name="lr")
    w = tf.Variable(np.array([[0.5], [-0.25], [0.125]], dtype=np.float32), name="w")
    b = tf.Variable(0.0, name="b")
    global_step = tf.Variable(0, trainable=False, name="global_step")

    with tf.name_scope("predict"):
        prediction = tf.squeeze(tf.matmul(x, w), axis=1) + b
    with tf.name_scope("loss"):
        error = prediction - y
        loss = tf.reduce_mean(tf.square(error))

    optimizer = tf.train.GradientDescentOptimizer(lr)
    grads_and_vars = optimizer.compute_gradients(loss)
    halved = [(0.5 * g, v) for g, v in grads_and_vars]
    train_op = optimizer.apply_gradients(halved, global_step=global_step, name="train")
    init = tf.global_variables_initializer()

    rng = np.random.RandomState(1)
    feeds = []
    for batch, rate in ((5, 0.1), (8, 0.05), (1, 0.2)):
        xs = rng.uniform(-1, 1, (batch, 3)).astype(np.float32)
        feeds.append({x: xs, y: xs.sum(axis=1) + 0.5, lr: rate})
    return {
        "init": init,
        "feeds": feeds,
        "fetches": {"loss": loss, "prediction": prediction, "w": w, "b": b, "step": global_step,
                    "dw": grads_and_vars[0][0], "db": grads_and_vars[1][0]},
        "steps": [train_op] * 10,
    }
