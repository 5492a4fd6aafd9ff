"""What a Saver saves: variables and parts of variables, with the nodes that read and assign them."""

from __future__ import annotations

from typing import Any

from graphpb.graph import core, scopes
from graphpb.graph.convert import convert_to_tensor
from graphpb.ops import array, raw
from graphpb.variables.partition import PartitionedVariable
from graphpb.variables.resource import ResourceVariable
from graphpb.variables.variable import Variable

_REFS = ("Variable", "VariableV2", "AutoReloadVariable")


class SaveSpec:
    """One tensor of a checkpoint: its name there, its slice, and the tensor that is written."""

    def __init__(self, tensor: Any, slice_spec: str, name: str, dtype: Any = None, device: str | None = None):
        self._tensor = tensor
        self.slice_spec = slice_spec
        self.name = name
        self.dtype = tensor.dtype if dtype is None else dtype
        self.device = tensor.device if device is None else device

    @property
    def tensor(self) -> Any:
        """The tensor, made when it is asked for where it is given as a function."""
        return self._tensor() if callable(self._tensor) and not isinstance(self._tensor, (Variable, core.Tensor)) else self._tensor


class SaveableObject:
    """Something whose state is saved as tensors; `restore` makes the operation that puts them back."""

    def __init__(self, op: Any, specs: list[SaveSpec], name: str):
        self.op = op
        self.specs = specs
        self.name = name

    @property
    def device(self) -> str:
        return self.specs[0].device

    def restore(self, restored_tensors: list[Any], restored_shapes: Any) -> Any:
        """An operation that stores `restored_tensors`, reshaped to `restored_shapes` unless these are None."""
        raise NotImplementedError("Calling an abstract method.")


class ReferenceVariableSaveable(SaveableObject):
    """A ref variable, or a part of a partitioned one."""

    def __init__(self, var: Any, slice_spec: str, name: str):
        super().__init__(var, [SaveSpec(var, slice_spec, name, dtype=var.dtype)], name)

    def restore(self, restored_tensors: list[Any], restored_shapes: Any) -> Any:
        value = restored_tensors[0]
        if restored_shapes is not None:
            value = array.reshape(value, restored_shapes[0])
        ref = self.op._ref() if isinstance(self.op, Variable) else self.op
        check = restored_shapes is None and self.op.shape.is_fully_defined()
        return raw.Assign(ref=ref, value=value, validate_shape=check, use_locking=True)


class ResourceVariableSaveable(SaveableObject):
    """A resource variable (given by its read), or a part of a partitioned one."""

    def __init__(self, var: Any, slice_spec: str, name: str):
        self._device = var.device
        self._shape = var.shape
        if isinstance(var, core.Tensor):
            self._handle = var.op.inputs[0]
            tensor: Any = var
        else:
            self._handle = var.handle

            def tensor() -> Any:
                with scopes.device(var.device):
                    value = var.read_value()
                    with scopes.device("/device:CPU:0"):
                        return raw.Identity(input=value)

        super().__init__(var, [SaveSpec(tensor, slice_spec, name, dtype=var.dtype, device=var.device)], name)

    def restore(self, restored_tensors: list[Any], restored_shapes: Any) -> Any:
        value = restored_tensors[0]
        if restored_shapes is not None:
            value = array.reshape(value, restored_shapes[0])
        with scopes.device(self._device):
            value = raw.Identity(input=value)
            if not self._shape.is_compatible_with(value.shape):
                raise ValueError(
                    f"Received incompatible tensor with shape {value.shape} when attempting to restore variable with shape {self._shape} "
                    f"and name {self.name}."
                )
            return raw.AssignVariableOp(resource=self._handle, value=value)


class TableSaveable(SaveableObject):
    """A lookup table that changes: its keys and its values."""

    def __init__(self, table: Any, name: str):
        keys, values = table.export()
        super().__init__(table, [SaveSpec(keys, "", f"{name}-keys"), SaveSpec(values, "", f"{name}-values")], name)

    def restore(self, restored_tensors: list[Any], restored_shapes: Any) -> Any:
        keys, values = restored_tensors
        with scopes.name_scope(f"{self.name}_table_restore"), scopes.colocate_with(self.op.resource_handle):
            return raw.LookupTableImportV2(table_handle=self.op.resource_handle, keys=keys, values=values)


