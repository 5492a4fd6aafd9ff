"""Metrics over many thresholds of a score: areas under curves, precision and recall at thresholds."""

from graphpb import dtypes
from graphpb.graph.convert import constant
from graphpb.graph.scopes import control_dependencies
from graphpb.metrics.streaming import collected, fitted, metric_variable, updated
from graphpb.ops import raw
from graphpb.ops.array import expand_dims, reshape, stack, tile, transpose, where
from graphpb.ops.cast import cast
from graphpb.ops.checks import assert_greater_equal, assert_less_equal
from graphpb.ops.compare import equal, greater, logical_and
from graphpb.ops.fill import ones_like
from graphpb.ops.math import cumsum, div_no_nan, divide, maximum, minimum, multiply
from graphpb.ops.reduce import argmax, argmin, reduce_min, reduce_sum
from graphpb.ops.shape import shape
from graphpb.ops.unary import abs, log, logical_not
from graphpb.ops.weights import broadcast_weights
from graphpb.variables.scope import variable_scope
from graphpb.variables.variable import assign_add

_NAMES = {"tp": "true_positives", "fn": "false_negatives", "tn": "true_negatives", "fp": "false_positives"}


def _counts(labels, predictions, thresholds, weights=None, wanted=("tp", "fn", "tn", "fp")):
    """Variables [thresholds] that count outcomes, and their updates, for scores in [0, 1]."""
    low = assert_greater_equal(predictions, cast(0.0, dtype=predictions.dtype), message="predictions must be in [0, 1]")
    high = assert_less_equal(predictions, cast(1.0, dtype=predictions.dtype), message="predictions must be in [0, 1]")
    with control_dependencies([low, high]):
        predictions, labels, weights = fitted(cast(predictions, dtypes.float32), cast(labels, dtype=dtypes.bool), weights)
    number = len(thresholds)
    scores = reshape(predictions, [-1, 1])
    truths = reshape(cast(labels, dtype=dtypes.bool), [1, -1])
    examples = scores.shape.as_list()[0]
    if examples is None:
        examples = shape(scores)[0]
    limits = tile(expand_dims(constant(thresholds), [1]), stack([1, examples]))
    above = greater(tile(transpose(scores), [number, 1]), limits)
    below = logical_not(above) if "fn" in wanted or "tn" in wanted else None
    positive = tile(truths, [number, 1])
    negative = logical_not(positive) if "fp" in wanted or "tn" in wanted else None
    if weights is not None:
        weights = broadcast_weights(cast(weights, dtypes.float32), predictions)
        weights = tile(reshape(weights, [1, -1]), [number, 1])
        limits.shape.assert_is_compatible_with(weights.shape)
    sides = {"tp": (positive, above), "fn": (positive, below), "tn": (negative, below), "fp": (negative, above)}
    values, updates = {}, {}
    for key in _NAMES:
        if key in wanted:
            variable = metric_variable([number], dtypes.float32, name=_NAMES[key])
            happened = cast(logical_and(*sides[key]), dtypes.float32)
            if weights is not None:
                happened *= weights
            updates[key] = assign_add(variable, reduce_sum(happened, 1))
            values[key] = variable
    return values, updates


def _even_thresholds(count, low=-1e-7, high=1.0 + 1e-7):
    return [low, *((i + 1) * 1.0 / (count - 1) for i in range(count - 2)), high]


def auc(
    labels,
    predictions,
    weights=None,
    num_thresholds=200,
    metrics_collections=None,
    updates_collections=None,
    curve="ROC",
    name=None,
    summation_method="trapezoidal",
    thresholds=None,
):
    """Approximate the area under the ROC or precision-recall curve by its values at thresholds.

    Args:
      labels: bool or 0 and 1.
      predictions: float in [0, 1], the shape of `labels`.
      weights: Scalar, or a tensor that broadcasts with the labels; default 1.
      num_thresholds: Number of evenly spread thresholds.
      metrics_collections: Collections that the value joins.
      updates_collections: Collections that the update joins.
      curve: "ROC" or "PR".
      name: Variable scope of the metric; default `auc`.
      summation_method: "trapezoidal", "careful_interpolation" (for PR), "minoring" or "majoring".
      thresholds: The thresholds between 0 and 1 instead.

    Returns:
      (value, update_op)

    Raises:
      ValueError: The curve or the method is unknown.
    """
    with variable_scope(name, "auc", (labels, predictions, weights)):
        if curve not in ("ROC", "PR"):
            raise ValueError(f"Curve must be either ROC or PR. Curve {curve} is unknown.")
        thresholds = _even_thresholds(num_thresholds) if thresholds is None else [-1e-7, *sorted(thresholds), 1.0 + 1e-7]
        last = len(thresholds) - 1
        values, updates = _counts(labels, predictions, thresholds, weights)

        def area(tp, fn, tn, fp, name):
            if curve == "PR" and summation_method == "careful_interpolation":
                return _interpolated(tp, fp, fn, last)
            recalled = divide(tp + 1e-6, tp + fn + 1e-6)
            if curve == "ROC":
                x, y = divide(fp, fp + tn + 1e-6), recalled
            else:
                x, y = recalled, divide(tp + 1e-6, tp + fp + 1e-6)
            widths = {
                "trapezoidal": lambda: (y[:last] + y[1:]) / 2.0,
                "careful_interpolation": lambda: (y[:last] + y[1:]) / 2.0,
                "minoring": lambda: minimum(y[:last], y[1:]),
                "majoring": lambda: maximum(y[:last], y[1:]),
            }
            if summation_method not in widths:
                raise ValueError(
                    f"Invalid summation_method: {summation_method} summation_method should be 'trapezoidal', 'careful_interpolation', "
                    "'minoring', or 'majoring'."
                )
            return reduce_sum(multiply(x[:last] - x[1:], widths[summation_method]()), name=name)

        value = collected(lambda: area(**values, name="value"), metrics_collections)
        return value, updated(area(**updates, name="update_op"), updates_collections)


