"""What is known of a tensor's value while the graph is built."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphpb import _native, shapes


def constant_value(tensor: Any, partial: bool = False) -> np.ndarray | None:
    """The value of a tensor that depends on constants and known shapes alone, as an array; None otherwise."""
    if not isinstance(tensor, _native.Tensor):
        if isinstance(tensor, (np.ndarray, np.generic)):
            return tensor
        if hasattr(tensor, "_as_graph_element"):
            return None
        return tensor
    value = tensor.graph.constant_value(tensor)
    if value is not None and value.flags.writeable:
        value.flags.writeable = False
    return value


def constant_value_as_shape(tensor: Any) -> shapes.TensorShape:
    """A 1-D integer tensor read as a shape, as far as it is known; −1 entries are unknown sizes."""
    if not isinstance(tensor, _native.Tensor):
        return shapes.TensorShape([None if d == -1 else int(d) for d in tensor])
    dims = tensor._dims
    if dims is not None and len(dims) == 0:
        value = constant_value(tensor)
        if value is None:
            raise ValueError(
                "Received a scalar with unknown value as shape; require a statically known scalar with value '-1' to describe an unknown shape."
            )
        if value != -1:
            raise ValueError(
                f"Received a scalar value '{value}' as shape; require a statically known scalar with value '-1' to describe an unknown shape."
            )
        return shapes.TensorShape(None)
    return tensor.graph.shape_value(tensor)


def is_constant(tensor: Any) -> bool:
    """Whether `constant_value` knows the tensor."""
    return constant_value(tensor) is not None


def make_tensor_proto(values: Any, dtype: Any = None, shape: Any = None, verify_shape: bool = False) -> Any:
    """A `TensorProto` of a value; types and errors as for `tf.constant`."""
    from graphpb import dtypes, protos
    from graphpb.graph.convert import as_array

    if isinstance(values, protos.TensorProto):
        return values
    array = as_array(values, 0 if dtype is None else dtypes.as_dtype(dtype).as_datatype_enum)
    if shape is not None:
        dims = [int(d) for d in shapes.TensorShape(shape).as_list()]
        if verify_shape and list(array.shape) != dims:
            raise TypeError(f"Expected Tensor's shape: {tuple(dims)}, but got {array.shape}.")
        n = int(np.prod(dims))
        if array.size > n:
            raise ValueError(f"Too many elements provided. Takes at most {n}, but got {array.size}.")
        flat = array.reshape(-1)
        if array.size < n:
            flat = np.concatenate([flat, np.full(n - array.size, flat[-1] if array.size else 0, array.dtype)])
        array = flat.reshape(dims)
    return protos.TensorProto.FromString(_native.encode_tensor(array, 0))


def make_ndarray(tensor: Any) -> np.ndarray:
    """The array of a `TensorProto`."""
    return _native.decode_tensor(tensor.SerializeToString())
