"""Regularizers of tf.contrib.layers: functions from weights to a scalar loss."""

import numbers

from graphpb.graph.collections import GraphKeys, add_to_collection, get_collection
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.nn.activations import l2_loss
from graphpb.ops.math import add_n, multiply
from graphpb.ops.reduce import reduce_sum
from graphpb.ops.unary import abs


def _nothing(_):
    return None


def _checked(scale, label="scale"):
    if isinstance(scale, numbers.Integral):
        raise ValueError(f"{label} cannot be an integer: {scale}")
    if isinstance(scale, numbers.Real) and scale < 0.0:
        raise ValueError(f"Setting a scale less than 0 on a regularizer: {scale:g}.")


def _scaled(scale, scope, default_scope, penalty):
    def regularizer(weights):
        with name_scope(scope, default_scope, [weights]) as name:
            factor = convert_to_tensor(scale, dtype=weights.dtype.base_dtype, name="scale")
            return multiply(factor, penalty(weights), name=name)

    return regularizer


def l1_regularizer(scale, scope=None):
    """Make a function that computes scale * sum(abs(weights)); for scale 0.0 one that returns None.

    Raises:
      ValueError: The scale is an integer or negative.
    """
    _checked(scale)
    if scale == 0.0:
        return _nothing
    return _scaled(scale, scope, "l1_regularizer", lambda weights: reduce_sum(abs(weights)))


def l2_regularizer(scale, scope=None):
    """Make a function that computes scale * sum(weights^2) / 2; for scale 0.0 one that returns None.

    Raises:
      ValueError: The scale is an integer or negative.
    """
    _checked(scale)
    if scale == 0.0:
        return _nothing
    return _scaled(scale, scope, "l2_regularizer", l2_loss)


def l1_l2_regularizer(scale_l1=1.0, scale_l2=1.0, scope=None):
    """Make a function that adds `l1_regularizer` and `l2_regularizer`."""
    _checked(scale_l1, "scale_l1")
    _checked(scale_l2, "scale_l2")
    scope = scope or "l1_l2_regularizer"
    if scale_l1 == 0.0:
        return l2_regularizer(scale_l2, scope)
    if scale_l2 == 0.0:
        return l1_regularizer(scale_l1, scope)
    return sum_regularizer([l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope=scope)


def sum_regularizer(regularizer_list, scope=None):
    """Make a function that adds the losses of several regularizers; None when all are None."""
    regularizers = [regularizer for regularizer in regularizer_list if regularizer is not None]
    if not regularizers:
        return None

    def total(weights):
        with name_scope(scope, "sum_regularizer", [weights]) as name:
            losses = [loss for loss in (regularizer(weights) for regularizer in regularizers) if loss is not None]
            return add_n(losses, name=name) if losses else None

    return total


def apply_regularization(regularizer, weights_list=None):
    """Return the sum of a regularizer over weights, and add it to `regularization_losses`.

    Args:
      regularizer: Function from a tensor to a scalar or None.
      weights_list: Tensors; default the collection `weights`.

    Raises:
      ValueError: There are no weights, or a loss is not a scalar.
    """
    weights_list = weights_list or get_collection(GraphKeys.WEIGHTS)
    if not weights_list:
        raise ValueError("No weights to regularize.")
    with name_scope("get_regularization_penalty", values=weights_list) as scope:
        penalties = [regularizer(weights) for weights in weights_list]
        penalties = [constant(0.0) if penalty is None else penalty for penalty in penalties]
        for penalty in penalties:
            if penalty.shape.ndims != 0:
                raise ValueError(f"regularizer must return a scalar Tensor instead of a Tensor with rank {penalty.shape.ndims}.")
        total = add_n(penalties, name=scope)
        add_to_collection(GraphKeys.REGULARIZATION_LOSSES, total)
        return total
