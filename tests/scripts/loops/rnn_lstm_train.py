"""A classifier on an LSTM's last state with sequence lengths, trained with Adam."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, (None, None, 3), name="x")
    length = tf.placeholder(tf.int32, (None,), name="length")
    y = tf.placeholder(tf.int32, (None,), name="y")
    with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-0.4, 0.4, seed=2)):
        out, final = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(4), x, sequence_length=length, dtype=tf.float32)
        logits = tf.layers.dense(final.h, 3)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train = tf.train.AdamOptimizer(1e-2).minimize(loss)
    rng = np.random.RandomState(2)
    feeds = [{x: rng.uniform(-1, 1, (b, t, 3)).astype(np.float32), length: lengths, y: rng.randint(0, 3, b)}
             for b, t, lengths in ((3, 5, [5, 2, 0]), (2, 4, [1, 4]))]
    fetches = {"out": out, "c": final.c, "h": final.h, "loss": loss}
    fetches.update({v.op.name.replace("/", "."): v for v in tf.trainable_variables()})
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches, "steps": [train] * 10}
