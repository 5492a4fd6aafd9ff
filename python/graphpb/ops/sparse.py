"""SparseTensors made dense, joined, reordered, reshaped and multiplied."""

import math

from graphpb import dtypes
from graphpb.deprecation import argument
from graphpb.graph.composite import SparseTensor, SparseTensorValue
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.graph.static import constant_value
from graphpb.ops import raw
from graphpb.ops.array import concat, identity, pad, reshape, where
from graphpb.ops.cast import cast
from graphpb.ops.compare import equal
from graphpb.ops.fill import fill, ones_like, zeros
from graphpb.ops.gather import gather
from graphpb.ops.order import argsort
from graphpb.ops.reduce import reduce_max
from graphpb.ops.segment import unsorted_segment_sum
from graphpb.ops.shape import shape


def _sparse(value):
    if isinstance(value, SparseTensorValue):
        return SparseTensor(value.indices, value.values, value.dense_shape)
    if not isinstance(value, SparseTensor):
        raise TypeError(f"Input must be a SparseTensor. Received: {value}")
    return value


def sparse_to_dense(sparse_indices, output_shape, sparse_values, default_value=0, validate_indices=True, name=None):
    """Make a dense tensor with values at coordinates.

    Args:
      sparse_indices: int32 or int64 [n, rank], or [n], or a scalar.
      output_shape: dtype of the indices [rank].
      sparse_values: any type [n], or a scalar.
      default_value: Scalar elsewhere.
      validate_indices: Fail unless the indices are in order and all different.
    """
    return raw.SparseToDense(
        sparse_indices=sparse_indices,
        output_shape=output_shape,
        sparse_values=sparse_values,
        default_value=default_value,
        validate_indices=validate_indices,
        name=name,
    )


def sparse_tensor_to_dense(sp_input, default_value=None, validate_indices=True, name=None):
    """Make a dense tensor of a SparseTensor, with zeros or another value elsewhere."""
    sp_input = _sparse(sp_input)
    if default_value is None:
        default_value = zeros([], dtype=sp_input.dtype)
    return sparse_to_dense(
        sp_input.indices, sp_input.dense_shape, sp_input.values, default_value=default_value, validate_indices=validate_indices, name=name
    )


def sparse_concat(axis, sp_inputs, name=None, expand_nonconcat_dim=False, concat_dim=None, expand_nonconcat_dims=None):
    """Join SparseTensors along an axis.

    Args:
      axis: Integer.
      sp_inputs: SparseTensors with equal sizes on the other axes.
      name: Name of the node; default `SparseConcat`.
      expand_nonconcat_dim: Let the other axes have different sizes: the result has the largest.
      concat_dim: Older name of `axis`.
      expand_nonconcat_dims: Newer name of `expand_nonconcat_dim`.
    """
    expand = argument("expand_nonconcat_dims", expand_nonconcat_dims, "expand_nonconcat_dim", expand_nonconcat_dim or None)
    axis = argument("axis", axis, "concat_dim", concat_dim)
    parts = [_sparse(part) for part in sp_inputs]
    if len(parts) == 1:
        return parts[0]
    shapes = [part.dense_shape for part in parts]
    if expand:
        largest = reduce_max(concat([reshape(shape, [1, -1]) for shape in shapes], 0), 0)
        if axis == -1:
            shapes = [concat([largest[:-1], shape[-1:]], 0) for shape in shapes]
        else:
            shapes = [concat([largest[:axis], shape[axis : axis + 1], largest[axis + 1 :]], 0) for shape in shapes]
    joined = raw.SparseConcat(
        indices=[part.indices for part in parts],
        values=[part.values for part in parts],
        shapes=shapes,
        concat_dim=axis,
        name=name,
    )
    indices, values, new_shape = joined
    known = [part.shape for part in parts]
    if all(shape.is_fully_defined() for shape in known):
        sizes = [max(column) for column in zip(*(shape.as_list() for shape in known), strict=True)]
        sizes[axis] = sum(shape[axis].value for shape in known)
        new_shape = constant(sizes, dtypes.int64)
    return SparseTensor(indices, values, new_shape)


