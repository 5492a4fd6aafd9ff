"""Losses over a sample of the classes, and the classes with the largest scores."""

from graphpb import dtypes
from graphpb.graph.scopes import name_scope
from graphpb.nn.embedding import embedding_lookup
from graphpb.nn.losses import _softmax_cross_entropy, sigmoid_cross_entropy_with_logits
from graphpb.ops import raw
from graphpb.ops.array import concat, expand_dims, reshape, slice, stack, stop_gradient
from graphpb.ops.cast import cast
from graphpb.ops.fill import ones, ones_like, zeros_like
from graphpb.ops.math import multiply
from graphpb.ops.product import matmul
from graphpb.ops.random import compute_accidental_hits, log_uniform_candidate_sampler
from graphpb.ops.shape import shape
from graphpb.ops.unary import log
from graphpb.variables.partition import PartitionedVariable


def top_k(input, k=1, sorted=True, index_type=dtypes.int32, name=None):
    """Find the k largest elements of each row; of equals the one with the lower index comes first.

    Args:
      input: numeric [..., n].
      k: Integer scalar, at most n.
      sorted: Return them in falling order.
      index_type: dtype of the indices.
      name: Name of the node; default `TopKV2`.

    Returns:
      (values, indices), each [..., k].
    """
    return raw.TopKV2(input=input, k=k, sorted=sorted, index_type=index_type, name=name)


def in_top_k(predictions, targets, k, name=None):
    """Tell whether the target's score is among the k largest of its row; ties count as inside.

    Args:
      predictions: float32 [batch, classes].
      targets: int32 or int64 [batch].
      k: Integer scalar.
      name: Scope of the node; default `in_top_k`.

    Returns:
      A bool tensor [batch].
    """
    with name_scope(name, "in_top_k"):
        return raw.InTopKV2(predictions=predictions, targets=targets, k=k, name=name)


def _row_sums(x):
    columns = shape(x)[1]
    weights = ones(stack([columns, 1]), x.dtype)
    return reshape(matmul(x, weights), [-1])


def _sampled_logits(
    weights,
    biases,
    labels,
    inputs,
    num_sampled,
    num_classes,
    num_true,
    sampled_values,
    subtract_log_q,
    remove_accidental_hits,
    partition_strategy,
    name,
    seed=None,
):
    """Logits and targets of the true and the sampled classes of each example."""
    if isinstance(weights, PartitionedVariable):
        weights = list(weights)
    if not isinstance(weights, list):
        weights = [weights]
    with name_scope(name, "compute_sampled_logits", [*weights, biases, inputs, labels]):
        labels = cast(labels, dtypes.int64)
        flat_labels = reshape(labels, [-1])
        if sampled_values is None:
            sampled_values = log_uniform_candidate_sampler(
                true_classes=labels, num_true=num_true, num_sampled=num_sampled, unique=True, range_max=num_classes, seed=seed
            )
        sampled, true_counts, sampled_counts = [stop_gradient(values) for values in sampled_values]
        sampled = cast(sampled, dtypes.int64)
        ids = concat([flat_labels, sampled], 0)
        rows = cast(embedding_lookup(weights, ids, partition_strategy=partition_strategy), inputs.dtype)
        true_rows = slice(rows, [0, 0], stack([shape(flat_labels)[0], -1]))
        sampled_rows = slice(rows, stack([shape(flat_labels)[0], 0]), [-1, -1])
        sampled_logits = matmul(inputs, sampled_rows, transpose_b=True)
        offsets = cast(embedding_lookup(biases, ids, partition_strategy=partition_strategy), inputs.dtype)
        true_offsets = slice(offsets, [0], shape(flat_labels))
        sampled_offsets = slice(offsets, shape(flat_labels), [-1])
        width = shape(true_rows)[1:2]
        split_shape = concat([[-1, num_true], width], 0)
        products = multiply(expand_dims(inputs, 1), reshape(true_rows, split_shape))
        true_logits = reshape(_row_sums(reshape(products, concat([[-1], width], 0))), [-1, num_true])
        true_offsets = reshape(true_offsets, [-1, num_true])
        true_logits += true_offsets
        sampled_logits += sampled_offsets
        if remove_accidental_hits:
            hit_rows, hit_places, hit_weights = compute_accidental_hits(labels, sampled, num_true=num_true)
            hit_rows = reshape(hit_rows, [-1, 1])
            hit_places = reshape(cast(hit_places, dtypes.int32), [-1, 1])
            indices = concat([hit_rows, hit_places], 1, "sparse_indices")
            whole = concat([shape(labels)[:1], expand_dims(num_sampled, 0)], 0)
            hit_weights = cast(hit_weights, sampled_logits.dtype)
            sampled_logits += raw.SparseToDense(
                sparse_indices=indices, output_shape=whole, sparse_values=hit_weights, default_value=0.0, validate_indices=False
            )
        if subtract_log_q:
            true_logits -= log(true_counts)
            sampled_logits -= log(sampled_counts)
        logits = concat([true_logits, sampled_logits], 1)
        targets = concat([ones_like(true_logits) / num_true, zeros_like(sampled_logits)], 1)
        return logits, targets


def nce_loss(
    weights,
    biases,
    labels,
    inputs,
    num_sampled,
    num_classes,
    num_true=1,
    sampled_values=None,
    remove_accidental_hits=False,
    partition_strategy="mod",
    name="nce_loss",
):
    """Compute the noise-contrastive loss of each example (Gutmann and Hyvaerinen 2010).

    Args:
      weights: float [classes, dim], or a list of parts.
      biases: float [classes].
      labels: int64 [batch, num_true].
      inputs: float [batch, dim].
      num_sampled: Integer, classes drawn for each batch.
      num_classes: Integer.
      num_true: Integer, true classes of each example.
      sampled_values: What a candidate sampler returned; default `log_uniform_candidate_sampler`.
      remove_accidental_hits: Leave out drawn classes that are true ones.
      partition_strategy: As `embedding_lookup`.
      name: Scope of the nodes.

    Returns:
      A tensor [batch].
    """
    logits, targets = _sampled_logits(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values, True, remove_accidental_hits, partition_strategy, name
    )
    losses = sigmoid_cross_entropy_with_logits(labels=targets, logits=logits, name="sampled_losses")
    return _row_sums(losses)


def sampled_softmax_loss(
    weights,
    biases,
    labels,
    inputs,
    num_sampled,
    num_classes,
    num_true=1,
    sampled_values=None,
    remove_accidental_hits=True,
    partition_strategy="mod",
    name="sampled_softmax_loss",
    seed=None,
):
    """Compute the softmax cross-entropy over the true and the sampled classes of each example (arxiv 1412.2007); arguments as `nce_loss`."""
    logits, targets = _sampled_logits(
        weights,
        biases,
        labels,
        inputs,
        num_sampled,
        num_classes,
        num_true,
        sampled_values,
        True,
        remove_accidental_hits,
        partition_strategy,
        name,
        seed,
    )
    targets = stop_gradient(targets, name="labels_stop_gradient")
    return _softmax_cross_entropy(targets, logits, -1, None)
