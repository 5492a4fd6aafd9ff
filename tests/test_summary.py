"""Summaries: messages equal to TensorFlow's, tags and collections, event files and their writer."""

import base64
import glob
import json
import os
import pathlib
import threading
import time

import graphpb as tf
import numpy as np
import png_reader
import pytest
import summary_cases

DATA = pathlib.Path(__file__).resolve().parent / "data"


@pytest.fixture(scope="module")
def computed():
    return summary_cases.run(tf)


@pytest.mark.parametrize("name", [name for name, _, _ in summary_cases.cases()])
def test_messages_equal_those_of_tensorflow(computed, name):
    recorded = base64.b64decode(json.loads((DATA / "summaries.json").read_text())[name])
    ours, theirs = tf.Summary.FromString(computed[name]), tf.Summary.FromString(recorded)
    if not name.startswith("image"):
        assert ours == theirs
        # TensorFlow writes `node_name` before the tensor, graphpb after it.
        assert name == "tensor_old" or computed[name] == recorded
        return
    assert len(ours.value) == len(theirs.value) > 0
    for a, b in zip(ours.value, theirs.value):
        left, right = png_reader.pixels(a.image.encoded_image_string), png_reader.pixels(b.image.encoded_image_string)
        np.testing.assert_array_equal(left, right)
        a.image.ClearField("encoded_image_string")
        b.image.ClearField("encoded_image_string")
        assert a == b


def tags(summary):
    return [value.tag for value in tf.Summary.FromString(summary).value]


def test_tags_follow_scopes_and_families():
    with tf.Graph().as_default(), tf.Session() as session:
        made = [tf.summary.scalar("x", 1.0), tf.summary.scalar("x", 2.0)]
        with tf.name_scope("outer"):
            made.append(tf.summary.scalar("x", 1.0))
            made.append(tf.summary.scalar("x", 1.0, family="fam"))
        made.append(tf.summary.scalar("/a b:c", 1.0))
        made.append(tf.summary.image("im", np.zeros((4, 2, 2, 1), np.float32), max_outputs=2))
        made.append(tf.summary.image("one", np.zeros((4, 2, 2, 1), np.float32), max_outputs=1))
        made.append(tf.summary.audio("au", np.zeros((1, 3), np.float32), 8000.0))
        assert [tags(s) for s in session.run(made)] == [
            ["x"], ["x_1"], ["outer/x"], ["fam/outer/fam/x"], ["a_b_c"], ["im/image/0", "im/image/1"], ["one/image"], ["au/audio/0"]
        ]  # fmt: skip
        assert [s.op.name for s in made] == ["x", "x_1", "outer/x", "outer/fam/x", "a_b_c", "im", "one", "au"]
        assert tf.get_collection(tf.GraphKeys.SUMMARIES) == made


def test_merge_all_takes_a_collection_and_a_scope():
    with tf.Graph().as_default(), tf.Session() as session:
        assert tf.summary.merge_all() is None
        tf.summary.scalar("a", 1.0)
        tf.summary.scalar("b", 2.0, collections=["mine"])
        with tf.name_scope("s"):
            tf.summary.histogram("c", [1.0, 2.0])
        everything = tf.summary.merge_all()
        assert everything.op.name == "Merge/MergeSummary"
        assert tags(session.run(everything)) == ["a", "s/c"]
        assert tags(session.run(tf.summary.merge_all("mine"))) == ["b"]
        assert tags(session.run(tf.summary.merge_all(scope="s/", name="some"))) == ["s/c"]
        twice = tf.summary.merge([tf.summary.scalar("q", 1.0), tf.constant(tf.Summary(value=[{"tag": "q"}]).SerializeToString())])
        with pytest.raises(tf.errors.InvalidArgumentError, match="Duplicate tag q found in summary inputs"):
            session.run(twice)


def test_text_carries_its_plugin():
    with tf.Graph().as_default(), tf.Session() as session:
        (value,) = tf.Summary.FromString(session.run(tf.summary.text("note", tf.constant(["*a*", "b"])))).value
        assert value.metadata.plugin_data.plugin_name == "text" and list(tf.make_ndarray(value.tensor)) == [b"*a*", b"b"]
        with pytest.raises(ValueError, match="dtype string"):
            tf.summary.text("bad", tf.constant(1.0))
        described = tf.summary.tensor_summary("t", tf.constant([1, 2]), summary_description="why", display_name="T")
        (value,) = tf.Summary.FromString(session.run(described)).value
        assert value.metadata.summary_description == "why" and value.metadata.display_name == "T"


def test_descriptions_of_tensor_summaries():
    node = tf.NodeDef(op="TensorSummary")
    node.attr["description"].s = b'{"typeHint": "rgb"}'
    assert tf.summary.get_summary_description(node).type_hint == "rgb"
    with pytest.raises(ValueError, match="Can't get_summary_description on Add"):
        tf.summary.get_summary_description(tf.NodeDef(op="Add"))


