"""Losses of tf.losses: a scalar from labels and predictions, with weights, added to the collection `losses`."""

from graphpb import dtypes
from graphpb.deprecation import argument
from graphpb.graph.collections import GraphKeys, add_to_collection, get_collection
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.scopes import control_dependencies, name_scope
from graphpb.nn import losses as nn
from graphpb.nn.activations import relu
from graphpb.ops.array import stop_gradient, where
from graphpb.ops.cast import cast
from graphpb.ops.compare import equal
from graphpb.ops.fill import ones_like, zeros_like
from graphpb.ops.math import add, add_n, div_no_nan, maximum, minimum, multiply, range, squared_difference, subtract
from graphpb.ops.reduce import reduce_sum
from graphpb.ops.shape import rank, shape, size
from graphpb.ops.unary import abs, log, square
from graphpb.ops.weights import assert_broadcastable, broadcast_weights, remove_squeezable_dimensions, squeeze_weights


class Reduction:
    """How weighted losses become one number."""

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    MEAN = "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls):
        """Return all reductions."""
        return cls.NONE, cls.SUM, cls.MEAN, cls.SUM_OVER_BATCH_SIZE, cls.SUM_OVER_NONZERO_WEIGHTS, cls.SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def validate(cls, key):
        """Check a reduction. ValueError when it is none of `all()`."""
        if key not in cls.all():
            raise ValueError(f"Invalid Reduction Key {key}. Key should be one of {cls.all()}.")


def add_loss(loss, loss_collection=GraphKeys.LOSSES):
    """Add a loss to a collection, unless the collection is None."""
    if loss_collection:
        add_to_collection(loss_collection, loss)


def get_losses(scope=None, loss_collection=GraphKeys.LOSSES):
    """Return the losses of a collection whose names start with a scope."""
    return get_collection(loss_collection, scope)


def get_regularization_losses(scope=None):
    """Return the regularization losses whose names start with a scope."""
    return get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


def get_regularization_loss(scope=None, name="total_regularization_loss"):
    """Return the sum of the regularization losses; 0 when there are none."""
    losses = get_regularization_losses(scope)
    return add_n(losses, name=name) if losses else constant(0.0)


def get_total_loss(add_regularization_losses=True, name="total_loss", scope=None):
    """Return the sum of the losses, and of the regularization losses if asked for.

    Raises:
      ValueError: There are none.
    """
    losses = get_losses(scope=scope)
    if add_regularization_losses:
        losses = losses + get_regularization_losses(scope=scope)
    return add_n(losses, name=name)


def _number_of_elements(losses):
    with name_scope(None, "num_elements", values=[losses]) as scope:
        return cast(size(losses, name=scope), dtype=losses.dtype)


def _number_present(losses, weights, per_batch=False):
    """The number of elements whose weight is not zero, in all or for each example."""
    if isinstance(weights, float) and weights != 0.0:
        return _number_of_elements(losses)
    with name_scope(None, "num_present", (losses, weights)) as scope:
        weights = cast(weights, dtype=dtypes.float32)
        zero = equal(weights, 0.0)
        present = where(zero, zeros_like(weights), ones_like(weights))
        present = broadcast_weights(present, losses)
        if per_batch:
            return reduce_sum(present, axis=range(1, rank(present)), keepdims=True, name=scope)
        return reduce_sum(present, name=scope)


def _mean(losses, count):
    total = reduce_sum(losses)
    return div_no_nan(total, count, name="value")


def compute_weighted_loss(losses, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=Reduction.SUM_BY_NONZERO_WEIGHTS):
    """Weight losses and reduce them.

    Args:
      losses: numeric [batch, ...].
      weights: Scalar, or a tensor of the losses' rank with sizes equal or 1.
      scope: Scope of the nodes; default `weighted_loss`.
      loss_collection: Collection that the result joins, or None.
      reduction: See `Reduction`; by default the sum over the number of weights that are not zero.

    Returns:
      A scalar of the losses' dtype; with `Reduction.NONE` a tensor of their shape.

    Raises:
      ValueError: The weights do not fit, or the reduction is unknown.
    """
    Reduction.validate(reduction)
    with name_scope(scope, "weighted_loss", (losses, weights)), control_dependencies((assert_broadcastable(weights, losses),)):
        losses = convert_to_tensor(losses)
        dtype = losses.dtype
        losses = cast(losses, dtype=dtypes.float32)
        weights = cast(weights, dtype=dtypes.float32)
        loss = multiply(losses, weights)
        if reduction != Reduction.NONE:
            loss = reduce_sum(loss)
            if reduction == Reduction.MEAN:
                loss = _mean(loss, reduce_sum(ones_like(losses) * weights))
            elif reduction == Reduction.SUM_BY_NONZERO_WEIGHTS:
                loss = _mean(loss, _number_present(losses, weights))
            elif reduction == Reduction.SUM_OVER_BATCH_SIZE:
                loss = _mean(loss, _number_of_elements(losses))
        loss = cast(loss, dtype)
        add_loss(loss, loss_collection)
        return loss


