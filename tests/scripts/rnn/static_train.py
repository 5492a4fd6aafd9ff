"""A stack of dropped-out, partitioned LSTM layers, trained for ten steps."""

import numpy as np


def build(tf):
    tf.set_random_seed(11)
    x = tf.placeholder(tf.float32, [4, 3, 2], name="x")
    y = tf.placeholder(tf.int32, [4], name="y")
    C = tf.nn.rnn_cell
    with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-0.4, 0.4, seed=2)):
        layers = [C.LSTMCell(4, num_unit_shards=2, num_proj=3, num_proj_shards=2), C.GRUCell(3)]
        cell = C.MultiRNNCell([C.DropoutWrapper(layer, output_keep_prob=0.8, seed=7 + i) for i, layer in enumerate(layers)])
        outputs, _ = tf.nn.static_rnn(cell, tf.unstack(x, axis=1), dtype=tf.float32)
        logits = tf.layers.dense(outputs[-1], 3)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train = tf.train.AdamOptimizer(0.05).minimize(loss)
    rng = np.random.RandomState(5)
    feeds = [{x: rng.uniform(-1, 1, (4, 3, 2)).astype(np.float32), y: rng.randint(0, 3, 4)} for _ in range(2)]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": {"loss": loss, "logits": logits}, "steps": [train] * 10}
