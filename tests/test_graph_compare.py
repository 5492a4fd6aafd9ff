"""The graph comparison sees every kind of difference and says where it is."""

import graph_compare
import pytest
from google.protobuf import text_format
from graphpb import protos

GRAPH = """
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
node { name: "w" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } }
node { name: "y" op: "MatMul" input: "x" input: "w" attr { key: "T" value { type: DT_FLOAT } } attr { key: "grad_a" value { b: false } } }
node { name: "gradients/grad_ys_0" op: "Fill" }
node { name: "gradients/y_grad/MatMul" op: "MatMul" input: "gradients/grad_ys_0" input: "w" }
node { name: "update" op: "ApplyGradientDescent" input: "w" input: "gradients/y_grad/MatMul" input: "^x" }
"""


def graph(*changes):
    text = GRAPH
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text_format.Parse(text, protos.GraphDef())


@pytest.mark.parametrize(
    "change, said",
    [
        (('input: "x" input: "w"', 'input: "w" input: "x"'), "inputs: ours ['w', 'x'], TensorFlow ['x', 'w']"),
        (('name: "w" op: "Const"', 'name: "v" op: "Const"'), "name: ours 'v', TensorFlow 'w'"),
        (('op: "Placeholder"', 'op: "PlaceholderV2"'), "op: ours 'PlaceholderV2', TensorFlow 'Placeholder'"),
        (('key: "T" value { type: DT_FLOAT }', 'key: "T" value { type: DT_HALF }'), "attr T: ours type: DT_HALF, TensorFlow type: DT_FLOAT"),
        (('attr { key: "T" value { type: DT_FLOAT } }', ""), "attr T: absent in ours"),
        (('op: "Const"', 'op: "Const" device: "/cpu:0"'), "device: ours '/cpu:0'"),
        (('input: "^x"', ""), "inputs: ours ['w', 'gradients/y_grad/MatMul']"),
    ],
)
def test_a_difference_is_found_and_told(change, said):
    assert said in graph_compare.first_difference(graph(change), graph())


def test_a_missing_or_surplus_node_is_found():
    shorter = graph()
    del shorter.node[-1]
    assert "one graph ends here" in graph_compare.first_difference(shorter, graph())
    assert "'update'" in graph_compare.first_difference(graph(), shorter)


def test_exempt_attrs_and_gradient_nodes_do_not_count():
    other = graph(('attr { key: "grad_a" value { b: false } }', ""), ("gradients/y_grad/MatMul", "gradients/y_grad/MatMul_7"))
    assert graph_compare.first_difference(other, graph()) is None


def test_gradient_names_outside_the_scheme_are_listed():
    assert graph_compare.misnamed_gradients(graph()) == []
    other = graph(("gradients/y_grad/MatMul", "gradients/z_grad/MatMul"))
    assert graph_compare.misnamed_gradients(other) == ["gradients/z_grad/MatMul"]
