"""Elementwise arithmetic of two tensors, sums of many, ranges and running sums, as TF1 names them."""

from graphpb import dtypes
from graphpb.graph.composite import IndexedSlices
from graphpb.graph.convert import convert_to_tensor, convert_to_tensor_or_indexed_slices, is_tensor
from graphpb.graph.core import Tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw
from graphpb.ops.cast import cast
from graphpb.shapes import TensorShape


def _binary(op, summary, types="any numeric type"):
    def function(x, y, name=None):
        return getattr(raw, op)(x=x, y=y, name=name)

    function.__name__ = function.__qualname__ = op
    function.__doc__ = f"""{summary}

    Args:
      x: {types} [...].
      y: dtype of `x`, a shape that broadcasts with that of `x`.
      name: Name of the node; default `{op}`.

    Raises:
      TypeError: The dtypes differ.
      ValueError: The shapes do not broadcast.
    """
    return function


subtract = _binary("Sub", "Compute x - y.")
multiply = _binary("Mul", "Compute x * y.")
maximum = _binary("Maximum", "Take the larger of x and y; NaN if either is NaN.", "real numeric")
minimum = _binary("Minimum", "Take the smaller of x and y; NaN if either is NaN.", "real numeric")
squared_difference = _binary("SquaredDifference", "Compute (x - y) * (x - y), conjugated for complex tensors.")
mod = _binary("FloorMod", "Compute the remainder with the sign of y: x - floordiv(x, y) * y.", "real numeric")
realdiv = _binary("RealDiv", "Divide without rounding.")
truncatediv = _binary("TruncateDiv", "Divide integers rounding towards zero, as C does.")
truncatemod = _binary("TruncateMod", "Compute the remainder with the sign of x, as C does.")
bitwise_and = _binary("BitwiseAnd", "Compute the bits set in both.", "integer")


def add(x, y, name=None):
    """Compute x + y; strings are concatenated.

    Args:
      x: numeric or string [...].
      y: dtype of `x`, a shape that broadcasts with that of `x`.
      name: Scope and name of the node; default `Add`.

    Raises:
      TypeError: The dtypes differ.
      ValueError: The shapes do not broadcast.
    """
    with name_scope(name, "Add", [x]) as name:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, preferred_dtype=x.dtype.base_dtype, name="y")
        make = raw.Add if x.dtype == dtypes.string else raw.AddV2
        return make(x=x, y=y, name=name)


def divide(x, y, name=None):
    """Compute x / y as Python 3 does: integers give floats.

    Args:
      x: numeric [...].
      y: dtype of `x`, a shape that broadcasts.
      name: Scope and name of the nodes; default `truediv`.
    """
    if name is not None:
        return truediv(x, y, name)
    if not is_tensor(x):
        x = convert_to_tensor(x, dtype=y.dtype.base_dtype if is_tensor(y) else None)
    return x / y


_WIDENED = {
    "uint8": "float32",
    "int8": "float32",
    "uint16": "float32",
    "int16": "float32",
    "int32": "float64",
    "int64": "float64",
    "uint32": "float64",
    "uint64": "float64",
}
_DIVISIBLE = {"float16", "bfloat16", "float32", "float64", "complex64", "complex128"}


def truediv(x, y, name=None):
    """Compute x / y as Python 3 does: 8- and 16-bit integers give float32, wider ones float64.

    Args:
      x: numeric [...].
      y: dtype of `x`, a shape that broadcasts.
      name: Scope and name of the nodes; default `truediv`.

    Raises:
      TypeError: The dtypes differ, or cannot be divided.
    """
    with name_scope(name, "truediv", [x, y]) as name:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, preferred_dtype=x.dtype.base_dtype, name="y")
        x, y = _divisible(x, y, "__truediv__")
        return raw.RealDiv(x=x, y=y, name=name)


def _divisible(x, y, what):
    """Both operands cast to the dtype that division happens in."""
    kind, other = x.dtype.base_dtype, y.dtype.base_dtype
    if kind != other:
        raise TypeError(f"`x` and `y` must have the same dtype, got {kind!r} != {other!r}.")
    if kind.name in _WIDENED:
        wide = dtypes.as_dtype(_WIDENED[kind.name])
        return cast(x, wide), cast(y, wide)
    if kind.name not in _DIVISIBLE:
        raise TypeError(f"Invalid dtype {kind!r} in {what}. Expected one of {{{', '.join(sorted([*_WIDENED, *_DIVISIBLE]))}}}.")
    return x, y


