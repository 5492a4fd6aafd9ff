"""variable_scope, get_variable, templates, partitioned variables: names, sharing and refusals, as section 2 of TF1's rules has them."""

import graphpb as tf
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


def refused(kind, phrase, function):
    with pytest.raises(kind) as error:
        function()
    assert phrase in str(error.value)


def test_variable_names_follow_variable_scopes_only():
    with tf.variable_scope("vs"), tf.name_scope("inner"):
        v = tf.get_variable("w", [1])
        assert v.name == "vs/w:0" and tf.constant(1.0).name == "vs/inner/Const:0"


def test_reentry_shares_names_but_not_op_scopes():
    with tf.variable_scope("foo") as first:
        assert first.original_name_scope == "foo/"
    with tf.variable_scope("foo") as second:
        assert second.name == "foo" and second.original_name_scope == "foo_1/"
    with tf.variable_scope("bar"), tf.variable_scope(first) as third:
        assert third.name == "foo" and third.original_name_scope == "foo/" and tf.constant(0).name == "bar/foo/Const:0"


def test_default_names_count_within_their_scope():
    names = []
    for _ in range(2):
        with tf.variable_scope("outer"):
            for _ in range(2):
                with tf.variable_scope(None, "dn") as scope:
                    names.append(scope.name)
    assert names == ["outer/dn", "outer/dn_1", "outer/dn", "outer/dn_1"]


def test_reuse_is_inherited_and_cannot_be_unset():
    with tf.variable_scope("a", reuse=tf.AUTO_REUSE) as a, tf.variable_scope("b", reuse=False) as b:
        assert a.reuse is tf.AUTO_REUSE and b.reuse is tf.AUTO_REUSE
        assert tf.get_variable("v", [2]) is tf.get_variable("v", [2])


def test_get_variable_refuses():
    tf.get_variable("v", [2])
    refused(ValueError, "Variable v already exists, disallowed. Did you mean to set reuse=True", lambda: tf.get_variable("v", [2]))
    refused(ValueError, "did not get an initializer, so its `shape` argument must be specified", lambda: tf.get_variable("n"))
    refused(ValueError, "If initializer is a constant, do not specify shape.", lambda: tf.get_variable("c", [2], initializer=[1.0, 2.0]))
    refused(ValueError, "The initializer passed is not valid.", lambda: tf.get_variable("p", [None, 2]))
    refused(ValueError, "explicit dtype", lambda: tf.get_variable("d", initializer=[1.0], dtype=tf.float64))
    with tf.variable_scope("", reuse=True):
        refused(ValueError, "Variable nope does not exist, or was not created with tf.get_variable().", lambda: tf.get_variable("nope", [1]))
        refused(ValueError, "Trying to share variable v, but specified shape (3,) and found shape (2,).", lambda: tf.get_variable("v", [3]))
        refused(ValueError, "specified dtype int32 and found dtype float32_ref.", lambda: tf.get_variable("v", [2], tf.int32))


def test_variable_scope_refuses():
    refused(TypeError, "If default_name is None then name_or_scope is required", lambda: tf.variable_scope(None))
    refused(ValueError, "The reuse parameter must be True or False or None.", lambda: tf.variable_scope("s", reuse="yes"))
    refused(ValueError, "reuse=True cannot be used without a name_or_scope", lambda: tf.variable_scope(None, "d", reuse=True).__enter__())
    refused(TypeError, "name_or_scope must be a string or VariableScope", lambda: tf.variable_scope(3).__enter__())
    assert tf.get_variable_scope().name == "" and tf.constant(0).name == "Const:0"


def test_the_first_definition_is_told():
    tf.get_variable("v", [2])
    refused(ValueError, "test_variable_scopes.py", lambda: tf.get_variable("v", [2]))


