"""Branches and loops as functions: what the file holds, gradients against central differences, errors with the user's line."""

import os
import signal
import threading

import graphpb as tf
import numpy as np
import pytest
from graphpb.compat import tensorflow as compat_tensorflow
from graphpb.contrib.framework import smart_cond


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


def functions():
    return {f.signature.name: f for f in tf.get_default_graph().as_graph_def().library.function}


def ops_of(name):
    return sorted(node.op for node in functions()[name].node_def)


def value(fetch, feeds=None):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetch, feeds)


# What the file holds


def test_a_branch_holds_only_what_its_result_needs():
    x, p = tf.placeholder(tf.float32, []), tf.placeholder(tf.bool, [])

    def branch():
        tf.exp(x)
        return x + 1.0

    tf.cond(p, branch, lambda: x)
    assert ops_of("cond_true") == ["AddV2", "Const"]
    assert ops_of("cond_false") == []
    assert tf.get_default_graph().find("cond").type == "StatelessIf"


def test_a_tensor_is_captured_once_and_through_all_levels():
    x, p = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.bool, [])
    tf.cond(p, lambda: tf.while_loop(lambda i, s: i < 2, lambda i, s: (i + 1, s * x + x), [0, x])[1], lambda: x * x)
    assert len(tf.get_default_graph().find("cond").inputs) == 2
    assert [a.name for a in functions()["cond_true"].signature.input_arg] == ["placeholder"]
    assert len(functions()["cond_while_body"].signature.input_arg) == 3


def test_small_integers_are_copied_so_that_shapes_stay_known():
    x, size = tf.placeholder(tf.float32, [6]), tf.constant([2, 3])
    y = tf.cond(tf.placeholder(tf.bool, []), lambda: tf.reshape(x, size), lambda: tf.zeros([2, 3]))
    assert y.shape.as_list() == [2, 3]
    assert len(tf.get_default_graph().find("cond").inputs) == 2


def test_a_constant_that_a_body_copied_cannot_be_fed():
    n, other = tf.constant(3), tf.constant(1.5)
    out = tf.while_loop(lambda i, s: i < n + 1, lambda i, s: (i + 1, s * other), [0, 1.0])[1]
    assert value(out) == np.float32(1.5**4)
    assert value(out, {other: 2.0}) == 16.0
    with pytest.raises(ValueError, match="Tensor Const:0 may not be fed"):
        value(out, {n: 2})


def test_a_reference_in_a_body_is_the_same_variable_by_name():
    v = tf.Variable(1.0, name="scope/v")
    loop = tf.while_loop(lambda i: i < 3, lambda i: i + tf.cast(tf.assign_add(v, 1.0) > 0.0, tf.int32), [tf.constant(0)])
    (node,) = (n for n in functions()["while_body"].node_def if n.op == "VariableV2")
    assert node.attr["shared_name"].s == b"scope/v"
    assert loop.op.inputs[0].op.type == "While"
    with tf.Session() as session:
        session.run(v.initializer)
        session.run(loop)
        assert session.run(v) == 4.0


def test_function_names_are_unique_and_survive_the_file():
    p = tf.placeholder(tf.bool, [], name="p")
    out = tf.add_n([tf.cond(p, lambda: 1.0, lambda: 2.0, name="pick") for _ in range(3)], name="out")
    assert list(functions()) == ["pick_true", "pick_false", "pick_1_true", "pick_1_false", "pick_2_true", "pick_2_false"]
    graph_def = out.graph.as_graph_def()
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(graph_def, name="")
        assert session.run("out:0", {"p:0": False}) == 6.0


def test_a_body_waits_for_operations_outside():
    v = tf.Variable(0)
    bump = tf.assign_add(v, 1)

    def body(i):
        with tf.control_dependencies([bump]):
            return i + 1

    loop = tf.while_loop(lambda i: i < 3, body, [tf.constant(0)])
    assert [op.name for op in loop.op.inputs[0].op.control_inputs] == [bump.op.name]


