"""Weighted cross entropy of sequences given as lists, and models for several lengths."""

from graphpb.graph.scopes import name_scope
from graphpb.nn.losses import sparse_softmax_cross_entropy_with_logits
from graphpb.ops.array import reshape
from graphpb.ops.cast import cast
from graphpb.ops.math import add_n
from graphpb.ops.reduce import reduce_sum
from graphpb.ops.shape import shape as shape_of
from graphpb.variables.scope import get_variable_scope, variable_scope


def sequence_loss_by_example(logits, targets, weights, average_across_timesteps=True, softmax_loss_function=None, name=None):
    """Compute the weighted cross entropy of each example.

    Args:
      logits: List of T tensors [batch, classes].
      targets: List of T int tensors [batch].
      weights: List of T float tensors [batch].
      average_across_timesteps: Divide by the sum of the weights.
      softmax_loss_function: Function (labels, logits) -> loss that replaces the sparse softmax cross entropy.
      name: Scope; default `sequence_loss_by_example`.

    Returns:
      float [batch].

    Raises:
      ValueError: The lists differ in length.
    """
    if len(targets) != len(logits) or len(weights) != len(logits):
        raise ValueError(f"Lengths of logits, weights, and targets must be the same {len(logits)}, {len(weights)}, {len(targets)}.")
    with name_scope(name, "sequence_loss_by_example", [*logits, *targets, *weights]):
        losses = []
        for logit, target, weight in zip(logits, targets, weights, strict=True):
            if softmax_loss_function is None:
                target = reshape(target, [-1])
                loss = sparse_softmax_cross_entropy_with_logits(labels=target, logits=logit)
            else:
                loss = softmax_loss_function(labels=target, logits=logit)
            losses.append(loss * weight)
        total = add_n(losses)
        if average_across_timesteps:
            total /= add_n(weights) + 1e-12
    return total


def sequence_loss(logits, targets, weights, average_across_timesteps=True, average_across_batch=True, softmax_loss_function=None, name=None):
    """Compute the weighted cross entropy of all examples.

    Args:
      logits: List of T tensors [batch, classes].
      targets: List of T int tensors [batch].
      weights: List of T float tensors [batch].
      average_across_timesteps: Divide each example's loss by the sum of its weights.
      average_across_batch: Divide by the batch size.
      softmax_loss_function: Function (labels, logits) -> loss that replaces the sparse softmax cross entropy.
      name: Scope; default `sequence_loss`.

    Returns:
      A scalar.

    Raises:
      ValueError: The lists differ in length.
    """
    with name_scope(name, "sequence_loss", [*logits, *targets, *weights]):
        cost = reduce_sum(
            sequence_loss_by_example(
                logits, targets, weights, average_across_timesteps=average_across_timesteps, softmax_loss_function=softmax_loss_function
            )
        )
        return cost / cast(shape_of(targets[0])[0], cost.dtype) if average_across_batch else cost


def model_with_buckets(
    encoder_inputs, decoder_inputs, targets, weights, buckets, seq2seq, softmax_loss_function=None, per_example_loss=False, name=None
):
    """Make a model for each of several pairs of lengths; all share their variables.

    Args:
      encoder_inputs: List of tensors, as many as the longest bucket needs.
      decoder_inputs: The same for the decoder.
      targets: List of int tensors [batch].
      weights: List of float tensors [batch].
      buckets: List of (encoder length, decoder length), growing.
      seq2seq: Function (encoder inputs, decoder inputs) -> (outputs, state).
      softmax_loss_function: As for `sequence_loss`.
      per_example_loss: The losses are [batch].
      name: Scope; default `model_with_buckets`.

    Returns:
      (list of outputs, list of losses), one for each bucket.

    Raises:
      ValueError: A list is shorter than the last bucket.
    """
    longest = buckets[-1]
    for what, items, length in (
        ("encoder_inputs", encoder_inputs, longest[0]),
        ("targets", targets, longest[1]),
        ("weights", weights, longest[1]),
    ):
        if len(items) < length:
            raise ValueError(f"Length of {what} ({len(items)}) must be at least that of last bucket ({length}).")
    losses, outputs = [], []
    with name_scope(name, "model_with_buckets", [*encoder_inputs, *decoder_inputs, *targets, *weights]):
        for j, (source, target) in enumerate(buckets):
            with variable_scope(get_variable_scope(), reuse=True if j > 0 else None):
                found, _ = seq2seq(encoder_inputs[:source], decoder_inputs[:target])
                outputs.append(found)
                loss = sequence_loss_by_example if per_example_loss else sequence_loss
                losses.append(loss(found, targets[:target], weights[:target], softmax_loss_function=softmax_loss_function))
    return outputs, losses
