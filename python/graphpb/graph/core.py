"""Graph, Operation and Tensor: light handles on the graph in Rust, the default-graph stack, and `create_op`."""

from __future__ import annotations

import contextlib
import os
import re
import threading
import weakref
from collections.abc import Iterator
from typing import Any

from graphpb import _native, dtypes, errors, shapes
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import colocate_with, control_dependencies, device, name_scope


class Tensor(_native.Tensor):
    """One output of an operation: a value that exists when the graph runs.

    Attributes: `name`, `dtype`, `shape`, `op`, `graph`, `value_index`.
    """

    __array_priority__ = 100

    def __repr__(self) -> str:
        return f"<tf.Tensor '{self.name}' shape={self._shape_text} dtype={self.dtype.name}>"

    def __str__(self) -> str:
        shape = "" if self._dims is None else f", shape={self._shape_text}"
        return f'Tensor("{self.name}"{shape}, dtype={self.dtype.name}' + (f", device={self.device}" if self.device else "") + ")"

    @property
    def device(self) -> str:
        """The device of the operation; empty when none was asked for."""
        return self.op.device

    @property
    def ndim(self) -> int | None:
        """The rank, or None when it is unknown."""
        dims = self._dims
        return None if dims is None else len(dims)

    def set_shape(self, shape: Any) -> None:
        """Refine the static shape. ValueError when it contradicts what is known."""
        self.graph.merge_shape(self, shapes.as_shape(shape))

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Run the tensor in `session` (the default session) and return its value.

        ValueError: `Cannot evaluate tensor using `eval()`: No default session is registered. …`
        """
        return _session_for(self.graph, session, "evaluate tensor using `eval()`", "evaluate tensor", "tensor", "eval").run(self, feed_dict)

    def _as_node_def_input(self) -> str:
        return self.op.name if self.value_index == 0 else f"{self.op.name}:{self.value_index}"

    def __bool__(self) -> bool:
        raise errors.OperatorNotAllowedInGraphError(
            "Using a symbolic `tf.Tensor` as a Python `bool` is not allowed. Use `if t is not None:` instead of `if t:` to test if a tensor is "
            "defined, and use ops such as tf.cond to execute subgraphs conditioned on the value of a tensor."
        )

    def __iter__(self) -> Any:
        raise errors.OperatorNotAllowedInGraphError(
            "Iterating over a symbolic `tf.Tensor` is not allowed: the values exist only when the graph runs. Use tf.unstack or tf.map_fn."
        )

    def __len__(self) -> int:
        raise TypeError(
            f"len is not well defined for a symbolic Tensor ({self.name}). Please call `x.shape` rather than `len(x)` for shape information."
        )

    def __contains__(self, item: Any) -> bool:
        raise TypeError("`x in tensor` is not defined for a symbolic `tf.Tensor`; use tf.reduce_any(tf.equal(tensor, x)).")

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(
            f"Cannot convert a symbolic tf.Tensor ({self.name}) to a numpy array. This error may indicate that you're trying to pass a Tensor to a "
            "NumPy call, which is not supported."
        )

    def __int__(self) -> int:
        raise TypeError(f"int() argument must be a string, a bytes-like object or a real number, not 'Tensor' ({self.name})")

    def __float__(self) -> float:
        raise TypeError(f"float() argument must be a string or a real number, not 'Tensor' ({self.name})")

    def __index__(self) -> int:
        raise TypeError(f"'Tensor' object cannot be interpreted as an integer ({self.name})")

    def __copy__(self) -> Tensor:
        return self

    def __deepcopy__(self, memo: Any) -> Tensor:
        return self

    def __reduce__(self) -> Any:
        raise TypeError(f"Tensor {self.name} belongs to a graph and cannot be pickled; save the GraphDef instead")


class _InputList(tuple):
    """The inputs of an operation, as a sequence that prints as a list does."""

    def __repr__(self) -> str:
        return "[" + ", ".join(map(repr, self)) + "]"

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, (list, tuple)) else NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = tuple.__hash__


class Operation(_native.Operation):
    """A node of a graph.

    Attributes: `name`, `type`, `inputs`, `outputs`, `control_inputs`, `device`, `graph`, `node_def`.
    """

    def __repr__(self) -> str:
        return f"<tf.Operation '{self.name}' type={self.type}>"

    def __str__(self) -> str:
        return str(self.node_def)

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The input tensors."""
        return _InputList(self._inputs)

    @property
    def node_def(self) -> Any:
        """The node as a NodeDef message."""
        from graphpb import protos

        return protos.NodeDef.FromString(self.graph.node_def(self._id))

    @property
    def op_def(self) -> Any:
        """The description of the op type as an `OpDef`, or None for ops that are not in the registry."""
        from graphpb.graph.op_definitions import op_def_message

        return op_def_message(self.type)

    @property
    def traceback(self) -> list[tuple[str, int, str, str]]:
        """Where the user created the operation: a list of (file, line, function, text)."""
        import linecache

        if self._site is None:
            return []
        file, line, function = self._site
        return [(file, line, function, linecache.getline(file, line).strip())]

    def get_attr(self, name: str) -> Any:
        """The value of an attribute: int, float, bool, bytes, DType, list, or the message of a shape, tensor or function.

        ValueError: `Operation '…' has no attr named '…'.`
        """
        data = self.graph.attr(self._id, name)
        if data is None:
            raise ValueError(f"Operation '{self.name}' has no attr named '{name}'.")
        return attr_value(data)

    def _set_attr(self, name: str, value: Any) -> None:
        self.graph.set_attr(self._id, name, value)

    def _clear_attr(self, name: str) -> None:
        self.graph.clear_attr(self._id, name)

    def _set_device(self, device_name: Any) -> None:
        self.graph.set_device(self._id, str(device_name))

    def _add_control_inputs(self, ops: Any) -> None:
        self.graph.add_controls(self._id, list(ops))

    def _add_control_input(self, op: Any) -> None:
        self.graph.add_controls(self._id, [op])

    def _remove_all_control_inputs(self) -> None:
        self.graph.remove_controls(self._id)

    def _update_input(self, index: int, tensor: Tensor) -> None:
        self.graph.update_input(self._id, index, tensor)

    def colocation_groups(self) -> list[bytes]:
        """The colocation classes of the operation; its own when it has none."""
        if "_class" in self.graph.attr_names(self._id):
            groups = [g for g in self.get_attr("_class") if g.startswith(b"loc:@")]
            if groups:
                return groups
        return [b"loc:@" + self.name.encode()]

    def values(self) -> tuple[Tensor, ...]:
        """The outputs."""
        return tuple(self.outputs)

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Run the operation in `session` (the default session).

        ValueError: `Cannot execute operation using `run()`: No default session is registered. …`
        """
        _session_for(self.graph, session, "execute operation using `run()`", "execute operation", "operation", "run").run(self, feed_dict)

    def __copy__(self) -> Operation:
        return self

    def __deepcopy__(self, memo: Any) -> Operation:
        return self

    def __reduce__(self) -> Any:
        raise TypeError(f"Operation {self.name} belongs to a graph and cannot be pickled; save the GraphDef instead")


def attr_value(data: bytes) -> Any:
    """The Python value of a serialized AttrValue."""
    from graphpb import protos

    value = protos.AttrValue.FromString(data)
    kind = value.WhichOneof("value")
    if kind is None:
        return []
    if kind == "list":
        for field in ("s", "i", "f", "b", "type", "shape", "tensor", "func"):
            items = getattr(value.list, field)
            if items:
                return [dtypes.as_dtype(t) for t in items] if field == "type" else list(items)
        return []
    if kind == "type":
        return dtypes.as_dtype(value.type)
    return getattr(value, kind)


def _session_for(graph: Graph, session: Any, doing: str, act: str, thing: str, method: str) -> Any:
    if session is None:
        from graphpb.session.session import get_default_session

        session = get_default_session()
        if session is None:
            raise ValueError(
                f"Cannot {doing}: No default session is registered. Use `with sess.as_default()` or pass an explicit session to `{method}(session=sess)`"
            )
        if session.graph is not graph:
            raise ValueError(
                f"Cannot use the default session to {act}: the {thing}'s graph is different from the session's graph. Pass an explicit session to "
                f"`{method}(session=sess)`."
            )
    elif session.graph is not graph:
        raise ValueError(f"Cannot use the given session to {act}: the {thing}'s graph is different from the session's graph.")
    return session


class Graph(_native.Graph):
    """A computation as data: operations, in the order of their creation, and the tensors between them."""

    def __init__(self) -> None:
        self._collections: dict[Any, list[Any]] = {}
        self._unfeedable: set[Any] = set()
        self._seed: int | None = None
        self._building_function = False
        self._device_stack: list[Any] = []
        self._lock = threading.RLock()
        self._seeds_used = 0
        self._container = ""
        self._copied_tensors: set[Any] = set()
        # The bodies that functions of the library were made of, as long as somebody holds tensors of them.
        self._bodies: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()

    def __repr__(self) -> str:
        return object.__repr__(self)

    @property
    def seed(self) -> int | None:
        """The graph-level random seed."""
        return self._seed

    @seed.setter
    def seed(self, seed: int | None) -> None:
        self._seed = seed

    @property
    def version(self) -> int:
        """A number that grows as operations are added."""
        return len(self)

    @property
    def _last_id(self) -> int:
        return len(self)

    @property
    def building_function(self) -> bool:
        """Whether this graph is the body of a function."""
        return self._building_function

    @property
    def graph_def_versions(self) -> Any:
        """The `VersionDef` of the graph."""
        from graphpb import protos

        producer, min_consumer, bad = self.versions
        return protos.VersionDef(producer=producer, min_consumer=min_consumer, bad_consumers=bad)

    # Default graph

    def as_default(self) -> Any:
        """A context manager that makes this graph the default one."""
        return _AsDefault(self)

    # Elements by name

    def get_operations(self) -> list[Operation]:
        """All operations, in the order of creation."""
        return self.operations()

    def as_graph_element(self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True) -> Any:
        """The Tensor or Operation that an object or a name (`"a:0"`, `"a"`) stands for.

        TypeError: `Can not convert a … into a Tensor or Operation.` ValueError and KeyError for bad and unknown names.
        """
        if allow_tensor and allow_operation:
            types = "Tensor or Operation"
        elif allow_tensor:
            types = "Tensor"
        elif allow_operation:
            types = "Operation"
        else:
            raise ValueError("allow_tensor and allow_operation can't both be False.")
        if not isinstance(obj, (Tensor, Operation, str)) and hasattr(obj, "_as_graph_element"):
            element = obj._as_graph_element()
            obj = obj if element is None else element
        if isinstance(obj, bytes):
            obj = obj.decode()
        if isinstance(obj, str):
            return self._element_by_name(obj, allow_tensor, allow_operation)
        if isinstance(obj, Tensor) and allow_tensor:
            if obj.graph is not self:
                raise _foreign(obj) or ValueError(f"Tensor {obj} is not an element of this graph.")
            return obj
        if isinstance(obj, Operation) and allow_operation:
            if obj.graph is not self:
                raise _foreign(obj) or ValueError(f"Operation {obj!r} is not an element of this graph.")
            return obj
        raise TypeError(f"Can not convert a {type(obj).__name__} into a {types}.")

    def _element_by_name(self, name: str, allow_tensor: bool, allow_operation: bool) -> Any:
        if ":" in name and allow_tensor:
            try:
                op_name, index_text = name.split(":")
                index = int(index_text)
            except ValueError:
                raise ValueError(
                    f'The name {name!r} looks a like a Tensor name, but is not a valid one. Tensor names must be of the form "<op_name>:<output_index>".'
                ) from None
            op = self.find(op_name)
            if op is None:
                raise KeyError(f"The name {name!r} refers to a Tensor which does not exist. The operation, {op_name!r}, does not exist in the graph.")
            if not 0 <= index < op._num_outputs:
                raise KeyError(
                    f"The name {name!r} refers to a Tensor which does not exist. The operation, {op_name!r}, exists but only has {op._num_outputs} outputs."
                )
            return op.output(index)
        if ":" in name:
            raise ValueError(f"Name {name!r} appears to refer to a Tensor, not a Operation.")
        op = self.find(name)
        if not allow_operation:
            if op is not None:
                raise ValueError(
                    f'The name {name!r} refers to an Operation, not a Tensor. Tensor names must be of the form "<op_name>:<output_index>".'
                )
            raise ValueError(
                f'The name {name!r} looks like an (invalid) Operation name, not a Tensor. Tensor names must be of the form "<op_name>:<output_index>".'
            )
        if op is None:
            raise KeyError(f"The name {name!r} refers to an Operation not in the graph.")
        return op

    def get_operation_by_name(self, name: str) -> Operation:
        """The operation with this name. KeyError when there is none."""
        if not isinstance(name, str):
            raise TypeError(f"Operation names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=False, allow_operation=True)

    def get_tensor_by_name(self, name: str) -> Tensor:
        """The tensor with this name (`"op:0"`). KeyError when there is none."""
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=True, allow_operation=False)

    def is_feedable(self, tensor: Any) -> bool:
        """Whether a value may be fed for the tensor."""
        return tensor not in self._unfeedable

    def is_fetchable(self, tensor_or_op: Any) -> bool:
        """Whether the tensor or operation may be fetched."""
        return True

    def prevent_feeding(self, tensor: Any) -> None:
        """Make feeds of the tensor a ValueError, for runs that sessions do not know yet."""
        self._unfeedable.add(tensor)

    def prevent_fetching(self, op: Any) -> None:
        """Kept for compatibility; everything may be fetched."""

    def _capture(self, tensor: Any) -> Any:
        """What stands for a tensor of another graph here; nothing does, unless this graph is the body of a function."""
        raise _foreign(tensor, f"Cannot use '{tensor.op.name}' as input here") or ValueError(
            f"{tensor} must be from the same graph as its consumer (graphs are {self!r} and {tensor.graph!r})."
        )

    def _note_copied(self, tensor: Tensor) -> None:
        """Remember that a body holds the value of a constant tensor: what it was computed from cannot be fed any more."""
        stack = [tensor]
        while stack:
            t = stack.pop()
            if t not in self._copied_tensors:
                self._copied_tensors.add(t)
                # The value of these follows from static shapes, whatever their inputs are.
                if t.op.type not in ("Shape", "ShapeN", "Size", "Rank"):
                    stack.extend(t.op.inputs)

    def _own_controls(self, ops: list[Operation]) -> list[Operation]:
        """The operations that nodes of this graph can wait for themselves."""
        return ops

    # Names and scopes

    def name_scope(self, name: str | None) -> Any:
        """A context manager that puts a scope before the names of new operations."""
        return _graph_name_scope(self, name)

    def get_name_scope(self) -> str:
        """The current scope, without its trailing slash."""
        return self.prefix[:-1]

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """The name that an operation called `name` gets here; used up unless `mark_as_used` is False."""
        return self.full_unique_name(name, mark_as_used)

    def control_dependencies(self, control_inputs: Any) -> Any:
        """A context manager: new operations wait for `control_inputs` (operations, tensors, variables, names); None forgets outer ones."""
        from graphpb.graph.scopes import ControlDependencies

        return ControlDependencies(self, control_inputs)

    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Any:
        """A context manager: new operations carry the colocation class of `op`."""
        from graphpb.graph.scopes import Colocation

        return Colocation(self, op, ignore_existing)

    def device(self, device_name_or_function: Any) -> Any:
        """A context manager: new operations get this device string."""
        from graphpb.graph.scopes import DeviceScope

        return DeviceScope(self, device_name_or_function)

    @contextlib.contextmanager
    def container(self, container_name: str) -> Iterator[str]:
        """A context manager: stateful operations get this `container` attribute."""
        old = self.scope_container
        self.scope_container = container_name
        try:
            yield container_name
        finally:
            self.scope_container = old

    @contextlib.contextmanager
    def gradient_override_map(self, op_type_map: dict[str, str]) -> Iterator[None]:
        """A context manager: operations of these types use the gradient registered under another name."""
        if not isinstance(op_type_map, dict):
            raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        for key, value in op_type_map.items():
            if not (isinstance(key, str) and isinstance(value, str)):
                raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        old = {key: self.map_gradient(key, value) for key, value in op_type_map.items()}
        try:
            yield
        finally:
            for key, value in old.items():
                self.map_gradient(key, value)

    @contextlib.contextmanager
    def _attr_scope(self, attr_map: dict[str, Any]) -> Iterator[None]:
        if not isinstance(attr_map, dict):
            raise TypeError("attr_map must be a dictionary mapping strings to AttrValue protocol buffers")
        for key, value in attr_map.items():
            self.push_attr(key, value)
        try:
            yield
        finally:
            for _ in attr_map:
                self.pop_attr()

    # Collections

    def add_to_collection(self, name: Any, value: Any) -> None:
        """Add `value` to a collection."""
        self.check_not_finalized()
        self._collections.setdefault(name, []).append(value)

    def add_to_collections(self, names: Any, value: Any) -> None:
        """Add `value` to each collection of `names` (a string or an iterable)."""
        for name in (names,) if isinstance(names, str) else set(names):
            self.add_to_collection(name, value)

    def get_collection_ref(self, name: Any) -> list[Any]:
        """The live list of a collection, made when there is none."""
        return self._collections.setdefault(name, [])

    def get_collection(self, name: Any, scope: str | None = None) -> list[Any]:
        """A new list of a collection's items; with `scope`, those whose names the regular expression matches at the start."""
        items = self._collections.get(name, [])
        if scope is None:
            return list(items)
        matches = re.compile(scope).match
        return [item for item in items if hasattr(item, "name") and matches(item.name)]

    def get_all_collection_keys(self) -> list[Any]:
        """The names of all collections."""
        return [name for name in self._collections if isinstance(name, str)]

    @property
    def collections(self) -> list[Any]:
        """The names of all collections."""
        return list(self._collections)

    def clear_collection(self, name: Any) -> None:
        """Empty a collection."""
        self.check_not_finalized()
        self._collections.pop(name, None)

    # Messages

    def as_graph_def(self, from_version: int | None = None, add_shapes: bool = False) -> Any:
        """The graph as a `GraphDef` message; from operation number `from_version` on when it is given."""
        from graphpb import protos

        return protos.GraphDef.FromString(self.graph_def(from_version or 0, add_shapes))

    def create_op(
        self,
        op_type: str,
        inputs: Any,
        dtypes: Any = None,
        input_types: Any = None,
        name: str | None = None,
        attrs: dict[str, Any] | None = None,
        op_def: Any = None,
        compute_shapes: bool = True,
        compute_device: bool = True,
    ) -> Operation:
        """Add an operation of any registered type. Types and shapes of the outputs follow from the op; `dtypes` is not needed."""
        return create_op(op_type, inputs, attrs, name, graph=self)


