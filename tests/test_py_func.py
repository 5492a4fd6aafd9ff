"""Python functions as operations: arguments, results, errors, gradients, threads."""

import gc
import threading

import graphpb as tf
import numpy as np
import pytest


def run(fetch, feed=None):
    with tf.Session() as session:
        return session.run(fetch, feed)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def test_arguments_are_writable_contiguous_copies():
    seen = []

    def function(a, b, c, d):
        seen.extend([a, b, c, d])
        a[:] = -1.0
        return np.float32(0)

    big = np.arange(4000, dtype=np.float32)
    x = tf.placeholder(tf.float32, [None])
    constant = tf.constant(np.ones([2, 3], np.int64))
    y = tf.py_func(function, [x, constant, tf.constant(["a", "bc"]), tf.transpose(tf.constant(np.eye(40)))], tf.float32)
    run([y, tf.reduce_sum(x)], {x: big})
    assert all(type(item) is np.ndarray and item.flags.writeable and item.flags.c_contiguous for item in seen)
    assert seen[1].dtype == np.int64 and seen[2].tolist() == [b"a", b"bc"] and big[7] == 7.0
    seen[1][:] = 9
    assert run(constant).tolist() == [[1, 1, 1], [1, 1, 1]]


def test_scalars_are_numpy_scalars_and_bytes():
    kinds = []
    y = tf.py_func(lambda a, b: kinds.extend([type(a), type(b)]) or np.int32(3), [tf.constant(1.5), tf.constant("q")], tf.int32)
    assert run(y) == 3 and kinds == [np.float32, bytes]


def test_results_are_copied():
    kept = np.arange(1000.0)
    value = run(tf.py_func(lambda: kept, [], tf.float64))
    kept[:] = 0.0
    assert value[999] == 999.0


def test_results_in_other_orders_and_types_of_strings():
    turned = run(tf.py_func(lambda: np.arange(6.0).reshape(2, 3).T, [], tf.float64))
    assert turned.tolist() == [[0, 3], [1, 4], [2, 5]]
    for value, expected in [("x", b"x"), (b"y", b"y"), (np.array(["é", "bb"]), ["é".encode(), b"bb"]), (np.array([b"a", b"bcd"]), [b"a", b"bcd"])]:
        result = run(tf.py_func(lambda value=value: value, [], tf.string))
        assert (result if isinstance(result, bytes) else result.tolist()) == expected


def test_several_results_none_and_the_static_facts(graph):
    pair = tf.py_func(lambda: (np.float32(1), 2), [], [tf.float32, tf.int64], name="pair")
    assert isinstance(pair, list) and [t.name for t in pair] == ["pair:0", "pair:1"] and pair[0].shape.ndims is None
    assert run(pair) == [1.0, 2]
    calls = []
    nothing = tf.py_func(lambda: calls.append(1), [], [])
    assert isinstance(nothing, tf.Operation)
    run(nothing)
    assert calls == [1]
    stateless = tf.py_func(lambda: 1, [], tf.int64, stateful=False)
    assert (pair[0].op.type, stateless.op.type, stateless.op.name) == ("PyFunc", "PyFuncStateless", "PyFuncStateless")
    assert pair[0].op.get_attr("token").startswith(b"pyfunc_")
    assert run(tf.numpy_function(lambda x: x + 1, [np.int64(4)], tf.int64)) == 5


def test_a_stateful_function_runs_each_time():
    count = []
    y = tf.py_func(lambda: count.append(1) or len(count), [], tf.int64)
    with tf.Session() as session:
        assert [session.run(y) for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize(
    "returned, types, message",
    [
        (np.float64(3), tf.float32, "0-th value returned by pyfunc_\\d+ is double, but expects float"),
        (None, tf.float32, "pyfunc_\\d+ returns 0 values, but expects to see 1 values."),
        ([1.0, 2.0], tf.float64, "returns 2 values, but expects to see 1 values."),
        (3, [], "returns 1 values, but expects to see 0 values."),
        ("ab", tf.int32, "is string, but expects int32"),
    ],
)
def test_wrong_results(returned, types, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        run(tf.py_func(lambda: returned, [], types))


@pytest.mark.parametrize(
    "kind, expected",
    [
        (ValueError, tf.errors.InvalidArgumentError),
        (TypeError, tf.errors.InvalidArgumentError),
        (StopIteration, tf.errors.OutOfRangeError),
        (MemoryError, tf.errors.ResourceExhaustedError),
        (NotImplementedError, tf.errors.UnimplementedError),
        (KeyError, tf.errors.UnknownError),
        (ZeroDivisionError, tf.errors.UnknownError),
    ],
)
def test_exceptions_have_tensorflows_class_and_the_cause(kind, expected):
    raised = kind("boo")

    def fails():
        raise raised

    with pytest.raises(expected, match=f"{kind.__name__}: .?boo(.|\n)*Traceback(.|\n)*in fails(.|\n)*bad") as info:
        run(tf.py_func(fails, [], tf.float32, name="bad"))
    assert info.value.__cause__ is raised and info.value.op.name == "bad"


def test_an_interrupt_goes_through():
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tf.py_func(stop, [], tf.float32))


def test_a_function_must_be_callable():
    with pytest.raises(ValueError, match="Expected func to be callable"):
        tf.py_func(3, [], tf.float32)


def test_functions_live_as_long_as_their_graph():
    other = tf.Graph()
    with other.as_default():
        tf.py_func(lambda: 1, [], tf.int64, name="f")
    message = other.as_graph_def()
    copy = tf.Graph()
    with copy.as_default():
        tf.import_graph_def(message, name="")
    with tf.Session(graph=copy) as session:
        assert session.run("f:0") == 1
        del other
        gc.collect()
        with pytest.raises(tf.errors.InvalidArgumentError, match="callback pyfunc_\\d+ is not found"):
            session.run("f:0")


def test_gradient_of_a_function_by_override(graph):
    """The idiom of many programs: a numpy function with a gradient of its own."""

    @tf.RegisterGradient("CubeGrad")
    def _gradient(op, grad):
        return grad * 3.0 * tf.square(op.inputs[0])

    x = tf.placeholder(tf.float32, [3])
    with graph.gradient_override_map({"PyFunc": "CubeGrad"}):
        y = tf.py_func(lambda a: a**3, [x], tf.float32, stateful=True)
    y.set_shape([3])
    (dx,) = tf.gradients(y * 2.0, x)
    value = np.array([1.0, -2.0, 0.5], np.float32)
    assert run([y, dx], {x: value})[1].tolist() == (6.0 * value**2).tolist()
    plain = tf.py_func(lambda a: a, [x], tf.float32)
    assert tf.gradients(plain, x) == [None]


def test_functions_run_inside_other_runs_and_from_threads():
    x = tf.placeholder(tf.float32, [])
    inner_graph = tf.Graph()
    with inner_graph.as_default():
        a = tf.placeholder(tf.float32, [])
        b = tf.sqrt(a)
    inner = tf.Session(graph=inner_graph)
    y = tf.py_func(lambda v: inner.run(b, {a: v}), [x], tf.float32) + tf.py_func(lambda v: v * 2, [x], tf.float32)
    results = []
    with tf.Session() as session:
        work = [threading.Thread(target=lambda i=i: results.append((i, session.run(y, {x: float(i)})))) for i in range(6)]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
    for i, value in results:
        np.testing.assert_allclose(value, np.sqrt(np.float32(i)) + 2 * i, rtol=1e-6)
    assert len(results) == 6
