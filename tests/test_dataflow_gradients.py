"""Gradients of TensorFlow 1's dataflow loops and conditionals (files of TensorFlow) are those that TensorFlow recorded."""

import pathlib

import fixture_files
import graphpb as tf
import numpy as np
import pytest

DATA = pathlib.Path(__file__).parent / "data" / "dataflow"
CASES = sorted(p.stem for p in DATA.glob("*.pb"))
DY = [1.0, -0.5]


@pytest.fixture(params=CASES)
def case(request):
    """A graph with a recorded case: its name, its numbers, and the tensors that it was differentiated by."""
    with tf.Graph().as_default() as graph:
        definition = tf.GraphDef.FromString((DATA / f"{request.param}.pb").read_bytes())
        tf.import_graph_def(definition, name="")
        numbers = dict(np.load(DATA / f"{request.param}.npz"))
        labels = {label[4:]: graph.get_tensor_by_name(f"{label[4:]}:0") for label in numbers if label.startswith("0/d/")}
        yield request.param, numbers, labels


def feeds(numbers, run):
    prefix = f"{run}/feed/"
    return {label.removeprefix(prefix) + ":0": value for label, value in numbers.items() if label.startswith(prefix)}


def gradients(xs):
    return tf.gradients(tf.get_default_graph().get_tensor_by_name("y:0"), xs, grad_ys=tf.constant(DY, tf.float64))


def test_gradients_equal_tensorflows(case):
    _, numbers, labels = case
    grads = dict(zip(labels, gradients(list(labels.values()))))
    with tf.Session() as session:
        for run in (0, 1):
            got = session.run({"y": "y:0", **{f"d/{k}": g for k, g in grads.items()}}, feeds(numbers, run))
            for label, value in got.items():
                np.testing.assert_allclose(value, numbers[f"{run}/{label}"], rtol=1e-9, atol=1e-11, err_msg=f"{run}/{label}")


def test_second_derivatives_are_differences_of_first_ones(case):
    name, numbers, _ = case
    if name in ("mapped", "scanned", "folded", "arrays", "lstm"):
        pytest.skip("the second derivative of TensorFlow 1's TensorArrays does not exist")
    x = tf.get_default_graph().get_tensor_by_name("x:0")
    (first,) = gradients([x])
    (second,) = tf.gradients(first, x, grad_ys=tf.constant([0.5, 2.0], tf.float64))
    fed = feeds(numbers, 0)
    with tf.Session() as session:
        actual = np.zeros(2) if second is None else session.run(second, fed)
        h = 1e-6
        for k in range(2):
            up, down = ({**fed, "x:0": fed["x:0"] + d * h * np.eye(2)[k]} for d in (1, -1))
            difference = np.dot([0.5, 2.0], session.run(first, up) - session.run(first, down)) / (2 * h)
            np.testing.assert_allclose(actual[k], difference, rtol=2e-6, atol=1e-7)


def test_the_graph_keeps_its_values_and_goes_through_a_file(case):
    name, numbers, labels = case
    graph = tf.get_default_graph()
    before = [op.name for op in graph.get_operations()]
    for label, g in zip(labels, gradients(list(labels.values()))):
        tf.identity(g, name="grad_" + label.replace("/", "_"))
    assert [op.name for op in graph.get_operations()][: len(before)] == before
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(graph.as_graph_def(), name="")
        for run in (0, 1):
            got = session.run({"y": "y:0", **{f"d/{k}": f"grad_{k.replace('/', '_')}:0" for k in labels}}, feeds(numbers, run))
            for label, value in got.items():
                np.testing.assert_allclose(value, numbers[f"{run}/{label}"], rtol=1e-9, atol=1e-11, err_msg=f"{run}/{label}")


def dataflow_loop(n, start, body, constants=()):
    """A loop of Enter, Merge, Switch, NextIteration and Exit nodes that runs `body` on a value n times."""
    raw = tf.raw_ops

    def enter(x, constant=False):
        return raw.Enter(data=x, frame_name="frame", is_constant=constant)

    limit = enter(tf.constant(n), True)
    entered = [enter(tf.constant(0)), enter(start)]
    merged = [raw.Merge(inputs=[e, e]).output for e in entered]
    going = raw.LoopCond(input=tf.less(merged[0], limit))
    switched = [raw.Switch(data=m, pred=going) for m in merged]
    with tf.control_dependencies([tf.identity(switched[0].output_true)]):
        one = tf.constant(1)
    results = [switched[0].output_true + one, body(switched[1].output_true, *[enter(c, True) for c in constants])]
    for m, r in zip(merged, results):
        m.op._update_input(1, raw.NextIteration(data=r))
    return raw.Exit(data=switched[1].output_false)


def test_what_is_random_in_the_loop_is_drawn_once():
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float64, [3])
        y = dataflow_loop(4, x, lambda a: a * tf.random_uniform([3], 0.5, 1.5, dtype=tf.float64))
        (g,) = tf.gradients(y, x)
        for _ in range(3):
            value, slope = session.run([y, g], {x: [1.0, 2.0, 4.0]})
            np.testing.assert_allclose(value / [1.0, 2.0, 4.0], slope, rtol=1e-12)
        assert y.op.type == "Identity" and y.op.name == "Exit"


