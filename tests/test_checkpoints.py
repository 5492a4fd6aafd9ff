"""Checkpoints that TensorFlow wrote are read bit for bit; Saver adds TensorFlow's nodes and keeps its files in order."""

import os
import shutil

import fixture_files
import graphpb as tf
import numpy as np
import pytest
from graphpb import _native, protos
from graphpb.train.meta_graph import import_scoped_meta_graph

ROOT = fixture_files.ROOT


def checkpoints():
    return [f for f in fixture_files.manifest().values() if "checkpoint_variables" in f]


def prefix_of(fixture):
    return str(ROOT / fixture.get("checkpoint_prefix", fixture.get("checkpoint_prefix_v1", "")))


@pytest.mark.parametrize("fixture", checkpoints(), ids=[f["name"] for f in checkpoints()])
def test_values_of_recorded_checkpoints_are_read_bit_for_bit(fixture):
    reader = tf.train.NewCheckpointReader(prefix_of(fixture))
    for name, file in fixture["checkpoint_variables"].items():
        expected = fixture_files.read_array(file)
        actual = fixture_files.in_storage_form(reader.get_tensor(name), file)
        assert reader.has_tensor(name) and reader.get_variable_to_shape_map()[name] == list(expected.shape)
        assert actual.shape == expected.shape, name
        if expected.dtype == object:
            assert actual.tolist() == expected.tolist(), name
        else:
            assert actual.dtype == expected.dtype and actual.tobytes() == expected.tobytes(), name
    assert set(fixture.get("keys", fixture["checkpoint_variables"])) == set(reader.get_variable_to_shape_map())


def test_many_keys_that_share_prefixes():
    reader = tf.train.load_checkpoint(ROOT / "ckpt_many" / "ckpt")
    names = [f"layer_{i:03d}/block/{k}" for i in range(150) for k in ("kernel", "bias")]
    assert sorted(reader.get_variable_to_dtype_map()) == sorted(names)
    for i, name in enumerate(names):
        np.testing.assert_array_equal(reader.get_tensor(name), np.arange(i % 5 + 1) + i)


def recorded_meta(path):
    meta = protos.MetaGraphDef.FromString((ROOT / path).read_bytes())
    saver_nodes = [n for n in meta.graph_def.node if n.name.startswith("save/")]
    kept = [n for n in meta.graph_def.node if not n.name.startswith("save/")]
    del meta.graph_def.node[:]
    meta.graph_def.node.extend(kept)
    meta.ClearField("saver_def")
    return meta, saver_nodes


@pytest.mark.parametrize(
    "path, sharded",
    [
        ("training_ref/ckpt-4.meta", False),
        ("training_resource/ckpt-4.meta", False),
        ("ckpt_partitioned/ckpt.meta", False),
        ("ckpt_sharded/ckpt-7.meta", True),
    ],
)
def test_saver_adds_the_nodes_that_tensorflow_adds(path, sharded):
    meta, expected = recorded_meta(path)
    with tf.Graph().as_default() as graph:
        import_scoped_meta_graph(meta)
        before = len(graph.as_graph_def().node)
        assert before == len(meta.graph_def.node)
        saver = tf.train.Saver(sharded=sharded)
        actual = list(graph.as_graph_def(add_shapes=True).node)[before:]
    assert [(n.name, n.op) for n in actual] == [(n.name, n.op) for n in expected]
    for ours, theirs in zip(actual, expected, strict=True):
        # TensorFlow 2 marks what stands before a control dependency; TensorFlow 1 did not.
        theirs.attr.pop("_has_manual_control_dependencies", None)
        assert ours == theirs, ours.name
    recorded = protos.MetaGraphDef.FromString((ROOT / path).read_bytes()).saver_def
    recorded.max_to_keep = saver.saver_def.max_to_keep
    assert saver.saver_def == recorded


