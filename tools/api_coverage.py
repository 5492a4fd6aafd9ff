"""Report which TensorFlow 1 names graphpb has: `python tools/api_coverage.py [--missing] [--all] [--json]`.

The names of tests/data/surveyed_names.txt are those that fourteen public code bases use: at least three of them (tier 0), two (tier 1), one (tier 2);
`tensorflow.…` stands for internal modules, reached after `graphpb.compat.install()`. Exit code 1 when a tier-0 or tier-1 name is missing whose
part of the project is not open, or when a name exists that must stay absent.
"""

import argparse
import importlib
import json
import pathlib
import re

from graphpb import ledger

DATA = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data"

OPEN = re.compile(r"tf\.contrib\.(factorization|tensor_forest)\..*$")
"""Two parts of tf.contrib that stay out."""


def surveyed():
    """Return (tier, uses, name) of every surveyed name; the tier is None where it must stay absent."""
    rows = [line.split() for line in (DATA / "surveyed_names.txt").read_text().splitlines() if line and not line.startswith("#")]
    return [(None if tier == "-" else int(tier), int(uses), name) for tier, uses, name in rows]


def resolves(name):
    """Tell whether a user reaches a name: attributes from the package down, modules where they are not imported yet."""
    head, *rest = name.split(".")
    path = "graphpb" if head == "tf" else "graphpb.compat.tensorflow"
    value = importlib.import_module(path)
    for part in rest:
        path += "." + part
        try:
            value = getattr(value, part)
        except AttributeError:
            try:
                value = importlib.import_module(path)
            except ImportError:
                return False
    return True


def missing(tier):
    """Return the names of a tier that do not resolve."""
    return [name for kind, _, name in surveyed() if kind == tier and not resolves(name)]


def due(tier):
    """Return the missing names of a tier whose part of the project is not open."""
    return [name for name in missing(tier) if not OPEN.match(name)]


def forbidden():
    """Return the names that exist and must stay absent."""
    return [name for kind, _, name in surveyed() if kind is None and resolves(name)]


def public_names():
    """Return every public name of TensorFlow 1."""
    return (DATA / "tf1_names.txt").read_text().split()


def main():
    """Print the report and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--missing", action="store_true", help="list the names that do not resolve")
    parser.add_argument("--all", action="store_true", help="also report all public names of TensorFlow 1, with the reason of each that is absent")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = surveyed()
    absent = {tier: missing(tier) for tier in (0, 1, 2)}
    wrong, left = forbidden(), due(0) + due(1)
    if options.json:
        print(json.dumps({"missing": absent, "due": left, "must_stay_absent": wrong}))
        return 1 if wrong or left else 0
    for tier, names in absent.items():
        uses = {name: count for kind, count, name in rows if kind == tier}
        share = 100 * (1 - sum(uses[name] for name in names) / sum(uses.values()))
        print(f"tier {tier}: {len(uses) - len(names)} of {len(uses)} names, {share:.1f} % of uses")
        if options.missing:
            print("   missing: " + (", ".join(names) or "none"))
    if left:
        print("due: " + ", ".join(left))
    if wrong:
        print("must stay absent: " + ", ".join(wrong))
    if options.all:
        names = public_names()
        gone = [name for name in names if not resolves(f"tf.{name}")]
        print(f"public names of TensorFlow 1: {len(names) - len(gone)} of {len(names)}")
        for name in gone:
            print(f"  tf.{name}: {ledger.reason(name)}")
    return 1 if wrong or left else 0


if __name__ == "__main__":
    raise SystemExit(main())
