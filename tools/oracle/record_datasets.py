"""Record the elements and graphs of tests/dataset_cases.py; run with TensorFlow's Python, writes tests/data/datasets.json and dataset_graphs.json."""

import json
import pathlib
import sys
import tempfile

import tensorflow.compat.v1 as tf

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
import dataset_cases  # noqa: E402

tf.disable_v2_behavior()
with tempfile.TemporaryDirectory() as folder:
    dataset_cases.write_files(tf, folder)
    cases = dataset_cases.cases(tf, folder)
    found = {name: dataset_cases.elements(tf, make, folder) for name, make in cases.items()}
lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(passes)}" for name, passes in found.items())
(ROOT / "tests" / "data" / "datasets.json").write_text("{\n" + lines + "\n}\n")
graphs = {name: dataset_cases.nodes(tf, build) for name, build in dataset_cases.graphs(tf).items()}
(ROOT / "tests" / "data" / "dataset_graphs.json").write_text(json.dumps(graphs, indent=1) + "\n")
