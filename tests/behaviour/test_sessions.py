"""Session.run: feeds, fetches, lifetimes, default sessions."""

import collections

import numpy as np
import pytest


def test_structures_come_back_as_they_went_in(tf):
    Point = collections.namedtuple("Point", "x y")
    a, b = tf.constant(1.0), tf.constant([2, 3])
    with tf.Session() as s:
        out = s.run({"p": Point(a, [b, a]), "t": (a, b.op), "o": collections.OrderedDict([("z", a)])})
    assert isinstance(out["p"], Point) and out["p"].x == 1.0 and out["p"].y[0].tolist() == [2, 3]
    assert isinstance(out["t"], tuple) and out["t"][1] is None
    assert isinstance(out["o"], collections.OrderedDict)


def test_kinds_of_values(tf):
    with tf.Session() as s:
        assert type(s.run(tf.constant(1.0))) is np.float32
        assert type(s.run(tf.constant(True))) is np.bool_
        assert s.run(tf.constant("a")) == b"a"
        strings = s.run(tf.constant(["a", "bc"]))
        assert strings.dtype == object and strings.tolist() == [b"a", b"bc"]
        assert s.run(tf.constant([1.0])).dtype == np.float32


def test_fetch_by_name_variable_and_nothing(tf):
    v = tf.Variable([1.0, 2.0], name="v")
    with tf.Session() as s:
        s.run(v.initializer)
        assert s.run("v:0").tolist() == [1.0, 2.0]
        assert s.run("v") is None
        assert s.run(v).tolist() == [1.0, 2.0]
        assert s.run([]) == [] and s.run({}) == {}
        assert s.run([v, v])[1].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "fetch, error, said",
    [
        (None, TypeError, 'has invalid type "NoneType"'),
        (3, TypeError, 'has invalid type "int"'),
        ("nope", ValueError, "cannot be interpreted as a Tensor"),
        ("c:1", ValueError, "cannot be interpreted as a Tensor"),
    ],
)
def test_bad_fetches(tf, fetch, error, said):
    tf.constant(1.0, name="c")
    with tf.Session() as s, pytest.raises(error, match=said):
        s.run(fetch)


def test_feeding_any_tensor_cuts_the_graph(tf):
    x = tf.placeholder(tf.float32, [2])
    y = x * 2.0
    z = y + 1.0
    with tf.Session() as s:
        assert s.run(z, {y: [1.0, 2.0]}).tolist() == [2.0, 3.0]
        assert s.run([x, z], {x: [1.0, 2.0]})[1].tolist() == [3.0, 5.0]
        assert s.run(z, {"mul:0": [5.0, 5.0]}).tolist() == [6.0, 6.0]


def test_feeds_are_converted(tf):
    i = tf.placeholder(tf.int32, [])
    f = tf.placeholder(tf.float32, [None])
    with tf.Session() as s:
        assert s.run(i * 1, {i: True}) == 1
        assert s.run(f * 1.0, {f: np.array([1.5], np.float64)}).dtype == np.float32
        assert s.run(f * 1.0, {f: np.arange(6.0)[::2]}).tolist() == [0.0, 2.0, 4.0]
        assert s.run(f * 1.0, {f: range(3)}).tolist() == [0.0, 1.0, 2.0]


def test_feed_of_wrong_shape(tf):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    with tf.Session() as s, pytest.raises(ValueError, match=r"Cannot feed value of shape \(2,\) for Tensor"):
        s.run(x * 1.0, {x: [1.0, 2.0]})


def test_feed_of_too_large_integer(tf):
    x = tf.placeholder(tf.int32, [])
    with tf.Session() as s, pytest.raises(TypeError, match="is not compatible with Tensor type"):
        s.run(x * 1, {x: 1 << 40})


def test_feed_of_a_tensor(tf):
    x = tf.placeholder(tf.float32, [])
    with tf.Session() as s, pytest.raises(TypeError, match="The value of a feed cannot be a tf.Tensor object"):
        s.run(x * 1.0, {x: tf.constant(1.0)})


@pytest.mark.parametrize("key", ["x", "nope:0", 3])
def test_bad_feed_keys(tf, key):
    x = tf.placeholder(tf.float32, [], name="x")
    with tf.Session() as s, pytest.raises(TypeError, match="Cannot interpret feed_dict key as Tensor"):
        s.run(x * 1.0, {key: 1.0})


