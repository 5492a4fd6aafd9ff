"""Times one workload on one backend: `measure.py BACKEND WORKLOAD SECONDS` prints one line of JSON."""

import importlib
import json
import os
import resource
import sys
import time

for key, value in {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1", "CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}.items():
    os.environ.setdefault(key, value)


def load(backend):
    """The TF1-like module of a backend."""
    if backend == "tf":
        import tensorflow.compat.v1 as tf

        tf.disable_v2_behavior()
        tf.logging.set_verbosity(tf.logging.ERROR)
        return tf
    return importlib.import_module(backend)


def make_step(backend, workload):
    if backend in ("torch", "jax"):
        return getattr(importlib.import_module("workloads_" + backend), workload)()
    return getattr(importlib.import_module("workloads"), workload)(load(backend))


def main():
    backend, workload, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    step = make_step(backend, workload)
    for _ in range(3):
        step()
    times, end = [], time.perf_counter() + seconds
    while len(times) < 5 or (time.perf_counter() < end and len(times) < 20000):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    times.sort()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"median_s": times[len(times) // 2], "min_s": times[0], "runs": len(times), "peak_rss_mb": peak}))


if __name__ == "__main__":
    main()