def set_cpu0(device: str) -> str:
    """A device string with the first CPU in place of its device."""
    kept = [part for part in (device or "").split("/") if part.split(":")[0] in ("job", "replica", "task")]
    return "".join("/" + part for part in kept) + "/device:CPU:0"


def _element(variable: Any) -> Any:
    """The tensor that stands for a whole variable in a list or dict of them."""
    return variable._snapshot if isinstance(variable, ResourceVariable) else variable._ref()


def _name_of(tensor: Any) -> str:
    return tensor.op.inputs[0].op.name if tensor.op.type == "ReadVariableOp" else tensor.op.name


def _is_variable_tensor(value: Any) -> bool:
    return isinstance(value, core.Tensor) and (value.op.type in _REFS or value.op.type in ("VarHandleOp", "ReadVariableOp", "ResourceGather"))


def by_name(var_list: Any) -> dict[str, Any]:
    """Checkpoint names to what is saved under them.

    TypeError: not a list, or not of variables. ValueError: two have the same name.
    """
    from graphpb import nest

    if not isinstance(var_list, (list, tuple, set)):
        raise TypeError(f"Variables to save should be passed in a dict or a list. Got {var_list}")
    found: dict[str, Any] = {}
    for var in sorted(nest.flatten(list(var_list)), key=lambda v: v.name):
        if isinstance(var, SaveableObject):
            found[var.name] = var
        elif isinstance(var, PartitionedVariable):
            if var.name in found:
                raise ValueError(f"At least two variables have the same name: {var.name}")
            found[var.name] = var
        elif isinstance(var, Variable) and var._get_save_slice_info() is not None:
            name = var._get_save_slice_info().full_name
            if not isinstance(found.setdefault(name, []), list):
                raise ValueError(f"Mixing slices and non-slices with the same name: {name}")
            found[name].append(var)
        else:
            tensor = _element(var) if isinstance(var, Variable) else convert_to_tensor(var, as_ref=True)
            if not _is_variable_tensor(tensor):
                raise TypeError(f"Variable to save is not a Variable: {var}")
            name = _name_of(tensor)
            if name in found:
                raise ValueError(f"At least two variables have the same name: {name}")
            found[name] = tensor
    return found


def saveables_of(var_list: Any) -> list[SaveableObject]:
    """The saveable objects of a list, or of a dict of checkpoint names, sorted by name.

    TypeError: a name that is no string, a value that is no variable. ValueError: the same variable under two names.
    """
    names = var_list if isinstance(var_list, dict) else by_name(var_list)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"names_to_saveables must be a dict mapping string names to trackable operations. Name is not a string: {name}")
    out: list[SaveableObject] = []
    seen: set[int] = set()
    for name, value in sorted(names.items(), key=lambda item: item[0]):
        for saveable in _saveables(name, value):
            identity = id(saveable.op)
            if saveable.op is not None and identity in seen:
                raise ValueError(f"The same saveable will be restored with two names: {saveable.name}")
            seen.add(identity)
            out.append(saveable)
    return out


def _saveables(name: str, value: Any) -> Any:
    if isinstance(value, SaveableObject):
        yield value
    elif isinstance(value, (list, tuple, PartitionedVariable)):
        whole = None
        for part in value:
            if isinstance(part, SaveableObject):
                yield part
                continue
            if not isinstance(part, Variable):
                raise ValueError(f"Slices must all be Variables: {part}")
            info = part._get_save_slice_info()
            if info is None:
                raise ValueError(f"Slices must all be slices: {part}")
            if whole is not None and whole != info.full_name:
                raise ValueError(f"Slices must all be from the same tensor: {whole} != {info.full_name}")
            whole = info.full_name
            kind = ResourceVariableSaveable if isinstance(part, ResourceVariable) else ReferenceVariableSaveable
            yield kind(part, info.spec, name)
    else:
        try:
            tensor = _element(value) if isinstance(value, Variable) else convert_to_tensor(value, as_ref=True)
        except (TypeError, ValueError):
            tensor = None
        if not _is_variable_tensor(tensor):
            raise TypeError(f"names_to_saveables must be a dict mapping string names to Tensors/Variables. Not a variable: {value}")
        kind = ReferenceVariableSaveable if tensor.op.type in _REFS else ResourceVariableSaveable
        yield kind(tensor, "", name)
