"""Runs graphs that graphpb wrote in real TensorFlow and compares the results; two halves, for two Pythons.

    python check_in_tensorflow.py write FOLDER [NAMES]    with graphpb: build, run and save every script of tests/scripts
    python check_in_tensorflow.py check FOLDER            with TensorFlow: load each saved graph, feed it the same, compare

The graph that is checked is graphpb's own, gradients and update ops included. Exit 1 when a graph does not load or a value differs.
"""

import argparse
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import golden_values  # noqa: E402
import script_player  # noqa: E402

SLACK = 5.0
"""TensorFlow sums in another order; the recorded scripts hold the strict comparison."""


def write(folder, names):
    """Save graph.pb, plan.json and values.npz for each script, as graphpb builds and runs it."""
    import graphpb as tf

    for name in names:
        built = script_player.build(tf, name)
        with tf.Session(graph=built.graph) as session:
            values = script_player.play(session, built)
        target = folder / name
        target.mkdir(parents=True, exist_ok=True)
        tf.train.write_graph(built.graph, str(target), "graph.pb", as_text=False)
        plan = {
            "init": built.init.name if built.init is not None else None,
            "feeds": [[key.name for key in feed] for feed in built.feeds],
            # A resource variable is fetched as its read, not by the name of its handle.
            "fetches": {label: built.graph.as_graph_element(fetch).name for label, fetch in built.fetches.items()},
            "steps": [[one.name for one in (step if isinstance(step, list) else [step])] for step in built.steps],
        }
        (target / "plan.json").write_text(json.dumps(plan))
        golden_values.store(target / "values.npz", values)
        print(f"wrote {name}: {len(built.graph.get_operations())} nodes, {len(values)} values")


def check_one(tf, target):
    """Load and play one saved graph in TensorFlow; return (values compared, list of differences)."""
    plan = json.loads((target / "plan.json").read_text())
    expected = golden_values.load(target / "values.npz")
    graph_def = tf.GraphDef()
    graph_def.ParseFromString((target / "graph.pb").read_bytes())
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(graph_def, name="")
    again = script_player.Built(
        graph=graph,
        init=graph.as_graph_element(plan["init"]) if plan["init"] else None,
        feeds=[{graph.get_tensor_by_name(key): expected[f"feed{i}.{key}"] for key in keys} for i, keys in enumerate(plan["feeds"])],
        fetches={label: graph.as_graph_element(key) for label, key in plan["fetches"].items()},
        steps=[[graph.as_graph_element(key) for key in step] for step in plan["steps"]],
    )
    with tf.Session(graph=graph) as session:
        values = script_player.play(session, again)
    wrong = [golden_values.difference(key, values[key], value, SLACK) for key, value in expected.items()]
    return len(expected), [text for text in wrong if text]


def check(folder):
    """Check every graph of the folder; return the number of graphs that failed."""
    from tf1 import tf

    failed = compared = graphs = 0
    for plan in sorted(folder.rglob("plan.json")):
        name = str(plan.parent.relative_to(folder))
        graphs += 1
        try:
            count, wrong = check_one(tf, plan.parent)
        except Exception as error:  # noqa: BLE001 a graph that TensorFlow refuses is a finding, and the rest is still checked
            count, wrong = 0, [f"{type(error).__name__}: {str(error).splitlines()[0]}"]
        compared += count
        failed += bool(wrong)
        print(f"{'FAIL' if wrong else 'ok  '} {name}: {count} values" + "".join("\n     " + text for text in wrong[:5]))
    print(f"{graphs - failed} of {graphs} graphs load and run equally in TensorFlow {tf.__version__}; {compared} values compared")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("half", choices=["write", "check"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if options.half == "write":
        write(options.folder, options.names or script_player.script_names())
    else:
        sys.exit(1 if check(options.folder) else 0)


if __name__ == "__main__":
    main()
