"""The committed stub of `graphpb.ops.raw` agrees with the registry and is Python."""

import ast
import subprocess
import sys
from pathlib import Path

import graphpb as tf
import numpy as np
from graphpb import _native
from graphpb.ops import raw

ROOT = Path(__file__).resolve().parents[1]
STUB = ROOT / "python" / "graphpb" / "ops" / "raw.pyi"


def test_committed_stub_is_what_the_generator_writes():
    done = subprocess.run([sys.executable, str(ROOT / "tools/raw_stub.py"), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_stub_parses_and_names_every_op_once():
    names = [n.name for n in ast.parse(STUB.read_text()).body if isinstance(n, ast.FunctionDef)]
    assert sorted(names) == sorted([*_native.op_names(), "apply_op"])


def test_parameters_in_the_stub_are_those_the_function_takes():
    functions = {n.name: n for n in ast.parse(STUB.read_text()).body if isinstance(n, ast.FunctionDef)}
    parameters = [a.arg for a in functions["MatMul"].args.args]
    assert parameters[:2] == ["a", "b"] and parameters[-1] == "name"
    with tf.Graph().as_default(), tf.Session() as session:
        a, b = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(2, 3)
        given = dict(zip(parameters, [a, b, False, True, None]))
        assert np.array_equal(session.run(raw.MatMul(**given)), a @ b.T)


def test_every_op_that_python_builds_is_registered():
    named = set()
    for path in (ROOT / "python/graphpb").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "raw" and node.attr[0].isupper():
                named.add(node.attr)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_unary", "_binary", "_comparison"):
                named.add(node.args[0].value)
    assert len(named) > 300
    assert sorted(named - set(_native.op_names())) == []