def sparse_reorder(sp_input, name=None):
    """Return a SparseTensor with its elements in row-major order."""
    sp_input = _sparse(sp_input)
    indices, values = raw.SparseReorder(input_indices=sp_input.indices, input_values=sp_input.values, input_shape=sp_input.dense_shape, name=name)
    return SparseTensor(indices, values, sp_input.dense_shape)


def sparse_reshape(sp_input, shape, name=None):
    """Give a SparseTensor another dense shape; one entry may be -1."""
    sp_input = _sparse(sp_input)
    shape = cast(shape, dtypes.int64)
    with name_scope(name, "SparseReshape", [sp_input.values]) as name:
        indices, new_shape = raw.SparseReshape(input_indices=sp_input.indices, input_shape=sp_input.dense_shape, new_shape=shape, name=name)
        count = sp_input.shape.num_elements()
        wanted = shape.op.inputs[0] if shape.op.type == "Cast" else shape
        if count is not None and wanted.op.type == "Const":
            new_shape = _known_sizes(constant_value(wanted).tolist(), count, new_shape)
        return SparseTensor(indices, identity(sp_input.values), new_shape)


def _known_sizes(sizes, count, otherwise):
    """The sizes as a constant, with -1 replaced by what is left of the number of elements; `otherwise` where that is not clear.

    ValueError: more than one size is -1, or the elements are more or fewer.
    """
    if sizes.count(-1) > 1:
        raise ValueError(f"At most one dimension can be inferred (-1). Found: {sizes}")
    if -1 in sizes and 0 in sizes:
        return otherwise
    rest = math.prod(size for size in sizes if size != -1)
    whole = [count // rest if size == -1 else size for size in sizes]
    if math.prod(whole) != count:
        shown = [None if size == -1 else size for size in sizes]
        raise ValueError(f"Cannot reshape a tensor with {count} elements to shape {shown} ({math.prod(whole)} elements).")
    return constant(whole, dtypes.int64)


def sparse_tensor_dense_matmul(sp_a, b, adjoint_a=False, adjoint_b=False, name=None):
    """Multiply a sparse matrix [n, k] by a dense one [k, m]."""
    sp_a = _sparse(sp_a)
    with name_scope(name, "SparseTensorDenseMatMul", [sp_a.indices, sp_a.values, b]) as name:
        b = convert_to_tensor(b, name="b")
        return raw.SparseTensorDenseMatMul(
            a_indices=sp_a.indices, a_values=sp_a.values, a_shape=sp_a.dense_shape, b=b, adjoint_a=adjoint_a, adjoint_b=adjoint_b, name=name
        )


def sparse_reduce_sum(sp_input, axis=None, keepdims=None, reduction_axes=None, keep_dims=None):
    """Sum a SparseTensor along axes into a dense tensor; the last two are older names of the arguments."""
    sp_input = _sparse(sp_input)
    axis = reduction_axes if axis is None else axis
    keepdims = keep_dims if keepdims is None else keepdims
    if axis is None:
        axis = list(range(sp_input.shape.ndims))
    return raw.SparseReduceSum(
        input_indices=sp_input.indices, input_values=sp_input.values, input_shape=sp_input.dense_shape, reduction_axes=axis, keep_dims=bool(keepdims)
    )


def sparse_reduce_max(sp_input, axis=None, keepdims=None, reduction_axes=None, keep_dims=None):
    """Take the maxima of a SparseTensor along axes, zero where there is no element; arguments as `sparse_reduce_sum`."""
    sp_input = _sparse(sp_input)
    axis = reduction_axes if axis is None else axis
    keepdims = keep_dims if keepdims is None else keepdims
    if axis is None:
        axis = list(range(sp_input.shape.ndims))
    return raw.SparseReduceMax(
        input_indices=sp_input.indices, input_values=sp_input.values, input_shape=sp_input.dense_shape, reduction_axes=axis, keep_dims=bool(keepdims)
    )


def sparse_slice(sp_input, start, size, name=None):
    """Cut a block out of a SparseTensor.

    Args:
      sp_input: SparseTensor of rank r.
      start: int64 [r], the first corner.
      size: int64 [r]; what lies outside of the tensor is left out.
      name: Scope of the nodes; default `SparseSlice`.
    """
    sp_input = _sparse(sp_input)
    start = convert_to_tensor(start, dtypes.int64)
    size = convert_to_tensor(size, dtypes.int64)
    with name_scope(name, "SparseSlice", [sp_input]) as name:
        parts = raw.SparseSlice(indices=sp_input.indices, values=sp_input.values, shape=sp_input.dense_shape, start=start, size=size, name=name)
        return SparseTensor(*parts)


def sparse_softmax(sp_input, name=None):
    """Apply softmax to the elements that are present along the last axis; returns a SparseTensor."""
    with name_scope(name, "SparseSoftmax", [sp_input.indices, sp_input.values]) as name:
        values = raw.SparseSoftmax(sp_indices=sp_input.indices, sp_values=sp_input.values, sp_shape=sp_input.dense_shape)
        return SparseTensor(sp_input.indices, values, sp_input.dense_shape)


def sparse_add(a, b, threshold=None, thresh=None):
    """Add a SparseTensor and a dense tensor, or two SparseTensors; small sums up to a threshold are dropped."""
    threshold = thresh if threshold is None else threshold
    if isinstance(a, (SparseTensor, SparseTensorValue)) and isinstance(b, (SparseTensor, SparseTensorValue)):
        a, b = _sparse(a), _sparse(b)
        limit = convert_to_tensor(0 if threshold is None else threshold, dtype=a.values.dtype.real_dtype.base_dtype, name="thresh")
        return SparseTensor(
            *raw.SparseAdd(
                a_indices=a.indices,
                a_values=a.values,
                a_shape=a.dense_shape,
                b_indices=b.indices,
                b_values=b.values,
                b_shape=b.dense_shape,
                thresh=limit,
            )
        )
    sparse, dense = (_sparse(a), b) if isinstance(a, (SparseTensor, SparseTensorValue)) else (_sparse(b), a)
    return raw.SparseTensorDenseAdd(a_indices=sparse.indices, a_values=sparse.values, a_shape=sparse.dense_shape, b=dense)


def sparse_retain(sp_input, to_retain):
    """Keep some of the stored elements.

    Args:
      sp_input: SparseTensor with n elements.
      to_retain: bool [n].

    Raises:
      TypeError: `sp_input` is no SparseTensor.
    """
    if not isinstance(sp_input, SparseTensor):
        raise TypeError("Input must be a SparseTensor.")
    to_retain = convert_to_tensor(to_retain)
    where_true = reshape(where(to_retain), [-1])
    return SparseTensor(gather(sp_input.indices, where_true), gather(sp_input.values, where_true), identity(sp_input.dense_shape))


def sparse_fill_empty_rows(sp_input, default_value, name=None):
    """Give every row without elements one element in its first column.

    Args:
      sp_input: SparseTensor [rows, columns].
      default_value: The new elements' value.
      name: Scope of the nodes; default `SparseFillEmptyRows`.

    Returns:
      (SparseTensor, bool [rows]: which rows were empty).
    """
    with name_scope(name, "SparseFillEmptyRows", [sp_input]):
        rows = sp_input.indices[:, 0]
        counts = unsorted_segment_sum(ones_like(rows), rows, sp_input.dense_shape[0])
        empty = equal(counts, 0)
        new = where(empty)
        indices = concat([sp_input.indices, pad(new, [[0, 0], [0, 1]])], 0)
        value = cast(convert_to_tensor(default_value), sp_input.values.dtype)
        values = concat([sp_input.values, fill(shape(new)[:1], value)], 0)
        # A stable order of the rows keeps the elements of each row as they were.
        order = argsort(indices[:, 0], stable=True)
        return SparseTensor(gather(indices, order), gather(values, order), sp_input.dense_shape), empty
