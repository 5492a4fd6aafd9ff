"""`tensor[...]`: Python indices as a StridedSlice."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from graphpb import _native, dtypes
from graphpb.graph import core
from graphpb.graph.convert import constant
from graphpb.ops import raw
from graphpb.shapes import Dimension

_BAD_INDEX = "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 tensors are valid indices, got {!r}"


def _check_index(index: Any) -> None:
    if isinstance(index, (int, np.integer)) and not isinstance(index, (bool, np.bool_)):
        return
    if isinstance(index, _native.Tensor) or hasattr(index, "_as_graph_element"):
        if index.dtype.base_dtype in (dtypes.int16, dtypes.int32, dtypes.int64, dtypes.uint8, dtypes.uint16, dtypes.int8) and index.shape.ndims in (
            None,
            0,
        ):
            return
    elif isinstance(index, np.ndarray):
        if index.ndim == 0 and index.dtype.kind in "iu":
            return
    elif hasattr(index, "__index__"):
        return
    raise TypeError(_BAD_INDEX.format(index))


def _is_given(bound: Any) -> bool:
    """Whether a part of a slice is there: not None, and not a Dimension without a value."""
    return bound is not None and not (isinstance(bound, Dimension) and bound.value is None)


def slice_helper(tensor: Any, key: Any, var: Any = None) -> Any:
    """`tensor[key]` for ints, slices, `...`, `None`, integer scalar tensors and tuples of them; a bool tensor masks.

    TypeError: `Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 tensors are valid indices, got …`
    ValueError: an index outside a static shape, a step of 0, slicing a scalar.
    """
    if isinstance(key, _native.Tensor) and key.dtype == dtypes.bool_ and key.shape.ndims != 0:
        from graphpb.ops.gather import boolean_mask

        return boolean_mask(tensor=tensor, mask=key)
    if isinstance(key, np.ndarray) and key.dtype == np.bool_ and key.ndim > 0:
        from graphpb.ops.gather import boolean_mask

        return boolean_mask(tensor=tensor, mask=key)
    from graphpb.ops.array import strided_slice

    keys = list(key) if isinstance(key, (list, tuple)) else [key]
    begin: list[Any] = []
    end: list[Any] = []
    strides: list[Any] = []
    masks = dict.fromkeys(("begin_mask", "end_mask", "shrink_axis_mask", "new_axis_mask", "ellipsis_mask"), 0)
    for i, k in enumerate(keys):
        bit = 1 << i
        if isinstance(k, builtins.slice):
            # Beside a tensor, what is left out becomes a constant of its type.
            kinds = [t.dtype.base_dtype for t in (k.start, k.stop, k.step) if isinstance(t, _native.Tensor)]
            kind = next((d for d in (dtypes.int64, dtypes.int32, dtypes.int16) if d in kinds), None)
            if _is_given(k.start):
                _check_index(k.start)
                begin.append(k.start)
            else:
                begin.append(0 if kind is None else constant(0, kind))
                masks["begin_mask"] |= bit
            if _is_given(k.stop):
                _check_index(k.stop)
                end.append(k.stop)
            else:
                end.append(0 if kind is None else constant(0, kind))
                masks["end_mask"] |= bit
            if _is_given(k.step):
                _check_index(k.step)
                strides.append(k.step)
            else:
                strides.append(1 if kind is None else constant(1, kind))
        elif k is Ellipsis:
            begin.append(0)
            end.append(0)
            strides.append(1)
            masks["ellipsis_mask"] |= bit
        elif k is None:
            begin.append(0)
            end.append(0)
            strides.append(1)
            masks["new_axis_mask"] |= bit
        else:
            _check_index(k)
            begin.append(k)
            end.append(k + 1)
            wide = isinstance(k, _native.Tensor) and k.dtype in (dtypes.int16, dtypes.int64)
            strides.append(constant(1, dtype=k.dtype) if wide else 1)
            masks["shrink_axis_mask"] |= bit
    with core.name_scope(None, "strided_slice", [tensor, *begin, *end, *strides]) as name:
        if begin:
            packed_begin, packed_end, packed_strides = _packed(begin), _packed(end), _packed(strides)
            kinds = {packed_begin.dtype, packed_end.dtype, packed_strides.dtype}
            if dtypes.int64 in kinds and len(kinds) > 1:
                packed_begin, packed_end, packed_strides = (
                    t if t.dtype == dtypes.int64 else raw.Cast(x=t, DstT=dtypes.int64) for t in (packed_begin, packed_end, packed_strides)
                )
        else:
            empty = constant([], dtype=dtypes.int32)
            packed_begin = packed_end = packed_strides = empty
        return strided_slice(tensor, packed_begin, packed_end, packed_strides, var=var, name=name, **masks)


def _packed(values: list[Any]) -> Any:
    from graphpb.ops.array import stack

    return stack(values)
