"""tf.metrics over thresholds and classes: auc, precision and recall at thresholds, per-class accuracy, intersection over union."""

import numpy as np


def build(tf):
    labels = tf.placeholder(tf.bool, [None], name="labels")
    scores = tf.placeholder(tf.float32, [None], name="scores")
    classes = tf.placeholder(tf.int64, [None], name="classes")
    guesses = tf.placeholder(tf.int64, [None], name="guesses")
    m = tf.metrics
    pairs = {
        "auc": m.auc(labels, scores, num_thresholds=20), "pr": m.auc(labels, scores, num_thresholds=10, curve="PR", summation_method="careful_interpolation"),
        "precisions": m.precision_at_thresholds(labels, scores, [0.25, 0.5]), "recalls": m.recall_at_thresholds(labels, scores, [0.25, 0.75]),
        "per_class": m.mean_per_class_accuracy(classes, guesses, 3), "iou": m.mean_iou(classes, guesses, 3),
        "sensitivity": m.sensitivity_at_specificity(labels, scores, 0.5, num_thresholds=12),
    }
    fetches = {"confusion": tf.confusion_matrix(classes, guesses, num_classes=3)}
    updates = []
    for name, (value, update) in pairs.items():
        fetches[name] = value
        updates.append(update)
    rng = np.random.RandomState(22)
    feeds = [{labels: rng.randint(0, 2, n).astype(bool), scores: rng.uniform(0, 1, n).astype(np.float32), classes: rng.randint(0, 3, n),
              guesses: rng.randint(0, 3, n)} for n in (6, 9)]
    return {"init": tf.local_variables_initializer(), "feeds": feeds, "fetches": fetches, "steps": [updates] * 2}
