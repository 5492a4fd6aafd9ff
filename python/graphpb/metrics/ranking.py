"""Metrics of the k best classes: precision, recall and average precision at k."""

from graphpb import dtypes
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import control_dependencies, name_scope
from graphpb.metrics.streaming import collected, metric_variable, updated
from graphpb.nn.sampling import top_k
from graphpb.ops.array import expand_dims
from graphpb.ops.cast import cast
from graphpb.ops.compare import equal, greater_equal, logical_and
from graphpb.ops.fill import ones_like
from graphpb.ops.math import add, cumsum, div_no_nan, divide, minimum, multiply
from graphpb.ops.math import range as range_of
from graphpb.ops.reduce import reduce_any, reduce_sum
from graphpb.ops.shape import size
from graphpb.ops.unary import logical_not
from graphpb.ops.weights import assert_broadcastable
from graphpb.variables.variable import assign_add


def _at_k(name, k, class_id):
    name = f"{name}_at_k" if k is None else f"{name}_at_{k:d}"
    return name if class_id is None else f"{name}_class{class_id:d}"


def _label_lists(labels, predictions):
    """Integer labels as lists [..., labels] beside lists of predictions.

    Raises:
      ValueError: The ranks do not fit.
    """
    labels = convert_to_tensor(labels)
    mine, theirs = labels.shape.ndims, predictions.shape.ndims
    if mine == theirs or mine is None or theirs is None:
        return labels
    if theirs == mine + 1:
        return expand_dims(labels, -1)
    raise ValueError(
        f"Unexpected labels shape {labels.shape} for predictions shape {predictions.shape}. "
        "Predictions rank should be the same rank as labels rank or expected_rank=labels rank + 1."
    )


def _found(items, others, class_id):
    """For each item whether it is among the others of its example (and is the class asked for), and whether it counts."""
    inside = reduce_any(equal(expand_dims(items, -1), expand_dims(others, -2)), axis=-1)
    counts = None if class_id is None else equal(items, cast(class_id, dtypes.int64))
    return inside, counts


def _streamed(name, labels, predictions, k, class_id, weights, kind):
    with name_scope(None, _at_k(name, k, class_id), (predictions, labels, weights)) as scope:
        items, others = (labels, predictions) if kind == "fn" else (predictions, labels)
        inside, counts = _found(items, others, class_id)
        happened = inside if kind == "tp" else logical_not(inside)
        if counts is not None:
            happened = logical_and(happened, counts)
        number = reduce_sum(cast(happened, dtypes.float64), axis=-1)
        if weights is not None:
            with control_dependencies((assert_broadcastable(weights, number),)):
                number = multiply(number, cast(weights, dtypes.float64))
        variable = metric_variable([], dtypes.float64, name=scope)
        return variable, assign_add(variable, reduce_sum(number), name="update")


def _rate(name, other, kind):
    def at_top_k(labels, predictions_idx, k=None, class_id=None, weights=None, metrics_collections=None, updates_collections=None, name=None):
        with name_scope(name, _at_k(rate, k, class_id), (predictions_idx, labels, weights)) as scope:
            labels = cast(_label_lists(labels, predictions_idx), dtypes.int64)
            best = cast(predictions_idx, dtypes.int64)
            hits, new_hits = _streamed("true_positive", labels, best, k, class_id, weights, "tp")
            misses, new_misses = _streamed(other, labels, best, k, class_id, weights, kind)
            value = collected(lambda: divide(hits, add(hits, misses), name=scope), metrics_collections)
            update = divide(new_hits, add(new_hits, new_misses), name="update")
            return value, updated(update, updates_collections)

    def at_k(labels, predictions, k, class_id=None, weights=None, metrics_collections=None, updates_collections=None, name=None):
        with name_scope(name, _at_k(rate, k, class_id), (predictions, labels, weights)) as scope:
            best = top_k(predictions, k)[1]
            return at_top_k(labels, best, k, class_id, weights, metrics_collections, updates_collections, scope)

    rate = name
    at_top_k.__name__ = at_top_k.__qualname__ = f"{name}_at_top_k"
    at_top_k.__doc__ = f"""Compute the {name} of lists of predicted classes.

    Args:
      labels: int64 [batch, labels] or [batch], the true classes; those of one example are all different.
      predictions_idx: integer [batch, k], the predicted classes.
      k: Integer for the name.
      class_id: Count this class only.
      weights: Scalar, or [batch].
      metrics_collections: Collections that the value joins.
      updates_collections: Collections that the update joins.
      name: Scope of the metric.

    Returns:
      (value, update_op)
    """
    at_k.__name__ = at_k.__qualname__ = f"{name}_at_k"
    at_k.__doc__ = f"""Compute the {name} of the k classes with the largest scores; arguments as `{name}_at_top_k` with scores [batch, classes]."""
    return at_top_k, at_k


precision_at_top_k, precision_at_k = _rate("precision", "false_positive", "fp")
recall_at_top_k, recall_at_k = _rate("recall", "false_negative", "fn")
sparse_precision_at_k = precision_at_k


def _average_precisions(labels, best, k):
    """The average precision of each example: the sum of the precisions at the places of hits, over the hits that k allows (float64 [...])."""
    hit = cast(reduce_any(equal(expand_dims(best, -1), expand_dims(labels, -2)), axis=-1), dtypes.float64)
    places = cast(range_of(1, k + 1), dtypes.float64)
    total = reduce_sum(multiply(divide(cumsum(hit, axis=-1), places), hit), axis=-1)
    relevant = reduce_sum(cast(greater_equal(labels, cast(0, dtypes.int64)), dtypes.int64), axis=-1)
    return div_no_nan(total, cast(minimum(relevant, cast(k, dtypes.int64)), dtypes.float64))


def average_precision_at_k(labels, predictions, k, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """Compute the mean of the average precisions of the k classes with the largest scores.

    Args:
      labels: int64 [..., labels] or [...], the true classes; those of one example are all different, -1 stands for none.
      predictions: float [..., classes].
      k: Integer, at least 1.
      weights: Scalar, or [...].
      metrics_collections: Collections that the value joins.
      updates_collections: Collections that the update joins.
      name: Scope of the metric; default `average_precision_at_<k>`.

    Returns:
      (value, update_op)

    Raises:
      ValueError: k is less than 1.
    """
    if k < 1:
        raise ValueError(f"Invalid k={k}.")
    with name_scope(name, _at_k("average_precision", k, None), (predictions, labels, weights)) as scope:
        best = cast(top_k(predictions, k)[1], dtypes.int64)
        each = _average_precisions(cast(_label_lists(labels, best), dtypes.int64), best, k)
        if weights is not None:
            with control_dependencies((assert_broadcastable(weights, each),)):
                weights = cast(weights, dtypes.float64) * ones_like(each)
            each = multiply(each, weights)
            number = reduce_sum(weights)
        else:
            number = cast(size(each), dtypes.float64)
        most = metric_variable([], dtypes.float64, name="max")
        total = metric_variable([], dtypes.float64, name="total")
        new_most = assign_add(most, number, name="update_max")
        new_total = assign_add(total, reduce_sum(each), name="update_total")
        value = collected(lambda: div_no_nan(total, most, name="mean"), metrics_collections)
        return value, updated(div_no_nan(new_total, new_most, name=scope), updates_collections)


sparse_average_precision_at_k = average_precision_at_k
