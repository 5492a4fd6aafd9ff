"""The public names: those that surveyed programs use resolve, absent ones say why, and no name is there by accident."""

import importlib.util
import pathlib

import graphpb as tf
import pytest

TOOL = pathlib.Path(__file__).resolve().parent.parent / "tools" / "api_coverage.py"
spec = importlib.util.spec_from_file_location("api_coverage", TOOL)
api_coverage = importlib.util.module_from_spec(spec)
spec.loader.exec_module(api_coverage)


@pytest.mark.parametrize("tier", ["0", "1"])
def test_names_that_programs_use_resolve(tier):
    missing = [name for name in api_coverage.tiers()[tier] if not api_coverage.resolves(name) and not api_coverage.LATER.match(name)]
    assert missing == []


@pytest.mark.parametrize("module", ["", "nn", "train", "layers", "losses", "metrics", "math", "linalg", "initializers"])
def test_absent_names_are_attribute_errors(module):
    owner = getattr(tf, module) if module else tf
    assert not hasattr(owner, "no_such_name")
    with pytest.raises(AttributeError, match="no_such_name"):
        owner.no_such_name  # noqa: B018


def test_names_that_tensorflow_dropped_stay_absent():
    for name in ("concat_v2", "scalar_summary", "image_summary", "histogram_summary", "merge_summary", "batch_svd"):
        assert not hasattr(tf, name) and name not in dir(tf)


def test_absent_names_say_why():
    with pytest.raises(AttributeError, match="no eager mode"):
        tf.GradientTape  # noqa: B018
    with pytest.raises(AttributeError, match="one machine"):
        tf.train.SyncReplicasOptimizer  # noqa: B018


def test_aliases_are_one_object():
    pairs = [
        (tf.sigmoid, tf.nn.sigmoid),
        (tf.tanh, tf.nn.tanh),
        (tf.zeros_initializer, tf.initializers.zeros),
        (tf.math.floormod, tf.mod),
        (tf.linalg.inv, tf.matrix_inverse),
        (tf.layers.MaxPooling2D, tf.layers.MaxPool2D),
    ]
    assert all(a is b for a, b in pairs)
