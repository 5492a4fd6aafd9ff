"""Elements taken by index, mask or order: gather, gather_nd, boolean_mask, unique, top values, searches."""

from builtins import range as _count

from graphpb import dtypes
from graphpb.graph.composite import IndexedSlices
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.graph.static import constant_value
from graphpb.ops import raw
from graphpb.ops.array import broadcast_to, concat, every_axis, expand_dims, reshape, sequence_mask, squeeze, stack, tile, where_v2
from graphpb.ops.cast import cast
from graphpb.ops.fill import ones
from graphpb.ops.shape import rank, shape, shape_tensor


def gather(params, indices, validate_indices=None, name=None, axis=None, batch_dims=0):
    """Take slices along an axis by index.

    Args:
      params: any type [...]; a variable is read sparsely.
      indices: int32 or int64 [...].
      validate_indices: Has no effect.
      name: Name of the node; default `GatherV2`.
      axis: Integer scalar; default `batch_dims`.
      batch_dims: Number of leading axes that params and indices share.

    Returns:
      A tensor params.shape[:axis] + indices.shape[batch_dims:] + params.shape[axis + 1:].
    """
    del validate_indices
    if axis is None:
        axis = batch_dims
    if constant_value(axis) == 0 if not isinstance(axis, int) else axis == 0:
        try:
            return params.sparse_read(indices, name=name)
        except AttributeError:
            return raw.GatherV2(params=params, indices=indices, axis=axis, name=name)
    return raw.GatherV2(params=params, indices=indices, axis=axis, batch_dims=batch_dims, name=name)


def gather_nd(params, indices, name=None, batch_dims=0):
    """Take elements or slices by coordinates.

    Args:
      params: any type [...].
      indices: int32 or int64 [..., depth].
      name: Name of the node; default `GatherNd`.
      batch_dims: How many leading axes params and indices share; the ranks must be known.

    Returns:
      A tensor indices.shape[:-1] + params.shape[depth:].

    Raises:
      ValueError: `batch_dims` is negative, or not less than both ranks.
    """
    if batch_dims != 0:
        return _batch_gather_nd(params, indices, batch_dims, name)
    try:
        return params.gather_nd(indices, name=name)
    except AttributeError:
        return raw.GatherNd(params=params, indices=indices, name=name)


def _batch_gather_nd(params, indices, batch_dims, name):
    with name_scope(name, "GatherNd", [params, indices]):
        params = convert_to_tensor(params, name="params")
        indices = convert_to_tensor(indices, name="indices")
        ranks = (params.shape.ndims, indices.shape.ndims)
        if batch_dims < 0 or None in ranks or batch_dims >= min(ranks):
            raise ValueError(f"batch_dims = {batch_dims} must be less than rank(params) = {ranks[0]} and rank(indices) = {ranks[1]}")
        sizes = shape(indices)
        parts = []
        for axis in _count(batch_dims):
            along = raw.Range(start=0, limit=sizes[axis], delta=1)
            along = reshape(along, [-1 if i == axis else 1 for i in _count(ranks[1])])
            along = broadcast_to(along, concat([sizes[:-1], [1]], 0))
            parts.append(raw.Cast(x=along, DstT=indices.dtype))
        return raw.GatherNd(params=params, indices=concat([*parts, indices], -1))


def batch_gather(params, indices, name=None):
    """Take slices along the last axis of `indices`; all axes before it are shared with `params`.

    Raises:
      ValueError: The rank of `indices` is unknown.
    """
    with name_scope(name, "BatchGather", [params, indices]):
        indices = convert_to_tensor(indices, name="indices")
        params = convert_to_tensor(params, name="params")
        if indices.shape.ndims is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        batch = indices.shape.ndims - 1
        return raw.GatherV2(params=params, indices=indices, axis=batch, batch_dims=batch)