def _foreign(element: Tensor | Operation, what: str | None = None) -> Exception | None:
    """The error for an element of another graph when that graph is the body of a branch or loop."""
    if not element.graph._building_function:
        return None
    op = element.op if isinstance(element, Tensor) else element
    what = what or f"Operation {op.name} has been marked as not fetchable"
    site = f"  built at {op._site[0]}:{op._site[1]}" if op._site else ""
    return errors.InaccessibleTensorError(
        f"{what} because '{op.name}' is in a {element.graph.what}.{site}\n\nHint: return it from the function, or make it outside of the function."
    )


@contextlib.contextmanager
def _graph_name_scope(graph: Graph, name: str | None) -> Iterator[str]:
    old = graph.prefix
    if not name:
        graph.prefix = new = ""
    elif name[-1] == "/":
        graph.prefix = new = name
    else:
        new, old = graph.enter_scope(name)
    try:
        yield new
    finally:
        graph.prefix = old


def create_op(
    op_type: str,
    inputs: Any = (),
    attrs: dict[str, Any] | None = None,
    name: str | None = None,
    graph: Graph | None = None,
    control_inputs: Any = None,
) -> Operation:
    """Add an operation whose inputs are tensors already, and return it.

    Args:
      op_type: type in the registry, such as `"MatMul"`.
      inputs: tensors, list arguments flattened.
      attrs: attributes that do not follow from the inputs; AttrValue messages or Python values.
      name: the op type by default; made unique, unless it ends in a slash.
      control_inputs: operations to wait for, besides those of the scopes.

    TypeError and ValueError as for the functions of `graphpb.ops`.
    """
    inputs = list(inputs)
    if graph is None:
        graph = get_default_graph()
        if inputs and not graph._building_function:
            graph = inputs[0].graph
    return graph.operation(graph.add_node(op_type, inputs, attrs, name, control_inputs))