def test_a_recorded_meta_graph_is_written_again(tmp_path):
    path = ROOT / "training_ref" / "ckpt-4.meta"
    theirs = protos.MetaGraphDef.FromString(path.read_bytes())
    with tf.Graph().as_default():
        saver = tf.train.import_meta_graph(str(path))
        ours = saver.export_meta_graph(str(tmp_path / "m.meta"))
    assert list(ours.graph_def.node) == list(theirs.graph_def.node)
    assert ours.saver_def == theirs.saver_def
    assert set(ours.collection_def) == set(theirs.collection_def)
    for key, collection in theirs.collection_def.items():
        assert ours.collection_def[key] == collection, key
    known = [op for op in theirs.meta_info_def.stripped_op_list.op if _native.op_def(op.name)]
    for our_op, their_op in zip(ours.meta_info_def.stripped_op_list.op, known, strict=True):
        for arg in (*their_op.input_arg, *their_op.output_arg):
            arg.ClearField("experimental_full_type")
        assert (our_op.name, our_op.input_arg, our_op.output_arg) == (their_op.name, their_op.input_arg, their_op.output_arg)
        assert [(a.name, a.type, a.default_value) for a in our_op.attr] == [(a.name, a.type, a.default_value) for a in their_op.attr]
    assert protos.MetaGraphDef.FromString((tmp_path / "m.meta").read_bytes()) == ours


@pytest.mark.parametrize("name", ["training_ref", "training_resource"])
def test_a_recorded_training_goes_on_from_its_checkpoint(name):
    fixture = fixture_files.manifest()[name]
    last = fixture["runs"][-1]
    with tf.Graph().as_default():
        saver = tf.train.import_meta_graph(str(ROOT / name / "ckpt-4.meta"))
        with tf.Session() as session:
            saver.restore(session, tf.train.latest_checkpoint(str(ROOT / name)) or str(ROOT / name / "ckpt-4"))
            values = session.run(list(last["fetches"]), {k: fixture_files.read_array(f) for k, f in last["feeds"].items()})
    for value, file in zip(values, last["fetches"].values(), strict=True):
        np.testing.assert_allclose(value, fixture_files.read_array(file), rtol=1e-5, atol=1e-6)


def variables(use_resource=False):
    with tf.variable_scope(tf.get_variable_scope(), use_resource=use_resource):
        a = tf.get_variable("a", initializer=tf.constant([[1.0, 2.0], [3.0, 4.0]]))
        b = tf.get_variable("s/b", initializer=tf.constant(5, tf.int64))
    return a, b


@pytest.mark.parametrize("use_resource", [False, True])
@pytest.mark.parametrize("sharded", [False, True])
def test_saved_values_come_back(tmp_path, use_resource, sharded):
    with tf.Graph().as_default():
        a, b = variables(use_resource)
        text = tf.Variable([b"x", b"\0y"], name="text", use_resource=use_resource)
        saver = tf.train.Saver(sharded=sharded)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            path = saver.save(session, str(tmp_path / "model"), global_step=3)
            assert path == str(tmp_path / "model-3") and tf.train.latest_checkpoint(tmp_path) == path
            session.run([a.assign([[0.0, 0.0], [0.0, 0.0]]), b.assign(0), text.assign([b"", b""])])
            saver.restore(session, path)
            assert session.run(a).tolist() == [[1, 2], [3, 4]] and session.run(b) == 5
            assert session.run(text).tolist() == [b"x", b"\0y"]
        assert tf.train.list_variables(path) == [("a", [2, 2]), ("s/b", []), ("text", [2])]
        assert tf.train.load_variable(str(tmp_path), "s/b:0") == 5
    assert sorted(os.listdir(tmp_path)) == ["checkpoint", "model-3.data-00000-of-00001", "model-3.index", "model-3.meta"]


def test_old_checkpoints_are_deleted_and_recovered(tmp_path):
    with tf.Graph().as_default():
        variables()
        saver = tf.train.Saver(max_to_keep=2, save_relative_paths=True)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            for step in range(4):
                saver.save(session, str(tmp_path / "m"), global_step=step, write_meta_graph=step != 2)
        assert [os.path.basename(p) for p in saver.last_checkpoints] == ["m-2", "m-3"]
        assert sorted(p for p in os.listdir(tmp_path) if p.endswith((".index", ".meta"))) == ["m-2.index", "m-3.index", "m-3.meta"]
        assert (
            tmp_path / "checkpoint"
        ).read_text() == 'model_checkpoint_path: "m-3"\nall_model_checkpoint_paths: "m-2"\nall_model_checkpoint_paths: "m-3"\n'
        state = tf.train.get_checkpoint_state(tmp_path)
        assert list(state.all_model_checkpoint_paths) == [str(tmp_path / "m-2"), str(tmp_path / "m-3")]
        other = tf.train.Saver(max_to_keep=2)
        other.recover_last_checkpoints(state.all_model_checkpoint_paths)
        assert other.last_checkpoints == saver.last_checkpoints
        moved = tmp_path.parent / (tmp_path.name + "_moved")
        shutil.copytree(tmp_path, moved)
        assert tf.train.latest_checkpoint(moved) == str(moved / "m-3")
        tf.train.remove_checkpoint(str(moved / "m-3"))
        assert tf.train.latest_checkpoint(moved) is None and not tf.train.checkpoint_exists(str(moved / "m-3"))
        shutil.rmtree(moved)


