"""Functions of tf.bitwise: bits of integers."""

from graphpb.ops import raw


def _bits(op, what):
    def function(x, y, name=None):
        return getattr(raw, op)(x=x, y=y, name=name)

    function.__name__ = function.__qualname__ = op
    function.__doc__ = f"""{what}

    Args:
      x: integer [...].
      y: dtype of `x`, a shape that broadcasts.
      name: Name of the node; default `{op}`.
    """
    return function


bitwise_and = _bits("BitwiseAnd", "Keep the bits set in both.")
bitwise_or = _bits("BitwiseOr", "Keep the bits set in either.")
bitwise_xor = _bits("BitwiseXor", "Keep the bits set in one only.")
left_shift = _bits("LeftShift", "Shift the bits of x left by y.")
right_shift = _bits("RightShift", "Shift the bits of x right by y, keeping the sign.")


def invert(x, name=None):
    """Turn every bit round."""
    return raw.Invert(x=x, name=name)


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
