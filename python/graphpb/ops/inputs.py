"""Placeholders: tensors whose values are fed."""

from __future__ import annotations

from typing import Any

from graphpb import dtypes, shapes
from graphpb.graph.composite import SparseTensor
from graphpb.ops import raw


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Any:
    """A tensor that must be fed.

    Args:
      dtype: its type.
      shape: its static shape; None for any, None entries for unknown sizes.
    """
    return raw.Placeholder(dtype=dtype, shape=shapes.TensorShape(shape), name=name)


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Any:
    """A tensor that passes `input` on when it is not fed.

    Args:
      input: the default value.
      shape: its static shape, which that of `input` must fit.
    """
    return raw.PlaceholderWithDefault(input=input, shape=shapes.TensorShape(shape), name=name)


def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> SparseTensor:
    """A SparseTensor that must be fed (with a SparseTensorValue, or `(indices, values, shape)`)."""
    rank = None
    if shape is None:
        dense = placeholder(dtypes.int64, [rank], None if name is None else f"{name}/shape")
    else:
        from graphpb.graph.convert import convert_to_tensor

        dims = shapes.TensorShape(shape).as_list()
        rank = len(dims)
        if None in dims:
            dense = placeholder(dtypes.int64, [rank], None if name is None else f"{name}/shape")
        else:
            dense = convert_to_tensor(dims, dtypes.int64, name=None if name is None else f"{name}/shape")
    return SparseTensor(
        values=placeholder(dtype, [None], None if name is None else f"{name}/values"),
        indices=placeholder(dtypes.int64, [None, rank], None if name is None else f"{name}/indices"),
        dense_shape=dense,
    )