def test_every_nth_hour_a_checkpoint_stays(tmp_path):
    with tf.Graph().as_default():
        variables()
        saver = tf.train.Saver(max_to_keep=1, keep_checkpoint_every_n_hours=0.1 / 3600)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            saver.save(session, str(tmp_path / "m"), global_step=0)
            import time

            time.sleep(0.25)
            for step in range(1, 4):
                saver.save(session, str(tmp_path / "m"), global_step=step, write_meta_graph=False)
    assert {"m-1.index", "m-3.index"} <= set(os.listdir(tmp_path)) and "m-0.index" not in os.listdir(tmp_path)


def test_dict_of_names_and_reshape(tmp_path):
    path = str(tmp_path / "m")
    with tf.Graph().as_default():
        a, _ = variables()
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            tf.train.Saver({"other/name": a}).save(session, path, write_meta_graph=False)
    assert tf.train.list_variables(path) == [("other/name", [2, 2])]
    with tf.Graph().as_default():
        flat = tf.get_variable("flat", [4])
        with tf.Session() as session:
            tf.train.Saver({"other/name": flat}, reshape=True).restore(session, path)
            assert session.run(flat).tolist() == [1, 2, 3, 4]
            with pytest.raises(
                tf.errors.InvalidArgumentError, match="(?s)most likely due to a mismatch between the current graph.*Assign requires shapes"
            ):
                tf.train.Saver({"other/name": flat}).restore(session, path)
    with tf.Graph().as_default():
        wrong = tf.get_variable("wrong", [2, 2], tf.float64)
        with tf.Session() as session:
            message = "tensor_name = other/name; expected dtype double does not equal original dtype float"
            with pytest.raises(tf.errors.InvalidArgumentError, match=message):
                tf.train.Saver({"other/name": wrong}).restore(session, path)
            with pytest.raises(tf.errors.NotFoundError, match="Key wrong not found in checkpoint"):
                tf.train.Saver([wrong]).restore(session, path)


@pytest.mark.parametrize("use_resource", [False, True])
def test_partitioned_variables_change_their_parts(tmp_path, use_resource):
    path = str(tmp_path / "m")
    value = np.arange(40, dtype=np.float32).reshape(10, 4)

    def table(parts):
        partitioner = tf.fixed_size_partitioner(parts) if parts else None
        return tf.get_variable("emb", [10, 4], initializer=tf.zeros_initializer(), partitioner=partitioner, use_resource=use_resource)

    with tf.Graph().as_default(), tf.Session() as session:
        emb = table(3)
        session.run(emb.assign(value))
        tf.train.Saver().save(session, path)
    np.testing.assert_array_equal(tf.train.load_variable(path, "emb"), value)
    for parts in (None, 2, 3, 5):
        with tf.Graph().as_default(), tf.Session() as session:
            emb = table(parts)
            tf.train.Saver().restore(session, path)
            np.testing.assert_array_equal(session.run(tf.convert_to_tensor(emb)), value)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(path + ".meta").restore(session, path)
        parts = tf.global_variables()
        assert [v._get_save_slice_info().spec for v in parts] == ["10 4 0,4:0,4", "10 4 4,3:0,4", "10 4 7,3:0,4"]


