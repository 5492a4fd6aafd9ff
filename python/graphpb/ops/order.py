"""Sorted values, evenly spaced values and histograms."""

import numpy as np

from graphpb import dtypes
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.graph.static import constant_value
from graphpb.ops import raw
from graphpb.ops.array import transpose
from graphpb.ops.shape import rank, shape


def sort(values, axis=-1, direction="ASCENDING", name=None):
    """Sort along an axis.

    Args:
      values: real numeric [...] of known rank.
      axis: Constant integer.
      direction: "ASCENDING" or "DESCENDING".
      name: Scope of the nodes; default `sort`.

    Raises:
      ValueError: The direction is another one, or the axis no constant scalar.
    """
    with name_scope(name, "sort"):
        return _sorted(values, axis, direction, False)


def argsort(values, axis=-1, direction="ASCENDING", stable=False, name=None):
    """Return the indices that sort along an axis; arguments as `sort`."""
    with name_scope(name, "argsort"):
        return _sorted(values, axis, direction, True)


def _sorted(values, axis, direction, places):
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"Argument `direction` should be one of ASCENDING, DESCENDING. Received: direction={direction}")
    axis = convert_to_tensor(axis, name="axis")
    known = constant_value(axis)
    if axis.shape.ndims != 0 or known is None:
        raise ValueError(f"Argument `axis` must be a constant scalar. Received: axis={axis}.")
    values = convert_to_tensor(values, name="values")
    if direction == "DESCENDING":
        return _descending(values, int(known), places)
    if values.dtype.is_unsigned:
        highest = values.dtype.max
        result = _descending(highest - values, int(known), places)
        return result if places else highest - result
    if values.dtype.is_integer:
        # -x - 1 turns the order round without overflow at the lowest number.
        result = _descending(-values - 1, int(known), places)
        return result if places else -result - 1
    result = _descending(-values, int(known), places)
    return result if places else -result


def _descending(values, axis, places):
    count = shape(values)[axis]
    rank(values)
    ndims = values.shape.ndims
    swap = None
    if axis != -1 and axis + 1 != ndims:
        axis = axis + ndims if axis < 0 else axis
        order = [*range(axis), ndims - 1, *range(axis + 1, ndims - 1), axis]
        swap = constant(np.array(order), name="transposition")
        values = transpose(values, swap)
    found = raw.TopKV2(input=values, k=count, sorted=True)[1 if places else 0]
    return found if swap is None else transpose(found, swap)


def linspace(start, stop, num, name=None):
    """Make `num` evenly spaced numbers from start to stop, both included, as a `LinSpace` node.

    Args:
      start: float scalar.
      stop: dtype of `start`, scalar.
      num: Integer scalar.
    """
    return raw.LinSpace(start=start, stop=stop, num=num, name=name)


lin_space = linspace


def histogram_fixed_width(values, value_range, nbins=100, dtype=dtypes.int32, name=None):
    """Count values in bins of equal width over a range; values outside fall in the first and last bin.

    Args:
      values: real numeric [...].
      value_range: dtype of `values` [2].
      nbins: Integer scalar.
      dtype: int32 or int64.
    """
    with name_scope(name, "histogram_fixed_width", [values, value_range, nbins]) as name:
        return raw.HistogramFixedWidth(values=values, value_range=value_range, nbins=nbins, dtype=dtype, name=name)


def bincount(arr, weights=None, minlength=None, maxlength=None, dtype=dtypes.int32):
    """Count how often each integer from 0 occurs.

    Args:
      arr: int32 [...].
      weights: Weight of each element, or None.
      minlength: Least length of the result.
      maxlength: Largest length of the result.
      dtype: dtype of the counts without weights.
    """
    from graphpb.ops.cast import cast
    from graphpb.ops.reduce import reduce_max, reduce_prod

    with name_scope("bincount"):
        arr = convert_to_tensor(arr, name="arr", dtype=dtypes.int32)
        nonempty = reduce_prod(shape(arr)) > 0
        length = cast(nonempty, dtypes.int32) * (reduce_max(arr) + 1)
        if minlength is not None:
            length = raw.Maximum(x=convert_to_tensor(minlength, name="minlength", dtype=dtypes.int32), y=length)
        if maxlength is not None:
            length = raw.Minimum(x=convert_to_tensor(maxlength, name="maxlength", dtype=dtypes.int32), y=length)
        weights = constant([], dtype) if weights is None else convert_to_tensor(weights, name="weights")
        return raw.Bincount(arr=arr, size=length, weights=weights)
