"""The weighted cross entropy of sequences in one tensor."""

from graphpb.graph.scopes import name_scope
from graphpb.nn.losses import sparse_softmax_cross_entropy_with_logits
from graphpb.ops.array import reshape
from graphpb.ops.cast import cast
from graphpb.ops.math import div_no_nan
from graphpb.ops.reduce import count_nonzero, reduce_sum
from graphpb.ops.shape import shape as shape_of


def sequence_loss(
    logits,
    targets,
    weights,
    average_across_timesteps=True,
    average_across_batch=True,
    sum_over_timesteps=False,
    sum_over_batch=False,
    softmax_loss_function=None,
    name=None,
):
    """Compute the weighted cross entropy of each step, averaged or summed over the axes asked for.

    Args:
      logits: float [batch, time, classes].
      targets: int [batch, time].
      weights: float [batch, time].
      average_across_timesteps: Divide the sum over time by the weights' sum.
      average_across_batch: Divide the sum over the batch by the weights' sum.
      sum_over_timesteps: Divide the sum over time by the number of weights that are not 0.
      sum_over_batch: The same over the batch.
      softmax_loss_function: Function (labels, logits) -> loss that replaces the sparse softmax cross entropy.
      name: Scope; default `sequence_loss`.

    Returns:
      A scalar, or [batch], [time] or [batch, time] when not all axes are reduced.

    Raises:
      ValueError: A rank is wrong, or an axis is to be averaged and summed.
    """
    if logits.shape.ndims != 3:
        raise ValueError("Logits must be a [batch_size x sequence_length x logits] tensor")
    if targets.shape.ndims != 2:
        raise ValueError("Targets must be a [batch_size x sequence_length] tensor")
    if weights.shape.ndims != 2:
        raise ValueError("Weights must be a [batch_size x sequence_length] tensor")
    if average_across_timesteps and sum_over_timesteps:
        raise ValueError("average_across_timesteps and sum_over_timesteps cannot be set to True at same time.")
    if average_across_batch and sum_over_batch:
        raise ValueError("average_across_batch and sum_over_batch cannot be set to True at same time.")
    if average_across_batch and sum_over_timesteps or sum_over_batch and average_across_timesteps:
        raise ValueError("One axis cannot be averaged while the other is summed.")
    with name_scope(name, "sequence_loss", [logits, targets, weights]):
        flat = reshape(logits, [-1, shape_of(logits)[2]])
        labels = reshape(targets, [-1])
        loss_function = softmax_loss_function or sparse_softmax_cross_entropy_with_logits
        loss = loss_function(labels=labels, logits=flat) * reshape(weights, [-1])
        if average_across_timesteps and average_across_batch:
            return div_no_nan(reduce_sum(loss), reduce_sum(weights))
        if sum_over_timesteps and sum_over_batch:
            return div_no_nan(reduce_sum(loss), cast(count_nonzero(weights), loss.dtype))
        loss = reshape(loss, shape_of(logits)[0:2])
        if average_across_timesteps or average_across_batch:
            axis = [0] if average_across_batch else [1]
            return div_no_nan(reduce_sum(loss, axis), reduce_sum(weights, axis))
        if sum_over_timesteps or sum_over_batch:
            axis = [0] if sum_over_batch else [1]
            return div_no_nan(reduce_sum(loss, axis), cast(count_nonzero(weights, axis), loss.dtype))
        return loss