@pytest.mark.parametrize(
    ("message", "build"),
    [
        ("tags and values are not the same shape: \\[2\\] != \\[3\\]", lambda: tf.raw_ops.ScalarSummary(tags=["a", "b"], values=[1.0, 2.0, 3.0])),
        ("tags and values are not the same shape: \\[\\] != \\[1\\] \\(tag 'a'\\)", lambda: tf.raw_ops.ScalarSummary(tags="a", values=[1.0])),
        ("Nan in summary histogram for: h", lambda: tf.summary.histogram("h", [1.0, np.nan])),
        ("Infinity in Histogram for: h", lambda: tf.summary.histogram("h", [1.0, np.inf])),
        ("Tensor must be 4-D with last dim 1, 3, or 4, not \\[2,2,2,2\\]", lambda: tf.summary.image("i", np.zeros((2, 2, 2, 2), np.float32))),
        ("Tensor must be 3-D or 2-D, got: \\[3\\]", lambda: tf.summary.audio("a", np.zeros(3, np.float32), 1.0)),
        ("sample_rate must be > 0", lambda: tf.summary.audio("a", np.zeros((1, 3), np.float32), -1.0)),
        ("Could not parse one of the summary inputs", lambda: tf.summary.merge([tf.constant(b"zz")])),
    ],
)
def test_errors_have_the_words_of_tensorflow(message, build):
    with tf.Graph().as_default(), tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(build())


def events(folder):
    found = []
    for path in sorted(glob.glob(os.path.join(str(folder), "*tfevents*"))):
        found.extend(tf.train.summary_iterator(path))
    return found


def value(tag, number):
    return tf.Summary(value=[tf.Summary.Value(tag=tag, simple_value=number)])


def test_a_writer_puts_everything_in_its_file(tmp_path):
    with tf.Graph().as_default() as graph:
        tf.constant(1.0, name="one")
        before = time.time()
        writer = tf.summary.FileWriter(str(tmp_path / "run"), graph, filename_suffix=".mine")
        writer.add_summary(value("loss", 0.5), 3)
        writer.add_summary(value("loss", 0.25).SerializeToString(), global_step=np.int64(4))
        writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START), 0)
        writer.add_event(tf.Event(wall_time=12.5, step=7, summary=value("late", 1.0)))
        metadata = tf.RunMetadata()
        metadata.step_stats.dev_stats.add(device="cpu")
        writer.add_run_metadata(metadata, "step4", 4)
        with pytest.raises(ValueError, match="already used"):
            writer.add_run_metadata(metadata, "step4")
        writer.flush()
        got = events(tmp_path / "run")
        writer.close()
    assert [e.WhichOneof("what") for e in got] == [
        "file_version", "graph_def", "meta_graph_def", "summary", "summary", "session_log", "summary", "tagged_run_metadata"
    ]  # fmt: skip
    assert got[0].file_version == "brain.Event:2" and got[0].source_metadata.writer == "tensorflow.core.util.events_writer"
    graph_def = tf.GraphDef.FromString(got[1].graph_def)
    assert [n.name for n in graph_def.node] == ["one"] and graph_def.node[0].attr["_output_shapes"].list.shape[0].dim == []
    assert tf.MetaGraphDef.FromString(got[2].meta_graph_def).graph_def.node[0].name == "one"
    assert [(e.step, e.summary.value[0].simple_value) for e in got[3:5]] == [(3, 0.5), (4, 0.25)]
    assert got[6].wall_time == 12.5 and got[6].step == 7
    assert tf.RunMetadata.FromString(got[7].tagged_run_metadata.run_metadata) == metadata
    assert before - 1 <= got[3].wall_time <= time.time()
    (path,) = glob.glob(str(tmp_path / "run" / "*"))
    assert os.path.basename(path).startswith("events.out.tfevents.") and path.endswith(".mine")


def test_only_the_first_value_of_a_tag_keeps_its_metadata(tmp_path):
    text = tf.Summary.Value(tag="n", metadata=tf.SummaryMetadata(plugin_data={"plugin_name": "text"}))
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        for _ in range(2):
            writer.add_summary(tf.Summary(value=[text]))
    assert [e.summary.value[0].HasField("metadata") for e in events(tmp_path)[1:]] == [True, False]


def test_a_closed_writer_warns_and_reopens_with_a_new_file(tmp_path):
    writer = tf.summary.FileWriter(tmp_path)
    writer.add_summary(value("a", 1.0), 1)
    writer.close()
    writer.close()
    with pytest.warns(UserWarning, match="closed FileWriter"):
        writer.add_summary(value("lost", 1.0), 2)
    writer.reopen()
    writer.add_summary(value("b", 1.0), 3)
    writer.close()
    assert len(glob.glob(str(tmp_path / "*"))) == 2
    assert [e.summary.value[0].tag for e in events(tmp_path) if e.HasField("summary")] == ["a", "b"]
    assert writer.get_logdir() == str(tmp_path)


