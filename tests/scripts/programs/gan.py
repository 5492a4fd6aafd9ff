"""A generative adversarial net: one discriminator on two inputs, two optimizers on two lists of variables, weight clipping."""

import numpy as np


def build(tf):
    tf.set_random_seed(8)

    def generator(z):
        with tf.variable_scope("generator"):
            h = tf.layers.dense(z, 8, kernel_initializer=tf.truncated_normal_initializer(stddev=0.5, seed=1))
            h = tf.nn.leaky_relu(tf.layers.batch_normalization(h, training=True, momentum=0.8))
            return tf.layers.dense(h, 6, tf.tanh, kernel_initializer=tf.truncated_normal_initializer(stddev=0.5, seed=2))

    def discriminator(x, reuse=False):
        with tf.variable_scope("discriminator") as scope:
            if reuse:
                scope.reuse_variables()
            h = tf.maximum(0.2 * x, x)
            h = tf.layers.dense(h, 8, tf.nn.leaky_relu, kernel_initializer=tf.random_normal_initializer(stddev=0.3, seed=3), name="h")
            return tf.layers.dense(h, 1, kernel_initializer=tf.random_normal_initializer(stddev=0.3, seed=4), name="logit")

    z = tf.placeholder(tf.float32, [None, 3], name="z")
    real = tf.placeholder(tf.float32, [None, 6], name="real")
    fake = generator(z)
    on_real, on_fake = discriminator(real), discriminator(fake, reuse=True)

    def cross_entropy(logits, labels):
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(logits=logits, labels=labels))

    d_loss = cross_entropy(on_real, tf.ones_like(on_real) * 0.9) + cross_entropy(on_fake, tf.zeros_like(on_fake))
    g_loss = cross_entropy(on_fake, tf.ones_like(on_fake))
    everything = tf.trainable_variables()
    d_vars = [v for v in everything if "discriminator" in v.name]
    g_vars = [v for v in everything if v.name.startswith("generator")]
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS, scope="generator")):
        g_train = tf.train.AdamOptimizer(0.01, beta1=0.5).minimize(g_loss, var_list=g_vars)
    d_train = tf.train.MomentumOptimizer(0.05, 0.5).minimize(d_loss, var_list=d_vars)
    clip = [v.assign(tf.clip_by_value(v, -0.6, 0.6)) for v in d_vars]
    alpha = tf.constant([[0.25], [0.5], [0.75], [1.0]])
    between = alpha * real + (1.0 - alpha) * fake
    slopes = tf.sqrt(tf.reduce_sum(tf.square(tf.gradients(discriminator(between, reuse=True), [between])[0]), axis=1))
    penalty = tf.reduce_mean(tf.square(slopes - 1.0))
    random = np.random.RandomState(2)
    feeds = [{z: random.uniform(-1, 1, (4, 3)), real: random.uniform(-1, 1, (4, 6))} for _ in range(2)]
    fetches = {"d_loss": d_loss, "g_loss": g_loss, "fake": fake, "penalty": penalty}
    return {"fetches": fetches, "feeds": feeds, "init": tf.global_variables_initializer(), "steps": [d_train, g_train, clip] * 2}
