"""The whole way: train in Python, save the graph, compare files, run and differentiate them with no Python."""

import argparse
import json
import os
import subprocess
import sys

import digits
import graphpb as tf
import mnist_softmax
import numpy as np
from graphpb.examples.tutorials.mnist import input_data


def step(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def frozen(sess, loss, accuracy):
    """The graph with the variables' present values as constants."""
    return tf.graph_util.convert_variables_to_constants(sess, sess.graph.as_graph_def(), [loss.op.name, accuracy.op.name])


def command(binary, *args, expect=(0,)):
    """Run the graphpb command, show it, and return what it printed."""
    print("$ graphpb " + " ".join(os.path.relpath(a) if os.path.isabs(a) else a for a in args), flush=True)
    done = subprocess.run([binary, *args], stdout=subprocess.PIPE, text=True, env={"PATH": ""})
    if done.returncode not in expect:
        sys.exit(f"graphpb {args[0]} ended with exit code {done.returncode}")
    return done.stdout


def check_gradient(binary, out, files):
    """Compare one entry of d loss / d W from the file with a central difference of the loss, run from the file."""
    path = os.path.join(out, "gradient.npy")
    command(binary, "grad", files["trained"], "--y", "loss:0", "--x", "W:0", *files["feeds"], "--out", path)
    gradient = np.load(path)
    at = np.unravel_index(np.argmax(np.abs(gradient)), gradient.shape)
    # float32 losses carry about 1e-7 of noise: a step of 1e-2 balances it against the curvature.
    h, losses = 1e-2, []
    for sign in (1, -1):
        shifted = files["weights"].copy()
        shifted[at] += sign * h
        weights, loss = os.path.join(out, "weights.npy"), os.path.join(out, "loss.npy")
        np.save(weights, shifted)
        command(binary, "run", files["trained"], *files["feeds"], "--feed", f"W:0=@{weights}", "--fetch", "loss:0", "--out", loss)
        losses.append(float(np.load(loss)))
    difference = (losses[0] - losses[1]) / (2 * h)
    print(f"d loss / d W{[int(i) for i in at]}: {gradient[at]:.6f} from the graph, {difference:.6f} by central difference")
    if abs(gradient[at] - difference) > 1e-3 * max(1, abs(difference)):
        sys.exit("the gradient and the central difference disagree")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphpb", required=True, help="the stand-alone graphpb binary")
    parser.add_argument("--out", default="demo-out", help="folder for everything the demo writes")
    parser.add_argument("--steps", type=int, default=1000)
    args = parser.parse_args()
    binary, out = os.path.abspath(args.graphpb), os.path.abspath(args.out)
    os.makedirs(out, exist_ok=True)

    step("1. Handwritten digits as MNIST files")
    data = os.path.join(out, "data")
    digits.write(data)
    mnist = input_data.read_data_sets(data, one_hot=True, validation_size=0)
    print(f"{mnist.train.num_examples} training and {mnist.test.num_examples} test images in {os.path.relpath(data)}")

    step("2. Train a TensorFlow 1 script (examples/mnist_softmax.py)")
    x, y_, W, loss, train_step, accuracy = mnist_softmax.build()
    sess = tf.InteractiveSession()
    tf.global_variables_initializer().run()
    before = frozen(sess, loss, accuracy)
    mnist_softmax.train(mnist, x, y_, train_step, args.steps)
    reached = accuracy.eval({x: mnist.test.images, y_: mnist.test.labels})
    print(f"test accuracy: {reached:.4f}")
    if reached <= 0.9:
        sys.exit("expected an accuracy above 0.9")

    step("3. Save the graph, untrained and trained, and compare the files")
    after = frozen(sess, loss, accuracy)
    tf.train.write_graph(before, out, "untrained.pb", as_text=False)
    tf.train.write_graph(after, out, "trained.pb", as_text=False)
    tf.train.write_graph(after, out, "trained.pbtxt")
    print(command(binary, "diff", os.path.join(out, "untrained.pb"), os.path.join(out, "trained.pb"), expect=(1,)), end="")

    step("4. Run the saved graph with no Python")
    images, labels = os.path.join(out, "images.npy"), os.path.join(out, "labels.npy")
    np.save(images, mnist.test.images)
    np.save(labels, mnist.test.labels)
    feeds = ["--feed", f"x:0=@{images}", "--feed", f"labels:0=@{labels}"]
    trained = os.path.join(out, "trained.pb")
    printed = command(binary, "run", trained, *feeds, "--fetch", "accuracy:0", "--json", "--out", os.path.join(out, "accuracy.npy"))
    again = np.load(os.path.join(out, "accuracy.npy"))
    json.loads(printed)
    print(f"accuracy from the file: {float(again):.4f}")
    if again != reached:
        sys.exit(f"the file gives {again!r}, Python gave {reached!r}")

    step("5. Differentiate the saved graph with no Python")
    check_gradient(binary, out, {"trained": trained, "feeds": feeds, "weights": W.eval()})
    print("\nAll of it holds.")


if __name__ == "__main__":
    main()