def test_checkpoints_of_other_formats_are_restored():
    v1 = fixture_files.manifest()["ckpt_v1"]
    with tf.Graph().as_default(), tf.Session() as session:
        expected = {name: fixture_files.read_array(file) for name, file in v1["checkpoint_variables"].items()}
        mine = {name: tf.get_variable(name, value.shape, value.dtype) for name, value in expected.items()}
        tf.train.Saver().restore(session, prefix_of(v1))
        for name, value in session.run(mine).items():
            np.testing.assert_array_equal(value, expected[name])
    objects = fixture_files.manifest()["ckpt_object_based"]
    graph = protos.TrackableObjectGraph.FromString(tf.train.load_variable(prefix_of(objects), "_CHECKPOINTABLE_OBJECT_GRAPH"))
    names = {a.full_name: a.checkpoint_key for n in graph.nodes for a in n.attributes}
    reader = tf.train.load_checkpoint(prefix_of(objects))
    key = next(name for name, key in names.items() if key.startswith("model/w/"))
    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.get_variable(key, reader.get_variable_to_shape_map()[names[key]], reader.get_variable_to_dtype_map()[names[key]])
        tf.train.Saver().restore(session, prefix_of(objects))
        np.testing.assert_array_equal(session.run(w), reader.get_tensor(names[key]))


def test_what_is_wrong_is_said(tmp_path):
    with tf.Graph().as_default():
        with pytest.raises(ValueError, match="No variables to save"):
            tf.train.Saver()
        assert tf.train.Saver(allow_empty=True).as_saver_def() is None
        a, b = variables()
        with pytest.raises(RuntimeError, match="Unexpected write_version: 3"):
            tf.train.Saver(write_version=3)
        with pytest.raises(ValueError, match="restored with two names"):
            tf.train.Saver({"x": a, "y": a})
        with pytest.raises(ValueError, match="same name: a"):
            tf.train.Saver([a, a])
        with pytest.raises(TypeError, match="Not a variable"):
            tf.train.Saver({"x": tf.constant(1)})
        deferred = tf.train.Saver(defer_build=True)
        saver = tf.train.Saver()
        with tf.Session() as session:
            with pytest.raises(RuntimeError, match="should be called before save"):
                deferred.save(session, str(tmp_path / "m"))
            with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value a"):
                saver.save(session, str(tmp_path / "m"))
            assert os.listdir(tmp_path) == []
            session.run(tf.global_variables_initializer())
            with pytest.raises(ValueError, match="Parent directory of .* doesn't exist, can't save"):
                saver.save(session, str(tmp_path / "no" / "such" / "m"))
            with pytest.raises(ValueError, match="is not a valid checkpoint"):
                saver.restore(session, str(tmp_path / "m"))
            with pytest.raises(ValueError, match="when it is None"):
                saver.restore(session, None)
            with pytest.raises(ValueError, match="collides with"):
                saver.save(session, str(tmp_path / "checkpoint"))
            with pytest.raises(TypeError, match="must be a Session"):
                saver.save(None, str(tmp_path / "m"))
    with pytest.raises(tf.errors.NotFoundError, match="Failed to find any matching files for"):
        tf.train.NewCheckpointReader(str(tmp_path / "m"))
    (tmp_path / "junk.index").write_bytes(b"x" * 100)
    with pytest.raises(tf.errors.DataLossError, match="not an sstable"):
        tf.train.NewCheckpointReader(str(tmp_path / "junk"))
    with pytest.raises(tf.errors.NotFoundError, match="Key nope not found in checkpoint"):
        tf.train.load_variable(prefix_of(fixture_files.manifest()["ckpt_many"]), "nope")


def test_the_state_file_is_read_as_tensorflow_reads_it(tmp_path):
    state = tmp_path / "checkpoint"
    assert tf.train.get_checkpoint_state(tmp_path) is None and tf.train.latest_checkpoint(tmp_path) is None
    state.write_text("")
    with pytest.raises(ValueError, match="Invalid checkpoint state"):
        tf.train.get_checkpoint_state(tmp_path)
    state.write_text('what: "m"')
    assert tf.train.get_checkpoint_state(tmp_path) is None
    state.write_text('model_checkpoint_path: "m"')
    assert tf.train.latest_checkpoint(tmp_path) is None
    (tmp_path / "m.index").touch()
    assert tf.train.latest_checkpoint(tmp_path) == str(tmp_path / "m")
    tf.train.update_checkpoint_state(tmp_path, str(tmp_path / "n"), [str(tmp_path / "m")], all_model_checkpoint_timestamps=[1.0, 2.0])
    read = tf.train.get_checkpoint_state(tmp_path)
    assert [os.path.basename(p) for p in read.all_model_checkpoint_paths] == ["m", "n"] and list(read.all_model_checkpoint_timestamps) == [1.0, 2.0]
    assert len(tf.train.get_checkpoint_mtimes([str(tmp_path / "m"), str(tmp_path / "n")])) == 1


