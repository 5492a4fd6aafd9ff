"""Graphs: default stacks, lookups, import and export, finalizing, collections."""

import pytest


def test_default_graphs_nest(tf):
    outer = tf.get_default_graph()
    with tf.Graph().as_default() as inner:
        assert tf.get_default_graph() is inner and tf.constant(1).graph is inner
    assert tf.get_default_graph() is outer


def test_tensors_of_two_graphs_do_not_mix(tf):
    a = tf.constant(1.0)
    with tf.Graph().as_default():
        b = tf.constant(2.0)
    with pytest.raises(ValueError, match="must be from the same graph"):
        tf.add(a, b)


def test_lookups(tf):
    graph = tf.get_default_graph()
    c = tf.constant(1.0, name="c")
    assert graph.get_tensor_by_name("c:0") is c and graph.get_operation_by_name("c") is c.op
    assert graph.as_graph_element("c") is c.op and graph.as_graph_element(c) is c
    assert [op.name for op in graph.get_operations()] == ["c"]
    with pytest.raises(KeyError, match="refers to a Tensor which does not exist"):
        graph.get_tensor_by_name("nope:0")
    with pytest.raises(KeyError, match="refers to an Operation not in the graph"):
        graph.get_operation_by_name("nope")
    with pytest.raises(ValueError):
        graph.get_tensor_by_name("c")
    with pytest.raises(ValueError, match="appears to refer to a Tensor, not a Operation"):
        graph.get_operation_by_name("c:0")


def test_finalized_graph(tf):
    graph = tf.get_default_graph()
    graph.finalize()
    with pytest.raises(RuntimeError, match="Graph is finalized and cannot be modified"):
        tf.constant(1.0)
    assert graph.finalized


def test_export_import_and_mapping(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    tf.multiply(x, 3.0, name="y")
    graph_def = tf.get_default_graph().as_graph_def()
    with tf.Graph().as_default():
        mine = tf.constant([1.0, 2.0])
        y, op = tf.import_graph_def(graph_def, input_map={"x:0": mine}, return_elements=["y:0", "y"])
        assert y.name == "import/y:0" and op is y.op
        with tf.Session() as s:
            assert s.run(y).tolist() == [3.0, 6.0]
        tf.import_graph_def(graph_def, name="deep/er")
        assert tf.get_default_graph().get_tensor_by_name("deep/er/y:0").shape.as_list() == [2]
        tf.import_graph_def(graph_def, name="")
        assert tf.get_default_graph().get_operation_by_name("y").type == "Mul"


def test_import_errors(tf):
    tf.placeholder(tf.float32, [2], name="x")
    graph_def = tf.get_default_graph().as_graph_def()
    with tf.Graph().as_default():
        with pytest.raises(ValueError, match="Attempted to map inputs that were not found in graph_def"):
            tf.import_graph_def(graph_def, input_map={"zz:0": tf.constant(1.0)})
        with pytest.raises(ValueError, match="Requested return"):
            tf.import_graph_def(graph_def, return_elements=["zz:0"])


def test_graph_def_bytes_are_deterministic(tf):
    def make():
        with tf.Graph().as_default() as graph:
            x = tf.placeholder(tf.float32, [None, 2], name="x")
            tf.nn.softmax(tf.matmul(x, [[1.0, 2.0], [3.0, 4.0]]), name="y")
            return graph.as_graph_def()

    assert make().node == make().node


def test_collections(tf):
    tf.add_to_collection("k", 1)
    tf.add_to_collection("k", 2)
    assert tf.get_collection("k") == [1, 2] and tf.get_collection("none") == []
    copy = tf.get_collection("k")
    copy.append(3)
    assert tf.get_collection("k") == [1, 2]
    tf.get_collection_ref("live").append("x")
    assert tf.get_collection("live") == ["x"]
    tf.get_default_graph().clear_collection("k")
    assert tf.get_collection("k") == []
    assert tf.GraphKeys.GLOBAL_VARIABLES == "variables" and tf.GraphKeys.TRAINABLE_VARIABLES == "trainable_variables"


def test_collections_filter_by_scope(tf):
    with tf.name_scope("a"):
        v = tf.Variable(1.0)
    tf.Variable(1.0, name="b")
    assert tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, "a") == [v]


def test_control_dependencies_take_many_kinds(tf):
    c, v = tf.constant(1.0, name="c"), tf.Variable(1.0, name="v")
    with tf.control_dependencies([c, c.op, v]):
        n = tf.no_op()
    assert sorted(op.name for op in n.control_inputs) == ["c", "v"]
    with pytest.raises(TypeError, match="Can not convert a int into a Tensor or Operation"):
        with tf.control_dependencies([1]):
            pass


def test_devices_are_kept(tf):
    with tf.device("/cpu:0"):
        a = tf.constant(1.0)
        with tf.device(None):
            b = tf.constant(1.0)
    assert a.device.lower().endswith("cpu:0") and b.device == ""


def test_version_of_the_graph_grows(tf):
    before = tf.get_default_graph().version
    tf.constant(1.0)
    assert tf.get_default_graph().version > before
