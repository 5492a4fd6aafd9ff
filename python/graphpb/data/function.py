"""Functions that datasets call, traced once into the graph's library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphpb import _native
from graphpb.data import structure
from graphpb.graph import core
from graphpb.graph.function import FuncGraph, inside, read

_QUIET = ("Placeholder", "VarHandleOp", "ReadVariableOp", "VariableV2", "Variable")
"""Ops that keep state and have no effect of their own; so have random and dataset ops."""


class _Body(FuncGraph):
    """The body of such a function: everything but variables is captured as an argument, as TensorFlow does."""

    def _copied(self, tensor: Any) -> Any:
        return super()._copied(tensor) if tensor.dtype._is_ref_dtype else None


def _has_effect(op: Any) -> bool:
    if op.type in _QUIET or op.type.startswith("Random") or op.type.endswith(("Dataset", "DatasetV2", "Variable")):
        return False
    known = _native.op_def(op.type)
    return known is not None and known["stateful"]


def _name_of(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", None) or type(function).__name__
    return "".join(c for c in name if c.isalnum() or c in "._")


class DataFunction:
    """A Python function of an element, as a function of the graph.

    Attributes:
      spec: what it returns.
      name: in the library.
      captured: tensors outside that it uses; they follow its arguments.
    """

    def __init__(self, function: Callable[..., Any], transformation: str, spec: Any, convert: Callable[[Any], Any] | None = None):
        if not callable(function):
            raise ValueError(f"Argument `func` must be a callable. Received func={function} (of type {type(function)})")
        outer = core.get_default_graph()
        body = _Body(outer, "tf.data function")
        base = f"__inference_{transformation.replace('.', '_')}_{_name_of(function)}"
        with body.as_default():
            args = []
            for i, (dtype, shape) in enumerate(zip(structure.flat_types(spec), structure.flat_shapes(spec), strict=True)):
                args.append(core.create_op("Placeholder", [], {"dtype": dtype, "shape": shape}, f"args_{i}").outputs[0])
            element = structure.from_parts(spec, args)
            result = function(*element) if isinstance(element, tuple) else function(element)
            if convert is not None:
                result = convert(result)
            result = tuple(result) if isinstance(result, list) else result
            try:
                if any(leaf is None for leaf in structure.flatten(result)):
                    raise TypeError("None is no tensor")
                result = structure.map_leaves(_as_leaf, result)
                self.spec = structure.spec_of(result)
            except (TypeError, ValueError) as error:
                raise TypeError(f"Unsupported return value from function passed to {transformation}(): {result}.") from error
            parts = [inside(body, part) for part in structure.to_parts(self.spec, result)]
            effects = [op for op in body.get_operations() if _has_effect(op)]
            results = [core.create_op("Identity", [part], name="Identity").outputs[0] for part in parts]
        self.captured = [given for given, _ in body.captures]
        arguments = args + [inner for _, inner in body.captures]
        self.name = _native.define_function(body.root, base, body, arguments, results, effects)[0]


def _as_leaf(value: Any) -> Any:
    from graphpb.data.dataset import Dataset
    from graphpb.graph.composite import SparseTensor
    from graphpb.graph.convert import convert_to_tensor

    if isinstance(value, (Dataset, SparseTensor)):
        return value
    return read(convert_to_tensor(value))
