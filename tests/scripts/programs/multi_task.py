"""Two tasks on one trunk by AUTO_REUSE, losses in collections, weights by uncertainty, and a count of steps."""

import numpy as np


def build(tf):
    tf.set_random_seed(41)

    def trunk(x):
        with tf.variable_scope("trunk", reuse=tf.AUTO_REUSE, regularizer=lambda w: 1e-3 * tf.nn.l2_loss(w)):
            for i, units in enumerate([8, 6]):
                with tf.variable_scope("layer%d" % i):
                    w = tf.get_variable("w", [x.shape[-1].value, units], initializer=tf.variance_scaling_initializer(seed=i))
                    b = tf.get_variable("b", [units], initializer=tf.zeros_initializer())
                    x = tf.nn.elu(tf.matmul(x, w) + b)
        return x

    a = tf.placeholder(tf.float32, [None, 5], name="a")
    b = tf.placeholder(tf.float32, [None, 5], name="b")
    label = tf.placeholder(tf.int64, [None], name="label")
    target = tf.placeholder(tf.float32, [None, 2], name="target")
    with tf.variable_scope("classify"):
        logits = tf.layers.dense(trunk(a), 3, kernel_initializer=tf.glorot_normal_initializer(seed=7), name="head")
        tf.losses.sparse_softmax_cross_entropy(label, logits, scope="xent")
    with tf.variable_scope("regress"):
        guess = tf.layers.dense(trunk(b), 2, kernel_initializer=tf.glorot_normal_initializer(seed=8), name="head")
        tf.losses.huber_loss(target, guess, delta=0.5)
    log_vars = tf.get_variable("log_vars", [2], initializer=tf.zeros_initializer())
    weighted = [tf.exp(-log_vars[i]) * l + log_vars[i] for i, l in enumerate(tf.losses.get_losses())]
    total = tf.add_n(weighted + tf.losses.get_regularization_losses(), name="total")
    train = tf.train.MomentumOptimizer(0.05, 0.9, use_nesterov=True).minimize(total, global_step=tf.train.get_or_create_global_step())
    accuracy = tf.reduce_mean(tf.to_float(tf.equal(tf.argmax(logits, 1), label)))
    random = np.random.RandomState(6)
    feeds = [
        {a: random.uniform(-1, 1, (6, 5)), b: random.uniform(-1, 1, (4, 5)), label: random.randint(0, 3, 6), target: random.uniform(-1, 1, (4, 2))}
        for _ in range(2)
    ]
    fetches = {"total": total, "accuracy": accuracy, "guess": guess, "log_vars": log_vars, "norm": tf.global_norm(tf.trainable_variables())}
    return {"fetches": fetches, "feeds": feeds, "init": tf.global_variables_initializer(), "steps": [train] * 5}
