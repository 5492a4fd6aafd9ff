"""The rarer optimizers on sparse gradients, and AdagradDA."""

import numpy as np


def build(tf):
    ids = tf.placeholder(tf.int32, [None], name="ids")
    step = tf.train.get_or_create_global_step()
    t = tf.train
    optimizers = {
        "nesterov": t.MomentumOptimizer(0.1, 0.9, use_nesterov=True), "adadelta": t.AdadeltaOptimizer(1.0, rho=0.9),
        "ftrl": t.FtrlOptimizer(0.1, l1_regularization_strength=0.001, l2_regularization_strength=0.01), "centered": t.RMSPropOptimizer(0.05, centered=True),
        "proximal": t.ProximalGradientDescentOptimizer(0.1, l1_regularization_strength=0.01),
        "proximal_adagrad": t.ProximalAdagradOptimizer(0.1, l2_regularization_strength=0.01),
        "adagrad_da": t.AdagradDAOptimizer(0.1, step, l1_regularization_strength=0.001),
    }
    fetches, train = {"step": step}, []
    for name, optimizer in optimizers.items():
        with tf.variable_scope(name):
            table = tf.get_variable("table", initializer=np.arange(12, dtype=np.float32).reshape(6, 2) / 8.0)
        loss = tf.reduce_sum(tf.square(tf.nn.embedding_lookup(table, ids) - 0.5))
        train.append(optimizer.minimize(loss, var_list=[table], global_step=step if name == "nesterov" else None))
        fetches[name] = table
    return {"init": tf.global_variables_initializer(), "feeds": [{ids: [0, 3, 3, 5]}, {ids: [1]}], "fetches": fetches, "steps": [train] * 10}
