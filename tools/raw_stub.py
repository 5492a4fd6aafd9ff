"""Write `python/graphpb/ops/raw.pyi`, the types of the functions that `graphpb.ops.raw` makes from the registry.

`python tools/raw_stub.py` writes it, `--check` exits with 1 when the committed file differs.
"""

from __future__ import annotations

import argparse
import keyword
import sys
from pathlib import Path
from typing import Any

from graphpb import _native, dtypes, protos

STUB = Path(__file__).resolve().parents[1] / "python" / "graphpb" / "ops" / "raw.pyi"
HEADER = '''"""Made by tools/raw_stub.py from the op registry."""

from collections.abc import Sequence
from typing import Any

from graphpb.graph.core import Operation, Tensor

# What `convert_to_tensor` takes: a tensor, a variable, a numpy array, nested lists of numbers or strings.
_Value = Any
# A DType, its name or number, a numpy type.
_Type = Any
# A TensorShape, a list of sizes, None.
_Shape = Any

def apply_op(op_type: str, name: str | None = None, **arguments: Any) -> Any: ...
'''
KINDS = {"int": "int", "float": "float", "bool": "bool", "string": "str | bytes", "type": "_Type", "shape": "_Shape", "tensor": "Any", "func": "Any"}


def annotation(kind: str) -> str:
    """The Python type of an attribute of this kind."""
    if kind.startswith("list("):
        return f"Sequence[{KINDS[kind[5:-1]]}]"
    return KINDS[kind]


def literal(spec: dict[str, Any]) -> str:
    """The default of an attribute, where a stub can show it."""
    value = protos.AttrValue.FromString(spec["default"])
    kind = spec["type"]
    if kind == "int":
        return repr(int(value.i))
    if kind == "bool":
        return repr(bool(value.b))
    if kind == "string":
        try:
            return repr(value.s.decode())
        except UnicodeDecodeError:
            return repr(value.s)
    if kind == "type":
        return f'"{dtypes.of_number(value.type).name}"'
    return "..."


def is_list(arg: dict[str, Any]) -> bool:
    return bool(arg["number_attr"] or arg["type_list_attr"])


def result(outputs: list[dict[str, Any]]) -> str:
    kinds = ["list[Tensor]" if is_list(o) else "Tensor" for o in outputs]
    if not kinds:
        return "Operation"
    return kinds[0] if len(kinds) == 1 else f"tuple[{', '.join(kinds)}]"


def function(name: str) -> str:
    """The line of one op."""
    definition = _native.op_def(name)
    inferred = {k for a in definition["inputs"] for k in (a["type_attr"], a["type_list_attr"], a["number_attr"]) if k}
    free = [a for a in definition["attrs"] if a["name"] not in inferred]
    parameters = [(a["name"], "Sequence[_Value]" if is_list(a) else "_Value", None) for a in definition["inputs"]]
    parameters += [(a["name"], annotation(a["type"]), None) for a in free if not a["has_default"]]
    parameters += [(a["name"], annotation(a["type"]), literal(a)) for a in free if a["has_default"]]
    if any(keyword.iskeyword(p) for p, _, _ in parameters):
        return f"def {name}(*args: Any, name: str | None = None, **kwargs: Any) -> {result(definition['outputs'])}: ..."
    texts = [f"{p}: {kind}" + (f" = {default}" if default is not None else "") for p, kind, default in parameters]
    return f"def {name}({', '.join([*texts, 'name: str | None = None'])}) -> {result(definition['outputs'])}: ..."


def stub() -> str:
    """The whole file."""
    return HEADER + "".join(function(name) + "\n" for name in sorted(_native.op_names()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    if parser.parse_args().check:
        same = STUB.exists() and STUB.read_text() == stub()
        print("raw.pyi is up to date" if same else "raw.pyi differs: run python tools/raw_stub.py", file=sys.stderr)
        return 0 if same else 1
    temporary = STUB.with_suffix(".tmp")
    temporary.write_text(stub())
    temporary.replace(STUB)
    return 0


if __name__ == "__main__":
    sys.exit(main())
