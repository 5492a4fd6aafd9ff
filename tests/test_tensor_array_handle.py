"""TensorArrays of TensorFlow 1's graphs, used from Python by their handle."""

import graphpb as tf
import numpy as np
import pytest


@pytest.fixture
def made():
    with tf.Graph().as_default():
        yield tf.raw_ops.TensorArrayV3(size=3, dtype=tf.float64, clear_after_read=False)


def test_it_computes_as_an_array_does(made):
    x = tf.placeholder(tf.float64, [3, 2])
    array = tf.TensorArray(tf.float64, handle=made.handle, flow=made.flow).unstack(x)
    assert array.handle is made.handle and array.flow.dtype == tf.float32
    other = tf.TensorArray(tf.float64, handle=made.handle, flow=array.flow)
    y = tf.reduce_sum(tf.sin(array.stack())) + tf.reduce_sum(other.read(1) * tf.constant([2.0, 3.0], tf.float64)) + array.gather([2])[0, 1]
    (g,) = tf.gradients(y, x)
    at = np.arange(6).reshape(3, 2) / 5
    with tf.Session() as session:
        slopes = np.cos(at)
        slopes[1] += [2, 3]
        slopes[2, 1] += 1
        np.testing.assert_allclose(session.run(g, {x: at}), slopes)
        np.testing.assert_allclose(session.run([array.concat(), array.size()], {x: at})[0], at.reshape(-1))


def test_it_goes_through_a_loop(made):
    x = tf.placeholder(tf.float64, [])
    array = tf.TensorArray(tf.float64, handle=made.handle, flow=made.flow)
    array = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a.write(i, tf.sin(x) * tf.cast(i, tf.float64))), [0, array])[1]
    y = tf.reduce_sum(array.stack() * tf.constant([1.0, 10.0, 100.0], tf.float64))
    (g,) = tf.gradients(y, x)
    with tf.Session() as session:
        np.testing.assert_allclose(session.run([y, g], {x: 0.5}), [210 * np.sin(0.5), 210 * np.cos(0.5)])


def test_wrong_arguments(made):
    with pytest.raises(ValueError, match="Cannot provide both a handle and size to the constructor"):
        tf.TensorArray(tf.float64, 3, handle=made.handle)
    with pytest.raises(ValueError, match="Cannot provide both a handle and element_shape to the constructor"):
        tf.TensorArray(tf.float64, handle=made.handle, element_shape=[2])
    with pytest.raises(TypeError, match="Expected `handle` to be a resource tensor"):
        tf.TensorArray(tf.float64, handle=tf.constant(1))
    with pytest.raises(ValueError, match="Argument `size` must be provided"):
        tf.TensorArray(tf.float64)
