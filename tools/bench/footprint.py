"""Measures what it costs to have graphpb: import time beyond numpy, resident memory after import, size of the wheel."""

import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

IMPORT = """
import time, numpy
start = time.perf_counter()
import graphpb
print(time.perf_counter() - start)
"""
RESIDENT = """
import {module}
print(next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmRSS")))
"""


def number_from(python, code):
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, cwd="/")
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return float(done.stdout)


def wheel():
    """The newest built wheel of this checkout, or None."""
    found = [path for folder in ("dist", "target/wheels") for path in (ROOT / folder).glob("graphpb-*.whl")]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def measure(python=sys.executable):
    """Rows (what, value, unit, limit); the value is None where there is nothing to measure."""
    number_from(python, IMPORT)
    file = wheel()
    return [
        ("import graphpb beyond numpy", 1000 * statistics.median(number_from(python, IMPORT) for _ in range(9)), "ms", 100),
        ("resident after import", number_from(python, RESIDENT.format(module="graphpb")), "MB", 60),
        ("resident after import numpy", number_from(python, RESIDENT.format(module="numpy")), "MB", None),
        ("wheel", file.stat().st_size / 1e6 if file else None, "MB", 15),
    ]


if __name__ == "__main__":
    for what, value, unit, limit in measure():
        print(f"{what:30} {'not built' if value is None else f'{value:.1f} {unit}'}" + (f"   (limit {limit})" if limit else ""))
