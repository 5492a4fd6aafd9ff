"""The GRU of the review deck: dynamic_rnn over a batch of unknown size and length."""

import numpy as np


def build(tf):
    x = tf.placeholder(shape=(None, None, 4), dtype=tf.float32)
    with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-0.4, 0.4, seed=1)):
        cell = tf.nn.rnn_cell.GRUCell(3)
        outputs, final = tf.nn.dynamic_rnn(cell, x, time_major=False, dtype=tf.float32)
    loss = tf.reduce_mean(tf.square(outputs)) + tf.reduce_sum(final)
    grads = tf.gradients(loss, [x] + tf.trainable_variables())
    rng = np.random.RandomState(1)
    feeds = [{x: rng.uniform(-1, 1, (b, t, 4)).astype(np.float32)} for b, t in ((2, 5), (3, 1))]
    fetches = {"outputs": outputs, "final": final, "loss": loss}
    fetches.update({f"grad{i}": g for i, g in enumerate(grads)})
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches}
