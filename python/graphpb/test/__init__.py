"""Tools for tests: `tf.test.TestCase`, numeric gradients, what the machine has."""

import os as _os
import tempfile as _tempfile

from graphpb.test.case import TestCase as TestCase
from graphpb.test.gradient import compute_gradient as compute_gradient
from graphpb.test.gradient import compute_gradient_error as compute_gradient_error


def main(argv=None):
    """Run the tests of the calling program, after its flags are read."""
    import unittest

    from graphpb import app

    app.run(main=lambda rest: unittest.main(module="__main__", argv=rest), argv=argv)


def get_temp_dir():
    """Return a folder for the files of a test: that of TEST_TMPDIR, or one of the system's."""
    folder = _os.environ.get("TEST_TMPDIR") or _os.path.join(_tempfile.gettempdir(), "graphpb_test")
    _os.makedirs(folder, exist_ok=True)
    return folder


def is_gpu_available(cuda_only=False, min_cuda_compute_capability=None):
    """Tell whether there is a GPU: never, graphpb runs on processors."""
    return False


def gpu_device_name():
    """Return the name of a GPU: the empty text, as there is none."""
    return ""


def is_built_with_cuda():
    """Tell whether the package can use CUDA: never."""
    return False


is_built_with_gpu_support = is_built_with_rocm = is_built_with_xla = is_built_with_cuda


def assert_equal_graph_def(actual, expected):
    """Compare two GraphDefs node for node, in any order of nodes.

    Raises:
      TypeError: An argument is no GraphDef.
      AssertionError: They differ; the text names the first node that does.
    """
    from graphpb import protos

    for message in (actual, expected):
        if not isinstance(message, protos.GraphDef):
            raise TypeError(f"Expected tf.GraphDef, got {type(message).__name__}")
    ours, theirs = ({node.name: node for node in message.node} for message in (actual, expected))
    for name in sorted(ours.keys() | theirs.keys()):
        assert name in ours, f"node {name!r} is missing"
        assert name in theirs, f"node {name!r} is not expected"
        assert ours[name] == theirs[name], f"node {name!r} differs:\n{ours[name]}\nexpected:\n{theirs[name]}"


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
