"""Values made of several tensors: IndexedSlices and SparseTensor."""

from __future__ import annotations

import collections
from typing import Any

from graphpb import _native, dtypes, shapes
from graphpb.graph.convert import convert_to_tensor, register_tensor_conversion_function

IndexedSlicesValue = collections.namedtuple("IndexedSlicesValue", ["values", "indices", "dense_shape"])
SparseTensorValue = collections.namedtuple("SparseTensorValue", ["indices", "values", "dense_shape"])


class IndexedSlices:
    """Rows of a tensor: `values[i]` belongs to row `indices[i]` of a tensor of shape `dense_shape`. The gradient of a gather.

    Args:
      values: [n, …]. indices: int32 or int64 [n]. dense_shape: 1-D, or None when unknown.
    """

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None):
        self._values, self._indices, self._dense_shape = values, indices, dense_shape

    @property
    def values(self) -> Any:
        return self._values

    @property
    def indices(self) -> Any:
        return self._indices

    @property
    def dense_shape(self) -> Any:
        return self._dense_shape

    @property
    def shape(self) -> shapes.TensorShape:
        """The static shape of the dense tensor."""
        if self._dense_shape is None:
            return shapes.TensorShape(None)
        from graphpb.graph.static import constant_value_as_shape

        return constant_value_as_shape(self._dense_shape)

    def get_shape(self) -> shapes.TensorShape:
        return self.shape

    @property
    def name(self) -> str:
        return self._values.name

    @property
    def device(self) -> str:
        return self._values.device

    @property
    def op(self) -> Any:
        return self._values.op

    @property
    def dtype(self) -> dtypes.DType:
        return self._values.dtype

    @property
    def graph(self) -> Any:
        return self._values.graph

    def consumers(self) -> list[Any]:
        return self._values.consumers()

    def __str__(self) -> str:
        shape = f", dense_shape={self._dense_shape}" if self._dense_shape is not None else ""
        return f"IndexedSlices(indices={self._indices}, values={self._values}{shape})"

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(-self._values, self._indices, self._dense_shape)


class SparseTensor:
    """A tensor of which only some elements are stored.

    Args:
      indices: int64 [n, rank]. values: any type, [n]. dense_shape: int64 [rank].
    """

    def __init__(self, indices: Any, values: Any, dense_shape: Any):
        from graphpb.graph.scopes import name_scope

        with name_scope(None, "SparseTensor", [indices, values, dense_shape]):
            self._indices = convert_to_tensor(indices, name="indices", dtype=dtypes.int64)
            self._values = convert_to_tensor(values, name="values")
            self._dense_shape = convert_to_tensor(dense_shape, name="dense_shape", dtype=dtypes.int64)
        rank = self._indices.shape.with_rank(2)[1:2].merge_with(self._dense_shape.shape.with_rank(1))
        del rank

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """A SparseTensor of a SparseTensorValue or SparseTensor."""
        value = sparse_tensor_value
        if isinstance(value, SparseTensor):
            return value
        if not isinstance(value, SparseTensorValue):
            raise TypeError(f"Argument sparse_tensor_value must be a SparseTensor or SparseTensorValue. Got: {value}.")
        return cls(indices=value.indices, values=value.values, dense_shape=value.dense_shape)

    @property
    def indices(self) -> Any:
        return self._indices

    @property
    def values(self) -> Any:
        return self._values

    @property
    def dense_shape(self) -> Any:
        return self._dense_shape

    @property
    def shape(self) -> shapes.TensorShape:
        from graphpb.graph.static import constant_value_as_shape

        return constant_value_as_shape(self._dense_shape)

    def get_shape(self) -> shapes.TensorShape:
        return self.shape

    @property
    def op(self) -> Any:
        return self._values.op

    @property
    def dtype(self) -> dtypes.DType:
        return self._values.dtype

    @property
    def graph(self) -> Any:
        return self._values.graph

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Run it and return a SparseTensorValue."""
        indices, values, dense_shape = session.run([self._indices, self._values, self._dense_shape], feed_dict) if session else (
            self._indices.eval(feed_dict), self._values.eval(feed_dict), self._dense_shape.eval(feed_dict))  # fmt: skip
        return SparseTensorValue(indices, values, dense_shape)

    def __str__(self) -> str:
        return f"SparseTensor(indices={self._indices}, values={self._values}, dense_shape={self._dense_shape})"

    __repr__ = __str__


def _densify(value: IndexedSlices, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    if dtype is not None and not dtype.is_compatible_with(value.dtype):
        raise ValueError(f"Tensor conversion requested dtype {dtype.name} for IndexedSlices with dtype {value.dtype.name}")
    if value.dense_shape is None:
        raise ValueError(f"Tensor conversion requested for IndexedSlices for which dense_shape is not known: {value}")
    from graphpb.ops import raw

    return raw.UnsortedSegmentSum(data=value.values, segment_ids=value.indices, num_segments=value.dense_shape[0], name=name)


register_tensor_conversion_function(IndexedSlices, _densify, 100)


def is_composite(value: Any) -> bool:
    """Whether the value stands for several tensors."""
    return isinstance(value, (IndexedSlices, SparseTensor))


def components(value: Any) -> list[_native.Tensor]:
    """The tensors of a composite, without those that are None."""
    return [t for t in (value.values, value.indices, value.dense_shape) if t is not None]
