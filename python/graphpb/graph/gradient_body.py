"""The body of a function while it is differentiated, as the graph in which gradient functions of users work."""

from __future__ import annotations

from typing import Any

from graphpb.graph import core
from graphpb.graph.function import FuncGraph


class GradientBody(FuncGraph):
    """A copy of a body, with the nodes of its gradient.

    Tensors of the body that the user built, which gradient functions may hold, stand for their copies here; tensors of the graphs
    around are captured.

    Args:
      outer: the graph that the function is called in.
      origin: the graph that the user built, None when it is gone.
      nodes: how many operations of the body are copies; others belong to the gradient.
      args: the numbers of the body's arguments; None: they have the names of the origin's.
    """

    def __init__(self, outer: core.Graph, origin: core.Graph | None, nodes: int, args: list[int] | None):
        super().__init__(outer, origin.what if isinstance(origin, FuncGraph) else "function")
        self._origin = origin
        self._nodes = nodes
        self._args = args

    def encloses(self, graph: core.Graph) -> bool:
        """Whether tensors of `graph` can be used here."""
        origin = self._origin
        return super().encloses(graph) or graph is origin or (isinstance(origin, FuncGraph) and origin.encloses(graph))

    def _capture(self, tensor: Any) -> Any:
        if tensor not in self._captured and self._origin is not None:
            origin = self._origin
            if isinstance(origin, FuncGraph) and tensor in origin._captured:
                tensor = origin._captured[tensor]
            if tensor.graph is origin:
                self._captured[tensor] = self._counterpart(tensor)
        return super()._capture(tensor)

    def _counterpart(self, tensor: Any) -> Any:
        """What stands here for a tensor of the body that the user built."""
        known = self._captured.get(tensor)
        if known is not None:
            return known
        op, origin = tensor.op, self._origin
        if self._args is not None and isinstance(origin, FuncGraph) and op.type == "Placeholder":
            for number, argument in zip(self._args, origin.arguments):
                if argument is tensor:
                    return self.tensor(number, 0)
            for outer, argument in origin.captures:
                if argument is tensor:
                    return self._capture(outer)
        found = self.find(op.name)
        if found is not None and found._id < self._nodes and found.type == op.type:
            return self.tensor(found._id, tensor.value_index)
        # The function does not need it: it was left out.
        inputs = [self._counterpart(t) for t in op.inputs]
        with self._outside_scopes():
            made = self.add_node(op.type, inputs, dict(op.node_def.attr), op.name)
        for i, output in enumerate(op.outputs):
            self._captured[output] = self.tensor(made, i)
        return self.tensor(made, tensor.value_index)

    def _own_controls(self, ops: list[core.Operation]) -> list[core.Operation]:
        copies = []
        for op in ops:
            found = op if op.graph is self else self.find(op.name) if op.graph is self._origin else None
            if found is not None:
                copies.append(found)
        return copies


def enter(outer: core.Graph, function: str, nodes: int, args: list[int]) -> GradientBody:
    """The graph for the body of a function that is about to be differentiated."""
    root = outer.root if isinstance(outer, FuncGraph) else outer
    return GradientBody(outer, root._bodies.get(function), nodes, args)
