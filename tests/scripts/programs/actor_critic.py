"""Advantage actor-critic with a shared trunk, entropy bonus, clipped gradients and a step counter."""

import numpy as np


def build(tf):
    tf.set_random_seed(11)
    obs = tf.placeholder(tf.float32, [None, 4], name="obs")
    actions = tf.placeholder(tf.int32, [None], name="actions")
    advantages = tf.placeholder(tf.float32, [None], name="advantages")
    returns = tf.placeholder(tf.float32, [None], name="returns")
    with tf.variable_scope("model", initializer=tf.orthogonal_initializer(np.sqrt(2), seed=1)):
        hidden = tf.layers.dense(obs, 16, tf.nn.tanh, kernel_initializer=tf.orthogonal_initializer(1.0, seed=2), name="trunk")
        logits = tf.layers.dense(hidden, 3, name="pi", kernel_initializer=tf.orthogonal_initializer(0.01, seed=3))
        value = tf.squeeze(tf.layers.dense(hidden, 1, name="vf", kernel_initializer=tf.orthogonal_initializer(1.0, seed=4)), axis=1)
    neglogp = tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=actions)
    shifted = logits - tf.reduce_max(logits, axis=-1, keepdims=True)
    exps = tf.exp(shifted)
    total = tf.reduce_sum(exps, axis=-1, keepdims=True)
    probabilities = exps / total
    entropy = tf.reduce_mean(tf.reduce_sum(probabilities * (tf.log(total) - shifted), axis=-1))
    policy_loss = tf.reduce_mean(advantages * neglogp)
    value_loss = tf.reduce_mean(tf.square(value - returns)) / 2.0
    loss = policy_loss - entropy * 0.01 + value_loss * 0.5
    params = tf.trainable_variables("model")
    grads, norm = tf.clip_by_global_norm(tf.gradients(loss, params), 0.5)
    step = tf.train.get_or_create_global_step()
    rate = tf.train.polynomial_decay(7e-3, step, 100, 1e-4)
    train = tf.train.RMSPropOptimizer(rate, decay=0.99, epsilon=1e-5).apply_gradients(list(zip(grads, params)), global_step=step)
    random = np.random.RandomState(0)
    feeds = [
        {
            obs: random.uniform(-1, 1, (8, 4)),
            actions: random.randint(0, 3, 8),
            advantages: random.uniform(-1, 1, 8),
            returns: random.uniform(-1, 1, 8),
        }
        for _ in range(2)
    ]
    fetches = {"loss": loss, "entropy": entropy, "norm": norm, "value": value, "rate": rate, "pi": probabilities, "step": step}
    return {"fetches": fetches, "feeds": feeds, "init": tf.global_variables_initializer(), "steps": [train] * 6}