def div(x, y, name=None):
    """Divide as Python 2 did: floats without rounding, integers rounding down.

    Args:
      x: numeric [...].
      y: dtype of `x`, a shape that broadcasts.
      name: Scope and name of the node; default `div`.
    """
    with name_scope(name, "div", [x, y]) as name:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)
        if x.dtype.is_floating or x.dtype.is_complex:
            return raw.RealDiv(x=x, y=y, name=name)
        return raw.FloorDiv(x=x, y=y, name=name)


def div_no_nan(x, y, name=None):
    """Compute x / y, and 0 where y is 0.

    Raises:
      TypeError: The dtypes differ, or cannot be divided.
    """
    with name_scope(name, "div_no_nan", [x, y]) as name:
        if not is_tensor(x) and is_tensor(y):
            y = convert_to_tensor(y, name="y")
            x = convert_to_tensor(x, dtype=y.dtype.base_dtype, name="x")
        else:
            x = convert_to_tensor(x, name="x")
            y = convert_to_tensor(y, preferred_dtype=x.dtype.base_dtype, name="y")
        x, y = _divisible(x, y, "tf.math.divide_no_nan")
        return raw.DivNoNan(x=x, y=y, name=name)


def multiply_no_nan(x, y, name=None):
    """Compute x * y, and 0 where y is 0 even if x is infinite or NaN."""
    with name_scope(name, "multiply_no_nan", [x, y]) as name:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)
        return raw.MulNoNan(x=x, y=y, name=name)


def floordiv(x, y, name=None):
    """Divide rounding towards minus infinity."""
    with name_scope(name, "floordiv", [x, y]) as name:
        return raw.FloorDiv(x=x, y=y, name=name)


def floor_div(x, y, name=None):
    """Divide rounding towards minus infinity, as a node `FloorDiv`."""
    return raw.FloorDiv(x=x, y=y, name=name)


def pow(x, y, name=None):
    """Compute x to the power y."""
    with name_scope(name, "Pow", [x]) as name:
        return raw.Pow(x=x, y=y, name=name)


def xdivy(x, y, name=None):
    """Compute x / y, and 0 where x is 0."""
    with name_scope(name, "xdivy", [x]):
        return raw.Xdivy(x=x, y=y)


def xlogy(x, y, name=None):
    """Compute x * log(y), and 0 where x is 0."""
    return raw.Xlogy(x=x, y=y, name=name)


def scalar_mul(scalar, x, name=None):
    """Multiply a tensor or IndexedSlices by a scalar.

    Raises:
      ValueError: `scalar` is not a scalar.
    """
    scalar = convert_to_tensor(scalar, dtype=dtypes.as_dtype(x.dtype).base_dtype, name="scalar")
    if scalar.shape.ndims != 0:
        raise ValueError(f"The input scalar must be a 0-D value. Received shape {scalar.shape}.")
    if isinstance(x, IndexedSlices):
        return IndexedSlices(raw.Mul(x=scalar, y=x.values, name=name), x.indices, x.dense_shape)
    return raw.Mul(x=scalar, y=x, name=name)


def add_n(inputs, name=None):
    """Add tensors of one shape and dtype.

    Args:
      inputs: List of tensors or IndexedSlices.
      name: Name of the node; default `AddN`. A single input gives no node unless named.

    Raises:
      ValueError: `inputs` is empty or not a sequence.
    """
    try:
        inputs = [convert_to_tensor_or_indexed_slices(x) for x in inputs] if not isinstance(inputs, Tensor) else []
    except TypeError:
        inputs = []
    if not inputs:
        raise ValueError("Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and shape.")
    if len(inputs) > 1:
        return raw.AddN(inputs=inputs, name=name)
    only = convert_to_tensor(inputs[0])
    return raw.Identity(input=only, name=name) if name else only


def accumulate_n(inputs, shape=None, tensor_dtype=None, name=None):
    """Add tensors of one shape and dtype, as `add_n`; also checks an expected shape and dtype.

    Raises:
      ValueError: `inputs` is not a list of tensors of one dtype, or a shape differs.
      TypeError: `tensor_dtype` differs from the dtype of the inputs.
    """
    if not inputs or not isinstance(inputs, (list, tuple)):
        raise ValueError("inputs must be a list of at least one Tensor with the same dtype and shape")
    inputs = [convert_to_tensor_or_indexed_slices(x) for x in inputs]
    if not all(isinstance(x, Tensor) and x.dtype == inputs[0].dtype for x in inputs):
        raise ValueError("inputs must be a list of at least one Tensor with the same dtype and shape")
    merged = TensorShape(shape)
    for x in inputs:
        merged = merged.merge_with(x.shape)
    if tensor_dtype is not None and tensor_dtype != inputs[0].dtype:
        raise TypeError(
            f"The `tensor_dtype` argument is {tensor_dtype}, but `input` is of type "
            f"{inputs[0].dtype}. These must be equal. Try casting the input to the desired type."
        )
    return add_n(inputs, name=name)


