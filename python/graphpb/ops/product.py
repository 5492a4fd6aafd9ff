"""Matrix products: matmul, matvec, tensordot."""

import builtins

import numpy as np

from graphpb import dtypes
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw
from graphpb.ops.array import concat, expand_dims, reshape, squeeze, stack, transpose, where
from graphpb.ops.gather import gather
from graphpb.ops.math import range
from graphpb.ops.reduce import reduce_prod
from graphpb.ops.shape import rank, shape
from graphpb.ops.unary import conj


def matmul(a, b, transpose_a=False, transpose_b=False, adjoint_a=False, adjoint_b=False, a_is_sparse=False, b_is_sparse=False, name=None):
    """Multiply matrices; inputs of rank above two are batches of matrices.

    Args:
      a: float, complex, int32 or int64 [..., n, k].
      b: dtype of `a` [..., k, m].
      transpose_a: Swap the last two axes of `a` first.
      transpose_b: Swap the last two axes of `b` first.
      adjoint_a: Swap and conjugate `a` first.
      adjoint_b: Swap and conjugate `b` first.
      a_is_sparse: Hint that `a` holds many zeros; only for matrices, the product is the same.
      b_is_sparse: Hint that `b` holds many zeros.
      name: Scope and name of the node; default `MatMul`.

    Returns:
      A tensor [..., n, m].

    Raises:
      ValueError: The inner sizes differ, or transpose and adjoint are both asked for.
    """
    with name_scope(name, "MatMul", [a, b]) as name:
        for side, transposed, adjoint in (("a", transpose_a, adjoint_a), ("b", transpose_b, adjoint_b)):
            if transposed and adjoint:
                raise ValueError(
                    f"Only one of `transpose_{side}` and `adjoint_{side}` can be True. "
                    f"Received `transpose_{side}`={transposed}, `adjoint_{side}`={adjoint}."
                )
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(b, preferred_dtype=a.dtype.base_dtype, name="b")
        sparse = a_is_sparse or b_is_sparse
        batched = any(t.shape.ndims is None or t.shape.ndims > 2 for t in (a, b))
        if batched and not sparse:
            a, b = (conj(a) if transpose_a else a), (conj(b) if transpose_b else b)
            return raw.BatchMatMulV2(x=a, y=b, adj_x=adjoint_a or transpose_a, adj_y=adjoint_b or transpose_b, name=name)
        a, b = (conj(a) if adjoint_a else a), (conj(b) if adjoint_b else b)
        transpose_a, transpose_b = transpose_a or adjoint_a, transpose_b or adjoint_b
        return raw.MatMul(a=a, b=b, transpose_a=transpose_a, transpose_b=transpose_b, name=name)


def matvec(a, b, transpose_a=False, adjoint_a=False, a_is_sparse=False, b_is_sparse=False, name=None):
    """Multiply matrices [..., n, k] by vectors [..., k]; returns [..., n]."""
    with name_scope(name, "MatVec", [a, b]) as name:
        column = expand_dims(b, axis=-1)
        product = matmul(a, column, transpose_a=transpose_a, adjoint_a=adjoint_a, a_is_sparse=a_is_sparse, b_is_sparse=b_is_sparse)
        return squeeze(product, axis=-1)


