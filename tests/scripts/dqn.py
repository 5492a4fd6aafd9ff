"""The deep Q-learning loss of the review deck: two networks, stop_gradient, one_hot, a lagged target."""

import numpy as np


def build(tf):
    rng = np.random.RandomState(12)
    dim_o, num_actions, gamma = 4, 3, 0.99

    def build_network(o, scope):
        with tf.name_scope(scope):
            w1 = tf.Variable(rng.uniform(-0.5, 0.5, (dim_o, 8)).astype(np.float32), name="w1")
            b1 = tf.Variable(tf.zeros([8]), name="b1")
            w2 = tf.Variable(rng.uniform(-0.5, 0.5, (8, num_actions)).astype(np.float32), name="w2")
            b2 = tf.Variable(tf.zeros([num_actions]), name="b2")
            h = tf.nn.relu(tf.matmul(o, w1) + b1)
            return tf.matmul(h, w2) + b2, [w1, b1, w2, b2]

    o = tf.placeholder(shape=(None, dim_o), dtype=tf.float32)
    a = tf.placeholder(shape=(None,), dtype=tf.int32)
    o2 = tf.placeholder(shape=(None, dim_o), dtype=tf.float32)
    r = tf.placeholder(shape=(None,), dtype=tf.float32)
    q, main_vars = build_network(o, "main")
    q_targ, target_vars = build_network(o2, "target")
    q_a = tf.reduce_sum(q * tf.one_hot(a, num_actions), 1)
    q_targ_a = tf.reduce_max(q_targ, 1)
    target = r + gamma * q_targ_a
    target = tf.stop_gradient(target)
    loss = tf.reduce_mean(tf.square(q_a - target))

    train_op = tf.train.GradientDescentOptimizer(learning_rate=0.05).minimize(loss, var_list=main_vars)
    lag = tf.group(*[t.assign(0.9 * t + 0.1 * m) for t, m in zip(target_vars, main_vars)])
    sync = [tf.assign(t, m) for t, m in zip(target_vars, main_vars)]
    init = tf.global_variables_initializer()
    feeds = [{o: rng.uniform(-1, 1, (n, dim_o)).astype(np.float32), o2: rng.uniform(-1, 1, (n, dim_o)).astype(np.float32),
              a: rng.randint(0, num_actions, n), r: rng.uniform(-1, 1, n).astype(np.float32)} for n in (6, 3)]
    return {
        "init": init,
        "feeds": feeds,
        "fetches": {"q": q, "q_a": q_a, "target": target, "loss": loss, "main_w2": main_vars[2], "target_w2": target_vars[2]},
        "steps": [sync] + [train_op, lag] * 5,
    }
