"""Metrics that average over batches: means, errors, accuracy, confusion matrices, and counts of outcomes."""

from graphpb import dtypes
from graphpb.graph.collections import GraphKeys, add_to_collections
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import control_dependencies
from graphpb.ops import raw
from graphpb.ops.array import expand_dims, reshape, squeeze, stack, where
from graphpb.ops.cast import cast
from graphpb.ops.checks import assert_less, assert_non_negative, assert_rank_in, assert_type
from graphpb.ops.compare import equal, greater, less, logical_and, not_equal
from graphpb.ops.dependencies import with_dependencies
from graphpb.ops.fill import ones, ones_like, zeros, zeros_like
from graphpb.ops.math import div_no_nan, divide, maximum, multiply, squared_difference, subtract
from graphpb.ops.reduce import reduce_max, reduce_mean, reduce_sum
from graphpb.ops.shape import rank, size
from graphpb.ops.state import scatter_add
from graphpb.ops.unary import abs, sqrt
from graphpb.ops.weights import broadcast_weights, remove_squeezable_dimensions
from graphpb.variables.scope import variable_scope
from graphpb.variables.variable import Variable, assign_add


def metric_variable(shape, dtype, validate_shape=True, name=None):
    """Make a local variable of zeros that a metric adds to, in the collections `local_variables` and `metric_variables`."""
    return Variable(
        lambda: zeros(shape, dtype),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES],
        validate_shape=validate_shape,
        name=name,
    )


def collected(make, collections):
    """Make a metric's value outside all control dependencies and add it to collections."""
    with control_dependencies(None):
        value = make()
    if collections:
        add_to_collections(collections, value)
    return value


def updated(update, collections):
    """Add an update to collections and return it."""
    if collections:
        add_to_collections(collections, update)
    return update


def fitted(predictions, labels, weights):
    """Predictions, labels and weights as tensors of fitting ranks: last axes of size 1 are dropped or added."""
    predictions = convert_to_tensor(predictions)
    if labels is not None:
        labels, predictions = remove_squeezable_dimensions(labels, predictions)
        predictions.shape.assert_is_compatible_with(labels.shape)
    if weights is None:
        return predictions, labels, None
    weights = convert_to_tensor(weights)
    mine, theirs = weights.shape.ndims, predictions.shape.ndims
    if mine == 0:
        return predictions, labels, weights
    if mine is not None and theirs is not None:
        if mine - theirs == 1:
            weights = squeeze(weights, [-1])
        elif theirs - mine == 1:
            weights = expand_dims(weights, [-1])
        return predictions, labels, weights
    from graphpb.graph.control import cond

    given, ndims = weights, rank(weights)
    extra = ndims - rank(predictions)

    def wider():
        return cond(equal(extra, -1), lambda: expand_dims(given, [-1]), lambda: given)

    def adjusted():
        return cond(equal(extra, 1), lambda: squeeze(given, [-1]), wider)

    return predictions, labels, cond(equal(ndims, 0), lambda: given, adjusted)


def _ratio(total, count, name):
    return div_no_nan(total, maximum(count, 0), name=name)


_ARGS = """Args:
      labels: Tensor.
      predictions: Tensor of the labels' shape.
      weights: Scalar, or a tensor that broadcasts with the values; default 1.
      metrics_collections: Collections that the value joins.
      updates_collections: Collections that the update joins.
      name: Variable scope of the metric; default its name.

    Returns:
      (value, update_op): the metric over all batches so far, and the operation that adds this batch and returns the new value.
    """


