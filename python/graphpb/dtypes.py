"""Element types: one object per TensorFlow `DataType`, conversions from names, numpy and Python types."""

from __future__ import annotations

from typing import Any

import numpy as np

_NAMES = (
    "float32 float64 int32 uint8 int16 int8 string complex64 int64 bool qint8 quint8 qint32 bfloat16 qint16 quint16 uint16 complex128 "
    "float16 resource variant uint32 uint64 float8_e5m2 float8_e4m3fn float8_e4m3fnuz float8_e4m3b11fnuz float8_e5m2fnuz int4 uint4 int2 uint2 "
    "float4_e2m1fn"
).split()

_NUMPY = {
    1: np.float32,
    2: np.float64,
    3: np.int32,
    4: np.uint8,
    5: np.int16,
    6: np.int8,
    7: np.object_,
    8: np.complex64,
    9: np.int64,
    10: np.bool_,
    17: np.uint16,
    18: np.complex128,
    19: np.float16,
    22: np.uint32,
    23: np.uint64,
}

_QUANTIZED = {11: ("qint8", np.int8), 12: ("quint8", np.uint8), 13: ("qint32", np.int32), 15: ("qint16", np.int16), 16: ("quint16", np.uint16)}

_ML_NAMES = {
    14: "bfloat16",
    24: "float8_e5m2",
    25: "float8_e4m3fn",
    26: "float8_e4m3fnuz",
    27: "float8_e4m3b11fnuz",
    28: "float8_e5m2fnuz",
    29: "int4",
    30: "uint4",
}

_ml_types: dict[int, Any] = {}


def _ml_type(number: int) -> Any:
    """The ml_dtypes type, or unsigned integers that hold the bits where that package is not installed."""
    if number not in _ml_types:
        try:
            import ml_dtypes

            _ml_types[number] = getattr(ml_dtypes, _ML_NAMES[number])
        except (ImportError, AttributeError):
            _ml_types[number] = np.uint16 if number == 14 else np.uint8
    return _ml_types[number]


class DType:
    """The type of the elements of a tensor. Use the constants: `tf.float32`, `tf.int64`, …"""

    __slots__ = ("_base", "_name", "_number")

    def __init__(self, type_enum: int):
        self._number = int(type_enum)
        self._base = self._number - 100 if self._number > 100 else self._number
        self._name = _NAMES[self._base - 1] + ("_ref" if self._number > 100 else "")

    @property
    def name(self) -> str:
        """The name: `float32`, or `float32_ref` for a reference."""
        return self._name

    @property
    def as_datatype_enum(self) -> int:
        """The number in the `DataType` enum; 100 more for a reference."""
        return self._number

    @property
    def base_dtype(self) -> DType:
        """The type without the reference."""
        return self if self._number < 100 else _BY_NUMBER[self._base]

    @property
    def _is_ref_dtype(self) -> bool:
        return self._number > 100

    @property
    def _as_ref(self) -> DType:
        return _BY_NUMBER[self._base + 100]

    @property
    def real_dtype(self) -> DType:
        """The type of the parts of a complex type; otherwise the type itself."""
        return {8: float32, 18: float64}.get(self._base, self.base_dtype if self._base in (8, 18) else self)

    @property
    def as_numpy_dtype(self) -> Any:
        """The numpy scalar type (`object` for strings)."""
        if self._base in _NUMPY:
            return _NUMPY[self._base]
        if self._base in _ML_NAMES:
            return _ml_type(self._base)
        if self._base in _QUANTIZED:
            return np.dtype([_QUANTIZED[self._base]])
        raise TypeError(f"{self._name} has no numpy type")

    @property
    def is_numpy_compatible(self) -> bool:
        """Whether arrays of this type exist in numpy."""
        return self._base in _NUMPY or self._base in _ML_NAMES or self._base in _QUANTIZED

    @property
    def is_bool(self) -> bool:
        return self._base == 10

    @property
    def is_integer(self) -> bool:
        """Whether this is a (non-quantized) integer type."""
        return self._base in (3, 4, 5, 6, 9, 17, 22, 23, 29, 30, 31, 32)

    @property
    def is_floating(self) -> bool:
        """Whether this is a real floating point type."""
        return self._base in (1, 2, 14, 19, 24, 25, 26, 27, 28, 33)

    @property
    def is_complex(self) -> bool:
        return self._base in (8, 18)

    @property
    def is_quantized(self) -> bool:
        return self._base in _QUANTIZED

    @property
    def is_unsigned(self) -> bool:
        return self._base in (4, 17, 22, 23, 30, 32)

    @property
    def size(self) -> int:
        """Bytes of one element; 1 for types without a fixed size."""
        if self._base in (7, 20, 21):
            return 1
        return np.dtype(self.as_numpy_dtype).itemsize

    @property
    def min(self) -> Any:
        """The least value. TypeError for types without an order."""
        return self._limit("min")

    @property
    def max(self) -> Any:
        """The greatest value. TypeError for types without an order."""
        return self._limit("max")

    def _limit(self, which: str) -> Any:
        if self.is_quantized or self._base in (7, 8, 10, 18, 20, 21):
            raise TypeError(f"Cannot find {which}imum value of {self!r}.")
        if self._base == 14:
            return float.fromhex("0x1.FEp127") if which == "max" else -float.fromhex("0x1.FEp127")
        info = np.finfo if self.is_floating else np.iinfo
        return getattr(info(self.as_numpy_dtype), which)

    @property
    def limits(self, clip_negative: bool = True) -> tuple[Any, Any]:
        """The range of pixel values: (0, 1) for floating types, (0 or min, max) for integers."""
        if self.is_floating:
            return (0, 1)
        return (0, self.max)

    def is_compatible_with(self, other: Any) -> bool:
        """Whether a tensor of type `other` can be used as this type: equal, or a reference to it."""
        other = as_dtype(other)
        return self._number in (other._number, other.base_dtype._number)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if other is None:
            return False
        if type(other) is DType:
            return self._number == other._number
        try:
            return self._number == as_dtype(other)._number
        except TypeError:
            return False

    def __ne__(self, other: object) -> bool:
        return not self.__eq__(other)

    def __hash__(self) -> int:
        return self._number

    def __reduce__(self) -> tuple[Any, ...]:
        return as_dtype, (self._name,)

    def __int__(self) -> int:
        return self._number

    def __str__(self) -> str:
        return f"<dtype: {self._name!r}>"

    def __repr__(self) -> str:
        return "tf." + self._name


