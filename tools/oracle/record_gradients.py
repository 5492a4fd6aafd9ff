"""Record for which ops TensorFlow registers a gradient: one line `op<TAB>rule` or `op<TAB>none` (declared not differentiable).

Run with TensorFlow's Python: `python tools/oracle/record_gradients.py`; writes tests/data/gradient_registry.tsv, which
rust/core/tests/gradient_registry.rs compares with this project's registry.
"""

import os
import pathlib

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")

import tensorflow  # noqa: F401
from tensorflow.python.framework import op_def_registry, ops

PATH = pathlib.Path(__file__).resolve().parents[2] / "tests/data/gradient_registry.tsv"


def main():
    lines = []
    for name in sorted(ops.gradient_registry.list()):
        if op_def_registry.get(name) is None:
            continue
        lines.append(f"{name}\t{'none' if ops.gradient_registry.lookup(name) is None else 'rule'}\n")
    PATH.write_text("".join(lines))
    print(len(lines), "ops")


if __name__ == "__main__":
    main()
