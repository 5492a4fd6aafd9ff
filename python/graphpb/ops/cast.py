"""Changes of dtype."""

import numpy as np

from graphpb import dtypes
from graphpb.graph.composite import IndexedSlices, SparseTensor
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.core import Tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw


def cast(x, dtype, name=None):
    """Convert a tensor to another dtype; no node when it already has it.

    Floats are truncated towards zero when they become integers; anything but zero becomes True.

    Args:
      x: Tensor, SparseTensor, IndexedSlices or value, numeric or bool.
      dtype: The dtype to reach.
      name: Scope and name of the node; default `Cast`.
    """
    dtype = dtypes.as_dtype(dtype).base_dtype
    # A resource variable of the dtype is passed on unread.
    if (isinstance(x, Tensor) or hasattr(x, "handle")) and x.dtype == dtype:
        return x
    with name_scope(name, "Cast", [x]) as name:
        if isinstance(x, SparseTensor):
            return SparseTensor(x.indices, cast(x.values, dtype, name=name), x.dense_shape)
        if isinstance(x, IndexedSlices):
            return IndexedSlices(cast(x.values, dtype, name=name), x.indices, x.dense_shape)
        x = convert_to_tensor(x, name="x")
        return x if x.dtype.base_dtype == dtype else raw.Cast(x=x, DstT=dtype, name=name)


def saturate_cast(value, dtype, name=None):
    """Convert to another dtype after clamping to the range that it can hold.

    Args:
      value: real numeric [...].
      dtype: The dtype to reach.
      name: Scope and name of the nodes; default `saturate_cast`.
    """
    with name_scope(name, "saturate_cast", [value]) as name:
        value = convert_to_tensor(value, name="value")
        dtype = dtypes.as_dtype(dtype).base_dtype
        low, high = _shared_range(value.dtype, dtype)
        value = raw.ClipByValue(
            t=value,
            clip_value_min=convert_to_tensor(low, dtype=value.dtype),
            clip_value_max=convert_to_tensor(high, dtype=value.dtype),
            name="clamp",
        )
        return cast(value, dtype, name=name)


def _shared_range(source, target):
    """Limits in the source type that are inside the target's range too."""
    kind = source.as_numpy_dtype
    wide = np.promote_types(kind, target.as_numpy_dtype)
    low = kind(np.maximum(source.min, target.min))
    if wide.type(low) < wide.type(target.min):
        low = np.nextafter(low, kind(0), dtype=kind)
    high = kind(np.minimum(float(source.max), float(target.max)))
    if wide.type(high) > wide.type(target.max):
        high = np.nextafter(high, kind(0), dtype=kind)
    return low, high


def _cast_to(dtype, scope):
    def function(x, name=scope):
        return cast(x, dtype, name=name)

    function.__name__ = function.__qualname__ = "to_" + dtype.name
    function.__doc__ = f"Convert to {dtype.name}: `tf.cast(x, tf.{dtype.name})` under the name `{scope}`."
    return function


to_float = _cast_to(dtypes.float32, "ToFloat")
to_double = _cast_to(dtypes.float64, "ToDouble")
to_int32 = _cast_to(dtypes.int32, "ToInt32")
to_int64 = _cast_to(dtypes.int64, "ToInt64")
to_bfloat16 = _cast_to(dtypes.bfloat16, "ToBFloat16")
to_complex64 = _cast_to(dtypes.complex64, "ToComplex64")
to_complex128 = _cast_to(dtypes.complex128, "ToComplex128")


def bitcast(input, type, name=None):
    """Read the bytes of a tensor as another dtype.

    Args:
      input: numeric [...]; when the new type is wider, the last axis is consumed, when narrower one is added.
      type: The dtype to read as.
    """
    return raw.Bitcast(input=input, type=type, name=name)