def test_writers_of_several_threads_keep_every_event(tmp_path):
    with tf.summary.FileWriter(str(tmp_path), max_queue=2) as writer:
        threads = [threading.Thread(target=lambda k=k: [writer.add_summary(value(f"t{k}", i), i) for i in range(200)]) for k in range(4)]
        [t.start() for t in threads]
        [t.join() for t in threads]
    seen = [(e.summary.value[0].tag, e.step) for e in events(tmp_path)[1:]]
    assert len(seen) == 800 and all([s for t, s in seen if t == f"t{k}"] == list(range(200)) for k in range(4))


def test_events_reach_the_file_without_a_flush(tmp_path):
    writer = tf.summary.FileWriter(str(tmp_path), flush_secs=0.05)
    writer.add_summary(value("a", 1.0))
    limit = time.monotonic() + 20
    while len(events(tmp_path)) < 2 and time.monotonic() < limit:
        time.sleep(0.02)
    assert len(events(tmp_path)) == 2
    writer.close()


def test_writers_of_one_session_or_the_cache_share_a_file(tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        writers = [tf.summary.FileWriter(str(tmp_path / "s"), session=session) for _ in range(2)]
        [w.add_summary(value("a", i), i) for i, w in enumerate(writers)]
        [w.close() for w in writers]
        assert len(glob.glob(str(tmp_path / "s" / "*"))) == 1 and len(events(tmp_path / "s")) == 3
        cached = tf.summary.FileWriterCache.get(str(tmp_path / "c"))
        assert tf.summary.FileWriterCache.get(str(tmp_path / "c")) is cached
        tf.summary.FileWriterCache.clear()
        assert tf.summary.FileWriterCache.get(str(tmp_path / "c")) is not cached
        tf.summary.FileWriterCache.clear()


def test_folders_that_cannot_be_made_are_errors(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(tf.errors.OpError, match="file"):
        tf.summary.FileWriter(str(tmp_path / "file" / "run"))
    with pytest.raises(TypeError, match="must be an instance of `Graph`"):
        tf.summary.FileWriter(str(tmp_path / "w")).add_graph("graph")
    with pytest.raises(TypeError, match="must be type MetaGraphDef"):
        tf.summary.FileWriter(str(tmp_path / "w")).add_meta_graph("graph")


def test_event_files_of_tensorflow_are_read():
    described = json.loads((DATA / "fixtures/manifest.json").read_text())["fixtures"]
    (recorded,) = [f for f in described if f["name"] == "events"]
    got = list(tf.train.summary_iterator(DATA / "fixtures" / recorded["files"][0]))
    assert [e.WhichOneof("what") for e in got] == [e["what"] for e in recorded["events"]]
    for event, expected in zip(got, recorded["events"]):
        assert event.step == expected["step"]
        assert [v.tag for v in event.summary.value] == [tag for tag, _, _ in expected.get("tags", [])]
        numbers = {v.tag: v.simple_value for v in event.summary.value if v.HasField("simple_value")}
        assert numbers == pytest.approx(expected.get("simple_values", {}), rel=0, abs=0)
    scalars = list(tf.train.summary_iterator(DATA / "fixtures/events_scalar/events.out.tfevents.1795363387.localhost"))[1:]
    by_step = {(e.step, v.tag): v.simple_value for e in scalars for v in e.summary.value}
    assert by_step == {(s, t): np.float32(x) for s in range(10) for t, x in (("acc", s / 10), ("loss", 1 / (1 + s)))}


def test_damaged_event_files_are_data_loss(tmp_path):
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        writer.add_summary(value("a", 1.0))
    (path,) = glob.glob(str(tmp_path / "*"))
    whole = pathlib.Path(path).read_bytes()
    pathlib.Path(path).write_bytes(whole[:-1])
    with pytest.raises(tf.errors.DataLossError, match="truncated record"):
        list(tf.train.summary_iterator(path))
    pathlib.Path(path).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(tf.errors.DataLossError, match="corrupted record"):
        list(tf.train.summary_iterator(path))
    with pytest.raises(tf.errors.NotFoundError):
        list(tf.train.summary_iterator(path + "x"))


def test_traces_hold_the_time_of_every_node():
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, None], name="x")
        y = tf.matmul(x, x, name="product")
        z = tf.reduce_sum(tf.nn.softmax(y, name="soft"), name="total")
        metadata = tf.RunMetadata()
        session.run(z, {x: np.ones((300, 300))}, options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), run_metadata=metadata)
        (device,) = metadata.step_stats.dev_stats
        stats = {s.node_name: s for s in device.node_stats}
        assert {"product", "soft", "total"} <= set(stats)
        assert stats["product"].op_end_rel_micros > 0 and "MatMul" in stats["product"].timeline_label
        starts = [s.all_start_micros for s in device.node_stats]
        assert starts == sorted(starts) and starts[0] > 1e15
        session.run(z, {x: np.ones((3, 3))}, run_metadata=(untraced := tf.RunMetadata()))
        assert not untraced.step_stats.dev_stats


def test_the_old_writer_stays_absent():
    assert not hasattr(tf.train, "SummaryWriter")
