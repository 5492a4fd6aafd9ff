"""dtypes, conversion of Python values, and operators between kinds of values."""

import numpy as np
import pytest


@pytest.mark.parametrize(
    "value, dtype",
    [
        (1, "int32"),
        (1 << 31, "int64"),
        (1.5, "float32"),
        (1e39, "float32"),
        (True, "bool"),
        (1j, "complex128"),
        ("a", "string"),
        (b"a", "string"),
        ([1, 2.5], "float32"),
        ([1, 1 << 40], "int64"),
        ([], "float32"),
        (np.float64(1), "float64"),
        (np.arange(3), "int64"),
        (np.float32([1]), "float32"),
        ([[1], [2]], "int32"),
        ([True, False], "bool"),
        (["a", "b"], "string"),
    ],
)
def test_inferred_type(tf, value, dtype):
    assert tf.constant(value).dtype.name == dtype


@pytest.mark.parametrize(
    "value, dtype, said",
    [
        (1.5, "int32", "Expected int32"),
        (1.0, "int32", "Expected int32"),
        (1, "bool", "Expected bool"),
        ("a", "float32", "Expected float32"),
        (1.0, "string", "Expected string"),
    ],
)
def test_lossy_conversion_is_refused(tf, value, dtype, said):
    with pytest.raises(TypeError, match=said):
        tf.constant(value, dtype=dtype)


def test_none_is_refused(tf):
    with pytest.raises(ValueError, match="None values not supported"):
        tf.constant(None)


def test_constant_shapes(tf):
    with tf.Session() as s:
        assert s.run(tf.constant([1, 2], shape=[4])).tolist() == [1, 2, 2, 2]
        assert s.run(tf.constant(3, shape=[2, 2])).tolist() == [[3, 3], [3, 3]]
    with pytest.raises(ValueError, match="Too many elements provided"):
        tf.constant([1, 2, 3], shape=[2])


def test_types_are_one_object_each(tf):
    assert tf.as_dtype("float32") is tf.float32 and tf.as_dtype(np.float32) is tf.float32 and tf.as_dtype(1) is tf.float32
    assert tf.as_dtype("float") is tf.float32 and tf.as_dtype("double") is tf.float64 and tf.as_dtype(float) is tf.float32
    assert tf.float32 == "float32" and tf.float32 == np.float32 and hash(tf.as_dtype(np.int64)) == hash(tf.int64)
    with pytest.raises(TypeError, match="Cannot convert the argument `type_value`: 'foo' to a TensorFlow DType"):
        tf.as_dtype("foo")


def test_type_properties(tf):
    assert tf.float32.is_floating and tf.int32.is_integer and tf.bool.is_bool and tf.complex64.is_complex
    assert tf.uint8.max == 255 and tf.int8.min == -128 and tf.float32.size == 4
    assert tf.float32.as_numpy_dtype is np.float32 and tf.bool.as_numpy_dtype is np.bool_ and tf.string.as_numpy_dtype in (object, np.object_)
    assert tf.float32.real_dtype == tf.float32 and tf.complex64.real_dtype == tf.float32


@pytest.mark.parametrize(
    "make", [lambda f: f + 1, lambda f: f + True, lambda f: f + np.float64(1), lambda f: np.array([1.0]) + f, lambda f: 2 * f, lambda f: 1 - f]
)
def test_numbers_take_the_type_of_the_tensor(tf, make):
    assert make(tf.constant([1.0])).dtype == tf.float32


def test_tensors_of_two_types_are_refused(tf):
    f, i = tf.constant(1.0), tf.constant(1)
    with pytest.raises(TypeError, match="type int32 that does not match type float32 of argument 'x'"):
        f + i
    with pytest.raises(TypeError, match="must have the same dtype"):
        f / i
    with pytest.raises(TypeError):
        i + 1.5


def test_true_division_of_integers(tf):
    a = tf.constant(3)
    assert (a / a).dtype == tf.float64
    assert (tf.cast(a, tf.int8) / tf.cast(a, tf.int8)).dtype == tf.float32


