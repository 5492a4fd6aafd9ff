"""Optimizers on resource variables: dense and sparse gradients, ten steps."""

import numpy as np


def build(tf):
    g = tf.placeholder(tf.float32, [3], name="g")
    ids = tf.placeholder(tf.int32, [None], name="ids")
    t = tf.train
    optimizers = {
        "sgd": t.GradientDescentOptimizer(0.1), "momentum": t.MomentumOptimizer(0.05, 0.9), "nesterov": t.MomentumOptimizer(0.05, 0.9, use_nesterov=True),
        "adam": t.AdamOptimizer(0.01), "rmsprop": t.RMSPropOptimizer(0.01), "centered": t.RMSPropOptimizer(0.01, decay=0.8, momentum=0.5, centered=True),
        "adagrad": t.AdagradOptimizer(0.1), "adadelta": t.AdadeltaOptimizer(1.0, rho=0.9), "ftrl": t.FtrlOptimizer(0.1, l1_regularization_strength=0.001),
    }
    fetches, train = {}, []
    for name, optimizer in optimizers.items():
        with tf.variable_scope(name, use_resource=True):
            w = tf.get_variable("w", initializer=np.array([0.5, -0.25, 1.0], np.float32))
            table = tf.get_variable("table", initializer=np.arange(8, dtype=np.float32).reshape(4, 2) / 8.0)
        loss = tf.reduce_sum(tf.square(tf.nn.embedding_lookup(table, ids) - 0.5)) + tf.reduce_sum(w * g)
        train.append(optimizer.minimize(loss, var_list=[w, table]))
        fetches[name], fetches[f"{name}_table"] = w.read_value(), table.read_value()
        for slot in optimizer.get_slot_names():
            fetches[f"{name}_{slot}"] = optimizer.get_slot(w, slot).read_value()
    rng = np.random.RandomState(23)
    feeds = [{g: rng.uniform(-1, 1, 3).astype(np.float32), ids: rows} for rows in ([0, 3, 3], [1], [2, 0])]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches, "steps": [train] * 10}
