"""The `with` blocks around ops: name_scope, control_dependencies, device, colocate_with."""

from __future__ import annotations

from typing import Any


def _core() -> Any:
    from graphpb.graph import core

    return core


class name_scope:
    """Put a scope before the names of the operations made inside, as a context manager that yields `"scope/"`.

    Args:
      name: the scope; a trailing slash (such as the yielded string has) re-enters exactly that one; None or `""` is the root.
      default_name: used when `name` is None.
      values: tensors whose graph becomes the default one inside.

    ValueError when `values` are given but neither name, and for characters that no name may have.
    """

    __slots__ = ("_default", "_graph", "_name", "_old", "_values")

    def __init__(self, name: str | None, default_name: str | None = None, values: Any = None):
        if not (default_name is None or isinstance(default_name, str)):
            raise TypeError(
                f"`default_name` type ({type(default_name)}) is not a string type. You likely meant to pass this into the `values` kwarg."
            )
        if name is None and values is not None and default_name is None:
            raise ValueError(f"At least one of name (None) and default_name ({default_name}) must be provided.")
        if name is not None and not isinstance(name, str):
            raise TypeError(f"expected string or bytes-like object, got {type(name).__name__!r} as a scope name")
        self._name = default_name if name is None else name
        self._values = values

    @property
    def name(self) -> str | None:
        """The name as given."""
        return self._name

    def __enter__(self) -> str:
        core = _core()
        self._default = None
        if self._values is None:
            graph = core.get_default_graph()
        else:
            graph = core.graph_of(self._values)
            if graph is not core.get_default_graph():
                self._default = graph.as_default()
                self._default.__enter__()
        self._graph = graph
        name = self._name
        try:
            if not name:
                self._old = graph.prefix
                graph.prefix = new = ""
            elif name[-1] == "/":
                self._old = graph.prefix
                graph.prefix = new = name
            else:
                new, self._old = graph.enter_scope(name)
        except BaseException:
            if self._default is not None:
                self._default.__exit__(None, None, None)
            raise
        return new

    def __exit__(self, *exc: Any) -> None:
        self._graph.prefix = self._old
        if self._default is not None:
            self._default.__exit__(None, None, None)


class ControlDependencies:
    """The context manager of `control_dependencies`."""

    __slots__ = ("_graph", "_ops", "control_inputs")

    def __init__(self, graph: Any, control_inputs: Any):
        self._graph = graph
        self._ops = None if control_inputs is None else [as_operation(graph, c) for c in control_inputs]
        if self._ops is not None:
            self._ops = graph._own_controls(list(dict.fromkeys(self._ops)))
        self.control_inputs = self._ops

    def __enter__(self) -> ControlDependencies:
        if self._ops is None:
            self._graph.clear_controls()
        else:
            self._graph.push_controls(self._ops)
        return self

    def __exit__(self, *exc: Any) -> None:
        if self._ops is None:
            self._graph.restore_controls()
        else:
            self._graph.pop_controls()


def as_operation(graph: Any, value: Any) -> Any:
    """The operation that a control input stands for. TypeError: `Can not convert a … into a Tensor or Operation.`"""
    core = _core()
    # To wait for a resource variable reads it not: its handle, or the write that it stands for, is enough.
    if (hasattr(value, "values") and hasattr(value, "indices")) or (hasattr(value, "_handle") and hasattr(value, "op")):
        return value.op
    element = graph.as_graph_element(value)
    return element.op if isinstance(element, core.Tensor) else element


class Colocation:
    """The context manager of `colocate_with`."""

    __slots__ = ("_aside", "_device", "_graph", "_groups", "_ignore", "_old_device", "_pushed")

    def __init__(self, graph: Any, op: Any, ignore_existing: bool):
        self._graph = graph
        self._ignore = ignore_existing
        if op is None:
            if not ignore_existing:
                raise ValueError("Trying to reset colocation (op is None) but ignore_existing is not True")
            self._groups, self._device = None, ""
        else:
            # A resource variable is where its handle is; as a value it would be its read.
            operation = as_operation(graph, getattr(op, "handle", op))
            self._groups, self._device = operation.colocation_groups(), operation.device

    def __enter__(self) -> None:
        self._aside = self._graph.take_colocation() if self._ignore else None
        self._pushed = 0 if self._groups is None else self._graph.push_colocation(self._groups)
        # Devices of surrounding blocks do not hold here.
        self._old_device = self._graph.scope_device
        self._graph.scope_device = self._device

    def __exit__(self, *exc: Any) -> None:
        self._graph.scope_device = self._old_device
        self._graph.pop_colocation(self._pushed)
        if self._aside is not None:
            self._graph.put_colocation(self._aside)


_PARTS = ("job", "replica", "task", "device")


def _parse_device(text: str) -> dict[str, str]:
    """The parts of a device string: `/job:a/task:0/device:GPU:1`, `/gpu:0`, `/cpu`."""
    parts: dict[str, str] = {}
    for item in text.split("/"):
        if not item:
            continue
        key, _, rest = item.partition(":")
        if key in ("job", "replica", "task"):
            parts[key] = rest
        elif key == "device":
            parts["device"] = rest
        elif key.lower() in ("cpu", "gpu", "tpu"):
            parts["device"] = f"{key.upper()}:{rest or '*'}"
        else:
            raise ValueError(f"Unknown attribute '{key}' is encountered while parsing the device spec: '{text}'.")
    return parts


def merge_devices(outer: str, inner: str) -> str:
    """A device string in which `inner` decides what it names and `outer` the rest."""
    merged = {**_parse_device(outer), **_parse_device(inner)}
    return "".join(f"/{key}:{merged[key]}" for key in _PARTS if key in merged)


class DeviceScope:
    """The context manager of `device`."""

    __slots__ = ("_device", "_graph", "_old")

    def __init__(self, graph: Any, device: Any):
        self._graph = graph
        if callable(device) and not hasattr(device, "to_string"):
            # A device function decides per node; with one machine and one device its answer changes nothing.
            device = ""
        self._device = device.to_string() if hasattr(device, "to_string") else device

    def __enter__(self) -> None:
        self._old = self._graph.scope_device
        self._graph.scope_device = "" if self._device is None else merge_devices(self._old, self._device)

    def __exit__(self, *exc: Any) -> None:
        self._graph.scope_device = self._old


def control_dependencies(control_inputs: Any) -> ControlDependencies:
    """Let the operations made inside wait for `control_inputs`: operations, tensors, variables or names. None forgets outer ones.

    TypeError: `Can not convert a int into a Tensor or Operation.`
    """
    return ControlDependencies(_core().get_default_graph(), control_inputs)


def colocate_with(op: Any, ignore_existing: bool = False) -> Colocation:
    """Give the operations made inside the colocation class and the device of `op`."""
    return Colocation(_core().get_default_graph(), op, ignore_existing)


def device(device_name_or_function: Any) -> DeviceScope:
    """Give the operations made inside a device string."""
    return DeviceScope(_core().get_default_graph(), device_name_or_function)


def container(container_name: str) -> Any:
    """Give the stateful operations made inside a `container` attribute."""
    return _core().get_default_graph().container(container_name)
