"""Reductions over axes: sums, means, extrema, logic, norms, and the places of extrema."""

import numpy as np

from graphpb import dtypes
from graphpb.deprecation import argument
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw
from graphpb.ops.cast import cast
from graphpb.ops.fill import zeros
from graphpb.ops.math import add, range, subtract
from graphpb.ops.shape import rank
from graphpb.ops.unary import exp


def all_axes(x, axis):
    """The given axis, or every axis of a tensor as a constant vector, or as a range node when the rank is unknown."""
    if axis is not None:
        return axis
    ndims = x.shape.ndims if hasattr(x, "get_shape") else None
    if ndims:
        return constant(np.arange(ndims, dtype=np.int32))
    return range(0, rank(x))


def _reduced(op, x, axis, keepdims, name):
    keepdims = bool(keepdims)
    result = getattr(raw, op)(input=x, reduction_indices=all_axes(x, axis), keep_dims=keepdims, name=name)
    return _scalar_if_whole(result, axis, keepdims)


def _scalar_if_whole(result, axis, keepdims):
    if axis is None and not keepdims and not result.shape.is_fully_defined():
        result.set_shape(())
    return result


def _reduction(op, summary, types="any numeric type"):
    def function(input_tensor, axis=None, keepdims=None, name=None, reduction_indices=None, keep_dims=None):
        axis = argument("axis", axis, "reduction_indices", reduction_indices)
        keepdims = argument("keepdims", keepdims, "keep_dims", keep_dims)
        return _reduced(op, input_tensor, axis, keepdims, name)

    function.__name__ = function.__qualname__ = "reduce_" + op.lower()
    function.__doc__ = f"""{summary}

    Args:
      input_tensor: {types} [...].
      axis: Integer, list of integers or integer tensor; default all axes. Negative axes count from the end.
      keepdims: Keep reduced axes with size 1.
      name: Name of the node; default `{op}`.
      reduction_indices: Older name of `axis`.
      keep_dims: Older name of `keepdims`.

    Raises:
      ValueError: An axis is out of range, or both names of an argument are given.
    """
    return function


reduce_sum = _reduction("Sum", "Add the elements along axes; 0 when there are none.")
reduce_mean = _reduction("Mean", "Average the elements along axes; integers are truncated, no elements give NaN.")
reduce_prod = _reduction("Prod", "Multiply the elements along axes; 1 when there are none.")
reduce_max = _reduction("Max", "Take the largest element along axes; NaN if any is NaN.", "real numeric")
reduce_min = _reduction("Min", "Take the smallest element along axes; NaN if any is NaN.", "real numeric")
reduce_all = _reduction("All", "Tell whether all elements along axes are True.", "bool")
reduce_any = _reduction("Any", "Tell whether any element along axes is True.", "bool")


def reduce_euclidean_norm(input_tensor, axis=None, keepdims=False, name=None):
    """Compute the square root of the sum of squares along axes."""
    return _reduced("EuclideanNorm", input_tensor, axis, keepdims, name)


def reduce_logsumexp(input_tensor, axis=None, keepdims=None, name=None, reduction_indices=None, keep_dims=None):
    """Compute log(sum(exp(x))) along axes without overflow: the largest finite element is taken out first.

    Args:
      input_tensor: float [...].
      axis: Integer or list; default all axes.
      keepdims: Keep reduced axes with size 1.
      name: Scope and name of the nodes; default `ReduceLogSumExp`.
      reduction_indices: Older name of `axis`.
      keep_dims: Older name of `keepdims`.
    """
    axis = argument("axis", axis, "reduction_indices", reduction_indices)
    keepdims = bool(argument("keepdims", keepdims, "keep_dims", keep_dims))
    with name_scope(name, "ReduceLogSumExp", [input_tensor]) as name:
        largest = reduce_max(input_tensor, axis=axis, keepdims=True)
        largest = raw.StopGradient(input=raw.SelectV2(condition=raw.IsFinite(x=largest), t=largest, e=0))
        sums = raw.Log(x=reduce_sum(exp(subtract(input_tensor, largest)), axis=axis, keepdims=keepdims))
        if not keepdims:
            largest = raw.Reshape(tensor=largest, shape=raw.Shape(input=sums))
        return _scalar_if_whole(add(sums, largest, name=name), axis, keepdims)


