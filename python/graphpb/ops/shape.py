"""Shapes as tensors: shape, shape_n, size, rank, and broadcasting of shapes; constants where statically known."""

from graphpb import dtypes
from graphpb.graph.composite import SparseTensor, SparseTensorValue
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw
from graphpb.shapes import Dimension, TensorShape


def shape(input, name=None, out_type=dtypes.int32):
    """Return the shape of a tensor as a vector; a constant when it is fully known.

    Args:
      input: Tensor or SparseTensor.
      name: Name of the node; default `Shape`.
      out_type: int32 or int64.
    """
    with name_scope(name, "Shape", [input]) as name:
        if isinstance(input, (SparseTensor, SparseTensorValue)):
            return raw.Cast(x=input.dense_shape, DstT=out_type)
        input = convert_to_tensor(input)
        if input.shape.is_fully_defined():
            return constant(input.shape.as_list(), out_type, name=name)
        return raw.Shape(input=input, out_type=out_type, name=name)


def shape_tensor(input, optimize=True):
    """The shape as an int32 vector, as the `*_like` functions make it: `Shape/shape_as_tensor` when known and wanted so."""
    with name_scope(None, "Shape", [input]) as name:
        if isinstance(input, (SparseTensor, SparseTensorValue)):
            return raw.Cast(x=input.dense_shape, DstT=dtypes.int32)
        input = convert_to_tensor(input)
        if optimize and input.shape.is_fully_defined():
            return convert_to_tensor(input.shape, name="shape_as_tensor")
        return raw.Shape(input=input, name=name)


def shape_n(input, out_type=dtypes.int32, name=None):
    """Return the shapes of several tensors as a list of vectors."""
    return raw.ShapeN(input=input, out_type=out_type, name=name)


def size(input, name=None, out_type=dtypes.int32):
    """Return the number of elements as a scalar; a constant when the shape is fully known."""
    with name_scope(name, "Size", [input]) as name:
        if isinstance(input, (SparseTensor, SparseTensorValue)):
            return raw.Prod(input=raw.Cast(x=input.dense_shape, DstT=out_type), reduction_indices=0, name=name)
        input = convert_to_tensor(input)
        if input.shape.is_fully_defined():
            return constant(input.shape.num_elements(), out_type, name=name)
        if input.shape.ndims is not None and 0 in input.shape.as_list():
            return constant(0, out_type, name=name)
        return raw.Size(input=input, out_type=out_type, name=name)


def rank(input, name=None):
    """Return the number of axes as an int32 scalar; a constant when it is known."""
    with name_scope(name, "Rank", [input]) as name:
        if isinstance(input, (SparseTensor, SparseTensorValue)):
            return raw.Size(input=input.dense_shape, name=name)
        input = convert_to_tensor(input)
        if input.shape.ndims is not None:
            return constant(input.shape.ndims, dtypes.int32, name=name)
        return raw.Rank(input=input, name=name)


def broadcast_dynamic_shape(shape_x, shape_y):
    """Return the shape that two shapes broadcast to, as a vector of their dtype."""
    return raw.BroadcastArgs(s0=shape_x, s1=shape_y)


def broadcast_static_shape(shape_x, shape_y):
    """Return the TensorShape that two static shapes broadcast to.

    Raises:
      ValueError: The shapes cannot be broadcast.
    """
    x, y = TensorShape(shape_x), TensorShape(shape_y)
    if x.ndims is None or y.ndims is None:
        return TensorShape(None)
    width = max(x.ndims, y.ndims)
    left = [1] * (width - x.ndims) + x.as_list()
    right = [1] * (width - y.ndims) + y.as_list()
    joined = []
    for a, b in zip(left, right, strict=True):
        if a == 1 or b == 1:
            joined.append(b if a == 1 else a)
        elif a is None or b is None:
            joined.append(a if b is None else b)
        elif a == b:
            joined.append(a)
        else:
            raise ValueError(
                f"Incompatible shapes for broadcasting. Two shapes are compatible if for each "
                f"dimension pair they are either equal or one of them is 1. Received: {x} and {y}."
            )
    return TensorShape([Dimension(d) for d in joined])
