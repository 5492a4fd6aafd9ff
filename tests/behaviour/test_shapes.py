"""TensorShape and Dimension as TF1 has them, and static shape inference that users see."""

import numpy as np
import pytest


def test_dimensions_of_a_shape(tf):
    s = tf.TensorShape([None, 3])
    assert s.ndims == 2 and s.as_list() == [None, 3]
    assert s[1].value == 3 and s[0].value is None
    assert int(s[1]) == 3
    assert [d.value for d in s] == [None, 3]
    assert s[1:].as_list() == [3]
    assert not s.is_fully_defined() and tf.TensorShape([2]).is_fully_defined()
    assert tf.TensorShape([2, 3]).num_elements() == 6 and s.num_elements() is None


def test_unknown_rank(tf):
    s = tf.TensorShape(None)
    assert s.ndims is None and not s
    assert s[0].value is None and s[1:].ndims is None and s[1:3].as_list() == [None, None]
    with pytest.raises(ValueError):
        s.as_list()
    with pytest.raises(ValueError):
        len(s)


def test_merge_and_compatibility(tf):
    s = tf.TensorShape([None, 3])
    assert s.merge_with([2, None]).as_list() == [2, 3]
    assert s.is_compatible_with([7, 3]) and not s.is_compatible_with([7, 4]) and s.is_compatible_with(None)
    assert s.concatenate([4]).as_list() == [None, 3, 4]
    assert s.with_rank(2).as_list() == [None, 3]
    with pytest.raises(ValueError, match=r"Shapes \(\?, 3\) and \(2, 4\) are not compatible"):
        s.merge_with([2, 4])
    with pytest.raises(ValueError, match=r"Shape \(\?, 3\) must have rank 3"):
        s.with_rank(3)
    with pytest.raises(ValueError, match=r"Shape \(\?, 3\) must have rank at least 3"):
        s.with_rank_at_least(3)


def test_equality(tf):
    assert tf.TensorShape([2, 3]) == tf.TensorShape([2, 3]) and tf.TensorShape([2, 3]) == [2, 3]
    assert tf.TensorShape([2, 3]) != tf.TensorShape([2, 4])


