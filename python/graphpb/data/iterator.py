"""tf.data.Iterator: what gives the elements of a dataset, one with each run."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from graphpb import _native, dtypes, nest
from graphpb.data import structure
from graphpb.graph import core
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import colocate_with
from graphpb.ops import raw

if TYPE_CHECKING:
    from graphpb.data.dataset import Dataset

_MANY_CALLS = 32

_UNINITIALIZABLE = (
    "The iterator does not have an initializer. This means it was likely created using `tf.data.Dataset.make_one_shot_iterator()`. "
    "For an initializable iterator, use `tf.data.Dataset.make_initializable_iterator()` instead."
)


class Iterator:
    """A pass over a dataset that a session keeps from run to run.

    Made by `Dataset.make_one_shot_iterator`, `Dataset.make_initializable_iterator`, `Iterator.from_structure` and
    `Iterator.from_string_handle`.
    """

    def __init__(self, iterator_resource: Any, initializer: Any, output_types: Any, output_shapes: Any, output_classes: Any = None):
        self._resource = iterator_resource
        self._initializer = initializer
        self._spec = structure.from_legacy(output_types, output_shapes, output_classes)
        self._string_handle = raw.IteratorToStringHandle(resource_handle=iterator_resource)
        self._calls = 0

    @staticmethod
    def from_structure(output_types: Any, output_shapes: Any = None, shared_name: str | None = None, output_classes: Any = None) -> Iterator:
        """Return an iterator without a dataset; `make_initializer` gives it one.

        Args:
          output_types: The types of an element's components, in its structure.
          output_shapes: Their shapes; default unknown.
          shared_name: A name under which iterators of a session are one.

        Raises:
          TypeError, ValueError: Types and shapes nest differently.
        """
        spec = structure.from_legacy(structure.map_leaves(_as_type, output_types), output_shapes, output_classes)
        return _over(_named(spec, shared_name), None, spec)

    @staticmethod
    def from_string_handle(string_handle: Any, output_types: Any, output_shapes: Any = None, output_classes: Any = None) -> Iterator:
        """Return the iterator that a string stands for, which may be another one in each run.

        Args:
          string_handle: string scalar, such as a placeholder fed with what `sess.run(iterator.string_handle())` gave.
          output_types: The types of an element's components, in its structure.
          output_shapes: Their shapes; default unknown.

        Raises:
          tf.errors.InvalidArgumentError: While running: the string is no iterator's, or its elements have other types or shapes.
        """
        spec = structure.from_legacy(structure.map_leaves(_as_type, output_types), output_shapes, output_classes)
        handle = convert_to_tensor(string_handle, dtype=dtypes.string)
        resource = raw.IteratorFromStringHandleV2(string_handle=handle, **_described(spec))
        return _over(resource, None, spec)

    @property
    def initializer(self) -> Any:
        """The operation that starts a pass.

        Raises:
          ValueError: The iterator starts by itself, or `make_initializer` starts it.
        """
        if self._initializer is None:
            raise ValueError(_UNINITIALIZABLE)
        return self._initializer

    def make_initializer(self, dataset: Dataset, name: str | None = None) -> Any:
        """Return an operation that starts a pass over a dataset.

        Raises:
          TypeError, ValueError: Its elements have another structure, other types or shapes.
        """
        nest.assert_same_structure(self.output_types, dataset.output_types)
        nest.assert_same_structure(self.output_shapes, dataset.output_shapes)
        wanted, given = structure.flatten(self._spec), structure.flatten(dataset.element_spec)
        if any(w.legacy()[2] is not g.legacy()[2] for w, g in zip(wanted, given, strict=True) if isinstance(w, structure.TensorSpec)):
            raise TypeError(f"Expected output classes {self.output_classes!r} but got dataset with output classes {dataset.output_classes!r}.")
        if any(w.legacy()[0] != g.legacy()[0] for w, g in zip(wanted, given, strict=True)):
            raise TypeError(f"Expected output types {self.output_types!r} but got dataset with output types {dataset.output_types!r}.")
        if any(not w.shape.is_compatible_with(g.shape) for w, g in zip(wanted, given, strict=True)):
            raise TypeError(
                f"Expected output shapes compatible with {self.output_shapes!r} but got dataset with output shapes {dataset.output_shapes!r}."
            )
        with core.name_scope(name, "make_initializer") as scope, colocate_with(self._resource):
            return raw.MakeIterator(dataset=dataset._variant_tensor, iterator=self._resource, name=scope)

    def get_next(self, name: str | None = None) -> Any:
        """Return tensors that are the next element in each run. Call it once, before the loop that runs them.

        Raises:
          tf.errors.OutOfRangeError: While running: there are no more elements.
          tf.errors.FailedPreconditionError: While running: no initializer was run.
        """
        self._calls += 1
        if self._calls == _MANY_CALLS + 1:
            warnings.warn(
                "An unusually high number of `Iterator.get_next()` calls was detected. This often indicates that `Iterator.get_next()` is "
                "being called inside a training loop, which will cause gradual slowdown and eventual resource exhaustion. If this is the "
                "case, restructure your code to call `next_element = iterator.get_next()` once outside the loop, and use `next_element` "
                "as the input to some computation that is invoked inside the loop.",
                stacklevel=2,
            )
        with colocate_with(self._resource):
            parts = raw.IteratorGetNext(iterator=self._resource, name=name, **_described(self._spec))
        return structure.from_parts(self._spec, list(parts))

    def string_handle(self, name: str | None = None) -> Any:
        """Return a string tensor that stands for the iterator in its session."""
        if name is None:
            return self._string_handle
        return raw.IteratorToStringHandle(resource_handle=self._resource, name=name)

    @property
    def element_spec(self) -> Any:
        """The specs of an element's components, in the element's structure."""
        return self._spec

    @property
    def output_types(self) -> Any:
        """The types of an element's components, in the element's structure."""
        return structure.legacy(self._spec, 0)

    @property
    def output_shapes(self) -> Any:
        """The static shapes of an element's components, in the element's structure."""
        return structure.legacy(self._spec, 1)

    @property
    def output_classes(self) -> Any:
        """The classes of an element's components, in the element's structure."""
        return structure.legacy(self._spec, 2)


def _as_type(dtype: Any) -> Any:
    return dtype if isinstance(dtype, structure.DatasetSpec) else dtypes.as_dtype(dtype)


def _described(spec: Any) -> dict[str, Any]:
    return {"output_types": structure.flat_types(spec), "output_shapes": structure.flat_shapes(spec)}


def _over(resource: Any, initializer: Any, spec: Any) -> Iterator:
    return Iterator(resource, initializer, *(structure.legacy(spec, i) for i in range(3)))


def _named(spec: Any, shared_name: str | None) -> Any:
    return raw.IteratorV2(container="", shared_name=shared_name or "", **_described(spec))


def initializable(dataset: Dataset, shared_name: str | None = None) -> Iterator:
    """An iterator that starts a pass whenever its initializer is run."""
    handle = dataset._variant_tensor
    with colocate_with(handle):
        resource = _named(dataset.element_spec, shared_name)
        initializer = raw.MakeIterator(dataset=handle, iterator=resource)
        return _over(resource, initializer, dataset.element_spec)


_STATE = ("VariableV2", "Variable", "VarHandleOp", "HashTableV2", "MutableHashTableV2", "FIFOQueueV2", "RandomShuffleQueueV2")


def one_shot(dataset: Dataset) -> Iterator:
    """An iterator over what a function of the graph without arguments makes."""
    handle = dataset._variant_tensor
    seen, waiting = set(), [handle.op]
    while waiting:
        op = waiting.pop()
        if op in seen:
            continue
        seen.add(op)
        if op.type.startswith("Placeholder"):
            raise ValueError(f"Cannot capture a placeholder (name:{op.name}, type:{op.type}) by value.")
        if op.type in _STATE:
            raise ValueError(
                f"Cannot capture a stateful node (name:{op.name}, type:{op.type}) by value.: A likely cause of this error is that the "
                "dataset for which you are calling `make_one_shot_iterator()` captures a stateful object, such as a `tf.Variable` or "
                "`tf.lookup.StaticHashTable`, which is not supported. Use `make_initializable_iterator()` instead."
            )
        waiting.extend(t.op for t in op.inputs)
        waiting.extend(op.control_inputs)
    factory = _native.define_part(handle.graph, "_make_dataset", [handle])
    with colocate_with(handle):
        resource = raw.OneShotIterator(dataset_factory=factory, **_described(dataset.element_spec))
        return _over(resource, None, dataset.element_spec)
