"""Runs the cases of the sweep in a child process with a limit of memory and of time, and says what became of each.

    python tools/sweep/run.py CASES.pickle OUT.pickle [--tensorflow] [--memory GIB] [--seconds N] [--gradients]

OUT holds {name: (kind, detail, arrays)}; kind is ok, error (its class in detail), panic, hang or abort. With --tensorflow the
interpreter must have TensorFlow; the cases are the same bytes. A child that dies is started again after the case that killed it.
"""

from __future__ import annotations

import argparse
import os
import pickle
import resource
import select
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def _session(tf: Any, graph: Any, tensorflow: bool) -> Any:
    if not tensorflow:
        return tf.Session(graph=graph)
    config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    config.graph_options.optimizer_options.opt_level = -1
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    return tf.Session(graph=graph, config=config)


def _one(tf: Any, case: Any, tensorflow: bool, gradients: bool) -> tuple[str, str, Any]:
    _, data, init, feeds, fetches = case
    graph = tf.Graph()
    try:
        with graph.as_default():
            tf.import_graph_def(tf.GraphDef.FromString(data), name="")
            ops = [graph.get_operation_by_name(n) for n in fetches]
            tensors = [t for op in ops for t in op.outputs]
            if gradients:
                xs = [graph.get_tensor_by_name(f"{n}:0") for n in feeds]
                ys = [t for t in tensors if t.dtype.is_floating]
                if not ys or not xs:
                    return "error", "nothing to differentiate", None
                tensors = [g for g in tf.gradients(ys, xs) if g is not None]
                tensors = [t for g in tensors for t in ([g.values, g.indices] if isinstance(g, tf.IndexedSlices) else [g])]
            with _session(tf, graph, tensorflow) as sess:
                for name in init:
                    sess.run(graph.get_operation_by_name(name))
                if gradients:
                    fetch: Any = tensors
                else:
                    fetch = [t for t in tensors if t.dtype not in (tf.resource, tf.variant)] or ops
                values = sess.run(fetch, {f"{n}:0": v for n, v in feeds.items()})
        return "ok", "", values
    except Exception as e:
        return "error", f"{type(e).__name__}: {str(e)[:3000]}", None
    except BaseException as e:
        return "panic", f"{type(e).__name__}: {str(e)[:3000]}", None


def child(path: Path, start: int, tensorflow: bool, gradients: bool, gib: float) -> None:
    cases = pickle.loads(path.read_bytes())
    if tensorflow:
        import tensorflow.compat.v1 as tf

        tf.disable_v2_behavior()
        tf.logging.set_verbosity(tf.logging.FATAL)
    else:
        import graphpb as tf
    resource.setrlimit(resource.RLIMIT_AS, (int(gib * 2**30),) * 2)
    out = os.fdopen(3, "wb")
    for k in range(start, len(cases)):
        out.write(struct.pack("<iq", -1, k))
        out.flush()
        began = time.monotonic()
        kind, detail, values = _one(tf, cases[k], tensorflow, gradients)
        took = time.monotonic() - began
        try:
            data = pickle.dumps((kind, detail, values, took))
            if len(data) > 4_000_000:
                data = pickle.dumps((kind, f"{len(data)} bytes", None, took))
        except Exception as e:
            data = pickle.dumps((kind, f"not kept: {e}", None, took))
        out.write(struct.pack("<iq", len(data), k) + data)
        out.flush()


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("cases", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--tensorflow", action="store_true")
    p.add_argument("--gradients", action="store_true")
    p.add_argument("--memory", type=float, default=4.0)
    p.add_argument("--seconds", type=float, default=10.0)
    p.add_argument("--child", type=int, default=-1)
    a = p.parse_args()
    if a.child >= 0:
        child(a.cases, a.child, a.tensorflow, a.gradients, a.memory)
        return
    names = [c[0] for c in pickle.loads(a.cases.read_bytes())]
    results: dict[str, Any] = {}
    start = 0
    while start < len(names):
        read, write = os.pipe()
        arguments = [x for x in sys.argv[1:] if x != "--child"]
        log = a.out.with_suffix(".stderr")
        with open(log, "wb") as errors:
            process = subprocess.Popen(
                ["bash", "-c", f'exec 3>&{write}; exec "$@"', "child", sys.executable, __file__, *arguments, "--child", str(start)],
                pass_fds=[write],
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        os.close(write)
        pipe = os.fdopen(read, "rb", buffering=0)
        current, deadline, buffer, ended = start, time.monotonic() + 120, b"", False
        while not ended:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                process.kill()
                results[names[current]] = ("hang", f"more than {a.seconds} s", None, a.seconds)
                print("hang", names[current], flush=True)
                break
            piece = pipe.read(1 << 20)
            if not piece:
                ended = True
            buffer += piece
            while len(buffer) >= 12:
                size, k = struct.unpack("<iq", buffer[:12])
                if size < 0:
                    current, deadline = k, time.monotonic() + a.seconds
                    buffer = buffer[12:]
                elif len(buffer) >= 12 + size:
                    results[names[k]] = pickle.loads(buffer[12 : 12 + size])
                    buffer = buffer[12 + size :]
                else:
                    break
        code = process.wait()
        pipe.close()
        if ended and code == 0:
            break
        if names[current] not in results:
            lines = log.read_text(errors="replace").splitlines()
            text = " | ".join([*lines[:2], *[x.strip() for x in lines[2:] if "graphpb" in x][:8]])
            results[names[current]] = ("abort", f"exit status {code}: {text}", None, 0.0)
            print("abort", names[current], flush=True)
        start = current + 1
    a.out.write_bytes(pickle.dumps(results))
    kinds: dict[str, int] = {}
    for r in results.values():
        kinds[r[0]] = kinds.get(r[0], 0) + 1
    print(kinds)


if __name__ == "__main__":
    main()
