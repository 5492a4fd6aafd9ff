"""The MNIST softmax regression of the TensorFlow review deck, with made-up digits."""

import numpy as np


def build(tf):
    # Create the model
    x = tf.placeholder(tf.float32, [None, 784])
    W = tf.Variable(tf.zeros([784, 10]))
    b = tf.Variable(tf.zeros([10]))
    y = tf.matmul(x, W) + b

    # Define loss and optimizer
    y_ = tf.placeholder(tf.float32, [None, 10])
    cross_entropy = tf.reduce_mean(
        tf.nn.softmax_cross_entropy_with_logits(labels=y_, logits=y))
    train_step = tf.train.GradientDescentOptimizer(0.5).minimize(cross_entropy)
    init = tf.global_variables_initializer()

    # Test trained model
    correct_prediction = tf.equal(tf.argmax(y, 1), tf.argmax(y_, 1))
    accuracy = tf.reduce_mean(tf.cast(correct_prediction, tf.float32))

    rng = np.random.RandomState(0)
    feeds = []
    for batch in (12, 7):
        pixels = rng.randint(0, 256, (batch, 784)) * (rng.uniform(size=(batch, 784)) < 0.15)
        feeds.append({x: (pixels / 255.0).astype(np.float32), y_: np.eye(10, dtype=np.float32)[rng.randint(0, 10, batch)]})
    return {
        "init": init,
        "feeds": feeds,
        "fetches": {"logits": y, "loss": cross_entropy, "accuracy": accuracy, "W": W, "b": b},
        "steps": [train_step] * 10,
    }
