"""Every script of tests/scripts/loops gives the numbers, types and shapes that TensorFlow 2.21 recorded for it.

TensorFlow recorded TF1 control flow, graphpb builds functions: nodes are not compared.
"""

import functools
import json

import golden_values
import graphpb as tf
import pytest
import script_player

NAMES = [name for name in script_player.script_names("loops") if "/rnn_" not in name]
"""All but the recurrent networks, which tests/test_rnn.py compares."""


@functools.cache
def built(name):
    return script_player.build(tf, name)


@pytest.mark.parametrize("name", NAMES)
def test_values_equal_recorded(name):
    expected = golden_values.load(script_player.GOLDENS / name / "values.npz")
    with tf.Session(graph=built(name).graph) as session:
        actual = script_player.play(session, built(name))
    assert list(actual) == list(expected)
    wrong = [golden_values.difference(key, actual[key], value) for key, value in expected.items()]
    wrong = [text for text in wrong if text]
    assert not wrong, f"{len(wrong)} of {len(expected)} values differ:\n" + "\n".join(wrong[:12])


@pytest.mark.parametrize("name", NAMES)
def test_fetched_types_and_shapes_are_tensorflows(name):
    facts = json.loads((script_player.GOLDENS / name / "facts.json").read_text())
    wrong = []
    for label, fetch in built(name).fetches.items():
        tensor = tf.convert_to_tensor(fetch)
        dtype, shape = facts["tensors"].get(facts["fetches"][label], (None, None))
        actual = None if tensor.shape.ndims is None else tensor.shape.as_list()
        if dtype is not None and (tensor.dtype.name != dtype.removesuffix("_ref") or actual != shape):
            wrong.append(f"{label}: {tensor.dtype.name} {actual}, TensorFlow {dtype} {shape}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_the_graph(name):
    graph_def = built(name).graph.as_graph_def()
    again = tf.Graph()
    with again.as_default():
        tf.import_graph_def(graph_def, name="")
    assert again.as_graph_def() == graph_def
