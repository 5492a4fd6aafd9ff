"""MNIST softmax regression, as the TensorFlow 1 tutorial writes it; `import graphpb as tf` is the only change."""

import sys

import graphpb as tf
from graphpb.examples.tutorials.mnist import input_data

try:
    from tqdm import trange
except ImportError:
    trange = range

flags = tf.app.flags
flags.DEFINE_string("data_dir", "data", "folder with the four MNIST .gz files")
flags.DEFINE_integer("steps", 1000, "training steps of 100 images each")
FLAGS = flags.FLAGS


def build():
    """Build the model in the default graph; returns (x, y_, W, cross_entropy, train_step, accuracy)."""
    # Create the model
    x = tf.placeholder(tf.float32, [None, 784], name="x")
    W = tf.Variable(tf.zeros([784, 10]), name="W")
    b = tf.Variable(tf.zeros([10]), name="b")
    y = tf.matmul(x, W) + b

    # Define loss and optimizer
    y_ = tf.placeholder(tf.float32, [None, 10], name="labels")
    cross_entropy = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y_, logits=y), name="loss")
    train_step = tf.train.GradientDescentOptimizer(0.5).minimize(cross_entropy)

    correct_prediction = tf.equal(tf.argmax(y, 1), tf.argmax(y_, 1))
    accuracy = tf.reduce_mean(tf.cast(correct_prediction, tf.float32), name="accuracy")
    return x, y_, W, cross_entropy, train_step, accuracy


def train(mnist, x, y_, train_step, steps):
    """Run `steps` steps of gradient descent in the default session."""
    for _ in trange(steps):
        batch_xs, batch_ys = mnist.train.next_batch(100)
        train_step.run(feed_dict={x: batch_xs, y_: batch_ys})


def main(_):
    mnist = input_data.read_data_sets(FLAGS.data_dir, one_hot=True)
    x, y_, _W, _loss, train_step, accuracy = build()
    sess = tf.InteractiveSession()
    tf.global_variables_initializer().run()
    train(mnist, x, y_, train_step, FLAGS.steps)
    print("test accuracy:", sess.run(accuracy, feed_dict={x: mnist.test.images, y_: mnist.test.labels}))


if __name__ == "__main__":
    tf.app.run(main=main, argv=[sys.argv[0]])