def test_custom_getters_are_composed():
    calls = []

    def tracing(label):
        def getter(getter, name, *args, **kwargs):
            calls.append((label, name))
            return getter(name, *args, **kwargs)

        return getter

    with tf.variable_scope("o", custom_getter=tracing("outer")), tf.variable_scope("i", custom_getter=tracing("inner")):
        tf.get_variable("v", [1])
    assert calls == [("inner", "o/i/v"), ("outer", "o/i/v")]


def test_regularization_losses_are_collected_once():
    def half(w):
        return 0.5 * tf.reduce_sum(w)

    with tf.variable_scope("s", regularizer=half, reuse=tf.AUTO_REUSE):
        for _ in range(2):
            tf.get_variable("v", [3], initializer=tf.ones_initializer())
    (loss,) = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(tf.add_n([loss, 1.0])) == 2.5


def test_default_initializers():
    tf.set_random_seed(7)
    v, i, b = tf.get_variable("f", [200, 100]), tf.get_variable("i", [3], tf.int32), tf.get_variable("b", [2], tf.bool)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        f, i, b = session.run([v, i, b])
    limit = np.sqrt(6 / 300)
    assert np.abs(f).max() <= limit and np.abs(f).max() > 0.99 * limit and abs(f.mean()) < 0.001
    assert not i.any() and not b.any()


def test_template_makes_variables_once():
    template = tf.make_template("t", lambda x: x * tf.get_variable("scale", [], initializer=tf.constant_initializer(3.0)))
    first, second = template(1.0), template(2.0)
    assert [v.name for v in tf.global_variables()] == ["t/scale:0"]
    assert (first.name, second.name) == ("t/mul:0", "t_1/mul:0")
    assert template.variables == tf.global_variables()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run([first, second]) == [3.0, 6.0]


def test_template_refuses_new_variables():
    template = tf.make_template("t", lambda: tf.Variable(1.0))
    template()
    refused(ValueError, "Trainable variable created when calling a template after the first time", template)


def test_partitioned_variable_has_uneven_parts_and_reads_whole():
    table = tf.get_variable("table", [7, 2], initializer=tf.ones_initializer(), partitioner=tf.fixed_size_partitioner(3))
    assert [v.shape.as_list() for v in table] == [[3, 2], [2, 2], [2, 2]]
    assert [v.op.name for v in tf.global_variables()] == ["table/part_0", "table/part_1", "table/part_2"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(tf.reduce_sum(table)) == 14.0
    refused(
        ValueError,
        "A partitioned Variable must have rank at least 1",
        lambda: tf.get_variable("s", tf.TensorShape([]), partitioner=tf.fixed_size_partitioner(2)),
    )


def test_partitioners_count_bytes():
    by_bytes = tf.variable_axis_size_partitioner(24)
    assert by_bytes(shape=tf.TensorShape([10, 3]), dtype=tf.float32) == [5, 1]
    assert tf.min_max_variable_partitioner(3, min_slice_size=40)(shape=tf.TensorShape([10, 3]), dtype=tf.float32) == [3, 1]


def test_resource_variables_are_chosen_by_argument_scope_or_switch():
    kinds = [tf.Variable(1.0, use_resource=True)]
    with tf.variable_scope("s", use_resource=True):
        kinds += [tf.Variable(1.0), tf.get_variable("v", [1])]
    assert [v.op.type for v in kinds] == ["VarHandleOp"] * 3 and tf.Variable(1.0).op.type == "VariableV2"
    assert kinds[0].dtype == tf.float32 and kinds[2].name == "s/v:0"


def test_resource_variable_runs():
    v = tf.Variable([1.0, 2.0], use_resource=True)
    after = v.assign_add([1.0, 1.0])
    with tf.Session() as session:
        session.run(v.initializer)
        assert session.run(after).tolist() == [2.0, 3.0] and session.run(v).tolist() == [2.0, 3.0]
        v.load([5.0, 6.0], session)
        assert session.run(2.0 * v).tolist() == [10.0, 12.0]
