"""Functions that write rows of variables or count with them, for ref and resource variables alike."""

from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw
from graphpb.ops.shape import shape


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


def _scatter_nd(op, ref, indices, updates, use_locking, name):
    if getattr(ref, "handle", None) is not None:
        updates = convert_to_tensor(updates, dtype=ref.dtype)
        return ref._lazy_read(raw.apply_op("Resource" + op, ref=ref.handle, indices=indices, updates=updates, name=name))
    target = ref._ref() if hasattr(ref, "_ref") else ref
    return raw.apply_op(op, ref=target, indices=indices, updates=updates, use_locking=use_locking, name=name)


def scatter_nd_update(ref, indices, updates, use_locking=True, name=None):
    """Set elements or slices of a variable by coordinates.

    Args:
      ref: Variable.
      indices: int32 or int64 [..., depth].
      updates: dtype of `ref` [indices.shape[:-1] + ref.shape[depth:]].
    """
    return _scatter_nd("ScatterNdUpdate", ref, indices, updates, use_locking, name)


def scatter_nd_add(ref, indices, updates, use_locking=False, name=None):
    """Add to elements or slices of a variable by coordinates; arguments as `scatter_nd_update`."""
    return _scatter_nd("ScatterNdAdd", ref, indices, updates, use_locking, name)


def scatter_nd_sub(ref, indices, updates, use_locking=False, name=None):
    """Subtract from elements or slices of a variable by coordinates; arguments as `scatter_nd_update`."""
    return _scatter_nd("ScatterNdSub", ref, indices, updates, use_locking, name)


def batch_scatter_update(ref, indices, updates, use_locking=True, name=None):
    """Set rows of every matrix of a batch: ref[i, …, indices[i, …, j]] = updates[i, …, j].

    Args:
      ref: Variable [batch..., n, ...].
      indices: int32 or int64 [batch..., k].
      updates: dtype of `ref` [batch..., k, ...].
      use_locking: Attr of the node.
      name: Scope of the nodes; default `ScatterNdUpdate`.
    """
    with name_scope(name):
        indices = convert_to_tensor(indices, name="indices")
        rank = indices.shape.ndims
        sizes = shape(indices, out_type=indices.dtype)
        coordinates = [raw.ExpandDims(input=indices, dim=-1)]
        zeros = raw.ZerosLike(x=coordinates[0])
        for axis in reversed(range(rank - 1)):
            along = raw.Range(start=constant(0, indices.dtype), limit=sizes[axis], delta=constant(1, indices.dtype))
            spread = raw.Reshape(tensor=along, shape=[-1 if i == axis else 1 for i in range(rank + 1)])
            coordinates.insert(0, spread + zeros)
        return scatter_nd_update(ref, raw.ConcatV2(values=coordinates, axis=-1) if rank > 1 else coordinates[0], updates, use_locking=use_locking)


def count_up_to(ref, limit, name=None):
    """Add one to an integer variable until it reaches a limit, then fail with OutOfRangeError; returns the value before."""
    if getattr(ref, "handle", None) is not None:
        return raw.ResourceCountUpTo(resource=ref.handle, limit=limit, T=ref.dtype, name=name)
    return raw.CountUpTo(ref=ref._ref() if hasattr(ref, "_ref") else ref, limit=limit, name=name)
