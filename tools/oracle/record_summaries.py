"""Record what TensorFlow's summary ops give for tests/summary_cases.py; run with TensorFlow's Python, writes tests/data/summaries.json."""

import base64
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import summary_cases  # noqa: E402
from tf1 import tf  # noqa: E402

results = {name: base64.b64encode(value).decode() for name, value in summary_cases.run(tf).items()}
lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(value)}" for name, value in results.items())
(ROOT / "tests/data/summaries.json").write_text("{\n" + lines + "\n}\n")
