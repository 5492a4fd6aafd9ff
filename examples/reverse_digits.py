"""A sequence-to-sequence model with attention that learns to write digits backwards: `python examples/reverse_digits.py`.

The encoder reads the digits, the decoder attends to what the encoder made of them. In training the decoder gets the right digits as its inputs;
afterwards it gets its own, by taking the likeliest digit at each step or by a beam search.
"""

import argparse

import graphpb as tf
import numpy as np

S = tf.contrib.seq2seq
END, START, SYMBOLS = 10, 11, 12
LONGEST = 8


def examples(random, batch, longest=LONGEST):
    """Digits [batch, longest] with their lengths, and the same backwards followed by END; both are padded with END."""
    lengths = random.randint(2, longest + 1, batch)
    digits = random.randint(0, 10, (batch, longest))
    digits[np.arange(longest) >= lengths[:, None]] = END
    backwards = np.full((batch, longest + 1), END)
    for row, back, n in zip(digits, backwards, lengths, strict=True):
        back[:n] = row[:n][::-1]
    return digits, lengths, backwards


class Model:
    """The graph: an encoder, and a decoder run in three ways with one set of variables."""

    def __init__(self, units, beams):
        self.digits = tf.placeholder(tf.int32, [None, None], name="digits")
        self.lengths = tf.placeholder(tf.int32, [None], name="lengths")
        self.targets = tf.placeholder(tf.int32, [None, None], name="targets")
        batch = tf.shape(self.digits)[0]
        self.table = tf.get_variable("embedding", [SYMBOLS, units])

        embedded = tf.nn.embedding_lookup(self.table, self.digits)
        memory, final = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(units), embedded, sequence_length=self.lengths, dtype=tf.float32)
        start, most = tf.fill([batch], START), tf.reduce_max(self.lengths) + 1

        given = tf.concat([start[:, tf.newaxis], self.targets[:, :-1]], 1)
        helper = S.TrainingHelper(tf.nn.embedding_lookup(self.table, given), self.lengths + 1)
        cell, output, state = self.decoder(units, memory, final, self.lengths, batch, reuse=None)
        trained, _, _ = S.dynamic_decode(S.BasicDecoder(cell, helper, state, output), scope="decoder")
        weights = tf.sequence_mask(self.lengths + 1, dtype=tf.float32)
        wanted = self.targets[:, : tf.shape(weights)[1]]
        self.loss = S.sequence_loss(trained.rnn_output, wanted, weights)
        self.learn = tf.train.AdamOptimizer(0.01).minimize(self.loss)

        helper = S.GreedyEmbeddingHelper(self.table, start, END)
        cell, output, state = self.decoder(units, memory, final, self.lengths, batch, reuse=True)
        with tf.variable_scope("decoder", reuse=True) as scope:
            found, _, _ = S.dynamic_decode(S.BasicDecoder(cell, helper, state, output), maximum_iterations=most, scope=scope)
        self.greedy = found.sample_id

        tiled = [S.tile_batch(part, beams) for part in (memory, final, self.lengths)]
        cell, output, state = self.decoder(units, *tiled, batch * beams, reuse=True)
        search = S.BeamSearchDecoder(cell, self.table, start, END, state, beams, output)
        with tf.variable_scope("decoder", reuse=True) as scope:
            found, _, _ = S.dynamic_decode(search, maximum_iterations=most, scope=scope)
        self.best = found.predicted_ids[:, :, 0]

    @staticmethod
    def decoder(units, memory, final, lengths, batch, reuse):
        """The decoder's cell, its output layer, and the state that it starts with."""
        with tf.variable_scope("attention", reuse=reuse):
            attention = S.LuongAttention(units, memory, memory_sequence_length=lengths)
        cell = S.AttentionWrapper(tf.nn.rnn_cell.GRUCell(units), attention, attention_layer_size=units, name="attended")
        state = cell.zero_state(batch, tf.float32).clone(cell_state=final)
        return cell, tf.layers.Dense(SYMBOLS, name="output", _reuse=reuse), state


def share_right(found, backwards, lengths):
    """The share of sequences that are right to the last digit."""
    wide = np.full(backwards.shape, END)
    wide[:, : found.shape[1]] = found
    return np.mean([np.array_equal(row[:n], back[:n]) for row, back, n in zip(wide, backwards, lengths, strict=True)])


def train(steps=300, units=48, batch=48, longest=LONGEST, seed=0, report=None):
    """Train; returns the losses, and the shares of new sequences that greedy decoding and beam search turn around without a fault."""
    random, losses = np.random.RandomState(seed), []
    with tf.Graph().as_default():
        tf.set_random_seed(seed)
        model = Model(units, beams=4)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for step in range(steps):
                digits, lengths, backwards = examples(random, batch, longest)
                feed = {model.digits: digits, model.lengths: lengths, model.targets: backwards}
                losses.append(sess.run([model.loss, model.learn], feed)[0])
                if report and step % 50 == 49:
                    report(f"step {step + 1:4d}  loss {losses[-1]:.3f}")
            digits, lengths, backwards = examples(random, 100, longest)
            greedy, best = sess.run([model.greedy, model.best], {model.digits: digits, model.lengths: lengths})
    shares = [share_right(found, backwards, lengths) for found in (greedy, best)]
    if report:
        for row, found, n in zip(digits[:5], best, lengths, strict=False):
            report(" ".join(map(str, row[:n])) + "  →  " + " ".join(map(str, found[:n])))
        report(f"without a fault: {shares[0]:.0%} taking the likeliest digit, {shares[1]:.0%} with four beams")
    return losses, *shares


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    train(options.steps, seed=options.seed, report=print)
