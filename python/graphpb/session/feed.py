"""What may be fed: keys as tensors, values as arrays of the tensor's type."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphpb import _native, dtypes, errors
from graphpb.graph.composite import IndexedSlices, SparseTensor


def _flat(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in _flat(item)]
    return [value]


def expand(feed_dict: Any) -> list[tuple[Any, Any]]:
    """Pairs of a feed dict with nested tuple keys and composite keys taken apart. TypeError for what is not a dict."""
    if not isinstance(feed_dict, dict):
        raise TypeError(f"'feed_dict' must be a dictionary (nest.flatten_dict_items needs one: FlattenDictItems), got {feed_dict!r}")
    pairs: list[tuple[Any, Any]] = []
    for key, value in feed_dict.items():
        if isinstance(key, (tuple, list)):
            keys, values = _flat(key), _flat(value)
            if len(keys) != len(values):
                raise ValueError(
                    f"Could not flatten dictionary. Key had {len(keys)} elements, but value had {len(values)} elements. Key: {key}, value: {value}."
                )
            pairs.extend(p for k, v in zip(keys, values) for p in _composite(k, v))
        else:
            pairs.extend(_composite(key, value))
    return pairs


def _composite(key: Any, value: Any) -> list[tuple[Any, Any]]:
    if isinstance(key, SparseTensor):
        indices, values, dense_shape = value
        return [(key.indices, indices), (key.values, values), (key.dense_shape, dense_shape)]
    if isinstance(key, IndexedSlices):
        parts = tuple(value)
        pairs = [(key.values, parts[0]), (key.indices, parts[1])]
        if key.dense_shape is not None:
            pairs.append((key.dense_shape, parts[2]))
        return pairs
    return [(key, value)]


def tensor_of(graph: Any, key: Any) -> Any:
    """The tensor that a key stands for. TypeError: `Cannot interpret feed_dict key as Tensor: …`

    ValueError: `Tensor … may not be fed.`: it is inside a body, or a constant that bodies hold copies of.
    """
    try:
        tensor = graph.as_graph_element(key, allow_tensor=True, allow_operation=False)
    except errors.InaccessibleTensorError as error:
        raise ValueError(f"Tensor {key.name} may not be fed. ({error})") from None
    except Exception as error:
        raise TypeError(f"Cannot interpret feed_dict key as Tensor: {error.args[0] if error.args else error}") from None
    if tensor in graph._copied_tensors:
        raise ValueError(
            f"Tensor {tensor.name} may not be fed.\n\nHint: it is a constant that a branch or loop uses, whose body holds a copy; "
            "make it a tf.placeholder_with_default."
        )
    return tensor


def array_of(tensor: Any, value: Any) -> np.ndarray:
    """The value as an array of the tensor's type, of a shape that the tensor can have.

    TypeError: a tensor as value, or an int that does not fit. ValueError: `Cannot feed value of shape …`
    """
    if isinstance(value, _native.Tensor):
        raise TypeError(
            "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python scalars, strings, lists, numpy ndarrays, "
            f"or TensorHandles. For reference, the tensor object was {value} which was passed to the argument `feed_dict` with key {tensor}."
        )
    base = tensor.dtype.base_dtype
    target = dtypes.numpy_dtype(base.as_datatype_enum).type
    if base == dtypes.bfloat16 and np.dtype(target) == np.uint16 and not (isinstance(value, np.ndarray) and value.dtype == np.uint16):
        from graphpb.graph.convert import as_array

        array = as_array(value, base.as_datatype_enum)
    elif isinstance(value, int) and not isinstance(value, bool) and base != dtypes.string and _does_not_survive(value, target):
        raise TypeError(
            f"Type of feed value {value} with type {type(value)} is not compatible with Tensor type {target}. Try explicitly setting the type of the feed "
            "tensor to a larger type (e.g. int64)."
        )
    else:
        with np.errstate(invalid="ignore", over="ignore"):
            try:
                array = np.asarray(value, dtype=target)
            except OverflowError:
                array = np.asarray(value).astype(target)
    if not tensor.shape.is_compatible_with(array.shape):
        shape = f"({array.shape[0]},)" if array.ndim == 1 else str(array.shape)
        raise ValueError(f"Cannot feed value of shape {shape} for Tensor {tensor.name}, which has shape {tensor._shape_text}")
    if not tensor.graph.is_feedable(tensor):
        raise ValueError(f"Tensor {tensor.name} may not be fed.")
    return array


def _does_not_survive(value: int, target: Any) -> bool:
    try:
        return bool(np.asarray(value, dtype=target) != value)
    except OverflowError:
        return True
