"""The commands ckpt, freeze, extract and check as a user meets them."""

import json
import os
import shutil
import subprocess
import sys

import fixture_files
import graphpb as tf
import numpy as np
import pytest
from google.protobuf import text_format
from graphpb import protos
from test_cli import graphpb

ROOT = fixture_files.ROOT
DTYPES = fixture_files.manifest()["ckpt_dtypes"]


def test_help_of_every_command_has_an_example():
    for command in (["ckpt"], ["ckpt", "ls"], ["ckpt", "show"], ["ckpt", "diff"], ["ckpt", "convert"], ["freeze"], ["extract"], ["check"]):
        out, _ = graphpb(*command, "--help")
        assert "Usage: graphpb " + " ".join(command) in out and "Example:\n  graphpb " in out


def test_checkpoints_of_all_formats_are_listed(tmp_path):
    out, err = graphpb("ckpt", "ls", ROOT / "ckpt_partitioned" / "ckpt")
    assert out.splitlines() == ["colpart  float32[2,200]  in 2 parts", "emb      float32[10,4]  in 3 parts", "plain    float32[2]"]
    assert "3 tensors, 442 elements, 1768 bytes, checkpoint V2" in err
    listed = json.loads(graphpb("ckpt", "ls", ROOT / "ckpt_dtypes" / "ckpt.index", "--json")[0])
    assert {t["name"] for t in listed["tensors"]} == set(DTYPES["checkpoint_variables"])
    for tensor in listed["tensors"]:
        assert tensor["shape"] == list(fixture_files.read_array(DTYPES["checkpoint_variables"][tensor["name"]]).shape)
    assert json.loads(graphpb("ckpt", "ls", ROOT / "ckpt_v1" / "model.ckpt", "--json")[0])["format"] == "checkpoint V1"
    shutil.copytree(ROOT / "ckpt_object_based", tmp_path / "objects")
    (tmp_path / "objects" / "checkpoint").write_text('model_checkpoint_path: "ckpt-1"\n')
    out, _ = graphpb("ckpt", "ls", tmp_path / "objects", "*/w/*")
    assert out.startswith("model/w/.ATTRIBUTES/VARIABLE_VALUE  float32[")


def test_values_are_shown(tmp_path):
    out, _ = graphpb("ckpt", "show", ROOT / "ckpt_v1" / "model.ckpt", "a", "--json")
    expected = fixture_files.read_array(fixture_files.manifest()["ckpt_v1"]["checkpoint_variables"]["a"])
    assert np.array_equal(np.float32(json.loads(out)["tensors"]["a"]["data"]), expected)
    graphpb("ckpt", "show", ROOT / "ckpt_partitioned" / "ckpt", "emb", "--out", tmp_path / "emb.npy")
    table = fixture_files.read_array(fixture_files.manifest()["ckpt_partitioned"]["checkpoint_variables"]["emb"])
    assert np.load(tmp_path / "emb.npy").tobytes() == table.tobytes()
    _, err = graphpb("ckpt", "show", ROOT / "ckpt_partitioned" / "ckpt", "emv", expect=2)
    assert 'there is no tensor "emv"; did you mean "emb"?' in err


def test_checkpoints_are_compared(tmp_path):
    with tf.Session(graph=tf.Graph()) as session:
        a = tf.get_variable("a", initializer=tf.constant([1.0, 2.0, 3.0]))
        b = tf.get_variable("b", initializer=tf.constant(7))
        session.run(tf.global_variables_initializer())
        tf.train.Saver([a, b]).save(session, str(tmp_path / "one"))
        session.run(a.assign([1.0, 2.5, 3.0]))
        tf.train.Saver({"a": a, "c": b}).save(session, str(tmp_path / "two"))
    one, two = tmp_path / "one", tmp_path / "two"
    assert "0 differ, 2 are equal" in graphpb("ckpt", "diff", one, one)[1]
    out, err = graphpb("ckpt", "diff", one, two, expect=1)
    assert out.splitlines() == ["~ a  1 of 3 values differ, by at most 5.000000e-1", "- b", "+ c"] and "3 differ, 0 are equal" in err
    changes = json.loads(graphpb("ckpt", "diff", one, two, "--atol", "0.5", "--json", expect=1)[0])["changes"]
    assert [(c["name"], c["change"]) for c in changes] == [("b", "removed"), ("c", "added")]
    assert "a number expected" in graphpb("ckpt", "diff", one, two, "--atol", "x", expect=2)[1]


