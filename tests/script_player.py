"""Builds and plays the TF1 scripts of tests/scripts on any TF1-like module; knows neither TensorFlow nor graphpb.

The recorder (tools/oracle/record.py) and the tests call the same functions, so what is compared was produced the same way.
The convention of a script is in tests/scripts/README.md.
"""

import dataclasses
import importlib.util
import pathlib

import numpy as np

SCRIPTS = pathlib.Path(__file__).resolve().parent / "scripts"
GOLDENS = pathlib.Path(__file__).resolve().parent / "data" / "goldens"

LARGEST_PER_STEP = 256
"""Fetches with more elements than this are kept before the first and after the last step only."""


@dataclasses.dataclass
class Built:
    """A script's graph and what it returned."""

    graph: object
    init: object
    feeds: list
    fetches: dict
    steps: list


def script_names(folder=""):
    """Names of the scripts of a folder below tests/scripts, sorted: `mnist_softmax`, `layers/dense`."""
    root = SCRIPTS / folder
    return sorted(str(path.relative_to(SCRIPTS).with_suffix("")) for path in root.glob("*.py"))


def build(tf, name):
    """Run a script's `build(tf)` in a new graph that is seeded with nothing."""
    path = SCRIPTS / f"{name}.py"
    spec = importlib.util.spec_from_file_location("script_" + name.replace("/", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    graph = tf.Graph()
    with graph.as_default():
        parts = module.build(tf)
    unknown = set(parts) - {"fetches", "feeds", "steps", "init"}
    if unknown:
        raise ValueError(f"{path.name}: build() returned unknown keys {sorted(unknown)}")
    return Built(
        graph=graph,
        init=parts.get("init"),
        feeds=parts.get("feeds") or [{}],
        fetches=parts["fetches"],
        steps=parts.get("steps") or [],
    )


def play(session, built):
    """Run init, every feed, then every step; return {key: array} in the order of the runs.

    Keys are `run<i>.<label>` for feed i, `step<i>.<label>` after step i and `feed<i>.<tensor name>` for what was fed.
    """
    values = {}
    for i, feed in enumerate(built.feeds):
        for key, value in feed.items():
            values[f"feed{i}.{key.name}"] = np.asarray(value, dtype=key.dtype.as_numpy_dtype)
    if built.init is not None:
        session.run(built.init)
    for i, feed in enumerate(built.feeds):
        for label, value in session.run(built.fetches, feed).items():
            values[f"run{i}.{label}"] = np.asarray(value)
    small = {label: fetch for label, fetch in built.fetches.items() if values[f"run0.{label}"].size <= LARGEST_PER_STEP}
    for i, step in enumerate(built.steps):
        feed = built.feeds[i % len(built.feeds)]
        session.run(step, feed)
        last = i == len(built.steps) - 1
        for label, value in session.run(built.fetches if last else small, feed).items():
            values[f"step{i}.{label}"] = np.asarray(value)
    return values
