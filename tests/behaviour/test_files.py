"""Checkpoints, summaries, meta graphs, saved models and records, written and read back."""

import os

import numpy as np
import pytest


def test_saver_round_trip(tf, tmp_path):
    v = tf.Variable([1.0, 2.0], name="v")
    step = tf.Variable(7, name="step")
    saver = tf.train.Saver()
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        path = saver.save(s, str(tmp_path / "model"), global_step=step)
        assert path == str(tmp_path / "model-7")
        s.run(v.assign([0.0, 0.0]))
        saver.restore(s, path)
        assert s.run(v).tolist() == [1.0, 2.0]
    assert sorted(os.listdir(tmp_path)) == ["checkpoint", "model-7.data-00000-of-00001", "model-7.index", "model-7.meta"]
    assert tf.train.latest_checkpoint(str(tmp_path)) == path
    assert tf.train.get_checkpoint_state(str(tmp_path)).model_checkpoint_path == path
    assert tf.train.list_variables(path) == [("step", []), ("v", [2])]
    assert tf.train.load_variable(path, "v").tolist() == [1.0, 2.0]
    reader = tf.train.NewCheckpointReader(path)
    assert reader.has_tensor("v") and reader.get_variable_to_shape_map() == {"step": [], "v": [2]} and reader.get_tensor("step") == 7


def test_saver_keeps_a_few(tf, tmp_path):
    tf.Variable(1.0)
    saver = tf.train.Saver(max_to_keep=2)
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        for i in range(4):
            saver.save(s, str(tmp_path / "m"), global_step=i, write_meta_graph=False)
    assert saver.last_checkpoints == [str(tmp_path / "m-2"), str(tmp_path / "m-3")]
    assert not any(name.startswith(("m-0", "m-1")) for name in os.listdir(tmp_path))


def test_saver_with_names_and_errors(tf, tmp_path):
    v = tf.Variable([3.0], name="v")
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        path = tf.train.Saver({"other": v}).save(s, str(tmp_path / "m"))
        with pytest.raises(tf.errors.NotFoundError, match="Key v not found in checkpoint"):
            tf.train.Saver().restore(s, path)
        with pytest.raises(ValueError, match="not a valid checkpoint"):
            tf.train.Saver().restore(s, str(tmp_path / "nothing"))
    with tf.Graph().as_default(), pytest.raises(ValueError, match="No variables to save"):
        tf.train.Saver()


def test_saver_nodes(tf):
    tf.Variable(1.0, name="b")
    tf.Variable(1.0, name="a")
    saver = tf.train.Saver()
    names = [op.name for op in tf.get_default_graph().get_operations() if op.name.startswith("save/")]
    assert names == [
        "save/filename/input",
        "save/filename",
        "save/Const",
        "save/SaveV2/tensor_names",
        "save/SaveV2/shape_and_slices",
        "save/SaveV2",
        "save/control_dependency",
        "save/RestoreV2/tensor_names",
        "save/RestoreV2/shape_and_slices",
        "save/RestoreV2",
        "save/Assign",
        "save/Assign_1",
        "save/restore_all",
    ]
    assert saver.saver_def.filename_tensor_name == "save/Const:0" and saver.saver_def.restore_op_name == "save/restore_all"


def test_meta_graph(tf, tmp_path):
    x = tf.placeholder(tf.float32, [], name="x")
    w = tf.Variable(3.0, name="w")
    tf.add_to_collection("out", tf.multiply(x, w, name="y"))
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(s, str(tmp_path / "m"))
    with tf.Graph().as_default(), tf.Session() as s:
        saver = tf.train.import_meta_graph(path + ".meta")
        saver.restore(s, path)
        y = tf.get_collection("out")[0]
        assert y.name == "y:0" and s.run(y, {"x:0": 2.0}) == 6.0
        assert [v.name for v in tf.global_variables()] == ["w:0"]


def test_summaries(tf, tmp_path):
    x = tf.placeholder(tf.float32, [])
    tf.summary.scalar("loss", x)
    tf.summary.histogram("h", tf.stack([x, x * 2.0]))
    merged = tf.summary.merge_all()
    writer = tf.summary.FileWriter(str(tmp_path), tf.get_default_graph())
    with tf.Session() as s:
        for i in range(3):
            writer.add_summary(s.run(merged, {x: float(i)}), i)
    writer.close()
    (file,) = os.listdir(tmp_path)
    events = list(tf.train.summary_iterator(str(tmp_path / file)))
    assert events[0].file_version == "brain.Event:2" and any(e.HasField("graph_def") for e in events)
    scalars = [(e.step, v.simple_value) for e in events for v in e.summary.value if v.tag == "loss"]
    assert scalars == [(0, 0.0), (1, 1.0), (2, 2.0)]
    histogram = [v.histo for e in events for v in e.summary.value if v.tag == "h"][1]
    assert (histogram.min, histogram.max, histogram.num, histogram.sum) == (1.0, 2.0, 2.0, 3.0)