def boolean_mask(tensor, mask, name="boolean_mask", axis=None):
    """Take the elements where a mask is True.

    Args:
      tensor: any type [...].
      mask: bool of known rank; its shape equals that of `tensor` from `axis` on.
      name: Scope of the nodes.
      axis: Integer, where the mask's axes start; default 0.

    Returns:
      A tensor with the masked axes joined into one.

    Raises:
      ValueError: The mask is a scalar, of unknown rank, or its shape does not fit.
    """
    with name_scope(name, values=[tensor, mask]):
        tensor = convert_to_tensor(tensor, name="tensor")
        mask = convert_to_tensor(mask, name="mask")
        ndims = mask.shape.ndims
        if ndims == 0:
            raise ValueError("mask cannot be scalar.")
        if ndims is None:
            raise ValueError(
                "Number of mask dimensions must be specified, even if some dimensions are None.  E.g. shape=[None] is ok, but shape=None is not."
            )
        axis = 0 if axis is None else axis
        known = axis if isinstance(axis, int) else constant_value(axis)
        static = tensor.shape
        if known is not None:
            axis = int(known)
            static[axis : axis + ndims].assert_is_compatible_with(mask.shape)
        count = raw.Prod(input=shape(tensor)[axis : axis + ndims], reduction_indices=[0])
        flat = reshape(tensor, concat([shape(tensor)[:axis], [count], shape(tensor)[axis + ndims :]], 0))
        if known is not None:
            masked = static[axis : axis + ndims].num_elements()
            flat.set_shape(static[:axis].concatenate([masked]).concatenate(static[axis + ndims :]))
        indices = squeeze(where_v2(reshape(mask, [-1])), axis=[1])
        return gather(flat, indices, axis=axis)


def sparse_mask(a, mask_indices, name=None):
    """Drop the given rows from IndexedSlices."""
    with name_scope(name, "sparse_mask", [a, mask_indices]) as name:
        kept, places = raw.ListDiff(x=a.indices, y=mask_indices)
        return IndexedSlices(gather(a.values, places, name=name), kept, a.dense_shape)


def unique(x, out_idx=dtypes.int32, name=None):
    """Return (values, idx): the distinct elements in order of appearance, and where each element of x is in them."""
    return raw.Unique(x=x, out_idx=out_idx, name=name)


def unique_with_counts(x, out_idx=dtypes.int32, name=None):
    """Return (values, idx, counts): as `unique`, and how often each value occurs."""
    return raw.UniqueWithCounts(x=x, out_idx=out_idx, name=name)


def setdiff1d(x, y, index_dtype=dtypes.int32, name=None):
    """Return (values, indices) of the elements of vector x that are not in vector y."""
    return raw.ListDiff(x=x, y=y, out_idx=index_dtype, name=name)


def listdiff(x, y, out_idx=dtypes.int32, name=None):
    """Return (values, indices) as `setdiff1d`."""
    return raw.ListDiff(x=x, y=y, out_idx=out_idx or dtypes.int32, name=name)


def scatter_nd(indices, updates, shape, name=None):
    """Add updates at coordinates into zeros.

    Args:
      indices: int32 or int64 [..., depth].
      updates: numeric [indices.shape[:-1] + shape[depth:]]; repeated coordinates add up.
      shape: dtype of `indices` [rank].
    """
    return raw.ScatterNd(indices=indices, updates=updates, shape=shape, name=name)


def tensor_scatter_update(tensor, indices, updates, name=None):
    """Return a copy of a tensor with values replaced at coordinates."""
    return raw.TensorScatterUpdate(tensor=tensor, indices=indices, updates=updates, name=name)


def tensor_scatter_add(tensor, indices, updates, name=None):
    """Return a copy of a tensor with updates added at coordinates."""
    return raw.TensorScatterAdd(tensor=tensor, indices=indices, updates=updates, name=name)


def tensor_scatter_sub(tensor, indices, updates, name=None):
    """Return a copy of a tensor with updates subtracted at coordinates."""
    return raw.TensorScatterSub(tensor=tensor, indices=indices, updates=updates, name=name)


def dynamic_partition(data, partitions, num_partitions, name=None):
    """Split rows into lists by their partition number.

    Args:
      data: any type [...].
      partitions: int32, a leading part of data's shape, values below `num_partitions`.
      num_partitions: Integer.
    """
    return raw.DynamicPartition(data=data, partitions=partitions, num_partitions=num_partitions, name=name)


def dynamic_stitch(indices, data, name=None):
    """Interleave tensors: result[indices[m][i]] = data[m][i], later ones win."""
    return raw.DynamicStitch(indices=indices, data=data, name=name)