def _interpolated(tp, fp, fn, last):
    """The area under the precision-recall curve with true positives interpolated between thresholds (Davis and Goadrich 2006)."""
    step = tp[:last] - tp[1:]
    positives = tp + fp
    slope = div_no_nan(step, maximum(positives[:last] - positives[1:], 0), name="prec_slope")
    intercept = tp[1:] - multiply(slope, positives[1:])
    both = logical_and(positives[:last] > 0, positives[1:] > 0)
    ratio = where(both, div_no_nan(positives[:last], maximum(positives[1:], 0), name="recall_relative_ratio"), ones_like(positives[1:]))
    return reduce_sum(
        div_no_nan(slope * (step + intercept * log(ratio)), maximum(tp[1:] + fn[1:], 0), name="pr_auc_increment"), name="interpolate_pr_auc"
    )


def _counter(key):
    scope = _NAMES[key]

    def function(labels, predictions, thresholds, weights=None, metrics_collections=None, updates_collections=None, name=None):
        with variable_scope(name, scope, (predictions, labels, weights)):
            values, updates = _counts(labels, predictions, thresholds, weights=weights, wanted=(key,))
            return collected(lambda: raw.Identity(input=values[key]), metrics_collections), updated(updates[key], updates_collections)

    function.__name__ = function.__qualname__ = scope + "_at_thresholds"
    function.__doc__ = f"Count {scope.replace('_', ' ')} at each of several thresholds; returns (value, update_op), each [thresholds]."
    return function


true_positives_at_thresholds = _counter("tp")
false_negatives_at_thresholds = _counter("fn")
true_negatives_at_thresholds = _counter("tn")
false_positives_at_thresholds = _counter("fp")


def _rate(name, other):
    def function(labels, predictions, thresholds, weights=None, metrics_collections=None, updates_collections=None, name=None):
        with variable_scope(name, f"{kind}_at_thresholds", (predictions, labels, weights)):
            values, updates = _counts(labels, predictions, thresholds, weights, wanted=("tp", other))

            def rate(tp, miss, name):
                return divide(tp, 1e-7 + tp + miss, name=f"{kind}_{name}")

            value = collected(lambda: rate(values["tp"], values[other], "value"), metrics_collections)
            return value, updated(rate(updates["tp"], updates[other], "update_op"), updates_collections)

    kind = name
    function.__name__ = function.__qualname__ = f"{name}_at_thresholds"
    function.__doc__ = f"Compute the {name} at each of several thresholds; returns (value, update_op), each [thresholds]."
    return function


precision_at_thresholds = _rate("precision", "fp")
recall_at_thresholds = _rate("recall", "fn")


def sensitivity_at_specificity(
    labels, predictions, specificity, weights=None, num_thresholds=200, metrics_collections=None, updates_collections=None, name=None
):
    """Compute the sensitivity at the threshold whose specificity is nearest to the given one.

    Raises:
      ValueError: `specificity` is outside [0, 1].
    """
    if specificity < 0 or specificity > 1:
        raise ValueError(f"`specificity` must be in the range [0, 1]. Currently, `specificity` got {specificity}.")
    with variable_scope(name, "sensitivity_at_specificity", (predictions, labels, weights)):
        values, updates = _counts(labels, predictions, _even_thresholds(num_thresholds), weights)

        def at(tp, fn, tn, fp, name):
            specificities = divide(tn, tn + fp + 1e-7)
            place = cast(argmin(abs(specificities - specificity), 0), dtypes.int32)
            return divide(tp[place], tp[place] + fn[place] + 1e-7, name)

        value = collected(lambda: at(**values, name="value"), metrics_collections)
        return value, updated(at(**updates, name="update_op"), updates_collections)


def specificity_at_sensitivity(
    labels, predictions, sensitivity, weights=None, num_thresholds=200, metrics_collections=None, updates_collections=None, name=None
):
    """Compute the specificity at the last threshold whose sensitivity is nearest to the given one.

    Raises:
      ValueError: `sensitivity` is outside [0, 1].
    """
    if sensitivity < 0 or sensitivity > 1:
        raise ValueError(f"`sensitivity` must be in the range [0, 1]. Currently, `sensitivity` is {sensitivity}.")
    with variable_scope(name, "specificity_at_sensitivity", (predictions, labels, weights)):
        values, updates = _counts(labels, predictions, _even_thresholds(num_thresholds, high=1.0 - 1e-7), weights)

        def at(tp, fn, tn, fp, name):
            sensitivities = divide(tp, tp + fn + 1e-7)
            nearest = reduce_min(abs(sensitivities - sensitivity))
            places = cumsum(cast(equal(abs(sensitivities - sensitivity), nearest), dtypes.int64))
            place = cast(argmax(places, 0), dtypes.int32)
            return divide(tn[place], tn[place] + fp[place] + 1e-7, name)

        value = collected(lambda: at(**values, name="value"), metrics_collections)
        return value, updated(at(**updates, name="update_op"), updates_collections)
