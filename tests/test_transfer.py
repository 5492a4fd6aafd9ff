"""Graphs as messages and files: import, export, freezing, cutting."""

import graphpb as tf
import numpy as np
import pytest
from graphpb import protos


@pytest.fixture
def message():
    with tf.Graph().as_default() as g:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        tf.add(x, 1.0, name="y")
    return g.as_graph_def()


def test_import_puts_a_prefix(message):
    with tf.Graph().as_default() as g:
        tf.import_graph_def(message)
        tf.import_graph_def(message, name="")
        (y,) = tf.import_graph_def(message, name="again", return_elements=["y:0"])
        assert [op.name for op in g.get_operations()] == ["import/x", "import/y/y", "import/y", "x", "y/y", "y", "again/x", "again/y/y", "again/y"]
        assert y is g.get_tensor_by_name("again/y:0") and y.shape.as_list() == [None, 2]


def test_import_replaces_inputs(message):
    with tf.Graph().as_default():
        z = tf.constant([[1.0, 2.0]])
        (y,) = tf.import_graph_def(message, {"x:0": z}, ["y:0"])
        with tf.Session() as sess:
            assert sess.run(y).tolist() == [[2, 3]]


def test_import_refuses_unknown_names(message):
    with tf.Graph().as_default():
        with pytest.raises(ValueError, match=r"Attempted to map inputs that were not found in graph_def: \[zz:0\]"):
            tf.import_graph_def(message, {"zz:0": tf.constant(1.0)})
        with pytest.raises(ValueError, match="Requested return tensor 'zz:0' not found in graph def"):
            tf.import_graph_def(message, return_elements=["zz:0"])
        with pytest.raises(TypeError):
            tf.import_graph_def(3)


def test_export_round_trip(message):
    with tf.Graph().as_default() as g:
        tf.import_graph_def(message, name="")
    assert g.as_graph_def() == message
    assert protos.GraphDef.FromString(message.SerializeToString()) == message


def test_as_graph_def_from_a_version(message):
    with tf.Graph().as_default() as g:
        tf.import_graph_def(message, name="")
        n = g.version
        tf.constant(1.0, name="later")
    assert [node.name for node in g.as_graph_def(from_version=n).node] == ["later"]
    shapes = g.as_graph_def(add_shapes=True).node[0].attr["_output_shapes"].list.shape[0]
    assert [d.size for d in shapes.dim] == [-1, 2]


def test_freezing_keeps_the_values(tmp_path):
    with tf.Graph().as_default() as g:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        w = tf.Variable(np.array([[1.0], [2.0]], np.float32), name="w")
        tf.matmul(x, w, name="y")
        tf.Variable(3.0, name="unused")
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            sess.run(w.assign(w * 2.0))
            frozen = tf.graph_util.convert_variables_to_constants(sess, g.as_graph_def(), ["y"])
    assert {node.op for node in frozen.node} == {"Placeholder", "Const", "Identity", "MatMul"}
    for name, as_text in (("g.pb", False), ("g.pbtxt", True)):
        path = tf.train.write_graph(frozen, str(tmp_path), name, as_text=as_text)
        data = open(path, "rb").read()
        again = protos.GraphDef()
        if as_text:
            from google.protobuf import text_format

            text_format.Parse(data.decode(), again)
        else:
            again.ParseFromString(data)
        with tf.Graph().as_default():
            (y,) = tf.import_graph_def(again, return_elements=["y:0"])
            with tf.Session() as sess:
                assert sess.run(y, {"import/x:0": [[1.0, 1.0]]}).tolist() == [[6]]


def test_equal_graphs_give_equal_files(tmp_path, message):
    a = tf.train.write_graph(message, str(tmp_path), "a.pb", as_text=False)
    b = tf.train.write_graph(protos.GraphDef.FromString(message.SerializeToString()), str(tmp_path), "b.pb", as_text=False)
    assert open(a, "rb").read() == open(b, "rb").read()


def test_extract_sub_graph(message):
    cut = tf.graph_util.extract_sub_graph(message, ["x"])
    assert [node.name for node in cut.node] == ["x"]
    with pytest.raises(AssertionError, match="nope is not in graph"):
        tf.graph_util.extract_sub_graph(message, ["nope"])


def test_tensor_protos():
    p = tf.make_tensor_proto([[1.0, 2.0]], shape=[2, 2])
    assert tf.make_ndarray(p).tolist() == [[1, 2], [2, 2]] and p.dtype == 1
