"""The one part of `tf.contrib.eager` that means something in a graph."""

from graphpb.variables.resource import ResourceVariable as Variable  # noqa: F401


def __getattr__(name):
    raise AttributeError(f"module 'graphpb.contrib.eager' has no attribute {name!r}: graphpb has no eager mode")
