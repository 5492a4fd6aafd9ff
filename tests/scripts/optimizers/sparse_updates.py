"""Optimizers on an embedding table: sparse gradients with repeated rows."""

import numpy as np


def build(tf):
    ids = tf.placeholder(tf.int32, [None], name="ids")
    t = tf.train
    optimizers = {"sgd": t.GradientDescentOptimizer(0.1), "momentum": t.MomentumOptimizer(0.1, 0.9), "adam": t.AdamOptimizer(0.05),
                  "adagrad": t.AdagradOptimizer(0.1), "rmsprop": t.RMSPropOptimizer(0.05)}
    fetches, train = {}, []
    for name, optimizer in optimizers.items():
        with tf.variable_scope(name):
            table = tf.get_variable("table", initializer=np.arange(12, dtype=np.float32).reshape(6, 2) / 8.0)
        loss = tf.reduce_sum(tf.square(tf.nn.embedding_lookup(table, ids) - 0.5))
        train.append(optimizer.minimize(loss, var_list=[table]))
        fetches[name] = table
    feeds = [{ids: [0, 3, 3, 5]}, {ids: [1]}]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches, "steps": [train] * 6}
