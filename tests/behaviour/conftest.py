"""Gives the tests of this folder a TF1 module: graphpb, or TensorFlow when GRAPHPB_TEST_BACKEND=tensorflow.

Every test here passes on both, so TensorFlow itself vouches for what is asserted (`make oracle`).
"""

import importlib
import os
import pathlib
import sys

import pytest

BACKEND = os.environ.get("GRAPHPB_TEST_BACKEND", "graphpb")

LATER = ["test_files.py"]
"""Files about parts that graphpb does not have yet."""

collect_ignore = LATER if BACKEND == "graphpb" else []


def load():
    if BACKEND == "tensorflow":
        sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "oracle"))
        return importlib.import_module("tf1").tf
    return importlib.import_module(BACKEND)


@pytest.fixture
def tf():
    """The module under test, with a fresh default graph."""
    module = load()
    module.reset_default_graph()
    with module.Graph().as_default():
        yield module
