"""Feeds, fetches, runs and their errors. Texts as TensorFlow 2.21 has them (core phrases)."""

import collections
import threading

import graphpb as tf
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


@pytest.fixture
def sess(graph):
    with tf.Session(graph=graph) as s:
        yield s


def test_fetch_structures(sess):
    a, b = tf.constant(1.0), tf.constant([2, 3])
    Pair = collections.namedtuple("Pair", ["x", "y"])
    got = sess.run({"k": [a, (b, a)], "p": Pair(a, b.op)})
    assert got["k"][0] == 1.0 and got["k"][1][0].tolist() == [2, 3] and isinstance(got["k"][1], tuple)
    assert isinstance(got["p"], Pair) and got["p"].y is None
    ordered = sess.run(collections.OrderedDict([("z", a), ("a", b)]))
    assert type(ordered) is collections.OrderedDict and list(ordered) == ["z", "a"]
    assert sess.run([]) == [] and sess.run({}) == {}


def test_types_of_results(sess):
    got = sess.run([tf.constant(1.0), tf.constant("s"), tf.constant(["a", "b"]), tf.constant(True), tf.constant([1, 2])])
    assert type(got[0]) is np.float32 and got[1] == b"s" and got[2].dtype == object and type(got[3]) is np.bool_ and got[4].dtype == np.int32


def test_fetch_by_name_and_variable(sess):
    v = tf.Variable(3.0, name="v")
    sess.run(v.initializer)
    assert sess.run("v:0") == 3.0 and sess.run("v") is None and sess.run(v) == 3.0 and v.eval() == 3.0


@pytest.mark.parametrize(
    ("fetch", "error", "text"),
    [
        (None, TypeError, 'Argument `fetch` = None has invalid type "NoneType". Cannot be None'),
        ([None], TypeError, "Cannot be None"),
        (
            "nope",
            ValueError,
            "Argument `fetch` = nope cannot be interpreted as a Tensor. (\"The name 'nope' refers to an Operation not in the graph.\")",
        ),
        ("c:7", ValueError, "exists but only has 1 outputs."),
        (3, TypeError, 'Argument `fetch` = 3 has invalid type "int" must be a string or Tensor. (Can not convert a int into a Tensor or Operation.)'),
    ],
)
def test_bad_fetches(sess, fetch, error, text):
    tf.constant(1.0, name="c")
    with pytest.raises(error) as caught:
        sess.run(fetch)
    assert text in str(caught.value)


def test_values_are_cast_to_the_placeholder(sess):
    f, i = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.int32, [])
    assert sess.run(f + 1, {f: [1, 2]}).tolist() == [2, 3]
    assert sess.run(f + 1, {f: np.array([1.0, 2.0])}).dtype == np.float32
    assert sess.run(i + 0, {i: 1.5}) == 1 and sess.run(i + 0, {i: True}) == 1


def test_feeds_of_any_layout(sess):
    x = tf.placeholder(tf.float32, [None, None])
    y = tf.identity(x)
    for value in (np.asfortranarray(np.arange(600, dtype=np.float32).reshape(20, 30)), np.arange(1200, dtype=np.float32).reshape(20, 60)[:, ::2],
                  np.arange(600, dtype=">f4").reshape(20, 30), np.zeros((0, 3), np.float32)):  # fmt: skip
        np.testing.assert_array_equal(sess.run(y, {x: value}), value)


def test_any_tensor_may_be_fed(sess):
    x = tf.placeholder(tf.float32)
    y = x * 2.0
    assert sess.run(y + 1.0, {y: 5.0}) == 6.0
    v = tf.Variable(1.0)
    assert sess.run(v + 1.0, {v: 4.0}) == 5.0


def test_a_fed_tensor_is_fetched_as_it_was_fed(sess):
    x = tf.placeholder(tf.float32, [3])
    value = np.ones(3, np.float32)
    assert sess.run(x, {x: value}) is value


def test_results_share_no_memory_with_feeds(sess):
    x = tf.placeholder(tf.float32, [None])
    y, z = tf.identity(x), tf.reshape(x, [1, -1])
    value = np.ones(100_000, np.float32)
    got = sess.run([y, z], {x: value})
    value[:] = 7
    assert got[0].max() == 1 and got[1].max() == 1
    got[0][:] = 9
    assert sess.run(y, {x: value}).max() == 7


def test_results_are_writable_and_independent(sess):
    c = tf.constant(np.ones(100_000, np.float32))
    v = tf.Variable(tf.ones([100_000]))
    sess.run(v.initializer)
    for t in (c, v, v + 1.0):
        first = sess.run(t)
        first[:] = 5
        assert sess.run(t).max() < 5


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (lambda x: x.op, "Cannot interpret feed_dict key as Tensor: Can not convert a Operation into a Tensor."),
        (lambda x: "x", 'Tensor names must be of the form "<op_name>:<output_index>".'),
        (lambda x: "nope:0", "The operation, 'nope', does not exist in the graph."),
        (lambda x: 3, "Can not convert a int into a Tensor."),
    ],
)
def test_bad_feed_keys(sess, key, text):
    x = tf.placeholder(tf.float32, name="x")
    with pytest.raises(TypeError) as caught:
        sess.run(x + 1.0, {key(x): 1.0})
    assert text in str(caught.value)


