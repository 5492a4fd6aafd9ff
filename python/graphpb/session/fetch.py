"""What may be fetched: structures of tensors, operations and composites, and how results take their shape."""

from __future__ import annotations

from typing import Any

from graphpb import _native, errors
from graphpb.graph import core
from graphpb.graph.composite import IndexedSlices, IndexedSlicesValue, SparseTensor, SparseTensorValue

_EXPANSIONS: list[tuple[Any, Any]] = []


def register_session_run_conversion_functions(
    tensor_type: type, fetch_function: Any, feed_function: Any = None, feed_function_for_partial_run: Any = None
) -> None:
    """Let instances of `tensor_type` be fetched: `fetch_function(obj)` gives (list of fetches, function of their values).

    ValueError: the type is registered already.
    """
    if any(t is tensor_type for t, _ in _EXPANSIONS):
        raise ValueError(f"{tensor_type} has already been registered so ignore it.")
    _EXPANSIONS.insert(0, (tensor_type, fetch_function))


class Elements:
    """The distinct tensors and operations of a fetch, in order."""

    def __init__(self, graph: core.Graph):
        self.graph = graph
        self.tensors: list[Any] = []
        self.operations: list[Any] = []
        self._places: dict[Any, int | None] = {}

    def add(self, fetch: Any) -> int | None:
        """The number of the result of a fetch; None for an operation."""
        try:
            element = self.graph.as_graph_element(fetch, allow_tensor=True, allow_operation=True)
        except TypeError as error:
            raise TypeError(f'Argument `fetch` = {fetch} has invalid type "{type(fetch).__name__}" must be a string or Tensor. ({error})') from None
        except errors.InaccessibleTensorError:
            raise
        except ValueError as error:
            raise ValueError(f"Argument `fetch` = {fetch} cannot be interpreted as a Tensor. ({error})") from None
        except KeyError as error:
            raise ValueError(f'Argument `fetch` = {fetch} cannot be interpreted as a Tensor. ("{error.args[0]}")') from None
        if element in self._places:
            return self._places[element]
        if isinstance(element, core.Operation):
            self.operations.append(element)
            self._places[element] = None
            return None
        self.tensors.append(element)
        self._places[element] = place = len(self.tensors) - 1
        return place


def mapper(fetch: Any, elements: Elements) -> Any:
    """A function from the list of results to the value of `fetch`; its elements are added to `elements`.

    TypeError: `Argument `fetch` = … has invalid type …`. ValueError: it cannot be interpreted as a tensor.
    """
    if isinstance(fetch, (_native.Tensor, _native.Operation, str, bytes)):
        return _leaf(fetch, elements)
    if fetch is None:
        raise TypeError(f'Argument `fetch` = {fetch} has invalid type "{type(fetch).__name__}". Cannot be None')
    if isinstance(fetch, (list, tuple)):
        parts = [mapper(f, elements) for f in fetch]
        kind = type(fetch)
        if kind is list:
            return lambda results: [p(results) for p in parts]
        if hasattr(kind, "_fields"):
            return lambda results: kind(*[p(results) for p in parts])
        if kind is tuple:
            return lambda results: tuple([p(results) for p in parts])
        return lambda results: kind([p(results) for p in parts])
    if hasattr(fetch, "keys") and hasattr(fetch, "__getitem__"):
        keys = list(fetch.keys())
        values = [mapper(fetch[k], elements) for k in keys]
        kind = type(fetch)

        def as_dict(results: Any) -> Any:
            made = [(k, v(results)) for k, v in zip(keys, values)]
            if hasattr(fetch, "default_factory"):
                return kind(fetch.default_factory, made)
            return kind(made)

        return as_dict
    if hasattr(type(fetch), "__attrs_attrs__"):
        names = [a.name for a in type(fetch).__attrs_attrs__]
        parts = [mapper(getattr(fetch, n), elements) for n in names]
        return lambda results: type(fetch)(*[p(results) for p in parts])
    for kind, expand in _EXPANSIONS:
        if isinstance(fetch, kind):
            inner, contract = expand(fetch)
            parts = [mapper(f, elements) for f in inner]
            return lambda results: contract([p(results) for p in parts])
    if isinstance(fetch, SparseTensor):
        parts = [mapper(f, elements) for f in (fetch.indices, fetch.values, fetch.dense_shape)]
        return lambda results: SparseTensorValue(*[p(results) for p in parts])
    if isinstance(fetch, IndexedSlices):
        parts = [mapper(f, elements) for f in (fetch.values, fetch.indices)]
        shape = None if fetch.dense_shape is None else mapper(fetch.dense_shape, elements)
        return lambda results: IndexedSlicesValue(parts[0](results), parts[1](results), None if shape is None else shape(results))
    return _leaf(fetch, elements)


def _leaf(fetch: Any, elements: Elements) -> Any:
    place = elements.add(fetch)
    if place is None:
        return lambda results: None
    return lambda results: results[place]


def flat_places(fetches: Any, graph: core.Graph) -> list[Any] | None:
    """The elements of a fetch that may be remembered by identity: one element, or a flat list or tuple of them; otherwise None."""
    parts = list(fetches) if type(fetches) in (list, tuple) else [fetches]
    if not all(isinstance(p, (_native.Tensor, _native.Operation)) or hasattr(p, "_gradient_source") for p in parts):
        return None
    return parts
