"""Tensors of one value: zeros, ones, fill and their *_like forms, made as constants where the shape is known and small."""

import numpy as np

from graphpb import dtypes
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.core import Tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw
from graphpb.ops.shape import shape_tensor
from graphpb.shapes import TensorShape

LARGEST_CONSTANT = 1000
"""Shapes with at least this many elements become Fill nodes; TensorFlow's bound."""


def fill(dims, value, name=None):
    """Make a tensor with one value everywhere.

    Args:
      dims: int32 or int64 [rank].
      value: A scalar of any dtype.
      name: Name of the node; default `Fill`.
    """
    return raw.Fill(dims=dims, value=value, name=name)


def zeros(shape, dtype=dtypes.float32, name=None):
    """Make a tensor of zeros (False, or empty strings).

    Args:
      shape: Integers, TensorShape, or int32 or int64 [rank].
      dtype: dtype of the elements.
      name: Scope and name of the nodes; default `zeros`.
    """
    dtype = dtypes.as_dtype(dtype).base_dtype
    value = {"bool": False, "string": ""}.get(dtype.name, 0)
    return _filled(shape, value, dtype, name, "zeros")


def ones(shape, dtype=dtypes.float32, name=None):
    """Make a tensor of ones (True).

    Args:
      shape: Integers, TensorShape, or int32 or int64 [rank].
      dtype: dtype of the elements.
      name: Scope and name of the nodes; default `ones`.
    """
    dtype = dtypes.as_dtype(dtype).base_dtype
    return _filled(shape, dtype.name == "bool" or 1, dtype, name, "ones")


def _filled(shape, value, dtype, name, default_name):
    with name_scope(name, default_name, [shape]) as name:
        if not isinstance(shape, Tensor):
            if _is_small(shape):
                try:
                    return constant(value, shape=shape, dtype=dtype, name=name)
                except (NotImplementedError, TypeError):
                    pass
            try:
                shape = _shape_constant(TensorShape(shape))
            except (TypeError, ValueError):
                shape = convert_to_tensor(shape, dtype=dtypes.int32)
        if shape.shape.ndims in (0, None):
            shape = raw.Reshape(tensor=shape, shape=[-1])
        return fill(shape, constant(value, dtype=dtype), name=name)


def _is_small(shape):
    try:
        return bool(np.prod(shape) < LARGEST_CONSTANT)
    except (NotImplementedError, TypeError):
        return False


def _shape_constant(shape):
    """The shape as a constant named as conversion names it; ValueError when not fully defined."""
    return convert_to_tensor(shape, name="shape_as_tensor")


def zeros_like(tensor, dtype=None, name=None, optimize=True):
    """Make zeros of the shape of a tensor.

    Args:
      tensor: Tensor or value.
      dtype: dtype of the result; default that of `tensor`.
      name: Scope and name of the node; default `zeros_like`.
      optimize: Make a constant when the static shape is fully known.
    """
    with name_scope(name, "zeros_like", [tensor]) as name:
        tensor = convert_to_tensor(tensor, name="tensor")
        if optimize and tensor.shape.is_fully_defined() and tensor.dtype != dtypes.variant:
            return zeros(tensor.shape, dtype=dtype or tensor.dtype, name=name)
        if dtype is not None and dtype != tensor.dtype and dtype != dtypes.variant:
            return zeros(shape_tensor(tensor, optimize), dtype=dtype, name=name)
        return raw.ZerosLike(x=tensor, name=name)


def ones_like(tensor, dtype=None, name=None, optimize=True):
    """Make ones of the shape of a tensor.

    Args:
      tensor: Tensor or value.
      dtype: dtype of the result; default that of `tensor`.
      name: Scope and name of the nodes; default `ones_like`.
      optimize: Use the static shape when it is fully known.
    """
    with name_scope(name, "ones_like", [tensor]) as name:
        tensor = convert_to_tensor(tensor, name="tensor")
        result = ones(shape_tensor(tensor, optimize), dtype=tensor.dtype if dtype is None else dtype, name=name)
        result.set_shape(tensor.shape)
        return result


def eye(num_rows, num_columns=None, batch_shape=None, dtype=dtypes.float32, name=None):
    """Make identity matrices.

    Args:
      num_rows: Integer scalar.
      num_columns: Integer scalar; default `num_rows`.
      batch_shape: int32 or int64 [batch_rank] of leading axes.
      dtype: dtype of the elements.
      name: Scope of the nodes; default `eye`.

    Returns:
      A tensor [batch_shape..., num_rows, num_columns].
    """
    with name_scope(name, default_name="eye", values=[num_rows, num_columns, batch_shape]):
        square = num_columns is None or num_columns is num_rows
        columns = num_rows if num_columns is None else num_columns
        batch = [] if batch_shape is None else batch_shape
        if isinstance(num_rows, Tensor) or isinstance(columns, Tensor):
            length = raw.Minimum(x=num_rows, y=columns)
        else:
            length = min(num_rows, columns)
            square = num_rows == columns
        if isinstance(batch, Tensor) or isinstance(length, Tensor):
            batch = convert_to_tensor(batch, name="shape", dtype=dtypes.int32)
            diagonal_shape = raw.ConcatV2(values=[batch, [length]], axis=0, name="concat")
            whole = None if square else raw.ConcatV2(values=[batch, [num_rows, columns]], axis=0, name="concat")
        else:
            diagonal_shape = [*batch, length]
            whole = [*batch, num_rows, columns]
        diagonal = ones(diagonal_shape, dtype=dtype)
        if square:
            return raw.MatrixDiagV3(diagonal=diagonal, k=0, num_rows=-1, num_cols=-1, padding_value=0, align="RIGHT_LEFT", name="diag")
        return raw.MatrixSetDiagV3(input=zeros(whole, dtype=dtype), diagonal=diagonal, k=0, align="RIGHT_LEFT", name="set_diag")
