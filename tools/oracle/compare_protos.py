"""Compare graphpb's message descriptors with those of an installed TensorFlow; prints the differences.

Run with a Python that has TensorFlow: `python tools/oracle/compare_protos.py`. Exit code 1 when a field differs.
"""

import importlib
import os
import pkgutil
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python" / "graphpb"))

import protos  # noqa: E402
from google.protobuf import descriptor_pool  # noqa: E402

# In TensorFlow, kept free for its own later use.
UNUSED_ENUM_VALUES = {"DO_NOT_USE_RESERVED_FOR_FUTURE_EXPANSION_USE_DEFAULT_IN_SWITCH_INSTEAD_"}


def field_facts(field):
    kind = (field.message_type or field.enum_type).full_name if field.message_type or field.enum_type else None
    if kind:
        kind = kind.replace("tensorflow.error.", "").replace("tensorflow.", "").replace("graphpb.", "")
    oneof = field.containing_oneof.name if field.containing_oneof else None
    oneof = None if oneof == "_" + field.name else oneof
    repeated = field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED
    presence = field.has_presence and not field.containing_type.GetOptions().map_entry
    return (field.name, field.type, repeated, repeated and field.is_packed, kind, oneof, presence)


def differences(ours, theirs):
    path = ours.full_name
    mine, other = ({f.number: field_facts(f) for f in m.fields} for m in (ours, theirs))
    for number in sorted(mine.keys() | other.keys()):
        if mine.get(number) != other.get(number):
            yield f"{path} field {number}: {mine.get(number)} here, {other.get(number)} there"
    for name, enum in ours.enum_types_by_name.items():
        yield from enum_differences(enum, theirs.enum_types_by_name[name])
    for name, nested in ours.nested_types_by_name.items():
        yield from differences(nested, theirs.nested_types_by_name[name])


def enum_differences(ours, theirs):
    mine, other = ({v.name: v.number for v in e.values} for e in (ours, theirs))
    for name in sorted((mine.keys() ^ other.keys()) - UNUSED_ENUM_VALUES):
        yield f"{ours.full_name}.{name}: {mine.get(name)} here, {other.get(name)} there"


def main():
    for package in ("framework", "protobuf", "util", "example"):
        module = importlib.import_module(f"tensorflow.core.{package}")
        for info in pkgutil.iter_modules(module.__path__):
            if info.name.endswith("_pb2") and "service" not in info.name:
                importlib.import_module(f"tensorflow.core.{package}.{info.name}")
    importlib.import_module("tensorflow.python.training.checkpoint_state_pb2")
    pool, found, count = descriptor_pool.Default(), [], 0
    for name in dir(protos):
        value = getattr(protos, name)
        descriptor = getattr(value, "DESCRIPTOR", None)
        if descriptor is None:
            continue
        count += 1
        if hasattr(descriptor, "fields"):
            found += differences(descriptor, pool.FindMessageTypeByName(f"tensorflow.{name}"))
        else:
            scope = "tensorflow.error" if name == "Code" else "tensorflow"
            found += enum_differences(descriptor, pool.FindEnumTypeByName(f"{scope}.{name}"))
    print(*found, sep="\n")
    print(f"{count} types compared, {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
