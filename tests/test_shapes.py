"""TensorShape and Dimension as TensorFlow 1 has them, and the static shapes that ops get."""

import graphpb as tf
import numpy as np
import pytest

S, D = tf.TensorShape, tf.Dimension


def test_text():
    assert [str(S(d)) for d in ([None, 3], [5], [], None)] == ["(?, 3)", "(5,)", "()", "<unknown>"]
    assert repr(S([None, 3])) == "TensorShape([Dimension(None), Dimension(3)])" and repr(S(None)) == "TensorShape(None)"


def test_indexing_gives_dimensions():
    s = S([None, 3])
    assert isinstance(s[1], D) and s[1].value == 3 and s[0].value is None and s[1:] == S([3])
    assert [d.value for d in s] == [None, 3] and s.as_list() == [None, 3] and len(s) == 2
    assert np.zeros(S([2, 3])).shape == (2, 3)


def test_unknown_rank():
    s = S(None)
    assert s[0].value is None and str(s[1:3]) == "(?, ?)" and s[1:].ndims is None and not s
    for f in (len, list, S.as_list):
        with pytest.raises(ValueError):
            f(s)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: S([None, 3]).merge_with([2, 4]), "Shapes (?, 3) and (2, 4) are not compatible"),
        (lambda: S([None, 3]).with_rank(3), "Shape (?, 3) must have rank 3"),
        (lambda: S([None, 3]).with_rank_at_least(3), "Shape (?, 3) must have rank at least 3"),
        (lambda: S([None, 3]).assert_same_rank([]), "Shapes (?, 3) and () must have the same rank"),
        (lambda: S([None, 3]).assert_is_compatible_with([1, 2]), "Shapes (?, 3) and (1, 2) are incompatible"),
        (lambda: S([-1]), "Dimension -1 must be >= 0"),
    ],
)
def test_errors(call, text):
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == text


def test_arithmetic_of_dimensions():
    assert (D(3) + 2).value == 5 and (D(None) + 2).value is None and (7 // D(2)).value == 3 and (D(7) % 4).value == 3
    assert (D(None) == 3) is None and (D(None) < 4) is None and D(3) == 3 and D(2) != 3
    with pytest.raises(TypeError, match="use // instead"):
        D(4) / 2
    with pytest.raises(TypeError):
        hash(D(3))
    with pytest.raises(TypeError):
        int(D(None))
    assert list(range(D(3))) == [0, 1, 2]


def test_merge_and_concatenate():
    assert S([None, 3]).merge_with([2, None]) == S([2, 3]) and S(None).merge_with([1]) == S([1])
    assert S([1]) + [2] == S([1, 2]) and [1] + S([2]) == S([1, 2]) and S([1]).concatenate(None).ndims is None
    assert S([2, 3]).num_elements() == 6 and S([None]).num_elements() is None and S([]).num_elements() == 1
    assert S([2, 3]) == [2, 3] and S(5).as_list() == [5] and S([2, 3]).most_specific_compatible_shape([2, 4]) == S([2, None])


@pytest.fixture
def graph():
    with tf.Graph().as_default() as g:
        yield g


def test_set_shape_merges_in_place(graph):
    x = tf.placeholder(tf.float32, [None, None])
    x.set_shape([None, 3])
    assert x.shape.as_list() == [None, 3]
    with pytest.raises(ValueError, match="Shapes must be equal rank, but are 2 and 1"):
        x.set_shape([3])


def test_static_shapes_of_dynamic_arguments(graph):
    x = tf.placeholder(tf.float32, [None, 28, 28])
    n = tf.shape(x)[0]
    assert tf.reshape(x, [-1, 784]).shape.as_list() == [None, 784]
    assert tf.reshape(x, [n, 784]).shape.as_list() == [None, 784]
    assert tf.fill([n, 3], 0.0).shape.as_list() == [None, 3]
    assert tf.zeros(tf.stack([n, 4])).shape.as_list() == [None, 4]
    assert tf.concat([x, tf.zeros([3, 28, 28])], 1).shape.as_list() == [3, 56, 28]
    assert tf.squeeze(x).shape.ndims is None
    with pytest.raises(ValueError, match="Cannot infer argument `num` from shape"):
        tf.unstack(x)


def test_impossible_shapes_are_errors_while_building(graph):
    with pytest.raises(ValueError, match=r"Cannot reshape a tensor with 6 elements to shape \[4\] \(4 elements\)"):
        tf.reshape(tf.zeros([6]), [4])
    with pytest.raises(ValueError, match="Dimensions must be equal, but are 28 and 27"):
        tf.placeholder(tf.float32, [None, 28]) + tf.zeros([27])
    with pytest.raises(ValueError, match="slice index 5 of dimension 0 out of bounds."):
        tf.zeros([3])[5]
    with pytest.raises(ValueError, match="Can not squeeze dim\\[1\\], expected a dimension of 1, got 2"):
        tf.squeeze(tf.zeros([1, 2]), [1])
