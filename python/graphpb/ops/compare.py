"""Comparisons and logic of two tensors."""

from graphpb.ops import raw
from graphpb.ops.unary import logical_not


def _comparison(op, sign, types):
    def function(x, y, name=None):
        return getattr(raw, op)(x=x, y=y, name=name)

    function.__name__ = function.__qualname__ = op
    function.__doc__ = f"""Compute x {sign} y elementwise, as bool.

    Args:
      x: {types} [...].
      y: dtype of `x`, a shape that broadcasts with that of `x`.
      name: Name of the node; default `{op}`.

    Raises:
      TypeError: The dtypes differ.
    """
    return function


equal = _comparison("Equal", "==", "any type")
not_equal = _comparison("NotEqual", "!=", "any type")
less = _comparison("Less", "<", "real numeric")
less_equal = _comparison("LessEqual", "<=", "real numeric")
greater = _comparison("Greater", ">", "real numeric")
greater_equal = _comparison("GreaterEqual", ">=", "real numeric")
logical_and = _comparison("LogicalAnd", "AND", "bool")
logical_or = _comparison("LogicalOr", "OR", "bool")


def logical_xor(x, y, name="LogicalXor"):
    """Compute x XOR y as (x OR y) AND NOT (x AND y)."""
    return logical_and(logical_or(x, y), logical_not(logical_and(x, y)), name=name)
