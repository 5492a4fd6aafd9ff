"""Elementwise functions of one tensor, each a single node of the same name."""

from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.core import Tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw
from graphpb.ops.cast import cast
from graphpb.ops.fill import ones_like, zeros_like


def _unary(op, summary, types="float16, float32, float64, complex64 or complex128"):
    def function(x, name=None):
        return getattr(raw, op)(x=x, name=name)

    function.__name__ = function.__qualname__ = op.lower()
    function.__doc__ = f"""{summary}

    Args:
      x: {types} [...].
      name: Name of the node; default `{op}`.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      TypeError: `x` has another dtype.
    """
    return function


_REAL = "float16, float32 or float64"
_NUMBER = "any numeric type"

negative = _unary("Neg", "Compute -x.", _NUMBER)
square = _unary("Square", "Compute x*x.", _NUMBER)
sqrt = _unary("Sqrt", "Compute the square root.")
rsqrt = _unary("Rsqrt", "Compute 1 / sqrt(x).")
reciprocal = _unary("Reciprocal", "Compute 1 / x.", _NUMBER)
exp = _unary("Exp", "Compute e to the power x.")
expm1 = _unary("Expm1", "Compute exp(x) - 1, accurate near zero.")
log = _unary("Log", "Compute the natural logarithm.")
log1p = _unary("Log1p", "Compute log(1 + x), accurate near zero.")
sin = _unary("Sin", "Compute the sine of x radians.")
cos = _unary("Cos", "Compute the cosine of x radians.")
tan = _unary("Tan", "Compute the tangent of x radians.")
asin = _unary("Asin", "Compute the inverse sine in radians.")
acos = _unary("Acos", "Compute the inverse cosine in radians.")
atan = _unary("Atan", "Compute the inverse tangent in radians.")
sinh = _unary("Sinh", "Compute the hyperbolic sine.")
cosh = _unary("Cosh", "Compute the hyperbolic cosine.")
tanh = _unary("Tanh", "Compute the hyperbolic tangent.")
asinh = _unary("Asinh", "Compute the inverse hyperbolic sine.")
acosh = _unary("Acosh", "Compute the inverse hyperbolic cosine.")
atanh = _unary("Atanh", "Compute the inverse hyperbolic tangent.")
erf = _unary("Erf", "Compute the error function 2/sqrt(pi) * integral of exp(-t^2) from 0 to x.", _REAL)
erfc = _unary("Erfc", "Compute 1 - erf(x).", _REAL)
lgamma = _unary("Lgamma", "Compute log(abs(Gamma(x))).", _REAL)
digamma = _unary("Digamma", "Compute the derivative of lgamma.", _REAL)
floor = _unary("Floor", "Round towards minus infinity.", _REAL)
ceil = _unary("Ceil", "Round towards plus infinity.", _REAL)
rint = _unary("Rint", "Round to the nearest integer, halves to even.", _REAL)
is_nan = _unary("IsNan", "Tell which elements are NaN (bool).", _REAL)
is_inf = _unary("IsInf", "Tell which elements are infinite (bool).", _REAL)
is_finite = _unary("IsFinite", "Tell which elements are neither infinite nor NaN (bool).", _REAL)
logical_not = _unary("LogicalNot", "Compute NOT x.", "bool")
sigmoid = _unary("Sigmoid", "Compute 1 / (1 + exp(-x)).")


def abs(x, name=None):
    """Compute the absolute value; for complex `x` the magnitude, as a real tensor.

    Args:
      x: numeric [...].
      name: Scope and name of the node; default `Abs`.
    """
    with name_scope(name, "Abs", [x]) as name:
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            return raw.ComplexAbs(x=x, Tout=x.dtype.real_dtype, name=name)
        return raw.Abs(x=x, name=name)


def sign(x, name=None):
    """Compute -1, 0 or 1 by the sign of `x`; for complex `x`, x / abs(x) with 0 at 0."""
    x = convert_to_tensor(x)
    if x.dtype.is_complex:
        magnitude = cast(raw.ComplexAbs(x=x, Tout=x.dtype.real_dtype), x.dtype)
        return raw.DivNoNan(x=x, y=magnitude, name=name)
    return raw.Sign(x=x, name=name)


def round(x, name=None):
    """Round to the nearest integer, halves to even; integers are returned as they are."""
    x = convert_to_tensor(x, name="x")
    return x if x.dtype.is_integer else raw.Round(x=x, name=name)


def log_sigmoid(x, name=None):
    """Compute log(sigmoid(x)) as -softplus(-x)."""
    with name_scope(name, "LogSigmoid", [x]) as name:
        x = convert_to_tensor(x, name="x")
        return raw.Neg(x=raw.Softplus(features=-x), name=name)


def conj(x, name=None):
    """Compute the complex conjugate; real tensors are returned as they are.

    Raises:
      TypeError: `x` is not numeric.
    """
    if isinstance(x, Tensor) and (x.dtype.is_floating or x.dtype.is_integer):
        return x
    with name_scope(name, "Conj", [x]) as name:
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            return raw.Conj(input=x, name=name)
        if x.dtype.is_floating or x.dtype.is_integer:
            return x
        raise TypeError(f"Expected numeric or variant tensor, got dtype {x.dtype!r}.")


def real(input, name=None):
    """Take the real part; real tensors are returned as they are.

    Raises:
      TypeError: `input` is not numeric.
    """
    with name_scope(name, "Real", [input]) as name:
        input = convert_to_tensor(input, name="input")
        if input.dtype.is_complex:
            return raw.Real(input=input, Tout=input.dtype.real_dtype, name=name)
        if input.dtype.is_floating or input.dtype.is_integer:
            return input
        raise TypeError(f"input must be a numeric tensor, but got tensor with dtype {input.dtype}")


def imag(input, name=None):
    """Take the imaginary part; zeros for a real tensor."""
    with name_scope(name, "Imag", [input]) as name:
        input = convert_to_tensor(input, name="input")
        if input.dtype.is_complex:
            return raw.Imag(input=input, Tout=input.dtype.real_dtype, name=name)
        return zeros_like(input)


def angle(input, name=None):
    """Compute the argument atan2(imag, real) in radians; for real tensors pi where negative, else 0."""
    with name_scope(name, "Angle", [input]) as name:
        input = convert_to_tensor(input, name="input")
        if input.dtype.is_complex:
            return raw.Angle(input=input, Tout=input.dtype.real_dtype, name=name)
        below = input < 0
        return raw.Select(condition=below, t=3.141592653589793 * ones_like(input), e=zeros_like(input))


def complex(real, imag, name=None):
    """Join two real tensors to a complex one: float32 to complex64, float64 to complex128.

    Raises:
      TypeError: The dtypes differ or are neither float32 nor float64.
    """
    real = convert_to_tensor(real, name="real")
    imag = convert_to_tensor(imag, name="imag")
    with name_scope(name, "Complex", [real, imag]) as name:
        joined = {("float32", "float32"): "complex64", ("float64", "float64"): "complex128"}
        try:
            kind = joined[real.dtype.name, imag.dtype.name]
        except KeyError:
            raise TypeError(
                f"The `real` and `imag` components have incorrect types: {real.dtype.name} {imag.dtype.name}. "
                "They must be consistent, and one of [tf.float32, tf.float64]"
            ) from None
        return raw.Complex(real=real, imag=imag, Tout=kind, name=name)
