"""tf.layers, tf.losses and tf.metrics: names, variables, collections, values against numpy, refusals."""

import graphpb as tf
import numpy as np
import pytest

X = np.random.RandomState(1).uniform(-1, 1, (5, 3)).astype(np.float32)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


def run(*fetches):
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        return session.run(list(fetches))


def test_dense_computes_and_names():
    y = tf.layers.dense(X, 4, tf.nn.relu, name="fc", bias_initializer=tf.constant_initializer(0.5))
    assert y.name == "fc/Relu:0" and [v.op.name for v in tf.trainable_variables()] == ["fc/kernel", "fc/bias"]
    value, kernel = run(y, tf.trainable_variables()[0])
    np.testing.assert_allclose(value, np.maximum(X @ kernel + 0.5, 0), rtol=1e-5, atol=1e-6)


def test_dense_of_higher_rank_keeps_the_leading_axes():
    y = tf.layers.dense(tf.placeholder(tf.float32, [None, 2, 3]), 4)
    assert y.shape.as_list() == [None, 2, 4] and y.op.name == "dense/BiasAdd"


def test_unnamed_layers_count_and_shared_scopes_reuse():
    def mlp():
        return tf.layers.dense(tf.layers.dense(X, 4), 2)

    with tf.variable_scope("main"):
        mlp()
    with tf.variable_scope("main", reuse=True):
        again = mlp()
    assert [v.op.name for v in tf.global_variables()] == ["main/dense/kernel", "main/dense/bias", "main/dense_1/kernel", "main/dense_1/bias"]
    assert again.name == "main_1/dense_1/BiasAdd:0"


def test_layer_object_shares_its_variables():
    layer = tf.layers.Dense(3, name="d")
    first, second = layer(X), layer(X)
    assert (first.op.name, second.op.name) == ("d/BiasAdd", "d/BiasAdd_1")
    assert len(tf.global_variables()) == 2 and layer.trainable_weights == tf.trainable_variables() and layer.scope_name == "d"


def test_layer_refuses_other_inputs():
    layer = tf.layers.Dense(3, name="d")
    layer(X)
    with pytest.raises(ValueError, match='Input 0 of layer "d" is incompatible with the layer: expected axis -1 of input shape to have value 3'):
        layer(tf.placeholder(tf.float32, [None, 5]))
    with pytest.raises(TypeError, match="A Dense layer can only be built with a floating-point dtype"):
        tf.layers.dense(np.ones((2, 2), np.int32), 2)
    with pytest.raises(ValueError, match="The last dimension of the inputs to a Dense layer should be defined. Found None."):
        tf.layers.dense(tf.placeholder(tf.float32, [2, None]), 2)


def test_regularizers_join_the_losses():
    tf.layers.dense(X, 2, kernel_initializer=tf.ones_initializer(), kernel_regularizer=tf.reduce_sum, name="r")
    tf.layers.dense(X, 2, kernel_regularizer=tf.reduce_sum, name="r", reuse=True)
    losses = tf.losses.get_regularization_losses()
    assert [loss.op.name for loss in losses] == ["r/kernel/Regularizer/Sum"] and run(losses[0]) == [6.0]