def test_formats_are_converted_and_back_bit_for_bit(tmp_path):
    source = ROOT / "ckpt_many" / "ckpt"
    graphpb("ckpt", "convert", source, tmp_path / "a.npz")
    arrays = np.load(tmp_path / "a.npz")
    reader = tf.train.NewCheckpointReader(str(source))
    assert set(arrays.files) == set(reader.get_variable_to_shape_map())
    for name in arrays.files:
        assert arrays[name].tobytes() == reader.get_tensor(name).tobytes()
    graphpb("ckpt", "convert", tmp_path / "a.npz", tmp_path / "a.safetensors")
    header = (tmp_path / "a.safetensors").read_bytes()
    size = int.from_bytes(header[:8], "little")
    entries = json.loads(header[8 : 8 + size])
    for name in arrays.files:
        start, end = entries[name]["data_offsets"]
        assert header[8 + size + start : 8 + size + end] == arrays[name].tobytes() and entries[name]["shape"] == list(arrays[name].shape)
    graphpb("ckpt", "convert", tmp_path / "a.safetensors", tmp_path / "back")
    assert "0 differ, 300 are equal" in graphpb("ckpt", "diff", source, tmp_path / "back")[1]
    said = json.loads(graphpb("ckpt", "convert", source, tmp_path / "b", "--only", "layer_00?/*", "--json")[0])
    assert said["tensors"] == 20
    graphpb("ckpt", "convert", ROOT / "ckpt_dtypes" / "ckpt", tmp_path / "all")
    assert "are equal" in graphpb("ckpt", "diff", ROOT / "ckpt_dtypes" / "ckpt", tmp_path / "all")[1]
    _, err = graphpb("ckpt", "convert", ROOT / "ckpt_dtypes" / "ckpt", tmp_path / "c.safetensors", expect=5)
    assert "a safetensors file cannot hold" in err and not (tmp_path / "c.safetensors").exists()


@pytest.mark.parametrize("name", ["none", "junk", "cut"])
def test_unreadable_checkpoints_are_said_in_one_line(tmp_path, name):
    (tmp_path / "junk").write_bytes(b"junk" * 100)
    (tmp_path / "cut.index").write_bytes((ROOT / "ckpt_many" / "ckpt.index").read_bytes()[:-1])
    _, err = graphpb("ckpt", "ls", tmp_path / name, expect=3)
    assert len(err.splitlines()) == 1 and str(tmp_path / name) in err
    assert "ls, show, diff or convert expected" in graphpb("ckpt", expect=2)[1]
    assert "did you mean show?" in graphpb("ckpt", "shw", expect=2)[1]


