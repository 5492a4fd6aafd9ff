"""The stock TensorBoard serves what a run of an example wrote; asked through its HTTP API."""

import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import graphpb as tf
import numpy as np
import png_reader
import pytest

pytest.importorskip("tensorboard", reason="the test extra installs tensorboard")

STEPS = 20


def write_run(folder):
    """Softmax regression on random digits, with every kind of summary; returns the losses that were written."""
    draw = np.random.RandomState(1)
    images, labels = draw.rand(64, 64).astype(np.float32), np.eye(10, dtype=np.float32)[draw.randint(0, 10, 64)]
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 64], name="x")
        y = tf.placeholder(tf.float32, [None, 10], name="y")
        with tf.name_scope("layer"):
            w = tf.Variable(tf.zeros([64, 10]), name="w")
            b = tf.Variable(tf.zeros([10]), name="b")
            logits = tf.matmul(x, w) + b
        with tf.name_scope("loss"):
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits))
            tf.summary.scalar("cross_entropy", loss)
        train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
        tf.summary.histogram("weights", w)
        tf.summary.image("digit", tf.reshape(x, [-1, 8, 8, 1]), max_outputs=2)
        tf.summary.text("note", tf.constant("trained by *graphpb*"))
        merged = tf.summary.merge_all()
        losses = []
        with tf.Session() as session, tf.summary.FileWriter(str(folder), graph) as writer:
            session.run(tf.global_variables_initializer())
            for step in range(STEPS):
                metadata = tf.RunMetadata()
                options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE) if step == 3 else None
                value, summary, _ = session.run(
                    [loss, merged, train], {x: images, y: labels}, options=options, run_metadata=metadata if options else None
                )
                losses.append(value)
                writer.add_summary(summary, step)
                if options:
                    writer.add_run_metadata(metadata, "step3", step)
    return losses, images


class Board:
    """A TensorBoard of a folder, on a free port of this machine."""

    def __init__(self, folder):
        command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder), "--host", "127.0.0.1", "--port", "0"]
        self.process = subprocess.Popen(
            [*command, "--load_fast", "false", "--reload_interval", "1"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines, self.address, ready = [], None, threading.Event()

        def read():
            for line in self.process.stdout:
                self.lines.append(line)
                found = re.search(r"http://[^/ ]+:\d+", line)
                if found and not self.address:
                    self.address = found.group()
                    ready.set()
            ready.set()

        threading.Thread(target=read, daemon=True).start()
        ready.wait(90)
        assert self.address, "TensorBoard did not start:\n" + "".join(self.lines)

    def get(self, path, **query):
        url = f"{self.address}/data/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=30) as reply:
            return reply.read()

    def json(self, path, **query):
        return json.loads(self.get(path, **query))

    def wait_for(self, path, expected, **query):
        """Ask until the answer satisfies `expected`: TensorBoard reads in the background."""
        limit = time.monotonic() + 60
        while True:
            try:
                answer = self.json(path, **query)
                if expected(answer):
                    return answer
            except urllib.error.HTTPError as error:
                answer = error
            assert time.monotonic() < limit, (path, answer, "".join(self.lines)[-2000:])
            time.sleep(0.2)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def test_tensorboard_serves_what_was_written(tmp_path):
    losses, images = write_run(tmp_path / "digits")
    board = Board(tmp_path)
    try:
        run = "digits"
        points = board.wait_for("plugin/scalars/scalars", lambda a: len(a) == STEPS, run=run, tag="loss/cross_entropy")
        assert [p[1] for p in points] == list(range(STEPS))
        assert [np.float32(p[2]) for p in points] == [np.float32(v) for v in losses] and losses[-1] < losses[0]

        histograms = board.json("plugin/histograms/histograms", run=run, tag="weights")
        assert len(histograms) == STEPS
        for _, _, buckets in histograms:
            assert sum(count for _, _, count in buckets) == pytest.approx(640)

        (group, *_) = board.json("plugin/images/images", run=run, tag="digit/image/0", sample=0)
        picture = png_reader.pixels(board.get("plugin/images/individualImage", **dict(urllib.parse.parse_qsl(group["query"]))))
        expected = images[0].reshape(8, 8, 1)
        np.testing.assert_array_equal(picture, (expected * (np.float32(255) / expected.max())).astype(np.uint8))

        text = board.json(
            "plugin/text/text", run=run, tag="note/text_summary" if "note/text_summary" in str(board.json("plugin/text/tags")) else "note"
        )
        assert len(text) >= 1 and "<em>graphpb</em>" in text[0]["text"]

        graph = board.get("plugin/graphs/graph", run=run).decode()
        assert 'name: "layer/MatMul"' in graph and 'op: "SoftmaxCrossEntropyWithLogits"' in graph and "_output_shapes" in graph
        metadata = board.get("plugin/graphs/run_metadata", run=run, tag="step3").decode()
        assert 'node_name: "layer/MatMul"' in metadata or "MatMul" in metadata
    finally:
        board.stop()