@pytest.mark.parametrize("use_resource", [False, True])
def test_variables_begin_with_values_of_a_checkpoint(tmp_path, use_resource):
    path = str(tmp_path / "m")
    with tf.Graph().as_default(), tf.Session() as session:
        variables()
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, path)
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.variable_scope("new", use_resource=use_resource):
            b = tf.get_variable("b", [], tf.int64)
            parts = tf.get_variable("a", [2, 2], partitioner=tf.fixed_size_partitioner(2))
        tf.train.init_from_checkpoint(str(tmp_path), {"s/b": b, "a": "new/a"})
        session.run(tf.global_variables_initializer())
        assert session.run(b) == 5 and session.run(tf.convert_to_tensor(parts)).tolist() == [[1, 2], [3, 4]]
        with pytest.raises(ValueError, match="Tensor no is not found"):
            tf.train.init_from_checkpoint(path, {"no": b})
        with pytest.raises(ValueError, match="doesn't match with shape of tensor a"):
            tf.train.init_from_checkpoint(path, {"a": b})
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.variable_scope("t", use_resource=use_resource):
            c = tf.get_variable("b", [], tf.int64)
        tf.train.init_from_checkpoint(path, {"s/": "t/"})
        session.run(tf.global_variables_initializer())
        assert session.run(c) == 5


def test_parts_of_graphs_are_exported_and_imported_below_a_scope():
    with tf.Graph().as_default():
        with tf.name_scope("inner"):
            x = tf.placeholder(tf.float32, [None, 2], name="x")
            w = tf.Variable([[1.0], [2.0]], name="w")
            y = tf.matmul(x, w, name="y")
        tf.add_to_collection("outputs", y)
        tf.add_to_collection("numbers", 7)
        tf.add_to_collection("texts", "a")
        whole = tf.train.export_meta_graph(clear_devices=True)
        part = tf.train.export_meta_graph(export_scope="inner")
    assert {n.name for n in part.graph_def.node} >= {"x", "w", "y"} and list(part.collection_def["outputs"].node_list.value) == ["y:0"]
    with tf.Graph().as_default(), tf.Session() as session:
        saver = tf.train.import_meta_graph(part, import_scope="again")
        assert [v.name for v in tf.global_variables()] == ["again/w:0"] and isinstance(saver, tf.train.Saver)
        session.run(tf.global_variables_initializer())
        assert session.run(tf.get_collection("outputs")[0], {"again/x:0": [[1.0, 1.0]]}).tolist() == [[3.0]]
    with tf.Graph().as_default():
        tf.train.import_meta_graph(whole)
        assert tf.get_collection("numbers") == [7] and tf.get_collection("texts") == [b"a"]
        assert tf.trainable_variables() == tf.global_variables()
    with pytest.raises(OSError, match="does not exist"):
        tf.train.import_meta_graph("no_such_file.meta")


def test_new_checkpoints_are_yielded(tmp_path):
    state = {"n": 0}

    def no_more():
        state["n"] += 1
        return state["n"] > 1

    with tf.Graph().as_default(), tf.Session() as session:
        variables()
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(session, str(tmp_path / "m"))
    assert list(tf.train.checkpoints_iterator(tmp_path, timeout=0, timeout_fn=no_more)) == [path]


def test_contrib_framework_assigns_from_checkpoints_and_arrays(tmp_path):
    framework = tf.contrib.framework
    path = str(tmp_path / "m")
    with tf.Graph().as_default(), tf.Session() as session:
        variables()
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, path)
    with tf.Graph().as_default(), tf.Session() as session:
        a, b = variables()
        c = tf.get_variable("c", initializer=tf.constant(1.0))
        session.run([v.assign(tf.zeros_like(v)) for v in (a, b, c)])
        session.run(*framework.assign_from_checkpoint(path, [a]))
        assert session.run(a).tolist() == [[1, 2], [3, 4]] and session.run(b) == 0
        with pytest.raises(ValueError, match=r"Checkpoint is missing variable \[c\]"):
            framework.assign_from_checkpoint(path, [c])
        framework.assign_from_checkpoint_fn(path, [b, c], ignore_missing_vars=True)(session)
        assert session.run(b) == 5 and session.run(c) == 0
        framework.assign_from_values_fn({"c": 7.0})(session)
        assert session.run(c) == 7
    assert framework.list_variables(path) == tf.train.list_variables(path)
    assert framework.load_variable(path, "s/b") == 5