def test_bad_feed_values(sess):
    x, i = tf.placeholder(tf.float32, [None, 2], name="x"), tf.placeholder(tf.int32, name="i")
    with pytest.raises(ValueError, match=r"Cannot feed value of shape \(2,\) for Tensor x:0, which has shape \(\?, 2\)"):
        sess.run(x + 1.0, {x: [1, 2]})
    with pytest.raises(TypeError, match="is not compatible with Tensor type"):
        sess.run(i + 0, {i: 1 << 40})
    with pytest.raises(TypeError, match="The value of a feed cannot be a tf.Tensor object."):
        sess.run(x + 1.0, {x: x})
    with pytest.raises(ValueError):
        sess.run(x + 1.0, {x: "text"})
    with pytest.raises(TypeError):
        sess.run(x + 1.0, [x])


def test_remembered_runs_check_their_feeds_too(sess):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    y = x + 1.0
    for _ in range(3):
        assert sess.run(y, {x: np.zeros((1, 2), np.float32)}).tolist() == [[1, 1]]
    with pytest.raises(ValueError, match="Cannot feed value of shape"):
        sess.run(y, {x: np.zeros((1, 3), np.float32)})
    assert sess.run(y, {x: [[1, 2]]}).tolist() == [[2, 3]]
    assert sess.run([y, y], {x: np.zeros((1, 2), np.float32)})[1].tolist() == [[1, 1]]


def test_a_changed_graph_is_planned_again(sess):
    a, b = tf.constant(1.0), tf.constant(2.0)
    c = tf.identity(a)
    assert sess.run(c) == 1.0 and sess.run(c) == 1.0
    c.op._update_input(0, b)
    assert sess.run(c) == 2.0


def test_errors_of_a_run_name_the_operation(sess):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    y = tf.identity(x, name="y")
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        sess.run(y)
    assert "You must feed a value for placeholder tensor 'x' with dtype float and shape [?,2]" in str(caught.value)
    assert __file__ in str(caught.value) and caught.value.op is x.op and caught.value.error_code == tf.errors.INVALID_ARGUMENT
    v = tf.Variable(1.0, name="u")
    with pytest.raises(tf.errors.FailedPreconditionError, match="Attempting to use uninitialized value u"):
        sess.run(v)


def test_runtime_shapes(sess):
    a, b = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Incompatible shapes: \[2,3\] vs. \[2,2\]"):
        sess.run(a + b, {a: np.zeros((2, 3)), b: np.zeros((2, 2))})
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Matrix size-incompatible: In\[0\]: \[2,3\], In\[1\]: \[2,3\]"):
        sess.run(tf.matmul(a, b), {a: np.zeros((2, 3)), b: np.zeros((2, 3))})
    with pytest.raises(tf.errors.InvalidArgumentError, match="Integer division by zero"):
        i = tf.placeholder(tf.int32)
        sess.run(i // 0, {i: 1})


def test_closed_and_empty_sessions(graph):
    s = tf.Session()
    with pytest.raises(RuntimeError, match="The Session graph is empty."):
        s.run([])
    c = tf.constant(1.0)
    assert s.run(c) == 1.0
    s.close()
    s.close()
    with pytest.raises(RuntimeError, match="Attempted to use a closed Session."):
        s.run(c)


def test_default_sessions(graph):
    c = tf.constant(2.0)
    with pytest.raises(ValueError, match="No default session is registered"):
        c.eval()
    with pytest.raises(ValueError, match="Cannot execute operation using `run\\(\\)`"):
        c.op.run()
    with tf.Session() as s:
        assert c.eval() == 2.0 and tf.get_default_session() is s and c.op.run() is None
    s = tf.InteractiveSession()
    assert c.eval() == 2.0
    s.close()
    assert tf.get_default_session() is None
    with tf.Graph().as_default():
        tf.constant(1.0)
        with tf.Session() as other, pytest.raises(ValueError, match="the tensor's graph is different from the session's graph"):
            c.eval(session=other)


def test_constructor_arguments():
    with pytest.raises(TypeError, match='Argument `graph` must be a tf.Graph, but got "int"'):
        tf.Session(graph=3)
    with pytest.raises(TypeError, match="Argument `target`"):
        tf.Session(target=3)
    with pytest.raises(TypeError, match="Argument `config`"):
        tf.Session(config=3)
    tf.Session(config=tf.ConfigProto(allow_soft_placement=True)).close()


def test_variables_belong_to_a_session(graph):
    v = tf.Variable(1.0, name="v")
    with tf.Session() as a:
        a.run(tf.global_variables_initializer())
        a.run(v.assign_add(1.0))
        assert a.run(v) == 2.0
        with tf.Session() as b, pytest.raises(tf.errors.FailedPreconditionError):
            b.run(v)
        v.load(10.0, a)
        assert a.run(v) == 10.0


def test_only_what_is_needed_runs(sess):
    v = tf.Variable(0.0)
    sess.run(v.initializer)
    bump = tf.assign_add(v, 1.0)
    x = tf.constant(1.0)
    sess.run(x)
    assert sess.run(v) == 0.0
    with tf.control_dependencies([bump]):
        y = tf.identity(x)
    sess.run([y, y, y.op])
    assert sess.run(v) == 1.0


def test_make_callable(sess):
    x, y = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.float32)
    f = sess.make_callable([x + y, x.op], [x, y])
    got = f([1, 2], 3)
    assert got[0].tolist() == [4, 5] and got[1] is None
    with pytest.raises(ValueError, match="Cannot feed value of shape"):
        f([1, 2, 3], 1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value"):
        f([1, 2])
    assert sess.make_callable(x + 1.0, [x], accept_options=True)([1, 2], options=tf.RunOptions()).tolist() == [2, 3]


def test_traces_name_the_nodes(sess):
    x = tf.placeholder(tf.float32, [4])
    y = tf.reduce_sum(tf.exp(x), name="total")
    md = tf.RunMetadata()
    sess.run(y, {x: [1, 2, 3, 4]}, options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), run_metadata=md)
    assert any("total" in n.node_name for d in md.step_stats.dev_stats for n in d.node_stats)


