"""Bodies of functions: a graph inside a graph, which captures what it uses of the graphs around it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from graphpb import _native
from graphpb.graph import core
from graphpb.graph.composite import IndexedSlices, SparseTensor
from graphpb.graph.convert import convert_to_tensor

LARGEST_COPIED = 1024
"""Integer constants of at most this many elements are copied into a body, so that shapes that follow from them stay known."""


class FuncGraph(core.Graph):
    """The body of a branch or loop while it is built.

    New operations of the thread go here while it is the default graph. Tensors of the graphs around it may be used as inputs:
    each becomes an argument once. Variables and their collections belong to the outermost graph.

    Attributes:
      outer: the graph that the function is called in; another FuncGraph for nested bodies.
      root: the outermost graph.
      what: `"while loop"` or `"cond"`, for messages.
      captures: list of (tensor of `outer`, argument that stands for it).
      arguments: those of the function that `define` made, in order.
    """

    def __init__(self, outer: core.Graph, what: str):
        super().__init__()
        self.outer = outer
        self.root: core.Graph = outer.root if isinstance(outer, FuncGraph) else outer
        self.what = what
        self._building_function = True
        self._seed = outer.seed
        self._collections = {}
        self.captures: list[tuple[Any, Any]] = []
        self.arguments: list[Any] = []
        self._captured: dict[Any, Any] = {}
        self._waits: list[core.Operation] = []
        _native.inherit_scopes(self, outer)

    def encloses(self, graph: core.Graph) -> bool:
        """Whether `graph` is one of those around this body."""
        around = self.outer
        while around is not graph:
            if not isinstance(around, FuncGraph):
                return False
            around = around.outer
        return True

    # Capture

    def _capture(self, tensor: Any) -> Any:
        found = self._captured.get(tensor)
        if found is not None:
            return found
        if not self.encloses(tensor.graph):
            return super()._capture(tensor)
        inner = self._copied(tensor)
        if inner is None:
            outer = tensor if tensor.graph is self.outer else self.outer._capture(tensor)
            inner = self._captured.get(outer)
            if inner is None:
                inner = self.add_argument(outer)
                self.captures.append((outer, inner))
                self._captured[outer] = inner
        self._captured[tensor] = inner
        return inner

    def _copied(self, tensor: Any) -> Any:
        """What stands for the tensor without an argument: a reference to the same variable, or a small constant."""
        op = tensor.op
        if tensor.dtype._is_ref_dtype:
            if op.type not in ("VariableV2", "Variable"):
                return None
            attrs = {"shape": op.get_attr("shape"), "dtype": tensor.dtype.base_dtype, "container": op.get_attr("container")}
            # A variable's buffer is found by this name, so the node in the body is the same variable.
            attrs["shared_name"] = op.get_attr("shared_name") or op.name
            return self._plain_node(op.type, attrs, op.name)
        if not (tensor.dtype.is_integer or tensor.dtype.is_bool):
            return None
        value = tensor.graph.constant_value(tensor)
        if value is None or value.size > LARGEST_COPIED:
            return None
        self.root._note_copied(tensor)
        with self._outside_scopes():
            return self.constant(value, tensor.dtype.as_datatype_enum, op.name.rpartition("/")[2])

    def _plain_node(self, op_type: str, attrs: dict[str, Any], name: str) -> Any:
        with self._outside_scopes():
            return self.tensor(self.add_node(op_type, [], attrs, self.full_unique_name(name) + "/"), 0)

    @contextlib.contextmanager
    def _outside_scopes(self) -> Iterator[None]:
        prefix, self.prefix = self.prefix, ""
        groups = self.take_colocation()
        self.clear_controls()
        try:
            yield
        finally:
            self.restore_controls()
            self.put_colocation(groups)
            self.prefix = prefix

    def add_argument(self, like: Any, name: str | None = None, shape: Any = None) -> Any:
        """A new argument of the type and shape of a tensor outside; `shape` (a TensorShape) is another shape."""
        return _native.argument(self, like, (name or like.op.name).replace("/", "_"), None if shape is None else [shape])

    def require(self, outer: Any) -> Any:
        """The argument that stands for a tensor of `self.outer`, made when there is none yet."""
        return self._capture(outer)

    def waits_for(self) -> list[core.Operation]:
        """Operations of the graph outside that the call must wait for."""
        return list(dict.fromkeys(self._waits))

    # What a body does differently

    def as_graph_element(self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True) -> Any:
        """Like `Graph.as_graph_element`; also takes tensors and operations of the graphs around."""
        element = obj
        if not isinstance(element, (core.Tensor, core.Operation, str)) and hasattr(element, "_as_graph_element"):
            element = element._as_graph_element()
        if isinstance(element, (core.Tensor, core.Operation)) and element.graph is not self and self.encloses(element.graph):
            return element
        return super().as_graph_element(element, allow_tensor, allow_operation)

    def _own_controls(self, ops: list[core.Operation]) -> list[core.Operation]:
        self._waits.extend(op for op in ops if op.graph is not self)
        return [op for op in ops if op.graph is self]

    def add_to_collection(self, name: Any, value: Any) -> None:
        if getattr(getattr(value, "graph", None), "building_function", False):
            super().add_to_collection(name, value)
        else:
            self.outer.add_to_collection(name, value)

    def get_collection_ref(self, name: Any) -> list[Any]:
        return self.outer.get_collection_ref(name)

    def get_collection(self, name: Any, scope: str | None = None) -> list[Any]:
        return self.outer.get_collection(name, scope) + super().get_collection(name, scope)

    def define(self, base: str, args: list[Any], results: list[Any]) -> tuple[str, bool]:
        """Add the body to the library of the outermost graph; returns its name, and whether it is stateful."""
        name, stateful = _native.define_function(self.root, base, self, args, results, [])
        self.arguments = args
        self.root._bodies[name] = self
        return name, stateful


@contextlib.contextmanager
def init_scope() -> Iterator[None]:
    """Lift what is made inside out of all branches, loops and `control_dependencies`, as variables and their initializers are."""
    graph = core.get_default_graph()
    root = graph.root if isinstance(graph, FuncGraph) else graph
    with root.as_default(), root.control_dependencies(None):
        old, root.prefix = root.prefix, graph.prefix
        try:
            yield
        finally:
            root.prefix = old


# Values that are several tensors


def parts_of(value: Any) -> list[Any]:
    """The tensors of a leaf: those of an IndexedSlices or SparseTensor, the flow of a TensorArray, or the value itself."""
    if isinstance(value, IndexedSlices):
        return [value.values, value.indices] + ([] if value.dense_shape is None else [value.dense_shape])
    if isinstance(value, SparseTensor):
        return [value.indices, value.values, value.dense_shape]
    if hasattr(value, "_with_flow"):
        return [value.flow]
    return [value]


def with_parts(value: Any, parts: list[Any]) -> Any:
    """A leaf like `value` made of other tensors."""
    if isinstance(value, IndexedSlices):
        return IndexedSlices(*parts)
    if isinstance(value, SparseTensor):
        made = object.__new__(SparseTensor)
        made._indices, made._values, made._dense_shape = parts
        return made
    if hasattr(value, "_with_flow"):
        return value._with_flow(parts[0])
    return parts[0]


def as_leaf(value: Any, name: str | None = None) -> Any:
    """A leaf with its tensors converted: variables are read, references too, numbers become constants."""
    if isinstance(value, (IndexedSlices, SparseTensor)) or hasattr(value, "_with_flow"):
        return value
    return read(convert_to_tensor(value, name=name))


def read(tensor: Any) -> Any:
    """The tensor, or the value of a reference."""
    if tensor.dtype._is_ref_dtype:
        return core.create_op("Identity", [tensor], graph=core.get_default_graph()).outputs[0]
    return tensor


def inside(graph: core.Graph, tensor: Any) -> Any:
    """The tensor of a body that stands for a result of it."""
    return tensor if tensor.graph is graph else graph._capture(tensor)


def call_op(
    op_type: str, inputs: list[Any], attrs: dict[str, Any], bodies: list[FuncGraph], scope: str, results: int | None = None, back_prop: bool = True
) -> list[Any]:
    """Add the node that runs bodies, named as the scope.

    Its outputs (the first `results` of them) pass through identities, so that each can be fetched alone in TensorFlow.
    """
    graph = core.get_default_graph()
    waits = [op for body in bodies for op in body.waits_for()]
    with graph.control_dependencies(waits):
        op = core.create_op(op_type, inputs, attrs, scope, graph=graph)
    passing = "Identity" if back_prop else "StopGradient"
    return [core.create_op(passing, [t], graph=graph).outputs[0] for t in op.outputs[:results]]
