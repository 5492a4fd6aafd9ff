"""Gradients taken inside the body of a branch or loop, with respect to tensors of the graphs around it.

Inside, values from outside are arguments. What the gradient needs beyond them is the backward part of the outer graph: it is made on a
copy of that graph and moved into the body, where the outer values that it uses are captured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphpb import _native
from graphpb.graph import core
from graphpb.graph.function import FuncGraph

_Walk = Callable[..., list[Any]]


def across(body: FuncGraph, walk: _Walk, ys: list[Any], xs: list[Any], seeds: list[Any]) -> list[Any]:
    """The gradients of ys with respect to xs, each of the body or of a graph around it.

    Args:
      walk: `walk(graph, ys, xs, seeds)` differentiates inside one graph.
    """
    # Gradients of calls define functions: those must be known here, and their names be taken outside.
    _native.share_library(body, body.root)
    ys = [y if y.graph is body else body._capture(y) for y in ys]
    leads = _Leads([x for x in xs if x.graph is not body])
    borders = [(outer, inner) for outer, inner in body.captures if leads.to(outer)]
    own = [x for x in xs if x.graph is body]
    found = walk(body, ys, own + [inner for _, inner in borders], seeds)
    terms: dict[Any, list[Any]] = {}
    _collect(terms, own, found)
    pairs = [(outer, g) for (outer, _), g in zip(borders, found[len(own) :]) if g is not None]
    level = body.outer
    while pairs:
        own = list(dict.fromkeys(x for x in xs if x.graph is level))
        borders = [(o, i) for o, i in level.captures if leads.to(o)] if isinstance(level, FuncGraph) else []
        found = _moved(body, level, walk, pairs, own + [inner for _, inner in borders])
        _collect(terms, own, found)
        pairs = [(outer, g) for (outer, _), g in zip(borders, found[len(own) :]) if g is not None]
        level = level.outer if isinstance(level, FuncGraph) else None
    _native.share_library(body.root, body)
    return [_total(terms.get(x, [])) for x in xs]


class _Leads:
    """Which tensors depend on some tensors."""

    def __init__(self, xs: list[Any]):
        self._xs = set(xs)
        self._known: dict[Any, bool] = {}

    def to(self, tensor: Any) -> bool:
        """Whether the tensor is one of them or depends on one."""
        if not self._xs:
            return False
        if tensor in self._xs:
            return True
        stack = [tensor.op]
        while stack:
            op = stack[-1]
            if op in self._known:
                stack.pop()
                continue
            inputs = [self._outside(op)] if op.type == "Placeholder" and op.graph.building_function else op.inputs
            inputs = [t for t in inputs if t is not None]
            if any(t in self._xs or self._known.get(t.op) for t in inputs):
                self._known[op] = True
                stack.pop()
                continue
            todo = [t.op for t in inputs if t.op not in self._known]
            if todo:
                stack.extend(todo)
            else:
                self._known[op] = False
                stack.pop()
        return self._known[tensor.op]

    @staticmethod
    def _outside(op: core.Operation) -> Any:
        return next((outer for outer, inner in op.graph.captures if inner.op is op), None)


def _collect(terms: dict[Any, list[Any]], xs: list[Any], found: list[Any]) -> None:
    for x, g in zip(xs, found):
        if g is not None:
            terms.setdefault(x, []).append(g)


def _total(parts: list[Any]) -> Any:
    if len(parts) < 2:
        return parts[0] if parts else None
    dense = [_dense(p) for p in parts]
    return core.create_op("AddN", dense).outputs[0]


def _dense(g: Any) -> Any:
    if not isinstance(g, tuple):
        return g
    from graphpb.graph.composite import IndexedSlices
    from graphpb.graph.convert import convert_to_tensor

    return convert_to_tensor(IndexedSlices(*g))


def _needed(tensors: list[Any]) -> set[str]:
    """Names of the operations that tensors depend on."""
    seen: set[str] = set()
    stack = [t.op for t in tensors]
    while stack:
        op = stack.pop()
        if op.name not in seen:
            seen.add(op.name)
            stack.extend(t.op for t in op.inputs)
            stack.extend(op.control_inputs)
    return seen


def _moved(body: FuncGraph, level: core.Graph, walk: _Walk, pairs: list[tuple[Any, Any]], xs: list[Any]) -> list[Any]:
    """The gradients with respect to xs of `level`, given those of other tensors of it; all nodes are made in the body."""
    from graphpb.graph.gradient_body import GradientBody
    from graphpb.graph.transfer import import_graph_def

    names = _needed([t for t, _ in pairs] + xs)
    whole = level.as_graph_def()
    forward = type(whole)()
    forward.node.extend(node for node in whole.node if node.name in names)
    forward.versions.CopyFrom(whole.versions)
    copy = GradientBody(level, level, len(names), None)
    with copy.as_default():
        import_graph_def(forward, name="")
        # A new graph takes the library of what is imported first; here that is none.
        _native.share_library(copy, body)
        count = len(copy)
        given: dict[str, Any] = {}
        seeds = []
        for t, g in pairs:
            parts = g if isinstance(g, tuple) else (g,)
            made = [None if p is None else _native.argument(copy, p, "given") for p in parts]
            given.update({m.op.name: p for m, p in zip(made, parts) if m is not None})
            seeds.append(tuple(made) if isinstance(g, tuple) else made[0])
        found = walk(copy, [copy.get_tensor_by_name(t.name) for t, _ in pairs], [copy.get_tensor_by_name(x.name) for x in xs], seeds)
    _native.share_library(body, copy)
    given.update({inner.op.name: body._capture(outer) for outer, inner in copy.captures})
    backward = type(whole)()
    new = {op.name for op in copy.get_operations()[count:]}
    outside: dict[str, Any] = {}
    for node in copy.as_graph_def(from_version=count).node:
        if node.name in given:
            continue
        kept = [i for i in node.input if not i.startswith("^") or i[1:] in new]
        node.ClearField("input")
        node.input.extend(kept)
        backward.node.append(node)
        for text in kept:
            if text.lstrip("^").partition(":")[0] not in new:
                outside[text] = _captured(body, level, text)
            elif text in given:
                outside[text] = given[text]
    backward.versions.CopyFrom(whole.versions)
    wanted: list[Any] = []
    for g in found:
        wanted.extend(p for p in (g if isinstance(g, tuple) else (g,)) if p is not None)
    inside = [t.name for t in wanted if t.op.name in new and t.op.name not in given]
    with body.as_default():
        made = import_graph_def(backward, input_map=outside, return_elements=inside, name="gradients_outside") if backward.node else []
    by_name = dict(zip(inside, made))

    def brought(t: Any) -> Any:
        if t is None:
            return None
        if t.op.name in given:
            return given[t.op.name]
        return by_name[t.name] if t.name in by_name else _captured(body, level, t.name)

    return [tuple(brought(p) for p in g) if isinstance(g, tuple) else brought(g) for g in found]


def _captured(body: FuncGraph, level: core.Graph, text: str) -> Any:
    """What stands in the body for a forward tensor."""
    try:
        tensor = level.get_tensor_by_name(text if ":" in text else text + ":0")
    except KeyError:
        raise LookupError(
            f"the gradient inside a {body.what} needs '{text}', an intermediate of a branch or loop outside: take the gradient outside of the body"
        ) from None
    return body._capture(tensor)
