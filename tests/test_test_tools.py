"""tf.test, tf.contrib.training.HParams, tf.compat and the alias `tensorflow`."""

import subprocess
import sys
import unittest

import graphpb as tf
import numpy as np
import pytest


def run_case(body):
    """The failures and errors of a test case with this one method."""
    case = type("Case", (tf.test.TestCase,), {"test_it": body})
    result = unittest.TestResult()
    case("test_it").run(result)
    return result.failures + result.errors


def test_sessions_of_a_case_are_default_and_cached():
    def body(self):
        v = tf.Variable(2.0)
        with self.cached_session() as one:
            tf.global_variables_initializer().run()
        with self.cached_session() as two:
            assert one is two and self.evaluate(v) == 2.0
            self.assertAllClose(v, 2.0)
        with self.session(graph=tf.Graph()) as other:
            assert other is not one and tf.get_default_session() is other

    assert run_case(body) == []


@pytest.mark.parametrize(
    "good, bad",
    [
        (lambda c: c.assertAllClose([1.0, 2.0], np.array([1.0, 2.0 + 1e-7])), lambda c: c.assertAllClose([1.0], [1.1])),
        (lambda c: c.assertAllClose({"a": [1.0]}, {"a": np.ones(1)}), lambda c: c.assertAllClose({"a": 1.0}, {"b": 1.0})),
        (lambda c: c.assertAllEqual(np.array([1, 2]), [1, 2]), lambda c: c.assertAllEqual([1, 2], [1, 3])),
        (lambda c: c.assertAllEqual([np.nan], [np.nan]), lambda c: c.assertAllEqual([[1]], [1])),
        (lambda c: c.assertNear(1.0, 1.05, 0.1), lambda c: c.assertNear(1.0, 1.2, 0.1)),
        (lambda c: c.assertShapeEqual(np.zeros([2, 3]), tf.zeros([2, 3])), lambda c: c.assertShapeEqual(np.zeros([2]), tf.zeros([3]))),
        (lambda c: c.assertAllCloseAccordingToType(np.float16(1.0), np.float16(1.001)), lambda c: c.assertAllCloseAccordingToType(1.0, 1.001)),
        (lambda c: c.assertAllInRange([0.1, 0.9], 0.0, 1.0), lambda c: c.assertAllInRange([0.1, 1.9], 0.0, 1.0)),
        (lambda c: c.assertNotAllClose([1.0], [2.0]), lambda c: c.assertNotAllClose([1.0], [1.0])),
        (lambda c: c.assertItemsEqual([1, 2], [2, 1]), lambda c: c.assertItemsEqual([1, 2], [2, 2])),
    ],
)
def test_assertions_pass_and_fail(good, bad):
    assert run_case(good) == [] and len(run_case(bad)) == 1


def test_errors_of_runs_are_asserted():
    def body(self):
        x = tf.placeholder(tf.float32, [2], name="x")
        with self.cached_session():
            with self.assertRaisesOpError("must feed a value"):
                x.eval()
            with self.assertRaisesWithPredicateMatch(ValueError, lambda e: "boo" in str(e)):
                raise ValueError("boo")

    assert run_case(body) == []


def test_cases_are_seeded():
    def body(self):
        with self.cached_session():
            seen.append(float(tf.random_uniform([]).eval()))

    seen = []
    assert run_case(body) == run_case(body) == [] and seen[0] == seen[1]


def test_gradient_error_is_small_for_true_gradients_and_large_for_false_ones():
    with tf.Graph().as_default() as graph, tf.Session():
        x = tf.placeholder(tf.float64, [2, 3])
        w = tf.constant(np.arange(6.0).reshape(3, 2))
        y = tf.tanh(tf.matmul(x, w))
        assert tf.test.compute_gradient_error(x, [2, 3], y, [2, 2], delta=1e-5) < 1e-8
        tf.RegisterGradient("Twice")(lambda op, grad: 2.0 * grad)
        with graph.gradient_override_map({"Identity": "Twice"}):
            z = tf.identity(x)
        symbolic, numeric = tf.test.compute_gradient(x, [2, 3], z, [2, 3])
        np.testing.assert_allclose(symbolic, 2 * np.eye(6))
        np.testing.assert_allclose(numeric, np.eye(6), atol=1e-9)
        assert tf.test.compute_gradient_error(x, [2, 3], z, [2, 3]) > 0.9