def searchsorted(sorted_sequence, values, side="left", out_type=dtypes.int32, name=None):
    """Find where values would be inserted in sorted rows, as numpy.searchsorted, by counting the elements before each: n · m comparisons.

    Args:
      sorted_sequence: numeric [..., n], sorted along the last axis.
      values: dtype of `sorted_sequence` [..., m].
      side: "left" (before equals) or "right".
      out_type: int32 or int64.

    Raises:
      ValueError: `side` is neither "left" nor "right".
    """
    if side not in ("left", "right"):
        raise ValueError(f"Argument `side` must be either 'right' or 'left'. Received: `side` = '{side}'.")
    length = shape_tensor(sorted_sequence)[-1]
    count = shape_tensor(values)[-1]
    rows = reshape(sorted_sequence, [-1, length])
    sought = reshape(values, [-1, count])
    before = (raw.LessEqual if side == "right" else raw.Less)(x=expand_dims(rows, 1), y=expand_dims(sought, 2))
    found = raw.Sum(input=cast(before, out_type), reduction_indices=2, name=name)
    return reshape(found, shape_tensor(values))


def edit_distance(hypothesis, truth, normalize=True, name="edit_distance"):
    """Compute Levenshtein distances between sequences given as SparseTensors.

    Args:
      hypothesis: SparseTensor, the last axis along each sequence.
      truth: SparseTensor of the same leading axes.
      normalize: Divide by the length of the truth.
    """
    return raw.EditDistance(
        hypothesis_indices=hypothesis.indices,
        hypothesis_values=hypothesis.values,
        hypothesis_shape=hypothesis.dense_shape,
        truth_indices=truth.indices,
        truth_values=truth.values,
        truth_shape=truth.dense_shape,
        normalize=normalize,
        name=name,
    )


def repeat_along(data, repeats, axis, name=None):
    """Repeat elements along an axis (see `tf.repeat`).

    Raises:
      TypeError: `axis` is not an int, or `repeats` not integer.
      ValueError: `axis` is out of range.
    """
    if not isinstance(axis, int):
        raise TypeError(f"Argument `axis` must be an int. Received `axis` = {axis} of type {type(axis).__name__}")
    with name_scope(name, "Repeat", [data, repeats]):
        data = convert_to_tensor(data, name="data")
        repeats = convert_to_tensor(repeats, name="repeats", preferred_dtype=dtypes.int32)
        if not repeats.dtype.is_integer:
            raise TypeError(f"Argument `tensor` (name: repeats) must be of type integer. Received `tensor` = {repeats} of dtype: {repeats.dtype}")
        repeats = raw.Cast(x=repeats, DstT=dtypes.int32)
        repeats.shape.with_rank_at_most(1)
        if data.shape.ndims == 0:
            data = stack([data])
        sizes = shape(data, out_type=repeats.dtype)
        ndims = data.shape.ndims
        if ndims is not None and not -ndims <= axis < ndims:
            raise ValueError(f"axis={axis} out of bounds: expected {-ndims}<=axis<{ndims}")
        if axis < 0:
            if ndims is None:
                raise ValueError(f"axis={axis} may only be negative if rank(data) is statically known.")
            axis += ndims
        if repeats.shape.num_elements() == 1:
            repeats = reshape(repeats, [])
            tiled = _tile_axis(expand_dims(data, axis + 1), axis + 1, repeats)
            return reshape(tiled, concat([sizes[:axis], [repeats * sizes[axis]], sizes[axis + 1 :]], axis=0))
        if repeats.shape.ndims == 1:
            data.shape[axis].assert_is_compatible_with(repeats.shape[0])
        repeats = broadcast_to(repeats, [sizes[axis]])
        original = repeats
        if repeats.shape.ndims != axis + 1:
            tail, count = shape(repeats), rank(repeats)
            repeats = broadcast_to(repeats, concat([sizes[: axis + 1 - count], tail], axis=0))
            repeats.set_shape([None] * (axis + 1))
        most = raw.Max(input=repeats, reduction_indices=every_axis(repeats))
        most = raw.Maximum(x=convert_to_tensor(0, name="zero", dtype=most.dtype), y=most)
        mask = sequence_mask(repeats, most)
        tiled = _tile_axis(expand_dims(data, axis + 1), axis + 1, most)
        result = boolean_mask(tiled, mask)
        if axis != 0:
            total = raw.Sum(input=original, reduction_indices=raw.Range(start=0, limit=rank(original), delta=1))
            result = reshape(result, concat([sizes[:axis], [total], sizes[axis + 1 :]], axis=0))
        if ndims is not None:
            result.set_shape(data.shape[:axis].concatenate([None]).concatenate(data.shape[axis + 1 :]))
        return result


def _tile_axis(data, axis, times):
    if data.shape.ndims is not None:
        multiples = [1] * data.shape.ndims
        multiples[axis] = times
    else:
        once = ones(rank(data), dtypes.int32)
        multiples = concat([once[:axis], [times], once[axis + 1 :]], axis=0)
    return tile(data, multiples)
