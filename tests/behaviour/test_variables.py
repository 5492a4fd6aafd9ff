"""tf.Variable: creation, assignment, collections, names."""

import numpy as np
import pytest


def test_members(tf):
    v = tf.Variable([1.0, 2.0], name="v")
    assert v.name == "v:0" and v.op.name == "v" and v.op.type == "VariableV2" and v.shape.as_list() == [2] and v.get_shape().as_list() == [2]
    assert v.initializer.name == "v/Assign" and v.value().name == "v/read:0" and v.graph is tf.get_default_graph()
    assert tf.global_variables() == [v] and tf.trainable_variables() == [v]
    assert v.trainable is True and v.device == ""


def test_assign_returns_the_new_value(tf):
    v = tf.Variable([1.0, 2.0])
    with tf.Session() as s:
        s.run(v.initializer)
        assert s.run(v.assign([3.0, 4.0])).tolist() == [3.0, 4.0]
        assert s.run(v.assign_add([1.0, 1.0])).tolist() == [4.0, 5.0]
        assert s.run(tf.assign_sub(v, [1.0, 0.0])).tolist() == [3.0, 5.0]


def test_eval_and_load(tf):
    v = tf.Variable([1.0, 2.0])
    with tf.Session() as s:
        s.run(v.initializer)
        v.load([7.0, 8.0], s)
        assert v.eval().tolist() == [7.0, 8.0]


def test_wrong_shape_is_seen_while_building(tf):
    v = tf.Variable([1.0, 2.0])
    with pytest.raises(ValueError):
        v.assign([1.0, 2.0, 3.0])


def test_initial_values(tf):
    with pytest.raises((ValueError, TypeError)):
        tf.Variable()
    with pytest.raises(ValueError):
        tf.Variable(tf.placeholder(tf.float32))
    with pytest.raises(TypeError):
        tf.Variable(1.5, dtype=tf.int32)
    assert tf.Variable(np.zeros((2, 3))).dtype.base_dtype == tf.float64
    assert tf.Variable(lambda: tf.zeros([3])).shape.as_list() == [3]


def test_not_trainable(tf):
    v = tf.Variable(1.0, trainable=False)
    assert tf.trainable_variables() == [] and tf.global_variables() == [v]


def test_operators_and_slices(tf):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.Session() as s:
        s.run(v.initializer)
        assert s.run(v[1]).tolist() == [3.0, 4.0] and s.run(v[:, 0]).tolist() == [1.0, 3.0]
        assert s.run(1.0 - v).tolist() == [[0.0, -1.0], [-2.0, -3.0]] and s.run(v @ v).tolist() == [[7.0, 10.0], [15.0, 22.0]]
        assert s.run(-v).tolist() == [[-1.0, -2.0], [-3.0, -4.0]] and s.run(v > 2.0).tolist() == [[False, False], [True, True]]


def test_identity_and_hash(tf):
    v, w = tf.Variable(1.0), tf.Variable(1.0)
    assert v != w and v == v and len({v, w}) == 2


def test_uninitialized_names(tf):
    tf.Variable(1.0, name="a")
    b = tf.Variable(1.0, name="b")
    known = tf.is_variable_initialized(b)
    with tf.Session() as s:
        s.run(b.initializer)
        assert s.run(known)


def test_name_scopes_count(tf):
    with tf.name_scope("s"):
        assert tf.Variable(1.0, name="v").name == "s/v:0"
    with tf.name_scope("s"):
        assert tf.Variable(1.0, name="v").name == "s_1/v:0"


def test_creation_ignores_control_dependencies(tf):
    with tf.control_dependencies([tf.no_op()]):
        v = tf.Variable(1.0)
    assert v.op.control_inputs == [] and v.initializer.control_inputs == []


def test_iteration_is_refused(tf):
    with pytest.raises(TypeError):
        iter(tf.Variable([1.0, 2.0]))


def test_initializer_sees_variables_so_far(tf):
    a = tf.Variable(1.0)
    init = tf.global_variables_initializer()
    b = tf.Variable(2.0)
    with tf.Session() as s:
        s.run(init)
        assert s.run(a) == 1.0
        with pytest.raises(tf.errors.FailedPreconditionError):
            s.run(b)


def test_what_is_ordered_after_an_update_sees_it(tf):
    v = tf.Variable(1.0, name="v")
    early = v + 0.0
    with tf.control_dependencies([v.assign_add(1.0), early]):
        late = v * 10.0
    with tf.Session() as s:
        s.run(v.initializer)
        assert s.run(late) == 20.0
        assert s.run(late) == 30.0


def test_moving_average_follows_the_update_of_the_same_run(tf):
    v, average = tf.Variable(0.0), tf.Variable(0.0)
    train = tf.train.GradientDescentOptimizer(1.0).minimize(-v)
    with tf.control_dependencies([train]):
        follow = tf.assign_sub(average, (average - v) * 0.5)
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        s.run(follow)
        assert s.run([v, average]) == [1.0, 0.5]