class _DefaultStack(threading.local):
    """The default graphs of a thread."""

    def __init__(self) -> None:
        self.stack: list[Graph] = []


class _AsDefault:
    """A block inside which a graph is the default one."""

    __slots__ = ("_graph",)

    def __init__(self, graph: Graph):
        self._graph = graph

    def __enter__(self) -> Graph:
        stack = _default_graphs.stack
        stack.append(self._graph)
        if self._graph._building_function:
            _native.set_building(self._graph)
        elif len(stack) > 1 and stack[-2]._building_function:
            _native.set_building(None)
        return self._graph

    def __exit__(self, *exc: Any) -> None:
        stack = _default_graphs.stack
        if not stack or stack[-1] is not self._graph:
            raise AssertionError(f"Nesting violated for default stack of {type(self._graph)} objects")
        stack.pop()
        before = stack[-1] if stack and stack[-1]._building_function else None
        if before is not None or self._graph._building_function:
            _native.set_building(before)


class _GlobalGraph:
    graph: Graph | None = None


_default_graphs = _DefaultStack()
_global = _GlobalGraph()


def get_default_graph() -> Graph:
    """The innermost graph in use as default in this thread, or the one of the process."""
    stack = _default_graphs.stack
    if stack:
        return stack[-1]
    if _global.graph is None:
        _global.graph = Graph()
    return _global.graph


