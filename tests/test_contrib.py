"""tf.contrib.layers, tf.contrib.framework and tf.nest: names, defaults, scopes of arguments, structures."""

import collections

import graphpb as tf
import numpy as np
import pytest

layers, framework = tf.contrib.layers, tf.contrib.framework
X = np.random.RandomState(2).uniform(-1, 1, (4, 3)).astype(np.float32)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


def run(*fetches):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(list(fetches))


def test_fully_connected_is_relu_by_default_and_names_its_variables():
    y = layers.fully_connected(X, 5)
    assert y.op.name == "fully_connected/Relu"
    assert [v.op.name for v in tf.trainable_variables()] == ["fully_connected/weights", "fully_connected/biases"]
    assert tf.get_collection(tf.GraphKeys.MODEL_VARIABLES) == tf.global_variables()
    value, weights = run(y, tf.global_variables()[0])
    np.testing.assert_allclose(value, np.maximum(X @ weights, 0), rtol=1e-5, atol=1e-6)


def test_xavier_limits():
    (weights,) = run(tf.get_variable("w", [300, 200], initializer=layers.xavier_initializer()))
    assert np.abs(weights).max() <= np.sqrt(6 / 500)


def test_normalizer_replaces_biases():
    layers.fully_connected(X, 5, normalizer_fn=layers.layer_norm)
    assert [v.op.name for v in tf.global_variables()] == [
        "fully_connected/weights",
        "fully_connected/LayerNorm/beta",
        "fully_connected/LayerNorm/gamma",
    ]


def test_layer_norm_normalizes_each_example():
    (value,) = run(layers.layer_norm(X))
    np.testing.assert_allclose(value, (X - X.mean(1, keepdims=True)) / X.std(1, keepdims=True), rtol=1e-4, atol=1e-5)


def test_regularizers():
    w = tf.constant(X)
    values = run(layers.l2_regularizer(0.1)(w), layers.l1_regularizer(0.5)(w))
    np.testing.assert_allclose(values, [0.05 * (X**2).sum(), 0.5 * np.abs(X).sum()], rtol=1e-6)
    assert layers.l2_regularizer(0.0)(w) is None
    with pytest.raises(ValueError, match="scale cannot be an integer"):
        layers.l2_regularizer(1)


def test_arg_scope_nests_and_is_overridden_by_arguments():
    @framework.add_arg_scope
    def function(x, a=1, b=2):
        return x, a, b

    with framework.arg_scope([function], a=10) as scope:
        with framework.arg_scope([function], b=20):
            assert function(0) == (0, 10, 20) and function(0, a=3) == (0, 3, 20)
        assert function(0) == (0, 10, 2)
    assert function(0) == (0, 1, 2)
    with framework.arg_scope(scope):
        assert function(0) == (0, 10, 2)
    with pytest.raises(ValueError, match="is not decorated with @add_arg_scope"), framework.arg_scope([len], a=1):
        pass


def test_arg_scope_reaches_layers():
    with framework.arg_scope([layers.fully_connected], activation_fn=None, scope="named"):
        assert layers.fully_connected(X, 2).op.name == "named/BiasAdd"


def test_stack_numbers_its_scopes():
    layers.stack(X, layers.fully_connected, [4, 2], scope="s")
    assert [v.op.name for v in tf.global_variables()[::2]] == ["s/s_1/weights", "s/s_2/weights"]


def test_variables_by_scope_and_suffix():
    layers.fully_connected(X, 2, scope="a")
    layers.fully_connected(X, 2, scope="b")
    assert [v.op.name for v in framework.get_variables("a")] == ["a/weights", "a/biases"]
    assert [v.op.name for v in framework.get_variables_by_suffix("biases")] == ["a/biases", "b/biases"]
    assert framework.get_unique_variable("b/weights").op.name == "b/weights"


Pair = collections.namedtuple("Pair", "first second")


def test_nest_flattens_by_sorted_key_and_packs_the_same_kind():
    structure = {"b": [1, (2, 3)], "a": Pair(4, 5)}
    assert tf.nest.flatten(structure) == [4, 5, 1, 2, 3]
    packed = tf.nest.map_structure(lambda x: x * 10, structure)
    assert packed == {"b": [10, (20, 30)], "a": Pair(40, 50)} and isinstance(packed["a"], Pair) and list(packed) == ["b", "a"]
    assert tf.nest.flatten("text") == ["text"] and tf.nest.pack_sequence_as(0, [7]) == 7


def test_nest_refuses_other_structures():
    with pytest.raises(ValueError, match="same number of elements"):
        tf.nest.assert_same_structure([1, 2], [1])
    with pytest.raises(TypeError, match="same sequence type"):
        tf.nest.assert_same_structure([1], (1,))
    with pytest.raises(ValueError, match="Could not pack sequence"):
        tf.nest.pack_sequence_as([1, 2], [1])
    assert framework.nest.flatten_up_to([0, 0], [[1, 2], 3]) == [[1, 2], 3]
