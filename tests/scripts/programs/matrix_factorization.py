"""Ratings by the product of sparse embeddings: biases, L2 of the rows in use, lazy Adam-like and Adagrad updates, a moving average."""

import numpy as np


def build(tf):
    tf.set_random_seed(31)
    users, items, rank = 9, 7, 4
    user = tf.placeholder(tf.int32, [None], name="user")
    item = tf.placeholder(tf.int32, [None], name="item")
    rating = tf.placeholder(tf.float32, [None], name="rating")
    with tf.variable_scope("mf"):
        p = tf.get_variable("P", [users, rank], initializer=tf.random_normal_initializer(0, 0.1, seed=1))
        q = tf.get_variable("Q", [items, rank], initializer=tf.random_normal_initializer(0, 0.1, seed=2), partitioner=tf.fixed_size_partitioner(2))
        bias_u = tf.get_variable("bu", [users], initializer=tf.zeros_initializer())
        bias_i = tf.get_variable("bi", [items, 1], initializer=tf.zeros_initializer(), use_resource=True)
        mean = tf.get_variable("mean", shape=(), initializer=tf.constant_initializer(3.0), trainable=False)
    pu = tf.nn.embedding_lookup(p, user)
    qi = tf.nn.embedding_lookup(q, item, partition_strategy="div")
    predicted = tf.reduce_sum(pu * qi, 1) + tf.gather(bias_u, user) + tf.squeeze(tf.nn.embedding_lookup(bias_i, item), [1]) + mean
    loss = tf.losses.mean_squared_error(rating, predicted)
    reg = 0.02 * (tf.nn.l2_loss(pu) + tf.nn.l2_loss(qi))
    objective = tf.add(loss, reg, name="objective")
    step = tf.Variable(0, trainable=False, dtype=tf.int64, name="step")
    rate = tf.train.exponential_decay(0.5, step, 2, 0.9, staircase=True)
    pairs = tf.train.AdagradOptimizer(rate, initial_accumulator_value=0.1).compute_gradients(objective)
    train = tf.train.AdagradOptimizer(rate, name="Ada").apply_gradients([(g, v) for g, v in pairs if g is not None], global_step=step)
    adam = tf.train.AdamOptimizer(0.05).minimize(objective, var_list=[p, bias_i])
    update_mean = tf.assign(mean, 0.9 * mean + 0.1 * tf.reduce_mean(rating))
    random = np.random.RandomState(4)
    feeds = [{user: random.randint(0, users, 6), item: random.randint(0, items, 6), rating: random.uniform(1, 5, 6)} for _ in range(2)]
    fetches = {"predicted": predicted, "loss": loss, "reg": reg, "p": p, "step": step, "mean": mean}
    return {"fetches": fetches, "feeds": feeds, "init": tf.global_variables_initializer(), "steps": [train, adam, update_mean] * 2}
