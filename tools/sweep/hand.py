"""Graphs by hand for ops that have no samples: variables and their updates, resources, tensor arrays, tensor lists, stacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import graphpb as tf
import numpy as np
from graphpb import _native, raw_ops


def _input(graph: Any, i: int, value: Any, dtype: Any = None) -> Any:
    return tf.constant(value, dtype, name=f"in{i}")


def _variables() -> Iterator[tuple[str, Any]]:
    for name in sorted(_native.op_names()):
        if (
            not any(w in name for w in ("Scatter", "Apply", "Assign", "CountUpTo", "ResourceGather", "VariableShape", "ReadVariableOp"))
            or "TensorArray" in name
            or "TensorList" in name
        ):
            continue
        d = _native.op_def(name)
        args = d["inputs"]
        if not any(a["is_ref"] or a["type"] == 20 for a in args):
            continue
        integer = "CountUpTo" in name
        graph = tf.Graph()
        with graph.as_default():
            inputs, k = {}, 0
            for a in args:
                ref, resource = a["is_ref"], a["type"] == 20
                value: Any = np.float32([[1, 2], [3, 4], [5, 6], [7, 8]])
                if integer:
                    value = np.int32(3)
                if ref:
                    v = raw_ops.VariableV2(shape=value.shape, dtype=tf.int32 if integer else tf.float32, name=f"v{k}")
                    raw_ops.Assign(ref=v, value=tf.constant(value, name=f"in{k}"), name=f"v{k}_assign")
                elif resource:
                    v = raw_ops.VarHandleOp(shape=value.shape, dtype=tf.int32 if integer else tf.float32, shared_name=f"v{k}", name=f"v{k}")
                    raw_ops.AssignVariableOp(resource=v, value=tf.constant(value, name=f"in{k}"), name=f"v{k}_assign")
                elif "indices" in a["name"]:
                    v = tf.constant(np.int32([[0], [2]] if "Nd" in name else [0, 2]), name=f"in{k}")
                elif a["name"] in ("updates",) or (a["name"] == "grad" and "Sparse" in name):
                    v = tf.constant(np.float32([[1, 2], [3, 4]]), name=f"in{k}")
                elif a["name"] in ("grad", "delta", "gradient", "value"):
                    v = tf.constant(value, name=f"in{k}")
                elif a["name"] == "global_step":
                    v = tf.constant(np.int64(3), name=f"in{k}")
                else:
                    v = tf.constant(np.float32(0.5), name=f"in{k}")
                inputs[a["name"]] = v
                k += 1
            attrs = {}
            for attr in d["attrs"]:
                if attr["name"] == "limit":
                    attrs["limit"] = 10
                if attr["name"] == "dtype" and name in ("ReadVariableOp", "ResourceGather", "ResourceGatherNd"):
                    attrs["dtype"] = tf.float32
                if attr["name"] == "T" and name == "ResourceCountUpTo":
                    attrs["T"] = tf.int32
            try:
                out = getattr(raw_ops, name)(**inputs, **attrs, name="op")
                if isinstance(out, tf.Operation) or out is None:
                    op = graph.get_operation_by_name("op")
                    with tf.control_dependencies([op]):
                        first = graph.get_operation_by_name("v0").outputs[0]
                        if first.dtype == tf.resource:
                            raw_ops.ReadVariableOp(resource=first, dtype=tf.float32, name="op_read")
                        else:
                            tf.identity(first, name="op_read")
            except Exception as e:
                print("by hand:", name, e)
                continue
        yield name, graph.as_graph_def()


def _one(build: Any) -> Any:
    graph = tf.Graph()
    with graph.as_default():
        build()
    return graph.as_graph_def()


def _arrays() -> Iterator[tuple[str, Any]]:
    def array(size: int = 3) -> tuple[Any, Any]:
        return raw_ops.TensorArrayV3(size=tf.constant(size, name="in0"), dtype=tf.float32, name="op_array")

    def write() -> None:
        h, f = array()
        f = raw_ops.TensorArrayWriteV3(
            handle=h, index=tf.constant(1, name="in1"), value=tf.constant(np.float32([1, 2]), name="in2"), flow_in=f, name="op_write"
        )
        raw_ops.TensorArrayReadV3(handle=h, index=tf.constant(1, name="in3"), flow_in=f, dtype=tf.float32, name="op_read")

    def scatter() -> None:
        h, f = array()
        f = raw_ops.TensorArrayScatterV3(
            handle=h,
            indices=tf.constant([0, 2, 1], name="in1"),
            value=tf.constant(np.float32([[1, 2], [3, 4], [5, 6]]), name="in2"),
            flow_in=f,
            name="op_scatter",
        )
        raw_ops.TensorArrayGatherV3(handle=h, indices=tf.constant([2, 0], name="in3"), flow_in=f, dtype=tf.float32, name="op_gather")

    def split() -> None:
        h, f = array()
        f = raw_ops.TensorArraySplitV3(
            handle=h,
            value=tf.constant(np.float32([[1, 2], [3, 4], [5, 6]]), name="in2"),
            lengths=tf.constant(np.int64([1, 0, 2]), name="in1"),
            flow_in=f,
            name="op_split",
        )
        raw_ops.TensorArrayConcatV3(handle=h, flow_in=f, dtype=tf.float32, name="op_concat")

    def size() -> None:
        h, f = array()
        raw_ops.TensorArraySizeV3(handle=h, flow_in=f, name="op_size")

    yield "TensorArrayWriteV3", _one(write)
    yield "TensorArrayScatterV3", _one(scatter)
    yield "TensorArraySplitV3", _one(split)
    yield "TensorArraySizeV3", _one(size)


def _lists() -> Iterator[tuple[str, Any]]:
    value = np.float32([[1, 2], [3, 4], [5, 6]])

    def shape() -> Any:
        return tf.constant([2], name="in0")

    def reserve() -> Any:
        return raw_ops.TensorListReserve(element_shape=shape(), num_elements=tf.constant(3, name="in1"), element_dtype=tf.float32, name="op_reserve")

    def stack() -> None:
        raw_ops.TensorListStack(
            input_handle=reserve(), element_shape=tf.constant([2], name="in2"), element_dtype=tf.float32, num_elements=3, name="op_stack"
        )

    def set_item() -> None:
        h = raw_ops.TensorListSetItem(input_handle=reserve(), index=tf.constant(1, name="in2"), item=tf.constant(value[0], name="in3"), name="op_set")
        raw_ops.TensorListGetItem(
            input_handle=h, index=tf.constant(1, name="in4"), element_shape=tf.constant([2], name="in5"), element_dtype=tf.float32, name="op_get"
        )

    def from_tensor() -> None:
        h = raw_ops.TensorListFromTensor(tensor=tf.constant(value, name="in1"), element_shape=shape(), name="op_from")
        raw_ops.TensorListGather(
            input_handle=h,
            indices=tf.constant([2, 0], name="in2"),
            element_shape=tf.constant([2], name="in3"),
            element_dtype=tf.float32,
            name="op_gather",
        )

    def scatter() -> None:
        h = raw_ops.TensorListScatterV2(
            tensor=tf.constant(value, name="in1"),
            indices=tf.constant([0, 3, 1], name="in2"),
            element_shape=shape(),
            num_elements=tf.constant(5, name="in3"),
            name="op_scatter",
        )
        h = raw_ops.TensorListResize(input_handle=h, size=tf.constant(4, name="in4"), name="op_resize")
        raw_ops.TensorListStack(input_handle=h, element_shape=tf.constant([2], name="in5"), element_dtype=tf.float32, name="op_stack")

    def split() -> None:
        h = raw_ops.TensorListSplit(
            tensor=tf.constant(value, name="in1"),
            element_shape=tf.constant([-1, 2], name="in0"),
            lengths=tf.constant(np.int64([1, 2]), name="in2"),
            name="op_split",
        )
        raw_ops.TensorListConcatV2(
            input_handle=h,
            element_shape=tf.constant([-1, 2], name="in3"),
            leading_dims=tf.constant(np.int64([]), name="in4"),
            element_dtype=tf.float32,
            name="op_concat",
        )

    def push() -> None:
        h = raw_ops.EmptyTensorList(element_shape=shape(), max_num_elements=tf.constant(2, name="in1"), element_dtype=tf.float32, name="op_empty")
        h = raw_ops.TensorListPushBack(input_handle=h, tensor=tf.constant(value[0], name="in2"), name="op_push")
        raw_ops.TensorListPopBack(input_handle=h, element_shape=tf.constant([2], name="in3"), element_dtype=tf.float32, name="op_pop")

    def length() -> None:
        raw_ops.TensorListLength(input_handle=reserve(), name="op_length")

    for build in (stack, set_item, from_tensor, scatter, split, push, length):
        yield f"TensorList_{build.__name__}", _one(build)


def graphs() -> Iterator[tuple[str, Any]]:
    """(op, GraphDef) of every graph."""
    yield from _variables()
    yield from _arrays()
    yield from _lists()