def reduce_variance(input_tensor, axis=None, keepdims=False, name=None):
    """Compute mean(abs(x - mean(x))^2) along axes.

    Raises:
      TypeError: `input_tensor` holds integers.
    """
    with name_scope(name or "reduce_variance"):
        x = convert_to_tensor(input_tensor)
        mean = reduce_mean(x, axis=axis, keepdims=True)
        if mean.dtype.is_integer:
            raise TypeError(f"Input must be either real or complex. Received integer type {mean.dtype}.")
        difference = x - mean
        if difference.dtype.is_complex:
            squares = raw.Real(input=raw.Mul(x=raw.Conj(input=difference), y=difference), Tout=difference.dtype.real_dtype)
        else:
            squares = raw.Square(x=difference)
        return reduce_mean(squares, axis=axis, keepdims=keepdims)


def reduce_std(input_tensor, axis=None, keepdims=False, name=None):
    """Compute the square root of `reduce_variance`."""
    with name_scope(name or "reduce_std"):
        x = convert_to_tensor(input_tensor)
        return raw.Sqrt(x=reduce_variance(x, axis=axis, keepdims=keepdims))


def count_nonzero(input_tensor=None, axis=None, keepdims=None, dtype=dtypes.int64, name=None, reduction_indices=None, keep_dims=None, input=None):
    """Count the elements along axes that differ from zero, False or the empty string.

    Args:
      input_tensor: any type [...].
      axis: Integer or list; default all axes.
      keepdims: Keep reduced axes with size 1.
      dtype: dtype of the counts.
      name: Scope of the nodes; default `count_nonzero`.
      reduction_indices: Older name of `axis`.
      keep_dims: Older name of `keepdims`.
      input: Newer name of `input_tensor`.
    """
    keepdims = argument("keepdims", keepdims, "keep_dims", keep_dims)
    x = argument("input", input, "input_tensor", input_tensor)
    axis = argument("axis", axis, "reduction_indices", reduction_indices)
    with name_scope(name, "count_nonzero", [x]):
        x = convert_to_tensor(x, name="input")
        counted = x if x.dtype == dtypes.bool else raw.NotEqual(x=x, y=zeros([], dtype=x.dtype))
        return cast(reduce_sum(cast(counted, dtypes.int64), axis=axis, keepdims=bool(keepdims)), dtype=dtype)


def argmax(input, axis=None, name=None, dimension=None, output_type=dtypes.int64):
    """Return the index of the largest element along an axis, the first of equals.

    Args:
      input: numeric or bool [...].
      axis: Integer scalar; default 0.
      name: Name of the node; default `ArgMax`.
      dimension: Older name of `axis`.
      output_type: int32 or int64.
    """
    axis = argument("axis", axis, "dimension", dimension)
    return raw.ArgMax(input=input, dimension=0 if axis is None else axis, output_type=output_type, name=name)


def argmin(input, axis=None, name=None, dimension=None, output_type=dtypes.int64):
    """Return the index of the smallest element along an axis, the first of equals; arguments as `argmax`."""
    axis = argument("axis", axis, "dimension", dimension)
    return raw.ArgMin(input=input, dimension=0 if axis is None else axis, output_type=output_type, name=name)


def arg_max(input, dimension, output_type=dtypes.int64, name=None):
    """Return the index of the largest element along an axis, as `argmax`."""
    return raw.ArgMax(input=input, dimension=dimension, output_type=output_type, name=name)


def arg_min(input, dimension, output_type=dtypes.int64, name=None):
    """Return the index of the smallest element along an axis, as `argmin`."""
    return raw.ArgMin(input=input, dimension=dimension, output_type=output_type, name=name)


def trace(x, name=None):
    """Add the diagonal of each matrix of x [..., n, n]."""
    with name_scope(name, "Trace", [x]) as name:
        x = convert_to_tensor(x, name="x")
        diagonal = raw.MatrixDiagPartV3(input=x, k=0, padding_value=0, align="RIGHT_LEFT", name="diag_part")
        return reduce_sum(diagonal, [-1], name=name)
