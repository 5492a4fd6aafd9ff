"""Shapes changed and tensors cut and joined: reshape, transpose, concat, stack, split, slice, pad, where and their kin."""

import builtins
import numbers

import numpy as np

from graphpb import dtypes
from graphpb.deprecation import argument
from graphpb.graph.convert import constant, convert_to_tensor, is_tensor
from graphpb.graph.core import Tensor
from graphpb.graph.scopes import name_scope
from graphpb.graph.static import constant_value
from graphpb.ops import raw
from graphpb.ops.fill import ones, ones_like
from graphpb.ops.shape import rank, size
from graphpb.shapes import Dimension, TensorShape


def identity(input, name=None):
    """Return a tensor with the shape and content of `input`."""
    return raw.Identity(input=input, name=name)


def identity_n(input, name=None):
    """Return a list of tensors with the content of the list `input`, made available together."""
    return raw.IdentityN(input=input, name=name)


def stop_gradient(input, name=None):
    """Return `input`, taken as a constant by gradients."""
    return raw.StopGradient(input=input, name=name)


def prevent_gradient(input, message="", name=None):
    """Return `input`; asking for a gradient through it raises LookupError with `message`."""
    return raw.PreventGradient(input=input, message=message, name=name)


def reshape(tensor, shape, name=None):
    """Give a tensor another shape with the elements in the same row-major order.

    Args:
      tensor: any type [...].
      shape: int32 or int64 [rank]; one entry may be -1 and is inferred.
      name: Name of the node; default `Reshape`.

    Raises:
      ValueError: The static number of elements does not fit.
    """
    return raw.Reshape(tensor=tensor, shape=shape, name=name)