def test_batch_normalization_trains_and_tests():
    trained = tf.layers.batch_normalization(X, training=True, momentum=0.9, name="bn")
    tested = tf.layers.batch_normalization(X, training=False, name="bn", reuse=True)
    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    assert [op.name for op in updates] == ["bn/AssignMovingAvg", "bn/AssignMovingAvg_1"]
    assert [v.op.name for v in tf.global_variables()] == ["bn/gamma", "bn/beta", "bn/moving_mean", "bn/moving_variance"]
    assert [v.op.name for v in tf.trainable_variables()] == ["bn/gamma", "bn/beta"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_allclose(session.run(trained), (X - X.mean(0)) / np.sqrt(X.var(0) + 1e-3), rtol=1e-4, atol=1e-5)
        session.run(updates)
        mean, variance = session.run(tf.global_variables()[2:])
        np.testing.assert_allclose(mean, 0.1 * X.mean(0), rtol=1e-5)
        np.testing.assert_allclose(variance, 0.9 + 0.1 * X.var(0), rtol=1e-5)
        np.testing.assert_allclose(session.run(tested), (X - mean) / np.sqrt(variance + 1e-3), rtol=1e-4, atol=1e-5)


def test_dropout_keeps_the_mean_and_is_off_by_default():
    ones = np.ones((100, 100), np.float32)
    dropped, same = run(tf.layers.dropout(ones, 0.25, training=True, seed=1), tf.layers.dropout(ones, 0.25))
    assert set(np.unique(dropped)) == {0.0, np.float32(1 / 0.75)} and abs(dropped.mean() - 1) < 0.02
    assert (same == ones).all()


def test_flatten_keeps_what_is_known():
    assert tf.layers.flatten(tf.placeholder(tf.float32, [None, 2, 3])).shape.as_list() == [None, 6]
    assert tf.layers.flatten(tf.placeholder(tf.float32, [4, None, 3])).shape.as_list()[0] == 4


LABELS = np.array([[1.0, 0.0, 0.5]] * 5, np.float32)
WEIGHTS = np.array([[1.0], [0.0], [2.0], [0.0], [1.0]], np.float32)


def test_losses_average_over_nonzero_weights_and_join_the_collection():
    plain = tf.losses.mean_squared_error(LABELS, X)
    weighted = tf.losses.mean_squared_error(LABELS, X, weights=WEIGHTS)
    summed = tf.losses.absolute_difference(LABELS, X, reduction=tf.losses.Reduction.SUM)
    huber = tf.losses.huber_loss(LABELS, X, delta=0.5)
    assert tf.losses.get_losses() == [plain, weighted, summed, huber] and plain.name == "mean_squared_error/value:0"
    error = np.abs(LABELS - X)
    inner = np.minimum(error, 0.5)
    expected = [(error**2).mean(), (WEIGHTS * error**2).sum() / 9, error.sum(), (0.5 * inner**2 + 0.5 * (error - inner)).mean()]
    np.testing.assert_allclose(run(plain, weighted, summed, huber), expected, rtol=1e-5)
    np.testing.assert_allclose(run(tf.losses.get_total_loss()), [sum(expected)], rtol=1e-5)


def test_losses_refuse():
    with pytest.raises(ValueError, match="Argument `labels` must not be None."):
        tf.losses.mean_squared_error(None, X)
    with pytest.raises(ValueError, match="weights can not be broadcast to values."):
        tf.losses.mean_squared_error(LABELS, X, weights=np.ones((2, 3), np.float32))
    with pytest.raises(ValueError, match="Invalid Reduction Key"):
        tf.losses.mean_squared_error(LABELS, X, reduction="all")


def test_metrics_stream_over_batches():
    labels, predictions = tf.placeholder(tf.int64, [None]), tf.placeholder(tf.int64, [None])
    accuracy, update = tf.metrics.accuracy(labels, predictions)
    precision, more = tf.metrics.precision(labels, predictions)
    assert (accuracy.name, update.name) == ("accuracy/value:0", "accuracy/update_op:0")
    assert [v.op.name for v in tf.local_variables()][:2] == ["accuracy/total", "accuracy/count"]
    assert tf.get_collection(tf.GraphKeys.METRIC_VARIABLES) == tf.local_variables() and tf.global_variables() == []
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        for truth, guess in (([1, 0, 1, 1], [1, 1, 0, 1]), ([0, 0], [0, 0])):
            session.run([update, more], {labels: truth, predictions: guess})
        np.testing.assert_allclose(session.run([accuracy, precision]), [4 / 6, 2 / 3], rtol=1e-6)


def test_mean_metric_is_weighted():
    value, update = tf.metrics.mean([1.0, 2.0, 6.0], weights=[1.0, 1.0, 0.5])
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        assert session.run(value) == 0.0
        np.testing.assert_allclose(session.run(update), 6.0 / 2.5, rtol=1e-6)


def test_functions_take_the_arguments_of_their_classes_in_order():
    images = np.zeros((1, 6, 6, 2), np.float32)
    y = tf.layers.conv2d(images, 3, 3, 2, "same", "channels_last", 1, tf.nn.relu, False)
    assert y.op.name == "conv2d/Relu" and y.shape.as_list() == [1, 3, 3, 3]
    up = tf.layers.Conv2DTranspose(3, 2, 2, "same", "channels_last", tf.nn.tanh)(images)
    assert up.op.type == "Tanh" and up.shape.as_list() == [1, 12, 12, 3]
    with pytest.raises(TypeError, match=r"dense\(\) missing a required argument: 'units'"):
        tf.layers.dense(images)
    with pytest.raises(TypeError, match="Keyword argument not understood"):
        tf.layers.Conv2DTranspose(3, 2, dilation_rate=2)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: tf.layers.Dense(-1), "Received an invalid value for `units`"),
        (lambda: tf.layers.Conv2D(0, 3), "Expected a strictly positive value. Received filters=0"),
        (lambda: tf.layers.Conv2D(2, 3, strides=0), r"cannot contains 0\(s\)"),
        (lambda: tf.layers.Conv2D(2, 3, padding="causal"), "Causal padding is only supported"),
        (lambda: tf.layers.Conv2D(2, 3, 2, dilation_rate=2), "not supported in conjunction"),
        (lambda: tf.layers.Conv2D(2, 9)(np.zeros((1, 4, 4, 1), np.float32)), "One of the dimensions in the output is <= 0"),
        (lambda: tf.layers.Dense(2, activation="nope"), "Unknown activation function: nope"),
        (lambda: tf.layers.batch_normalization(np.zeros((2, 3), np.float32), axis=[1, 1]), "Duplicate axis"),
        (lambda: tf.layers.batch_normalization(np.zeros((2, 3), np.float32), virtual_batch_size=0), "must be a positive integer"),
        (lambda: tf.layers.InputSpec(ndim=2, axes={4: 1}), "Axis 4 is greater"),
    ],
)
def test_wrong_arguments_are_value_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_losses_and_updates_belong_to_inputs_or_to_none():
    x, other = tf.constant([[1.0, 2.0]]), tf.constant([[3.0, 4.0]])
    dense = tf.layers.Dense(2, kernel_regularizer=tf.nn.l2_loss, activity_regularizer=tf.nn.l2_loss)
    dense(x), dense(other)
    assert [loss.op.name for loss in dense.get_losses_for(None)] == ["dense/kernel/Regularizer/L2Loss"]
    assert [loss.op.name for loss in dense.get_losses_for(other)] == ["dense/ActivityRegularizer_1/truediv"]
    norm = tf.layers.BatchNormalization()
    norm(x, training=True)
    assert len(norm.get_updates_for(x)) == 2 and norm.get_updates_for(None) == []


def test_layers_that_are_not_trained_update_nothing():
    tf.layers.batch_normalization(tf.constant([[1.0, 2.0]]), training=True, trainable=False)
    assert tf.get_collection(tf.GraphKeys.UPDATE_OPS) == []


def test_activations_by_name():
    assert tf.layers.dense(tf.ones([1, 2]), 2, activation="relu").op.type == "Relu"
    assert tf.layers.dense(tf.ones([1, 2]), 2, activation="linear").op.type == "BiasAdd"
    assert tf.layers.Dense(2).name == "dense_3"


def test_virtual_batches_are_normalized_by_themselves():
    x = np.random.RandomState(3).uniform(-1, 1, (6, 2)).astype(np.float32)
    y = tf.layers.batch_normalization(x, training=True, virtual_batch_size=2)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        value = session.run(y)
    # As in TensorFlow 1, the examples i and i + 3 are a virtual batch.
    parts = x.reshape(2, 3, 2)
    expected = (parts - parts.mean(0)) / np.sqrt(parts.var(0) + 1e-3)
    np.testing.assert_allclose(value, expected.reshape(6, 2), rtol=1e-4, atol=1e-5)
