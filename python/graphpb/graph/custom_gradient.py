"""`custom_gradient`: a function that brings its own derivative, variables included."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable
from typing import Any

from graphpb import nest
from graphpb.graph import core
from graphpb.graph.collections import GraphKeys
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.gradients import RegisterGradient

_count = itertools.count()


def _variables_of(graph: core.Graph) -> dict[str, Any]:
    """The variables of a graph by the name of their operation."""
    root = graph.root if graph.building_function else graph
    return {v.op.name: v for key in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES) for v in root.get_collection(key) if hasattr(v, "op")}


def _used(outputs: list[Any], inputs: list[Any], known: dict[str, Any]) -> list[Any]:
    """The variables that `outputs` are computed from, not counting those behind `inputs`, in the order of their creation."""
    stop, seen, stack = {id(t) for t in inputs}, set(), list(outputs)
    while stack:
        tensor = stack.pop()
        if id(tensor) in stop or tensor.op in seen:
            continue
        seen.add(tensor.op)
        captured = getattr(tensor.graph, "_captured", {})
        stack.extend(outer for outer, inner in captured.items() if inner is tensor)
        stack.extend(tensor.op.inputs)
    names = {op.name for op in seen if op.type in ("VariableV2", "VarHandleOp")}
    return [v for name, v in known.items() if name in names]


def _takes_variables(grad: Callable[..., Any]) -> bool:
    parameters = inspect.signature(grad).parameters
    return "variables" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def custom_gradient(f: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """Decorate a function that returns `(y, grad)`, where `grad(*dy)` gives the gradients of its arguments.

    The outputs pass through an IdentityN whose gradient calls `grad`. When `f` uses variables, `grad` is called as
    `grad(*dy, variables=[...])` and returns two lists: gradients of the arguments, gradients of the variables.

    TypeError: `f` uses variables and `grad` takes no `variables`, or makes ref variables. ValueError: `grad` returns
    another number of gradients (when it is called).
    """
    if f is None:
        return custom_gradient

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        from graphpb.ops import raw

        name = f"CustomGradient-{next(_count)}"
        args = tuple(convert_to_tensor(x) for x in args)
        before = set(_variables_of(core.get_default_graph()))
        result, grad = f(*args, **kwargs)
        outputs = [convert_to_tensor(r) for r in nest.flatten(result)]
        graph = core.graph_of([*outputs, *args])
        known = _variables_of(graph)
        if any(getattr(v, "handle", None) is None for name, v in known.items() if name not in before):
            raise TypeError(
                "All variables used by a function wrapped with @custom_gradient must be `ResourceVariable`s. "
                "Ensure that no `variable_scope` is created with `use_resource=False`."
            )
        variables = _used(outputs, list(args), known)
        takes_variables = _takes_variables(grad)
        if variables and not takes_variables:
            raise TypeError(
                "If using @custom_gradient with a function that uses variables, then grad_fn must accept a 'variables' keyword argument.\n\n"
                f"Hint: it uses {', '.join(v.name for v in variables)}; declare it as `def grad(*dy, variables=None)`."
            )

        @RegisterGradient(name)
        def internal(op: core.Operation, *dys: Any) -> list[Any]:
            dys = dys[: len(outputs)]
            if variables:
                of_args, of_variables = grad(*dys, variables=variables)
                if len(of_variables) != len(variables):
                    raise ValueError("Must return gradient for each variable from @custom_gradient grad_fn.")
            else:
                of_args, of_variables = grad(*dys), []
            found = list(of_args) if isinstance(of_args, (list, tuple)) else [of_args]
            if len(found) != len(args):
                raise ValueError(f"custom_gradient function expected to return {len(args)} gradients, but returned {len(found)} instead.")
            return [None] * len(outputs) + found + list(of_variables)

        sources = [v.value() if getattr(v, "handle", None) is None else v.handle for v in variables]
        with graph.gradient_override_map({"IdentityN": name}):
            passed = raw.IdentityN(input=[*outputs, *args, *sources])[: len(outputs)]
        return nest.pack_sequence_as(result, list(passed))

    return decorated
