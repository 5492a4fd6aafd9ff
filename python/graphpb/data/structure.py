"""What the elements of a dataset look like: specs of their components, nested in tuples and dicts. A list is a tensor here."""

from __future__ import annotations

import collections.abc
from collections.abc import Callable
from typing import Any

from graphpb import dtypes
from graphpb.graph import core
from graphpb.graph.composite import SparseTensor
from graphpb.graph.convert import convert_to_tensor
from graphpb.shapes import TensorShape, as_shape


class TensorSpec:
    """The type and shape of a component that is a tensor."""

    def __init__(self, shape: Any, dtype: Any = dtypes.float32, name: str | None = None):
        self.shape = as_shape(shape)
        self.dtype = dtypes.as_dtype(dtype)
        self.name = name

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self.shape}, dtype={self.dtype!r}, name={self.name!r})".replace("<dtype: '", "tf.").replace("'>", "")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorSpec) and other.dtype == self.dtype and other.shape.as_proto() == self.shape.as_proto()

    def __hash__(self) -> int:
        return hash(self.dtype)

    value_type = core.Tensor

    # The parts of an element that stand for the component: their types and shapes, and the way there and back.

    def flat(self) -> list[tuple[Any, TensorShape]]:
        return [(self.dtype, self.shape)]

    def to_parts(self, value: Any) -> list[Any]:
        return [convert_to_tensor(value)]

    def from_parts(self, parts: list[Any]) -> Any:
        parts[0].set_shape(self.shape)
        return parts[0]

    def legacy(self) -> tuple[Any, Any, Any]:
        """Type, shape and class, as `output_types`, `output_shapes` and `output_classes` show them."""
        return self.dtype, self.shape, core.Tensor

    def batched(self, size: int | None) -> TensorSpec:
        return TensorSpec(TensorShape([size]).concatenate(self.shape), self.dtype)

    def unbatched(self) -> TensorSpec:
        if self.shape.ndims == 0:
            raise ValueError("Unbatching a tensor is only supported for rank >= 1")
        return TensorSpec(self.shape[1:], self.dtype)

    def widened(self, other: Any) -> TensorSpec | None:
        """A spec of both, None when there is none."""
        if not isinstance(other, TensorSpec) or other.dtype != self.dtype:
            return None
        a, b = self.shape, other.shape
        if a.ndims is None or a.ndims != b.ndims:
            return TensorSpec(None, self.dtype)
        return TensorSpec([m if m == n else None for m, n in zip(a.as_list(), b.as_list(), strict=True)], self.dtype)


class DatasetSpec:
    """A component that is a dataset."""

    def __init__(self, element_spec: Any, dataset_shape: Any = ()):
        self._element_spec = element_spec
        self._dataset_shape = as_shape(dataset_shape)

    def __repr__(self) -> str:
        return f"DatasetSpec({self._element_spec!r}, {self._dataset_shape!r})"

    @property
    def element_spec(self) -> Any:
        return self._element_spec

    shape = property(lambda self: self._dataset_shape)

    def flat(self) -> list[tuple[Any, TensorShape]]:
        return [(dtypes.variant, self._dataset_shape)]

    def to_parts(self, value: Any) -> list[Any]:
        return [value._variant_tensor]

    def from_parts(self, parts: list[Any]) -> Any:
        from graphpb.data.dataset import Dataset

        if self._dataset_shape.ndims != 0:
            raise ValueError("a component of several datasets has no class: unbatch it first")
        return Dataset(parts[0], self._element_spec, "_VariantDataset")

    def legacy(self) -> tuple[Any, Any, Any]:
        return self, self, self

    def batched(self, size: int | None) -> DatasetSpec:
        return DatasetSpec(self._element_spec, TensorShape([size]).concatenate(self._dataset_shape))

    def unbatched(self) -> DatasetSpec:
        if self._dataset_shape.ndims == 0:
            raise ValueError("Slicing dataset elements is not supported for rank 0.")
        return DatasetSpec(self._element_spec, self._dataset_shape[1:])

    def widened(self, other: Any) -> DatasetSpec | None:
        return self if isinstance(other, DatasetSpec) else None


def is_nested(value: Any) -> bool:
    return isinstance(value, (tuple, collections.abc.Mapping))


def _items(value: Any) -> list[Any]:
    return [value[key] for key in sorted(value)] if isinstance(value, collections.abc.Mapping) else list(value)


def flatten(value: Any) -> list[Any]:
    """The leaves in order; those of a dict by sorted key."""
    return [leaf for item in _items(value) for leaf in flatten(item)] if is_nested(value) else [value]


def pack(structure: Any, leaves: list[Any]) -> Any:
    """The structure with other leaves."""
    given = iter(leaves)

    def packed(part: Any) -> Any:
        if not is_nested(part):
            return next(given)
        items = [packed(item) for item in _items(part)]
        if isinstance(part, collections.abc.Mapping):
            by_key = dict(zip(sorted(part), items, strict=True))
            return type(part)((key, by_key[key]) for key in part)
        return type(part)(*items) if hasattr(part, "_fields") else tuple(items)

    return packed(structure)


