"""Python values as tensors: type inference, constants, and the registry of conversion functions."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

from graphpb import _native, dtypes, shapes

_REGISTRY: list[tuple[int, int, Any, Callable[..., Any]]] = []
_FOUND: dict[type, list[Callable[..., Any]]] = {}


def register_tensor_conversion_function(base_type: Any, conversion_func: Callable[..., Any], priority: int = 100) -> None:
    """Let `conversion_func(value, dtype=None, name=None, as_ref=False)` convert instances of `base_type` (a type or tuple of types).

    The functions of lower priority are tried first; one that returns NotImplemented passes the value on.
    """
    if not callable(conversion_func):
        raise TypeError(f"conversion_func must be callable, got {conversion_func!r}")
    bases = base_type if isinstance(base_type, tuple) else (base_type,)
    if not all(isinstance(b, type) for b in bases):
        raise TypeError("Argument `base_type` must be a type or a tuple of types.")
    _REGISTRY.append((priority, len(_REGISTRY), base_type, conversion_func))
    _REGISTRY.sort(key=lambda entry: entry[:2])
    _FOUND.clear()


def _functions_for(kind: type) -> list[Callable[..., Any]]:
    found = _FOUND.get(kind)
    if found is None:
        found = _FOUND[kind] = [f for _, _, base, f in _REGISTRY if issubclass(kind, base)]
    return found


def convert_to_tensor(
    value: Any, dtype: Any = None, name: str | None = None, preferred_dtype: Any = None, dtype_hint: Any = None, as_ref: bool = False
) -> Any:
    """Convert a value (tensor, variable, array, number, string, list of them) to a tensor of the default graph.

    Args:
      dtype: the type that the tensor must have; inferred when None.
      name: name of the constant that is made.
      preferred_dtype, dtype_hint: a type to try first; ignored when the value cannot have it.

    TypeError: no conversion exists, or the value does not fit `dtype`. ValueError: a tensor of another type, or None.
    """
    if isinstance(value, _native.Tensor):
        if dtype is not None:
            dtype = dtypes.as_dtype(dtype)
            if not dtype.is_compatible_with(value.dtype):
                raise ValueError(f"Tensor conversion requested dtype {dtype.name} for Tensor with dtype {value.dtype.name}: {value!r}")
        return value
    preferred_dtype = preferred_dtype or dtype_hint
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
    kind = type(value)
    if kind is int or kind is float or kind is np.ndarray:
        if dtype is None and preferred_dtype is not None:
            try:
                return constant(value, preferred_dtype, name=name or "Const")
            except (TypeError, ValueError):
                pass
        return constant(value, dtype, name=name or "Const")
    for convert in _functions_for(kind):
        result: Any = NotImplemented
        if dtype is None and preferred_dtype is not None:
            try:
                result = convert(value, dtype=dtypes.as_dtype(preferred_dtype), name=name, as_ref=as_ref)
            except (TypeError, ValueError):
                result = NotImplemented
            if result is not NotImplemented and result.dtype.base_dtype != dtypes.as_dtype(preferred_dtype).base_dtype:
                raise TypeError(
                    f"convert_to_tensor did not convert to the preferred dtype: {result.dtype.base_dtype} vs {dtypes.as_dtype(preferred_dtype).base_dtype} "
                )
        if result is NotImplemented:
            result = convert(value, dtype=dtype, name=name, as_ref=as_ref)
        if result is NotImplemented:
            continue
        if not isinstance(result, _native.Tensor):
            raise RuntimeError(f"Conversion function {convert!r} for type {kind} returned non-Tensor: {result}")
        if dtype is not None and not dtype.is_compatible_with(result.dtype):
            raise RuntimeError(
                f"Conversion function {convert!r} for type {kind} returned incompatible dtype: requested = {dtype.name}, actual = {result.dtype.name}"
            )
        return result
    raise TypeError(f"Cannot convert {value!r} with type {kind} to Tensor: no conversion function registered.")


def is_tensor(value: Any) -> bool:
    """Whether `value` is a tensor, or stands for one (a variable)."""
    return isinstance(value, _native.Tensor) or hasattr(value, "_as_graph_element") or (hasattr(value, "dense_shape") and hasattr(value, "indices"))


def convert_n_to_tensor(values: Any, dtype: Any = None, name: str | None = None, preferred_dtype: Any = None, as_ref: bool = False) -> list[Any]:
    """Convert each value of a list; constants are named `<name>_<i>`."""
    return [
        convert_to_tensor(value, dtype=dtype, name=None if name is None else f"{name}_{i}", preferred_dtype=preferred_dtype, as_ref=as_ref)
        for i, value in enumerate(values)
    ]


def convert_to_tensor_or_indexed_slices(value: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Like `convert_to_tensor`, leaving IndexedSlices and SparseTensor values as they are."""
    if hasattr(value, "values") and hasattr(value, "indices") and not isinstance(value, dict):
        if dtype and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
            raise ValueError(f"Tensor conversion requested dtype {dtypes.as_dtype(dtype).name} for Tensor with dtype {value.dtype.name}: {value}")
        return value
    return convert_to_tensor(value, dtype=dtype, name=name)


