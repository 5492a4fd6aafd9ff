"""Variables that take their initial values from a checkpoint."""

from __future__ import annotations

from typing import Any

from graphpb import logging
from graphpb.graph import scopes
from graphpb.ops import raw
from graphpb.train.checkpoint_reader import checkpoint_of, load_checkpoint
from graphpb.train.saveable import saveables_of
from graphpb.variables.partition import PartitionedVariable
from graphpb.variables.scope import VariableScope
from graphpb.variables.store import default_store
from graphpb.variables.variable import Variable


def init_from_checkpoint(ckpt_dir_or_file: Any, assignment_map: Any) -> None:
    """Replace the initializers of variables by the values in a checkpoint.

    Args:
      ckpt_dir_or_file: a checkpoint, or a folder whose latest is used.
      assignment_map: what goes where, a dict or list of pairs: name of a checkpoint's tensor to a variable, to the name of
        one made by `tf.get_variable`, or to the parts of a partitioned variable; or `"scope/"` of the checkpoint to
        `"scope/"` of the graph, where `"/"` is all of it.

    ValueError: a tensor is not in the checkpoint, or the shapes differ.
    """
    file = checkpoint_of(ckpt_dir_or_file)
    shapes = load_checkpoint(file).get_variable_to_shape_map()
    pairs = assignment_map.items() if isinstance(assignment_map, dict) else assignment_map
    for stored_name, target in sorted(pairs, key=lambda pair: pair[0]):
        variable = _variable(target)
        if variable is not None:
            if stored_name not in shapes:
                raise ValueError(f"Tensor {stored_name} is not found in {ckpt_dir_or_file} checkpoint {shapes}")
            _initialize(variable, file, stored_name, shapes)
        else:
            _initialize_scope(stored_name, target, file, shapes)


def _variable(target: Any) -> Any:
    """The variable, or list of its parts, that a value of the map means; None for a scope."""
    if isinstance(target, PartitionedVariable):
        return list(target)
    if isinstance(target, Variable) or isinstance(target, (list, tuple)) and all(isinstance(v, Variable) for v in target):
        return target
    if isinstance(target, VariableScope):
        return None
    return _by_name().get(target)


def _by_name() -> dict[str, Any]:
    store = default_store()
    parts = {name: list(whole) for name, whole in store._partitioned_vars.items()}
    hidden = {part.op.name for part_list in parts.values() for part in part_list}
    return {**{name: v for name, v in store._vars.items() if name not in hidden}, **parts}


def _initialize_scope(stored_scope: str, target: Any, file: str, shapes: dict[str, Any]) -> None:
    if isinstance(target, VariableScope):
        target = target.name + "/" if target.name else "/"
    scope = target[: target.rindex("/")] if "/" in target else ""
    if not stored_scope.endswith("/"):
        raise ValueError(f"Assignment map with scope only name {scope} should map to scope only {stored_scope}. Should be 'scope/': 'other_scope/'.")
    for name, variable in sorted(_by_name().items()):
        if scope and not name.startswith(scope + "/"):
            continue
        inner = name[len(scope) + 1 :] if scope else name
        stored = inner if stored_scope == "/" else stored_scope + inner
        if stored not in shapes:
            raise ValueError(f"Tensor {stored} ({inner} in {stored_scope}) is not found in {file} checkpoint")
        _initialize(variable, file, stored, shapes)


def _initialize(variable: Any, file: str, stored: str, shapes: dict[str, Any]) -> None:
    parts = list(variable) if isinstance(variable, (list, tuple)) else [variable]
    for part in parts:
        info = part._get_save_slice_info()
        whole = list(info.full_shape) if info is not None else part.shape
        if info is None and not whole.is_compatible_with(shapes[stored]) or info is not None and whole != shapes[stored]:
            raise ValueError(
                f"Shape of variable {part.name} ({whole}) doesn't match with shape of tensor {stored} ({shapes[stored]}) from checkpoint reader."
            )
        _initialize_part(part, file, stored, info.spec if info is not None else "")
        logging.debug("Initialize variable %s from checkpoint %s with %s", part.name, file, stored)


def _initialize_part(variable: Any, file: str, stored: str, slice_spec: str) -> None:
    with variable.graph.as_default():
        with scopes.device(variable.device), scopes.device("/cpu:0"):
            value = raw.RestoreV2(
                prefix=file, tensor_names=[stored], shape_and_slices=[slice_spec], dtypes=[variable.dtype.base_dtype], name="checkpoint_initializer"
            )[0]
            (saveable,) = saveables_of([variable])
        variable._initializer_op = saveable.restore([value], None)
        value.set_shape(variable.shape)
        variable._initial_value = value
