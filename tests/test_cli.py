"""The graphpb command as a user meets it: arguments in; stdout, stderr, files and exit codes out."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from graphpb import protos

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "tests" / "data" / "fixtures"


def binary():
    """The stand-alone program: GRAPHPB_BINARY, or the newest one that cargo built here."""
    named = os.environ.get("GRAPHPB_BINARY")
    name = "graphpb.exe" if os.name == "nt" else "graphpb"
    built = [p for p in (ROOT / "target" / profile / name for profile in ("release", "debug")) if p.exists()]
    if named or built:
        return Path(named) if named else max(built, key=lambda p: p.stat().st_mtime)
    pytest.fail("no graphpb binary: run cargo build --release -p graphpb-cli")


def graphpb(*args, expect=0, command=None):
    """Run the program with nothing of Python in reach; its (stdout, stderr)."""
    kept = ["SYSTEMROOT", "LD_LIBRARY_PATH", "HOME", "PATH"] + (["PYTHONPATH"] if command else [])
    command = command or [str(binary())]
    environment = {key: value for key, value in os.environ.items() if key in kept}
    done = subprocess.run([*command, *map(str, args)], capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == expect, f"{args}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
    for trace in ("panicked", "RUST_BACKTRACE", "stack backtrace", "Traceback"):
        assert trace not in done.stderr
    return done.stdout, done.stderr


def tensor(array):
    return protos.TensorProto(
        dtype={"f": protos.DT_FLOAT, "i": protos.DT_INT32}[array.dtype.kind],
        tensor_shape=protos.TensorShapeProto(dim=[protos.TensorShapeProto.Dim(size=n) for n in array.shape]),
        tensor_content=array.tobytes(),
    )


def add(graph, name, op, inputs=(), **attrs):
    node = graph.node.add(name=name, op=op, input=inputs)
    for key, value in attrs.items():
        if isinstance(value, np.ndarray):
            node.attr[key].tensor.CopyFrom(tensor(value))
        elif isinstance(value, bool):
            node.attr[key].b = value
        elif isinstance(value, int):
            node.attr[key].type = value
        elif isinstance(value, list):
            node.attr[key].shape.SetInParent()
            for size in value:
                node.attr[key].shape.dim.add(size=size)


def constant(graph, name, array):
    add(graph, name, "Const", dtype=protos.DT_FLOAT if array.dtype.kind == "f" else protos.DT_INT32, value=array)


WEIGHTS = np.array([[1, 2, 3], [4, 5, 6]], np.float32)


def model(weights=WEIGHTS, scope=""):
    """x [?, 2] times W [2, 3] is y; loss is the sum of y; other depends on nothing of it."""
    graph = protos.GraphDef()
    graph.versions.producer = 134
    add(graph, f"{scope}x", "Placeholder", dtype=protos.DT_FLOAT, shape=[-1, 2])
    constant(graph, f"{scope}W", weights)
    add(graph, f"{scope}y", "MatMul", [f"{scope}x", f"{scope}W"], T=protos.DT_FLOAT)
    constant(graph, f"{scope}axes", np.array([0, 1], np.int32))
    add(graph, f"{scope}loss", "Sum", [f"{scope}y", f"{scope}axes"], T=protos.DT_FLOAT, Tidx=protos.DT_INT32)
    constant(graph, f"{scope}other", np.array([1.5, 2.5], np.float32))
    return graph


@pytest.fixture
def folder(tmp_path):
    """model.pb, and x.npy with two rows."""
    (tmp_path / "model.pb").write_bytes(model().SerializeToString(deterministic=True))
    np.save(tmp_path / "x.npy", np.array([[1, 2], [3, 4]], np.float32))
    return tmp_path


X = np.array([[1, 2], [3, 4]], np.float32)


class TestArguments:
    def test_help_goes_to_stdout_and_shows_an_example(self):
        out, err = graphpb("--help")
        assert "Usage: graphpb COMMAND" in out and err == ""
        for command in ("info", "show", "run", "grad", "diff", "convert", "ops"):
            out, err = graphpb(command, "--help")
            assert f"Usage: graphpb {command}" in out and "Example" in out and err == ""

    def test_the_version_is_printed(self):
        assert graphpb("--version")[0].startswith("graphpb ")

    @pytest.mark.parametrize(
        "args, message",
        [
            ([], "a command is missing"),
            (["rum"], "did you mean run?"),
            (["info"], "an argument is missing"),
            (["info", "a.pb", "b.pb"], 'unexpected argument "b.pb"'),
            (["run", "a.pb", "--fech", "y"], "did you mean --fetch?"),
            (["run", "a.pb"], "nothing to do"),
            (["run", "a.pb", "--fetch"], "missing argument"),
            (["run", "a.pb", "--target", "t", "--steps", "many"], "a number expected"),
            (["run", "a.pb", "--fetch", "y", "--steps", "3"], "there is none"),
            (["run", "a.pb", "--fetch", "y", "--fetch", "z", "--out", "y.npy"], "name it .npz"),
            (["grad", "a.pb", "--y", "loss"], "--y and --x are needed"),
            (["convert", "a", "b", "--text", "--binary"], "not both"),
        ],
    )
    def test_wrong_usage_is_exit_code_2_and_says_what(self, args, message):
        out, err = graphpb(*args, expect=2)
        assert message in err and out == ""


class TestFiles:
    @pytest.mark.parametrize("command", ["info", "show", "run", "grad", "diff", "convert"])
    def test_an_unreadable_file_is_exit_code_3_and_named(self, command, tmp_path):
        path = tmp_path / "broken.pb"
        more = {"run": ["--fetch", "y"], "grad": ["--y", "a", "--x", "b"], "diff": [path], "convert": [tmp_path / "new.pb"]}.get(command, [])
        for content, message in [(None, "No such file"), (b"", "empty"), (b"\x0a\xff\xff", "Not a graph"), (b"nonsense", "no field named")]:
            if content is not None:
                path.write_bytes(content)
            out, err = graphpb(command, path, *more, expect=3)
            assert str(path) in err and message in err and out == ""
        assert not (tmp_path / "new.pb").exists()

    def test_a_graph_that_is_no_graph_is_exit_code_3(self, tmp_path):
        graph = protos.GraphDef()
        add(graph, "a", "Identity", ["b"], T=protos.DT_FLOAT)
        add(graph, "b", "Identity", ["a"], T=protos.DT_FLOAT)
        path = tmp_path / "cycle.pb"
        path.write_bytes(graph.SerializeToString())
        assert "cycle" in graphpb("info", path, expect=3)[1]
        nested = "node { name: 'n' attr { key: 'f' value { " + "func { attr { value { " * 10000
        path.write_text(nested)
        assert "nested deeper" in graphpb("info", path, expect=3)[1]
        graph = protos.GraphDef()
        constant(graph, "c", np.zeros(1, np.float32))
        graph.node[0].attr["value"].tensor.tensor_shape.dim[0].size = 1 << 60
        path.write_bytes(graph.SerializeToString())
        assert str(path) in graphpb("info", path, expect=3)[1]


class TestInfo:
    def test_a_summary_for_people(self, folder):
        out, _ = graphpb("info", folder / "model.pb")
        assert "x:0  float32[?,2]" in out and "loss:0  float32[]" in out and "parameters: 8 in constants" in out

    def test_a_summary_for_programs(self):
        info = json.loads(graphpb("info", FIXTURES / "mnist_softmax.pb", "--json")[0])
        assert [(v["name"], v["dtype"], v["shape"]) for v in info["inputs"]] == [("x:0", "float32", [None, 784]), ("y_:0", "float32", [None, 10])]
        assert [(v["name"], v["shape"]) for v in info["variables"]] == [("W", [784, 10]), ("b", [10])]
        assert info["parameters"] == 7850 and info["ops"]["MatMul"] == 3 and info["nodes"] == sum(info["ops"].values()) == 106
        assert {"init", "train_step"} <= set(info["targets"])
        assert "accuracy:0" in [v["name"] for v in info["outputs"]]


class TestShow:
    def test_nodes_are_filtered_by_name_op_and_dependence(self, folder):
        path = folder / "model.pb"
        assert graphpb("show", path)[0].count("\n") == 6
        assert graphpb("show", path, "l*", "x")[0].splitlines() == ["x = Placeholder() -> float32[?,2]", "loss = Sum(y, axes) -> float32[]"]
        assert [line.split(" ")[0] for line in graphpb("show", path, "--op", "Const")[0].splitlines()] == ["W", "axes", "other"]
        assert [n["name"] for n in json.loads(graphpb("show", path, "--inputs-of", "y", "--json")[0])] == ["x", "W", "y"]

    def test_nothing_found_is_exit_code_1(self, folder):
        assert graphpb("show", folder / "model.pb", "nothing", expect=1)[0] == ""

    def test_json_has_everything(self, folder):
        (node,) = json.loads(graphpb("show", folder / "model.pb", "y", "--json")[0])
        assert (node["op"], node["inputs"], node["attrs"]["T"]) == ("MatMul", ["x:0", "W:0"], "float32")
        assert node["outputs"] == [{"dtype": "float32", "shape": [None, 3]}]

    @pytest.mark.skipif(os.name == "nt", reason="pipes close differently")
    def test_a_reader_that_stops_early_is_no_error(self):
        command = f"'{binary()}' show '{FIXTURES / 'lstm_grad_v1_controlflow.pb'}' | head -1; exit ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
        assert (done.returncode, done.stdout.count("\n"), done.stderr) == (0, 1, "")


class TestRun:
    def test_arrays_go_in_and_come_out(self, folder):
        out, err = graphpb("run", folder / "model.pb", "--feed", f"x=@{folder / 'x.npy'}", "--fetch", "y:0", "--out", folder / "y.npy")
        assert out == "" and "float32[2,3]" in err
        got = np.load(folder / "y.npy")
        assert got.dtype == np.float32 and (got == X @ WEIGHTS).all()

    def test_archives_go_in_and_come_out(self, folder):
        np.savez_compressed(folder / "all.npz", first=X, second=X * 2)
        feed = f"x:0=@{folder / 'all.npz'}:second"
        graphpb("run", folder / "model.pb", "--feed", feed, "--fetch", "y", "--fetch", "loss:0", "--out", folder / "out.npz")
        got = np.load(folder / "out.npz")
        assert sorted(got.files) == ["loss:0", "y"]
        assert (got["y"] == 2 * X @ WEIGHTS).all() and got["loss:0"] == (2 * X @ WEIGHTS).sum()

    def test_literals_go_in_and_text_comes_out(self, folder):
        out, _ = graphpb("run", folder / "model.pb", "--feed", "x=[[1, 0], [0, 0.5]]", "--fetch", "y")
        assert out == "y  float32[2,3]\n[[1.0, 2.0, 3.0],\n [2.0, 2.5, 3.0]]\n"

    def test_json_comes_out(self, folder):
        out, _ = graphpb("run", folder / "model.pb", "--feed", "x=[[1, 0]]", "--fetch", "y:0", "--fetch", "loss", "--json")
        assert json.loads(out)["fetches"] == {
            "y:0": {"dtype": "float32", "shape": [1, 3], "data": [[1, 2, 3]]},
            "loss": {"dtype": "float32", "shape": [], "data": 6},
        }

    @pytest.mark.parametrize("array", [X.astype(np.float64), X.astype(np.int64), np.asfortranarray(X), X.astype(">f4"), X.astype(np.uint8)])
    def test_numbers_of_any_type_and_order_are_converted(self, folder, array):
        np.save(folder / "other.npy", array)
        out, _ = graphpb("run", folder / "model.pb", "--feed", f"x=@{folder / 'other.npy'}", "--fetch", "y", "--json")
        assert json.loads(out)["fetches"]["y"]["data"] == (X @ WEIGHTS).tolist()

    def test_constants_can_be_fed(self, folder):
        out, _ = graphpb("run", folder / "model.pb", "--feed", "x=[[1, 1]]", "--feed", "W=[[1, 1, 1], [1, 1, 1]]", "--fetch", "loss", "--json")
        assert json.loads(out)["fetches"]["loss"]["data"] == 6

    @pytest.mark.parametrize(
        "feed, message",
        [
            ("x=[[1, 2, 3]]", 'Cannot feed value of shape [1,3] for Tensor "x", which has shape [?,2]'),
            ("x=[[1, 2], [3]]", "rows of different length"),
            ("x", "NAME=VALUE expected"),
            ("xx=1", 'did you mean "x"?'),
            ("x:1=1", "has 1 outputs"),
            ("x=abc", "is no number"),
        ],
    )
    def test_wrong_feeds_are_exit_code_2(self, folder, feed, message):
        assert message in graphpb("run", folder / "model.pb", "--feed", feed, "--fetch", "y", expect=2)[1]

    def test_unreadable_arrays_are_exit_code_3(self, folder):
        (folder / "bad.npy").write_bytes((folder / "x.npy").read_bytes()[:-1])
        np.save(folder / "object.npy", np.array([{}], dtype=object), allow_pickle=True)
        np.savez(folder / "a.npz", a=X)
        for name, message in [("none.npy", "No such file"), ("bad.npy", "cut short"), ("object.npy", "Python objects"), ("a.npz:b", 'No array "b"')]:
            assert message in graphpb("run", folder / "model.pb", "--feed", f"x=@{folder / name}", "--fetch", "y", expect=3)[1]

    def test_a_missing_feed_is_exit_code_5_and_names_the_placeholder(self, folder):
        err = graphpb("run", folder / "model.pb", "--fetch", "y", expect=5)[1]
        assert "INVALID_ARGUMENT" in err and "You must feed a value for placeholder tensor 'x'" in err

    def test_unsupported_ops_are_exit_code_4_and_all_are_listed_with_counts(self, tmp_path):
        graph = model()
        add(graph, "a", "Frobnicate", ["y"])
        add(graph, "b", "Frobnicate", ["a"])
        add(graph, "c", "Defrobnicate", ["b"])
        add(graph, "d", "NeverNeeded", ["c"])
        path = tmp_path / "unknown.pb"
        path.write_bytes(graph.SerializeToString())
        err = graphpb("run", path, "--feed", "x=[[1, 2]]", "--fetch", "c", expect=4)[1]
        assert [line.split() for line in err.splitlines()[1:]] == [["1", "Defrobnicate"], ["2", "Frobnicate"]]
        assert json.loads(graphpb("info", path, "--json")[0])["unsupported"] == {"Defrobnicate": 1, "Frobnicate": 2, "NeverNeeded": 1}
        assert graphpb("run", path, "--feed", "x=[[1, 0]]", "--fetch", "y")[0].endswith("[[1.0, 2.0, 3.0]]\n")

    def test_steps_run_a_target_many_times(self, tmp_path):
        graph = protos.GraphDef()
        add(graph, "v", "VariableV2", dtype=protos.DT_FLOAT, shape=[2])
        constant(graph, "zero", np.zeros(2, np.float32))
        constant(graph, "one", np.array([1, 2], np.float32))
        add(graph, "init", "Assign", ["v", "zero"], T=protos.DT_FLOAT)
        add(graph, "step", "AssignAdd", ["v", "one"], T=protos.DT_FLOAT)
        path = tmp_path / "count.pb"
        path.write_bytes(graph.SerializeToString())
        out, err = graphpb("run", path, "--init", "init", "--target", "step", "--steps", 25, "--fetch", "v", "--json")
        assert json.loads(out)["fetches"]["v"]["data"] == [25, 50] and err == ""
        assert "uninitialized value v" in graphpb("run", path, "--fetch", "v", expect=5)[1]

    @pytest.mark.skipif(os.name == "nt", reason="needs a pseudo terminal")
    def test_progress_is_shown_on_a_terminal_only(self, tmp_path):
        graph = protos.GraphDef()
        add(graph, "step", "NoOp")
        path = tmp_path / "step.pb"
        path.write_bytes(graph.SerializeToString())
        args = ["run", path, "--target", "step", "--steps", "5"]
        assert graphpb(*args) == ("", "")
        ours, theirs = os.openpty()
        done = subprocess.run([str(binary()), *map(str, args)], stdout=subprocess.PIPE, stderr=theirs, timeout=300)
        os.close(theirs)
        assert (done.returncode, done.stdout) == (0, b"") and b"5 steps in" in os.read(ours, 1000)
        os.close(ours)


class TestGrad:
    def test_the_gradient_is_that_of_calculus(self, folder):
        args = ["grad", folder / "model.pb", "--y", "loss:0", "--x", "W:0", "--feed", f"x=@{folder / 'x.npy'}"]
        graphpb(*args, "--out", folder / "dW.npy")
        expected = X.T @ np.ones((2, 3), np.float32)
        assert (np.load(folder / "dW.npy") == expected).all()
        (row,) = json.loads(graphpb(*args, "--json")[0])["gradients"]
        assert row["x"] == "W:0" and row["value"]["data"] == expected.tolist()

    def test_the_differentiated_graph_is_a_graph_again(self, folder):
        saved = folder / "with_gradient.pbtxt"
        out, _ = graphpb("grad", folder / "model.pb", "--y", "loss", "--x", "W", "--x", "x", "--save", saved)
        names = [line.split()[1] for line in out.splitlines()]
        assert all(name.startswith("gradients/") for name in names)
        text_format.Parse(saved.read_text(), protos.GraphDef())
        out, _ = graphpb("run", saved, "--feed", f"x=@{folder / 'x.npy'}", "--fetch", names[0], "--json")
        assert json.loads(out)["fetches"][names[0]]["data"] == (X.T @ np.ones((2, 3))).tolist()

    def test_rows_that_were_gathered_get_a_whole_gradient(self, tmp_path):
        graph = model()
        constant(graph, "rows", np.array([1, 1, 0], np.int32))
        constant(graph, "axis", np.array(0, np.int32))
        add(graph, "table", "GatherV2", ["W", "rows", "axis"], Tparams=protos.DT_FLOAT, Tindices=protos.DT_INT32, Taxis=protos.DT_INT32)
        path = tmp_path / "gather.pb"
        path.write_bytes(graph.SerializeToString())
        (row,) = json.loads(graphpb("grad", path, "--y", "table", "--x", "W", "--json")[0])["gradients"]
        assert row["value"]["data"] == [[1, 1, 1], [2, 2, 2]]

    def test_no_dependence_is_exit_code_1(self, folder):
        err = graphpb("grad", folder / "model.pb", "--y", "loss", "--x", "other", "--feed", "x=[[1, 2]]", expect=1)[1]
        assert "loss does not depend on other" in err

    def test_an_op_without_gradient_is_exit_code_4(self, tmp_path):
        graph = model()
        add(graph, "odd", "Frobnicate", ["y"])
        add(graph, "end", "Identity", ["odd"], T=protos.DT_FLOAT)
        path = tmp_path / "odd.pb"
        path.write_bytes(graph.SerializeToString())
        assert "1  Frobnicate (no gradient)" in graphpb("grad", path, "--y", "end", "--x", "W", expect=4)[1]


class TestDiff:
    def test_equal_graphs_are_exit_code_0_whatever_their_spelling(self, folder):
        graph = model()
        nodes = list(reversed(graph.node))
        del graph.node[:]
        graph.node.extend(nodes)
        (folder / "other.pbtxt").write_text(text_format.MessageToString(graph))
        out, err = graphpb("diff", folder / "model.pb", folder / "other.pbtxt")
        assert out == "" and "mean the same" in err
        assert json.loads(graphpb("diff", folder / "model.pb", folder / "other.pbtxt", "--json")[0])["equal"] is True

    def test_other_weights_are_exit_code_1_and_given_by_norm(self, folder):
        (folder / "trained.pb").write_bytes(model(WEIGHTS + np.array([[0, 3, 0], [0, 0, 4]], np.float32)).SerializeToString())
        out, _ = graphpb("diff", folder / "model.pb", folder / "trained.pb", expect=1)
        assert out.startswith("w W float32[2,3]") and "2 of 6 elements" in out and out.count("\n") == 1
        (weights,) = json.loads(graphpb("diff", folder / "model.pb", folder / "trained.pb", "--json", expect=1)[0])["weights"]
        assert weights["norm_change"] == 5 and weights["max_change"] == 4
        assert weights["norm_before"] == pytest.approx(np.linalg.norm(WEIGHTS.astype(float)))

    def test_renamed_added_removed_and_changed_nodes_are_told_apart(self, folder):
        graph = model(scope="new/")
        (folder / "renamed.pb").write_bytes(graph.SerializeToString())
        found = json.loads(graphpb("diff", folder / "model.pb", folder / "renamed.pb", "--json", expect=1)[0])
        assert [(r["before"], r["after"]) for r in found["renamed"]][:2] == [("x", "new/x"), ("W", "new/W")]
        assert found["added"] == found["removed"] == found["changed"] == []
        graph = model()
        add(graph, "more", "Identity", ["y"], T=protos.DT_FLOAT)
        graph.node[2].attr["transpose_a"].b = True
        del graph.node[5]
        (folder / "edited.pb").write_bytes(graph.SerializeToString())
        out, err = graphpb("diff", folder / "model.pb", folder / "edited.pb", expect=1)
        assert "+ more = Identity(y)" in out and "- other = Const()" in out and "transpose_a: false -> true" in out
        assert "1 added, 1 removed, 1 changed" in err


class TestConvert:
    def test_text_and_back_loses_nothing(self, tmp_path):
        for name in ("mnist_softmax.pb", "tensor_zoo.pb", "functions.pb", "while_v1.pb"):
            graphpb("convert", FIXTURES / name, tmp_path / "a.pbtxt")
            graphpb("convert", tmp_path / "a.pbtxt", tmp_path / "a.pb")
            graphpb("convert", tmp_path / "a.pb", tmp_path / "b.pb")
            original = protos.GraphDef.FromString((FIXTURES / name).read_bytes())
            assert protos.GraphDef.FromString((tmp_path / "a.pb").read_bytes()) == original
            assert (tmp_path / "a.pbtxt").read_text() == text_format.MessageToString(original)
            assert (tmp_path / "a.pb").read_bytes() == (tmp_path / "b.pb").read_bytes()

    def test_the_format_can_be_chosen(self, folder):
        assert json.loads(graphpb("convert", folder / "model.pb", folder / "m", "--text", "--json")[0])["format"] == "text"
        assert (folder / "m").read_text().startswith("node {")

    def test_an_old_file_survives_a_failed_write(self, folder):
        blocked = folder / "no" / "such" / "folder.pb"
        assert "No such file" in graphpb("convert", folder / "model.pb", blocked, expect=5)[1]
        assert sorted(p.name for p in folder.iterdir()) == ["model.pb", "x.npy"]


class TestOps:
    def test_ops_are_listed(self):
        ops = {op["name"]: op for op in json.loads(graphpb("ops", "--json")[0])}
        assert ops["MatMul"]["runs"] is True and ops["MatMul"]["inputs"] == ["a", "b"]
        out, err = graphpb("ops", "Mat*l")
        assert out.startswith("MatMul") and "1 ops" in err
        graphpb("ops", "NoSuchOp", expect=1)


def test_the_console_script_is_the_same_program(folder):
    args = ["show", folder / "model.pb", "--json"]
    assert graphpb(*args, command=[sys.executable, "-m", "graphpb"]) == graphpb(*args)
    script = shutil.which("graphpb", path=str(Path(sys.executable).parent))
    if script:
        assert graphpb(*args, command=[script]) == graphpb(*args)
