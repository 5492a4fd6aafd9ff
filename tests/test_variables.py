"""tf.Variable: its nodes, its collections, writing to it."""

import graphpb as tf
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


def nodes(graph):
    return [(op.name, op.type) for op in graph.get_operations()]


def test_nodes_of_a_variable_from_a_value(graph):
    tf.Variable([1.0, 2.0], name="b")
    assert nodes(graph) == [("b/initial_value", "Const"), ("b", "VariableV2"), ("b/Assign", "Assign"), ("b/read", "Identity")]
    assert graph.get_operation_by_name("b/Assign").get_attr("_class") == [b"loc:@b"]
    assert graph.get_operation_by_name("b/read").get_attr("_class") == [b"loc:@b"]


def test_names_follow_the_scope(graph):
    with tf.name_scope("s"):
        v = tf.Variable(1.0)
    assert v.name == "s/Variable:0" and v.op.name == "s/Variable" and v.value().name == "s/Variable/read:0"


def test_collections_and_trainable():
    a = tf.Variable(1.0, trainable=False)
    b = tf.Variable(1.0, collections=["mine"])
    assert tf.global_variables() == [a] and tf.trainable_variables() == [b] and tf.get_collection("mine") == [b]


def test_assignments_return_the_reference():
    v = tf.Variable([1.0, 2.0], name="v")
    a = v.assign([3.0, 4.0])
    assert a.dtype == tf.as_dtype("float32_ref") and a.name == "Assign:0" and a.op.get_attr("use_locking") is False
    assert tf.assign(v, [1.0, 1.0]).op.get_attr("use_locking") is True
    with tf.Session() as sess:
        sess.run(v.initializer)
        assert sess.run(a).tolist() == [3, 4]
        assert sess.run(tf.assign_add(v, [1.0, 1.0])).tolist() == [4, 5]
        assert sess.run(tf.assign_sub(v, [1.0, 2.0])).tolist() == [3, 3]
        assert sess.run(v.read_value()).tolist() == [3, 3]
    with pytest.raises(ValueError):
        v.assign([1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="mutable tensor"):
        from graphpb.ops import raw

        raw.Assign(ref=tf.constant(1.0), value=2.0)


def test_bad_initial_values():
    with pytest.raises(ValueError, match="initial_value must be specified."):
        tf.Variable()
    with pytest.raises(ValueError, match="initial_value must have a shape specified"):
        tf.Variable(tf.placeholder(tf.float32))
    with pytest.raises(TypeError):
        tf.Variable(1.5, dtype=tf.int32)


def test_a_variable_is_a_value():
    v = tf.Variable([1.0, 2.0])
    assert v == v and len({v, v}) == 1
    with pytest.raises(TypeError):
        iter(v)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(v * 2.0 + v[0]).tolist() == [3, 5]
        assert sess.run(1.0 / v).tolist() == [1, 0.5]
        assert sess.run(np.array([1.0, 1.0]) + v).tolist() == [2, 3]
        assert sess.run(tf.reduce_sum(v)) == 3
        assert sess.run(-v).tolist() == [-1, -2]


def test_the_initializer_groups_the_variables_there_are():
    a = tf.Variable(1.0)
    init = tf.global_variables_initializer()
    b = tf.Variable(1.0)
    assert init.name == "init" and init.control_inputs == [a.initializer]
    with tf.Session() as sess:
        sess.run(init)
        assert sess.run(tf.is_variable_initialized(a)) and not sess.run(tf.is_variable_initialized(b))
        assert sess.run(tf.report_uninitialized_variables()).tolist() == [b.op.name.encode()]


def test_nothing_to_initialize():
    op = tf.global_variables_initializer()
    assert op.type == "NoOp" and op.control_inputs == []


def test_proto_round_trip(graph):
    v = tf.Variable([1.0], name="v", trainable=False)
    again = tf.Variable.from_proto(v.to_proto())
    assert again.op is v.op and again.initializer is v.initializer and again.value() is v.value() and again.trainable is False
