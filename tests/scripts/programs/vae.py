"""A variational autoencoder: two heads, the reparameterization trick, and the two terms of its bound."""

import numpy as np


def build(tf):
    tf.set_random_seed(5)

    def dense(x, units, name, activation=None):
        with tf.variable_scope(name):
            w = tf.get_variable("w", [x.get_shape()[1], units], initializer=tf.glorot_uniform_initializer(seed=units))
            b = tf.get_variable("b", [units], initializer=tf.constant_initializer(0.0))
            y = tf.nn.xw_plus_b(x, w, b)
            return y if activation is None else activation(y)

    x = tf.placeholder(tf.float32, [None, 12], name="x")
    with tf.variable_scope("encoder"):
        h = dense(x, 8, "hidden", tf.nn.softplus)
        mean, log_var = dense(h, 2, "mean"), dense(h, 2, "log_var")
    eps = tf.random_normal(tf.shape(mean), 0, 1, dtype=tf.float32, seed=3)
    z = tf.add(mean, tf.multiply(tf.sqrt(tf.exp(log_var)), eps))

    def decode(code, reuse=None):
        with tf.variable_scope("decoder", reuse=reuse):
            return dense(dense(code, 8, "hidden", tf.nn.softplus), 12, "out")

    logits = decode(z)
    picture = tf.nn.sigmoid(decode(tf.constant([[0.5, -0.5]]), reuse=True))
    reconstruction = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits), 1)
    latent = -0.5 * tf.reduce_sum(1 + log_var - tf.square(mean) - tf.exp(log_var), 1)
    cost = tf.reduce_mean(reconstruction + latent)
    train = tf.train.AdamOptimizer(learning_rate=0.01).minimize(cost)
    feeds = [{x: np.random.RandomState(i).uniform(0, 1, (5, 12))} for i in range(2)]
    fetches = {"mean": mean, "latent": latent, "picture": picture}
    return {"fetches": fetches, "feeds": feeds, "init": tf.global_variables_initializer(), "steps": [train] * 5}
