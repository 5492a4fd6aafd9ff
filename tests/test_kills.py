"""A process that saves a checkpoint and is killed, at any byte or at any time, leaves the checkpoint from before or the new one."""

import os
import pathlib
import random
import signal
import sys
import tempfile
import time

import graphpb as tf
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

VALUES = 3_000


@pytest.fixture
def tmp_path():
    """A folder in memory where there is one: hundreds of saves, each of which waits for the disk, are slow on a real one."""
    memory = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield pathlib.Path(folder)


def save(prefix, value, step, ready=None):
    """Save variables that all hold `value`."""
    with tf.Graph().as_default(), tf.Session() as session:
        variables = [tf.get_variable(f"v{i}", initializer=np.full(VALUES, value, np.float32)) for i in range(3)]
        variables.append(tf.get_variable("text", initializer=np.array([str(value)] * 20)))
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver(max_to_keep=2, sharded=value % 2 == 1)
        if ready is not None:
            os.write(ready, b"x")
        saver.save(session, prefix, global_step=step)


def saved(prefix):
    """The one value that the checkpoint holds."""
    reader = tf.train.NewCheckpointReader(prefix)
    found = {float(v) for i in range(3) for v in np.unique(reader.get_tensor(f"v{i}"))}
    found |= {float(v) for v in reader.get_tensor("text")}
    assert len(found) == 1, found
    return found.pop()


def in_child(work, limit=None, kill_after=None):
    """Run `work(ready)` in a forked process, killed beyond `limit` bytes in a file or some seconds after it is ready; its signal or 0."""
    readable, ready = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(readable)
            if limit is not None:
                import resource

                signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            work(ready)
        except BaseException as error:
            print(error, file=sys.stderr)
            os._exit(1)
        os._exit(0)
    os.close(ready)
    if kill_after is not None:
        os.read(readable, 1)
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(readable)
    assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


@pytest.mark.parametrize("step", [None, 1], ids=["same_name", "new_name"])
def test_a_kill_at_any_byte_leaves_a_whole_checkpoint(tmp_path, step):
    prefix = str(tmp_path / "model")
    assert in_child(lambda ready: save(prefix, 0, None if step is None else 0)) == 0
    current = tf.train.latest_checkpoint(tmp_path)
    limits = [*range(0, 260, 13), *range(300, 13_000, 800), 3 * 4 * VALUES + 30, 3 * 4 * VALUES + 200]
    kills = survived = 0
    for number, limit in enumerate(limits, 1):
        before = saved(current)
        died = in_child(lambda ready, n=number: save(prefix, n, None if step is None else n), limit=limit)
        kills += died == signal.SIGXFSZ
        current = tf.train.latest_checkpoint(tmp_path)
        assert saved(current) in ((before, float(number)) if died else (float(number),))
        survived += not died
    assert kills >= 35
    assert in_child(lambda ready: save(prefix, 99, None if step is None else 99)) == 0
    assert saved(tf.train.latest_checkpoint(tmp_path)) == 99


@pytest.mark.parametrize("step", [None, 1], ids=["same_name", "new_name"])
def test_a_kill_at_any_time_leaves_a_whole_checkpoint(tmp_path, step):
    prefix = str(tmp_path / "model")
    draw = random.Random(7)
    start = time.time()
    assert in_child(lambda ready: save(prefix, 0, None if step is None else 0)) == 0
    span = min(time.time() - start, 0.1)
    old = new = 0
    for number in range(1, 101):
        before = saved(tf.train.latest_checkpoint(tmp_path))
        in_child(lambda ready, n=number: save(prefix, n, None if step is None else n), kill_after=draw.random() * span)
        after = saved(tf.train.latest_checkpoint(tmp_path))
        assert after in (before, float(number))
        old += after == before
        new += after == number
    assert old + new == 100
    assert in_child(lambda ready: save(prefix, 999, None if step is None else 999)) == 0
    assert saved(tf.train.latest_checkpoint(tmp_path)) == 999