def test_collections_of_variables_are_the_graphs_and_tensors_stay_inside():
    def branch():
        v = tf.get_variable("w", [2], initializer=tf.ones_initializer(), regularizer=lambda w: tf.reduce_sum(w))
        tf.add_to_collection("mine", v * 2.0)
        assert len(tf.get_collection("mine")) == 1
        return tf.reduce_sum(v)

    out = tf.cond(tf.placeholder_with_default(True, []), branch, lambda: 0.0)
    assert tf.get_collection("mine") == []
    assert [v.name for v in tf.trainable_variables()] == ["w:0"]
    (loss,) = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    assert value([out, tf.add_n([loss])]) == [2.0, 2.0]


def test_init_scope_lifts_out_of_bodies_and_dependencies():
    outer = tf.get_default_graph()
    seen = []

    def body(i):
        with tf.control_dependencies([i + 1]), tf.init_scope():
            seen.append(tf.get_default_graph())
            assert tf.constant(1.0).op.control_inputs == []
        return i + 1

    tf.while_loop(lambda i: i < 3, body, [0])
    assert seen == [outer]


def test_smart_cond_decides_while_building_where_it_can():
    assert smart_cond(True, lambda: 1, lambda: 2) == 1
    assert smart_cond(tf.constant(False), lambda: 1, lambda: 2) == 2
    assert value(smart_cond(tf.placeholder_with_default(False, []), lambda: 1, lambda: 2)) == 2


def test_the_internal_modules_have_smart_cond():
    assert compat_tensorflow._lookup("python.layers.utils", "smart_cond") is smart_cond
    known = compat_tensorflow._lookup("python.layers.utils", "constant_value")
    assert (known(True), known(tf.constant(False)), known(tf.placeholder(tf.bool, []))) == (True, False, None)


