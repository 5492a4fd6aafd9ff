"""tf.gradients and the gradient-descent optimizer: rules that users rely on."""

import pytest


def value(tf, tensor, feeds=None):
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        return s.run(tensor, feeds).tolist()


def test_total_and_partial_derivatives(tf):
    a = tf.constant(1.0)
    b = 2.0 * a
    assert [value(tf, g) for g in tf.gradients(a + b, [a, b])] == [3.0, 1.0]
    assert [value(tf, g) for g in tf.gradients(a + b, [a, b], stop_gradients=[a, b])] == [1.0, 1.0]


def test_unconnected(tf):
    a, b = tf.constant([1.0, 2.0]), tf.constant(1.0)
    assert tf.gradients(b, a) == [None]
    assert value(tf, tf.gradients(b, a, unconnected_gradients="zero")[0]) == [0.0, 0.0]
    with pytest.raises(ValueError, match="Unknown value for unconnected_gradients"):
        tf.gradients(b, a, unconnected_gradients="foo")


def test_integers_stop_gradients(tf):
    x = tf.constant(1.5)
    y = tf.cast(tf.cast(x, tf.int32), tf.float32) * 2.0
    assert tf.gradients(y, x) == [None]
    assert tf.gradients(tf.argmax([x, x]), x) == [None]
    assert tf.gradients(tf.floor(x), x) == [None]


def test_empty_lists(tf):
    x = tf.constant(1.0)
    assert tf.gradients(x, []) == []


def test_length_mismatch(tf):
    x = tf.constant(1.0)
    with pytest.raises(ValueError, match="Length mismatch. Passed 1 grad_ys for 2 ys"):
        tf.gradients([x, x * 2.0], x, grad_ys=[x])


@pytest.mark.parametrize(
    "make, expected",
    [
        (lambda tf, x: tf.nn.relu(x), [0.0, 0.0, 1.0]),
        (lambda tf, x: tf.abs(x), [-1.0, 0.0, 1.0]),
        (lambda tf, x: tf.maximum(x, 0.0), [0.0, 1.0, 1.0]),
        (lambda tf, x: tf.minimum(x, 0.0), [1.0, 1.0, 0.0]),
        (lambda tf, x: tf.sign(x), [0.0, 0.0, 0.0]),
        (lambda tf, x: tf.square(x), [-4.0, 0.0, 6.0]),
        (lambda tf, x: tf.reduce_max(tf.stack([x, x])), [0.0, 0.0, 1.0]),
        (lambda tf, x: tf.stop_gradient(x) * x, [-2.0, 0.0, 3.0]),
    ],
)
def test_at_ties_and_zeros(tf, make, expected):
    x = tf.constant([-2.0, 0.0, 3.0])
    assert value(tf, tf.gradients(make(tf, x), x)[0]) == expected


def test_equal_maxima_share(tf):
    x = tf.constant([3.0, 1.0, 3.0])
    assert value(tf, tf.gradients(tf.reduce_max(x), x)[0]) == [0.5, 0.0, 0.5]


def test_variables_as_xs(tf):
    v = tf.Variable(3.0)
    assert value(tf, tf.gradients(v * v, v)[0]) == 6.0
    assert value(tf, tf.gradients(v * v, [v])[0]) == 6.0


def test_minimize_needs_variables_and_gradients(tf):
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    with pytest.raises(ValueError, match="No variables to optimize"):
        optimizer.minimize(tf.constant(1.0))
    v = tf.Variable(1.0)
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        optimizer.minimize(tf.constant(1.0), var_list=[v])


def test_optimizer_with_subset_of_variables(tf):
    a, b = tf.Variable(1.0), tf.Variable(1.0)
    train = tf.train.GradientDescentOptimizer(0.5).minimize(a * b, var_list=[b])
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        s.run(train)
        assert s.run([a, b]) == [1.0, 0.5]


def test_compute_and_apply(tf):
    v = tf.Variable([1.0, 2.0])
    step = tf.Variable(0, trainable=False)
    optimizer = tf.train.GradientDescentOptimizer(learning_rate=0.1)
    pairs = optimizer.compute_gradients(tf.reduce_sum(v * v))
    assert [p[1] for p in pairs] == [v]
    train = optimizer.apply_gradients([(g * 2.0, w) for g, w in pairs], global_step=step)
    assert tf.get_collection(tf.GraphKeys.TRAIN_OP)[-1].name == train.name
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        s.run(train)
        assert s.run(v).tolist() == pytest.approx([0.6, 1.2]) and s.run(step) == 1
    with pytest.raises(ValueError, match="No variables provided"):
        optimizer.apply_gradients([])


def test_gradient_of_a_deep_chain(tf):
    x = y = tf.constant(1.0)
    for _ in range(3000):
        y = y * 1.0001
    assert value(tf, tf.gradients(y, x)[0]) == pytest.approx(1.0001**3000, rel=1e-3)
