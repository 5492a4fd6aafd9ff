"""The messages of graphpb.protos: TensorFlow's field numbers, any protobuf runtime, nothing loaded before it is used."""

import copy
import pickle
import subprocess
import sys

import pytest
from graphpb import protos

# tf.constant([1., 2.], name="c") serialized by TensorFlow 2.21, attrs in key order.
CONST_BY_TENSORFLOW = bytes.fromhex("0a01631205436f6e73742a0b0a056474797065120230012a1d0a0576616c756512144212080112041202080222080000803f00000040")


def const_node():
    node = protos.NodeDef(name="c", op="Const")
    node.attr["dtype"].type = protos.DT_FLOAT
    node.attr["value"].tensor.dtype = protos.DT_FLOAT
    node.attr["value"].tensor.tensor_shape.dim.add(size=2)
    node.attr["value"].tensor.tensor_content = b"\0\0\x80\x3f\0\0\0\x40"
    return node


def test_bytes_are_tensorflows():
    assert const_node().SerializeToString(deterministic=True) == CONST_BY_TENSORFLOW
    assert protos.NodeDef.FromString(CONST_BY_TENSORFLOW) == const_node()


def test_messages_can_be_pickled_and_copied():
    node = const_node()
    assert pickle.loads(pickle.dumps(node)) == node
    assert copy.deepcopy(node) == node


def test_enums_have_names_and_values():
    assert protos.DataType.Name(1) == "DT_FLOAT"
    assert protos.DT_FLOAT_REF == protos.DT_FLOAT + 100
    assert protos.SaverDef.V2 == 2


def test_an_empty_list_attr_is_kept():
    node = protos.NodeDef()
    node.attr["shapes"].list.SetInParent()
    assert protos.NodeDef.FromString(node.SerializeToString()).attr["shapes"].WhichOneof("value") == "list"


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'Graph'"):
        getattr(protos, "Graph")  # noqa: B009


def test_importing_the_module_does_not_load_protobuf():
    code = "import sys, graphpb.protos; sys.exit(any(m.startswith('google.protobuf') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