@pytest.mark.parametrize("name", ["training_ref", "training_resource"])
def test_a_recorded_training_graph_is_frozen(tmp_path, name):
    fixture = fixture_files.manifest()[name]
    meta = tmp_path / "ckpt-4.meta"
    for file in (ROOT / name).glob("ckpt-4.*"):
        shutil.copy(file, tmp_path)
    with tf.Graph().as_default(), tf.Session() as session:
        saver = tf.train.import_meta_graph(str(meta))
        fetch = next(iter(fixture["runs"][-1]["fetches"]))
        needs = fixture_files.ops_needed(session.graph.as_graph_def(), fetch)
        saver.restore(session, str(tmp_path / "ckpt-4"))
        feeds = {key: fixture_files.read_array(file) for key, file in fixture["runs"][-1]["feeds"].items()}
        if "Placeholder" not in needs:
            feeds = {}
        expected = session.run(fetch, feeds)
    said = json.loads(graphpb("freeze", meta, "--fetch", fetch, "--out", tmp_path / "frozen.pb", "--json")[0])
    assert said["variables"] > 0
    frozen = protos.GraphDef.FromString((tmp_path / "frozen.pb").read_bytes())
    assert not {n.op for n in frozen.node} & {"VariableV2", "VarHandleOp", "ReadVariableOp", "Assign"}
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(frozen, name="")
        np.testing.assert_array_equal(session.run(fetch, feeds), expected)
    graphpb("freeze", ROOT / name / "graph.pb", "--fetch", fetch, "--checkpoint", tmp_path / "ckpt-4", "--out", tmp_path / "again.pb")
    again = protos.GraphDef.FromString((tmp_path / "again.pb").read_bytes())
    assert [(n.name, n.op, n.input, n.attr["value"]) for n in again.node] == [(n.name, n.op, n.input, n.attr["value"]) for n in frozen.node]
    missing = graphpb("freeze", ROOT / name / "graph.pb", "--fetch", fetch, "--out", tmp_path / "x.pb", expect=2)[1]
    assert "--checkpoint" in missing and not (tmp_path / "x.pb").exists()


def test_partitioned_variables_are_frozen(tmp_path):
    value = np.arange(12, dtype=np.float32).reshape(6, 2)
    with tf.Session(graph=tf.Graph()) as session:
        table = tf.get_variable("t", [6, 2], partitioner=tf.fixed_size_partitioner(3), use_resource=True)
        ids = tf.placeholder(tf.int32, [None], name="ids")
        row = tf.get_variable("row", initializer=tf.constant([10.0, 20.0]), use_resource=True)
        tf.add(tf.nn.embedding_lookup(table, ids, partition_strategy="div"), row, name="y")
        session.run([tf.global_variables_initializer(), table.assign(value)])
        tf.train.Saver().save(session, str(tmp_path / "m"))
    graphpb("freeze", tmp_path / "m.meta", "--fetch", "y", "--out", tmp_path / "f.pbtxt")
    out, _ = graphpb("run", tmp_path / "f.pbtxt", "--feed", "ids=[0, 5, 2]", "--fetch", "y", "--json")
    assert json.loads(out)["fetches"]["y"]["data"] == (value[[0, 5, 2]] + [10, 20]).tolist()


