"""tf.metrics: values and updates over three batches, with weights."""

import numpy as np


def build(tf):
    labels = tf.placeholder(tf.int64, [None], name="labels")
    predictions = tf.placeholder(tf.int64, [None], name="predictions")
    values = tf.placeholder(tf.float32, [None], name="values")
    truth, scores = tf.cast(labels, tf.float32), tf.sigmoid(values)
    m = tf.metrics
    pairs = {
        "accuracy": m.accuracy(labels, predictions), "weighted": m.accuracy(labels, predictions, weights=0.5), "mean": m.mean(values),
        "mean_weighted": m.mean(values, weights=3.0), "mse": m.mean_squared_error(truth, values), "rmse": m.root_mean_squared_error(truth, values, 0.25),
        "mae": m.mean_absolute_error(truth, values), "precision": m.precision(labels, predictions), "recall": m.recall(labels, predictions),
        "tp": m.true_positives(labels, predictions), "fn": m.false_negatives(labels, predictions), "below": m.percentage_below(values, 0.25),
        "tensor": m.mean_tensor(tf.stack([values[0], values[1]])), "relative": m.mean_relative_error(truth, values, truth + 1.0),
    }
    fetches, updates = {}, []
    for name, (value, update) in pairs.items():
        fetches[name] = value
        updates.append(update)
    rng = np.random.RandomState(21)
    feeds = [{labels: rng.randint(0, 2, n), predictions: rng.randint(0, 2, n), values: rng.uniform(-1, 1, n).astype(np.float32)} for n in (5, 8, 3)]
    return {"init": tf.group(tf.global_variables_initializer(), tf.local_variables_initializer()), "feeds": feeds, "fetches": fetches, "steps": [updates] * 3}
