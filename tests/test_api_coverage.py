"""The public names: those that surveyed programs use resolve, absent ones say why, and no name is there by accident."""

import importlib.util
import pathlib

import graphpb as tf
import pytest
from graphpb import ledger

TOOL = pathlib.Path(__file__).resolve().parent.parent / "tools" / "api_coverage.py"
spec = importlib.util.spec_from_file_location("api_coverage", TOOL)
api_coverage = importlib.util.module_from_spec(spec)
spec.loader.exec_module(api_coverage)


@pytest.mark.parametrize("tier", [0, 1])
def test_names_that_programs_use_resolve(tier):
    assert api_coverage.due(tier) == []


def test_names_that_tensorflow_dropped_stay_absent():
    assert api_coverage.forbidden() == []
    for name in ("concat_v2", "scalar_summary", "image_summary", "histogram_summary", "merge_summary", "batch_svd"):
        assert not hasattr(tf, name) and name not in dir(tf)


def test_every_absent_public_name_says_why():
    """Each part of a dotted name is there, or raises AttributeError with a reason: nothing else."""
    silent = []
    for name in api_coverage.public_names():
        value = tf
        for part in name.split("."):
            try:
                value = getattr(value, part)
            except AttributeError as error:
                text = str(error)
                if part not in text or ": " not in text.partition("has no attribute")[2]:
                    silent.append(f"tf.{name}: {text}")
                break
    assert silent == []


def test_every_absent_public_name_has_a_family():
    """The ledger knows the reason of every name; none is left to the general answer."""
    absent = [name for name in api_coverage.public_names() if not api_coverage.resolves(f"tf.{name}")]
    assert [name for name in absent if ledger.rule(name) is None] == []


@pytest.mark.parametrize(
    "module", ["", "nn", "train", "layers", "losses", "metrics", "math", "linalg", "initializers", "image", "strings", "contrib", "test"]
)
def test_absent_names_are_attribute_errors(module):
    owner = getattr(tf, module) if module else tf
    assert not hasattr(owner, "no_such_name")
    with pytest.raises(AttributeError, match="no_such_name"):
        owner.no_such_name  # noqa: B018


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
        (tf.extract_image_patches, tf.image.extract_image_patches),
        (tf.string_join, tf.strings.join),
    ]
    assert all(a is b for a, b in pairs)