def test_saved_models_are_described_run_and_frozen(tmp_path):
    model, run = ROOT / "saved_model_tf1", fixture_files.manifest()["saved_model_tf1"]["runs"][0]
    info = json.loads(graphpb("info", model, "--json")[0])
    assert info["tags"] == ["serve"] and {"predict_with_class", "classify"} <= set(info["signatures"])
    assert info["signatures"]["predict_with_class"]["method"] == "tensorflow/serving/predict"
    assert "signatures:" in graphpb("info", model)[0]
    x = ROOT / run["feeds"]["x:0"]
    out, _ = graphpb("run", model, "--feed", f"x=@{x}", "--fetch", "scores:0", "--fetch", "classes:0", "--json")
    values = json.loads(out)["fetches"]
    scores = fixture_files.read_array(run["fetches"]["scores:0"])
    np.testing.assert_allclose(values["scores:0"]["data"], scores, rtol=1e-5)
    assert values["classes:0"]["data"] == [c.decode() for c in fixture_files.read_array(run["fetches"]["classes:0"])]
    graphpb("freeze", model, "--fetch", "scores", "--out", tmp_path / "f.pb")
    out, _ = graphpb("run", tmp_path / "f.pb", "--feed", f"x=@{x}", "--fetch", "scores:0", "--json")
    np.testing.assert_allclose(json.loads(out)["fetches"]["scores:0"]["data"], scores, rtol=1e-5)
    assert "No graph with the wanted tags; the SavedModel has: {serve}" in graphpb("info", model, "--tags", "train", expect=3)[1]
    two = fixture_files.manifest()["saved_model_tf2"]["runs"][0]
    feed = ROOT / two["feeds"]["serving_default_x:0"]
    out, _ = graphpb("run", ROOT / "saved_model_tf2", "--feed", f"serving_default_x=@{feed}", "--fetch", "StatefulPartitionedCall:0", "--json")
    expected = fixture_files.read_array(two["fetches"]["StatefulPartitionedCall:0"])
    np.testing.assert_allclose(json.loads(out)["fetches"]["StatefulPartitionedCall:0"]["data"], expected, rtol=1e-5)
    assert "VarHandleOp" in graphpb("show", ROOT / "saved_model_tf2", "--op", "VarHandleOp")[0]
    # Variables are inside functions; the function is taken apart, and the frozen graph keeps the names.
    graphpb("freeze", ROOT / "saved_model_tf2", "--out", tmp_path / "two.pb")
    frozen = protos.GraphDef.FromString((tmp_path / "two.pb").read_bytes())
    assert not {"VarHandleOp", "ReadVariableOp", "StatefulPartitionedCall"} & {n.op for n in frozen.node}
    out, _ = graphpb("run", tmp_path / "two.pb", "--feed", f"serving_default_x=@{feed}", "--fetch", "StatefulPartitionedCall:0", "--json")
    np.testing.assert_allclose(json.loads(out)["fetches"]["StatefulPartitionedCall:0"]["data"], expected, rtol=1e-5)


def test_assets_outside_of_the_folder_are_refused(tmp_path):
    shutil.copytree(ROOT / "saved_model_tf1", tmp_path / "m")
    file = tmp_path / "m" / "saved_model.pb"
    model = protos.SavedModel.FromString(file.read_bytes())
    stored = model.meta_graphs[0].collection_def["saved_model_assets"].any_list.value[0]
    asset = protos.AssetFileDef.FromString(stored.value)
    asset.filename = "../saved_model.pb"
    stored.value = asset.SerializeToString()
    file.write_bytes(model.SerializeToString())
    assert "lies outside of the SavedModel's folder" in graphpb("run", tmp_path / "m", "--fetch", "scores", expect=3)[1]


def test_parts_are_extracted(tmp_path):
    out, _ = graphpb("extract", ROOT / "convnet_frozen.pb", "--input", "pool1/MaxPool", "--fetch", "logits", "--out", tmp_path / "head.pb", "--json")
    head = protos.GraphDef.FromString((tmp_path / "head.pb").read_bytes())
    assert json.loads(out)["nodes"] == len(head.node)
    by_name = {n.name: n for n in head.node}
    assert by_name["pool1/MaxPool"].op == "Placeholder" and "x" not in by_name and "logits" in by_name
    run = fixture_files.manifest()["convnet_frozen"]["runs"][0]
    pooled = ROOT / run["fetches"]["pool1/MaxPool:0"]
    out, _ = graphpb("run", tmp_path / "head.pb", "--feed", f"pool1/MaxPool=@{pooled}", "--fetch", "logits:0", "--json")
    np.testing.assert_allclose(
        json.loads(out)["fetches"]["logits:0"]["data"], fixture_files.read_array(run["fetches"]["logits:0"]), rtol=1e-4, atol=1e-5
    )
    assert "there is no node" in graphpb("extract", ROOT / "convnet_frozen.pb", "--fetch", "nope", "--out", tmp_path / "x.pb", expect=2)[1]
    assert "--fetch is missing" in graphpb("extract", ROOT / "convnet_frozen.pb", "--out", tmp_path / "x.pb", expect=2)[1]
    assert not (tmp_path / "x.pb").exists()


