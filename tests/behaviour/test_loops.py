"""Loops and branches: rules and messages."""

import pytest


def value(tf, tensor, feeds=None):
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        return s.run(tensor, feeds)


def test_single_loop_variable(tf):
    assert value(tf, tf.while_loop(lambda i: i < 10, lambda i: i + 3, [tf.constant(0)])) == 12


def test_shape_that_changes_is_refused(tf):
    with pytest.raises(ValueError, match="shape_invariants"):
        tf.while_loop(lambda x: tf.size(x) < 5, lambda x: tf.concat([x, x], 0), [tf.ones([1])])


def test_structures_must_agree(tf):
    with pytest.raises((ValueError, TypeError), match="structure"):
        tf.while_loop(lambda i, j: i < 1, lambda i, j: (i, (j, j)), [0, 0])


def test_python_bool_is_no_predicate(tf):
    with pytest.raises(TypeError, match="pred"):
        tf.cond(True, lambda: 1, lambda: 2)


def test_branches_must_agree_in_type(tf):
    with pytest.raises((TypeError, ValueError)):
        tf.cond(tf.constant(True), lambda: tf.constant(1.0), lambda: tf.constant(1))


def test_only_the_taken_branch_runs(tf):
    v = tf.Variable(0)
    out = tf.cond(tf.placeholder_with_default(True, []), lambda: tf.assign_add(v, 1), lambda: tf.assign_add(v, 100))
    with tf.Session() as s:
        s.run(v.initializer)
        s.run(out)
        assert s.run(v) == 1


def test_shapes_after_cond_and_loop(tf):
    p = tf.placeholder(tf.bool, [])
    assert tf.cond(p, lambda: tf.zeros([2, 3]), lambda: tf.zeros([4, 3])).shape.as_list() == [None, 3]
    x = tf.while_loop(
        lambda t: tf.reduce_sum(t) < 1.0, lambda t: tf.concat([t, t], 0), [tf.zeros([1, 2])], shape_invariants=[tf.TensorShape([None, 2])]
    )
    assert x.shape.as_list() == [None, 2]


def test_tensor_of_a_body_cannot_be_fetched(tf):
    inside = []

    def body(i):
        inside.append(i + 1)
        return inside[0]

    tf.while_loop(lambda i: i < 3, body, [tf.constant(0)])
    with tf.Session() as s, pytest.raises(ValueError):
        s.run(inside[0])


def test_map_fn_and_scan(tf):
    assert value(tf, tf.map_fn(lambda x: x * 2, tf.range(4))).tolist() == [0, 2, 4, 6]
    assert value(tf, tf.scan(lambda a, x: a + x, tf.range(5))).tolist() == [0, 1, 3, 6, 10]
    assert value(tf, tf.foldl(lambda a, x: a * 10 + x, tf.range(4))) == 123


def test_sequence_mask(tf):
    assert value(tf, tf.sequence_mask([1, 3], 3)).tolist() == [[True, False, False], [True, True, True]]