def map_leaves(f: Callable[..., Any], structure: Any, *others: Any) -> Any:
    """The structure with `f` of its leaves and of what stands in their places in the others."""
    leaves = flatten(structure)
    columns = [flatten_up_to(structure, other) for other in others]
    return pack(structure, [f(*row) for row in zip(leaves, *columns, strict=True)])


def flatten_up_to(shallow: Any, deep: Any) -> list[Any]:
    """The parts of `deep` that stand where `shallow` has leaves.

    Raises:
      TypeError: One is a leaf, or a container of another kind, where the other is not.
      ValueError: The lengths differ.
    """
    if not is_nested(shallow):
        return [deep]
    if not is_nested(deep) and isinstance(deep, list):
        deep = tuple(deep)
    if not is_nested(deep):
        raise TypeError(f"If shallow structure is a sequence, input must also be a sequence. Input has type: {type(deep)}.")
    if isinstance(shallow, collections.abc.Mapping) != isinstance(deep, collections.abc.Mapping):
        raise TypeError(
            f"The two structures don't have the same sequence type. Input structure has type {type(deep)}, "
            f"while shallow structure has type {type(shallow)}."
        )
    if len(shallow) != len(deep):
        raise ValueError(
            f"The two structures don't have the same sequence length. Input structure has length {len(deep)}, "
            f"while shallow structure has length {len(shallow)}."
        )
    if isinstance(shallow, collections.abc.Mapping) and set(shallow) != set(deep):
        raise ValueError(f"The two structures don't have the same keys. Input structure has keys {list(deep)}, shallow has {list(shallow)}.")
    return [leaf for s, d in zip(_items(shallow), _items(deep), strict=True) for leaf in flatten_up_to(s, d)]


def spec_of(value: Any) -> Any:
    """The spec of a value: of a tensor, a sparse tensor, a dataset, or a structure of them.

    Raises:
      TypeError: A leaf cannot be converted to a tensor.
    """
    return map_leaves(_spec_of_leaf, value)


def _spec_of_leaf(value: Any) -> Any:
    from graphpb.data.dataset import Dataset

    if isinstance(value, Dataset):
        return DatasetSpec(value.element_spec)
    if isinstance(value, SparseTensor):
        from graphpb.data.sparse import SparseTensorSpec

        return SparseTensorSpec(value.shape, value.dtype)
    if not isinstance(value, core.Tensor):
        value = convert_to_tensor(value)
    return TensorSpec(value.shape, value.dtype.base_dtype)


def normalize(element: Any) -> Any:
    """An element whose leaves are tensors, sparse tensors or datasets."""
    from graphpb.data.dataset import Dataset

    with core.name_scope("normalize_element"):
        leaves = []
        for i, leaf in enumerate(flatten(element)):
            if not isinstance(leaf, (Dataset, SparseTensor)):
                leaf = convert_to_tensor(leaf, name=f"component_{i}")
            leaves.append(leaf)
    return pack(element, leaves)


def to_parts(spec: Any, value: Any) -> list[Any]:
    """The tensors that stand for a value."""
    return [part for s, v in zip(flatten(spec), flatten_up_to(spec, value), strict=True) for part in s.to_parts(v)]


def from_parts(spec: Any, parts: list[Any]) -> Any:
    """The value that tensors stand for."""
    leaves, at = [], 0
    for leaf in flatten(spec):
        n = len(leaf.flat())
        leaves.append(leaf.from_parts(parts[at : at + n]))
        at += n
    return pack(spec, leaves)


def flat_types(spec: Any) -> list[Any]:
    return [dtype for leaf in flatten(spec) for dtype, _ in leaf.flat()]


def flat_shapes(spec: Any) -> list[TensorShape]:
    return [shape for leaf in flatten(spec) for _, shape in leaf.flat()]


def from_legacy(types: Any, shapes: Any = None, classes: Any = None) -> Any:
    """The spec for structures of types, shapes (None: unknown) and classes (None: tensors).

    Raises:
      TypeError, ValueError: The structures nest differently.
    """
    from graphpb.data.sparse import SparseTensorSpec

    flat = flatten(types)
    sizes = [None] * len(flat) if shapes is None else flatten_up_to(types, shapes)
    kinds = [None] * len(flat) if classes is None else flatten_up_to(types, classes)
    specs = []
    for dtype, shape, kind in zip(flat, sizes, kinds, strict=True):
        if isinstance(dtype, DatasetSpec):
            specs.append(dtype)
        elif kind is SparseTensor:
            specs.append(SparseTensorSpec(shape, dtype))
        else:
            specs.append(TensorSpec(shape, dtype))
    return pack(types, specs)


def legacy(spec: Any, which: int) -> Any:
    """`output_types` (0), `output_shapes` (1) or `output_classes` (2)."""
    return map_leaves(lambda leaf: leaf.legacy()[which], spec)
