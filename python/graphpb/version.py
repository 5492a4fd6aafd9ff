"""The versions of the package and of the graphs it writes."""

from graphpb._native import __version__ as VERSION  # noqa: F401, N812

GIT_VERSION = VERSION
COMPILER_VERSION = "rustc"
GRAPH_DEF_VERSION = 134
"""The producer version of TensorFlow 1.15."""
GRAPH_DEF_VERSION_MIN_CONSUMER = 0
GRAPH_DEF_VERSION_MIN_PRODUCER = 0


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
