"""Record TensorFlow's schema of every op that the registry has, one line each, for rust/core/tests/op_defs.rs.

Usage: python record_op_defs.py NAMES OUT, where NAMES is a file of op names, one per line (`graphpb ops` lists them).

Line: name, inputs, outputs, attrs, flags, separated by tabs. An argument is `name:type`, with `*n` for a list counted by attr n and
`&` for a reference; its type is an attr's name or a DataType. An attr is `name:kind[:allowed][=default][>=minimum]`.
"""

import sys

from google.protobuf import text_format
from tensorflow.core.framework import types_pb2
from tensorflow.python.framework import op_def_registry


def type_name(number):
    return types_pb2.DataType.Name(number).removeprefix("DT_")


def argument(a):
    kind = a.type_attr or (a.type_list_attr and "[" + a.type_list_attr + "]") or type_name(a.type)
    return f"{a.name}:{kind}" + (f"*{a.number_attr}" if a.number_attr else "") + ("&" if a.is_ref else "")


def value(v):
    """An AttrValue on one line; floats by their shortest text."""
    if v.WhichOneof("value") == "f":
        return f"f: {v.f!r}"
    return text_format.MessageToString(v, as_one_line=True).strip()


def attr(a):
    out = f"{a.name}:{a.type}"
    allowed = [type_name(t) for t in a.allowed_values.list.type] + [s.decode() for s in a.allowed_values.list.s]
    if allowed:
        out += ":" + ",".join(allowed)
    if a.HasField("default_value"):
        out += "=" + value(a.default_value)
    if a.has_minimum:
        out += f">={a.minimum}"
    return out


def line(d):
    flags = [f for f in ("is_commutative", "is_aggregate", "is_stateful", "allows_uninitialized_input") if getattr(d, f)]
    if d.HasField("deprecation") and d.deprecation.version:
        flags.append(f"deprecated:{d.deprecation.version}")
    return "\t".join(
        [
            d.name,
            " ".join(argument(a) for a in d.input_arg),
            " ".join(argument(a) for a in d.output_arg),
            "|".join(attr(a) for a in d.attr),
            " ".join(flags),
        ]
    )


def main():
    names, out = sys.argv[1:3]
    lines = []
    with open(names) as f:
        wanted = sorted({n.strip() for n in f if n.strip()})
    for name in wanted:
        d = op_def_registry.get(name)
        lines.append(line(d) if d is not None else name)
    with open(out, "w") as f:
        f.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
