"""Messages of graphs, checkpoints, event files and examples, with TensorFlow's field numbers, in package `graphpb`.

The classes are made from a committed descriptor set when the first of them is asked for, so they work with every
protobuf runtime from 3.20 on and cost nothing to a program that does not use them. Names are those of TensorFlow:
`GraphDef`, `NodeDef`, `AttrValue`, `TensorProto`, `DataType`, `DT_FLOAT`, …; bytes are interchangeable with it.

>>> from graphpb.protos import GraphDef
>>> graph = GraphDef()
>>> graph.node.add(name="a", op="NoOp").name
'a'
"""

from __future__ import annotations

import os
from typing import Any

_loaded = False


def _load() -> None:
    """Put every message class, enum and enum value of package `graphpb` into this module."""
    global _loaded
    from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, wrappers_pb2  # noqa: F401
    from google.protobuf.internal import builder

    pool = descriptor_pool.Default()
    with open(os.path.join(os.path.dirname(__file__), "protos.desc"), "rb") as stream:
        files = descriptor_pb2.FileDescriptorSet.FromString(stream.read())
    for file in files.file:
        if file.package == "graphpb":
            descriptor = pool.AddSerializedFile(file.SerializeToString())
            builder.BuildMessageAndEnumDescriptors(descriptor, {})
            builder.BuildTopDescriptorsAndMessages(descriptor, __name__, globals())
    globals().pop("DESCRIPTOR", None)
    _loaded = True


def __getattr__(name: str) -> Any:
    if not _loaded and not name.startswith("_"):
        _load()
        if name in globals():
            return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    if not _loaded:
        _load()
    return sorted(name for name in globals() if name[0].isupper())
