"""A three-layer perceptron built by a function in name scopes, with sparse cross-entropy and weight decay."""

import numpy as np


def build(tf):
    rng = np.random.RandomState(2)

    def layer(inputs, n_in, n_out, name, act=None):
        with tf.name_scope(name):
            w = tf.Variable(rng.uniform(-0.5, 0.5, (n_in, n_out)).astype(np.float32), name="weights")
            b = tf.Variable(tf.constant(0.1, shape=[n_out]), name="biases")
            out = tf.nn.bias_add(tf.matmul(inputs, w), b)
            return act(out) if act is not None else out, w

    x = tf.placeholder(tf.float32, [None, 6], name="x")
    labels = tf.placeholder(tf.int64, [None], name="labels")
    h1, w1 = layer(x, 6, 8, "hidden", tf.nn.relu)
    h2, w2 = layer(h1, 8, 7, "hidden", tf.tanh)
    h3, w3 = layer(h2, 7, 5, "hidden", tf.nn.sigmoid)
    logits, w4 = layer(h3, 5, 4, "out")

    with tf.name_scope("loss"):
        xent = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        decay = 1e-3 * tf.add_n([tf.reduce_sum(w * w) for w in (w1, w2, w3, w4)])
        loss = tf.reduce_mean(xent, name="mean") + decay
    train_op = tf.train.GradientDescentOptimizer(0.3, name="sgd").minimize(loss)
    with tf.name_scope("accuracy"):
        correct = tf.equal(tf.argmax(logits, axis=1), labels)
        accuracy = tf.reduce_mean(tf.to_float(correct))
    init = tf.global_variables_initializer()

    feeds = [{x: rng.uniform(-1, 1, (n, 6)).astype(np.float32), labels: rng.randint(0, 4, n)} for n in (9, 4)]
    return {
        "init": init,
        "feeds": feeds,
        "fetches": {"loss": loss, "xent": xent, "logits": logits, "accuracy": accuracy, "w1": w1, "w4": w4,
                    "probs": tf.nn.softmax(logits, name="probs")},
        "steps": [train_op] * 10,
    }