_BY_NUMBER = {n: DType(n) for k in range(1, len(_NAMES) + 1) for n in (k, k + 100)}
_BY_NAME: dict[str, DType] = {d.name: d for d in _BY_NUMBER.values()}
_BY_NAME.update({"float": _BY_NUMBER[1], "double": _BY_NUMBER[2], "half": _BY_NUMBER[19]})
_BY_NAME.update({"float_ref": _BY_NUMBER[101], "double_ref": _BY_NUMBER[102], "half_ref": _BY_NUMBER[119]})

float32, float64, int32, uint8, int16, int8, string, complex64, int64, bool_ = (_BY_NUMBER[n] for n in range(1, 11))
qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, float16, resource = (_BY_NUMBER[n] for n in range(11, 21))
variant, uint32, uint64 = (_BY_NUMBER[n] for n in range(21, 24))
half, double = float16, float64

_OF_PYTHON: dict[Any, DType] = {float: float32, int: int32, bool: bool_, complex: complex128, str: string, bytes: string, object: string}
_OF_NUMPY: dict[Any, DType] = {np.dtype(t): _BY_NUMBER[n] for n, t in _NUMPY.items()}
_OF_PYTHON.update({t: _BY_NUMBER[n] for n, t in _NUMPY.items()})


def of_number(number: int) -> DType:
    """The type with this `DataType` number."""
    return _BY_NUMBER[number]


def numpy_dtype(number: int) -> np.dtype:
    """The numpy dtype of the arrays that hold this type; quantized numbers are plain integers there."""
    if number in _QUANTIZED:
        return np.dtype(_QUANTIZED[number][1])
    return np.dtype(_BY_NUMBER[number].as_numpy_dtype)


def as_dtype(type_value: Any) -> DType:
    """Return the DType for a DType, name, `DataType` number, numpy or Python type.

    TypeError: ``Cannot convert the argument `type_value`: … to a TensorFlow DType.``
    """
    if type(type_value) is DType:
        return type_value
    found: DType | None = None
    try:
        if isinstance(type_value, str):
            found = _BY_NAME.get(type_value)
        elif isinstance(type_value, np.dtype):
            found = _of_numpy(type_value)
        elif isinstance(type_value, (int, np.integer)) and not isinstance(type_value, bool):
            found = _BY_NUMBER.get(int(type_value))
        else:
            found = _OF_PYTHON.get(type_value)
    except TypeError:
        found = None
    if found is None and type_value is not None and not isinstance(type_value, (int, np.integer)):
        try:
            if isinstance(getattr(type_value, "dtype", None), DType):
                found = type_value.dtype
            else:
                found = _of_numpy(np.dtype(type_value))
        except TypeError:
            found = None
    if found is None:
        raise TypeError(f"Cannot convert the argument `type_value`: {type_value!r} to a TensorFlow DType.")
    return found


def _of_numpy(dtype: np.dtype) -> DType | None:
    found = _OF_NUMPY.get(dtype)
    if found is not None:
        return found
    if dtype.kind in "SUO":
        return string
    if dtype.fields and len(dtype.fields) == 1:
        return _BY_NAME.get(next(iter(dtype.fields)))
    if dtype.byteorder == ">":
        return _OF_NUMPY.get(dtype.newbyteorder("="))
    if dtype.name in _BY_NAME and dtype.kind in "Vfiu":
        return _BY_NAME[dtype.name]
    return None


def __getattr__(name: str) -> Any:
    if name == "bool":
        return bool_
    from graphpb.ledger import absent

    raise absent(__name__, name)