convert_to_tensor_or_sparse_tensor = convert_to_tensor_or_indexed_slices


# Type inference

_ALLOWED: list[tuple[Callable[[dtypes.DType], bool], tuple[type, ...]]] = [
    (lambda d: d.is_integer or d.is_quantized, (numbers.Integral, np.integer, bool, np.bool_)),
    (lambda d: d.is_floating, (numbers.Real, np.floating, np.integer, bool, np.bool_)),
    (lambda d: d.is_complex, (numbers.Complex, np.number, bool, np.bool_)),
    (lambda d: d.is_bool, (bool, np.bool_)),
    (lambda d: d.base_dtype == dtypes.string, (str, bytes, bytearray, np.bytes_, np.str_)),
]


def _allowed(dtype: dtypes.DType) -> tuple[type, ...]:
    for applies, types in _ALLOWED:
        if applies(dtype):
            return types
    return ()


def _leaves(value: Any) -> Any:
    """The leaf values of nested lists and tuples; arrays count as leaves."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _plain(value: Any) -> Any:
    """Nested lists with sizes and shapes replaced by ints."""
    if isinstance(value, shapes.TensorShape):
        return value.as_list()
    if isinstance(value, shapes.Dimension):
        return value.value
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _refuse(value: Any, dtype: dtypes.DType) -> None:
    raise TypeError(f"Expected {dtype.name}, but got {value!r} of type '{type(value).__name__}'.")


def _refuse_tensor(value: Any) -> None:
    if isinstance(value, _native.Tensor):
        raise TypeError(f"Expected any non-tensor type, but got a tensor instead: {value}")


def _bytes_array(value: Any) -> np.ndarray:
    """Strings as an object array of bytes."""
    found = np.array(value, dtype=object) if not isinstance(value, (str, bytes, bytearray)) else np.array(None, dtype=object)
    if found.shape == () and isinstance(value, (str, bytes, bytearray)):
        found[()] = value
    flat = found.reshape(-1)
    out = np.empty(flat.shape, dtype=object)
    for i, item in enumerate(flat):
        if isinstance(item, str):
            out[i] = item.encode()
        elif isinstance(item, (bytes, bytearray)):
            out[i] = bytes(item)
        else:
            raise TypeError(f"Expected string, but got {item!r} of type '{type(item).__name__}'.")
    return out.reshape(found.shape)


def _cast(array: np.ndarray, dtype: dtypes.DType) -> np.ndarray:
    if dtype.base_dtype == dtypes.string:
        return _bytes_array(array.astype(object) if array.dtype.kind in "SU" else array)
    target = dtypes.numpy_dtype(dtype.base_dtype.as_datatype_enum)
    if array.dtype == target:
        return array
    if dtype.base_dtype == dtypes.bfloat16 and target == np.uint16:
        bits = np.ascontiguousarray(array, dtype=np.float32).view(np.uint32)
        rounded = bits + 0x7FFF + ((bits >> 16) & 1)
        return np.where(np.isnan(array.astype(np.float32)), 0x7FC0, rounded >> 16).astype(np.uint16).reshape(array.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        return array.astype(target)


def as_array(value: Any, number: int = 0) -> np.ndarray:
    """The numpy array of a value, of the type with this number, or of the type that TensorFlow infers (0).

    TypeError for leaves that do not fit the type; ValueError for ragged lists and None.
    """
    dtype = dtypes.of_number(number).base_dtype if number else None
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        if dtype is None:
            dtype = dtypes.as_dtype(array.dtype)
        elif array.dtype.kind in "SUO" and dtype != dtypes.string:
            _refuse(array.item() if array.ndim == 0 else array.reshape(-1)[0] if array.size else array, dtype)
        elif array.dtype.kind not in "SUO" and dtype == dtypes.string:
            _refuse(value, dtype)
        return _cast(array, dtype)
    if value is None:
        raise ValueError("None values not supported.")
    _refuse_tensor(value)
    if isinstance(value, _native.Operation):
        raise TypeError(f"can't convert Operation '{value.name}' to Tensor")
    kind = type(value)
    if kind is not float and kind is not int and kind is not bool:
        value = _plain(value)
    if dtype is not None:
        allowed = _allowed(dtype)
        for leaf in _leaves(value):
            if not isinstance(leaf, allowed):
                _refuse_tensor(leaf)
                if isinstance(leaf, np.ndarray) and leaf.dtype.kind not in "SUO":
                    continue
                if leaf is None:
                    raise TypeError(f"Expected {dtype.name}, but got None of type 'NoneType'.")
                if isinstance(leaf, (list, tuple)):
                    continue
                if isinstance(leaf, range):
                    continue
                if not isinstance(leaf, (numbers.Number, str, bytes, np.generic, np.ndarray)) and hasattr(leaf, "__array__"):
                    continue
                _refuse(leaf, dtype)
        if dtype == dtypes.string:
            return _bytes_array(value)
        return _cast(np.array(value), dtype)
    first = None
    for leaf in _leaves(value):
        _refuse_tensor(leaf)
        if leaf is None:
            raise ValueError("None values not supported.") if value is None else TypeError(_failed(value))
        text = isinstance(leaf, (str, bytes, bytearray))
        if first is None:
            first = text
        elif first != text:
            _refuse(leaf, dtypes.string if first else dtypes.int32)
        if not text and not isinstance(leaf, (numbers.Number, np.generic, np.ndarray, range)) and not hasattr(leaf, "__array__"):
            raise TypeError(_failed(value))
    if first:
        return _bytes_array(value)
    array = np.array(value)
    if array.dtype == np.float64:
        with np.errstate(over="ignore"):
            return array.astype(np.float32)
    if array.dtype == np.int64:
        small = array.astype(np.int32)
        return small if np.array_equal(small, array) else array
    if array.dtype == object:
        raise TypeError(_failed(value))
    return array


def _failed(value: Any) -> str:
    return f"Failed to convert elements of {value} to Tensor. Consider casting elements to a supported type."


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str = "Const", verify_shape: bool = False) -> Any:
    """Make a constant.

    Args:
      value: number, string, array or nested list.
      dtype: its type; inferred when None (int32, float32, bool, string, the type of an array).
      shape: with fewer values than elements, the last value fills the rest.
      verify_shape: raise when the value's shape is not `shape`.

    ValueError: `Too many elements provided. …` TypeError: the value does not fit `dtype`, or is a tensor.
    """
    from graphpb.graph.core import get_default_graph

    number = 0 if dtype is None else dtypes.as_dtype(dtype).base_dtype.as_datatype_enum
    graph = get_default_graph()
    if shape is None:
        return graph.constant(value, number, name)
    dims = shapes.TensorShape(shape).as_list()
    array = as_array(value, number)
    if 0 in dims and not isinstance(value, (np.ndarray, np.generic)):
        array = np.empty(dims, array.dtype)
    if verify_shape and list(array.shape) != dims:
        raise TypeError(f"Expected Tensor's shape: {tuple(dims)}, but got {array.shape}.")
    if list(array.shape) == dims:
        return graph.constant(array, number, name)
    return graph.constant(array, number, name, dims)


def _constant_conversion(value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    return constant(value, dtype, name=name or "Const")


def _has_tensors(value: Any) -> bool:
    return any(
        isinstance(item, _native.Tensor) or hasattr(item, "_as_graph_element") or (isinstance(item, (list, tuple)) and _has_tensors(item))
        for item in value
    )


def _first_dtype(value: Any) -> Any:
    for item in value:
        if isinstance(item, (list, tuple)):
            found = _first_dtype(item)
            if found is not None:
                return found
        elif isinstance(item, _native.Tensor) or hasattr(item, "_as_graph_element"):
            return item.dtype.base_dtype
    return None


def _autopack(value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    """A list that holds tensors, packed along a new first axis."""
    if as_ref or not _has_tensors(value):
        return NotImplemented
    inferred = _first_dtype(value)
    if inferred is None:
        return NotImplemented
    if dtype is not None and dtype.base_dtype != inferred:
        from graphpb.ops import raw

        # TensorFlow packs in the inferred type and casts.
        packed = _pack(value, inferred, name or "packed")
        return raw.Cast(x=packed, DstT=dtype, name=name or "packed")
    return _pack(value, inferred, name or "packed")


def _pack(value: Any, dtype: dtypes.DType, name: str) -> Any:
    from graphpb.graph.scopes import name_scope
    from graphpb.ops import raw

    def cast(item: Any) -> Any:
        if isinstance(item, (list, tuple)):
            return [cast(part) for part in item]
        if (isinstance(item, _native.Tensor) or hasattr(item, "_as_graph_element")) and item.dtype.base_dtype != dtype:
            raise TypeError(f"Cannot convert a list containing a tensor of dtype {item.dtype!r} to {dtype!r} (Tensor is: {item!r})")
        return item

    def pack(items: Any, name: str) -> Any:
        with name_scope(name) as scope:
            converted, must = [], False
            for i, item in enumerate(items):
                if isinstance(item, (list, tuple)):
                    item = pack(item, str(i))
                must = must or isinstance(item, _native.Tensor) or hasattr(item, "_as_graph_element")
                converted.append(item)
            if not must:
                return converted
            tensors = []
            for i, item in enumerate(converted):
                if isinstance(item, _native.Tensor) or hasattr(item, "_as_graph_element"):
                    tensors.append(convert_to_tensor(item))
                else:
                    tensors.append(constant(item, dtype=dtype, name=str(i)))
            return raw.Pack(values=tensors, axis=0, name=scope)

    return pack(cast(value), name)


def _shape_conversion(value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    if not value.is_fully_defined():
        raise ValueError(f"Cannot convert a partially known TensorShape {value} to a Tensor.")
    dims = value.as_list()
    if dtype is None:
        dtype = dtypes.int64 if any(d >= 2**31 for d in dims) else dtypes.int32
    elif dtype not in (dtypes.int32, dtypes.int64):
        raise TypeError(f"Cannot convert a TensorShape to dtype: {dtype!r}")
    return constant(dims, dtype, name=name or "shape_as_tensor")


def _dimension_conversion(value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    if value.value is None:
        raise ValueError(f"Cannot convert unknown Dimension {value} to a Tensor.")
    if dtype not in (None, dtypes.int32, dtypes.int64):
        raise TypeError(f"Cannot convert Dimension to dtype {dtype!r}")
    return constant(value.value, dtype or dtypes.int32, name=name or "shape_as_tensor")


def _range_conversion(value: range, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    from graphpb.graph.scopes import name_scope
    from graphpb.ops import raw

    with name_scope(name or "range") as scope:
        if dtype is None:
            dtype = dtypes.int32
        parts = [constant(v, dtype, name=n) for v, n in ((value.start, "start"), (value.stop, "limit"), (value.step, "delta"))]
        return raw.Range(start=parts[0], limit=parts[1], delta=parts[2], name=scope)


register_tensor_conversion_function((int, float, complex, bool, str, bytes, np.generic, np.ndarray), _constant_conversion, 0)
register_tensor_conversion_function((list, tuple), _autopack, 99)
register_tensor_conversion_function((list, tuple), _constant_conversion, 100)
register_tensor_conversion_function(shapes.TensorShape, _shape_conversion, 100)
register_tensor_conversion_function(shapes.Dimension, _dimension_conversion, 100)
register_tensor_conversion_function(range, _range_conversion, 100)
register_tensor_conversion_function(object, _constant_conversion, 200)
