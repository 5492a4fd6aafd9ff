"""variable_scope and get_variable: rules and messages."""

import pytest


def test_scope_object(tf):
    with tf.variable_scope("a") as a:
        with tf.variable_scope("b") as b:
            assert b.name == "a/b" and b.original_name_scope == "a/b/"
    assert a.name == "a" and tf.get_variable_scope().name == ""
    with tf.variable_scope("a") as again:
        assert again.original_name_scope == "a_1/"


def test_reuse_is_inherited_and_cannot_be_unset(tf):
    with tf.variable_scope("p", reuse=True):
        with tf.variable_scope("c", reuse=False) as child:
            assert child.reuse is True
    with tf.variable_scope("q", reuse=tf.AUTO_REUSE):
        with tf.variable_scope("c") as child:
            assert child.reuse is tf.AUTO_REUSE
    assert not tf.get_variable_scope().reuse


@pytest.mark.parametrize(
    "make, error, said",
    [
        (
            lambda tf: [tf.get_variable("v", [1]), tf.get_variable("v", [1])],
            ValueError,
            "Variable v already exists, disallowed. Did you mean to set reuse=True or reuse=tf.AUTO_REUSE",
        ),
        (lambda tf: tf.get_variable("noshape"), ValueError, "did not get an initializer"),
        (lambda tf: tf.get_variable("v", [2], initializer=tf.constant([1.0, 2.0])), ValueError, "If initializer is a constant, do not specify shape"),
        (lambda tf: tf.variable_scope("s", reuse="yes").__enter__(), ValueError, "The reuse parameter must be True or False or None"),
        (lambda tf: tf.variable_scope(None).__enter__(), TypeError, "If default_name is None then name_or_scope is required"),
        (lambda tf: tf.variable_scope(3).__enter__(), TypeError, "name_or_scope must be a string or VariableScope"),
        (lambda tf: tf.variable_scope(None, "d", reuse=True).__enter__(), ValueError, "reuse=True cannot be used without a name_or_scope"),
    ],
)
def test_errors(tf, make, error, said):
    with pytest.raises(error, match=said):
        make(tf)


def test_error_when_sharing_another_type(tf):
    with tf.variable_scope("m"):
        tf.get_variable("a", [2, 3])
    with tf.variable_scope("m", reuse=True), pytest.raises(ValueError, match="specified dtype .*int32.* and found dtype .*float32_ref"):
        tf.get_variable("a", [2, 3], dtype=tf.int32)


def test_default_initializers(tf):
    f, i, b = tf.get_variable("f", [3, 3]), tf.get_variable("i", [2], dtype=tf.int32), tf.get_variable("b", [2], dtype=tf.bool)
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        assert abs(s.run(f)).max() <= 1.0 and s.run(i).tolist() == [0, 0] and s.run(b).tolist() == [False, False]


def test_custom_getters_compose(tf):
    seen = []

    def outer(getter, name, *args, **kwargs):
        seen.append("outer")
        return getter(name, *args, **kwargs)

    def inner(getter, name, *args, **kwargs):
        seen.append("inner")
        return getter(name, *args, **kwargs)

    with tf.variable_scope("a", custom_getter=outer), tf.variable_scope("b", custom_getter=inner):
        tf.get_variable("v", [1])
    assert seen == ["inner", "outer"]


def test_scope_collections(tf):
    with tf.variable_scope("net") as scope:
        v = tf.get_variable("v", [1])
        w = tf.get_variable("w", [1], trainable=False)
        tf.add_to_collection("extra", v)
    assert scope.global_variables() == [v, w] and scope.trainable_variables() == [v]
    assert tf.global_variables("net") == [v, w] and tf.trainable_variables(scope="other") == []
    assert tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope="net/v") == [v]


def test_local_variables(tf):
    v = tf.get_local_variable("v", [1], initializer=tf.ones_initializer())
    assert tf.local_variables() == [v] and tf.trainable_variables() == [] and tf.global_variables() == []


def test_template_shares(tf):
    template = tf.make_template("t", lambda x: x * tf.get_variable("w", [], initializer=tf.ones_initializer()))
    first, second = template(tf.constant(1.0)), template(tf.constant(2.0))
    assert len(tf.global_variables()) == 1 and tf.global_variables()[0].name == "t/w:0"
    assert first.name == "t/mul:0" and second.name == "t_1/mul:0"


def test_resource_variables(tf):
    v = tf.get_variable("v", [2], initializer=tf.zeros_initializer(), use_resource=True)
    assert v.op.type == "VarHandleOp" and v.dtype == tf.float32
    with tf.Session() as s:
        s.run(v.initializer)
        s.run(v.assign_add([1.0, 2.0]))
        assert s.run(v).tolist() == [1.0, 2.0] and s.run(v + 1.0).tolist() == [2.0, 3.0]


def test_initialized_value(tf):
    a = tf.Variable(2.0, name="a")
    b = tf.Variable(a.initialized_value() * 3.0, name="b")
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        assert s.run([a, b]) == [2.0, 6.0]
