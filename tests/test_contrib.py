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


IMAGES = np.random.RandomState(5).uniform(-1, 1, (2, 3, 4, 4)).astype(np.float32)


def test_group_norm_normalizes_groups_of_channels():
    (value, close) = run(layers.group_norm(IMAGES, groups=2), layers.group_norm(IMAGES, groups=2, mean_close_to_zero=True))
    grouped = IMAGES.reshape(2, 3, 4, 2, 2)
    expected = (grouped - grouped.mean((1, 2, 4), keepdims=True)) / grouped.std((1, 2, 4), keepdims=True)
    np.testing.assert_allclose(value, expected.reshape(IMAGES.shape), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(close, value, rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="4 channels is not commensurate with 3 groups"):
        layers.group_norm(IMAGES, groups=3)
    with pytest.raises(ValueError, match="mutually exclusive"):
        layers.group_norm(IMAGES, groups=2, reduction_axes=[3])


def test_batch_norm_renorm_uses_the_layer_and_its_variables():
    y = layers.batch_norm(X, renorm=True, renorm_decay=0.5)
    names = [v.op.name for v in tf.get_collection(tf.GraphKeys.MODEL_VARIABLES)]
    assert names == [f"BatchNorm/{n}" for n in ("beta", "moving_mean", "moving_variance", "moving_stddev", "renorm_mean", "renorm_stddev")]
    (value,) = run(y)
    # Before the first update the averages are 0 and 1: what is normalized by the batch turns back into the inputs.
    np.testing.assert_allclose(value, X, rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="renorm is not supported with batch_weights"):
        layers.batch_norm(X, renorm=True, updates_collections=None)


def test_batch_norm_adjustment_scales_normalized_values():
    y = layers.batch_norm(X, adjustment=lambda sizes: (tf.fill([sizes[0], 1], 2.0), tf.fill([sizes[0], 1], 0.5)))
    (value,) = run(y)
    np.testing.assert_allclose(value, 2 * (X - X.mean(0)) / np.sqrt(X.var(0) + 0.001) + 0.5, rtol=1e-4, atol=1e-5)


def test_pool_and_convolution_in_plane():
    maximum, mean = layers.pool(IMAGES, 2, "MAX"), layers.pool(IMAGES, [3, 2], "AVG", stride=[1, 2])
    plane = layers.conv2d_in_plane(IMAGES, [1, 2], padding="VALID", weights_initializer=tf.ones_initializer(), activation_fn=None)
    assert maximum.op.name == "max_pool" and plane.op.name == "ConvInPlane/BiasAdd"
    values = run(maximum, mean, plane)
    windows = np.stack([IMAGES[:, i : i + 2, j : j + 3] for i in (0, 1) for j in (0, 1)])
    np.testing.assert_allclose(values[0], windows.max(0), rtol=1e-6)
    np.testing.assert_allclose(values[1], IMAGES.reshape(2, 3, 2, 2, 4).mean((1, 3))[:, None], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(values[2], IMAGES[:, :, 1:] + IMAGES[:, :, :-1], rtol=1e-6)
    with pytest.raises(ValueError, match="Rank of inputs must be known"):
        layers.pool(tf.placeholder(tf.float32), 2, "MAX")


def test_spatial_softmax_finds_the_peak():
    image = np.zeros((1, 3, 5, 1), np.float32)
    image[0, 2, 1] = 50
    (value,) = run(layers.spatial_softmax(image, temperature=1.0))
    np.testing.assert_allclose(value, [[1.0, -0.5]], atol=1e-5)


def test_images_and_sequences_are_inverse():
    sequence = layers.images_to_sequence(IMAGES)
    assert sequence.shape.as_list() == [4, 6, 4]
    np.testing.assert_array_equal(run(layers.sequence_to_images(sequence, 3))[0], IMAGES)


def test_scaled_gradients_and_sparse_forms():
    x = tf.constant(X)
    (gradient,) = run(tf.gradients(tf.reduce_sum(layers.scale_gradient(x, 0.25) ** 2), x)[0])
    np.testing.assert_allclose(gradient, 0.5 * X, rtol=1e-6)
    sparse = run(layers.dense_to_sparse([[1, 0, 2], [0, 3, 0]]))[0]
    assert sparse.indices.tolist() == [[0, 0], [0, 2], [1, 1]] and sparse.values.tolist() == [1, 2, 3]


def test_layers_with_an_activation_in_their_name():
    y = layers.relu6(X, 2, scope="six")
    assert y.op.type == "Relu6" and layers.linear(X, 2).op.type == "BiasAdd" and layers.elu(X, 2).op.type == "Elu"
    old = layers.legacy_relu(X, 2)
    assert tf.get_collection(tf.GraphKeys.WEIGHTS)[0].op.name.endswith("/weights") and tf.get_collection(tf.GraphKeys.ACTIVATIONS) == [old]


def test_collected_outputs_keep_the_names_of_their_layers():
    with framework.arg_scope([layers.conv2d], outputs_collections="end_points"):
        first = layers.conv2d(IMAGES, 2, 3, scope="conv1")
        second = layers.conv2d(first, 2, 3, scope="conv2")
    assert tf.contrib.slim.utils.convert_collection_to_dict("end_points") == {"conv1": first, "conv2": second}


def test_adaptive_clipping_limits_norms_above_their_average():
    loss = tf.placeholder(tf.float32, []) * tf.reduce_sum(tf.get_variable("w", [2], initializer=tf.ones_initializer()))
    clip = layers.adaptive_clipping_fn(std_factor=0.0, decay=0.5)
    ((gradient, _),) = clip(tf.train.GradientDescentOptimizer(1.0).compute_gradients(loss))
    feed = loss.op.inputs[0]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        # The average of the logarithm is half of log(10 √2) after the first step.
        clipped = session.run(gradient, {feed: 10.0})
    np.testing.assert_allclose(np.linalg.norm(clipped), np.sqrt(10 * np.sqrt(2)), rtol=1e-4)


def test_devices_are_dealt_out():
    choose = framework.VariableDeviceChooser(num_tasks=2)
    assert [choose(None) for _ in range(3)] == [f"/job:ps/task:{k}/device:CPU:0" for k in (0, 1, 0)]
    assert framework.VariableDeviceChooser(device_type="GPU", device_index=None)(None) == "/device:GPU:*"


def test_every_layer_shows_its_arguments():
    assert framework.arg_scoped_arguments(layers.conv2d)[:4] == ("stride", "padding", "data_format", "rate")
    with pytest.raises(ValueError, match="NCHW or NHWC"):
        layers.conv2d_transpose(IMAGES, 2, 3, data_format="NC")


def test_slim_is_layers_scopes_and_variables(capsys):
    slim = tf.contrib.slim
    with slim.arg_scope([slim.conv2d, slim.fully_connected], weights_regularizer=slim.l2_regularizer(0.1), activation_fn=None):
        y = slim.fully_connected(slim.flatten(slim.conv2d(IMAGES, 3, [3, 3], scope="conv1")), 2)
    assert y.op.type == "BiasAdd" and len(tf.losses.get_regularization_losses()) == 2
    assert slim.get_model_variables("conv1") == tf.global_variables("conv1")
    assert slim.model_analyzer.analyze_vars(tf.trainable_variables(), print_info=True) == (3 * 3 * 4 * 3 + 3 + 36 * 2 + 2, 4 * 185)
    assert "conv1/weights:0 (float32_ref 3x3x4x3) [108, bytes: 432]" in capsys.readouterr().out
    with pytest.raises(AttributeError, match="use tf.losses"):
        slim.losses  # noqa: B018
