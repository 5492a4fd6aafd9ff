"""Runs the workloads on graphpb and on the peers that are installed, in turns, and prints medians and ratios.

    python tools/bench/compare.py                        straight-line workloads on all backends that are there
    python tools/bench/compare.py lenet_step dqn_step    these workloads; `all` for every one
    python tools/bench/compare.py --json FILE            keep the figures

Peers run in their own Pythons, named by environment variables: GRAPHPB_BENCH_TF, GRAPHPB_BENCH_TORCH, GRAPHPB_BENCH_JAX. One that is not
set is skipped. Every round runs each backend once, so a slower moment of the machine hits all of them; trust the ratios.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

import footprint

HERE = pathlib.Path(__file__).resolve().parent
PEERS = {"tf": "GRAPHPB_BENCH_TF", "torch": "GRAPHPB_BENCH_TORCH", "jax": "GRAPHPB_BENCH_JAX"}
LIMITS = {
    "tiny_add": 5e-6,
    "build_1000_layers": 25e-3,
    "gradients_1000_layers": 75e-3,
    "softmax_mnist_step": 100e-6,
    "gru_forward": 0.4e-3,
    "lstm_train": 40e-3,
}
"""Medians in seconds that graphpb is held to, on two cores of the kind the figures were set on."""


def workloads(group):
    """Names in a list of workloads.py, read without importing it: the runner needs no numpy."""
    text = (HERE / "workloads.py").read_text()
    return re.findall(r'"(\w+)"', re.search(rf"^{group} = \[(.*?)\]", text, re.M | re.S).group(1))


def has_workload(backend, name):
    file = HERE / (f"workloads_{backend}.py" if backend in ("torch", "jax") else "workloads.py")
    return re.search(rf"^(def )?{name}\b", file.read_text(), re.M) is not None


def measure(python, backend, name, seconds):
    """One run in its own process: the dict that measure.py prints, or {"error": last line of its complaint}."""
    command = [python, str(HERE / "measure.py"), backend, name, str(seconds)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60 + 20 * seconds)
    except subprocess.TimeoutExpired:
        return {"error": "timed out"}
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return {"error": lines[-1] if lines else f"exit code {done.returncode}"}
    return json.loads(done.stdout.strip().splitlines()[-1])


def readable(seconds):
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", help="names from workloads.py, or `all`")
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each run of a workload on a backend (default 2)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each backend; the median of their medians counts (default 3)")
    parser.add_argument("--python", default=sys.executable, help="the Python that has graphpb")
    parser.add_argument("--json", type=pathlib.Path, help="write all figures to this file")
    options = parser.parse_args()
    every = [name for group in ("STRAIGHT_LINE", "LAYERS", "LOOPS") for name in workloads(group)]
    names = every if options.workloads == ["all"] else options.workloads or workloads("STRAIGHT_LINE")
    for name in set(names) - set(every):
        parser.error(f"no workload {name!r}; there are: {', '.join(every)}")

    pythons = {"graphpb": options.python}
    for backend, variable in PEERS.items():
        if os.environ.get(variable):
            pythons[backend] = os.environ[variable]
        else:
            print(f"{backend} is skipped: {variable} does not name a Python that has it", file=sys.stderr)

    print(
        f"{'workload':24}"
        + "".join(f"{backend:>12}" for backend in pythons)
        + "".join(f"{'/' + backend:>8}" for backend in list(pythons)[1:])
        + f"{'limit':>10}"
    )
    figures, complaints = {}, []
    for name in names:
        runs = {backend: [] for backend in pythons if has_workload(backend, name)}
        for _ in range(options.rounds):
            for backend in list(runs):
                result = measure(pythons[backend], backend, name, options.seconds)
                if "error" in result:
                    complaints.append(f"{name} on {backend}: {result['error']}")
                    del runs[backend]
                else:
                    runs[backend].append(result)
        medians = {backend: statistics.median(run["median_s"] for run in results) for backend, results in runs.items() if results}
        figures[name] = {"median_s": medians, "runs": runs}
        cells = "".join(f"{readable(medians[b]) if b in medians else '-':>12}" for b in pythons)
        ratios = "".join(
            f"{medians['graphpb'] / medians[b]:8.2f}" if b in medians and "graphpb" in medians else f"{'-':>8}" for b in list(pythons)[1:]
        )
        limit = LIMITS.get(name)
        verdict = "" if limit is None or "graphpb" not in medians else readable(limit) + (" ok" if medians["graphpb"] <= limit else " over")
        print(f"{name:24}{cells}{ratios}{verdict:>10}", flush=True)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    try:
        for what, value, unit, limit in footprint.measure(options.python):
            print(f"{what:36}{'not built' if value is None else f'{value:.1f} {unit}':>12}" + (f"   limit {limit} {unit}" if limit else ""))
            figures[what] = value
    except RuntimeError as error:
        print(f"footprint: {error}", file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