def test_tensor_of_a_body_cannot_be_used_or_fed(tf):
    inside = []

    def body(i):
        inside.append(i + 1)
        return inside[0]

    tf.while_loop(lambda i: i < 3, body, [tf.constant(0)], name="mine")
    for use in (lambda: inside[0] + 1, lambda: tf.square(inside[0])):
        with pytest.raises(ValueError, match="Cannot use 'mine/add' as input.* because 'mine/add' is in a while loop"):
            use()
    with tf.Session() as s, pytest.raises(ValueError, match="Tensor mine/add:0 may not be fed"):
        s.run(tf.constant(1), {inside[0]: 1})


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda tf: tf.cond(tf.constant(1), lambda: 1, lambda: 2), TypeError, "Input 'pred' of 'Switch' Op has type int32 that does not match expected type of bool"),
        (lambda tf: tf.cond(tf.constant([True]), lambda: 1, lambda: 2), ValueError, "Shape must be rank 0 but is rank 1"),
        (lambda tf: tf.cond(tf.constant(True)), TypeError, "'true_fn' argument required"),
        (lambda tf: tf.cond(tf.constant(True), 3, lambda: 1), TypeError, "'true_fn' must be callable"),
        (lambda tf: tf.cond(tf.constant(True), lambda: 1, fn1=lambda: 1), TypeError, "may not be set simultaneously"),
        (lambda tf: tf.cond(tf.constant(True), lambda: None, lambda: 1), ValueError, "'true_fn' must have a return value"),
        (lambda tf: tf.cond(tf.constant(True), lambda: [], lambda: []), ValueError, "must return at least one result"),
        (lambda tf: tf.cond(tf.constant(True), lambda: (1, 2), lambda: 1), ValueError, "structure"),
        (lambda tf: tf.cond(tf.constant(True), lambda: (1, 2), lambda: [1, 2]), TypeError, "sequence type"),
        (lambda tf: tf.cond(tf.constant(True), lambda: 1.0, lambda: 1), ValueError, r"must have the same type\(s\). Received float32 from 'true_fn' and int32"),
        (lambda tf: tf.while_loop(3, lambda i: i, [0]), TypeError, "'cond' must be callable"),
        (lambda tf: tf.while_loop(lambda i: True, 3, [0]), TypeError, "'body' must be callable"),
        (lambda tf: tf.while_loop(lambda: True, lambda: 1, []), ValueError, "'loop_vars' must be provided"),
        (lambda tf: tf.while_loop(lambda i: i, lambda i: i, [0]), TypeError, "'LoopCond' Op has type int32 that does not match expected type of bool"),
        (lambda tf: tf.while_loop(lambda i: True, lambda i: i, [0], parallel_iterations=0), TypeError, "must be a positive integer"),
        (lambda tf: tf.while_loop(lambda i: True, lambda i: i, [0], maximum_iterations=[1]), ValueError, "'maximum_iterations' must be a scalar"),
        (lambda tf: tf.while_loop(lambda i, j: i < 1, lambda i, j: i, [0, 0]), ValueError, "structure"),
        (
            lambda tf: tf.while_loop(lambda x: True, lambda x: x, [tf.zeros([2])], shape_invariants=[tf.TensorShape([3])]),
            ValueError,
            "is not compatible with the initial shape of the loop variable",
        ),
        (lambda tf: tf.case(3), TypeError, "'pred_fn_pairs' must be a list, tuple, or dict"),
        (lambda tf: tf.case([(True, lambda: 1)]), TypeError, "pred must be a Tensor"),
        (lambda tf: tf.case([(tf.constant(1), lambda: 1)]), TypeError, "pred must be Tensor of type bool"),
        (lambda tf: tf.switch_case(1, [lambda: 1]), TypeError, "'branch_index' must be a Tensor"),
        (lambda tf: tf.switch_case(tf.constant(1), []), ValueError, "Must provide at least one item"),
        (lambda tf: tf.switch_case(tf.constant(1), {0: lambda: 1, 2: lambda: 1}), ValueError, "must form contiguous range"),
        (lambda tf: tf.map_fn(lambda x: (x, x), tf.ones([2])), ValueError, "structure"),
        (lambda tf: tf.map_fn(lambda x: x, tf.constant(1.0)), ValueError, "must be 1\\+ dimensional Tensors, not scalars"),
        (lambda tf: tf.scan(lambda a, x: tf.stack([a, x]), tf.ones([2])), ValueError, "Inconsistent shapes: saw \\(2,\\) but expected \\(\\)"),
        (lambda tf: tf.TensorArray(tf.float32), ValueError, "`size` must be provided"),
        (lambda tf: tf.TensorArray(tf.float32, 2).write(0, [1.0]).write(1, [1.0, 2.0]), ValueError, "Inconsistent shapes"),
    ],
)  # fmt: skip
def test_errors(tf, call, error, message):
    with pytest.raises(error, match=message):
        call(tf)


def test_an_initial_value_of_a_body_is_refused(tf):
    with pytest.raises(ValueError, match="is from inside a control-flow construct.* use a lambda as the initializer"):
        tf.while_loop(lambda x: x < 0.0, lambda x: x + tf.Variable(x), [tf.constant(1.0)])


def test_variables_made_inside_are_outside(tf):
    def body(i):
        return i + tf.get_variable("step", initializer=lambda: tf.constant(2))

    assert value(tf, tf.while_loop(lambda i: i < 5, body, [0])) == 6
    assert [v.name for v in tf.global_variables()] == ["step:0"]


def test_an_endless_loop_ends_at_the_timeout(tf):
    endless = tf.while_loop(lambda i: True, lambda i: i + 1, [tf.constant(0)])
    with tf.Session() as s:
        with pytest.raises(tf.errors.DeadlineExceededError):
            s.run(endless, options=tf.RunOptions(timeout_in_ms=50))


def test_operations_of_a_branch_that_nothing_needs_do_not_run(tf):
    v = tf.Variable(0)

    def branch():
        tf.assign_add(v, 1)
        return tf.constant(1)

    out = tf.cond(tf.placeholder_with_default(True, []), branch, lambda: tf.constant(2))
    with tf.Session() as s:
        s.run(v.initializer)
        assert s.run(out) == 1
        assert s.run(v) == 0
