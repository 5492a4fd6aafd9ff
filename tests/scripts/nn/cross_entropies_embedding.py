"""Sigmoid and weighted cross-entropies, embeddings, top_k, in_top_k, with gradients."""

import numpy as np


def build(tf):
    logits = tf.placeholder(tf.float32, [None, 4], name="logits")
    labels = tf.placeholder(tf.float32, [None, 4], name="labels")
    ids = tf.placeholder(tf.int32, [None, 2], name="ids")
    targets = tf.placeholder(tf.int32, [None], name="targets")
    table = tf.Variable(np.arange(15, dtype=np.float32).reshape(5, 3) / 10.0, name="table")
    sigmoid = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
    weighted = tf.nn.weighted_cross_entropy_with_logits(labels, logits, 2.5)
    embedded = tf.nn.embedding_lookup(table, ids)
    values, indices = tf.nn.top_k(logits, k=2)
    loss = tf.reduce_sum(tf.square(embedded)) + tf.reduce_mean(sigmoid)
    slices = tf.gradients(loss, table)[0]
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    rng = np.random.RandomState(10)
    feeds = [{logits: rng.uniform(-3, 3, (n, 4)).astype(np.float32), labels: rng.uniform(0, 1, (n, 4)).astype(np.float32),
              ids: rng.randint(0, 5, (n, 2)), targets: rng.randint(0, 4, n)} for n in (3, 2)]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "steps": [train] * 3,
            "fetches": {"sigmoid": sigmoid, "weighted": weighted, "embedded": embedded, "values": values, "indices": indices,
                        "in_top": tf.nn.in_top_k(logits, targets, 2), "table": table, "slice_values": slices.values, "slice_indices": slices.indices,
                        "sigmoid_grad": tf.gradients(sigmoid, logits)[0], "weighted_grad": tf.gradients(weighted, logits)[0],
                        "top_grad": tf.gradients(values * [1.0, 2.0], logits)[0]}}
