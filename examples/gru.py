"""A GRU over batches of any size and length, as in the review deck, then trained: `python examples/gru.py`.

The task: each sequence is a walk whose steps are the first input; the GRU shall tell whether the walk ends above where it began.
"""

import argparse

import graphpb as tf
import numpy as np

INPUTS, UNITS = 10, 20


def walks(random, batch, time):
    """Random inputs [batch, time, INPUTS], and whether the sum of the first one over time is positive."""
    x = random.uniform(-1, 1, (batch, time, INPUTS)).astype(np.float32)
    return x, (x[:, :, 0].sum(1) > 0).astype(np.int32)


def train(steps=150, seed=0, report=None):
    """Train; returns the accuracies before and after, on sequences longer than those of the training."""
    with tf.Graph().as_default():
        tf.set_random_seed(seed)
        x = tf.placeholder(shape=(None, None, INPUTS), dtype=tf.float32)
        y = tf.placeholder(shape=(None,), dtype=tf.int32)
        cell = tf.nn.rnn_cell.GRUCell(UNITS)
        outputs, final = tf.nn.dynamic_rnn(cell, x, time_major=False, dtype=tf.float32)
        logits = tf.layers.dense(final, 2)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
        right = tf.reduce_mean(tf.cast(tf.nn.in_top_k(logits, y, 1), tf.float32))
        learn = tf.train.AdamOptimizer(0.01).minimize(loss)

        random = np.random.RandomState(seed)
        test_x, test_y = walks(random, 500, 25)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            o, f = sess.run([outputs, final], {x: np.random.rand(32, 50, INPUTS)})
            if report:
                report(f"outputs {o.shape}, final state {f.shape}")
            before = sess.run(right, {x: test_x, y: test_y})
            for step in range(steps):
                some_x, some_y = walks(random, 32, random.randint(5, 15))
                value, _ = sess.run([loss, learn], {x: some_x, y: some_y})
                if report and step % 25 == 24:
                    report(f"step {step + 1:4d}  loss {value:.3f}")
            after = sess.run(right, {x: test_x, y: test_y})
    if report:
        report(f"right on walks of 25 steps: {before:.1%} before, {after:.1%} after")
    return before, after


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    train(options.steps, options.seed, report=print)