def test_recorded_loop_contexts_survive():
    theirs = protos.MetaGraphDef.FromString((ROOT / "while_v1.meta").read_bytes())
    with tf.Graph().as_default():
        tf.train.import_meta_graph(str(ROOT / "while_v1.meta"))
        ours = tf.train.export_meta_graph()
    assert ours.collection_def == theirs.collection_def and list(ours.graph_def.node) == list(theirs.graph_def.node)


def test_frozen_lookups_give_the_same_rows():
    with tf.Graph().as_default() as graph, tf.Session() as session:
        table = tf.get_variable("t", initializer=tf.constant([[1.0], [2.0], [3.0]]), use_resource=True)
        tf.identity(tf.gather(table, [2, 0]), name="rows")
        session.run(tf.global_variables_initializer())
        frozen = tf.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), ["rows"])
    assert not any("Variable" in n.op or "Resource" in n.op for n in frozen.node)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(frozen, name="")
        assert session.run("rows:0").tolist() == [[3], [1]]


def test_nodes_that_need_the_cpu():
    with tf.Graph().as_default():
        v = tf.Variable(1.0)
        assert tf.graph_util.must_run_on_cpu(tf.constant("a").op) and tf.graph_util.must_run_on_cpu(tf.constant(1).op.node_def)
        assert not tf.graph_util.must_run_on_cpu(tf.constant(1.0).op) and not tf.graph_util.must_run_on_cpu(v.op)
        assert tf.graph_util.must_run_on_cpu(v.op, pin_variables_on_cpu=True)
        assert tf.graph_util.must_run_on_cpu(tf.cast(tf.placeholder(tf.int32), tf.float32).op)


def error_of(make):
    with tf.Graph().as_default(), tf.Session() as session, pytest.raises((tf.errors.OpError, ValueError)) as caught:
        session.run(make())
    return str(caught.value)


def test_raw_ops_read_parts_and_old_formats_with_tensorflows_messages(tmp_path):
    bundle, old = str(ROOT / "ckpt_partitioned" / "ckpt"), str(ROOT / "ckpt_v1" / "model.ckpt")
    table = tf.train.load_variable(bundle, "emb")
    ops = tf.raw_ops

    def restore(name, spec, dtype=tf.float32, prefix=bundle):
        return ops.RestoreV2(prefix=prefix, tensor_names=[name], shape_and_slices=[spec], dtypes=[dtype])

    with tf.Graph().as_default(), tf.Session() as session:
        np.testing.assert_array_equal(session.run(restore("emb", "10 4 3,3:1,2"))[0], table[3:6, 1:3])
        np.testing.assert_array_equal(session.run(restore("emb", "10 4 2,7:-"))[0], table[2:9])
        a = tf.train.load_variable(old, "a")
        np.testing.assert_array_equal(session.run(ops.Restore(file_pattern=old, tensor_name="a", dt=a.dtype)), a)
        np.testing.assert_array_equal(session.run(ops.Restore(file_pattern=old[:-2] + "*", tensor_name="a", dt=a.dtype)), a)
        np.testing.assert_array_equal(
            session.run(ops.RestoreSlice(file_pattern=old, tensor_name="a", shape_and_slice="2 3 1,1:-", dt=a.dtype)), a[1:]
        )
        assert session.run(ops.ShardedFilename(basename="b", shard=3, num_shards=7)) == b"b-00003-of-00007"
        assert session.run(ops.ShardedFilespec(basename="b", num_shards=7)) == b"b-?????-of-00007"
    # The texts are TensorFlow 2.21's.
    for make, text in (
        (lambda: restore("emb", "9 4 3,3:1,2"), "shape in shape_and_slice spec [9,4] does not match the shape stored in checkpoint: [10,4]"),
        (lambda: restore("emb", "10 4 8,3:1,2"), "Extent in dimension 0 out of bounds: shape = [10,4], slice = 8,3:1,2"),
        (lambda: restore("emb", "foo"), "Need least two elements in shape_and_slice specification: foo"),
        (lambda: restore("no", ""), "Key no not found in checkpoint"),
        (lambda: restore("no", "", prefix="/no/such"), "Failed to find any matching files for /no/such"),
        (lambda: ops.Restore(file_pattern=old, tensor_name="no", dt=tf.float32), f'Tensor name "no" not found in checkpoint files {old}'),
        (lambda: ops.Restore(file_pattern=old, tensor_name="b", dt=tf.float32), "Expected to restore a tensor of type float, got a tensor of type"),
        (
            lambda: ops.SaveV2(prefix=str(tmp_path / "x"), tensor_names=["a"], shape_and_slices=["4 0,2"], tensors=[tf.constant([1, 2, 3])]),
            "Slice in shape_and_slice specification does not match the shape of the tensor to  save: 4 0,2, tensor: [3]",
        ),
        (
            lambda: ops.SaveV2(
                prefix=str(tmp_path / "x"), tensor_names=["a", "a"], shape_and_slices=["", ""], tensors=[tf.constant(1), tf.constant(2)]
            ),
            "Adding duplicate key: a",
        ),
        (
            lambda: ops.MergeV2Checkpoints(checkpoint_prefixes=["/no1"], destination_prefix=str(tmp_path / "x")),
            "allow_missing_files was set to false and /no1 did not exist.",
        ),
        (lambda: ops.Save(filename=str(tmp_path / "x"), tensor_names=["a", "b"], data=[tf.constant(1)]), "Got 2 tensor names but 1 tensors"),
        (
            lambda: ops.SaveSlices(filename=str(tmp_path / "x"), tensor_names=["a"], shapes_and_slices=["4 0,2"], data=[tf.constant([1, 2, 3])]),
            "Slice in shape_and_slice specification does not match the shape of the tensor to  save: 4 0,2, tensor: [3]",
        ),
        (lambda: ops.Save(filename="/no/such/folder/x", tensor_names=["a"], data=[tf.constant(1)]), "/no/such/folder; No such file or directory"),
        (lambda: tf.read_file(str(tmp_path)), "Is a directory"),
    ):
        assert text in error_of(make)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("sharded", [False, True])
