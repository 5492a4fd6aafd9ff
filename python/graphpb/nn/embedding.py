"""Rows of tables by id: embedding_lookup and its sparse forms."""

import builtins

from graphpb import dtypes
from graphpb.graph.composite import SparseTensor
from graphpb.graph.convert import constant, convert_to_tensor, is_tensor
from graphpb.graph.scopes import colocate_with, name_scope
from graphpb.ops import raw
from graphpb.ops.array import concat, expand_dims, reshape, stack, tile, where
from graphpb.ops.cast import cast
from graphpb.ops.fill import ones, ones_like, zeros_like
from graphpb.ops.gather import gather, unique
from graphpb.ops.math import div_no_nan, floordiv, maximum, pow, range
from graphpb.ops.reduce import reduce_prod, reduce_sum
from graphpb.ops.shape import rank, shape, size
from graphpb.ops.sparse import sparse_fill_empty_rows, sparse_reshape, sparse_retain
from graphpb.ops.unary import sqrt
from graphpb.shapes import TensorShape
from graphpb.variables.partition import PartitionedVariable
from graphpb.variables.resource import is_resource_variable
from graphpb.variables.variable import Variable


def _clipped(rows, ids, max_norm):
    if max_norm is None:
        return rows
    ids_rank, rows_rank = ids.shape.ndims, rows.shape.ndims
    if ids_rank is not None and rows_rank is not None:
        axes = list(builtins.range(ids_rank, rows_rank))
    else:
        axes = range(rank(ids), rank(rows))
    from graphpb.train.clip import clip_by_norm

    return clip_by_norm(rows, max_norm, axes=axes)


def embedding_lookup(params, ids, partition_strategy="mod", name=None, validate_indices=True, max_norm=None):
    """Take rows of a table, or of a table in parts.

    Args:
      params: Tensor or variable [rows, ...], or a list of parts.
      ids: int32 or int64 [...].
      partition_strategy: How rows are spread over parts: "mod" (row i is in part i % n) or "div" (contiguous).
      name: Scope and name of the nodes; default `embedding_lookup`.
      validate_indices: Has no effect.
      max_norm: Largest L2 norm of a row, or None.

    Returns:
      A tensor ids.shape + params.shape[1:].

    Raises:
      ValueError: `params` is empty, or the strategy is another one.
    """
    if isinstance(params, PartitionedVariable):
        params = list(params)
    if not isinstance(params, list):
        params = [params]
    if not params or params[0] is None:
        raise ValueError("params must be specified" if params else "Length of params is currently 0. Need at least one param.")
    with name_scope(name, "embedding_lookup", [*params, ids]) as name:
        params = _tables(params)
        ids = convert_to_tensor(ids, name="ids")
        if len(params) == 1:
            with colocate_with(params[0]):
                rows = _clipped(gather(params[0], ids, name=name), ids, max_norm)
            return raw.Identity(input=rows)
        return _from_parts(params, ids, partition_strategy, max_norm, name)


def _tables(params):
    if all(isinstance(p, Variable) for p in params):
        return params
    return [convert_to_tensor(p, name=f"params_{i}") if not is_tensor(p) else p for i, p in enumerate(params)]


