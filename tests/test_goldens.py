"""Every script of tests/scripts, built and run by graphpb, equals what TensorFlow 2.21 recorded for it."""

import functools
import json

import golden_values
import graph_compare
import graphpb as tf
import pytest
import script_player
from google.protobuf import text_format
from graphpb import protos

FOLDERS = [
    "",
    "layers",
    "optimizers",
    "scopes",
    "losses",
    "metrics",
    "nn",
    "random",
    "arrays",
    "strings",
    "image",
    "gradients",
    "edges",
    "rnn",
    "programs",
    "saving",
    "queues",
    "lookup",
]
"""Folders of tests/scripts whose scripts must pass; later parts add theirs."""

WAITING = {}
"""Scripts of those folders that need what graphpb does not have yet."""

VALUES_ONLY = {
    "programs/newton": "hessians is a loop in TensorFlow, one gradient for each element here",
    "arrays/masks_order": "TensorFlow 2 composes linspace, which is one node in TensorFlow 1",
    "optimizers/averages": "tf.cond inside: TensorFlow writes Switch and Merge, graphpb functions",
    "optimizers/schedules_averages": "tf.cond inside",
    "metrics/curves": "tf.cond inside",
    "nn/sampled": "TensorFlow 2 joins the steps of embedding_lookup_sparse, which TensorFlow 1 writes one by one",
    "metrics/ranking": "set operations inside, which are plain comparisons here",
    "image/adjust": "random_flip_* chooses by tf.cond in TensorFlow, by a selection here",
    "gradients/custom_variables": "TensorFlow 2 leaves an unused Identity of the result and reads variables for IdentityN",
    "gradients/custom": "TensorFlow 2 leaves an unused Identity of the result",
}
"""Scripts whose graphs differ for a reason."""

NAMES = [name for folder in FOLDERS for name in script_player.script_names(folder) if name not in WAITING]

NOT_RUN = {"metrics/ranking": "its recorded graph has set operations, which are not ops here"}

GRAPHS = [name for name in NAMES if name not in VALUES_ONLY]


@functools.cache
def recorded_graph(name):
    return text_format.Parse((script_player.GOLDENS / name / "graph.pbtxt").read_text(), protos.GraphDef())


@functools.cache
def facts(name):
    return json.loads((script_player.GOLDENS / name / "facts.json").read_text())


@functools.cache
def recorded_values(name):
    return golden_values.load(script_player.GOLDENS / name / "values.npz")


@functools.cache
def built(name):
    return script_player.build(tf, name)


def check_values(actual, name):
    expected = recorded_values(name)
    assert list(actual) == list(expected)
    wrong = [golden_values.difference(key, actual[key], value) for key, value in expected.items()]
    wrong = [text for text in wrong if text]
    assert not wrong, f"{len(wrong)} of {len(expected)} values differ:\n" + "\n".join(wrong[:12])


@pytest.mark.parametrize("name", GRAPHS)
def test_graph_is_tensorflows_node_for_node(name):
    message = graph_compare.first_difference(built(name).graph.as_graph_def(), recorded_graph(name))
    assert message is None, message


@pytest.mark.parametrize("name", GRAPHS)
def test_gradient_nodes_follow_the_naming_scheme(name):
    ours, theirs = built(name).graph.as_graph_def(), recorded_graph(name)
    roots = graph_compare.gradient_roots(theirs)
    assert graph_compare.gradient_roots(ours) == roots
    assert graph_compare.misnamed_gradients(ours) == []
    named = [(node.name, graph_compare.root_of(node.name, roots)) for node in theirs.node]
    places = {graph_compare.gradient_place(node, root) for node, root in named if root}
    for label, expected in facts(name)["fetches"].items():
        root = graph_compare.root_of(expected, roots)
        actual = built(name).fetches[label].name
        if root is None:
            assert actual == expected
        else:
            # A node left out (a Reshape to the same shape) lets its input stand for it.
            assert graph_compare.gradient_place(actual, root) in places, label


@pytest.mark.parametrize("name", NAMES)
def test_values_equal_recorded(name):
    with tf.Session(graph=built(name).graph) as session:
        check_values(script_player.play(session, built(name)), name)


@pytest.mark.parametrize("name", GRAPHS)
def test_static_types_and_shapes_are_tensorflows(name):
    graph, wrong = built(name).graph, []
    for tensor_name, (dtype, shape) in facts(name)["tensors"].items():
        tensor = graph.get_tensor_by_name(tensor_name)
        actual = None if tensor.shape.ndims is None else tensor.shape.as_list()
        if (tensor.dtype.name, actual) != (dtype, shape):
            wrong.append(f"{tensor_name}: {tensor.dtype.name} {actual}, TensorFlow {dtype} {shape}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", GRAPHS)
def test_reprs_are_tensorflows(name):
    roots = graph_compare.gradient_roots(recorded_graph(name))
    for label, expected in facts(name)["reprs"].items():
        if graph_compare.root_of(facts(name)["fetches"][label], roots) is None:
            assert repr(built(name).fetches[label]) == expected, label


@pytest.mark.parametrize("name", GRAPHS)
def test_collections_are_tensorflows(name):
    graph = built(name).graph
    actual = {key: [getattr(item, "name", None) or str(item) for item in graph.get_collection(key)] for key in graph.get_all_collection_keys()}
    for key, expected in facts(name)["collections"].items():
        assert actual.get(key) == expected, key


@pytest.mark.parametrize("name", NAMES)
def test_recorded_graph_survives_load_and_save(name):
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(recorded_graph(name), name="")
    for ours, theirs in zip(graph.as_graph_def().node, recorded_graph(name).node, strict=True):
        assert ours == theirs


def fetched(graph, key):
    """The element of a recorded fetch; for a resource variable the value that a session fetches for it."""
    element = graph.as_graph_element(key)
    if getattr(element, "dtype", None) == tf.resource:
        return graph.as_graph_element(f"{element.op.name}/Read/ReadVariableOp:0")
    return element


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NOT_RUN])
def test_recorded_graph_runs_with_the_recorded_values(name):
    """TensorFlow's own gradient and update nodes, run by this runtime."""
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(recorded_graph(name), name="")
    recorded, seen = recorded_values(name), facts(name)
    feeds = [{graph.get_tensor_by_name(key): recorded[f"feed{i}.{key}"] for key in keys} for i, keys in enumerate(seen["feeds"])]
    again = script_player.Built(
        graph=graph,
        init=graph.as_graph_element(seen["init"]) if seen["init"] else None,
        feeds=feeds,
        fetches={label: fetched(graph, key) for label, key in seen["fetches"].items()},
        steps=[[graph.as_graph_element(key) for key in step] for step in seen["steps"]],
    )
    with tf.Session(graph=graph) as session:
        check_values(script_player.play(session, again), name)