def test_format_v1_is_written_and_read(tmp_path, sharded):
    values = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b": np.array([b"x", b"", b"\0y"], object),
        "c": np.float64(-0.0),
        "d": np.zeros((0, 3), np.int64),
        "e": np.array([True, False]),
        "f": np.array([1.5, -2], np.float16),
        "g": np.array([1 + 2j], np.complex64),
        "h": np.array([-128, 127], np.int8),
    }
    with tf.Graph().as_default(), tf.Session() as session:
        for i, (name, value) in enumerate(values.items()):
            with tf.device(f"/device:CPU:{i % 2}"):
                tf.Variable(value, name=name)
        table = np.random.RandomState(0).uniform(size=(10, 4)).astype(np.float32)
        parts = tf.get_variable("emb", [10, 4], partitioner=tf.fixed_size_partitioner(3))
        session.run(tf.global_variables_initializer())
        session.run(parts.assign(table))
        saver = tf.train.Saver(write_version=tf.train.SaverDef.V1, sharded=sharded, max_to_keep=1)
        assert saver.as_saver_def().version == tf.train.SaverDef.V1
        gone = saver.save(session, str(tmp_path / "m"), global_step=1)
        path = saver.save(session, str(tmp_path / "m"), global_step=2)
        assert path == str(tmp_path / "m-2") + ("-?????-of-00003" if sharded else "")
        files = {"checkpoint", "m-2.meta"} | ({f"m-2-0000{i}-of-00003" for i in range(3)} if sharded else {"m-2"})
        assert set(os.listdir(tmp_path)) == files and not tf.train.checkpoint_exists(gone)
        session.run(tf.variables_initializer([v for v in tf.global_variables() if v.op.name.startswith("emb")]))
        saver.restore(session, tf.train.latest_checkpoint(tmp_path))
        np.testing.assert_array_equal(session.run(tf.convert_to_tensor(parts)), table)
    reader = tf.train.load_checkpoint(path)
    for name, value in (values | {"emb": table}).items():
        read = reader.get_tensor(name)
        assert read.shape == np.shape(value) and (read.tolist() == np.asarray(value).tolist()), name
    assert os.listdir(tmp_path)