def graph_file(path, *nodes):
    graph = protos.GraphDef()
    graph.versions.producer = 134
    for name, op, inputs in nodes:
        graph.node.add(name=name, op=op, input=inputs)
    path.write_bytes(graph.SerializeToString())
    return path


def test_all_problems_are_listed_at_once(tmp_path):
    assert "no problem for run" in graphpb("check", ROOT / "mlp_frozen.pb", "--for", "run")[1]
    assert "no problem for tensorflow" in graphpb("check", ROOT / "mlp_frozen.pb", "--for", "tensorflow")[1]
    odd = graph_file(tmp_path / "odd.pb", ("a", "MyOp", []), ("b", "OtherOp", ["a"]), ("c", "OtherOp", ["a"]))
    out, err = graphpb("check", odd, "--for", "run", expect=1)
    assert out.splitlines() == ["op: MyOp is not known (1 nodes)", "op: OtherOp is not known (2 nodes)"] and "2 problems for run" in err
    problems = json.loads(graphpb("check", odd, "--for", "tensorflow", "--json", expect=1)[0])["problems"]
    assert [p["node"] for p in problems] == ["a", "b", "c"]
    frozen = json.loads(graphpb("check", ROOT / "mlp_frozen.pb", "--for", "train", "--json", expect=1)[0])["problems"]
    assert {p["kind"] for p in frozen} == {"variables", "optimizer"}
    assert "no problem for train" in graphpb("check", ROOT / "training_ref" / "graph.pb", "--for", "train", "--fetch", "loss")[1]
    with tf.Graph().as_default() as graph:
        v = tf.get_variable("v", [2])
        tf.reduce_sum(tf.stop_gradient(v), name="loss")
        tf.argmax(v, name="best")
    (tmp_path / "flat.pb").write_bytes(graph.as_graph_def().SerializeToString())
    assert "the loss does not depend on any variable" in graphpb("check", tmp_path / "flat.pb", "--for", "train", "--fetch", "loss", expect=1)[0]
    assert "no tensor of a floating-point type" in graphpb("check", tmp_path / "flat.pb", "--for", "train", "--fetch", "best", expect=1)[0]
    assert "--for run, --for train or --for tensorflow expected" in graphpb("check", odd, expect=2)[1]


def test_temporary_files_do_not_stay(tmp_path):
    graphpb("ckpt", "convert", ROOT / "ckpt_many" / "ckpt", tmp_path / "m")
    assert sorted(os.listdir(tmp_path)) == ["m.data-00000-of-00001", "m.index"]


def test_meta_graphs_and_saved_models_are_converted_as_a_whole(tmp_path):
    for source, kind in (
        (ROOT / "training_ref" / "ckpt-4.meta", protos.MetaGraphDef),
        (ROOT / "saved_model_tf1" / "saved_model.pb", protos.SavedModel),
    ):
        message = kind.FromString(source.read_bytes())
        (tmp_path / "text").mkdir(exist_ok=True)
        written = tmp_path / "text" / source.name.replace(".pb", ".pbtxt")
        graphpb("convert", source, written, "--text")
        assert text_format.Parse(written.read_text(), kind()) == message
        back = tmp_path / source.name
        out, _ = graphpb("convert", written, back, "--binary", "--json")
        assert kind.FromString(back.read_bytes()) == message and json.loads(out)["nodes"] == (61 if kind is protos.SavedModel else 202)


def test_weights_of_a_saved_model_are_listed():
    out, _ = graphpb("ckpt", "ls", ROOT / "saved_model_tf1", "--json")
    reader = tf.train.load_checkpoint(ROOT / "saved_model_tf1" / "variables" / "variables")
    assert {t["name"]: t["shape"] for t in json.loads(out)["tensors"]} == reader.get_variable_to_shape_map()


