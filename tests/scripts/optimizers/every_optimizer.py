"""Every dense optimizer for ten steps on the same fed gradients, one copy of the variables for each."""

import numpy as np


def build(tf):
    g = tf.placeholder(tf.float32, [3], name="g")
    t = tf.train
    optimizers = {
        "sgd": t.GradientDescentOptimizer(0.1), "momentum": t.MomentumOptimizer(0.05, 0.9), "nesterov": t.MomentumOptimizer(0.05, 0.9, use_nesterov=True),
        "adam": t.AdamOptimizer(0.01), "adam_other": t.AdamOptimizer(learning_rate=0.1, beta1=0.8, beta2=0.9, epsilon=1e-3), "rmsprop": t.RMSPropOptimizer(0.01),
        "rmsprop_centered": t.RMSPropOptimizer(0.01, decay=0.8, momentum=0.5, centered=True), "adagrad": t.AdagradOptimizer(0.1),
        "adadelta": t.AdadeltaOptimizer(1.0, rho=0.9), "ftrl": t.FtrlOptimizer(0.1, l1_regularization_strength=0.001, l2_regularization_strength=0.01),
        "proximal": t.ProximalGradientDescentOptimizer(0.1, l1_regularization_strength=0.01), "proximal_adagrad": t.ProximalAdagradOptimizer(0.1),
    }
    fetches, train = {}, []
    for name, optimizer in optimizers.items():
        with tf.variable_scope(name):
            w = tf.get_variable("w", initializer=np.array([0.5, -0.25, 1.0], np.float32))
        train.append(optimizer.apply_gradients([(tf.identity(g), w)]))
        fetches[name] = w
        for slot in optimizer.get_slot_names():
            fetches[f"{name}_{slot}"] = optimizer.get_slot(w, slot)
    rng = np.random.RandomState(12)
    feeds = [{g: rng.uniform(-1, 1, 3).astype(np.float32)} for _ in range(5)]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches, "steps": [train] * 10}
