"""A tagger: a bidirectional LSTM with peepholes and projection under a dense layer, ten steps of momentum."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [None, None, 3], name="x")
    length = tf.placeholder(tf.int32, [None], name="length")
    y = tf.placeholder(tf.int32, [None, None], name="y")
    C = tf.nn.rnn_cell
    with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-0.4, 0.4, seed=7)):
        (fw, bw), states = tf.nn.bidirectional_dynamic_rnn(
            C.LSTMCell(4, use_peepholes=True, num_proj=3), C.GRUCell(3), x, sequence_length=length, dtype=tf.float32)
        logits = tf.layers.dense(tf.concat([fw, bw], 2), 4)
    mask = tf.sequence_mask(length, tf.shape(x)[1], dtype=tf.float32)
    loss = tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits) * mask) / tf.reduce_sum(mask)
    train = tf.train.MomentumOptimizer(0.2, 0.9).minimize(loss)
    rng = np.random.RandomState(7)
    feeds = [{x: rng.uniform(-1, 1, (b, t, 3)).astype(np.float32), length: lengths, y: rng.randint(0, 4, (b, t))} for b, t, lengths in ((3, 5, [5, 2, 1]), (2, 3, [3, 3]))]
    fetches = {"logits": logits, "loss": loss, "fw_c": states[0].c, "fw_h": states[0].h, "bw": states[1]}
    fetches.update({v.op.name.replace("/", "."): v for v in tf.trainable_variables()})
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches, "steps": [train] * 10}
