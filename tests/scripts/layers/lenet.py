"""A small convolutional classifier trained with Adam."""

import numpy as np


def build(tf):
    tf.set_random_seed(6)
    x = tf.placeholder(tf.float32, (None, 8, 8, 1), name="x")
    y = tf.placeholder(tf.int32, (None,), name="y")
    h = tf.layers.max_pooling2d(tf.layers.conv2d(x, 3, 3, padding="same", activation=tf.nn.relu), 2, 2)
    h = tf.layers.max_pooling2d(tf.layers.conv2d(h, 4, 3, padding="same", activation=tf.nn.relu), 2, 2)
    h = tf.layers.dense(tf.reshape(h, [-1, 2 * 2 * 4]), 10, activation=tf.nn.relu)
    logits = tf.layers.dense(h, 4)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    global_step = tf.train.get_or_create_global_step()
    train = tf.train.AdamOptimizer(1e-2).minimize(loss, global_step=global_step)
    rng = np.random.RandomState(6)
    feeds = [{x: rng.uniform(-1, 1, (n, 8, 8, 1)).astype(np.float32), y: rng.randint(0, 4, n)} for n in (6, 3)]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "steps": [train] * 10,
            "fetches": {"logits": logits, "loss": loss, "step": global_step, "w": tf.trainable_variables()[0], "b": tf.trainable_variables()[-1]}}
