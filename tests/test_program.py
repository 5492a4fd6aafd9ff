"""What a program needs around the graph: flags, app, logging, the MNIST reader, the import itself."""

import gzip
import struct
import subprocess
import sys

import graphpb as tf
import numpy as np
import pytest
from graphpb import flags as _flags
from graphpb.examples.tutorials.mnist import input_data


def test_flags_are_read_from_the_command_line():
    values = _flags.FlagValues()
    old, _flags.FLAGS = _flags.FLAGS, values
    try:
        _flags.DEFINE_integer("steps", 10, "steps")
        _flags.DEFINE_float("rate", 0.1, "rate")
        _flags.DEFINE_string("dir", None, "folder")
        _flags.DEFINE_boolean("fast", False, "fast")
        _flags.DEFINE_boolean("slow", True, "slow")
        _flags.DEFINE_list("names", "a,b", "names")
        rest = values(["prog", "--steps=3", "--rate", "0.5", "--fast", "--noslow", "-dir=x", "rest"])
        assert rest == ["prog", "rest"] and values.flag_values_dict() == dict(steps=3, rate=0.5, dir="x", fast=True, slow=False, names=["a", "b"])
        with pytest.raises(_flags.DuplicateFlagError):
            _flags.DEFINE_integer("steps", 1, "")
        with pytest.raises(_flags.UnrecognizedFlagError):
            values(["prog", "--nope=1"])
        with pytest.raises(_flags.IllegalFlagValueError):
            values(["prog", "--steps=x"])
        with pytest.raises(AttributeError):
            values.nope  # noqa: B018
    finally:
        _flags.FLAGS = old


def test_app_runs_main_and_exits(tmp_path):
    script = tmp_path / "s.py"
    script.write_text(
        "import graphpb as tf\ntf.flags.DEFINE_integer('n', 1, 'n')\ndef main(argv):\n    print(tf.flags.FLAGS.n, len(argv))\n    return 3\n"
        "if __name__ == '__main__':\n    tf.app.run()\n"
    )
    done = subprocess.run([sys.executable, script, "--n=5", "more"], capture_output=True, text=True)
    assert done.returncode == 3 and done.stdout.split() == ["5", "2"], done.stderr


def test_logging_has_a_verbosity(capsys):
    old = tf.logging.get_verbosity()
    tf.logging.set_verbosity(tf.logging.INFO)
    tf.logging.info("hello %d", 3)
    tf.logging.debug("hidden")
    tf.logging.set_verbosity(old)
    err = capsys.readouterr().err
    assert "hello 3" in err and "hidden" not in err


def test_the_import_starts_nothing_and_reads_no_environment():
    code = "import graphpb, threading, sys; assert threading.active_count() == 1; assert 'google.protobuf' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def _idx(path, array):
    with gzip.open(path, "wb") as f:
        f.write(struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes())


@pytest.fixture
def folder(tmp_path):
    images = np.arange(30 * 4 * 4).reshape(30, 4, 4).astype(np.uint8)
    labels = (np.arange(30) % 10).astype(np.uint8)
    _idx(tmp_path / "train-images-idx3-ubyte.gz", images[:20])
    _idx(tmp_path / "train-labels-idx1-ubyte.gz", labels[:20])
    _idx(tmp_path / "t10k-images-idx3-ubyte.gz", images[20:])
    _idx(tmp_path / "t10k-labels-idx1-ubyte.gz", labels[20:])
    return tmp_path


def test_mnist_reader(folder):
    mnist = input_data.read_data_sets(str(folder), one_hot=True)
    assert (mnist.train.num_examples, mnist.validation.num_examples, mnist.test.num_examples) == (18, 2, 10)
    assert mnist.test.images.shape == (10, 16) and mnist.test.images.dtype == np.float32 and mnist.test.labels.shape == (10, 10)
    np.testing.assert_allclose(mnist.validation.images[1, 0], 16 / 255)
    assert mnist.test.labels.argmax(1).tolist() == list(range(10))


def test_mnist_batches_cover_an_epoch(folder):
    train = input_data.read_data_sets(str(folder), validation_size=0, seed=1, reshape=False, dtype=tf.uint8).train
    seen = np.concatenate([train.next_batch(5)[0] for _ in range(4)])
    assert sorted(seen[:, 0, 0, 0]) == sorted(train.images[:, 0, 0, 0]) and train.epochs_completed == 0
    batch, labels = train.next_batch(5)
    assert train.epochs_completed == 1 and batch.shape == (5, 4, 4, 1) and labels.shape == (5,)
    crossing, _ = train.next_batch(18)
    assert len(crossing) == 18 and train.epochs_completed == 2


def test_mnist_reader_says_what_is_missing(folder):
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileNotFoundError, match="lacks t10k-labels-idx1-ubyte.gz"):
        input_data.read_data_sets(str(folder))
    _idx(folder / "t10k-labels-idx1-ubyte.gz", np.zeros((2, 2, 2), np.uint8))
    with pytest.raises(ValueError, match="Invalid magic number"):
        input_data.read_data_sets(str(folder))
    with pytest.raises(ValueError, match="Validation size should be between 0 and 20"):
        input_data.read_data_sets(str(folder), validation_size=21)
