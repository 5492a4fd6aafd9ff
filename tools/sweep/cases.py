"""Cases of the sweep: the registry's sample graphs and some by hand, each perturbed in its inputs and attributes.

    python tools/sweep/cases.py SAMPLES OUT.pickle [--per-graph N] [--types F32,I32] [--ops REGEX]

SAMPLES is the folder that `cargo run -p graphpb --example sample_graphs` wrote. A case is (name, GraphDef bytes, targets of the
initialization, feeds {node: array}, fetches): constants `in*` and nodes `op*` are what is perturbed.
"""

from __future__ import annotations

import argparse
import pickle
import random
import re
from pathlib import Path
from typing import Any

import graphpb as tf
import hand
import numpy as np
from graphpb import protos

BIG = [0, -1, 1, 2, 3, 7, 31, 64, 2**31 - 1, -(2**31), 2**31, 2**40, 2**60, 2**63 - 1, -(2**63)]
FLOATS = [0.0, -1.0, 1.5, float("nan"), float("inf"), float("-inf"), 1e30, -1e30, 1e-40]
# What to draw of random numbers is not compared, and files are not touched.
SKIP = re.compile(r"File|Save|Restore|MergeV2|PyFunc|Print|Debug")


def values_of(a: np.ndarray, rng: random.Random) -> list[tuple[str, np.ndarray]]:
    """Arrays like `a` with other values."""
    out: list[tuple[str, np.ndarray]] = []

    def fill(note: str, v: Any) -> None:
        with np.errstate(all="ignore"):
            out.append((note, np.full(a.shape, v).astype(a.dtype)))
        if a.size > 1:
            b = a.copy()
            b.flat[rng.randrange(a.size)] = np.asarray(v).astype(a.dtype)
            out.append((f"one {note}", b))

    with np.errstate(all="ignore"):
        if a.dtype == object:
            for v in (b"", b"\xff\xfe\x00", "ünï😀".encode(), b"-1", b"99999999999999999999", b"nan", b"a" * 70000):
                b = np.empty(a.shape, object)
                b[...] = v
                out.append((f"{v[:12]!r}", b))
        elif a.dtype == bool:
            out += [("true", np.ones_like(a)), ("false", np.zeros_like(a))]
        elif np.issubdtype(a.dtype, np.integer):
            info = np.iinfo(a.dtype)
            for v in dict.fromkeys([x for x in BIG if info.min <= x <= info.max] + [info.min, info.max, info.max // 2]):
                fill(str(v), np.asarray(v, a.dtype))
        elif a.dtype.kind in "fc" or a.dtype.name == "bfloat16":
            for v in FLOATS:
                fill(str(v), v)
    return out


def shapes_of(a: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Arrays like `a` with other shapes."""
    out = [("to [0]", a.reshape(-1)[:0]), ("to [1]", np.resize(a, [1])), ("to []", np.resize(a, [])), ("to [2,0,3]", np.resize(a, [2, 0, 3]))]
    out += [("rank + 1", a[None]), ("rank + 1 at the end", a[..., None]), ("rank 8", a.reshape((1,) * max(0, 8 - a.ndim) + a.shape))]
    for k in range(a.ndim):
        out.append((f"axis {k} empty", np.take(a, [], axis=k)))
        out.append((f"axis {k} to 1", np.resize(a, (*a.shape[:k], 1, *a.shape[k + 1 :]))))
        out.append((f"axis {k} longer", np.resize(a, (*a.shape[:k], a.shape[k] + 1, *a.shape[k + 1 :]))))
    if a.ndim:
        out.append(("rank - 1", np.resize(a, a.shape[1:])))
        out.append(("all axes 0", np.resize(a, (0,) * a.ndim)))
    return out


def types_of(a: np.ndarray) -> list[tuple[str, np.ndarray]]:
    names = ["float32", "int32", "int64", "bool", "complex64", "uint8"]
    with np.errstate(all="ignore"):
        try:
            return [(f"as {n}", a.astype(n)) for n in names if a.dtype != n]
        except (TypeError, ValueError):
            return [("as int32", np.zeros(a.shape, np.int32))]


def attrs_of(attr: Any, rng: random.Random) -> list[tuple[str, Any]]:
    """Changed copies of one AttrValue."""
    out = []

    def changed(note: str, change: Any) -> None:
        copy = protos.AttrValue()
        copy.CopyFrom(attr)
        change(copy)
        out.append((note, copy))

    kind = attr.WhichOneof("value")
    if kind == "i":
        for v in BIG:
            changed(str(v), lambda c, v=v: setattr(c, "i", v))
    elif kind == "f":
        for v in FLOATS:
            changed(str(v), lambda c, v=v: setattr(c, "f", v))
    elif kind == "b":
        changed("flipped", lambda c: setattr(c, "b", not c.b))
    elif kind == "s":
        for v in (b"", b"zz", "ünï".encode(), b"\xff\x00", b"[", b"i,i->", b"..."):
            changed(repr(v), lambda c, v=v: setattr(c, "s", v))
    elif kind == "type":
        for v in (0, 1, 2, 3, 4, 7, 9, 10, 20, 101, 999):
            changed(f"type {v}", lambda c, v=v: setattr(c, "type", v))
    elif kind == "shape":
        for sizes in (None, [], [-1], [0], [2**60], [2**40, 2**40], [-5], [3], [2**31], [1] * 300):

            def shape(c: Any, sizes: Any = sizes) -> None:
                c.shape.Clear()
                c.shape.unknown_rank = sizes is None
                for n in sizes or []:
                    c.shape.dim.add().size = n
                c.shape.SetInParent()

            changed(f"shape {str(sizes)[:30]}", shape)
    elif kind == "list":
        changed("empty list", lambda c: (c.list.Clear(), c.list.SetInParent()))
        for field in ("i", "f", "b", "s", "type", "shape"):
            if not len(getattr(attr.list, field)):
                continue
            changed("list twice", lambda c, f=field: getattr(c.list, f).extend(list(getattr(c.list, f))))
            changed("list shorter", lambda c, f=field: getattr(c.list, f).__delitem__(slice(0, 1)))
            choices = {"i": BIG, "f": FLOATS, "b": [True], "s": [b"", b"zz"], "type": [0, 1, 3, 7, 999], "shape": []}[field]
            for v in choices:
                k = rng.randrange(len(getattr(attr.list, field)))
                changed(f"[{k}] = {v}", lambda c, f=field, k=k, v=v: getattr(c.list, f).__setitem__(k, v))
                changed(f"all {v}", lambda c, f=field, v=v: [getattr(c.list, f).__setitem__(k, v) for k in range(len(getattr(c.list, f)))])
    return out


def perturbations(graph: Any, rng: random.Random) -> list[tuple[str, dict[str, np.ndarray], dict[tuple[str, str], Any]]]:
    """(note, constants replaced, attributes replaced) for one graph."""
    arrays = {n.name: tf.make_ndarray(n.attr["value"].tensor) for n in graph.node if n.op == "Const" and n.name.startswith("in")}
    out: list[tuple[str, dict[str, np.ndarray], dict[tuple[str, str], Any]]] = [("as it is", {}, {})]
    for name, a in arrays.items():
        for kind in (values_of(a, rng), shapes_of(a), types_of(a)):
            out += [(f"{name} {note}", {name: b}, {}) for note, b in kind]
    for node in graph.node:
        if node.name.startswith("op"):
            for key in node.attr:
                out += [(f"{node.name}.{key} {note}", {}, {(node.name, key): v}) for note, v in attrs_of(node.attr[key], rng)]
    # All arrays of the first rank and more made empty or of rank 8 together keeps what must agree in agreement.
    same = [n for n, a in arrays.items() if a.ndim]
    if len(same) > 1:
        for note, change in (
            ("axis 0 empty", lambda a: a[:0]),
            ("last axis empty", lambda a: a[..., :0]),
            ("axis 0 to 1", lambda a: a[:1]),
            ("new axis 0", lambda a: a[None]),
            ("rank 8", lambda a: a.reshape((1,) * max(0, 8 - a.ndim) + a.shape)),
            ("scalars", lambda a: np.resize(a, [])),
        ):
            out.append((f"all {note}", {n: change(arrays[n]) for n in same}, {}))
    singles = [p for p in out if p[1] or p[2]]
    for _ in range(40 if len(singles) > 1 else 0):
        a, b = rng.sample(singles, 2)
        out.append((f"{a[0]}; {b[0]}", {**a[1], **b[1]}, {**a[2], **b[2]}))
    return out


def apply(graph: Any, consts: dict[str, np.ndarray], attrs: dict[tuple[str, str], Any], fed: bool) -> tuple[bytes, dict[str, np.ndarray]]:
    """The graph with these changes; constants `in*` that are fed become placeholders of unknown shape."""
    copy = protos.GraphDef()
    copy.CopyFrom(graph)
    feeds = {}
    for node in copy.node:
        if node.op == "Const" and node.name in consts:
            proto = tf.make_tensor_proto(consts[node.name])
            node.attr["value"].tensor.CopyFrom(proto)
            node.attr["dtype"].type = proto.dtype
        if fed and node.op == "Const" and node.name.startswith("in"):
            feeds[node.name] = tf.make_ndarray(node.attr["value"].tensor)
            dtype = node.attr["dtype"].type
            node.op = "Placeholder"
            node.attr.clear()
            node.attr["dtype"].type = dtype
            node.attr["shape"].shape.unknown_rank = True
        for key in list(node.attr):
            if (node.name, key) in attrs:
                node.attr[key].CopyFrom(attrs[node.name, key])
    return copy.SerializeToString(), feeds


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("samples", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--per-graph", type=int, default=60, help="at most so many perturbations of one graph")
    p.add_argument("--types", default="F32,I32,I64,U8,Bool,Str,F64")
    p.add_argument("--draws", type=int, default=2)
    p.add_argument("--ops", default="")
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    types = a.types.split(",")
    graphs: list[tuple[str, Any]] = []
    for f in sorted(a.samples.glob("*.pb")):
        op, dtype, draw, _ = f.stem.split("-", 3)
        if dtype in types and int(draw) < a.draws and re.search(a.ops, op) and not SKIP.search(op):
            graphs.append((f"{op}/{dtype}/{draw}", protos.GraphDef.FromString(f.read_bytes())))
    graphs += [(f"{op}/hand/0", g) for op, g in hand.graphs() if re.search(a.ops, op)]
    cases, bad = [], 0
    for name, graph in graphs:
        rng = random.Random(f"{a.seed}{name}")
        init = [n.name for n in graph.node if n.name.endswith("_assign")]
        fetches = [n.name for n in graph.node if n.name.startswith("op")][-1:]
        found = perturbations(graph, rng)
        chosen = found[:1] + (rng.sample(found[1:], a.per_graph) if len(found) > a.per_graph else found[1:])
        for k, (note, consts, attrs) in enumerate(chosen):
            fed = k % 2 == 1
            try:
                data, feeds = apply(graph, consts, attrs, fed)
            except (TypeError, ValueError, OverflowError):
                bad += 1
                continue
            cases.append((f"{name} {note}{' fed' if fed else ''}", data, init, feeds, fetches))
    a.out.write_bytes(pickle.dumps(cases))
    print(f"{len(cases)} cases of {len(graphs)} graphs; {bad} could not be written down")


if __name__ == "__main__":
    main()
