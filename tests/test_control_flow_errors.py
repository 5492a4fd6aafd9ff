"""What goes wrong with branches and loops says so: TensorFlow's class and core phrase."""

import graphpb as tf
import pytest


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


def endless():
    return tf.while_loop(lambda i: i >= 0, lambda i: tf.maximum(i - 1, 0), [tf.constant(1)])


@pytest.mark.parametrize("where", ["options", "session"])
def test_a_run_that_takes_too_long_ends(where):
    loop = endless()
    config = tf.ConfigProto(operation_timeout_in_ms=100) if where == "session" else None
    options = tf.RunOptions(timeout_in_ms=100) if where == "options" else None
    with tf.Session(config=config) as session:
        with pytest.raises(tf.errors.DeadlineExceededError, match="Timed out waiting for notification(.|\n)*node while"):
            session.run(loop, options=options)
        if where == "session":
            with pytest.raises(tf.errors.DeadlineExceededError, match="Timed out waiting for notification"):
                session.run(loop, options=tf.RunOptions())
        assert session.run(tf.constant(3)) == 3


def test_branches_of_different_types():
    yes = tf.placeholder(tf.bool, [])
    with pytest.raises(ValueError, match="Outputs of 'true_fn' and 'false_fn' must have the same type"):
        tf.cond(yes, lambda: tf.constant(1), lambda: tf.constant(1.0))
    with pytest.raises(TypeError, match="same number, type, and overall structure of return values(.|\n)*int32"):
        tf.switch_case(tf.constant(1), [lambda: tf.constant(1.0), lambda: tf.constant(1)])
    with pytest.raises(ValueError, match="must have the same type"):
        tf.case([(yes, lambda: tf.constant(1))], default=lambda: tf.constant(1.0))


STRUCTURES = {
    "number": (lambda: (1.0, 2.0), lambda: 1.0, ValueError),
    "kind": (lambda: [1.0, 2.0], lambda: (1.0, 2.0), TypeError),
    "keys": (lambda: {"a": 1.0}, lambda: {"b": 1.0}, ValueError),
}


@pytest.mark.parametrize("case", STRUCTURES)
def test_branches_of_different_structures(case):
    one, two, error = STRUCTURES[case]
    with pytest.raises(error, match="The two structures don't have the same nested structure"):
        tf.cond(tf.placeholder(tf.bool, []), one, two)


@pytest.mark.parametrize(
    ("body", "error"),
    [(lambda i, d: i + 1, ValueError), (lambda i, d: (i + 1, list(d)), TypeError), (lambda i, d: (i + 1, d[0]), ValueError)],
)
def test_a_loop_body_of_another_structure(body, error):
    with pytest.raises(error, match="The two structures don't have the same nested structure"):
        tf.while_loop(lambda i, d: i < 3, body, [0, (1.0, 2.0)])


def test_a_tensor_of_a_body_cannot_be_used_outside():
    kept = []

    def body(i):
        kept.append(i * 2)
        return i + 1

    tf.while_loop(lambda i: i < 3, body, [0])
    with pytest.raises(ValueError, match="Cannot use 'while/mul' as input(.|\n)*because 'while/mul' is in a while loop"):
        kept[0] + 1
    with tf.Session() as session:
        for fetch in (kept[0], kept[0].op):
            with pytest.raises(ValueError, match="Operation while/mul has been marked as not fetchable(.|\n)*test_control_flow_errors.py:"):
                session.run(fetch)


def test_summaries_of_the_branch_that_does_not_run_are_empty():
    yes = tf.placeholder(tf.bool, [])
    x = tf.constant(3.0)

    def deeper():
        tf.summary.scalar("outer", x)

        def innermost():
            tf.summary.histogram("inner", [x])
            return x

        return tf.cond(x > 5, innermost, lambda: x)

    y = tf.cond(yes, deeper, lambda: x * 2)
    merged = tf.summary.merge_all()
    with tf.Session() as session:
        for fed, tags in ((True, ["cond/outer"]), (False, [])):
            _, text = session.run([y, merged], {yes: fed})
            assert [v.tag for v in tf.Summary.FromString(text).value] == tags
    assert len(tf.get_collection(tf.GraphKeys.SUMMARIES)) == 2


def test_gradients_pass_by_summaries_of_branches():
    x = tf.constant(3.0)

    def noted():
        tf.summary.scalar("x", x)
        return x * x

    y = tf.cond(x > 0, noted, lambda: x)
    (g,) = tf.gradients(y, x)
    with tf.Session() as session:
        assert session.run(g) == 6.0
        assert session.run([g, tf.summary.merge_all()])[1]


def test_an_empty_array_of_known_element_shape_can_be_joined():
    n = tf.placeholder(tf.int32, [])
    array = tf.TensorArray(tf.float32, n, element_shape=[3, 2])
    unknown = tf.TensorArray(tf.float32, n)
    with tf.Session() as session:
        assert session.run(array.concat(), {n: 0}).shape == (0, 2)
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be fully defined when concating an empty tensor list"):
            session.run(unknown.concat(), {n: 0})