def test_what_nobody_reads_is_not_computed_but_effects_and_targets_are(sess):
    x = tf.placeholder(tf.float32, [4])
    waste, draw = tf.exp(x, name="waste"), tf.random_uniform([4], name="draw")
    with tf.control_dependencies([waste, draw]):
        y = tf.sqrt(x, name="y")

    def ran(fetch):
        md = tf.RunMetadata()
        sess.run(fetch, {x: [1, 2, 3, 4]}, options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), run_metadata=md)
        return {n.node_name for d in md.step_stats.dev_stats for n in d.node_stats}

    names = ran(y)
    assert "y" in names and "draw/RandomUniform" in names and "waste" not in names
    assert "waste" in ran(waste.op) and "waste" in ran([y, waste])


def test_threads_share_a_session(sess):
    x = tf.placeholder(tf.float32, [None])
    y = tf.reduce_sum(tf.tanh(x) * 2.0)
    value = np.linspace(0, 1, 50_000, dtype=np.float32)
    expected, failures = sess.run(y, {x: value}), []

    def work():
        for _ in range(20):
            if sess.run(y, {x: value}) != expected:
                failures.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not failures


def test_indexed_slices_are_fetched_and_fed(sess):
    s = tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant([0, 2]), tf.constant([3, 1]))
    got = sess.run(s)
    assert got.values.tolist() == [[1], [2]] and got.indices.tolist() == [0, 2] and got.dense_shape.tolist() == [3, 1]
    assert sess.run(tf.convert_to_tensor(s)).tolist() == [[1], [0], [2]]


def test_a_session_is_freed_with_what_it_remembers():
    import gc
    import weakref

    g = tf.Graph()
    with g.as_default():
        x = tf.placeholder(tf.float32, [])
        y = x + 1.0
    s = tf.Session(graph=g)
    for _ in range(3):
        s.run(y, {x: 1.0})
    gone = weakref.ref(s)
    del s, x, y, g
    gc.collect()
    assert gone() is None


def test_an_interrupt_stops_a_long_run(tmp_path):
    import signal
    import subprocess
    import sys
    import time

    script = tmp_path / "long.py"
    script.write_text(
        "import signal, graphpb as tf, numpy as np\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "x = y = tf.Variable(np.eye(400, dtype=np.float32))\n"
        "for _ in range(20000):\n    y = tf.matmul(y, x)\n"
        "s = tf.Session()\n"
        "s.run(x.initializer)\n"
        "print('ready', flush=True)\n"
        "try:\n    s.run(y)\nexcept KeyboardInterrupt:\n    print('interrupted', s.run(tf.constant(3.0)))\n"
    )
    p = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert p.stdout.readline().strip() == "ready"
    time.sleep(0.5)
    p.send_signal(signal.SIGINT)
    out, _ = p.communicate(timeout=120)
    assert out.strip() == "interrupted 3.0"


def test_a_tensor_that_may_not_be_fed(graph, sess):
    a = tf.constant(1.0, name="a")
    assert graph.is_feedable(a)
    graph.prevent_feeding(a)
    assert not graph.is_feedable(a)
    with pytest.raises(ValueError, match=r"Tensor a:0 may not be fed\."):
        sess.run(a + 1, {a: 2.0})


def test_closing_a_session_ends_its_runs(graph):
    endless = tf.while_loop(lambda i: i >= 0, lambda i: i * 1, [tf.constant(0)])
    sess = tf.Session(graph=graph)
    ended = []

    def run():
        try:
            sess.run(endless)
        except tf.errors.CancelledError as e:
            ended.append(e)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(0.2)
    assert thread.is_alive()
    sess.close()
    thread.join(30)
    assert len(ended) == 1 and "cancelled" in str(ended[0])