def mean(values, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """Average values over batches.

    Args:
      values: numeric tensor.
      weights: Scalar, or a tensor that broadcasts with `values`; default 1.
      metrics_collections: Collections that the value joins.
      updates_collections: Collections that the update joins.
      name: Variable scope of the metric; default `mean`.

    Returns:
      (value, update_op): the mean over all batches so far, and the operation that adds this batch and returns the new mean.
    """
    with variable_scope(name, "mean", (values, weights)):
        values = cast(values, dtypes.float32)
        total = metric_variable([], dtypes.float32, name="total")
        count = metric_variable([], dtypes.float32, name="count")
        if weights is None:
            number = cast(size(values), dtypes.float32)
        else:
            values, _, weights = fitted(values, None, weights)
            weights = broadcast_weights(cast(weights, dtypes.float32), values)
            values = multiply(values, weights)
            number = reduce_sum(weights)
        new_total = assign_add(total, reduce_sum(values))
        with control_dependencies([values]):
            new_count = assign_add(count, number)
        value = collected(lambda: _ratio(total, count, "value"), metrics_collections)
        return value, updated(_ratio(new_total, new_count, "update_op"), updates_collections)


def mean_tensor(values, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """Average each element over batches; arguments as `mean`, for values of a fixed shape."""
    with variable_scope(name, "mean", (values, weights)):
        values = cast(values, dtypes.float32)
        total = metric_variable(values.shape, dtypes.float32, name="total_tensor")
        count = metric_variable(values.shape, dtypes.float32, name="count_tensor")
        number = ones_like(values)
        if weights is not None:
            values, _, weights = fitted(values, None, weights)
            weights = broadcast_weights(cast(weights, dtypes.float32), values)
            values = multiply(values, weights)
            number = multiply(number, weights)
        new_total = assign_add(total, values)
        with control_dependencies([values]):
            new_count = assign_add(count, number)
        value = collected(lambda: _ratio(total, count, "value"), metrics_collections)
        return value, updated(_ratio(new_total, new_count, "update_op"), updates_collections)


def accuracy(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """Compute how often predictions equal labels."""
    predictions, labels, weights = fitted(predictions, labels, weights)
    if labels.dtype != predictions.dtype:
        predictions = cast(predictions, labels.dtype)
    right = cast(equal(predictions, labels), dtypes.float32)
    return mean(right, weights, metrics_collections, updates_collections, name or "accuracy")


def mean_absolute_error(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """Compute the mean of abs(predictions - labels)."""
    predictions, labels, weights = fitted(predictions, labels, weights)
    return mean(abs(predictions - labels), weights, metrics_collections, updates_collections, name or "mean_absolute_error")


def mean_squared_error(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """Compute the mean of (labels - predictions)^2."""
    predictions, labels, weights = fitted(predictions, labels, weights)
    return mean(squared_difference(labels, predictions), weights, metrics_collections, updates_collections, name or "mean_squared_error")


def root_mean_squared_error(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """Compute the square root of the mean of (labels - predictions)^2."""
    predictions, labels, weights = fitted(predictions, labels, weights)
    mse, update = mean_squared_error(labels, predictions, weights, None, None, name or "root_mean_squared_error")
    value = collected(lambda: sqrt(mse), metrics_collections)
    return value, updated(sqrt(update), updates_collections)


def mean_relative_error(labels, predictions, normalizer, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """Compute the mean of abs(labels - predictions) / normalizer, 0 where the normalizer is 0."""
    predictions, labels, weights = fitted(predictions, labels, weights)
    predictions, normalizer = remove_squeezable_dimensions(predictions, normalizer)
    predictions.shape.assert_is_compatible_with(normalizer.shape)
    at_zero = equal(normalizer, 0.0)
    errors = where(at_zero, zeros_like(labels), divide(abs(labels - predictions), normalizer))
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_relative_error")


def mean_cosine_distance(labels, predictions, dim, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """Compute the mean of 1 - sum(labels * predictions) along an axis, for vectors of unit length."""
    predictions, labels, weights = fitted(predictions, labels, weights)
    products = reduce_sum(multiply(predictions, labels), axis=[dim], keepdims=True)
    value, update = mean(products, weights, None, None, name or "mean_cosine_distance")
    value = subtract(1.0, value)
    update = subtract(1.0, update)
    if metrics_collections:
        add_to_collections(metrics_collections, value)
    return value, updated(update, updates_collections)


def percentage_below(values, threshold, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """Compute the share of values below a threshold; arguments as `mean`."""
    below = cast(less(values, threshold), dtypes.float32)
    return mean(below, weights, metrics_collections, updates_collections, name or "percentage_below_threshold")


def mean_per_class_accuracy(labels, predictions, num_classes, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """Compute the accuracy for each class and return the mean of all classes; the update returns it for each class."""
    with variable_scope(name, "mean_accuracy", (predictions, labels, weights)):
        labels = cast(labels, dtypes.int64)
        if labels.shape.ndims > 1:
            labels = reshape(labels, [-1])
        if predictions.shape.ndims > 1:
            predictions = reshape(predictions, [-1])
        predictions.shape.assert_is_compatible_with(labels.shape)
        total = metric_variable([num_classes], dtypes.float32, name="total")
        count = metric_variable([num_classes], dtypes.float32, name="count")
        each = ones([size(labels)], dtypes.float32)
        if labels.dtype != predictions.dtype:
            predictions = cast(predictions, labels.dtype)
        right = cast(equal(predictions, labels), dtypes.float32)
        if weights is not None:
            weights = cast(reshape(weights, [-1]) if weights.shape.ndims > 1 else weights, dtypes.float32)
            right *= weights
            each *= weights
        new_total = scatter_add(total, labels, each)
        new_count = scatter_add(count, labels, right)
        value = collected(lambda: reduce_mean(_ratio(count, total, None), name="mean_accuracy"), metrics_collections)
        return value, updated(_ratio(new_count, new_total, "update_op"), updates_collections)


def confusion_matrix(labels=None, predictions=None, num_classes=None, dtype=dtypes.int32, name=None, weights=None):
    """Count for each pair of classes how often the row was the label and the column the prediction.

    Args:
      labels: integer [n].
      predictions: integer [n].
      num_classes: Integer; default the largest class plus one.
      dtype: dtype of the counts.
      name: Scope of the nodes; default `confusion_matrix`.
      weights: Weight of each example.

    Returns:
      A tensor [num_classes, num_classes].
    """
    from graphpb.graph.scopes import name_scope

    with name_scope(name, "confusion_matrix", (predictions, labels, num_classes, weights)) as name:
        labels, predictions = remove_squeezable_dimensions(
            convert_to_tensor(labels, name="labels"), convert_to_tensor(predictions, name="predictions")
        )
        predictions = cast(predictions, dtypes.int64)
        labels = cast(labels, dtypes.int64)
        labels = with_dependencies([assert_non_negative(labels, message="`labels` contains negative values")], labels)
        predictions = with_dependencies([assert_non_negative(predictions, message="`predictions` contains negative values")], predictions)
        if num_classes is None:
            num_classes = maximum(reduce_max(predictions), reduce_max(labels)) + 1
        else:
            limit = cast(num_classes, dtypes.int64)
            labels = with_dependencies([assert_less(labels, limit, message="`labels` out of bound")], labels)
            predictions = with_dependencies([assert_less(predictions, limit, message="`predictions` out of bound")], predictions)
        if weights is not None:
            weights = convert_to_tensor(weights, name="weights")
            predictions.shape.assert_is_compatible_with(weights.shape)
            weights = cast(weights, dtype)
        whole = stack([num_classes, num_classes])
        places = stack([labels, predictions], axis=1)
        counted = ones_like(predictions, dtype) if weights is None else weights
        whole = cast(whole, dtypes.int64)
        return raw.ScatterNd(indices=places, updates=counted, shape=whole)


def mean_iou(labels, predictions, num_classes, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """Compute the mean over classes of intersection over union; the update returns the confusion matrix so far."""
    with variable_scope(name, "mean_iou", (predictions, labels, weights)):
        predictions.shape.assert_is_compatible_with(labels.shape)
        total = metric_variable([num_classes, num_classes], dtypes.float64, name="total_confusion_matrix")
        predictions, labels, classes = cast(predictions, dtypes.int64), cast(labels, dtypes.int64), cast(num_classes, dtypes.int64)
        predictions = reshape(predictions, [-1]) if predictions.shape.ndims > 1 else predictions
        labels = reshape(labels, [-1]) if labels.shape.ndims > 1 else labels
        if weights is not None and weights.shape.ndims > 1:
            weights = reshape(weights, [-1])
        current = confusion_matrix(labels, predictions, classes, weights=weights, dtype=dtypes.float64)
        update = assign_add(total, current)

        def value():
            rows = cast(reduce_sum(total, 0), dtypes.float32)
            columns = cast(reduce_sum(total, 1), dtypes.float32)
            inside = cast(raw.DiagPart(input=total), dtypes.float32)
            union = rows + columns - inside
            seen = reduce_sum(cast(not_equal(union, 0), dtype=dtypes.float32))
            some = greater(union, 0)
            shares = divide(inside, where(some, union, ones_like(union)))
            any_seen = greater(seen, 0)
            return where(any_seen, reduce_sum(shares, name="mean_iou") / seen, 0)

        return collected(value, metrics_collections), updated(update, updates_collections)


def _counted(values, weights, metrics_collections, updates_collections):
    assert_type(values, dtypes.bool)
    count = metric_variable([], dtypes.float32, name="count")
    values = cast(values, dtypes.float32)
    if weights is not None:
        with control_dependencies((assert_rank_in(weights, (0, rank(values))),)):
            values = multiply(values, cast(weights, dtypes.float32))
    value = collected(lambda: raw.Identity(input=count), metrics_collections)
    return value, updated(assign_add(count, reduce_sum(values)), updates_collections)


def _outcome(name, label, prediction, summary):
    def function(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
        with variable_scope(name, scope, (predictions, labels, weights)):
            predictions, labels, weights = fitted(cast(predictions, dtype=dtypes.bool), cast(labels, dtype=dtypes.bool), weights)
            happened = logical_and(equal(labels, label), equal(predictions, prediction))
            return _counted(happened, weights, metrics_collections, updates_collections)

    scope = name
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{summary}\n\n    {_ARGS}"
    return function


true_positives = _outcome("true_positives", True, True, "Count how often both label and prediction are True.")
false_positives = _outcome("false_positives", False, True, "Count how often the prediction is True and the label False.")
true_negatives = _outcome("true_negatives", False, False, "Count how often both label and prediction are False.")
false_negatives = _outcome("false_negatives", True, False, "Count how often the prediction is False and the label True.")


def _rate(name, other, summary):
    def function(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
        with variable_scope(name, scope, (predictions, labels, weights)):
            predictions, labels, weights = fitted(cast(predictions, dtype=dtypes.bool), cast(labels, dtype=dtypes.bool), weights)
            hits, new_hits = true_positives(labels, predictions, weights)
            misses, new_misses = other(labels, predictions, weights)

            def rate(tp, miss, name):
                some = greater(tp + miss, 0)
                return where(some, divide(tp, tp + miss), 0, name)

            value = collected(lambda: rate(hits, misses, "value"), metrics_collections)
            return value, updated(rate(new_hits, new_misses, "update_op"), updates_collections)

    scope = name
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{summary}\n\n    {_ARGS}"
    return function


precision = _rate("precision", false_positives, "Compute true positives / (true positives + false positives), 0 without any.")
recall = _rate("recall", false_negatives, "Compute true positives / (true positives + false negatives), 0 without any.")

for _function in (accuracy, mean_absolute_error, mean_squared_error, root_mean_squared_error):
    _function.__doc__ += f"\n\n    {_ARGS}"
del _function
