"""A transformer encoder block: sinusoids, masked multi-head attention, layer normalization by hand, label smoothing, warmed-up Adam."""

import numpy as np


def build(tf):
    tf.set_random_seed(61)
    length, units, heads, vocabulary = 5, 8, 2, 11

    def normalize(inputs, epsilon=1e-8, scope="ln"):
        with tf.variable_scope(scope):
            mean, variance = tf.nn.moments(inputs, [-1], keep_dims=True)
            beta = tf.get_variable("beta", inputs.get_shape()[-1:], initializer=tf.zeros_initializer())
            gamma = tf.get_variable("gamma", inputs.get_shape()[-1:], initializer=tf.ones_initializer())
            return gamma * (inputs - mean) / ((variance + epsilon) ** 0.5) + beta

    def attention(queries, keys, mask, scope="attention"):
        with tf.variable_scope(scope):
            q, k, v = (
                tf.layers.dense(t, units, use_bias=False, kernel_initializer=tf.glorot_uniform_initializer(seed=i))
                for i, t in enumerate((queries, keys, keys))
            )
            q, k, v = (tf.concat(tf.split(t, heads, axis=2), axis=0) for t in (q, k, v))
            scores = tf.matmul(q, tf.transpose(k, [0, 2, 1])) / (units / heads) ** 0.5
            tiled = tf.tile(tf.expand_dims(mask, 1), [heads, tf.shape(queries)[1], 1])
            scores = tf.where(tf.equal(tiled, 0), tf.ones_like(scores) * (-(2.0**32) + 1), scores)
            weights = tf.nn.softmax(scores)
            outputs = tf.concat(tf.split(tf.matmul(weights, v), heads, axis=0), axis=2)
            return normalize(outputs + queries), weights

    tokens = tf.placeholder(tf.int32, [None, length], name="tokens")
    labels = tf.placeholder(tf.int32, [None], name="labels")
    with tf.variable_scope("encoder"):
        table = tf.get_variable("table", [vocabulary, units], initializer=tf.random_normal_initializer(0, 0.3, seed=9))
        table = tf.concat((tf.zeros([1, units]), table[1:, :]), 0)
        mask = tf.cast(tf.not_equal(tokens, 0), tf.float32)
        position = np.array([[p / np.power(10000, 2.0 * (i // 2) / units) for i in range(units)] for p in range(length)])
        position[:, 0::2], position[:, 1::2] = np.sin(position[:, 0::2]), np.cos(position[:, 1::2])
        x = tf.nn.embedding_lookup(table, tokens) * units**0.5 + tf.convert_to_tensor(np.round(position, 5), tf.float32)
        x *= tf.expand_dims(mask, -1)
        for block in range(1):
            with tf.variable_scope(f"block_{block}"):
                x, weights = attention(x, x, mask)
                inner = tf.layers.conv1d(x, 12, 1, activation=tf.nn.relu, kernel_initializer=tf.glorot_uniform_initializer(seed=20 + block))
                x = normalize(x + tf.layers.dense(inner, units, kernel_initializer=tf.glorot_uniform_initializer(seed=30 + block)), scope="ff")
    pooled = tf.reduce_sum(x * mask[:, :, None], 1) / tf.reduce_sum(mask, 1, keepdims=True)
    logits = tf.layers.dense(pooled, 3, kernel_initializer=tf.glorot_uniform_initializer(seed=40))
    smooth = 0.9 * tf.one_hot(labels, 3) + 0.1 / 3
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=smooth, logits=logits))
    step = tf.train.get_or_create_global_step()
    warm = tf.cast(step + 1, tf.float32)
    rate = 0.02 * tf.minimum(warm * 4.0**-1.5, warm**-0.5)
    train = tf.train.AdamOptimizer(rate, beta2=0.98, epsilon=1e-9).minimize(loss, global_step=step)
    random = np.random.RandomState(5)
    feeds = [{tokens: random.randint(0, vocabulary, (3, length)) * (np.arange(length) < 4), labels: random.randint(0, 3, 3)} for _ in range(2)]
    fetches = {"loss": loss, "weights": weights, "logits": logits, "rate": rate}
    return {"fetches": fetches, "feeds": feeds, "init": tf.global_variables_initializer(), "steps": [train] * 4}
