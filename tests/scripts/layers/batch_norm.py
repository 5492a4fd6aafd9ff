"""Batch normalization in training and in test, fused on images and not on vectors, with its update ops."""

import numpy as np


def build(tf):
    images = tf.placeholder(tf.float32, [None, 3, 3, 2], name="images")
    vectors = tf.placeholder(tf.float32, [None, 4], name="vectors")
    with tf.variable_scope("conv1"):
        train_images = tf.layers.batch_normalization(images, training=True)
    with tf.variable_scope("conv1", reuse=True):
        test_images = tf.layers.batch_normalization(images, training=False)
    train_vectors = tf.layers.batch_normalization(vectors, training=True, momentum=0.9, epsilon=1e-5, name="bn")
    test_vectors = tf.layers.batch_normalization(vectors, training=False, momentum=0.9, epsilon=1e-5, name="bn", reuse=True)
    plain = tf.layers.batch_normalization(vectors, training=True, center=False, scale=False)
    loss = tf.reduce_mean(tf.square(train_images - 0.5)) + tf.reduce_mean(tf.square(train_vectors + 0.25)) + 0.1 * tf.reduce_sum(plain ** 3)
    update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    with tf.control_dependencies(update_ops):
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    fetches = {"train_images": train_images, "test_images": test_images, "train_vectors": train_vectors, "test_vectors": test_vectors, "loss": loss}
    fetches.update({v.op.name: v for v in tf.global_variables()})
    rng = np.random.RandomState(4)
    feeds = [{images: rng.uniform(-1, 2, (n, 3, 3, 2)).astype(np.float32), vectors: rng.uniform(0, 3, (n, 4)).astype(np.float32)} for n in (4, 3)]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches, "steps": [train] * 4}