def tensordot(a, b, axes, name=None):
    """Sum products over pairs of axes of two tensors, as numpy.tensordot.

    Args:
      a: float or complex [...].
      b: dtype of `a` [...].
      axes: The number n of last axes of `a` paired with the first of `b`, or two lists of axes, or a tensor [2, n].
      name: Scope and name of the nodes; default `Tensordot`.

    Returns:
      A tensor with the free axes of `a`, then those of `b`.

    Raises:
      ValueError: `axes` does not fit the ranks, or the two lists have different lengths.
    """
    with name_scope(name, "Tensordot", [a, b, axes]) as name:
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(b, name="b")
        a_axes, b_axes = _contracted_axes(a, axes)
        a_matrix, a_free, a_static = _as_matrix(a, a_axes, flipped=False)
        b_matrix, b_free, b_static = _as_matrix(b, b_axes, flipped=True)
        product = matmul(a_matrix, b_matrix)
        if isinstance(a_free, list) and isinstance(b_free, list):
            if product.shape.is_fully_defined() and product.shape.as_list() == a_free + b_free:
                return product
            return reshape(product, a_free + b_free, name=name)
        a_free = convert_to_tensor(a_free, dtype=dtypes.int32)
        b_free = convert_to_tensor(b_free, dtype=dtypes.int32)
        product = reshape(product, concat([a_free, b_free], 0), name=name)
        if a_static is not None and b_static is not None:
            product.set_shape(a_static + b_static)
        return product


def _contracted_axes(a, axes):
    """The axes of a and b that are summed over: lists, or int32 tensors when ranks are unknown."""
    if isinstance(axes, (int, np.integer)):
        if axes < 0:
            raise ValueError(f"`axes` must be at least 0. Received: {axes}.")
        ndims = a.shape.ndims
        if ndims is None:
            count = rank(a)
            return range(count - axes, count, dtype=dtypes.int32), range(axes, dtype=dtypes.int32)
        if axes > ndims:
            raise ValueError(
                f"`axes` must not be larger than the number of dimensions of tensor {a}.  Received {axes}, vs tensor dimensions {ndims}."
            )
        return list(builtins.range(ndims - axes, ndims)), list(builtins.range(axes))
    if isinstance(axes, (list, tuple)):
        if len(axes) != 2:
            raise ValueError(f"`axes` must be an integer or have length 2. Received {axes}.")
        left, right = ([part] if isinstance(part, (int, np.integer)) else part for part in axes)
        if len(left) != len(right):
            raise ValueError(f"Different number of contraction axes `a` and `b`, {len(left)} != {len(right)}.")
        return left, right
    axes = convert_to_tensor(axes, name="axes", dtype=dtypes.int32)
    return axes[0], axes[1]


def _as_matrix(tensor, axes, flipped):
    """Free axes by contracted axes as a matrix (transposed if flipped), its free sizes, and those known statically."""
    known_axes = isinstance(axes, (list, tuple))
    if known_axes and tensor.shape.ndims is not None:
        sizes = tensor.shape.as_list()
        axes = [axis + len(sizes) if axis < 0 else axis for axis in axes]
        free = [axis for axis in builtins.range(len(sizes)) if axis not in axes]
        free_sizes = [sizes[axis] for axis in free]
        if None not in sizes:
            order = list(axes) + free if flipped else free + list(axes)
            flat = [int(np.prod([sizes[axis] for axis in part])) for part in (free, axes)]
            if flipped:
                flat.reverse()
            if order != list(builtins.range(len(sizes))):
                tensor = transpose(tensor, order)
            if tensor.shape.as_list() != flat:
                tensor = reshape(tensor, flat)
            return tensor, free_sizes, free_sizes
        static = free_sizes
        axes = convert_to_tensor(axes, dtype=dtypes.int32, name="axes")
        free = convert_to_tensor(free, dtype=dtypes.int32, name="free")
        sizes = shape(tensor)
    else:
        static = None
        sizes = shape(tensor)
        count = rank(tensor)
        axes = convert_to_tensor(axes, dtype=dtypes.int32, name="axes")
        axes = where(axes >= 0, axes, axes + count)
        free = raw.ListDiff(x=range(count), y=axes, out_idx=dtypes.int32)[0]
    free_sizes = gather(sizes, free)
    summed_sizes = gather(sizes, axes)
    free_size = reduce_prod(free_sizes)
    summed_size = reduce_prod(summed_sizes)
    if flipped:
        order, flat = concat([axes, free], 0), stack([summed_size, free_size])
    else:
        order, flat = concat([free, axes], 0), stack([free_size, summed_size])
    return reshape(transpose(tensor, order), flat), free_sizes, static
