"""Imports at the top of the package's modules are absolute and go downwards."""

import ast
import pathlib

import graphpb

ROOT = pathlib.Path(graphpb.__file__).parent
RANKS = {
    "_native": 0, "protos": 0, "dtypes": 0, "shapes": 0, "errors": 0, "deprecation": 0, "nest": 0, "flags": 0, "logging": 0, "config": 0,
    "graph": 1, "ops": 2, "variables": 3, "initializers": 3, "session": 4, "python_io": 5, "summary": 5, "nn": 5, "losses": 6, "layers": 6, "rnn": 6, "metrics": 6, "train": 6,
}  # fmt: skip
TOP = 7


def rank(module):
    parts = module.split(".")
    return RANKS.get(parts[1], TOP) if len(parts) > 1 else TOP


def top_level_imports(path):
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom):
            yield node.lineno, node.level, node.module or "", [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, 0, alias.name, []


def test_imports_are_absolute_and_go_downwards():
    wrong = []
    for path in sorted(ROOT.rglob("*.py")):
        own = ".".join(["graphpb", *path.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__")
        if path.name == "__init__.py" or rank(own) == TOP:
            continue
        for line, level, module, names in top_level_imports(path):
            targets = [f"graphpb.{n}" for n in names] if module == "graphpb" else [module]
            for target in targets:
                if level or (target.startswith("graphpb.") and rank(target) > rank(own)):
                    wrong.append(f"{path.relative_to(ROOT)}:{line}: {target}")
    assert not wrong, "\n".join(wrong)
