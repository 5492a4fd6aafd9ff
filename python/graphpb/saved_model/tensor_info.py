"""`tf.saved_model.utils`: tensors as `TensorInfo` messages, and back."""

from __future__ import annotations

from typing import Any

from graphpb.dtypes import as_dtype
from graphpb.graph import core
from graphpb.graph.composite import SparseTensor


def build_tensor_info(tensor: Any) -> Any:
    """A `TensorInfo` with the name, dtype and static shape of a tensor, or the three names of a SparseTensor."""
    from graphpb import protos

    info = protos.TensorInfo(dtype=as_dtype(tensor.dtype).base_dtype.as_datatype_enum, tensor_shape=tensor.get_shape().as_proto())
    if isinstance(tensor, SparseTensor):
        info.coo_sparse.values_tensor_name = tensor.values.name
        info.coo_sparse.indices_tensor_name = tensor.indices.name
        info.coo_sparse.dense_shape_tensor_name = tensor.dense_shape.name
    else:
        info.name = tensor.name
    return info


def build_tensor_info_from_op(op: Any) -> Any:
    """A `TensorInfo` that names an operation."""
    from graphpb import protos

    return protos.TensorInfo(dtype=protos.DT_INVALID, tensor_shape=protos.TensorShapeProto(unknown_rank=True), name=op.name)


def get_tensor_from_tensor_info(tensor_info: Any, graph: Any = None, import_scope: str | None = None) -> Any:
    """The tensor or SparseTensor that a `TensorInfo` names.

    KeyError: there is none of that name. ValueError: the message names nothing.
    """
    graph = graph or core.get_default_graph()

    def tensor(name: str) -> Any:
        return graph.get_tensor_by_name(f"{import_scope}/{name}" if import_scope else name)

    encoding = tensor_info.WhichOneof("encoding")
    if encoding == "name":
        return tensor(tensor_info.name)
    if encoding == "coo_sparse":
        names = tensor_info.coo_sparse
        return SparseTensor(tensor(names.indices_tensor_name), tensor(names.values_tensor_name), tensor(names.dense_shape_tensor_name))
    raise ValueError(f"Invalid TensorInfo.encoding: {encoding}. Expected `coo_sparse` or `name`.")


def get_element_from_tensor_info(tensor_info: Any, graph: Any = None, import_scope: str | None = None) -> Any:
    """The operation or tensor that a `TensorInfo` names."""
    graph = graph or core.get_default_graph()
    return graph.as_graph_element(f"{import_scope}/{tensor_info.name}" if import_scope else tensor_info.name)
