"""Graphs that TensorFlow wrote load without loss, and those whose ops are here compute what TensorFlow computed."""

import fixture_files
import golden_values
import graphpb as tf
import pytest
from graphpb import _native, protos

RUN = {
    "mlp_frozen": set(),
    "mnist_softmax": set(),
    "constants_py": set(),
    "tensor_zoo": set(),
    "misc_attrs": set(),
    "legacy_ops": set(),
    "strings": set(),
    "misc_nn": set(),
    "convnet_frozen": set(),
    "batchnorm_frozen": set(),
    "batchnorm_training": set(),
    "random_philox": set(),
    "optimizers_ref": set(),
    "training_ref": set(),
    "training_resource": set(),
    "functions": set(),
    "cond_v1": set(),
    "cond_v2": set(),
    "while_v1": set(),
    "while_v2_stateful": set(),
    "nested_control_flow_v1": set(),
    "lstm_dynamic_rnn_v1_controlflow": set(),
    "lstm_grad_v1_controlflow": set(),
    "gru_dynamic_rnn_v2_while": set(),
    "gru_grad_v2_while": set(),
}
"""Fixtures to run, each with the ops that are not here yet: fetches that need one of them are left out."""

GRAPHS = [(name, path) for name in fixture_files.manifest() for path in fixture_files.graph_files(name)]


def load(path):
    graph_def = fixture_files.read_graph(path, protos.GraphDef())
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(graph_def, name="")
    return graph_def, graph


@pytest.mark.parametrize("name, path", GRAPHS, ids=[f"{name}-{path.suffix[1:]}" for name, path in GRAPHS])
def test_graph_survives_load_and_save(name, path):
    graph_def, graph = load(path)
    saved = graph.as_graph_def()
    assert [node.name for node in saved.node] == [node.name for node in graph_def.node]
    for ours, theirs in zip(saved.node, graph_def.node, strict=True):
        assert ours == theirs
    assert saved.library == graph_def.library
    assert saved.versions.producer == graph_def.versions.producer


@pytest.mark.parametrize(
    "name, path", [(name, path) for name, path in GRAPHS if name in RUN], ids=[f"{name}-{path.suffix[1:]}" for name, path in GRAPHS if name in RUN]
)
def test_runs_equal_the_recorded_ones(name, path):
    graph_def, graph = load(path)
    absent, wrong, compared = RUN[name], [], 0
    with tf.Session(graph=graph) as session:
        for number, run in enumerate(fixture_files.manifest()[name]["runs"]):
            fetches = {key: file for key, file in run["fetches"].items() if not fixture_files.ops_needed(graph_def, key) & absent}
            feeds = {key: fixture_files.read_array(file) for key, file in run["feeds"].items()}
            values = session.run([list(run["targets"]), {key: key for key in fetches}], feeds)[1]
            for key, file in fetches.items():
                compared += 1
                actual = fixture_files.in_storage_form(values[key], file)
                wrong.append(golden_values.difference(f"run {number} {key}", actual, fixture_files.read_array(file)))
    assert compared > 0
    assert not any(wrong), "\n".join(text for text in wrong if text)


def test_left_out_ops_are_still_absent():
    """Fails when an op arrives, so that the table above is kept true."""
    assert [(name, op) for name, ops in RUN.items() for op in ops if _native.has_kernel(op)] == []
