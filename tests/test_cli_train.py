"""graphpb train and graphpb events, as a user runs them."""

import csv
import glob
import io
import json
import os
import signal
import subprocess
import sys
import time

import graphpb as tf
import numpy as np
import pytest
from test_cli import FIXTURES, graphpb


def true_line(n=64):
    x = np.random.RandomState(3).uniform(-1, 1, (n, 1)).astype(np.float32)
    return x, 3 * x - 2


@pytest.fixture
def line(tmp_path):
    """A saved graph that fits a line, and its data; paths of both."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 1], name="x")
        y = tf.placeholder(tf.float32, [None, 1], name="y")
        rate = tf.placeholder_with_default(0.1, [], name="rate")
        w = tf.Variable([[0.0]], name="w")
        b = tf.get_variable("b", initializer=[0.0], use_resource=True)
        loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y), name="loss")
        step = tf.train.get_or_create_global_step()
        tf.train.GradientDescentOptimizer(rate).minimize(loss, global_step=step, name="train")
        tf.summary.scalar("mse", loss)
        tf.summary.histogram("weights", w)
        tf.summary.merge_all(name="all")
        tf.global_variables_initializer()
        tf.train.write_graph(graph, str(tmp_path), "line.pb", as_text=False)
    inputs, labels = true_line()
    np.savez(tmp_path / "line.npz", x=inputs, labels=labels.astype(np.float64))
    return tmp_path / "line.pb", tmp_path / "line.npz"


def numpy_descent(x, y, steps, rate=0.1):
    w = b = np.float64(0)
    for _ in range(steps):
        error = x * w + b - y
        loss = np.mean(error**2)
        w, b = w - rate * 2 * np.mean(error * x), b - rate * 2 * np.mean(error)
    return w, b, loss


def test_training_descends_as_numpy_does_and_python_restores_it(line, tmp_path):
    graph, data = line
    out, _ = graphpb(
        "train", graph, "--data", data, "--feed", "y=labels", "--target", "train", "--steps", 50, "--fetch", "loss", "--fetch", "w:0",
        "--log", tmp_path / "log", "--summary", "all/all:0", "--every", 10, "--save", tmp_path / "out" / "line.ckpt", "--json",
    )  # fmt: skip
    report = json.loads(out)
    w, b, loss = numpy_descent(*(a.astype(np.float64) for a in true_line()), 50)
    assert report["steps"] == 50 and report["checkpoint"].endswith("line.ckpt")
    np.testing.assert_allclose(report["fetches"]["loss"]["data"], loss, rtol=1e-4)
    with tf.Graph().as_default(), tf.Session() as session:
        values = [tf.Variable([[9.0]], name="w"), tf.get_variable("b", initializer=[9.0], use_resource=True)]
        counter = tf.train.get_or_create_global_step()
        tf.train.Saver().restore(session, tf.train.latest_checkpoint(str(tmp_path / "out")))
        got_w, got_b = session.run(values)
        np.testing.assert_allclose([got_w[0, 0], got_b[0]], [w, b], rtol=1e-4)
        assert session.run(counter) == 50
    (path,) = glob.glob(str(tmp_path / "log" / "*tfevents*"))
    events = list(tf.train.summary_iterator(path))
    assert [e.WhichOneof("what") for e in events] == ["file_version", "graph_def"] + ["summary", "summary"] * 5
    assert [e.step for e in events[2::2]] == [10, 20, 30, 40, 50]
    assert [v.tag for v in events[2].summary.value] == ["loss", "w"] and [v.tag for v in events[3].summary.value] == ["mse", "weights"]
    assert any(n.name == "train" for n in tf.GraphDef.FromString(events[1].graph_def).node)

    # Going on from the checkpoint: 50 steps more are 100 in all.
    out, _ = graphpb(
        "train", graph, "--data", data, "--feed", "y=labels", "--target", "train", "--steps", 50, "--fetch", "loss",
        "--checkpoint", tmp_path / "out" / "line.ckpt", "--json",
    )  # fmt: skip
    np.testing.assert_allclose(json.loads(out)["fetches"]["loss"]["data"], numpy_descent(*true_line(), 100)[2], rtol=2e-3)


def test_batches_are_shuffled_by_the_seed(line):
    graph, data = line

    def trained(*more):
        out, _ = graphpb("train", graph, "--data", data, "--feed", "y=labels", "--target", "train", "--steps", 40, "--fetch", "w:0", "--json", *more)
        return np.ravel(json.loads(out)["fetches"]["w:0"]["data"])

    assert trained("--batch", 8, "--shuffle", 1) == trained("--batch", 8, "--shuffle", 1)
    assert trained("--batch", 8, "--shuffle", 1) != trained("--batch", 8, "--shuffle", 2)
    x, y = (a.astype(np.float64) for a in true_line())
    w = b = 0.0
    for step in range(40):
        rows = np.arange(step * 8, step * 8 + 8) % 64
        error = x[rows] * w + b - y[rows]
        w, b = w - 0.05 * 2 * np.mean(error * x[rows]), b - 0.05 * 2 * np.mean(error)
    np.testing.assert_allclose(trained("--batch", 8, "--feed", "rate=0.05"), w, rtol=1e-4)


def test_training_prints_the_last_values(line):
    graph, data = line
    out, err = graphpb("train", graph, "--data", data, "--feed", "y=labels", "--target", "train", "--steps", 3, "--fetch", "loss")
    assert out.startswith("loss  float32[]\n") and err == ""
    out, _ = graphpb("train", graph, "--data", data, "--feed", "y=labels", "--target", "train", "--steps", 0)
    assert out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--target", "train"], 2, "--steps is missing"),
        (["--steps", "3"], 2, "--target is missing"),
        (["--target", "train", "--steps", "many"], 2, "--steps many"),
        (["--target", "tain", "--steps", "1"], 2, 'did you mean "train"'),
        (["--target", "train", "--steps", "1", "--batch", "0"], 2, "--batch 0"),
        (["--target", "train", "--steps", "1", "--feed", "y=lables"], 2, "y"),
        (["--target", "train", "--steps", "1", "--summary", "loss"], 2, "a serialized summary is a string"),
        (["--target", "train", "--steps", "1"], 5, "You must feed a value"),
        (["--target", "train", "--steps", "1", "--feed", "y=labels", "--checkpoint", "none.ckpt"], 3, "none.ckpt"),
        (["--target", "train", "--steps", "1", "--colour", "red"], 2, "unknown option --colour"),
    ],
)
def test_wrong_calls_of_train(line, arguments, code, words):
    graph, data = line
    _, err = graphpb("train", graph, "--data", data, *arguments, expect=code)
    assert words in err


def test_data_that_does_not_fit(line, tmp_path):
    graph, _ = line
    np.savez(tmp_path / "uneven.npz", x=np.zeros((3, 1)), y=np.zeros((4, 1)))
    _, err = graphpb("train", graph, "--data", tmp_path / "uneven.npz", "--target", "train", "--steps", 1, expect=2)
    assert "have 3 and 4 examples" in err
    np.savez(tmp_path / "other.npz", a=np.zeros((3, 1)))
    _, err = graphpb("train", graph, "--data", tmp_path / "other.npz", "--target", "train", "--steps", 1, expect=2)
    assert "no array of --data has the name of a tensor: a" in err
    _, err = graphpb("train", graph, "--data", tmp_path / "none.npz", "--target", "train", "--steps", 1, expect=3)
    assert "No such file" in err


def test_events_ls_names_runs_and_tags():
    out, _ = graphpb("events", "ls", FIXTURES / "events")
    assert "metrics/loss" in out and "histogram" in out and "img/image/0" in out and "text" in out
    out, _ = graphpb("events", "ls", FIXTURES, "--json")
    rows = {(row["run"], row["tag"]): row for row in json.loads(out)["tags"]}
    assert rows["events_scalar", "acc"] == {
        "run": "events_scalar", "tag": "acc", "kind": "scalar", "count": 10, "first_step": 0, "last_step": 9, "last": "0.9"
    }  # fmt: skip
    assert rows["events", "note"]["kind"] == "text" and rows["events", "note"]["count"] == 3
    assert rows["events", "aud/audio/0"]["kind"] == "audio"


def test_events_tail_shows_the_last():
    path = next((FIXTURES / "events_scalar").iterdir())
    out, _ = graphpb("events", "tail", path, "--tag", "acc", "--lines", 2)
    lines = out.splitlines()
    assert len(lines) == 2 and "step 9" in lines[1] and lines[1].endswith("0.9")
    out, _ = graphpb("events", "tail", path, "--json", "--lines", 1)
    assert json.loads(out)["events"][0]["step"] == 9


def test_events_export_writes_csv(tmp_path):
    out, _ = graphpb("events", "export", FIXTURES, "--tag", "loss")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [np.float32(row["value"]) for row in rows] == [np.float32(1 / (1 + s)) for s in range(10)]
    assert [row["run"] for row in rows] == ["events_scalar"] * 10 and [int(row["step"]) for row in rows] == list(range(10))
    _, err = graphpb("events", "export", FIXTURES, "--out", tmp_path / "all.csv")
    assert "23 values" in err and len((tmp_path / "all.csv").read_text().splitlines()) == 24
    out, _ = graphpb("events", "export", FIXTURES / "events", "--json")
    assert [row["step"] for row in json.loads(out)["scalars"]] == [0, 1, 2]


def test_damaged_event_files_show_what_stands_before(tmp_path):
    whole = next((FIXTURES / "events_scalar").iterdir()).read_bytes()
    cut, flipped = tmp_path / "cut.tfevents", tmp_path / "flipped.tfevents"
    cut.write_bytes(whole[:-5])
    out, _ = graphpb("events", "export", cut)
    complete = len(out.splitlines())
    assert 2 < complete < 21
    broken = bytearray(whole)
    broken[-5] ^= 1
    flipped.write_bytes(broken)
    out, err = graphpb("events", "export", flipped, expect=3)
    assert len(out.splitlines()) == complete and "corrupted record" in err
    (tmp_path / "empty").mkdir()
    _, err = graphpb("events", "ls", tmp_path / "empty", expect=3)
    assert "no event files" in err
    _, err = graphpb("events", "ls", tmp_path / "none", expect=3)
    assert "No such file" in err
    _, err = graphpb("events", "look", cut, expect=2)
    assert "ls, tail or export" in err
    (tmp_path / "junk.tfevents").write_bytes(b"no records at all, only text")
    _, err = graphpb("events", "ls", tmp_path / "junk.tfevents", expect=3)
    assert "Is this even a TFRecord file?" in err


def test_help_of_both():
    for command in ("train", "events"):
        out, _ = graphpb(command, "--help")
        assert "Usage: graphpb " + command in out and "Example" in out


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interrupt_ends_the_program_at_once(line, tmp_path):
    graph, data = line
    logs = tmp_path / "stopped"
    arguments = ["train", graph, "--data", data, "--feed", "y=labels", "--init", "init", "--target", "train", "--steps", "1000000000", "--log", logs]
    process = subprocess.Popen([sys.executable, "-m", "graphpb", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not logs.exists():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT and out == err == b""
