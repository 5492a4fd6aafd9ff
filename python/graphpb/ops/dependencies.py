"""Operations run for their order: no_op, group, tuple, with_dependencies."""

from graphpb.graph.collections import GraphKeys, get_collection
from graphpb.graph.composite import IndexedSlices
from graphpb.graph.convert import convert_to_tensor, convert_to_tensor_or_indexed_slices, is_tensor
from graphpb.graph.core import Operation, Tensor
from graphpb.graph.scopes import colocate_with, control_dependencies, device, name_scope
from graphpb.nest import flatten
from graphpb.ops import raw


def no_op(name=None):
    """Make an operation that does nothing, useful to hang control dependencies on."""
    return raw.NoOp(name=name)


def group(*inputs, **kwargs):
    """Make an operation that finishes when all its inputs have.

    Args:
      *inputs: Operations, tensors, variables, or lists of them.
      name: Scope and name of the node; default `group_deps`.

    Returns:
      A NoOp; with inputs on several devices, one more for each device.

    Raises:
      TypeError: An input is none of these, or another keyword is given.
    """
    name = kwargs.pop("name", None)
    if kwargs:
        raise TypeError(f"Invalid keyword arguments: {list(kwargs)}.")
    with name_scope(name, "group_deps", flatten(inputs)) as name:
        if not inputs:
            return no_op(name=name)
        by_device = {}
        for item in flatten(inputs):
            if isinstance(item, IndexedSlices):
                item = item.values
            if not hasattr(item, "device"):
                raise TypeError(f"'inputs' should be zero or more (nested) Tensors. Received '{item}' with type '{type(item)}'")
            by_device.setdefault(item.device or "", []).append(item)
        if len(by_device) == 1:
            ((place, items),) = by_device.items()
            return _gate(place, items, name)
        gates = [_gate(place, by_device[place], None) for place in sorted(by_device)]
        with control_dependencies(gates):
            return no_op(name=name)


def _gate(place, items, name):
    with control_dependencies(items):
        if not place:
            return no_op(name=name)
        with device(place):
            return no_op(name=name)


def tuple(tensors, name=None, control_inputs=None):
    """Return copies of tensors that become available only when all of them are computed.

    Args:
      tensors: List of tensors, IndexedSlices, operations or None; None stays None.
      name: Scope of the nodes; default `tuple`.
      control_inputs: More operations or tensors to wait for.

    Raises:
      ValueError: There is nothing to wait for.
      TypeError: A control input is neither an operation nor a tensor.
    """
    with name_scope(name, "tuple", tensors):
        tensors = [t if t is None or isinstance(t, (Operation, IndexedSlices)) or is_tensor(t) else convert_to_tensor(t) for t in tensors]
        waits = [t if isinstance(t, Operation) else t.op for t in tensors if t is not None]
        for item in control_inputs or ():
            if not isinstance(item, (Operation, Tensor)):
                raise TypeError(f"'control_inputs' must only contain Operation or Tensor. Received: {type(item)}")
            waits.append(item if isinstance(item, Operation) else item.op)
        if not waits:
            raise ValueError(f"'tensors' must have at least one Tensor. Received: {tensors}.")
        gate = group(*sorted(set(waits), key=lambda op: op._id))
        copies = []
        for item in tensors:
            if isinstance(item, Operation):
                with control_dependencies([gate]):
                    copies.append(group(item))
            else:
                copies.append(None if item is None else with_dependencies([gate], item))
        return copies


def with_dependencies(dependencies, output_tensor, name=None):
    """Return a copy of a tensor that is computed after the given operations.

    Args:
      dependencies: Operations or tensors.
      output_tensor: Tensor or IndexedSlices.
      name: Name of the node; default `control_dependency`.
    """
    with name_scope(name, "control_dependency", [*dependencies, output_tensor]) as name:
        with colocate_with(output_tensor), control_dependencies(dependencies):
            output = convert_to_tensor_or_indexed_slices(output_tensor)
            if isinstance(output, IndexedSlices):
                return IndexedSlices(_copy(output.values, name), output.indices, output.dense_shape)
            return _copy(output, name)


def _copy(tensor, name):
    is_ref = tensor.dtype != tensor.dtype.base_dtype
    return raw.RefIdentity(input=tensor, name=name) if is_ref else raw.Identity(input=tensor, name=name)


def tables_initializer(name="init_all_tables"):
    """Make an operation that fills the lookup tables of a graph: the collection `table_initializer`.

    Args:
      name: Name of the operation.
    """
    initializers = get_collection(GraphKeys.TABLE_INITIALIZERS)
    return group(*initializers, name=name) if initializers else no_op(name=name)
