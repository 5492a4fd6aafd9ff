"""What becomes which tensor: inferred types, refusals, lists that hold tensors. Observed in TensorFlow 2.21."""

import graphpb as tf
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1, tf.int32), (1 << 40, tf.int64), (1 << 63, tf.uint64), (1.5, tf.float32), (True, tf.bool), (1j, tf.complex128), ("a", tf.string), (b"a", tf.string),
        ([1, 2.5], tf.float32), ([1, True], tf.int32), ([True, 1.0], tf.float32), ([1, 1 << 40], tf.int64), ([], tf.float32),
        (np.array([1.0]), tf.float64), (np.float32(2), tf.float32), ([np.float64(1), 2], tf.float32), (np.arange(3), tf.int64), (np.array(["x"]), tf.string),
        (range(3), tf.int32), (tf.TensorShape([1, 2]), tf.int32), (tf.Dimension(3), tf.int32), (np.array([1, 2], np.uint8), tf.uint8),
    ],
)  # fmt: skip
def test_inferred_type(value, dtype):
    assert tf.convert_to_tensor(value).dtype == dtype


@pytest.mark.parametrize(
    ("value", "dtype", "error", "text"),
    [
        (1.5, tf.int32, TypeError, "Expected int32, but got 1.5 of type 'float'."),
        (1.0, tf.int64, TypeError, "Expected int64, but got 1.0 of type 'float'."),
        (1, tf.bool, TypeError, "Expected bool, but got 1 of type 'int'."),
        ("a", tf.float32, TypeError, "Expected float32, but got 'a' of type 'str'."),
        (1, tf.string, TypeError, "Expected string, but got 1 of type 'int'."),
        (None, None, ValueError, "None values not supported."),
        ({}, None, TypeError, "Failed to convert elements of {} to Tensor."),
        ([[1], [2, 3]], None, ValueError, "inhomogeneous"),
        (["a", 1], None, TypeError, ""),
        (tf.TensorShape([None]), None, ValueError, "partially known TensorShape"),
    ],
)
def test_refused(value, dtype, error, text):
    with pytest.raises(error) as caught:
        tf.convert_to_tensor(value, dtype=dtype)
    assert text in str(caught.value)


def value_of(t):
    with tf.Session(graph=t.graph) as sess:
        return sess.run(t)


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (300, tf.uint8, 44),
        (1 << 40, tf.int32, 0),
        (3, tf.float64, 3.0),
        (True, tf.float32, 1.0),
        (True, tf.int32, 1),
        (1e300, tf.float32, np.inf),
        (2, tf.complex64, 2 + 0j),
    ],
)
def test_numbers_take_the_type_asked_for(value, dtype, expected):
    assert value_of(tf.constant(value, dtype)) == expected


def test_arrays_are_cast():
    assert value_of(tf.constant(np.array([1.7, -1.7]), tf.int32)).tolist() == [1, -1]


def test_constant_fills_with_its_last_value():
    assert value_of(tf.constant([1, 2], shape=[4])).tolist() == [1, 2, 2, 2]
    assert value_of(tf.constant(7.0, shape=[2, 2])).tolist() == [[7, 7], [7, 7]]
    with pytest.raises(ValueError, match="Too many elements provided. Takes at most 2, but got 3."):
        tf.constant([1, 2, 3], shape=[2])
    with pytest.raises(TypeError, match=r"Expected Tensor's shape: \(3,\), but got \(2,\)."):
        tf.constant([1, 2], shape=[3], verify_shape=True)


def test_lists_with_tensors_are_packed():
    s = tf.constant(0.5)
    t = tf.convert_to_tensor([s, 1, s])
    assert t.op.type == "Pack" and t.op.name == "packed" and t.dtype == tf.float32
    assert value_of(t).tolist() == [0.5, 1.0, 0.5]
    assert value_of(tf.convert_to_tensor([[s, 2.0], [3.0, s]])).tolist() == [[0.5, 2.0], [3.0, 0.5]]


