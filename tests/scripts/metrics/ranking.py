"""tf.metrics of the k best classes."""

import numpy as np


def build(tf):
    labels = tf.placeholder(tf.int64, [4, 2], name="labels")
    scores = tf.placeholder(tf.float32, [4, 5], name="scores")
    m = tf.metrics
    pairs = {
        "average": m.average_precision_at_k(labels, scores, 3), "first": m.average_precision_at_k(labels, scores, 1),
        "precision": m.precision_at_k(labels, scores, 2), "recall": m.recall_at_k(labels, scores, 2),
    }
    fetches, updates = {}, []
    for name, (value, update) in pairs.items():
        fetches[name] = value
        updates.append(update)
    rng = np.random.RandomState(33)
    feeds = [{labels: [[0, 3], [1, 2], [4, 0], [2, 3]], scores: rng.uniform(0, 1, (4, 5)).astype(np.float32)} for _ in range(3)]
    return {"init": tf.local_variables_initializer(), "feeds": feeds, "fetches": fetches, "steps": [updates] * 3}