def test_placeholder_that_is_not_fed(tf):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    with (
        tf.Session() as s,
        pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value for placeholder tensor 'x' with dtype float and shape"),
    ):
        s.run(x * 1.0)


def test_uninitialized_variable(tf):
    v = tf.Variable(1.0, name="u")
    with tf.Session() as s, pytest.raises(tf.errors.FailedPreconditionError, match="Attempting to use uninitialized value u"):
        s.run(v * 2.0)


def test_only_what_is_needed_runs(tf):
    x = tf.placeholder(tf.float32, [])
    x * 2.0
    with tf.Session() as s:
        assert s.run(tf.constant(3.0) + 1.0) == 4.0


def test_variables_live_in_their_session(tf):
    v = tf.Variable(1.0)
    add = tf.assign_add(v, 1.0)
    one, two = tf.Session(), tf.Session()
    one.run(v.initializer)
    one.run(add)
    two.run(v.initializer)
    assert (one.run(v), two.run(v)) == (2.0, 1.0)
    one.close()
    two.close()


def test_graph_may_grow_between_runs(tf):
    v = tf.Variable(1.0)
    with tf.Session() as s:
        s.run(v.initializer)
        s.run(v.assign(5.0))
        w = v * 2.0
        assert s.run(w) == 10.0


def test_closed_session(tf):
    c = tf.constant(1.0)
    s = tf.Session()
    s.close()
    s.close()
    with pytest.raises(RuntimeError, match="Attempted to use a closed Session"):
        s.run(c)


def test_empty_graph(tf):
    with tf.Session() as s, pytest.raises(RuntimeError, match="The Session graph is empty"):
        s.run([])


def test_eval_and_run_need_a_default_session(tf):
    c = tf.constant(2.0)
    with pytest.raises(ValueError, match="Cannot evaluate tensor using `eval\\(\\)`: No default session is registered"):
        c.eval()
    with pytest.raises(ValueError, match="Cannot execute operation using `run\\(\\)`: No default session is registered"):
        c.op.run()
    with tf.Session():
        assert c.eval() == 2.0 and tf.get_default_session() is not None
    assert tf.get_default_session() is None
    assert c.eval(session=tf.Session()) == 2.0


def test_as_default_does_not_close(tf):
    c = tf.constant(2.0)
    s = tf.Session()
    with s.as_default():
        assert c.eval() == 2.0
    assert s.run(c) == 2.0


def test_interactive_session_is_the_default_until_closed(tf):
    x = tf.placeholder(tf.float32, [])
    s = tf.InteractiveSession()
    try:
        assert (x + 1.0).eval({x: 2.0}) == 3.0
        assert (x + 1.0).eval(feed_dict={x: 4.0}) == 5.0
        tf.global_variables_initializer().run()
    finally:
        s.close()
    assert tf.get_default_session() is None


def test_session_of_another_graph(tf):
    other = tf.Graph()
    with other.as_default():
        c = tf.constant(1.0)
    tf.constant(1.0)
    with tf.Session() as s, pytest.raises(ValueError):
        s.run(c)
    with tf.Session(graph=other) as s:
        assert s.run(c) == 1.0 and s.graph is other


def test_make_callable(tf):
    x, y = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    with tf.Session() as s:
        f = s.make_callable([x + y, x * y], [x, y])
        assert [float(v) for v in f(2.0, 5.0)] == [7.0, 10.0]


def test_results_do_not_share_memory_with_feeds(tf):
    x = tf.placeholder(tf.float32, [None])
    fed = np.zeros(100000, np.float32)
    with tf.Session() as s:
        out = s.run(tf.identity(x), {x: fed})
        assert not np.shares_memory(out, fed)
        out[0] = 1.0
        again = s.run(tf.constant([1.0, 2.0]))
        again[0] = 9.0
        assert s.run(tf.constant([1.0, 2.0]))[0] == 1.0


def test_run_options_are_accepted(tf):
    c = tf.constant(1.0) + 1.0
    metadata = tf.RunMetadata()
    with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as s:
        assert s.run(c, options=tf.RunOptions(timeout_in_ms=10000), run_metadata=metadata) == 2.0


@pytest.mark.parametrize("argument, value", [("graph", 3), ("config", 3)])
def test_bad_constructor_arguments(tf, argument, value):
    with pytest.raises(TypeError):
        tf.Session(**{argument: value})