def test_strings_keep_their_bytes():
    assert value_of(tf.constant(["ä", "b\0"])).tolist() == ["ä".encode(), b"b\0"]
    assert value_of(tf.constant(b"\0\xff")) == b"\0\xff"


def test_a_tensor_is_never_cast():
    with pytest.raises(ValueError, match="Tensor conversion requested dtype int32 for Tensor with dtype float32"):
        tf.convert_to_tensor(tf.constant(1.0), tf.int32)


def test_preferred_type_gives_way():
    assert tf.convert_to_tensor(1, preferred_dtype=tf.float64).dtype == tf.float64
    assert tf.convert_to_tensor(1.5, preferred_dtype=tf.int32).dtype == tf.float32


def test_operands_take_the_tensors_type():
    f, i = tf.constant(1.0), tf.constant(1)
    for t in (f + 1, f + True, f + np.float64(1), np.array([1.0]) + f, 2 * f, f + [1, 2]):
        assert t.dtype == tf.float32
    with pytest.raises(TypeError, match="Expected int32, but got 1.5 of type 'float'."):
        1.5 + i
    with pytest.raises(TypeError, match="Input 'y' of 'AddV2' Op has type float32 that does not match type int32 of argument 'x'."):
        i + 1.5
    with pytest.raises(TypeError, match="Input 'y' of 'AddV2' Op has type int32 that does not match type float32 of argument 'x'."):
        f + i
    with pytest.raises(TypeError, match="`x` and `y` must have the same dtype"):
        f / i
    assert (i / 2).dtype == tf.float64


def test_disallowed_type():
    with pytest.raises(TypeError, match="Value passed to parameter 'x' has DataType bool not in list of allowed values"):
        tf.exp(tf.constant(True))


def test_tensors_are_not_python_values():
    t = tf.constant([1.0])
    for use in (bool, iter, len, int, float, list):
        with pytest.raises(TypeError):
            use(t)
    with pytest.raises(NotImplementedError):
        np.array(t)
    with pytest.raises(TypeError):
        1.0 in t  # noqa: B015


def test_slices():
    x = np.arange(24).reshape(2, 3, 4)
    t = tf.constant(x)
    i = tf.constant(1)
    with tf.Session() as sess:
        for ours, theirs in [
            (t[1], x[1]), (t[0, 2], x[0, 2]), (t[..., 1], x[..., 1]), (t[:, ::-1], x[:, ::-1]), (t[:, None, 1:, ::2], x[:, None, 1:, ::2]),
            (t[-1, -2:], x[-1, -2:]), (t[i], x[1]), (t[0:i], x[0:1]), (t[:, 1:2], x[:, 1:2]),
        ]:  # fmt: skip
            np.testing.assert_array_equal(sess.run(ours), theirs)
    with pytest.raises(TypeError, match="Only integers, slices"):
        t[1.0]
    with pytest.raises(ValueError, match="strides\\[0\\] must be non-zero"):
        t[::0]
    with pytest.raises(ValueError, match="Attempting to slice scalar input."):
        tf.constant(1)[0]


def test_dtypes():
    assert (
        tf.as_dtype("float") is tf.float32 and tf.as_dtype(np.int64) is tf.int64 and tf.as_dtype(float) is tf.float32 and tf.as_dtype(1) is tf.float32
    )
    assert tf.float32 == "float32" and tf.float32 == np.float32 and hash(tf.float32) == hash(tf.as_dtype("float32"))
    assert repr(tf.float32) == "tf.float32" and str(tf.float32) == "<dtype: 'float32'>"
    assert tf.float32.as_numpy_dtype is np.float32 and tf.string.as_numpy_dtype is np.object_
    with pytest.raises(TypeError, match="Cannot convert the argument `type_value`: 'foo' to a TensorFlow DType."):
        tf.as_dtype("foo")


def test_registered_conversion():
    class Celsius:
        def __init__(self, value):
            self.value = value

    tf.register_tensor_conversion_function(Celsius, lambda v, dtype=None, name=None, as_ref=False: tf.constant(v.value + 273.15, dtype, name=name))
    assert value_of(tf.convert_to_tensor(Celsius(0.0))) == np.float32(273.15)
