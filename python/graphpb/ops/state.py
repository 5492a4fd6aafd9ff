"""Functions that write rows of variables or count with them, for ref and resource variables alike."""

from graphpb.graph.convert import convert_to_tensor
from graphpb.ops import raw


def _scatter(op, summary):
    def function(ref, indices, updates, use_locking=False, name=None):
        if getattr(ref, "handle", None) is not None:
            write = getattr(raw, "Resource" + op)(
                resource=ref.handle, indices=indices, updates=convert_to_tensor(updates, dtype=ref.dtype), name=name
            )
            return ref._lazy_read(write)
        target = ref._ref() if hasattr(ref, "_ref") else ref
        return getattr(raw, op)(ref=target, indices=indices, updates=updates, use_locking=use_locking, name=name)

    function.__name__ = function.__qualname__ = op
    function.__doc__ = f"""{summary}

    Args:
      ref: Variable.
      indices: int32 or int64 [...], rows of the first axis.
      updates: dtype of `ref` [indices.shape + ref.shape[1:]], or a scalar.
      use_locking: Attr of the node.
      name: Name of the node; default `{op}`.

    Returns:
      The variable after the write.
    """
    return function


scatter_add = _scatter("ScatterAdd", "Add to rows of a variable; repeated indices add up.")
scatter_sub = _scatter("ScatterSub", "Subtract from rows of a variable; repeated indices add up.")
scatter_mul = _scatter("ScatterMul", "Multiply rows of a variable.")
scatter_div = _scatter("ScatterDiv", "Divide rows of a variable.")
scatter_min = _scatter("ScatterMin", "Take the smaller of rows of a variable and the updates.")
scatter_max = _scatter("ScatterMax", "Take the larger of rows of a variable and the updates.")
_scatter_update = _scatter("ScatterUpdate", "Set rows of a variable.")


def scatter_update(ref, indices, updates, use_locking=True, name=None):
    """Set rows of a variable; arguments as `scatter_add`."""
    return _scatter_update(ref, indices, updates, use_locking=use_locking, name=name)


def scatter_nd_update(ref, indices, updates, use_locking=True, name=None):
    """Set elements or slices of a variable by coordinates.

    Args:
      ref: Variable.
      indices: int32 or int64 [..., depth].
      updates: dtype of `ref` [indices.shape[:-1] + ref.shape[depth:]].
    """
    return raw.ScatterNdUpdate(ref=ref._ref() if hasattr(ref, "_ref") else ref, indices=indices, updates=updates, use_locking=use_locking, name=name)


def scatter_nd_add(ref, indices, updates, use_locking=False, name=None):
    """Add to elements or slices of a variable by coordinates; arguments as `scatter_nd_update`."""
    return raw.ScatterNdAdd(ref=ref._ref() if hasattr(ref, "_ref") else ref, indices=indices, updates=updates, use_locking=use_locking, name=name)


def scatter_nd_sub(ref, indices, updates, use_locking=False, name=None):
    """Subtract from elements or slices of a variable by coordinates; arguments as `scatter_nd_update`."""
    return raw.ScatterNdSub(ref=ref._ref() if hasattr(ref, "_ref") else ref, indices=indices, updates=updates, use_locking=use_locking, name=name)


def count_up_to(ref, limit, name=None):
    """Add one to an integer variable until it reaches a limit, then fail with OutOfRangeError; returns the value before."""
    return raw.CountUpTo(ref=ref._ref() if hasattr(ref, "_ref") else ref, limit=limit, name=name)
