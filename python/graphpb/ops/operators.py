"""The operators of tensors where operands need conversion: type rules, casts of `/`, logical and bitwise operators, `@`."""

from __future__ import annotations

from typing import Any

from graphpb import _native, dtypes
from graphpb.graph import core
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw

_TRUEDIV = {
    dtypes.uint8: dtypes.float32,
    dtypes.int8: dtypes.float32,
    dtypes.uint16: dtypes.float32,
    dtypes.int16: dtypes.float32,
    dtypes.int32: dtypes.float64,
    dtypes.uint32: dtypes.float64,
    dtypes.int64: dtypes.float64,
    dtypes.uint64: dtypes.float64,
}


def _add(x: Any, y: Any, name: str | None) -> Any:
    return raw.Add(x=x, y=y, name=name) if x.dtype.base_dtype == dtypes.string else raw.AddV2(x=x, y=y, name=name)


def truediv(x: Any, y: Any, name: str | None = None) -> Any:
    """`x / y`: integers are cast to floats first (8 and 16 bits to float32, others to float64).

    TypeError: ``x` and `y` must have the same dtype, got … != ….``
    """
    with name_scope(name, "truediv", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, dtype_hint=x.dtype.base_dtype, name="y")
        a, b = x.dtype.base_dtype, y.dtype.base_dtype
        if a != b:
            raise TypeError(f"`x` and `y` must have the same dtype, got {a!r} != {b!r}.")
        if a in _TRUEDIV:
            x = raw.Cast(x=x, DstT=_TRUEDIV[a])
            y = raw.Cast(x=y, DstT=_TRUEDIV[a])
        elif not (a.is_floating or a.is_complex):
            raise TypeError(f"Invalid dtype {a!r} in __truediv__. Expected one of {{{', '.join(repr(d) for d in _TRUEDIV)}}}.")
        return raw.RealDiv(x=x, y=y, name=scope)


def _logical(logical: str, bitwise: str) -> Any:
    def apply(x: Any, y: Any, name: str | None) -> Any:
        if x.dtype.base_dtype == dtypes.bool_:
            return raw.apply_op(logical, x=x, y=y, name=name)
        return raw.apply_op(bitwise, x=x, y=y)

    return apply


def _xor(x: Any, y: Any, name: str | None) -> Any:
    if x.dtype.base_dtype != dtypes.bool_:
        return raw.apply_op("BitwiseXor", x=x, y=y)
    return raw.LogicalAnd(x=raw.LogicalOr(x=x, y=y), y=raw.LogicalNot(x=raw.LogicalAnd(x=x, y=y)), name=name)


def _matmul(x: Any, y: Any, name: str | None) -> Any:
    from graphpb.ops.product import matmul

    return matmul(x, y, name=name)


_BINARY = {
    "add": _add,
    "sub": lambda x, y, name: raw.Sub(x=x, y=y, name=name),
    "mul": lambda x, y, name: raw.Mul(x=x, y=y, name=name),
    "truediv": truediv,
    "div": truediv,
    "floordiv": lambda x, y, name: raw.FloorDiv(x=x, y=y, name=name),
    "mod": lambda x, y, name: raw.FloorMod(x=x, y=y, name=name),
    "pow": lambda x, y, name: raw.Pow(x=x, y=y, name=name),
    "and": _logical("LogicalAnd", "BitwiseAnd"),
    "or": _logical("LogicalOr", "BitwiseOr"),
    "xor": _xor,
    "matmul": _matmul,
}


def binary(scope: str, x: Any, y: Any, reverse: bool = False) -> Any:
    """`x o y`, or `y o x` when `reverse`, for a tensor `x` and any `y`; NotImplemented when `y` knows better."""
    if scope[0].isupper():
        # A comparison: the op's own argument conversion, without a scope of the operator.
        return raw.apply_op(scope, x=x, y=y)
    apply = _BINARY[scope]
    if reverse:
        with name_scope(None, scope, [x, y]) as name:
            y = convert_to_tensor(y, dtype=x.dtype.base_dtype, name="x")
            return apply(y, x, name)
    with name_scope(None, scope, [x, y]) as name:
        if not isinstance(y, _native.Tensor) and not (scope in ("and", "or", "xor") and x.dtype.base_dtype != dtypes.bool_):
            try:
                y = convert_to_tensor(y, dtype_hint=x.dtype.base_dtype, name="y")
            except (TypeError, ValueError):
                if hasattr(type(y), f"__r{scope}__"):
                    return NotImplemented
                raise
        return apply(x, y, name)


def _forward(scope: str) -> Any:
    def operator(x: Any, y: Any) -> Any:
        return binary(scope, x, y)

    return operator


def _reflected(scope: str) -> Any:
    def operator(x: Any, y: Any) -> Any:
        return binary(scope, x, y, reverse=True)

    return operator


def _invert(x: Any) -> Any:
    if x.dtype.base_dtype == dtypes.bool_:
        return raw.LogicalNot(x=x)
    return raw.apply_op("Invert", x=x)


def _abs(x: Any) -> Any:
    if x.dtype.is_complex:
        return raw.apply_op("ComplexAbs", x=x, Tout=x.dtype.real_dtype, name="Abs")
    return raw.Abs(x=x)


def _getitem(x: Any, key: Any) -> Any:
    from graphpb.ops.slicing import slice_helper

    return slice_helper(x, key)


for _scope in ("and", "or", "xor", "matmul"):
    setattr(core.Tensor, f"__{_scope}__", _forward(_scope))
    setattr(core.Tensor, f"__r{_scope}__", _reflected(_scope))
core.Tensor.__div__ = core.Tensor.__truediv__  # type: ignore[attr-defined]
core.Tensor.__rdiv__ = core.Tensor.__rtruediv__  # type: ignore[attr-defined]
core.Tensor.__neg__ = lambda x: raw.Neg(x=x)  # type: ignore[attr-defined]
core.Tensor.__abs__ = _abs  # type: ignore[attr-defined]
core.Tensor.__invert__ = _invert  # type: ignore[attr-defined]
core.Tensor.__getitem__ = _getitem  # type: ignore[attr-defined]

OPERATORS = tuple(
    f"__{r}{n}__" for n in ("add", "sub", "mul", "div", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "matmul") for r in ("", "r")
) + ("__lt__", "__le__", "__gt__", "__ge__", "__neg__", "__abs__", "__invert__", "__getitem__")
"""Names of the operator methods that variables share with tensors."""
