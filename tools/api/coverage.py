"""Reports which surveyed TF1 names resolve in graphpb: `python tools/api/coverage.py [--missing] [--json]`.

Names are looked up as a user reaches them: attributes of the package, or modules of the `tensorflow` alias for internal imports.
Exit 1 when a tier-0 name is missing or a name that must stay absent exists.
"""

import argparse
import importlib
import json
import pathlib
import sys

LIST = pathlib.Path(__file__).resolve().parent / "surveyed_names.txt"
MODULE = "graphpb"


def surveyed():
    """(tier or None where it must stay absent, uses, name) of every line of the list."""
    for line in LIST.read_text().splitlines():
        if line and not line.startswith("#"):
            tier, uses, name = line.split()
            yield None if tier == "-" else int(tier), int(uses), name


def resolves(name):
    """Whether a dotted name such as `tf.nn.relu` or `tensorflow.python.x.y` can be reached."""
    head, *rest = name.split(".")
    module = MODULE
    if head != "tf":
        module = f"{MODULE}.compat.tensorflow"
    try:
        value = importlib.import_module(module)
    except ImportError:
        return False
    for i, part in enumerate(rest):
        try:
            value = getattr(value, part)
        except AttributeError:
            try:
                value = importlib.import_module(".".join([module, *rest[: i + 1]]))
            except ImportError:
                return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--missing", action="store_true", help="list the names that do not resolve")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [(tier, uses, name, resolves(name)) for tier, uses, name in surveyed()]
    tiers = {tier: [row for row in rows if row[0] == tier] for tier in (0, 1, 2)}
    wrong = [name for tier, _, name, there in rows if tier is None and there]
    if options.json:
        print(json.dumps({"missing": {str(t): [n for _, _, n, there in r if not there] for t, r in tiers.items()}, "must_stay_absent": wrong}))
    else:
        for tier, found in tiers.items():
            there = [row for row in found if row[3]]
            share = 100 * sum(row[1] for row in there) / sum(row[1] for row in found)
            print(f"tier {tier}: {len(there)} of {len(found)} names, {share:.1f} % of uses")
            if options.missing:
                print("   missing: " + ", ".join(name for _, _, name, ok in found if not ok))
        if wrong:
            print("must stay absent: " + ", ".join(wrong))
    sys.exit(1 if wrong or not all(row[3] for row in tiers[0]) else 0)


if __name__ == "__main__":
    main()