def expand_dims(input, axis=None, name=None, dim=None):
    """Insert an axis of size 1.

    Args:
      input: any type [...].
      axis: Integer scalar, where the new axis will be; -1 is last.
      name: Name of the node; default `ExpandDims`.
      dim: Older name of `axis`.

    Raises:
      ValueError: No axis is given, both names are, or it is out of range.
    """
    axis = argument("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("Must specify an axis argument to tf.expand_dims()")
    return raw.ExpandDims(input=input, dim=axis, name=name)


def squeeze(input, axis=None, name=None, squeeze_dims=None):
    """Remove axes of size 1.

    Args:
      input: any type [...].
      axis: Integer or list of integers; default every axis of size 1.
      name: Name of the node; default `Squeeze`.
      squeeze_dims: Older name of `axis`.

    Raises:
      ValueError: A given axis has another size.
    """
    axis = argument("axis", axis, "squeeze_dims", squeeze_dims)
    if np.isscalar(axis):
        axis = [axis]
    return raw.Squeeze(input=input, squeeze_dims=[] if axis is None else axis, name=name)


def transpose(a, perm=None, name="transpose", conjugate=False):
    """Permute the axes.

    Args:
      a: any type [...].
      perm: Integers: axis i of the result is axis perm[i] of `a`; default all axes reversed.
      name: Scope and name of the nodes.
      conjugate: Also conjugate a complex tensor.
    """
    with name_scope(name, "transpose", [a]) as name:
        if not is_tensor(a):
            a = convert_to_tensor(a, name="a")
        make = raw.ConjugateTranspose if conjugate and a.dtype.is_complex else raw.Transpose
        if perm is None:
            ndims = a.shape.ndims
            if ndims is None:
                perm = raw.Range(start=raw.Rank(input=a) - 1, limit=-1, delta=-1)
            else:
                perm = np.arange(ndims - 1, -1, -1, dtype=np.int32)
        return make(x=a, perm=perm, name=name)


def matrix_transpose(a, name="matrix_transpose", conjugate=False):
    """Swap the last two axes.

    Raises:
      ValueError: `a` has fewer than two axes.
    """
    with name_scope(name, values=[a]):
        a = convert_to_tensor(a, name="a")
        ndims = a.shape.ndims
        if ndims is None:
            count = rank(a)
            perm = concat((raw.Range(start=0, limit=count - 2, delta=1), [count - 1, count - 2]), 0)
        elif ndims < 2:
            raise ValueError(f"Argument `a` should be a (batch) matrix with rank >= 2.  Received `a` = {a} with shape: {a.shape}")
        else:
            perm = [*builtins.range(ndims - 2), ndims - 1, ndims - 2]
        return transpose(a, perm=perm, conjugate=conjugate)


def concat(values, axis, name="concat"):
    """Join tensors along an axis; all other axes have equal sizes.

    Args:
      values: List of tensors of one dtype, or one tensor.
      axis: Integer scalar.
      name: Name of the node; scope when there is only one tensor.
    """
    if not isinstance(values, (list, tuple)):
        values = [values]
    if len(values) == 1:
        with name_scope(name):
            convert_to_tensor(axis, name="concat_dim", dtype=dtypes.int32).shape.assert_has_rank(0)
            return identity(values[0], name=name)
    return raw.ConcatV2(values=values, axis=axis, name=name)


def stack(values, axis=0, name="stack"):
    """Join tensors of one shape along a new axis.

    Args:
      values: List of tensors of one shape and dtype.
      axis: Integer, where the new axis will be.
      name: Name of the node.

    Raises:
      ValueError: `axis` is out of range.
    """
    if axis == 0:
        try:
            return convert_to_tensor(values, name=name)
        except (TypeError, ValueError, NotImplementedError):
            pass
    ndims = convert_to_tensor(values[0], name=name).shape.ndims
    if ndims is not None and not -ndims - 1 <= axis <= ndims:
        raise ValueError(f"Argument `axis` = {axis} not in range [{-ndims - 1}, {ndims + 1})")
    return raw.Pack(values=values, axis=axis, name=name)


def parallel_stack(values, name="parallel_stack"):
    """Join tensors of one fully known shape along a new first axis."""
    with name_scope(name):
        first = convert_to_tensor(values[0])
        whole = TensorShape([len(values)]).concatenate(first.shape)
        stacked = concat([expand_dims(value, 0) for value in values], 0)
        stacked.set_shape(whole)
        return stacked


def unstack(value, num=None, axis=0, name="unstack"):
    """Cut a tensor along an axis into tensors without it.

    Args:
      value: any type [...].
      num: Size of the axis; needed only when it is not known statically.
      axis: Integer.
      name: Name of the node.

    Returns:
      A list of `num` tensors.

    Raises:
      ValueError: `axis` is out of range, or the size is unknown.
    """
    if num is None:
        value = convert_to_tensor(value)
        ndims = value.shape.ndims
        if ndims is not None:
            if not -ndims <= axis < ndims:
                raise ValueError(f"Argument `axis` = {axis} not in range [{-ndims}, {ndims})")
            num = value.shape.as_list()[axis]
        if num is None:
            raise ValueError(f"Cannot infer argument `num` from shape {value.shape}")
    return raw.Unpack(value=value, num=num, axis=axis, name=name)


def split(value, num_or_size_splits, axis=0, num=None, name="split"):
    """Cut a tensor along an axis into parts.

    Args:
      value: any type [...].
      num_or_size_splits: Number of equal parts, or the sizes of the parts (one may be -1).
      axis: Integer scalar.
      num: Number of parts when the sizes are a tensor of unknown length.
      name: Name of the node.

    Raises:
      ValueError: The axis does not divide, or the number of parts is unknown.
    """
    if isinstance(num_or_size_splits, (numbers.Integral, Dimension)):
        return raw.Split(split_dim=axis, num_split=int(num_or_size_splits), value=value, name=name)
    sizes = convert_to_tensor(num_or_size_splits)
    if sizes.shape.ndims == 0:
        raise ValueError(f"Rank-0 tensors are not supported as the num_or_size_splits argument to split. Argument provided: {num_or_size_splits}")
    if num is None:
        num = sizes.shape.as_list()[0] if sizes.shape.ndims else None
        if num is None:
            raise ValueError(f"Cannot infer argument `num` from shape {num_or_size_splits}")
    return raw.SplitV(value=value, size_splits=sizes, split_dim=axis, num_split=num, name=name)


def slice(input_, begin, size, name=None):
    """Take a block of a tensor.

    Args:
      input_: any type [...].
      begin: int32 or int64 [rank].
      size: dtype of `begin` [rank]; -1 takes the rest of the axis.
      name: Name of the node; default `Slice`.
    """
    return raw.Slice(input=input_, begin=begin, size=size, name=name)


def strided_slice(
    input_, begin, end, strides=None, begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0, var=None, name=None
):
    """Take every n-th element of a range on each axis, as `x[b:e:s]` does.

    Args:
      input_: any type [...].
      begin: int32 or int64 [n].
      end: dtype of `begin` [n], excluded.
      strides: dtype of `begin` [n]; default ones.
      begin_mask: Bit i set: begin[i] is ignored and the range starts at the border.
      end_mask: Bit i set: end[i] is ignored.
      ellipsis_mask: Bit i set: position i stands for all axes not spoken of.
      new_axis_mask: Bit i set: position i inserts an axis.
      shrink_axis_mask: Bit i set: position i picks one index and drops the axis.
      var: Variable that the result's `assign` writes to.
      name: Name of the node; default `StridedSlice`.
    """
    if strides is None:
        strides = ones_like(begin)
    masks = dict(
        begin_mask=begin_mask, end_mask=end_mask, ellipsis_mask=ellipsis_mask, new_axis_mask=new_axis_mask, shrink_axis_mask=shrink_axis_mask
    )
    result = raw.StridedSlice(input=input_, begin=begin, end=end, strides=strides, name=name, **masks)
    if var is not None:

        def assign(value, name=None):
            name = name or result.op.name + "_assign"
            return var._strided_slice_assign(begin=begin, end=end, strides=strides, value=value, name=name, **masks)

        result.assign = assign
    return result


def tile(input, multiples, name=None):
    """Repeat a tensor multiples[i] times along each axis i."""
    return raw.Tile(input=input, multiples=multiples, name=name)


def broadcast_to(input, shape, name=None):
    """Broadcast a tensor to a shape by numpy's rules."""
    return raw.BroadcastTo(input=input, shape=shape, name=name)


def pad(tensor, paddings, mode="CONSTANT", name=None, constant_values=0):
    """Add elements before and after each axis.

    Args:
      tensor: any type [...].
      paddings: int32 or int64 [rank, 2]: how many before and after.
      mode: "CONSTANT", "REFLECT" (mirror without the border) or "SYMMETRIC" (with it), in any case.
      name: Name of the node; default `Pad`, `PadV2` or `MirrorPad`.
      constant_values: Scalar that fills when the mode is "CONSTANT".

    Raises:
      ValueError: The mode is unknown.
    """
    mode = mode.upper()
    if mode == "CONSTANT":
        if not is_tensor(constant_values) and np.ndim(constant_values) == 0 and constant_values == np.zeros_like(constant_values):
            result = raw.Pad(input=tensor, paddings=paddings, name=name)
        else:
            result = raw.PadV2(input=tensor, paddings=paddings, constant_values=constant_values, name=name)
    elif mode in ("REFLECT", "SYMMETRIC"):
        result = raw.MirrorPad(input=tensor, paddings=paddings, mode=mode, name=name)
    else:
        raise ValueError(f'Value of argument `mode` expected to be one of "CONSTANT", "REFLECT", or "SYMMETRIC". Received `mode` = {mode}')
    return result


def reverse(tensor, axis, name=None):
    """Reverse the order of the elements along axes.

    Args:
      tensor: any type [...].
      axis: int32 or int64 [n].
    """
    return raw.ReverseV2(tensor=tensor, axis=axis, name=name)


def reverse_sequence(input, seq_lengths, seq_axis=None, batch_axis=None, name=None, seq_dim=None, batch_dim=None):
    """Reverse the first seq_lengths[b] elements of each sequence b and keep the rest.

    Args:
      input: any type [...].
      seq_lengths: int32 or int64 [batch].
      seq_axis: Integer axis that is reversed.
      batch_axis: Integer axis of the sequences; default 0.
      seq_dim: Older name of `seq_axis`.
      batch_dim: Older name of `batch_axis`.
    """
    seq_axis = argument("seq_axis", seq_axis, "seq_dim", seq_dim)
    batch_axis = argument("batch_axis", batch_axis, "batch_dim", batch_dim)
    return raw.ReverseSequence(input=input, seq_lengths=seq_lengths, seq_dim=seq_axis, batch_dim=batch_axis or 0, name=name)


def roll(input, shift, axis, name=None):
    """Shift elements along axes; those that leave at the end come back at the start."""
    return raw.Roll(input=input, shift=shift, axis=axis, name=name)


def where(condition, x=None, y=None, name=None):
    """Choose between two tensors, or list the coordinates that are True.

    Args:
      condition: bool, shape of `x`, or [rows] to choose whole rows.
      x: any type [...], taken where True.
      y: dtype and shape of `x`, taken where False.
      name: Name of the node; default `Select` or `Where`.

    Returns:
      A tensor like `x`, or without `x` and `y` int64 [count, rank of condition].

    Raises:
      ValueError: Only one of `x` and `y` is given.
    """
    if x is None and y is None:
        with name_scope(name, "Where", [condition]) as name:
            condition = convert_to_tensor(condition, preferred_dtype=dtypes.bool, name="condition")
            return raw.Where(input=condition, name=name)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    return raw.Select(condition=condition, t=x, e=y, name=name)


def where_v2(condition, x=None, y=None, name=None):
    """Choose as `where` does, with all three broadcast to one shape."""
    if x is None or y is None:
        return where(condition, x, y, name)
    return raw.SelectV2(condition=condition, t=x, e=y, name=name)


def one_hot(indices, depth, on_value=None, off_value=None, axis=None, dtype=None, name=None):
    """Make vectors with one place on; indices out of range give none.

    Args:
      indices: integer [...].
      depth: Integer scalar, the length of the vectors.
      on_value: Scalar at the index; default 1.
      off_value: Scalar elsewhere; default 0.
      axis: Where the new axis will be; default last.
      dtype: dtype of the result; default that of the values, else float32.
      name: Scope and name of the nodes; default `one_hot`.

    Raises:
      TypeError: The values and `dtype` do not agree.
    """
    with name_scope(name, "one_hot", [indices, depth, on_value, off_value, axis, dtype]) as name:
        values = {"on_value": on_value, "off_value": off_value}
        for label, value in values.items():
            if value is not None:
                values[label] = value = convert_to_tensor(value, preferred_dtype=dtype)
                if dtype is not None and value.dtype.base_dtype != dtype:
                    raise TypeError(f"dtype {value.dtype.base_dtype} of {label} does not match dtype parameter {dtype}")
        given = [value.dtype.base_dtype for value in values.values() if value is not None]
        kind = dtype or (given[0] if given else dtypes.float32)
        for label, value in (("on_value", 1), ("off_value", 0)):
            if values[label] is None:
                values[label] = convert_to_tensor(value, kind, name=label)
        if len(given) == 2 and given[0] != given[1]:
            raise TypeError(f"dtype {given[0]} of on_value does not match dtype {given[1]} of off_value")
        return raw.OneHot(indices=indices, depth=depth, axis=-1 if axis is None else axis, name=name, **values)


def sequence_mask(lengths, maxlen=None, dtype=dtypes.bool, name=None):
    """Make rows that are True up to a length.

    Args:
      lengths: integer [...].
      maxlen: Integer scalar; default the largest length.
      dtype: dtype of the result.
      name: Scope of the nodes; default `SequenceMask`.

    Returns:
      A tensor [..., maxlen].

    Raises:
      ValueError: `maxlen` is not a scalar.
    """
    with name_scope(name, "SequenceMask", [lengths, maxlen]):
        lengths = convert_to_tensor(lengths)
        if maxlen is None:
            maxlen = raw.Max(input=lengths, reduction_indices=every_axis(lengths))
            maxlen = raw.Maximum(x=constant(0, maxlen.dtype), y=maxlen)
        else:
            maxlen = convert_to_tensor(maxlen)
        if maxlen.shape.ndims not in (0, None):
            raise ValueError(f"Argument `maxlen` must be scalar for sequence_mask, received `maxlen` = {maxlen} with shape '{maxlen.shape}' instead")
        row = raw.Range(start=constant(0, maxlen.dtype), limit=maxlen, delta=constant(1, maxlen.dtype))
        column = raw.Cast(x=expand_dims(lengths, -1), DstT=maxlen.dtype)
        mask = row < column
        return mask if dtype is None or mask.dtype.is_compatible_with(dtype) else raw.Cast(x=mask, DstT=dtype)


def every_axis(x):
    """All axes as an int32 constant, or a range node when the rank is unknown."""
    if isinstance(x, Tensor) and x.shape.ndims is not None:
        return constant(np.arange(x.shape.ndims), dtype=dtypes.int32)
    return raw.Range(start=0, limit=rank(x), delta=1)


def meshgrid(*args, **kwargs):
    """Spread vectors over the axes of a grid, as numpy.meshgrid.

    Args:
      *args: Vectors of one dtype.
      indexing: "xy" (first two axes swapped) or "ij".
      name: Scope of the nodes; default `meshgrid`.

    Raises:
      TypeError: Another keyword is given.
      ValueError: `indexing` is neither "xy" nor "ij".
    """
    indexing = kwargs.pop("indexing", "xy")
    name = kwargs.pop("name", "meshgrid")
    if kwargs:
        raise TypeError(f"'{next(iter(kwargs))}' is an invalid keyword argument for this function")
    if indexing not in ("xy", "ij"):
        raise ValueError(f"Argument `indexing` parameter must be either 'xy' or 'ij', got '{indexing}'")
    with name_scope(name, "meshgrid", args):
        count = len(args)
        if not count:
            return []
        grids = [reshape(stack(x), (1,) * i + (-1,) + (1,) * (count - i - 1)) for i, x in enumerate(args)]
        sizes = [size(x) for x in args]
        dtype = convert_to_tensor(args[0]).dtype.base_dtype
        if indexing == "xy" and count > 1:
            grids[0] = reshape(grids[0], (1, -1) + (1,) * (count - 2))
            grids[1] = reshape(grids[1], (-1, 1) + (1,) * (count - 2))
            sizes[0], sizes[1] = sizes[1], sizes[0]
        whole = ones(sizes, dtype)
        return [grid * whole for grid in grids]


def invert_permutation(x, name=None):
    """Compute y with y[x[i]] = i for a permutation x (int32 or int64 [n])."""
    return raw.InvertPermutation(x=x, name=name)


def required_space_to_batch_paddings(input_shape, block_shape, base_paddings=None, name=None):
    """Compute paddings that make spatial sizes multiples of a block, and the crops that undo them.

    Args:
      input_shape: int32 [n] spatial sizes.
      block_shape: int32 [n].
      base_paddings: int32 [n, 2] least paddings; default zeros.
      name: Scope of the nodes.

    Returns:
      (paddings, crops), each int32 [n, 2].
    """
    with name_scope(name, "required_space_to_batch_paddings", [input_shape, block_shape]):
        input_shape = convert_to_tensor(input_shape, dtype=dtypes.int32, name="input_shape")
        block_shape = convert_to_tensor(block_shape, dtype=dtypes.int32, name="block_shape")
        count = block_shape.shape.as_list()[0]
        if base_paddings is None:
            base_paddings = constant(0, shape=[count, 2], dtype=dtypes.int32, name="zeros")
        base_paddings = convert_to_tensor(base_paddings, dtype=dtypes.int32, name="base_paddings")
        known = [constant_value(t) for t in (block_shape, input_shape, base_paddings)]
        if not any(value is None for value in known):
            block_shape, input_shape, base_paddings = known
        before, after = base_paddings[:, 0], base_paddings[:, 1]
        extra = (block_shape - (input_shape + before + after) % block_shape) % block_shape
        after = after + extra
        paddings = stack([[before[i], after[i]] for i in builtins.range(count)], name="paddings")
        crops = stack([[0, extra[i]] for i in builtins.range(count)], name="crops")
        return paddings, crops


def space_to_batch_nd(input, block_shape, paddings, name=None):
    """Move blocks of spatial axes to the batch axis after padding."""
    return raw.SpaceToBatchND(input=input, block_shape=block_shape, paddings=paddings, name=name)


def batch_to_space_nd(input, block_shape, crops, name=None):
    """Undo `space_to_batch_nd`, then crop."""
    return raw.BatchToSpaceND(input=input, block_shape=block_shape, crops=crops, name=name)


def space_to_depth(input, block_size, name=None, data_format="NHWC"):
    """Move blocks of size block_size x block_size of an image to its channels."""
    return raw.SpaceToDepth(input=input, block_size=block_size, data_format=data_format, name=name)


def depth_to_space(input, block_size, name=None, data_format="NHWC"):
    """Undo `space_to_depth`."""
    return raw.DepthToSpace(input=input, block_size=block_size, data_format=data_format, name=name)


def repeat(input, repeats, axis=None, name=None):
    """Repeat elements one after the other along an axis, as numpy.repeat.

    Args:
      input: any type [...].
      repeats: Integer scalar or list, one for each element of the axis.
      axis: Integer; default the flattened tensor.
      name: Scope of the nodes; default `Repeat`.
    """
    from graphpb.ops.gather import repeat_along

    if axis is None:
        input, axis = reshape(input, [-1]), 0
    return repeat_along(input, repeats, axis, name)


def space_to_batch(input, paddings, block_size=None, name=None, block_shape=None):
    """Move blocks of space into the batch.

    Args:
      input: any type [batch, height, width, depth].
      paddings: int32 [2, 2], rows and columns of zeros around.
      block_size: Python integer; or `block_shape`, integers as `space_to_batch_nd` takes.
      name: Name of the node; default `SpaceToBatchND`.
      block_shape: Several sizes instead of one.
    """
    block = block_shape if block_shape is not None else np.array([block_size, block_size], np.int64)
    result = space_to_batch_nd(input, paddings=paddings, block_shape=block, name=name)
    result.set_shape(result.shape.with_rank(4))
    return result


def batch_to_space(input, crops, block_size, name=None, block_shape=None):
    """Move blocks of the batch back into space; arguments as `space_to_batch`, with crops instead of paddings."""
    block = block_shape if block_shape is not None else np.array([block_size, block_size], np.int64)
    result = batch_to_space_nd(input, crops=crops, block_shape=block, name=name)
    result.set_shape(result.shape.with_rank(4))
    return result
