"""Components of elements that are sparse tensors: three variants that stand for indices, values and shape."""

from __future__ import annotations

from typing import Any

from graphpb import dtypes
from graphpb.graph.composite import SparseTensor
from graphpb.ops import raw
from graphpb.shapes import TensorShape, as_shape


class SparseTensorSpec:
    """The type and dense shape of a component that is a sparse tensor."""

    def __init__(self, shape: Any = None, dtype: Any = dtypes.float32):
        self.shape = as_shape(shape)
        self.dtype = dtypes.as_dtype(dtype)

    def __repr__(self) -> str:
        return f"SparseTensorSpec({self.shape!r}, tf.{self.dtype.name})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SparseTensorSpec) and other.dtype == self.dtype and other.shape.as_proto() == self.shape.as_proto()

    def __hash__(self) -> int:
        return hash(self.dtype)

    value_type = SparseTensor

    def flat(self) -> list[tuple[Any, TensorShape]]:
        return [(dtypes.variant, TensorShape(None))]

    def to_parts(self, value: Any) -> list[Any]:
        return [
            raw.SerializeSparse(sparse_indices=value.indices, sparse_values=value.values, sparse_shape=value.dense_shape, out_type=dtypes.variant)
        ]

    def to_rows(self, value: Any) -> list[Any]:
        """The rows of the sparse tensor, one serialized tensor each."""
        return [
            raw.SerializeManySparse(sparse_indices=value.indices, sparse_values=value.values, sparse_shape=value.dense_shape, out_type=dtypes.variant)
        ]

    def from_parts(self, parts: list[Any]) -> SparseTensor:
        indices, values, shape = raw.DeserializeSparse(serialized_sparse=parts[0], dtype=self.dtype)
        rank = self.shape.ndims
        if rank is not None:
            indices.set_shape([None, rank])
            shape.set_shape([rank])
        made = SparseTensor(indices, values, shape)
        return made

    def legacy(self) -> tuple[Any, Any, Any]:
        return self.dtype, self.shape, SparseTensor

    def batched(self, size: int | None) -> SparseTensorSpec:
        return SparseTensorSpec(TensorShape([size]).concatenate(self.shape), self.dtype)

    def unbatched(self) -> SparseTensorSpec:
        return SparseTensorSpec(self.shape[1:], self.dtype)

    def widened(self, other: Any) -> SparseTensorSpec | None:
        if not isinstance(other, SparseTensorSpec) or other.dtype != self.dtype:
            return None
        return self if other == self else SparseTensorSpec(None, self.dtype)
