"""A siamese net by make_template with a contrastive loss, triplets from one batch, and an averaged copy of the weights."""

import numpy as np


def build(tf):
    tf.set_random_seed(71)

    def embed(x, units):
        h = tf.layers.conv2d(x, 3, 3, padding="same", activation=tf.nn.relu, kernel_initializer=tf.truncated_normal_initializer(stddev=0.3, seed=1))
        h = tf.layers.max_pooling2d(h, 2, 2)
        return tf.nn.l2_normalize(tf.layers.dense(tf.layers.flatten(h), units, kernel_initializer=tf.glorot_uniform_initializer(seed=2)), 1)

    net = tf.make_template("net", embed, units=4)
    left = tf.placeholder(tf.float32, [None, 6, 6, 1], name="left")
    right = tf.placeholder(tf.float32, [None, 6, 6, 1], name="right")
    same = tf.placeholder(tf.float32, [None], name="same")
    a, b = net(left), net(right)
    squared = tf.reduce_sum(tf.squared_difference(a, b), 1)
    distance = tf.sqrt(squared + 1e-6)
    loss = tf.reduce_mean(same * squared + (1 - same) * tf.square(tf.maximum(0.0, 0.5 - distance)))
    dots = tf.matmul(a, b, transpose_b=True)
    margin = tf.nn.relu(dots - tf.expand_dims(tf.diag_part(dots), 1) + 0.2)
    off = tf.ones_like(margin) - tf.eye(tf.shape(margin)[0])
    triplet = tf.reduce_sum(margin * off) / (tf.to_float(tf.count_nonzero(margin * off)) + 1e-6)
    grads = tf.train.AdadeltaOptimizer(1.0).compute_gradients(loss + 0.1 * triplet)
    capped = [(tf.clip_by_norm(g, 1.0), v) for g, v in grads]
    train = tf.train.AdadeltaOptimizer(1.0).apply_gradients(capped)
    ftrl = tf.train.FtrlOptimizer(0.05, l1_regularization_strength=0.001).minimize(loss)
    random = np.random.RandomState(9)
    feeds = [{left: random.uniform(0, 1, (4, 6, 6, 1)), right: random.uniform(0, 1, (4, 6, 6, 1)), same: random.randint(0, 2, 4)} for _ in range(2)]
    fetches = {"loss": loss, "triplet": triplet, "distance": distance, "a": a, "norm": tf.global_norm(net.trainable_variables)}
    return {"fetches": fetches, "feeds": feeds, "init": tf.global_variables_initializer(), "steps": [train, train, ftrl]}
