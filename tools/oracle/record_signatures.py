"""Writes tests/data/signatures.tsv: the arguments of TensorFlow's public functions and classes; run with a Python that has TensorFlow 2.21.

One line for each name of tests/data/tf1_names.txt and of tf.layers that can be called: the name, then its arguments as Python writes them, with `…` for
a default that is no number, string, tuple, bool or None.
"""

import inspect
import pathlib

from tf1 import tf

DATA = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data"


def text_of(parameter):
    """One argument: `x`, `axis=None`, `*args`."""
    name = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "") + parameter.name
    if parameter.default is parameter.empty:
        return name
    plain = isinstance(parameter.default, (type(None), bool, int, float, str, tuple, list)) and not hasattr(parameter.default, "name")
    return f"{name}={parameter.default!r}" if plain else f"{name}=…"


def resolved(name):
    """The value of a dotted name, None when there is none."""
    value = tf
    for part in name.split("."):
        value = getattr(value, part, None)
    return value


def main():
    """Write the file."""
    names = (DATA / "tf1_names.txt").read_text().split()
    names += [f"layers.{name}" for name in dir(tf.layers) if not name.startswith("_") and name != "experimental"]
    rows = []
    for name in sorted(set(names)):
        value = resolved(name)
        if not callable(value):
            continue
        try:
            parameters = list(inspect.signature(value).parameters.values())
        except (TypeError, ValueError):
            continue
        if all(parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) for parameter in parameters):
            continue
        rows.append(name + "\t" + ", ".join(map(text_of, parameters)))
    (DATA / "signatures.tsv").write_text("\n".join(rows) + "\n")
    print(f"{len(rows)} names")


if __name__ == "__main__":
    main()