def test_there_is_no_gpu():
    assert tf.test.is_gpu_available() is False and tf.test.gpu_device_name() == ""


def test_hyper_parameters():
    p = tf.contrib.training.HParams(rate=0.1, steps=3, name="a", deep=True, sizes=[3, 4])
    assert p.parse("rate=2,steps=7, name=b ,deep=false,sizes=[5,6,7]") is p
    assert (p.rate, p.steps, p.name, p.deep, p.sizes) == (2.0, 7, "b", False, [5, 6, 7])
    p.parse("sizes[1]=9").override_from_dict({"steps": 4})
    assert p.values() == {"rate": 2.0, "steps": 4, "name": "b", "deep": False, "sizes": [5, 9, 7]} and type(p.rate) is float
    assert tf.contrib.training.HParams(a=1).parse_json('{"a": 2}').to_json() == '{"a": 2}'
    assert "rate" in p and p.get("none", 5) == 5
    for text in ("nope=1", "steps=x", "steps=1,steps=2", "steps=[1]", "rate"):
        with pytest.raises(ValueError):
            p.parse(text)
    with pytest.raises(ValueError, match="reserved"):
        p.add_hparam("rate", 1)


def test_strings_and_bytes():
    assert tf.compat.as_bytes("é") == "é".encode() and tf.compat.as_text(b"a") == "a" and tf.compat.as_str_any(3) == "3"
    with pytest.raises(TypeError, match="Expected binary or unicode string, got 3"):
        tf.compat.as_bytes(3)
    assert tf.compat.v1 is tf and not hasattr(tf.compat, "no_such_name")


def test_import_tensorflow_gives_graphpb_when_asked():
    program = """
import graphpb, graphpb.compat
graphpb.compat.install()
import tensorflow as tf
import tensorflow.contrib.layers as layers
from tensorflow.python.ops import array_ops, math_ops
from tensorflow.python.framework import ops, dtypes
from tensorflow.python.training.moving_averages import assign_moving_average
from tensorflow.python.client import device_lib
from tensorflow.examples.tutorials.mnist import input_data
import tensorflow.python.util.nest as nest
from tensorflow.contrib.rnn.python.ops.core_rnn import static_rnn, static_bidirectional_rnn
from tensorflow.contrib.legacy_seq2seq.python.ops import seq2seq
from tensorflow.contrib.layers.python.layers import initializers
from tensorflow.python.ops.rnn import dynamic_rnn, rnn_cell_impl
assert static_rnn is tf.nn.static_rnn and seq2seq.sequence_loss is tf.contrib.legacy_seq2seq.sequence_loss
assert rnn_cell_impl.LSTMStateTuple is tf.nn.rnn_cell.LSTMStateTuple and initializers.xavier_initializer is layers.xavier_initializer
assert tf is graphpb and layers is graphpb.contrib.layers and array_ops.reshape is tf.reshape and ops.Tensor is tf.Tensor
assert dtypes.float32 is tf.float32 and callable(assign_moving_average) and callable(input_data.read_data_sets)
assert [d.device_type for d in device_lib.list_local_devices()] == ["CPU"] and nest.flatten([1, [2]]) == [1, 2]
try:
    import tensorflow.no_such_module
except ImportError:
    pass
else:
    raise SystemExit("no error")
try:
    array_ops.no_such_name
except AttributeError:
    pass
else:
    raise SystemExit("no error")
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_creators_stand_before_variables():
    calls = []

    def creator(label):
        def make(next_creator, **kwargs):
            calls.append((label, kwargs.get("name")))
            kwargs["trainable"] = False
            return next_creator(**kwargs)

        return make

    with tf.Graph().as_default():
        with tf.variable_creator_scope(creator("outer")), tf.variable_creator_scope(creator("inner")):
            v = tf.Variable(1.0, name="v")
            w = tf.get_variable("w", [2])
        u = tf.Variable(1.0, name="u")
        assert [label for label, _ in calls] == ["inner", "outer"] * 2 and calls[0][1] == "v"
        assert tf.trainable_variables() == [u] and tf.global_variables() == [v, w, u]