def test_a_variable_that_depends_on_another_is_initialized_in_one_run():
    a = tf.Variable(tf.random_uniform([3], seed=1))
    b = tf.Variable(a.initialized_value() * 2.0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_array_equal(session.run(b), 2.0 * session.run(a))


# Gradients


def central(f, x, feed, at, step=1e-5):
    """Central differences of the sum of `f` with respect to one placeholder."""
    grad = np.zeros_like(at)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for index in np.ndindex(at.shape):
            ends = []
            for sign in (1, -1):
                moved = at.copy()
                moved[index] += sign * step
                ends.append(session.run(f, {**feed, x: moved}).sum())
            grad[index] = (ends[0] - ends[1]) / (2 * step)
    return grad


def loop(x, p):
    return tf.while_loop(lambda i, t: i < 4, lambda i, t: (i + 1, tf.sin(t) * x + t), [0, x])[1]


def data_dependent(x, p):
    return tf.while_loop(lambda t: tf.reduce_sum(t * t) < 40.0, lambda t: t * 1.5 + tf.tanh(x), [x])


def branch(x, p):
    return tf.cond(p, lambda: tf.exp(x) * x[0], lambda: tf.square(x))


def chosen(x, p):
    return tf.switch_case(tf.cast(p, tf.int32), [lambda: x * 2.0, lambda: tf.sin(x) * x[1], lambda: x])


def branch_in_loop(x, p):
    return tf.while_loop(lambda i, t: i < 5, lambda i, t: (i + 1, tf.cond(tf.equal(i % 2, 0), lambda: t * x, lambda: tf.cos(t))), [0, x])[1]


def loop_in_branch(x, p):
    return tf.cond(p, lambda: loop(x, p), lambda: tf.map_fn(lambda e: e * x[2] + tf.sin(e), x))


def loop_in_loop(x, p):
    def outer(i, t):
        return i + 1, tf.while_loop(lambda j, u: j <= i, lambda j, u: (j + 1, tf.sin(u) * x + t), [0, t])[1]

    return tf.while_loop(lambda i, t: i < 3, outer, [0, x])[1]


def arrays(x, p):
    source = tf.TensorArray(x.dtype, 3).unstack(x)
    return tf.while_loop(
        lambda i, ta: i < 3, lambda i, ta: (i + 1, ta.write(2 - i, source.read(i) * source.read(0) * x[1])), [0, tf.TensorArray(x.dtype, 3)]
    )[1].stack()


def scanned(x, p):
    return tf.scan(lambda a, e: tf.sin(a) * x[0] + e, x)


def folded(x, p):
    return tf.foldr(lambda a, e: a * e + x[1], x)


def carried(x, p):
    return tf.while_loop(lambda i, a, b: i < 4, lambda i, a, b: (i + 1, b, a * b + x), [0, x, tf.cos(x)])[2]


CASES = [loop, data_dependent, branch, chosen, branch_in_loop, loop_in_branch, loop_in_loop, arrays, scanned, folded, carried]


@pytest.mark.parametrize("f", CASES)
@pytest.mark.parametrize("flag", [True, False])
def test_gradient_equals_central_differences(f, flag):
    x, p = tf.placeholder(tf.float64, [3]), tf.placeholder(tf.bool, [])
    y = f(x, p)
    (g,) = tf.gradients(y, x)
    at = np.array([0.7, -0.4, 1.2])
    np.testing.assert_allclose(value(g, {x: at, p: flag}), central(y, x, {p: flag}, at), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("f", CASES)
def test_second_derivative_equals_central_differences(f):
    x, p = tf.placeholder(tf.float64, [3]), tf.placeholder(tf.bool, [])
    (g,) = tf.gradients(f(x, p), x)
    (h,) = tf.gradients(tf.reduce_sum(tf.square(g)), x)
    at = np.array([0.7, -0.4, 1.2])
    np.testing.assert_allclose(value(h, {x: at, p: True}), central(tf.square(g), x, {p: True}, at), rtol=1e-5, atol=1e-7)


def test_gradients_reach_variables_of_both_kinds():
    for use_resource in (False, True):
        w = tf.get_variable(f"w{use_resource}", initializer=np.array([0.5, -1.0]), use_resource=use_resource)
        y = tf.while_loop(lambda i, t: i < 3, lambda i, t: (i + 1, t * w), [0, tf.ones([2], tf.float64)])[1]
        np.testing.assert_allclose(value(tf.gradients(y, w)[0]), 3 * np.array([0.25, 1.0]))


def test_back_prop_false_stops_gradients():
    x = tf.placeholder(tf.float32, [])
    y = tf.while_loop(lambda i, t: i < 3, lambda i, t: (i + 1, t * x), [0, x], back_prop=False)[1]
    assert tf.gradients(y, x) == [None]


def test_gradients_inside_a_body_follow_tensors_outside():
    x, w = tf.placeholder(tf.float64, [3]), tf.Variable(np.array([[0.5, -1.0, 2.0], [1.0, 0.0, 0.5], [0.25, 1.5, 1.0]]))
    y = tf.tanh(tf.linalg.matvec(w, tf.square(x)))
    jacobian = tf.map_fn(lambda i: tf.gradients(y[i], x)[0], tf.range(3), dtype=tf.float64)
    through_two = tf.cond(
        tf.placeholder_with_default(True, []),
        lambda: tf.map_fn(lambda i: tf.gradients(y[i] * y[0], w)[0], tf.range(3), dtype=tf.float64),
        lambda: tf.zeros([3, 3, 3], tf.float64),
    )
    at = np.array([0.5, -0.25, 0.125])
    rows = [tf.gradients(y[i], x)[0] for i in range(3)]
    wide = [tf.gradients(y[i] * y[0], w)[0] for i in range(3)]
    found, expected, two, plain = value([jacobian, rows, through_two, wide], {x: at})
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    np.testing.assert_allclose(two, plain, rtol=1e-12)


# Errors


def test_an_error_in_a_body_names_the_users_line():
    x = tf.placeholder(tf.float32, [None, None])

    def body(i, t):
        return i + 1, tf.matmul(t, x)  # the line

    line = body.__code__.co_firstlineno + 1
    result = tf.while_loop(lambda i, t: i < 2, body, [0, x], shape_invariants=[tf.TensorShape([]), tf.TensorShape(None)])
    with pytest.raises(tf.errors.InvalidArgumentError, match=rf"while/MatMul.*built at .*test_control_flow.py:{line}\]"):
        value(result, {x: np.ones([2, 3])})


def test_ctrl_c_ends_an_endless_loop():
    endless = tf.while_loop(lambda i: True, lambda i: i + 1, [tf.constant(0)])
    with tf.Session() as session:
        threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            session.run(endless)
        assert session.run(tf.constant(1)) == 1


def test_a_failed_body_leaves_the_graph_usable():
    def body(i):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        tf.while_loop(lambda i: i < 2, body, [0])
    assert (tf.constant(1) + 1).graph is tf.get_default_graph()
    assert tf.constant(2.0, name="c").name == "c:0"


def test_python_functions_run_in_bodies():
    seen = []

    def note(v):
        seen.append(float(v))
        return v * np.float32(2)

    mapped = tf.map_fn(lambda e: tf.reshape(tf.py_func(note, [e], tf.float32), []), tf.constant([1.0, 2.0]))
    np.testing.assert_array_equal(value(mapped), [2.0, 4.0])
    assert seen == [1.0, 2.0]


def test_random_ops_of_a_body_have_seeds_of_their_own():
    tf.set_random_seed(3)
    outside = tf.random_uniform([4])
    inside = tf.cond(tf.placeholder_with_default(True, []), lambda: tf.random_uniform([4]), lambda: tf.zeros([4]))
    a, b = value([outside, inside])
    assert not np.array_equal(a, b)


def test_summaries_are_made_in_bodies():
    x = tf.placeholder(tf.float32, [2])
    inside = tf.cond(tf.placeholder_with_default(True, []), lambda: tf.summary.scalar("total", tf.reduce_sum(x)), lambda: tf.constant(b""))
    tf.summary.scalar("outside", x[0])
    first, merged = value([inside, tf.summary.merge_all()], {x: [1.0, 2.0]})
    (entry,) = tf.Summary.FromString(first).value
    assert (entry.tag, entry.simple_value) == ("cond/total", 3.0)
    assert [v.tag for v in tf.Summary.FromString(merged).value] == ["cond/total", "outside"]


def test_loops_go_through_a_meta_graph(tmp_path):
    w = tf.get_variable("w", [2], initializer=tf.constant_initializer(0.5))
    y = tf.while_loop(lambda i, t: i < 3, lambda i, t: (i + 1, tf.cond(t[0] > 1.0, lambda: t * w, lambda: t + w)), [0, tf.ones([2])])[1]
    tf.identity(y, name="y")
    tf.identity(tf.gradients(y, w)[0], name="g")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        before = session.run(["y:0", "g:0"])
        path = tf.train.Saver().save(session, str(tmp_path / "model"))
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(path + ".meta").restore(session, path)
        np.testing.assert_array_equal(session.run(["y:0", "g:0"]), before)


@pytest.mark.parametrize("use_resource", [False, True])
def test_an_optimizer_steps_in_a_branch(use_resource):
    x, p = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.bool, [])
    w = tf.get_variable("w", [2], initializer=tf.ones_initializer(), use_resource=use_resource)
    loss = tf.reduce_sum(tf.square(w * x - 3.0))
    step = tf.cond(p, lambda: tf.train.MomentumOptimizer(0.1, 0.5).minimize(loss), lambda: tf.no_op())
    assert tf.get_collection(tf.GraphKeys.TRAIN_OP) == []
    expected, velocity, at = np.ones(2), np.zeros(2), np.array([1.0, 2.0])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for taken in (False, True, False, True):
            session.run(step, {x: at, p: taken})
            if taken:
                velocity = 0.5 * velocity + 2 * at * (expected * at - 3.0)
                expected = expected - 0.1 * velocity
            np.testing.assert_allclose(session.run(w), expected, rtol=1e-5)