def test_a_checkpoint_is_not_written_without_a_name(tmp_path):
    for name in ("", tmp_path, f"{tmp_path}/"):
        _, err = graphpb("ckpt", "convert", ROOT / "ckpt_many" / "ckpt", name, expect=2)
        assert "is no prefix of a checkpoint" in err
    assert os.listdir(tmp_path) == []


def test_what_a_path_is_instead_is_said(tmp_path):
    prefix = ROOT / "training_ref" / "ckpt-4"
    assert f"its graph is in {prefix}.meta" in graphpb("info", prefix, expect=3)[1]
    assert "which graphpb ckpt reads" in graphpb("info", f"{prefix}.index", expect=3)[1]
    assert "which graphpb events reads" in graphpb("show", next((ROOT / "events").iterdir()), expect=3)[1]
    assert "the folder of a SavedModel is expected" in graphpb("convert", tmp_path, tmp_path / "x.pb", expect=3)[1]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_an_error():
    for command in (["ops"], ["info", str(ROOT / "mlp_frozen.pb")], ["--help"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run([sys.executable, "-m", "graphpb", *command], stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 5 and "No space left on device" in done.stderr and "Traceback" not in done.stderr


def test_safetensors_are_those_of_the_reference_implementation(tmp_path):
    """The package `safetensors` reads what is written here, and the other way round, bit for bit."""
    import safetensors.numpy as reference
    from safetensors import SafetensorError

    draw = np.random.RandomState(0)
    kinds = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool"]
    arrays = {f"layer/{kind}": (draw.uniform(-99, 99, (3, 5)) > 0 if kind == "bool" else draw.uniform(0, 99, (3, 5))).astype(kind) for kind in kinds}
    arrays |= {
        "scalar": np.array(1.5, np.float32),
        "empty": np.zeros((0, 4), np.int64),
        'quo"ted \\ é\n': np.arange(3),
        "minus zero, nan": np.array([-0.0, np.nan]),
    }
    np.savez(tmp_path / "a.npz", **arrays)
    graphpb("ckpt", "convert", tmp_path / "a.npz", tmp_path / "ours.safetensors")
    reference.save_file(arrays, tmp_path / "theirs.safetensors", metadata={"format": "np", "note": 'a "b"'})
    graphpb("ckpt", "convert", tmp_path / "theirs.safetensors", tmp_path / "b.npz")
    for found in (reference.load_file(tmp_path / "ours.safetensors"), dict(np.load(tmp_path / "b.npz"))):
        assert set(found) == set(arrays)
        for name, value in arrays.items():
            assert found[name].dtype == value.dtype and found[name].shape == value.shape and found[name].tobytes() == value.tobytes(), name
    assert "0 differ" in graphpb("ckpt", "diff", tmp_path / "ours.safetensors", tmp_path / "theirs.safetensors")[1]
    # Damage that the reference refuses is refused here too.
    whole = (tmp_path / "theirs.safetensors").read_bytes()
    size = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + size])
    bad = tmp_path / "bad.safetensors"
    first = min((k for k in header if k != "__metadata__"), key=lambda k: header[k]["data_offsets"][1] or 1 << 40)
    for change in (
        dict(data_offsets=[0, 1 << 40]),
        dict(shape=[7]),
        dict(dtype="F7"),
        dict(shape=[-1, 15]),
        dict(data_offsets=[8, 4]),
        dict(shape=[2**63, 2]),
    ):
        text = json.dumps(header | {first: header[first] | change}).encode()
        bad.write_bytes(len(text).to_bytes(8, "little") + text + whole[8 + size :])
        with pytest.raises(SafetensorError):
            reference.load_file(bad)
        graphpb("ckpt", "ls", bad, expect=3)
    for text in (whole[:-1], whole + b"x", whole[:20], b"\xff" * 8 + whole[8:]):
        bad.write_bytes(text)
        with pytest.raises(SafetensorError):
            reference.load_file(bad)
        graphpb("ckpt", "ls", bad, expect=3)