_RANGE_TYPES = ("int32", "int64", "float16", "bfloat16", "float32", "float64")


def range(start, limit=None, delta=1, dtype=None, name="range"):
    """Make the vector start, start + delta, ... below limit.

    Args:
      start: Scalar; the limit when `limit` is not given, and the start is 0 then.
      limit: Scalar, excluded.
      delta: Scalar step.
      dtype: dtype of the result; default the widest of the three.
      name: Scope and name of the nodes.
    """
    if limit is None:
        start, limit = 0, start
    with name_scope(name, "Range", [start, limit, delta]) as name:
        parts = [
            value if isinstance(value, Tensor) else convert_to_tensor(value, dtype=dtype, name=label)
            for value, label in ((start, "start"), (limit, "limit"), (delta, "delta"))
        ]
        if dtype is None:
            dtype = max((part.dtype for part in parts), key=lambda kind: _RANGE_TYPES.index(kind.base_dtype.name))
        start, limit, delta = [cast(part, dtype) for part in parts]
        return raw.Range(start=start, limit=limit, delta=delta, name=name)


def cumsum(x, axis=0, exclusive=False, reverse=False, name=None):
    """Compute running sums along an axis.

    Args:
      x: numeric [...].
      axis: Integer scalar.
      exclusive: Leave out the element itself: the first sum is 0.
      reverse: Run from the end.
    """
    with name_scope(name, "Cumsum", [x]) as name:
        x = convert_to_tensor(x, name="x")
        return raw.Cumsum(x=x, axis=axis, exclusive=exclusive, reverse=reverse, name=name)


def cumprod(x, axis=0, exclusive=False, reverse=False, name=None):
    """Compute running products along an axis; the arguments are those of `cumsum`."""
    with name_scope(name, "Cumprod", [x]) as name:
        x = convert_to_tensor(x, name="x")
        return raw.Cumprod(x=x, axis=axis, exclusive=exclusive, reverse=reverse, name=name)


def polyval(coeffs, x, name=None):
    """Evaluate a polynomial by Horner's rule.

    Args:
      coeffs: List of tensors, the highest power first.
      x: numeric [...].

    Raises:
      ValueError: `coeffs` is not a list.
    """
    if not isinstance(coeffs, list):
        raise ValueError(f"Argument coeffs must be list type. Received type {type(coeffs)}.")
    with name_scope(name, "polyval", [*coeffs, x]) as name:
        x = convert_to_tensor(x, name="x")
        if not coeffs:
            from graphpb.ops.fill import zeros_like

            return zeros_like(x, name=name)
        coeffs = [convert_to_tensor(coeff, name=f"coeff_{i}") for i, coeff in enumerate(coeffs)]
        value = coeffs[0]
        for coeff in coeffs[1:]:
            value = coeff + value * x
        return value


def polygamma(a, x, name=None):
    """Compute the polygamma function of order a at x: the derivative of order a of digamma."""
    return raw.Polygamma(a=a, x=x, name=name)


def zeta(x, q, name=None):
    """Compute the Hurwitz zeta function: the sum of (n + q) ^ -x over n from 0."""
    return raw.Zeta(x=x, q=q, name=name)


def xlog1py(x, y, name=None):
    """Compute x * log1p(y), 0 where x is 0."""
    return raw.Xlog1py(x=x, y=y, name=name)


def reciprocal_no_nan(x, name=None):
    """Compute 1 / x, and 0 where x is 0."""
    with name_scope(name, "reciprocal_no_nan", [x]) as name:
        x = convert_to_tensor(x, name="x")
        return raw.DivNoNan(x=convert_to_tensor(1, dtype=x.dtype.base_dtype, name="one"), y=x, name=name)


def lbeta(x, name=None):
    """Compute the logarithm of the absolute beta function over the last axis: the sum of lgamma(x) minus lgamma of the sum."""
    with name_scope(name, "lbeta", [x]):
        x = convert_to_tensor(x, name="x")
        total = raw.Sum(input=raw.Lgamma(x=x), reduction_indices=[-1])
        return total - raw.Lgamma(x=raw.Sum(input=x, reduction_indices=[-1]))


def atan2(y, x, name=None):
    """Compute the angle of the point (x, y), given y first.

    Args:
      y: float16, float32, float64 [...].
      x: dtype of `y`, a shape that broadcasts with that of `y`.
      name: Name of the node; default `Atan2`.
    """
    return raw.Atan2(y=y, x=x, name=name)