def get_outermost_graph() -> Graph:
    """The default graph, or the one around it while the body of a branch or loop is built."""
    graph = get_default_graph()
    return graph.root if graph._building_function else graph


def reset_default_graph() -> None:
    """Start with an empty default graph. AssertionError inside `with graph.as_default()`."""
    if _default_graphs.stack:
        raise AssertionError(
            "Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared graph, exit the nesting and create a new graph."
        )
    _global.graph = None


def _has_default_graph() -> bool:
    return bool(_default_graphs.stack)


def is_dense_tensor_like(value: Any) -> bool:
    """Whether `value` is a Tensor or stands for one (a variable)."""
    return isinstance(value, Tensor) or hasattr(value, "_as_graph_element")


is_tensor_like = is_dense_tensor_like


def graph_of(values: Any, graph: Graph | None = None) -> Graph:
    """The graph of the tensors among `values`, or the default graph. ValueError when they are of several."""
    original = None
    default = get_default_graph()
    if graph is None and default._building_function:
        return default
    for value in values:
        element = value
        if not isinstance(element, (Tensor, Operation)):
            if hasattr(value, "_as_graph_element"):
                element = value._as_graph_element()
            elif hasattr(value, "graph") and isinstance(value.graph, Graph):
                element = value
            else:
                continue
        if graph is None:
            if element.graph._building_function:
                # What a body made cannot be used outside; the graph in hand refuses it.
                return default
            original, graph = element, element.graph
        elif element.graph is not graph:
            if original is None:
                raise ValueError(f"{element} is not from the passed-in graph.")
            raise ValueError(f"{element} must be from the same graph as {original} (graphs are {element.graph} and {graph}).")
    return graph if graph is not None else get_default_graph()


def _binary(scope: str, x: Any, y: Any, reverse: bool) -> Any:
    from graphpb.ops import operators

    return operators.binary(scope, x, y, reverse)


def _feed(tensor: Tensor, value: Any) -> Any:
    from graphpb.session import feed

    return feed.array_of(tensor, value)


def _as_array(value: Any, number: int) -> Any:
    from graphpb.graph import convert

    return convert.as_array(value, number)


def _script(token: str, arguments: tuple[Any, ...]) -> Any:
    from graphpb.ops import script

    return script.call(token, arguments)


_native.set_hooks(
    {
        "tensor": Tensor,
        "operation": Operation,
        "shape": shapes.TensorShape._of,
        "dtype": dtypes.of_number,
        "numpy_dtype": dtypes.numpy_dtype,
        "as_array": _as_array,
        "status": errors.from_status,
        "feed": _feed,
        "binary": _binary,
        "default_graph": get_default_graph,
        "script": _script,
        "folder": os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep,
    }
)

__all__ = [
    "Graph",
    "Operation",
    "Tensor",
    "colocate_with",
    "control_dependencies",
    "convert_to_tensor",
    "create_op",
    "device",
    "get_default_graph",
    "graph_of",
    "name_scope",
    "reset_default_graph",
]
