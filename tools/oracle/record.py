"""Plays the scripts of tests/scripts in real TensorFlow and writes tests/data/goldens; run with a Python that has TensorFlow 2.21.

    python tools/oracle/record.py                    record every script
    python tools/oracle/record.py mnist_softmax      record some
    python tools/oracle/record.py --check            record into a scratch folder and compare with what is committed

Per script three files: graph.pbtxt (one node per line), values.npz (what was fed and fetched), facts.json (names, types,
static shapes and reprs as the user sees them, collections). The same TensorFlow writes the same bytes again.
"""

import argparse
import filecmp
import json
import pathlib
import sys
import tempfile

import numpy as np
from google.protobuf import text_format

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import golden_values  # noqa: E402
import script_player  # noqa: E402
from tf1 import tf  # noqa: E402

VALUES_ONLY = {"loops"}
"""Folders whose graphs are not recorded: TensorFlow writes TF1 control flow there, graphpb functions."""


def one_node_per_line(graph_def):
    """Text format of a GraphDef, a line for each node and function: valid text, short diffs.

    `_has_manual_control_dependencies`, bookkeeping of TensorFlow 2 on most nodes, and `DisableCopyOnRead`, which TensorFlow 1 does not have,
    are left out.
    """
    kept = [node for node in graph_def.node if node.op != "DisableCopyOnRead"]
    del graph_def.node[:]
    graph_def.node.extend(kept)
    for node in graph_def.node:
        node.attr.pop("_has_manual_control_dependencies", None)
    rest = type(graph_def)()
    rest.CopyFrom(graph_def)
    rest.ClearField("node")
    lines = [f"node {{ {text_format.MessageToString(node, as_one_line=True)} }}" for node in graph_def.node]
    tail = text_format.MessageToString(rest, as_one_line=True)
    return "\n".join(lines + ([tail] if tail else [])) + "\n"


def element_name(item):
    return getattr(item, "name", None) or str(item)


def static_shape(tensor):
    shape = tensor.get_shape()
    return None if shape.ndims is None else shape.as_list()


def in_gradients(name):
    """Whether a node belongs to what tf.gradients added; such names are a scheme, not a promise."""
    return "_grad/" in name or name.startswith("gradients")


def facts_of(built, values_only):
    """What a user can see of a built script without running it."""
    graph = built.graph
    collections = {}
    for key in sorted(graph.get_all_collection_keys()):
        if not key.startswith("__") and key not in ("cond_context", "while_context"):
            collections[key] = [element_name(item) for item in graph.get_collection(key)]
    return {
        "tensorflow": tf.__version__,
        "init": element_name(built.init) if built.init is not None else None,
        "feeds": [[key.name for key in feed] for feed in built.feeds],
        "fetches": {label: element_name(fetch) for label, fetch in built.fetches.items()},
        "reprs": {label: repr(fetch) for label, fetch in built.fetches.items() if " at 0x" not in repr(fetch)},
        "steps": [[element_name(one) for one in (step if isinstance(step, list) else [step])] for step in built.steps],
        "collections": collections,
        "tensors": {}
        if values_only
        else {t.name: [t.dtype.name, static_shape(t)] for op in graph.get_operations() if not in_gradients(op.name) for t in op.outputs},
    }


def write_facts(path, facts):
    """JSON with one line for each leaf entry, so that diffs stay readable."""
    lines = ["{"]
    for i, (key, value) in enumerate(facts.items()):
        comma = "," if i < len(facts) - 1 else ""
        if isinstance(value, dict) and value:
            rows = [f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items()]
            lines.append(f" {json.dumps(key)}: {{\n" + ",\n".join(rows) + f"\n }}{comma}")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value)}{comma}")
    path.write_text("\n".join(lines + ["}"]) + "\n")


def record(name, folder):
    """Build and play one script in TensorFlow, and write its three files."""
    tf.reset_default_graph()
    built = script_player.build(tf, name)
    folder.mkdir(parents=True, exist_ok=True)
    values_only = name.split("/")[0] in VALUES_ONLY
    if not values_only:
        (folder / "graph.pbtxt").write_text(one_node_per_line(built.graph.as_graph_def()))
    write_facts(folder / "facts.json", facts_of(built, values_only))
    config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    with tf.Session(graph=built.graph, config=config) as session:
        values = script_player.play(session, built)
    golden_values.store(folder / "values.npz", values)
    return len(built.graph.get_operations()), len(values), sum(file.stat().st_size for file in folder.iterdir())


def same_values(a, b):
    left, right = golden_values.load(a), golden_values.load(b)
    return list(left) == list(right) and all(np.array_equal(left[k], right[k], equal_nan=left[k].dtype.kind == "f") for k in left)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="scripts, such as mnist_softmax or layers/dense; all when none is given")
    parser.add_argument("--check", action="store_true", help="compare with the committed recordings and write nothing")
    options = parser.parse_args()
    folders = [""] + sorted(p.name for p in script_player.SCRIPTS.iterdir() if p.is_dir() and any(p.glob("*.py")))
    names = options.names or [name for folder in folders for name in script_player.script_names(folder)]
    total, different = 0, []
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            folder = pathlib.Path(scratch) / name if options.check else script_player.GOLDENS / name
            nodes, values, size = record(name, folder)
            total += size
            print(f"{name:40} {nodes:5} nodes {values:5} values {size / 1024:8.1f} KiB", flush=True)
            if options.check:
                old = script_player.GOLDENS / name
                texts = [file.name for file in folder.iterdir() if file.suffix != ".npz"]
                same = old.is_dir() and sorted(f.name for f in old.iterdir()) == sorted(f.name for f in folder.iterdir())
                same = same and all(filecmp.cmp(folder / f, old / f, shallow=False) for f in texts)
                if not (same and same_values(folder / "values.npz", old / "values.npz")):
                    different.append(name)
    print(f"{len(names)} scripts, {total / 1024:.0f} KiB")
    if different:
        sys.exit("different from the committed recording: " + ", ".join(different))


if __name__ == "__main__":
    main()
