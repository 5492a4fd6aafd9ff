"""Candidate samplers, nce and sampled softmax, embeddings in parts and of sparse ids."""

import numpy as np


def build(tf):
    tf.set_random_seed(12)
    rng = np.random.RandomState(25)
    weights = tf.Variable(rng.uniform(-1, 1, (10, 4)).astype(np.float32), name="weights")
    biases = tf.Variable(np.zeros(10, np.float32), name="biases")
    x = tf.placeholder(tf.float32, [3, 4], name="x")
    labels = tf.placeholder(tf.int64, [3, 1], name="labels")
    uniform = tf.nn.uniform_candidate_sampler(labels, 1, 4, True, 10, seed=7)
    log_uniform = tf.nn.log_uniform_candidate_sampler(labels, 1, 4, True, 10, seed=7)
    nce = tf.nn.nce_loss(weights, biases, labels, x, 4, 10, sampled_values=uniform)
    soft = tf.nn.sampled_softmax_loss(weights, biases, labels, x, 4, 10, sampled_values=log_uniform)
    parts = [tf.Variable(np.arange(6, dtype=np.float32).reshape(3, 2) + i, name=f"part{i}") for i in range(2)]
    ids = tf.SparseTensor([[0, 0], [0, 1], [1, 0], [2, 2]], tf.constant([1, 4, 0, 2], tf.int64), [3, 3])
    by = tf.SparseTensor([[0, 0], [0, 1], [1, 0], [2, 2]], [0.5, 2.0, 1.0, 3.0], [3, 3])
    table = tf.Variable(np.arange(10, dtype=np.float32).reshape(5, 2), name="table")
    rows = tf.placeholder(tf.int32, [None], name="rows")
    fetches = {
        "uniform": uniform.sampled_candidates, "uniform_true": uniform.true_expected_count, "log_uniform": log_uniform.sampled_candidates,
        "log_expected": log_uniform.sampled_expected_count, "nce": nce, "soft": soft, "parts": tf.nn.embedding_lookup(parts, rows),
        "div": tf.nn.embedding_lookup(parts, rows, partition_strategy="div"), "sparse_mean": tf.nn.embedding_lookup_sparse(table, ids, None, combiner="mean"),
        "sparse_sum": tf.nn.embedding_lookup_sparse(table, ids, by, combiner="sum"), "sparse_sqrtn": tf.nn.embedding_lookup_sparse(table, ids, by, combiner="sqrtn"),
    }
    grads = tf.gradients(tf.reduce_sum(nce) + tf.reduce_sum(soft), [x, biases])
    fetches["nce_dx"] = grads[0]
    feeds = [{x: rng.uniform(-1, 1, (3, 4)).astype(np.float32), labels: [[1], [5], [9]], rows: [0, 3, 5, 1]}]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches}