def test_training_through_a_loop_with_a_variable():
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable(np.array([0.5, -0.5]), name="v")
        y = dataflow_loop(3, tf.ones([2], tf.float64), lambda a, w: tf.tanh(a * w), [v])
        loss = tf.reduce_sum(tf.square(y - 0.25))
        step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
        session.run(tf.global_variables_initializer())
        w, h = session.run(v), 1e-6
        differences = []
        for k in range(2):
            around = [session.run(loss, {v: w + d * h * np.eye(2)[k]}) for d in (1, -1)]
            differences.append((around[0] - around[1]) / (2 * h))
        session.run(step)
        np.testing.assert_allclose(session.run(v), w - 0.5 * np.array(differences), rtol=1e-6)


def test_a_loop_that_cannot_be_structured_names_the_node_and_the_reason():
    raw = tf.raw_ops
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float64, [])
        e = raw.Enter(data=x, frame_name="frame")
        going = raw.LoopCond(input=e > 0.0)
        s = raw.Switch(data=e * 2.0, pred=going)
        y = raw.Exit(data=s.output_false)
        with pytest.raises(tf.errors.UnimplementedError, match="cannot be structured: Switch 'Switch' takes 'mul', which is no Merge(.|\n)*LoopCond"):
            tf.gradients(y, x)


RECORDED = {
    "cond_v1": (lambda t: t("s:0") + tf.reduce_sum(tf.square(t("v:0"))), "s:0", {"x:0": "gx:0"}),
    "nested_control_flow_v1": (lambda t: t("s:0"), "s:0", {"x:0": "gx:0"}),
    "lstm_grad_v1_controlflow": (lambda t: t("loss:0"), "loss:0", {"x:0": "grad_x:0"}),
}
"""Fixtures that hold gradients of TensorFlow: what was differentiated, and by what."""


@pytest.mark.parametrize("name", RECORDED)
def test_gradients_equal_those_in_the_file_which_still_run(name):
    loss, y, pairs = RECORDED[name]
    (path,) = fixture_files.graph_files(name)
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.import_graph_def(fixture_files.read_graph(path, tf.GraphDef()), name="")
        ours = tf.gradients(loss(graph.get_tensor_by_name), [graph.get_tensor_by_name(x) for x in pairs])
        for run in fixture_files.manifest()[name]["runs"]:
            fed = {x: fixture_files.read_array(file) for x, file in run["feeds"].items()}
            values, theirs, again = session.run([ours, list(pairs.values()), y], fed)
            for value, other, label in zip(values, theirs, pairs.values()):
                recorded = fixture_files.read_array(run["fetches"][label])
                np.testing.assert_allclose(value, recorded, rtol=1e-5, atol=1e-6)
                np.testing.assert_allclose(other, recorded, rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(again, fixture_files.read_array(run["fetches"][y]), rtol=1e-5)


def test_gradients_of_the_recorded_lstm_are_differences():
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.import_graph_def(fixture_files.read_graph(fixture_files.graph_files("lstm_dynamic_rnn_v1_controlflow")[0], tf.GraphDef()), name="")
        (run,) = fixture_files.manifest()["lstm_dynamic_rnn_v1_controlflow"]["runs"]
        fed = {x: fixture_files.read_array(file) for x, file in run["feeds"].items()}
        out, c = graph.get_tensor_by_name("outputs:0"), graph.get_tensor_by_name("final_c:0")
        loss = tf.reduce_sum(tf.sin(3 * tf.cast(out, tf.float64))) + tf.reduce_sum(tf.square(tf.cast(c, tf.float64)))
        (g,) = tf.gradients(loss, graph.get_tensor_by_name("x:0"))
        slopes = session.run(g, fed)
        assert np.abs(slopes).max() > 0.01
        h = 1e-2
        for at in np.ndindex(*fed["x:0"].shape):
            around = []
            for d in (h, -h):
                x = fed["x:0"].copy()
                x[at] += d
                around.append(session.run(loss, {**fed, "x:0": x}))
            np.testing.assert_allclose(slopes[at], (around[0] - around[1]) / (2 * h), atol=2e-4)


def test_training_on_top_of_an_imported_meta_graph_with_a_loop():
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.train.import_meta_graph(str(fixture_files.ROOT / "while_v1.meta"))
        rate = tf.get_variable("rate", initializer=2.0)
        loss = tf.square(tf.cast(graph.get_tensor_by_name("fib_n:0"), tf.float32) * rate - 10.0)
        step = tf.train.GradientDescentOptimizer(0.01).minimize(loss)
        session.run(tf.global_variables_initializer())
        fib = session.run("fib_n:0", {"n:0": 5})
        session.run(step, {"n:0": 5})
        np.testing.assert_allclose(session.run(rate), 2.0 - 0.01 * 2 * (fib * 2.0 - 10.0) * fib, rtol=1e-6)
