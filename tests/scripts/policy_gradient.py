"""The surrogate policy-gradient loss of the review deck for a categorical policy, with a value baseline."""

import numpy as np


def build(tf):
    rng = np.random.RandomState(13)
    obs = tf.placeholder(shape=(None, 4), dtype=tf.float32, name="obs")
    act = tf.placeholder(shape=(None,), dtype=tf.int32, name="act")
    adv = tf.placeholder(shape=(None,), dtype=tf.float32, name="adv")
    ret = tf.placeholder(shape=(None,), dtype=tf.float32, name="ret")
    logli_old = tf.placeholder(shape=(None,), dtype=tf.float32, name="logli_old")

    w_pi = tf.Variable(rng.uniform(-0.5, 0.5, (4, 3)).astype(np.float32), name="pi/w")
    w_v = tf.Variable(rng.uniform(-0.5, 0.5, (4, 1)).astype(np.float32), name="v/w")
    logits = tf.matmul(tf.nn.tanh(obs), w_pi)
    logp_all = tf.nn.log_softmax(logits)
    logli = tf.reduce_sum(tf.one_hot(act, depth=3) * logp_all, axis=1)
    v = tf.squeeze(tf.matmul(obs, w_v), axis=1)

    lr = tf.exp(logli - logli_old)
    surrogate_loss = -tf.reduce_mean(lr * adv)
    min_adv = tf.where(adv > 0, 1.2 * adv, 0.8 * adv)
    clipped_loss = -tf.reduce_mean(tf.minimum(lr * adv, min_adv))
    v_loss = tf.reduce_mean((ret - v) ** 2)
    entropy = tf.reduce_mean(-tf.reduce_sum(tf.exp(logp_all) * logp_all, axis=1))
    approx_kl = tf.reduce_mean(logli_old - logli)
    clip_fraction = tf.reduce_mean(tf.cast(tf.logical_or(lr > 1.2, lr < 0.8), tf.float32))

    train_pi = tf.train.GradientDescentOptimizer(0.1).minimize(clipped_loss - 0.01 * entropy, var_list=[w_pi])
    train_v = tf.train.GradientDescentOptimizer(0.1).minimize(v_loss, var_list=[w_v])
    flat_grad = tf.concat([tf.reshape(g, (-1,)) for g in tf.gradients(surrogate_loss, [w_pi])], axis=0)
    init = tf.global_variables_initializer()
    feeds = []
    for n in (7, 5):
        uniform = lambda *shape: rng.uniform(-1, 1, shape).astype(np.float32)
        feeds.append({obs: uniform(n, 4), act: rng.randint(0, 3, n), adv: uniform(n), ret: uniform(n), logli_old: uniform(n) - 1.0})
    return {
        "init": init,
        "feeds": feeds,
        "fetches": {"logli": logli, "v": v, "surrogate_loss": surrogate_loss, "clipped_loss": clipped_loss, "v_loss": v_loss, "entropy": entropy,
                    "kl": approx_kl, "clip_fraction": clip_fraction, "flat_grad": flat_grad, "w_pi": w_pi, "w_v": w_v},
        "steps": [train_pi, train_v] * 5,
    }
