"""Weights of examples or elements: the check that they fit values, and their broadcast to them."""

from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import control_dependencies, name_scope
from graphpb.graph.static import constant_value
from graphpb.ops.array import squeeze
from graphpb.ops.checks import Assert
from graphpb.ops.compare import equal, logical_or
from graphpb.ops.dependencies import no_op
from graphpb.ops.fill import ones_like
from graphpb.ops.math import multiply
from graphpb.ops.reduce import reduce_all
from graphpb.ops.shape import rank, shape

_MESSAGE = "weights can not be broadcast to values."


def assert_broadcastable(weights, values):
    """Make an operation that checks that weights are a scalar or have the values' rank with sizes equal or 1.

    Args:
      weights: Tensor.
      values: Tensor.

    Raises:
      ValueError: The static shapes do not fit.
    """
    with name_scope(None, "assert_broadcastable", (weights, values)) as scope:
        with name_scope(None, "weights", (weights,)) as inner:
            weights = convert_to_tensor(weights, name=inner)
            weights_shape = shape(weights, name="shape")
            weights_rank = rank(weights, name="rank")
        with name_scope(None, "values", (values,)) as inner:
            values = convert_to_tensor(values, name=inner)
            values_shape = shape(values, name="shape")
            rank(values, name="rank")
        if weights.shape.ndims == 0 and values.shape.ndims is not None:
            return no_op(name="static_scalar_check_success")
        if weights.shape.ndims is not None and values.shape.ndims is not None:
            if weights.shape.ndims != values.shape.ndims:
                raise ValueError(
                    f"{_MESSAGE} values.rank={values.shape.ndims}. weights.rank={weights.shape.ndims}. "
                    f"values.shape={values.shape}. weights.shape={weights.shape}. Received weights={weights}, values={values}"
                )
            known = constant_value(weights_shape), constant_value(values_shape)
            if known[0] is not None and known[1] is not None:
                for axis, (mine, theirs) in enumerate(zip(*known, strict=True)):
                    if mine not in (1, theirs):
                        raise ValueError(
                            f"{_MESSAGE} Mismatch at dim {axis}. values.shape={known[1]}, weights.shape={known[0]}. "
                            f"Received weights={weights}, values={values}"
                        )
                return no_op(name="static_dims_check_success")
            fits = reduce_all(logical_or(equal(weights_shape, 1), equal(weights_shape, values_shape)))
        else:
            fits = logical_or(equal(0, weights_rank, name="is_scalar"), equal(weights_rank, rank(values)))
        data = [_MESSAGE, "weights.shape=", weights.name, weights_shape, "values.shape=", values.name, values_shape]
        return Assert(fits, data, name=scope)


def broadcast_weights(weights, values):
    """Return weights multiplied up to the shape of values; as they are when the static shapes are equal."""
    with name_scope(None, "broadcast_weights", (weights, values)) as scope:
        values = convert_to_tensor(values, name="values")
        weights = convert_to_tensor(weights, dtype=values.dtype.base_dtype, name="weights")
        if weights.shape.is_fully_defined() and values.shape.is_fully_defined() and weights.shape.is_compatible_with(values.shape):
            return weights
        with control_dependencies((assert_broadcastable(weights, values),)):
            return multiply(weights, ones_like(values), name=scope)


def remove_squeezable_dimensions(labels, predictions, expected_rank_diff=0, name=None):
    """Drop a last axis of size 1 where ranks differ by one more than expected.

    Args:
      labels: Tensor.
      predictions: Tensor.
      expected_rank_diff: rank(predictions) - rank(labels) that is right.
      name: Scope of the nodes; default `remove_squeezable_dimensions`.

    Returns:
      (labels, predictions)
    """
    with name_scope(name, "remove_squeezable_dimensions", [labels, predictions]):
        predictions = convert_to_tensor(predictions)
        labels = convert_to_tensor(labels)
        if predictions.shape.ndims is not None and labels.shape.ndims is not None:
            extra = predictions.shape.ndims - labels.shape.ndims - expected_rank_diff
            if extra == 1 and predictions.shape[-1].is_compatible_with(1):
                predictions = squeeze(predictions, [-1])
            elif extra == -1 and labels.shape[-1].is_compatible_with(1):
                labels = squeeze(labels, [-1])
            return labels, predictions
        from graphpb.graph.control import cond

        extra = rank(predictions) - rank(labels)
        if predictions.shape.ndims is None or predictions.shape[-1].is_compatible_with(1):
            wide = predictions
            predictions = cond(equal(expected_rank_diff + 1, extra), lambda: squeeze(wide, [-1]), lambda: wide)
        if labels.shape.ndims is None or labels.shape[-1].is_compatible_with(1):
            tall = labels
            labels = cond(equal(expected_rank_diff - 1, extra), lambda: squeeze(tall, [-1]), lambda: tall)
        return labels, predictions


def squeeze_weights(labels, weights):
    """Return weights as a tensor, without a last axis of size 1 that the labels do not have."""
    weights = convert_to_tensor(weights)
    if labels.shape.ndims is not None and weights.shape.ndims is not None:
        return squeeze(weights, [-1]) if weights.shape.ndims - labels.shape.ndims == 1 else weights
    extra = rank(weights) - rank(labels)
    if weights.shape.ndims is None or weights.shape.ndims > 0 and weights.shape[-1].is_compatible_with(1):
        from graphpb.graph.control import cond

        return cond(equal(1, extra), lambda: squeeze(weights, [-1]), lambda: weights)
    return weights
