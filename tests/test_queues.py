"""Queues, readers and their threads: what waits, what ends, and what comes out."""

import gzip
import threading
import time

import graphpb as tf
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def fresh_graph():
    tf.reset_default_graph()


def in_thread(sess, op, errors):
    def run():
        try:
            sess.run(op)
        except tf.errors.OpError as e:
            errors.append(e)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_elements_come_out_in_order_and_batches_need_shapes():
    q = tf.FIFOQueue(10, [tf.float32, tf.int32], shapes=[[2], []])
    fill = q.enqueue_many([np.arange(6.0).reshape(3, 2), [7, 8, 9]])
    one, two = q.dequeue(), q.dequeue_many(2)
    with tf.Session() as sess:
        sess.run(fill)
        x, n = sess.run(one)
        assert x.tolist() == [0, 1] and n == 7
        x, n = sess.run(two)
        assert x.tolist() == [[2, 3], [4, 5]] and n.tolist() == [8, 9]
        free = tf.FIFOQueue(3, tf.int32)
        with pytest.raises(tf.errors.InvalidArgumentError, match="require the components to have specified shapes"):
            sess.run(free.dequeue_many(2))


def test_a_fed_array_may_change_after_it_went_in():
    q = tf.FIFOQueue(3, tf.float32, shapes=[[4]])
    x = tf.placeholder(tf.float32, [4])
    put, get = q.enqueue(x), q.dequeue()
    with tf.Session() as sess:
        array = np.ones(4, np.float32)
        sess.run(put, {x: array})
        array[:] = 5
        assert sess.run(get).tolist() == [1, 1, 1, 1]


def test_a_closed_queue_gives_what_is_left():
    q = tf.FIFOQueue(5, tf.int32, shapes=[[]])
    put, close, three, rest = q.enqueue_many([[1, 2]]), q.close(), q.dequeue_many(3), q.dequeue_up_to(3)
    with tf.Session() as sess:
        sess.run(put)
        sess.run(close)
        assert sess.run(q.is_closed())
        with pytest.raises(tf.errors.OutOfRangeError, match=r"is closed and has insufficient elements \(requested 3, current size 2\)"):
            sess.run(three)
        assert sess.run(rest).tolist() == [1, 2]
        with pytest.raises(tf.errors.OutOfRangeError, match=r"\(requested 3, current size 0\)"):
            sess.run(rest)
        with pytest.raises(tf.errors.CancelledError, match="is closed"):
            sess.run(put)


def test_waiting_runs_are_served_in_turn_by_other_threads():
    q = tf.FIFOQueue(2, tf.int32, shapes=[[]])
    x = tf.placeholder(tf.int32, [])
    put, batch = q.enqueue(x), q.dequeue_many(5)
    with tf.Session() as sess:
        got = []
        waiting = threading.Thread(target=lambda: got.append(sess.run(batch)), daemon=True)
        waiting.start()
        for i in range(5):
            sess.run(put, {x: i})
        waiting.join(20)
        assert got[0].tolist() == [0, 1, 2, 3, 4]


def test_one_run_may_put_in_and_take_out():
    q = tf.FIFOQueue(1, tf.int32, shapes=[[]])
    get, put = q.dequeue(), q.enqueue(7)
    with tf.Session() as sess:
        assert sess.run([get, put])[0] == 7


def test_closing_cancels_who_waits():
    q = tf.FIFOQueue(1, tf.int32, shapes=[[]])
    put, cancel, size = q.enqueue(1), q.close(cancel_pending_enqueues=True), q.size()
    with tf.Session() as sess:
        sess.run(put)
        errors = []
        waiting = in_thread(sess, put, errors)
        time.sleep(0.1)
        sess.run(cancel)
        waiting.join(20)
        assert [type(e) for e in errors] == [tf.errors.CancelledError] and "Enqueue operation was cancelled" in str(errors[0])
        assert sess.run(size) == 1


def test_a_closed_session_and_a_timeout_end_a_wait():
    q = tf.FIFOQueue(1, tf.int32, shapes=[[]])
    get = q.dequeue()
    sess = tf.Session()
    with pytest.raises(tf.errors.DeadlineExceededError):
        sess.run(get, options=tf.RunOptions(timeout_in_ms=50))
    errors = []
    waiting = in_thread(sess, get, errors)
    time.sleep(0.1)
    sess.close()
    waiting.join(20)
    assert [type(e) for e in errors] == [tf.errors.CancelledError] and "Dequeue operation was cancelled" in str(errors[0])


def test_random_queue_keeps_some_until_it_is_closed():
    q = tf.RandomShuffleQueue(20, 4, tf.int32, shapes=[[]])
    fill, get, close, size = q.enqueue_many(tf.range(10)), q.dequeue_many(6), q.close(), q.size()
    with tf.Session() as sess:
        sess.run(fill)
        first = sess.run(get)
        assert sess.run(size) == 4
        with pytest.raises(tf.errors.DeadlineExceededError):
            sess.run(q.dequeue(), options=tf.RunOptions(timeout_in_ms=50))
        sess.run(close)
        rest = sess.run(q.dequeue_many(4))
        assert sorted([*first, *rest]) == list(range(10))


def test_shared_queues_must_agree():
    a, b = tf.FIFOQueue(1, tf.int32, shared_name="one"), tf.FIFOQueue(1, tf.int32, shared_name="one", name="other")
    wrong = tf.FIFOQueue(2, tf.int32, shared_name="one", name="wrong")
    with tf.Session() as sess:
        sess.run(a.enqueue(3))
        assert sess.run(b.dequeue()) == 3
        with pytest.raises(tf.errors.InvalidArgumentError, match="Shared queue 'one' has capacity 1 but requested capacity was 2"):
            sess.run(wrong.size())


