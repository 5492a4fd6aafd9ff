"""Variables that belong to other variables: the accumulators of optimizers and averages."""

from graphpb.graph.scopes import colocate_with
from graphpb.initializers import Zeros
from graphpb.ops.fill import zeros
from graphpb.ops.shape import shape
from graphpb.variables.scope import get_variable, get_variable_scope, variable_scope
from graphpb.variables.variable import Variable, is_variable_initialized


def _make(primary, value, validate_shape, slot_shape, dtype):
    scope = get_variable_scope()
    partitioner = scope.partitioner
    # A slot has the parts of its variable already, so the scope's partitioner must not cut it again.
    scope.set_partitioner(None)
    slot = get_variable(
        "",
        initializer=value,
        trainable=False,
        use_resource=_is_resource(primary),
        shape=slot_shape if callable(value) else None,
        dtype=dtype,
        validate_shape=validate_shape,
    )
    scope.set_partitioner(partitioner)
    info = getattr(primary, "_save_slice_info", None)
    if info:
        name = slot.name[len(primary.op.name + "/") : -2]
        count = slot.shape.ndims
        if count is None or count > 0:
            slot._set_save_slice_info(
                Variable.SaveSliceInfo(f"{info.full_name}/{name}", info.full_shape[:count], info.var_offset[:count], info.var_shape[:count])
            )
    return slot


def _is_resource(primary):
    """True or False for variables, None for plain tensors."""
    return primary.op.type == "VarHandleOp" if isinstance(primary, Variable) else None


def _slot(primary, value, name, colocate, validate_shape, slot_shape, dtype):
    with variable_scope(None, f"{primary.op.name}/{name}"):
        if not colocate:
            return _make(primary, value, validate_shape, slot_shape, dtype)
        with colocate_with(primary):
            return _make(primary, value, validate_shape, slot_shape, dtype)


def create_slot(primary, val, name, colocate_with_primary=True):
    """Make a slot of a variable with a tensor as initial value.

    Args:
      primary: Variable or tensor that the slot belongs to.
      val: Initial value.
      name: Last part of the slot's name: `<primary>/<name>`.
      colocate_with_primary: Place the slot with its variable.
    """
    return _slot(primary, val, name, colocate_with_primary, val.shape.is_fully_defined(), None, None)


def create_slot_with_initializer(primary, initializer, shape, dtype, name, colocate_with_primary=True):
    """Make a slot of a variable from an initializer, a static shape and a dtype; arguments as `create_slot`."""
    return _slot(primary, initializer, name, colocate_with_primary, shape.is_fully_defined(), shape, dtype)


def create_zeros_slot(primary, name, dtype=None, colocate_with_primary=True):
    """Make a slot of zeros with the shape of a variable; arguments as `create_slot`."""
    dtype = primary.dtype.base_dtype if dtype is None else dtype
    if primary.shape.is_fully_defined():
        return create_slot_with_initializer(primary, Zeros(), primary.shape, dtype, name, colocate_with_primary)
    if isinstance(primary, Variable):
        from graphpb.graph.control import cond

        size = shape(cond(is_variable_initialized(primary), primary.read_value, lambda: primary.initial_value))
    else:
        size = shape(primary)
    return create_slot(primary, zeros(size, dtype=dtype), name, colocate_with_primary)