def _given(**arguments):
    for name, value in arguments.items():
        if value is None:
            raise ValueError(f"Argument `{name}` must not be None.")


def _as_floats(predictions, labels):
    predictions = cast(predictions, dtype=dtypes.float32)
    labels = cast(labels, dtype=dtypes.float32)
    predictions.shape.assert_is_compatible_with(labels.shape)
    return predictions, labels


def absolute_difference(labels, predictions, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=Reduction.SUM_BY_NONZERO_WEIGHTS):
    """Compute the weighted loss of abs(predictions - labels).

    Args:
      labels: numeric [batch, ...].
      predictions: numeric, the shape of `labels`.
      weights: Scalar, or a tensor of the losses' rank with sizes equal or 1.
      scope: Scope of the nodes; default `absolute_difference`.
      loss_collection: Collection that the result joins, or None.
      reduction: See `Reduction`.

    Raises:
      ValueError: An input is missing, or shapes do not fit.
    """
    _given(labels=labels, predictions=predictions)
    with name_scope(scope, "absolute_difference", (predictions, labels, weights)) as scope:
        predictions, labels = _as_floats(predictions, labels)
        losses = abs(subtract(predictions, labels))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


def cosine_distance(
    labels, predictions, axis=None, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=Reduction.SUM_BY_NONZERO_WEIGHTS, dim=None
):
    """Compute the weighted loss of 1 - sum(labels * predictions) along an axis, for vectors of unit length.

    Args as `absolute_difference`, and:
      axis: Integer.
      dim: Older name of `axis`.
    """
    axis = argument("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("You must specify argument `axis`.")
    _given(labels=labels, predictions=predictions)
    with name_scope(scope, "cosine_distance_loss", (predictions, labels, weights)) as scope:
        predictions, labels = _as_floats(predictions, labels)
        losses = 1 - reduce_sum(multiply(predictions, labels), axis=(axis,), keepdims=True)
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


def hinge_loss(labels, logits, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=Reduction.SUM_BY_NONZERO_WEIGHTS):
    """Compute the weighted loss of max(0, 1 - (2*labels - 1) * logits); labels are 0 or 1. Arguments as `absolute_difference`."""
    _given(labels=labels, logits=logits)
    with name_scope(scope, "hinge_loss", (logits, labels, weights)) as scope:
        logits, labels = _as_floats(logits, labels)
        ones = ones_like(labels)
        signs = subtract(2 * labels, ones)
        losses = relu(subtract(ones, multiply(signs, logits)))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


def huber_loss(labels, predictions, weights=1.0, delta=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=Reduction.SUM_BY_NONZERO_WEIGHTS):
    """Compute the weighted loss of e*e/2 for errors e up to delta, and delta*abs(e) - delta*delta/2 beyond.

    Args as `absolute_difference`, and:
      delta: Float.
    """
    _given(labels=labels, predictions=predictions)
    with name_scope(scope, "huber_loss", (predictions, labels, weights)) as scope:
        predictions, labels = _as_floats(predictions, labels)
        error = abs(subtract(predictions, labels))
        inner = minimum(error, delta)
        outer = subtract(error, inner)
        half = convert_to_tensor(0.5, dtype=inner.dtype)
        losses = add(multiply(half, multiply(inner, inner)), multiply(delta, outer))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


def log_loss(
    labels, predictions, weights=1.0, epsilon=1e-7, scope=None, loss_collection=GraphKeys.LOSSES, reduction=Reduction.SUM_BY_NONZERO_WEIGHTS
):
    """Compute the weighted loss of -y*log(p + epsilon) - (1 - y)*log(1 - p + epsilon).

    Args as `absolute_difference`, and:
      epsilon: Float.
    """
    _given(labels=labels, predictions=predictions)
    with name_scope(scope, "log_loss", (predictions, labels, weights)) as scope:
        predictions, labels = _as_floats(predictions, labels)
        losses = -multiply(labels, log(predictions + epsilon)) - multiply(1 - labels, log(1 - predictions + epsilon))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


def mean_pairwise_squared_error(labels, predictions, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES):
    """Compute the sum over examples of the mean squared difference between pairs of errors of an example.

    Args as `absolute_difference`, without a reduction.
    """
    _given(labels=labels, predictions=predictions)
    with name_scope(scope, "mean_pairwise_squared_error", (predictions, labels, weights)):
        weights = cast(weights, dtype=dtypes.float32)
        labels = cast(labels, dtype=dtypes.float32)
        with control_dependencies((assert_broadcastable(weights, labels),)):
            predictions = cast(predictions, dtype=dtypes.float32)
            predictions.shape.assert_is_compatible_with(labels.shape)
            errors = subtract(predictions, labels)
            axes = range(1, rank(errors))
            squares = reduce_sum(square(errors), axis=axes, keepdims=True)
            count = _number_present(errors, weights, per_batch=True)
            first = 2.0 * div_no_nan(squares, maximum(count - 1, 0), name="value")
            total = reduce_sum(errors, axis=axes, keepdims=True)
            second = 2.0 * div_no_nan(square(total), maximum(multiply(count, count - 1), 0), name="value")
            loss = reduce_sum(multiply(first - second, weights))
            any_present = reduce_sum(count) > 0
            loss = where(any_present, loss, zeros_like(loss), name="value")
            add_loss(loss, loss_collection)
            return loss


def mean_squared_error(labels, predictions, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=Reduction.SUM_BY_NONZERO_WEIGHTS):
    """Compute the weighted loss of (predictions - labels)^2. Arguments as `absolute_difference`."""
    _given(labels=labels, predictions=predictions)
    with name_scope(scope, "mean_squared_error", (predictions, labels, weights)) as scope:
        predictions, labels = _as_floats(predictions, labels)
        losses = squared_difference(predictions, labels)
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


def sigmoid_cross_entropy(
    multi_class_labels,
    logits,
    weights=1.0,
    label_smoothing=0,
    scope=None,
    loss_collection=GraphKeys.LOSSES,
    reduction=Reduction.SUM_BY_NONZERO_WEIGHTS,
):
    """Compute the weighted loss of the sigmoid cross-entropy.

    Args as `absolute_difference`, with labels in [0, 1], and:
      label_smoothing: s > 0 moves labels y to y*(1 - s) + s/2.
    """
    _given(multi_class_labels=multi_class_labels, logits=logits)
    with name_scope(scope, "sigmoid_cross_entropy_loss", (logits, multi_class_labels, weights)) as scope:
        logits = convert_to_tensor(logits)
        labels = cast(multi_class_labels, logits.dtype)
        logits.shape.assert_is_compatible_with(labels.shape)
        if label_smoothing > 0:
            labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
        losses = nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


def softmax_cross_entropy(
    onehot_labels, logits, weights=1.0, label_smoothing=0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=Reduction.SUM_BY_NONZERO_WEIGHTS
):
    """Compute the weighted loss of the softmax cross-entropy; labels are taken as constants.

    Args as `absolute_difference`, with one-hot labels, and:
      label_smoothing: s > 0 moves labels y to y*(1 - s) + s / classes.
    """
    _given(onehot_labels=onehot_labels, logits=logits)
    with name_scope(scope, "softmax_cross_entropy_loss", (logits, onehot_labels, weights)) as scope:
        logits = convert_to_tensor(logits)
        labels = cast(onehot_labels, logits.dtype)
        logits.shape.assert_is_compatible_with(labels.shape)
        if label_smoothing > 0:
            classes = cast(shape(labels)[-1], logits.dtype)
            spread = label_smoothing / classes
            labels = labels * (1.0 - label_smoothing) + spread
        labels = stop_gradient(labels, name="labels_stop_gradient")
        losses = nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


def sparse_softmax_cross_entropy(
    labels, logits, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=Reduction.SUM_BY_NONZERO_WEIGHTS
):
    """Compute the weighted loss of the softmax cross-entropy for integer labels. Arguments as `absolute_difference`."""
    _given(labels=labels, logits=logits)
    with name_scope(scope, "sparse_softmax_cross_entropy_loss", (logits, labels, weights)) as scope:
        labels, logits = remove_squeezable_dimensions(labels, logits, expected_rank_diff=1)
        weights = squeeze_weights(labels, weights)
        losses = nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
