"""Report which of the TensorFlow 1 names that real programs use graphpb has: `python tools/api_coverage.py [--all]`.

The names of tests/data/api_tiers.json are those that at least three (tier 0) or two (tier 1) of fourteen surveyed code bases use.
Exit code 1 when a name is missing that no later part of the project brings.
"""

import argparse
import json
import pathlib
import re

import graphpb as tf
from graphpb import ledger

DATA = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data"

LATER = re.compile(
    r"cond$|case$|while_loop$|map_fn$|nn\.(static|dynamic|.*_rnn)|nn\.rnn_cell|FIFOQueue|FixedLenFeature|parse_single_example|decode_raw|train\.("
    r"Saver|Coordinator|.*queue_runners?|QueueRunner|batch|shuffle_batch|Features?|Example|.*List|.*[cC]heckpoint.*|Scaffold|MonitoredTrainingSession|"
    r"summary_iterator)|summary\.|data\.|gfile\.|python_io\.|image\.|test\.|compat\.|estimator\.|contrib\.(data|eager|tensor_forest|factorization)|"
    r"tensorflow\.|py_func$|extract_image_patches$"
)
"""Control flow, queues, data, summaries, checkpoints, images and internal modules of TensorFlow."""


def resolves(name):
    """Tell whether a dotted name below tf is there."""
    value = tf
    for part in name.split("."):
        try:
            value = getattr(value, part)
        except AttributeError:
            return False
    return True


def tiers():
    """Return {tier: names}."""
    return json.loads((DATA / "api_tiers.json").read_text())


def main():
    """Print the report and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--all", action="store_true", help="also report all public names of TensorFlow 1, with the reason of each that is absent")
    arguments = parser.parse_args()
    wrong = 0
    for tier, names in tiers().items():
        missing = [name for name in names if not resolves(name)]
        due = [name for name in missing if not LATER.match(name)]
        wrong += len(due)
        print(
            f"tier {tier}: {len(names) - len(missing)} of {len(names)} names; {len(missing) - len(due)} belong to later parts; missing: {' '.join(due) or 'none'}"
        )
    if arguments.all:
        names = (DATA / "tf1_names.txt").read_text().split()
        missing = [name for name in names if not resolves(name)]
        print(f"all: {len(names) - len(missing)} of {len(names)} names")
        for name in missing:
            print(f"  tf.{name}: {ledger.reason(name)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
