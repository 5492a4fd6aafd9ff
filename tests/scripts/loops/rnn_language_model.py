"""A character model: embedding, stacked LSTM, time-distributed softmax, masked loss, clipped Adam."""

import numpy as np


def build(tf):
    ids = tf.placeholder(tf.int32, [None, None], name="ids")
    length = tf.placeholder(tf.int32, [None], name="length")
    with tf.variable_scope("lm", initializer=tf.random_uniform_initializer(-0.3, 0.3, seed=5)):
        table = tf.get_variable("embedding", [7, 4])
        embedded = tf.nn.embedding_lookup(table, ids[:, :-1])
        cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(4) for _ in range(2)])
        state = cell.zero_state(tf.shape(ids)[0], tf.float32)
        out, final = tf.nn.dynamic_rnn(cell, embedded, initial_state=state, sequence_length=length - 1)
        w = tf.get_variable("softmax_w", [4, 7])
        b = tf.get_variable("softmax_b", [7], initializer=tf.zeros_initializer())
        logits = tf.reshape(tf.matmul(tf.reshape(out, [-1, 4]), w) + b, [tf.shape(ids)[0], -1, 7])
    xent = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=ids[:, 1:], logits=logits)
    mask = tf.sequence_mask(length - 1, tf.shape(ids)[1] - 1, dtype=tf.float32)
    loss = tf.reduce_sum(xent * mask) / tf.reduce_sum(mask)
    grads, norm = tf.clip_by_global_norm(tf.gradients(loss, tf.trainable_variables()), 1.0)
    train = tf.train.AdamOptimizer(0.02).apply_gradients(zip(grads, tf.trainable_variables()))
    rng = np.random.RandomState(5)
    feeds = [{ids: rng.randint(0, 7, (b, t)), length: lengths} for b, t, lengths in ((3, 6, [6, 4, 2]), (2, 5, [5, 5]))]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "steps": [train] * 10,
            "fetches": {"logits": logits, "loss": loss, "norm": norm, "final_h": final[1].h, "table": table}}