def _from_parts(params, ids, strategy, max_norm, name):
    count = len(params)
    flat = reshape(ids, [-1])
    places = range(size(flat))
    if strategy == "mod":
        part = flat % count
        row = floordiv(flat, count)
    elif strategy == "div":
        first = params[0].shape[0].value
        sizes = [p.shape[0].value for p in params]
        if first is not None and None not in sizes:
            total = constant(sum(sizes), flat.dtype)
        else:
            counts = []
            for p in params:
                with colocate_with(p):
                    counts.append(shape(p)[0])
            total = cast(reduce_sum(stack(counts)), flat.dtype)
        each = total // count
        extra = total % count
        part = maximum(flat // (each + 1), (flat - extra) // each)
        row = raw.Select(condition=part < extra, t=flat % (each + 1), e=(flat - extra) % each)
    else:
        raise ValueError(f"Unrecognized partition strategy: {strategy}.Must be one of either `mod` or `div`.")
    part = cast(part, dtypes.int32)
    rows = raw.DynamicPartition(data=row, partitions=part, num_partitions=count)
    where = raw.DynamicPartition(data=places, partitions=part, num_partitions=count)
    found = []
    for p, chosen in zip(params, rows, strict=True):
        with colocate_with(p):
            found.append(gather(p, chosen))
    merged = raw.ParallelDynamicStitch(indices=list(where), data=found, name=name)
    tail = params[0].shape[1:]
    for p in params[1:]:
        tail = tail.merge_with(p.shape[1:])
    if tail.is_fully_defined():
        whole = concat([shape(ids), tail.as_list()], 0)
    else:
        with colocate_with(params[0]):
            whole = concat([shape(ids), shape(params[0])[1:]], 0)
    merged = reshape(merged, whole)
    merged.set_shape(ids.shape.concatenate(tail))
    return _clipped(merged, ids, max_norm)


def embedding_lookup_sparse(params, sp_ids, sp_weights, partition_strategy="mod", name=None, combiner=None, max_norm=None):
    """Take rows by a SparseTensor of ids and combine those of each row of ids.

    Args:
      params: Table or list of parts, as `embedding_lookup`.
      sp_ids: SparseTensor of int64 ids [n, m].
      sp_weights: SparseTensor of float weights like `sp_ids`, or None for ones.
      partition_strategy: As `embedding_lookup`.
      name: Scope and name of the nodes; default `embedding_lookup_sparse`.
      combiner: "sum", "mean" (by the sum of weights; the default) or "sqrtn" (by the root of the sum of their squares).
      max_norm: Largest L2 norm of a row before combining, or None.

    Returns:
      A tensor [n, ...].

    Raises:
      TypeError: `sp_ids` or `sp_weights` is not a SparseTensor.
      ValueError: The combiner is another one.
    """
    combiner = combiner or "mean"
    if combiner not in ("mean", "sqrtn", "sum"):
        raise ValueError(f"combiner must be one of 'mean', 'sqrtn' or 'sum', got {combiner}")
    if isinstance(params, PartitionedVariable):
        params = list(params)
    if not isinstance(params, list):
        params = [params]
    if not isinstance(sp_ids, SparseTensor):
        raise TypeError(f"sp_ids must be SparseTensor, got {type(sp_ids)}")
    if sp_weights is not None and not isinstance(sp_weights, SparseTensor):
        raise TypeError(f"sp_weights must be either None or SparseTensor,got {type(sp_weights)}")
    with name_scope(name, "embedding_lookup_sparse", [*params, sp_ids]) as name:
        segments = convert_to_tensor(sp_ids.indices[:, 0], name="segment_ids")
        ids, places = unique(sp_ids.values)
        rows = embedding_lookup(params, ids, partition_strategy=partition_strategy, max_norm=max_norm)
        if sp_weights is None:
            form = {"sum": raw.SparseSegmentSum, "mean": raw.SparseSegmentMean, "sqrtn": raw.SparseSegmentSqrtN}[combiner]
            return form(data=rows, indices=places, segment_ids=segments, name=name)
        return _weighted(rows, places, cast(segments, dtypes.int32), sp_weights.values, combiner, name)


def _weighted(rows, places, segments, weights, combiner, name):
    """The weighted sum of the rows of each segment, over the sum of weights or the root of their squares."""
    rows = gather(rows, places)
    dtype = rows.dtype
    if dtype in (dtypes.float16, dtypes.bfloat16):
        rows = cast(rows, dtypes.float32)
    weights = cast(weights, rows.dtype)
    tail = expand_dims(rank(rows) - 1, 0)
    lengths = shape(weights)
    column = reshape(weights, concat([lengths, ones(tail, dtype=lengths.dtype)], 0))
    if rows.shape.ndims is not None:
        column.set_shape(weights.shape.concatenate([1] * (rows.shape.ndims - 1)))
    rows = rows * column
    if combiner == "sum":
        return cast(raw.SegmentSum(data=rows, segment_ids=segments, name=name), dtype)
    sums = raw.SegmentSum(data=rows, segment_ids=segments)
    if combiner == "mean":
        total = raw.SegmentSum(data=column, segment_ids=segments)
    else:
        total = sqrt(raw.SegmentSum(data=pow(column, 2), segment_ids=segments))
    return cast(div_no_nan(sums, total, name=name), dtype)


def safe_embedding_lookup_sparse(
    embedding_weights, sparse_ids, sparse_weights=None, combiner="mean", default_id=None, name=None, partition_strategy="div", max_norm=None
):
    """Combine rows by a SparseTensor of ids, as `embedding_lookup_sparse`, with care: negative ids and weights that are not positive do not count.

    Args:
      embedding_weights: Table or list of parts.
      sparse_ids: SparseTensor of int64 ids [..., m].
      sparse_weights: SparseTensor of weights like `sparse_ids`, or None for ones.
      combiner: "sum" (which counts all weights), "mean" or "sqrtn".
      default_id: The id for rows without ids; None gives zeros.
      name: Scope of the nodes; default `embedding_lookup`.
      partition_strategy, max_norm: As `embedding_lookup`.

    Returns:
      A tensor [..., width].

    Raises:
      ValueError: There are no weights.
    """
    if isinstance(embedding_weights, PartitionedVariable):
        embedding_weights = list(embedding_weights)
    if not isinstance(embedding_weights, list):
        embedding_weights = [embedding_weights]
    if not embedding_weights or embedding_weights[0] is None:
        raise ValueError(f"Missing embedding_weights {embedding_weights and None}.")
    dtype = None if sparse_weights is None else sparse_weights.dtype
    embedding_weights = [w if is_resource_variable(w) and dtype in (None, w.dtype) else convert_to_tensor(w, dtype=dtype) for w in embedding_weights]
    with name_scope(name, "embedding_lookup", [*embedding_weights, sparse_ids, sparse_weights]) as scope:
        original = sparse_ids.dense_shape
        known = original.shape[0].value
        count = size(original) if known is None else known
        ids = sparse_reshape(sparse_ids, [reduce_prod(raw.Slice(input=original, begin=[0], size=[count - 1])), gather(original, count - 1)])
        weights = None if sparse_weights is None else SparseTensor(ids.indices, sparse_weights.values, ids.dense_shape)
        valid = raw.GreaterEqual(x=ids.values, y=0)
        if weights is not None:
            valid = raw.LogicalAnd(x=valid, y=ones_like(weights.values, dtype=dtypes.bool_))
        ids = sparse_retain(ids, valid)
        if weights is not None:
            weights = sparse_retain(weights, valid)
            if combiner != "sum":
                positive = raw.Greater(x=weights.values, y=0)
                ids, weights = sparse_retain(ids, positive), sparse_retain(weights, positive)
        ids, empty = sparse_fill_empty_rows(ids, default_id or 0)
        if weights is not None:
            weights, _ = sparse_fill_empty_rows(weights, 1.0)
        found = embedding_lookup_sparse(
            embedding_weights,
            ids,
            weights,
            combiner=combiner,
            partition_strategy=partition_strategy,
            name=None if default_id is None else scope,
            max_norm=max_norm,
        )
        if default_id is None:
            empty = tile(reshape(empty, [-1, 1]), stack([1, shape(found)[1]]))
            found = where(empty, zeros_like(found), found, name=scope)
        lead = raw.Slice(input=cast(original, dtypes.int32), begin=[0], size=[count - 1])
        result = reshape(found, concat([lead, raw.Slice(input=shape(found), begin=[1], size=[-1])], 0))
        result.set_shape(TensorShape(None if known is None else [None] * (known - 1)).concatenate(found.shape[1:]))
        return result
