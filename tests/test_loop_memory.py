"""What a loop keeps for its gradient: only what the backward pass needs, and nothing that does not change."""

import graphpb as tf
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


def gradient_of(body, *constants, n=5):
    """Lists pushed by the forward loop and sums in the gradient's loop, when the result is differentiated by x and the constants."""
    graph = tf.get_default_graph()
    x = tf.placeholder(tf.float32, [3, 3], name="x")
    y = tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, body(a)), [0, x])[1]
    tf.gradients(y, [x, *constants])
    library = {f.signature.name: f for f in graph.as_graph_def().library.function}
    loops = [op for op in graph.get_operations() if op.type in ("While", "StatelessWhile")]
    (forward,) = (library[op.get_attr("body").name] for op in loops if not op.name.startswith("gradients"))
    backward = [library[op.get_attr("body").name] for op in loops if op.name.startswith("gradients")]
    pushed = [n for n in forward.node_def if n.op == "TensorListPushBack"]
    popped = [n for f in backward for n in f.node_def if n.op == "TensorListPopBack"]
    assert len(popped) == len(pushed)
    return pushed, backward


def matrix(name="w"):
    return tf.placeholder(tf.float32, [3, 3], name=name)


KEPT = {
    "a product with what does not change keeps nothing for the loop variable alone": (lambda a, w: a * 2.0 + w, 0),
    "addition keeps nothing": (lambda a, w: a + w, 0),
    "tanh keeps its result once": (lambda a, w: tf.tanh(a), 1),
    "exp keeps its result once": (lambda a, w: tf.exp(a * 0.1), 1),
    "a square keeps its argument once": (lambda a, w: tf.square(a), 1),
    "matmul keeps the variable, not the weights": (lambda a, w: tf.matmul(a, w), 1),
    "tanh of matmul keeps its result and the variable": (lambda a, w: tf.tanh(tf.matmul(a, w)), 2),
    "a function of the weights alone is computed again or kept, not the weights": (lambda a, w: a * tf.stop_gradient(w), 0),
}


@pytest.mark.parametrize("case", KEPT)
def test_number_of_lists(case):
    body, lists = KEPT[case]
    w = matrix()
    pushed, _ = gradient_of(lambda a: body(a, w), w)
    assert len(pushed) == lists, [n.input for n in pushed]


def test_weights_are_an_input_of_the_gradient_loop_and_their_gradient_a_sum():
    w = matrix()
    pushed, (backward,) = gradient_of(lambda a: tf.tanh(tf.matmul(a, w)), w)
    arguments = {a.name for a in backward.signature.input_arg}
    assert not any(n.input[1].partition(":")[0] in arguments for n in pushed)
    # Passed on from iteration to iteration as it came, and a variable that something of the weights' shape is added to.
    returned = [backward.ret[o.name].partition(":")[0] for o in backward.signature.output_arg]
    assert "w" in arguments and "w" in returned
    sums = [n for n in backward.node_def if n.op == "AddV2" and n.input[0].partition(":")[0].startswith("sum")]
    assert len(sums) == 1 and sums[0].name in returned


def test_a_second_gradient_uses_the_lists_of_the_first():
    graph = tf.get_default_graph()
    w, x = matrix(), matrix("x")
    y = tf.while_loop(lambda i, a: i < 5, lambda i, a: (i + 1, tf.tanh(tf.matmul(a, w))), [0, x])[1]
    counts = []
    for _ in range(2):
        tf.gradients(y, [x, w])
        (loop,) = (op for op in graph.get_operations() if op.type == "StatelessWhile" and not op.name.startswith("gradients"))
        library = {f.signature.name: f for f in graph.as_graph_def().library.function}
        counts.append(sum(n.op == "TensorListPushBack" for n in library[loop.get_attr("body").name].node_def))
    assert counts == [2, 2]


def test_an_unneeded_gradient_makes_no_lists():
    w = matrix()
    pushed, backward = gradient_of(lambda a: tf.stop_gradient(tf.tanh(a)) + 0.0 * tf.stop_gradient(w))
    assert not pushed


def test_gradients_by_one_of_several_variables_keep_only_its_part():
    graph = tf.get_default_graph()
    x = matrix("x")
    a, b = tf.while_loop(lambda i, a, b: i < 4, lambda i, a, b: (i + 1, tf.tanh(a), tf.exp(b)), [0, x, x * 0.1])[1:]
    (g,) = tf.gradients(a, x)
    library = {f.signature.name: f for f in graph.as_graph_def().library.function}
    (forward,) = (library[op.get_attr("body").name] for op in graph.get_operations() if op.type == "StatelessWhile" and op.name == "while")
    pushed = [n.input[1].partition(":")[0] for n in forward.node_def if n.op == "TensorListPushBack"]
    assert [node.op for node in forward.node_def if node.name in pushed] == ["Tanh"]
    with tf.Session() as session:
        at = np.linspace(-1, 1, 9).reshape(3, 3).astype(np.float32)
        ys = [at]
        for _ in range(4):
            ys.append(np.tanh(ys[-1]))
        np.testing.assert_allclose(session.run(g, {x: at}), np.prod([1 - y * y for y in ys[1:]], axis=0), rtol=1e-5)
        assert session.run(b, {x: at}).shape == (3, 3)