def test_truth_of_a_tensor_is_refused(tf):
    t = tf.constant(True)
    for wrong in (lambda: bool(t), lambda: not t, lambda: t and t):
        with pytest.raises(TypeError, match="as a Python `bool` is not allowed"):
            wrong()


def test_iteration_and_length_are_refused(tf):
    t = tf.constant([1.0, 2.0])
    with pytest.raises(TypeError):
        iter(t)
    with pytest.raises(TypeError, match="len is not well defined"):
        len(t)
    with pytest.raises(TypeError):
        float(t)
    with pytest.raises(TypeError):
        1.0 in t


def test_equality_is_identity_and_tensors_hash(tf):
    a, b = tf.constant(1.0), tf.constant(1.0)
    assert (a == b) is False and (a == a) is True and (a != b) is True
    assert {a: 1, b: 2}[b] == 2
    assert (a == 1.0) is False


@pytest.mark.parametrize("index", [1.0, "a", np.array([0.5])])
def test_bad_indices(tf, index):
    with pytest.raises((TypeError, ValueError)):
        tf.constant([1.0, 2.0])[index]


def test_types_not_allowed_by_an_op(tf):
    with pytest.raises(TypeError, match="Value passed to parameter 'x' has DataType bool not in list of allowed values"):
        tf.negative(tf.constant(True))


def test_wrong_type_requested(tf):
    with pytest.raises(ValueError, match="Tensor conversion requested dtype int32 for Tensor with dtype float32"):
        tf.convert_to_tensor(tf.constant(1.0), dtype=tf.int32)


def test_user_conversion_functions(tf):
    class Celsius:
        def __init__(self, value):
            self.value = value

    tf.register_tensor_conversion_function(Celsius, lambda value, dtype=None, name=None, as_ref=False: tf.constant(value.value + 273.15, name=name))
    with tf.Session() as s:
        assert abs(s.run(tf.multiply(Celsius(1.0), 2.0)) - 548.3) < 1e-3


@pytest.mark.parametrize("value, dtype, expected", [([-7, 7], "int32", [-4, 3]), ([-7.0, 7.0], "float32", [-4.0, 3.0])])
def test_floor_division_and_modulo(tf, value, dtype, expected):
    x = tf.constant(value, dtype=dtype)
    with tf.Session() as s:
        assert s.run(x // 2).tolist() == expected
        assert s.run(x % 2).tolist() == [1, 1]


def test_rounding_is_half_to_even(tf):
    with tf.Session() as s:
        assert s.run(tf.round([0.5, 1.5, 2.5, -0.5, -1.5])).tolist() == [0.0, 2.0, 2.0, -0.0, -2.0]


def test_casts(tf):
    with tf.Session() as s:
        assert s.run(tf.cast([1.9, -1.9], tf.int32)).tolist() == [1, -1]
        assert s.run(tf.cast([0.0, 0.5, float("nan")], tf.bool)).tolist() == [False, True, True]
        assert s.run(tf.cast([300, -1], tf.uint8)).tolist() == [44, 255]


def test_empty_reductions(tf):
    x = tf.zeros([0, 2])
    with tf.Session() as s:
        assert s.run(tf.reduce_sum(x, 0)).tolist() == [0, 0] and s.run(tf.reduce_prod(x, 0)).tolist() == [1, 1]
        assert s.run(tf.reduce_max(x, 0)).tolist() == [-np.inf, -np.inf] and np.isnan(s.run(tf.reduce_mean(x, 0))).all()
        assert s.run(tf.reduce_all(tf.zeros([0], tf.bool))) and not s.run(tf.reduce_any(tf.zeros([0], tf.bool)))


def test_nan_rules(tf):
    nan = float("nan")
    with tf.Session() as s:
        assert np.isnan(s.run(tf.reduce_max([1.0, nan, 3.0]))) and np.isnan(s.run(tf.maximum(1.0, nan)))
        assert s.run(tf.argmax([1.0, nan, 3.0])) == 2 and s.run(tf.argmax([3.0, 1.0, 3.0])) == 0
        assert s.run(tf.argmax([1.0, 2.0])).dtype == np.int64


def test_integer_mean_truncates(tf):
    with tf.Session() as s:
        assert s.run(tf.reduce_mean([1, 2])) == 1
