"""Gradients that users define for operations inside branches and loops (numbers against TensorFlow: scripts/loops/custom_gradients)."""

import graphpb as tf
import numpy as np
import pytest


@tf.custom_gradient
def cubed(x):
    y = x * x

    def grad(dy):
        return dy * 3 * y

    return tf.identity(y * x), grad


@pytest.fixture
def graph():
    with tf.Graph().as_default() as g:
        yield g


def looped(x, n=3):
    return tf.while_loop(lambda i, v: i < n, lambda i, v: (i + 1, tf.sin(cubed(v)) + x), [0, x])[1]


def branched(x):
    return tf.cond(x > 0, lambda: looped(cubed(x), 2), lambda: cubed(x))


@pytest.mark.parametrize("build", [looped, branched, lambda x: tf.map_fn(cubed, tf.stack([x, 2 * x]))[1]])
@pytest.mark.parametrize("at", [0.4, 0.9])
def test_second_derivative_is_the_difference_of_first_ones(build, at):
    graph = tf.Graph()
    with graph.as_default(), tf.Session() as sess:
        x = tf.placeholder(tf.float64, [])
        y = build(x)
        (first,) = tf.gradients(y, x)
        (second,) = tf.gradients(first, x)
        h = 1e-5
        ys, firsts = zip(*(sess.run([y, first], {x: at + d}) for d in (-h, h)))
        np.testing.assert_allclose(sess.run(first, {x: at}), (ys[1] - ys[0]) / (2 * h), rtol=1e-6)
        np.testing.assert_allclose(sess.run(second, {x: at}), (firsts[1] - firsts[0]) / (2 * h), rtol=1e-6)


def test_what_a_gradient_function_raises_reaches_the_user_and_the_graph_stays_usable(graph):
    class MyError(Exception):
        pass

    @tf.custom_gradient
    def broken(x):
        def grad(dy):
            raise MyError("not today")

        return tf.identity(x), grad

    x = tf.constant(2.0)
    y = tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, broken(v) * v), [0, x])[1]
    before = len(graph.get_operations())
    with pytest.raises(MyError, match="not today"):
        tf.gradients(y, x)
    assert len(graph.get_operations()) >= before
    z = tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, cubed(v)), [0, x])[1]
    with tf.Session() as sess:
        assert sess.run(y) == 256.0
        assert sess.run(tf.gradients(z, x)) == [27 * 2.0**26]


def test_a_gradient_that_is_not_registered_is_named(graph):
    with graph.gradient_override_map({"Exp": "NobodyKnows"}):
        y = tf.map_fn(tf.exp, x := tf.constant([1.0, 2.0]))
    with pytest.raises(LookupError, match=r"No gradient defined for operation'map/while/Exp' \(op type: Exp\)(.|\n)*NobodyKnows"):
        tf.gradients(y, x)


def test_a_wrong_number_of_gradients_is_a_value_error(graph):
    @tf.RegisterGradient("TwoForOne")
    def _(op, dy):
        return dy, dy

    with graph.gradient_override_map({"Exp": "TwoForOne"}):
        y = tf.map_fn(tf.exp, x := tf.constant([1.0, 2.0]))
    with pytest.raises(ValueError, match="Num gradients 2 generated for op"):
        tf.gradients(y, x)


def test_tensors_seen_by_a_gradient_function_can_be_looked_at_afterwards(graph):
    seen = []

    @tf.RegisterGradient("Looker")
    def _(op, dy):
        seen.extend([op, dy, op.inputs[0]])
        return dy

    with graph.gradient_override_map({"Exp": "Looker"}):
        y = tf.map_fn(tf.exp, x := tf.constant([1.0, 2.0]))
    tf.gradients(y, x)
    op, dy, value = seen
    assert op.type == "Exp" and op.name == "map/while/Exp"
    assert dy.dtype == tf.float32 and dy.shape == [] and repr(value).startswith("<tf.Tensor")


def test_a_gradient_function_may_use_named_tensors_and_control_dependencies(graph):
    runs = []

    @tf.custom_gradient
    def f(x):
        def grad(dy):
            note = tf.py_func(lambda v: runs.append(float(v)), [dy], [])
            with tf.control_dependencies([note]), tf.name_scope("mine"):
                return tf.identity(dy) * 2

        return tf.identity(x), grad

    x = tf.constant([1.0, 2.0, 3.0])
    (g,) = tf.gradients(tf.map_fn(lambda v: f(v) * v, x), x)
    with tf.Session() as sess:
        np.testing.assert_array_equal(sess.run(g), [3.0, 6.0, 9.0])
    assert sorted(runs) == [1.0, 2.0, 3.0]


def test_gradients_of_another_thread_wait_for_a_run(graph):
    """Differentiation holds the graph; a session in another thread sees it before or after, never in between."""
    import threading

    x = tf.placeholder(tf.float32, [])
    y = looped(x)
    failures = []

    def work():
        try:
            with tf.Session(graph=graph) as sess:
                for i in range(30):
                    sess.run(y, {x: i / 10})
        except Exception as e:  # noqa: BLE001
            failures.append(e)

    thread = threading.Thread(target=work)
    thread.start()
    for _ in range(15):
        tf.gradients(y, x)
    thread.join()
    assert not failures