def test_no_summaries(tf):
    assert tf.summary.merge_all() is None


def test_summary_names(tf):
    with tf.name_scope("ns"):
        assert tf.summary.scalar("acc", 1.0).name == "ns/acc:0"
    assert tf.summary.scalar("bad name:1", 1.0).name == "bad_name_1:0"
    assert len(tf.get_collection(tf.GraphKeys.SUMMARIES)) == 2


def test_records(tf, tmp_path):
    path = str(tmp_path / "r.tfrecord")
    with tf.python_io.TFRecordWriter(path) as writer:
        for i in range(3):
            example = tf.train.Example(features=tf.train.Features(feature={"i": tf.train.Feature(int64_list=tf.train.Int64List(value=[i, i]))}))
            writer.write(example.SerializeToString())
    records = list(tf.python_io.tf_record_iterator(path))
    assert len(records) == 3 and tf.train.Example.FromString(records[2]).features.feature["i"].int64_list.value == [2, 2]
    parsed = tf.parse_single_example(tf.constant(records[1]), {"i": tf.FixedLenFeature([2], tf.int64)})
    with tf.Session() as s:
        assert s.run(parsed["i"]).tolist() == [1, 1]


def test_saved_model(tf, tmp_path):
    x = tf.placeholder(tf.float32, [None], name="x")
    w = tf.Variable(2.0, name="w")
    y = tf.multiply(x, w, name="y")
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        tf.saved_model.simple_save(s, str(tmp_path / "sm"), {"x": x}, {"y": y})
    with tf.Graph().as_default(), tf.Session() as s:
        meta = tf.saved_model.loader.load(s, [tf.saved_model.tag_constants.SERVING], str(tmp_path / "sm"))
        signature = meta.signature_def["serving_default"]
        assert s.run(signature.outputs["y"].name, {signature.inputs["x"].name: [1.0, 2.0]}).tolist() == [2.0, 4.0]


def test_graph_files(tf, tmp_path):
    tf.constant([1.0, 2.0], name="c")
    tf.train.write_graph(tf.get_default_graph(), str(tmp_path), "g.pbtxt")
    tf.train.write_graph(tf.get_default_graph().as_graph_def(), str(tmp_path), "g.pb", as_text=False)
    graph_def = tf.GraphDef()
    graph_def.ParseFromString((tmp_path / "g.pb").read_bytes())
    assert [n.name for n in graph_def.node] == ["c"] and 'name: "c"' in (tmp_path / "g.pbtxt").read_text()


def test_frozen_graph(tf):
    w = tf.Variable([2.0], name="w")
    tf.multiply(w, 3.0, name="y")
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        frozen = tf.graph_util.convert_variables_to_constants(s, tf.get_default_graph().as_graph_def(), ["y"])
    assert {n.op for n in frozen.node} == {"Const", "Identity", "Mul"}
    with tf.Graph().as_default(), tf.Session() as s:
        (y,) = tf.import_graph_def(frozen, return_elements=["y:0"], name="")
        assert s.run(y).tolist() == [6.0]


def test_files(tf, tmp_path):
    with tf.gfile.GFile(str(tmp_path / "a.txt"), "w") as f:
        f.write("one\ntwo\n")
    assert tf.gfile.Exists(str(tmp_path / "a.txt")) and [line for line in tf.gfile.GFile(str(tmp_path / "a.txt"))] == ["one\n", "two\n"]
    tf.gfile.MakeDirs(str(tmp_path / "d" / "e"))
    assert tf.gfile.IsDirectory(str(tmp_path / "d")) and tf.gfile.Glob(str(tmp_path / "*.txt")) == [str(tmp_path / "a.txt")]
    tf.gfile.DeleteRecursively(str(tmp_path / "d"))
    assert not tf.gfile.Exists(str(tmp_path / "d"))
    with pytest.raises(tf.errors.NotFoundError):
        tf.gfile.GFile(str(tmp_path / "nothing")).read()
    assert np.array_equal(tf.gfile.ListDirectory(str(tmp_path)), ["a.txt"])
