"""tf.gradients: arguments, refusals, gradients that users define. Numbers against float64 central differences."""

import graphpb as tf
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


def run(fetch, feed=None):
    with tf.Session() as sess:
        return sess.run(fetch, feed)


def central(y, x, at, h=1e-6):
    """The gradient of the sum of y at a float64 array, by central differences."""
    out = np.zeros_like(at)
    with tf.Session() as sess:
        for i in np.ndindex(at.shape):
            high, low = at.copy(), at.copy()
            high[i] += h
            low[i] -= h
            out[i] = (np.sum(sess.run(y, {x: high})) - np.sum(sess.run(y, {x: low}))) / (2 * h)
    return out


def test_against_central_differences():
    x = tf.placeholder(tf.float64, [3, 2])
    w = tf.constant(np.random.RandomState(0).uniform(-1, 1, (2, 4)))
    y = tf.nn.softmax(tf.tanh(tf.matmul(x, w)) * 3.0) ** 2.0 + tf.reduce_mean(tf.exp(x), 1, keepdims=True)
    at = np.random.RandomState(1).uniform(-1, 1, (3, 2))
    np.testing.assert_allclose(run(tf.gradients(y, x)[0], {x: at}), central(y, x, at), rtol=1e-6, atol=1e-8)


def test_grad_ys_and_stop_gradients():
    a = tf.constant(2.0)
    b = 2.0 * a
    total = tf.gradients(a + b, [a, b])
    partial = tf.gradients(a + b, [a, b], stop_gradients=[a, b])
    assert run(total) == [3.0, 1.0] and run(partial) == [1.0, 1.0]
    assert run(tf.gradients(b, a, grad_ys=5.0)) == [10.0]
    with pytest.raises(ValueError, match="Length mismatch. Passed 1 grad_ys for 2 ys"):
        tf.gradients([a, b], a, grad_ys=[1.0])


def test_unconnected():
    x, y = tf.constant([1.0, 2.0]), tf.constant(1.0)
    assert tf.gradients(y, x) == [None]
    assert run(tf.gradients(y, x, unconnected_gradients="zero"))[0].tolist() == [0, 0]
    with pytest.raises(ValueError, match="Unknown value for unconnected_gradients: 'foo'"):
        tf.gradients(y, x, unconnected_gradients="foo")
    assert tf.gradients(y, []) == [] and tf.gradients([], y) == [None]


def test_names():
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.multiply(x, x, name="y")
    (g,) = tf.gradients(y, x)
    assert g.name.startswith("gradients/")
    assert tf.gradients(y, x)[0].name.startswith("gradients_1/")
    assert tf.gradients(y, x, name="mine")[0].name.startswith("mine/")


def test_a_variable_stands_for_its_reference():
    v = tf.Variable([1.0, 2.0])
    (g,) = tf.gradients(v * v, v)
    with tf.Session() as sess:
        sess.run(v.initializer)
        assert sess.run(g).tolist() == [2, 4]


def test_gather_gives_indexed_slices():
    v = tf.Variable(np.ones((4, 2), np.float32))
    (g,) = tf.gradients(tf.gather(v, [1, 1, 3]), v)
    assert isinstance(g, tf.IndexedSlices)
    with tf.Session() as sess:
        sess.run(v.initializer)
        assert sess.run(tf.convert_to_tensor(g)).tolist() == [[0, 0], [2, 2], [0, 0], [1, 1]]


def test_registered_gradients_and_overrides(graph):
    @tf.RegisterGradient("Sevenfold")
    def sevenfold(op, g):
        return 7.0 * g

    x = tf.constant(1.0)
    with graph.gradient_override_map({"Identity": "Sevenfold"}):
        y = tf.identity(x)
    (g,) = tf.gradients(y + tf.identity(x), x)
    assert run(g) == 8.0 and y.op.get_attr("_gradient_op_type") == b"Sevenfold"
    with pytest.raises(KeyError, match="Registering two gradient with name 'Sevenfold'!"):
        tf.RegisterGradient("Sevenfold")(sevenfold)


def test_custom_gradient():
    @tf.custom_gradient
    def clipped(x):
        return tf.exp(x), lambda dy: dy * 0.5

    x = tf.constant([1.0, 2.0])
    y = clipped(x)
    np.testing.assert_allclose(run(y), np.exp([1.0, 2.0]), rtol=1e-6)
    assert run(tf.gradients(y, x)[0]).tolist() == [0.5, 0.5]


def test_complex_ys_need_grad_ys():
    with pytest.raises(TypeError):
        c = tf.constant([1 + 2j], tf.complex64)
        tf.gradients(c * c, c)


def test_hessian_of_a_quadratic():
    a = np.random.RandomState(0).uniform(-1, 1, (3, 3)).astype(np.float32)
    x = tf.constant([1.0, 2.0, 3.0])
    y = tf.reduce_sum(tf.matmul(tf.matmul(x[None, :], a), x[:, None]))
    np.testing.assert_allclose(run(tf.hessians(y, x)[0]), a + a.T, rtol=1e-5, atol=1e-6)


def test_colours_of_equal_parts_have_tensorflows_gradients():
    """Recorded from TensorFlow 2.21: where colours tie, which of them is the largest is its choice."""
    colours = [
        [0.9, 0.5, 0.2],
        [0.5, 0.2, 0.9],
        [0.5, 0.5, 0.5],
        [0.5, 0.5, 0.2],
        [0.2, 0.5, 0.5],
        [0.5, 0.2, 0.5],
        [0, 0, 0],
        [1, 0, 0],
        [0, 0.4, 0.8],
        [-0.5, 0.2, 0.1],
    ]
    recorded = [
        [102.367107, 0.2381, -11.2472],
        [0.2381, -11.2472, 102.367107],
        [120, 0, -20],
        [107.444397, 0.5556, -20],
        [-20, 107.444397, 0.5556],
        [108.555603, -20, -0.5556],
        [100, 0, 0],
        [100, 0.1667, -0.1667],
        [0.1042, -0.2083, 100.104202],
        [-0.034, -25.204099, 0.2381],
    ]
    x = tf.constant(colours, tf.float32)
    y = tf.image.rgb_to_hsv(x)
    weights = tf.constant([[1.0, 10.0, 100.0]] * len(colours))
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(tf.gradients(y, x, weights)[0]), recorded, atol=1e-4)