def test_dimension_arithmetic(tf):
    d, unknown = tf.Dimension(6), tf.Dimension(None)
    assert (d + 1).value == 7 and (d * 2).value == 12 and (d // 4).value == 1 and (d % 4).value == 2 and (d - 1).value == 5
    assert (unknown + 1).value is None and (d * unknown).value is None
    assert d == 6 and (unknown == 6) is None and (unknown < 4) is None
    assert list(range(tf.Dimension(3))) == [0, 1, 2]
    with pytest.raises(TypeError):
        d / 2


def test_numpy_takes_shapes(tf):
    assert np.zeros(tf.TensorShape([2, 3])).shape == (2, 3)


def test_bad_shapes(tf):
    with pytest.raises(ValueError, match="Dimension -1 must be >= 0"):
        tf.TensorShape([-1])
    with pytest.raises(TypeError):
        tf.TensorShape(["a"])


@pytest.mark.parametrize(
    "make, shape",
    [
        (lambda tf, x: tf.reshape(x, [tf.shape(x)[0], 784]), [None, 784]),
        (lambda tf, x: tf.reshape(x, [-1, 784]), [None, 784]),
        (lambda tf, x: tf.reshape(x, tf.concat([tf.shape(x)[:1], [784]], 0)), [None, 784]),
        (lambda tf, x: tf.reshape(x, tf.stack([tf.shape(x)[0], 28 * 28])), [None, 784]),
        (lambda tf, x: tf.fill([tf.shape(x)[0], 3], 1.0), [None, 3]),
        (lambda tf, x: tf.zeros([tf.shape(x)[0], 3]), [None, 3]),
        (lambda tf, x: x + 1.0, [None, 28, 28]),
        (lambda tf, x: x + tf.zeros([28]), [None, 28, 28]),
        (lambda tf, x: x + tf.zeros([5, 1, 1]), [5, 28, 28]),
        (lambda tf, x: tf.reduce_sum(x, 0), [28, 28]),
        (lambda tf, x: tf.reduce_mean(x, [1, 2], keepdims=True), [None, 1, 1]),
        (lambda tf, x: tf.concat([x, tf.zeros([3, 28, 28])], 1), [3, 56, 28]),
        (lambda tf, x: tf.concat([x, x], 0), [None, 28, 28]),
        (lambda tf, x: tf.transpose(x, [2, 0, 1]), [28, None, 28]),
        (lambda tf, x: tf.expand_dims(x, -1), [None, 28, 28, 1]),
        (lambda tf, x: x[:, 0], [None, 28]),
        (lambda tf, x: x[0, ..., tf.newaxis], [28, 28, 1]),
        (lambda tf, x: x[:, ::2, 3:-3], [None, 14, 22]),
        (lambda tf, x: tf.argmax(x, 1), [None, 28]),
        (lambda tf, x: tf.one_hot(tf.argmax(x, 1), 5), [None, 28, 5]),
        (lambda tf, x: tf.stack([x, x], axis=1), [None, 2, 28, 28]),
        (lambda tf, x: tf.tile(x, [2, 1, 3]), [None, 28, 84]),
        (lambda tf, x: tf.gather(x, [0, 2, 1], axis=1), [None, 3, 28]),
        (lambda tf, x: tf.matmul(x, x, transpose_b=True), [None, 28, 28]),
        (lambda tf, x: tf.shape(x), [3]),
        (lambda tf, x: tf.range(tf.constant(2), 9, 3), [3]),
        (lambda tf, x: tf.squeeze(tf.expand_dims(x, 1), [1]), [None, 28, 28]),
        (lambda tf, x: tf.split(x, 4, axis=2)[1], [None, 28, 7]),
        (lambda tf, x: tf.broadcast_to(tf.zeros([28]), tf.shape(x)), [None, 28, 28]),
        (lambda tf, x: tf.where(x > 0, x, -x), [None, 28, 28]),
    ],
)
def test_inferred_shape(tf, make, shape):
    x = tf.placeholder(tf.float32, [None, 28, 28])
    assert make(tf, x).get_shape().as_list() == shape


@pytest.mark.parametrize(
    "make",
    [
        lambda tf, x: tf.squeeze(x),
        lambda tf, x: tf.reshape(x, tf.placeholder(tf.int32)),
        lambda tf, x: tf.placeholder(tf.float32) + 1.0,
        lambda tf, x: tf.reduce_sum(x, tf.placeholder(tf.int32)),
    ],
)
def test_shape_that_cannot_be_known(tf, make):
    assert make(tf, tf.placeholder(tf.float32, [None, 2])).get_shape().ndims is None


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda tf: tf.matmul(tf.zeros([2, 3]), tf.zeros([2, 3])), "Dimensions must be equal, but are 3 and 2"),
        (lambda tf: tf.matmul(tf.zeros([2]), tf.zeros([2, 3])), "Shape must be rank 2 but is rank 1"),
        (lambda tf: tf.zeros([28]) + tf.zeros([27]), "Dimensions must be equal, but are 28 and 27"),
        (lambda tf: tf.reshape(tf.zeros([2, 3]), [4]), r"Cannot reshape a tensor with 6 elements to shape \[4\] \(4 elements\)"),
        (lambda tf: tf.reshape(tf.zeros([2, 3]), [-1, 4]), "Dimension size must be evenly divisible by 4 but is 6"),
        (lambda tf: tf.squeeze(tf.zeros([1, 2]), [1]), r"Can not squeeze dim\[1\], expected a dimension of 1, got 2"),
        (lambda tf: tf.reduce_sum(tf.zeros([2, 2, 2]), 3), "Invalid reduction dimension 3 for input with 3 dimensions"),
        (lambda tf: tf.unstack(tf.placeholder(tf.float32, [None, 2])), "Cannot infer argument `num` from shape"),
        (lambda tf: tf.concat([tf.zeros([2, 3]), tf.zeros([2, 4])], 0), "in both shapes must be equal, but are 3 and 4"),
        (lambda tf: tf.zeros([3])[5], "slice index 5 of dimension 0 out of bounds"),
        (lambda tf: tf.zeros([3])[::0], r"strides\[0\] must be non-zero"),
        (lambda tf: tf.constant(1.0)[0], "scalar"),
        (lambda tf: tf.expand_dims(tf.zeros([2]), 5), "5"),
    ],
)
def test_shape_errors_while_building(tf, make, said):
    with pytest.raises(ValueError, match=said):
        make(tf)


def test_set_shape_merges(tf):
    x = tf.placeholder(tf.float32, [None, 3])
    x.set_shape([2, None])
    assert x.shape.as_list() == [2, 3]
    with pytest.raises(ValueError):
        x.set_shape([3, 3])
