"""Errors of running graphs: the class and the core phrase of the message."""

import numpy as np
import pytest

CASES = {
    "matmul": (
        lambda tf, f: tf.matmul(f([2, 3]), f([2, 3])),
        "InvalidArgumentError",
        r"Matrix size-incompatible: In\[0\]: \[2,3\], In\[1\]: \[2,3\]",
    ),
    "broadcast": (lambda tf, f: f([2, 3]) + f([2, 2]), "InvalidArgumentError", r"Incompatible shapes: \[2,3\] vs. \[2,2\]"),
    "reshape": (
        lambda tf, f: tf.reshape(f([3]), [4]),
        "InvalidArgumentError",
        "Input to reshape is a tensor with 3 values, but the requested shape has 4",
    ),
    "gather": (lambda tf, f: tf.gather(f([2]), tf.cast(f([1]) + 5.0, tf.int32)), "InvalidArgumentError", r"indices\[0\] = 6 is not in \[0, 2\)"),
    "concat": (
        lambda tf, f: tf.concat([f([2, 3]), f([3, 2])], 0),
        "InvalidArgumentError",
        r"ConcatOp : Dimension 1 in both shapes must be equal: shape\[0\] = \[2,3\] vs. shape\[1\] = \[3,2\]",
    ),
    "stack": (
        lambda tf, f: tf.stack([f([2]), f([3])]),
        "InvalidArgumentError",
        r"Shapes of all inputs must match: values\[0\].shape = \[2\] != values\[1\].shape = \[3\]",
    ),
    "division": (lambda tf, f: tf.cast(f([1]), tf.int32) // tf.cast(f([1]) - 1.0, tf.int32), "InvalidArgumentError", "Integer division by zero"),
    "slice": (lambda tf, f: f([3])[tf.cast(f([]) + 4.0, tf.int32)], "InvalidArgumentError", "slice index 5 of dimension 0 out of bounds"),
    "label": (
        lambda tf, f: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.cast(f([1]) + 4.0, tf.int32), logits=f([1, 2])),
        "InvalidArgumentError",
        r"Received a label value of 5 which is outside the valid range of \[0, 2\)",
    ),
    "axis": (lambda tf, f: tf.reduce_sum(f([2]), tf.cast(f([]) + 4.0, tf.int32)), "InvalidArgumentError", "Invalid reduction dimension"),
    "tile": (lambda tf, f: tf.fill(tf.cast(f([1]) - 3.0, tf.int32), 1.0), "InvalidArgumentError", ""),
    "split": (lambda tf, f: tf.split(f([3]), 2)[0], "InvalidArgumentError", "evenly"),
    "squeeze": (lambda tf, f: tf.squeeze(f([2]), [0]), "InvalidArgumentError", "squeeze"),
}


@pytest.mark.parametrize("case", CASES)
def test_error(tf, case):
    make, kind, said = CASES[case]
    feeds = {}

    def late(shape):
        """A tensor of ones whose shape is only known when fed."""
        x = tf.placeholder(tf.float32)
        feeds[x] = np.ones(shape, np.float32)
        return x

    y = make(tf, late)
    with tf.Session() as s, pytest.raises(getattr(tf.errors, kind), match=said):
        s.run(y, feeds)


def test_error_tells_the_node(tf):
    x = tf.placeholder(tf.float32)
    y = tf.matmul(x, x, name="the_product")
    with tf.Session() as s, pytest.raises(tf.errors.InvalidArgumentError) as caught:
        s.run(y, {x: np.ones((2, 3))})
    assert "the_product" in str(caught.value)
    assert caught.value.op is y.op and caught.value.node_def.name == "the_product"
    assert caught.value.error_code == 3
    assert isinstance(caught.value, tf.errors.OpError)
    assert "test_run_errors.py" in str(caught.value)


def test_session_goes_on_after_an_error(tf):
    x = tf.placeholder(tf.float32)
    v = tf.Variable(1.0)
    y = tf.matmul(x, x)
    with tf.Session() as s:
        s.run(v.initializer)
        with pytest.raises(tf.errors.InvalidArgumentError):
            s.run(y, {x: np.ones((2, 3))})
        assert s.run(v) == 1.0 and s.run(y, {x: [[2.0]]}).tolist() == [[4.0]]


def test_codes_of_the_classes(tf):
    names = [
        "CancelledError",
        "UnknownError",
        "InvalidArgumentError",
        "DeadlineExceededError",
        "NotFoundError",
        "AlreadyExistsError",
        "PermissionDeniedError",
        "ResourceExhaustedError",
        "FailedPreconditionError",
        "AbortedError",
        "OutOfRangeError",
        "UnimplementedError",
        "InternalError",
        "UnavailableError",
        "DataLossError",
        "UnauthenticatedError",
    ]
    for code, name in enumerate(names, start=1):
        error = getattr(tf.errors, name)(None, None, "because")
        assert error.error_code == code and error.message == "because" and isinstance(error, tf.OpError)
