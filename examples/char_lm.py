"""A character-level language model that reads a text and then writes one: `python examples/char_lm.py --text README.md`.

Two LSTM layers. The state at the end of each piece of text is the state at the start of the next, so the model sees further back than
the steps that gradients flow through.
"""

import argparse
import pathlib

import graphpb as tf
import numpy as np

TEXT = pathlib.Path(__file__).resolve().parent.parent / "docs" / "decisions.md"


class Model:
    """The graph: characters in, scores of the next character out, for any batch and length."""

    def __init__(self, characters, units, layers):
        self.ids = tf.placeholder(tf.int32, [None, None], name="ids")
        self.targets = tf.placeholder(tf.int32, [None, None], name="targets")
        self.temperature = tf.placeholder_with_default(1.0, [], name="temperature")
        cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.LSTMCell(units) for _ in range(layers)])
        table = tf.get_variable("embedding", [characters, units])
        # Tensors can be fed: the state that the last run returned takes the place of the zeros.
        self.start = cell.zero_state(tf.shape(self.ids)[0], tf.float32)
        outputs, self.final = tf.nn.dynamic_rnn(cell, tf.nn.embedding_lookup(table, self.ids), initial_state=self.start)
        logits = tf.layers.dense(outputs, characters)
        self.loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.targets, logits=logits))
        self.next = tf.multinomial(logits[:, -1] / self.temperature, 1)[:, 0]
        gradients, _ = tf.clip_by_global_norm(tf.gradients(self.loss, tf.trainable_variables()), 1.0)
        self.learn = tf.train.AdamOptimizer(0.005).apply_gradients(zip(gradients, tf.trainable_variables(), strict=True))

    def starting_with(self, state):
        """The feed of a state."""
        return dict(zip(tf.contrib.framework.nest.flatten(self.start), tf.contrib.framework.nest.flatten(state), strict=True))


def pieces(ids, batch, length):
    """The text cut into `batch` long rows, and these into pieces of `length` characters, each with the characters that follow."""
    width = (len(ids) - 1) // batch
    x, y = (ids[shift : shift + batch * width].reshape(batch, width) for shift in (0, 1))
    for at in range(0, width - length + 1, length):
        yield x[:, at : at + length], y[:, at : at + length]


def write(sess, model, alphabet, start, length, temperature):
    """Let the model continue `start` by `length` characters."""
    places = {character: i for i, character in enumerate(alphabet)}
    text, feed = start, {model.ids: [[places[c] for c in start]], model.temperature: temperature}
    for _ in range(length):
        chosen, state = sess.run([model.next, model.final], feed)
        text += alphabet[chosen[0]]
        feed = {model.ids: [chosen], model.temperature: temperature, **model.starting_with(state)}
    return text


def train(text, epochs=20, units=96, layers=2, batch=16, length=32, seed=0, sample=200, report=None):
    """Train on a text; returns the mean loss (in nats per character) of each epoch, and a text that the model wrote."""
    alphabet = sorted(set(text))
    places = {character: i for i, character in enumerate(alphabet)}
    ids = np.array([places[character] for character in text], np.int32)
    losses = []
    with tf.Graph().as_default():
        tf.set_random_seed(seed)
        model = Model(len(alphabet), units, layers)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for epoch in range(epochs):
                found, feed = [], {}
                for x, y in pieces(ids, batch, length):
                    value, state, _ = sess.run([model.loss, model.final, model.learn], {model.ids: x, model.targets: y, **feed})
                    found.append(value)
                    feed = model.starting_with(state)
                losses.append(np.mean(found))
                if report:
                    report(f"epoch {epoch + 1:3d}  loss {losses[-1]:.3f}")
            written = write(sess, model, alphabet, text[:10], sample, temperature=0.7)
    return losses, written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=pathlib.Path, default=TEXT)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(train(options.text.read_text(), options.epochs, seed=options.seed, sample=400, report=print)[1])