def csv_files(folder):
    names = []
    for i in range(3):
        names.append(str(folder / f"{i}.csv"))
        (folder / f"{i}.csv").write_text("number,half\n" + "".join(f"{i * 10 + j},{j}.5\n" for j in range(4)))
    return names


def test_files_to_batches(tmp_path):
    names = csv_files(tmp_path)
    reader = tf.TextLineReader(skip_header_lines=1)
    key, line = reader.read(tf.train.string_input_producer(names, num_epochs=2, shuffle=False))
    number, half = tf.decode_csv(line, [[0], [0.0]])
    keys, numbers, halves = tf.train.batch([key, number, half], 5, allow_smaller_final_batch=True)
    assert numbers.shape.as_list() == [None]
    got = []
    with tf.Session() as sess:
        sess.run(tf.local_variables_initializer())
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess, coord)
        with pytest.raises(tf.errors.OutOfRangeError):
            while True:
                got.append(sess.run([keys, numbers, halves]))
        coord.request_stop()
        coord.join(threads)
        assert sess.run([reader.num_records_produced(), reader.num_work_units_completed()]) == [24, 6]
    once = [i * 10 + j for i in range(3) for j in range(4)]
    assert [n for _, numbers, _ in got for n in numbers] == once * 2
    assert [len(numbers) for _, numbers, _ in got] == [5, 5, 5, 5, 4]
    assert got[0][0][0] == f"{names[0]}:2".encode() and got[0][2].tolist() == [0.5, 1.5, 2.5, 3.5, 0.5]


def test_shuffled_batches_hold_every_row_once():
    data = np.arange(60, dtype=np.float32).reshape(30, 2)
    row, number = tf.train.slice_input_producer([data, np.arange(30)], num_epochs=1, seed=3)
    rows, numbers = tf.train.shuffle_batch([row, number], 5, capacity=20, min_after_dequeue=8, num_threads=2)
    seen = []
    with tf.train.MonitoredSession() as sess:
        while not sess.should_stop():
            x, n = sess.run([rows, numbers])
            np.testing.assert_array_equal(x, data[n])
            seen.extend(n)
    assert sorted(seen) == list(range(30)) and seen != sorted(seen)


def test_an_error_in_a_thread_reaches_the_coordinator():
    bad = tf.train.string_input_producer(["no such file"], shuffle=False)
    _, text = tf.WholeFileReader().read(bad)
    texts = tf.train.batch([text], 2)
    with tf.Session() as sess:
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess, coord)
        with pytest.raises(tf.errors.OutOfRangeError):
            sess.run(texts)
        with pytest.raises(tf.errors.NotFoundError, match="no such file"):
            coord.join(threads)


def read_all(reader, names):
    q = tf.FIFOQueue(10, tf.string, shapes=[[]])
    key, value = reader.read(q)
    got = []
    with tf.Session() as sess:
        sess.run(q.enqueue_many([names]))
        sess.run(q.close())
        with pytest.raises(tf.errors.OutOfRangeError):
            while True:
                got.append(tuple(sess.run([key, value])))
    return got


def test_readers_cut_files(tmp_path):
    whole, lines, fixed = tmp_path / "whole", tmp_path / "lines", tmp_path / "fixed"
    whole.write_bytes(b"\x00all")
    lines.write_bytes(b"a\r\n\nlast")
    fixed.write_bytes(b"HHaabbcF")
    assert read_all(tf.WholeFileReader(), [str(whole)]) == [(str(whole).encode(), b"\x00all")]
    name = str(lines).encode()
    assert read_all(tf.TextLineReader(), [str(lines)]) == [(name + b":1", b"a"), (name + b":2", b""), (name + b":3", b"last")]
    name = str(fixed).encode()
    assert read_all(tf.FixedLengthRecordReader(2, 2, 1), [str(fixed)]) == [(name + b":0", b"aa"), (name + b":1", b"bb")]
    assert read_all(tf.IdentityReader(), ["x", "y"]) == [(b"x", b"x"), (b"y", b"y")]


def test_record_readers_and_reading_many(tmp_path):
    path = str(tmp_path / "r.gz")
    options = tf.python_io.TFRecordOptions(tf.python_io.TFRecordCompressionType.GZIP)
    with tf.python_io.TFRecordWriter(path, options) as writer:
        for i in range(5):
            writer.write(b"x" * i)
    assert gzip.open(path).read(8)[0] == 0
    assert [v for _, v in read_all(tf.TFRecordReader(options=options), [path])] == [b"x" * i for i in range(5)]
    q = tf.FIFOQueue(10, tf.string, shapes=[[]])
    reader = tf.TFRecordReader(options=options)
    keys, values = reader.read_up_to(q, 3)
    with tf.Session() as sess:
        sess.run(q.enqueue_many([[path, path]]))
        assert [len(sess.run(values)) for _ in range(4)] == [3, 2, 3, 2]
        sess.run(reader.reset())
        assert sess.run(reader.num_records_produced()) == 0


def test_runners_travel_in_meta_graphs():
    queue = tf.train.range_input_producer(3, num_epochs=1, shuffle=False)
    tf.add_to_collection("number", queue.dequeue())
    meta = tf.train.export_meta_graph()
    tf.reset_default_graph()
    tf.train.import_meta_graph(meta)
    (runner,) = tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)
    assert isinstance(runner, tf.train.QueueRunner) and runner.queue_closed_exception_types == (tf.errors.OutOfRangeError,)
    with tf.Session() as sess:
        sess.run(tf.local_variables_initializer())
        tf.train.start_queue_runners(sess)
        (number,) = tf.get_collection("number")
        assert [sess.run(number) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(tf.errors.OutOfRangeError):
            sess.run(number)
