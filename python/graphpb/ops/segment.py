"""Sums and extrema of rows that share a segment number."""

from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw
from graphpb.ops.array import concat, reshape
from graphpb.ops.fill import ones
from graphpb.ops.shape import rank, shape_tensor
from graphpb.ops.unary import sqrt


def _segment(op, what):
    def function(data, segment_ids, name=None):
        return getattr(raw, op)(data=data, segment_ids=segment_ids, name=name)

    function.__name__ = function.__qualname__ = op
    function.__doc__ = f"""{what} of the rows of each segment.

    Args:
      data: numeric [rows, ...].
      segment_ids: int32 or int64 [rows], never falling, from 0.
      name: Name of the node; default `{op}`.

    Returns:
      A tensor [last segment number + 1, ...]; segments without rows are 0.
    """
    return function


segment_sum = _segment("SegmentSum", "Compute the sum")
segment_mean = _segment("SegmentMean", "Compute the mean")
segment_prod = _segment("SegmentProd", "Compute the product")
segment_max = _segment("SegmentMax", "Take the largest")
segment_min = _segment("SegmentMin", "Take the smallest")


def _unsorted(op, what, empty):
    def function(data, segment_ids, num_segments, name=None):
        return getattr(raw, op)(data=data, segment_ids=segment_ids, num_segments=num_segments, name=name)

    function.__name__ = function.__qualname__ = op
    function.__doc__ = f"""{what} of the rows of each segment, in any order; rows with a negative number are left out.

    Args:
      data: numeric [...].
      segment_ids: int32 or int64, a leading part of data's shape.
      num_segments: Integer scalar.
      name: Name of the node; default `{op}`.

    Returns:
      A tensor [num_segments, ...]; segments without rows are {empty}.
    """
    return function


unsorted_segment_sum = _unsorted("UnsortedSegmentSum", "Compute the sum", "0")
unsorted_segment_prod = _unsorted("UnsortedSegmentProd", "Compute the product", "1")
unsorted_segment_max = _unsorted("UnsortedSegmentMax", "Take the largest", "the lowest number of the dtype")
unsorted_segment_min = _unsorted("UnsortedSegmentMin", "Take the smallest", "the highest number of the dtype")


def _row_counts(data, segment_ids, num_segments):
    num_segments = convert_to_tensor(num_segments)
    each = ones(shape_tensor(segment_ids), dtype=data.dtype)
    counts = raw.UnsortedSegmentSum(data=each, segment_ids=segment_ids, num_segments=num_segments)
    first = num_segments[None]
    tail = ones([rank(data) - rank(segment_ids)], dtype=num_segments.dtype)
    counts = reshape(counts, concat([first, tail], axis=0))
    return raw.Maximum(x=counts, y=1)


def _averaged(scope, weigh, what):
    def function(data, segment_ids, num_segments, name=None):
        with name_scope(name, scope):
            data = convert_to_tensor(data)
            segment_ids = convert_to_tensor(segment_ids)
            counts = _row_counts(data, segment_ids, num_segments)
            total = raw.UnsortedSegmentSum(data=data, segment_ids=segment_ids, num_segments=num_segments)
            return total / weigh(counts)

    function.__doc__ = f"Compute the sum of the rows of each segment over {what}; arguments as `unsorted_segment_sum`."
    return function


unsorted_segment_mean = _averaged("UnsortedSegmentMean", lambda counts: counts, "their number")
unsorted_segment_sqrt_n = _averaged("UnsortedSegmentSqrtN", sqrt, "the square root of their number")


def _sparse(op, what):
    def function(data, indices, segment_ids, name=None, num_segments=None):
        if num_segments is None:
            return getattr(raw, op)(data=data, indices=indices, segment_ids=segment_ids, name=name)
        form = getattr(raw, op + "WithNumSegments")
        return form(data=data, indices=indices, segment_ids=segment_ids, num_segments=num_segments, name=name)

    function.__name__ = function.__qualname__ = op
    function.__doc__ = f"""{what} of chosen rows by segment.

    Args:
      data: float [rows, ...].
      indices: int32 or int64 [n], rows of `data`.
      segment_ids: int32 [n], never falling.
      name: Name of the node; default `{op}`.
      num_segments: Number of segments; default the last segment number plus one.
    """
    return function


sparse_segment_sum = _sparse("SparseSegmentSum", "Compute the sum")
sparse_segment_mean = _sparse("SparseSegmentMean", "Compute the mean")
sparse_segment_sqrt_n = _sparse("SparseSegmentSqrtN", "Compute the sum over the square root of the number")
