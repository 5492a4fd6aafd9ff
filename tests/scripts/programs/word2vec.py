"""Skip-gram word vectors with noise-contrastive estimation and nearest words by cosine."""

import math

import numpy as np


def build(tf):
    tf.set_random_seed(21)
    vocabulary, size, batch = 40, 8, 6
    inputs = tf.placeholder(tf.int32, shape=[batch], name="inputs")
    labels = tf.placeholder(tf.int32, shape=[batch, 1], name="labels")
    valid = tf.constant([1, 5, 9], dtype=tf.int32)
    with tf.device("/cpu:0"):
        with tf.name_scope("embeddings"):
            embeddings = tf.Variable(tf.random_uniform([vocabulary, size], -1.0, 1.0, seed=1))
            embed = tf.nn.embedding_lookup(embeddings, inputs)
        with tf.name_scope("weights"):
            weights = tf.Variable(tf.truncated_normal([vocabulary, size], stddev=1.0 / math.sqrt(size), seed=2))
        with tf.name_scope("biases"):
            biases = tf.Variable(tf.zeros([vocabulary]))
    with tf.name_scope("loss"):
        sampled = tf.nn.log_uniform_candidate_sampler(tf.cast(labels, tf.int64), 1, 5, True, vocabulary, seed=4)
        losses = tf.nn.nce_loss(weights=weights, biases=biases, labels=labels, inputs=embed, num_sampled=5, num_classes=vocabulary, sampled_values=sampled)
        loss = tf.reduce_mean(losses)
    with tf.name_scope("optimizer"):
        train = tf.train.GradientDescentOptimizer(1.0).minimize(loss)
    norm = tf.sqrt(tf.reduce_sum(tf.square(embeddings), 1, keepdims=True))
    normalized = embeddings / norm
    similarity = tf.matmul(tf.nn.embedding_lookup(normalized, valid), normalized, transpose_b=True)
    nearest = tf.nn.top_k(similarity, k=4)[1]
    random = np.random.RandomState(1)
    feeds = [{inputs: random.randint(0, vocabulary, batch), labels: random.randint(0, vocabulary, (batch, 1))} for _ in range(2)]
    fetches = {"nearest": nearest, "similarity": similarity, "embed": embed}
    return {"fetches": fetches, "feeds": feeds, "init": tf.global_variables_initializer(), "steps": [train] * 4}
