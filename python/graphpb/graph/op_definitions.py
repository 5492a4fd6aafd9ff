"""Definitions of op types as messages."""

from __future__ import annotations

from typing import Any

from graphpb import _native


def op_def_message(op_type: str) -> Any:
    """The definition of an op type, without documentation, as an `OpDef`; None when the registry has none."""
    from graphpb import protos

    found = _native.op_def(op_type)
    if found is None:
        return None
    message = protos.OpDef(name=op_type, is_stateful=found["stateful"])
    for args, field in ((found["inputs"], message.input_arg), (found["outputs"], message.output_arg)):
        for arg in args:
            values = {k: arg[k] for k in ("name", "type", "type_attr", "type_list_attr", "number_attr", "is_ref") if arg[k]}
            field.add(**values)
    for spec in found["attrs"]:
        attr = message.attr.add(name=spec["name"], type=spec["type"])
        if spec["default"] is not None:
            attr.default_value.ParseFromString(spec["default"])
            if attr.default_value.WhichOneof("value") is None:
                attr.ClearField("default_value")
        if spec["minimum"] is not None:
            attr.has_minimum, attr.minimum = True, spec["minimum"]
        if spec["allowed_types"]:
            attr.allowed_values.list.type.extend(spec["allowed_types"])
        if spec["allowed_strings"]:
            attr.allowed_values.list.s.extend(s.encode() for s in spec["allowed_strings"])
    return message
