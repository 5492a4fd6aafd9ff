"""SavedModels of TensorFlow 1 and 2 run with their recorded values; those written here have TensorFlow's form."""

import os

import fixture_files
import graphpb as tf
import numpy as np
import pytest
from graphpb import protos
from graphpb.saved_model import signature_constants, tag_constants

MODELS = [f for f in fixture_files.manifest().values() if f["kind"] == "saved_model"]
RUNS = [(model["name"], run) for model in MODELS for run in model["runs"]]


@pytest.mark.parametrize("name, run", RUNS, ids=[f"{name}-{run['signature']}" for name, run in RUNS])
@pytest.mark.parametrize("scope", [None, "inner"])
def test_recorded_saved_models_run(name, run, scope):
    with tf.Session(graph=tf.Graph()) as session:
        meta = tf.saved_model.loader.load(session, fixture_files.manifest()[name]["tags"], str(fixture_files.ROOT / name), import_scope=scope)
        signature = meta.signature_def[run["signature"]]
        prefix = f"{scope}/" if scope else ""
        assert {info.name for info in signature.inputs.values()} == set(run["feeds"])
        needed = {n for fetch in run["fetches"] for n in fixture_files.ops_needed(meta.graph_def, fetch)}
        absent = {op for op in needed if not tf.raw_ops.__dict__.get(op) and not has_kernel(op, meta)}
        if absent:
            pytest.skip(f"not here yet: {sorted(absent)}")
        feeds = {prefix + key: fixture_files.read_array(file) for key, file in run["feeds"].items()}
        for key, file in run["fetches"].items():
            value, expected = session.run(prefix + key, feeds), fixture_files.read_array(file)
            if expected.dtype == object:
                assert value.tolist() == expected.tolist()
            else:
                np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)


def has_kernel(op, meta):
    from graphpb import _native

    return _native.has_kernel(op) or op in {f.signature.name for f in meta.graph_def.library.function}


def build(path, **options):
    """y = x w + b with an asset whose content is looked up by the main op."""
    vocabulary = path.parent / "words.txt"
    vocabulary.write_text("words")
    with tf.Session(graph=tf.Graph()) as session:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        w = tf.get_variable("w", initializer=tf.constant([[1.0], [2.0]]))
        b = tf.get_variable("b", [1], initializer=tf.ones_initializer(), use_resource=True)
        y = tf.add(tf.matmul(x, w), b, name="y")
        file = tf.constant(str(vocabulary), name="file")
        content = tf.get_variable("content", initializer=tf.constant("unread"), collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=False)
        main_op = content.assign(tf.read_file(file)).op
        session.run(tf.global_variables_initializer())
        builder = tf.saved_model.builder.SavedModelBuilder(str(path))
        signature = tf.saved_model.signature_def_utils.predict_signature_def({"x": x}, {"y": y})
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature}, [file], main_op=main_op, **options)
        builder.add_meta_graph(["train", "gpu"])
        return builder


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("strip", [False, True])
def test_what_is_written_is_loaded(tmp_path, as_text, strip):
    path = tmp_path / "model"
    written = build(path, strip_default_attrs=strip).save(as_text).decode()
    assert written == str(path / ("saved_model.pbtxt" if as_text else "saved_model.pb")) and tf.saved_model.maybe_saved_model_directory(path)
    files = sorted(os.path.relpath(os.path.join(d, f), path) for d, _, names in os.walk(path) for f in names)
    assert files == sorted(
        ["assets/words.txt", os.path.basename(written), "variables/variables.data-00000-of-00001", "variables/variables.index"]
    ) or files == sorted(
        [
            "assets/words.txt",
            os.path.basename(written),
            "variables/variables.data-00000-of-00002",
            "variables/variables.data-00001-of-00002",
            "variables/variables.index",
        ]
    )
    with tf.Session(graph=tf.Graph()) as session:
        meta = tf.saved_model.load(session, {"serve"}, path)
        x, y = meta.signature_def["serving_default"].inputs["x"], meta.signature_def["serving_default"].outputs["y"]
        assert (x.name, x.dtype, [d.size for d in x.tensor_shape.dim], y.name) == ("x:0", protos.DT_FLOAT, [-1, 2], "y:0")
        assert meta.signature_def["serving_default"].method_name == "tensorflow/serving/predict"
        assert session.run(y.name, {x.name: [[1, 1]]}).tolist() == [[4.0]]
        assert session.run("content:0") == b"words"
        with pytest.raises(RuntimeError, match="could not be found in SavedModel, with available tags"):
            tf.saved_model.loader.load(session, ["train"], path)
    with tf.Session(graph=tf.Graph()) as session:
        tf.saved_model.loader.load(session, ["gpu", "train"], str(path))
        assert session.run("y:0", {"x:0": [[0, 1]]}).tolist() == [[3.0]]


def test_the_file_has_the_fields_that_tensorflow_writes(tmp_path):
    build(tmp_path / "model", strip_default_attrs=True).save()
    ours = protos.SavedModel.FromString((tmp_path / "model" / "saved_model.pb").read_bytes())
    theirs = protos.SavedModel.FromString((fixture_files.ROOT / "saved_model_tf1" / "saved_model.pb").read_bytes())
    assert ours.saved_model_schema_version == theirs.saved_model_schema_version == 1
    mine, recorded = ours.meta_graphs[0], theirs.meta_graphs[0]
    assert {f.name for f, _ in recorded.ListFields()} <= {f.name for f, _ in mine.ListFields()}
    assert mine.meta_info_def.stripped_default_attrs
    assert mine.saver_def.sharded and mine.saver_def.restore_op_name.startswith("save") and mine.saver_def.version == protos.SaverDef.V2
    key = "saved_model_assets"
    (mine_asset,), (their_asset,) = mine.collection_def[key].any_list.value, recorded.collection_def[key].any_list.value
    assert mine_asset.type_url == their_asset.type_url
    assert protos.AssetFileDef.FromString(mine_asset.value).filename == "words.txt"
    their_nodes = [n.op for n in recorded.graph_def.node if n.name.startswith("save/")]
    our_nodes = [n.op for n in mine.graph_def.node if n.name.startswith("save/")]
    assert our_nodes == their_nodes


def test_simple_save_and_shared_asset_names(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "v").write_text("1")
    (tmp_path / "b" / "v").write_text("2")
    with tf.Session(graph=tf.Graph()) as session:
        x = tf.placeholder(tf.float32, name="x")
        v = tf.Variable(3.0, name="v")
        for folder in "ab":
            tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, tf.constant(str(tmp_path / folder / "v"), name=folder))
        session.run(v.initializer)
        tf.saved_model.simple_save(session, str(tmp_path / "m"), {"x": x}, {"y": x * v})
    assert {p.name: p.read_text() for p in (tmp_path / "m" / "assets").iterdir()} == {"v": "1", "v_1": "2"}
    with tf.Session(graph=tf.Graph()) as session:
        meta = tf.saved_model.load(session, [tag_constants.SERVING], str(tmp_path / "m"))
        signature = meta.signature_def[signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY]
        assert session.run(signature.outputs["y"].name, {signature.inputs["x"].name: 2.0}) == 6.0


def test_signatures():
    utils = tf.saved_model.signature_def_utils
    with tf.Graph().as_default():
        text, score, classes = tf.placeholder(tf.string), tf.placeholder(tf.float32, [2]), tf.placeholder(tf.string)
        sparse = tf.sparse_placeholder(tf.float32, name="s")
        assert utils.is_valid_signature(utils.regression_signature_def(text, score))
        assert utils.is_valid_signature(utils.classification_signature_def(text, classes, score))
        assert utils.is_valid_signature(utils.classification_signature_def(text, None, score))
        assert utils.is_valid_signature(utils.predict_signature_def({"a": score}, {"b": score}))
        assert not utils.is_valid_signature(utils.build_signature_def({}, {}, "x"))
        for wrong in (lambda: utils.regression_signature_def(score, score), lambda: utils.regression_signature_def(text, text)):
            with pytest.raises(ValueError, match="must be of type"):
                wrong()
        for wrong in (lambda: utils.predict_signature_def({}, {"b": score}), lambda: utils.classification_signature_def(text, None, None)):
            with pytest.raises(ValueError, match="cannot"):
                wrong()
        info = tf.saved_model.utils.build_tensor_info(sparse)
        assert info.coo_sparse.values_tensor_name == sparse.values.name
        assert tf.saved_model.utils.get_tensor_from_tensor_info(info).indices is sparse.indices
        assert tf.saved_model.utils.get_tensor_from_tensor_info(tf.saved_model.utils.build_tensor_info(score)) is score


def test_wrong_use_is_said(tmp_path):
    with pytest.raises(OSError, match="SavedModel file does not exist at"):
        tf.saved_model.load(tf.Session(graph=tf.Graph()), ["serve"], str(tmp_path))
    build(tmp_path / "model").save()
    with pytest.raises(AssertionError, match="already exists, and isn't empty"):
        tf.saved_model.builder.SavedModelBuilder(str(tmp_path / "model"))
    builder = tf.saved_model.Builder(str(tmp_path / "new"))
    with tf.Session(graph=tf.Graph()) as session:
        with pytest.raises(AssertionError, match="has not been saved yet"):
            builder.add_meta_graph(["x"])
        signature = tf.saved_model.build_signature_def({"a": protos.TensorInfo(name="a:0")})
        with pytest.raises(AssertionError, match="dtype field set"):
            builder.add_meta_graph_and_variables(session, ["x"], {"s": signature})
        with pytest.raises(KeyError, match="reserved for initialization"):
            builder.add_meta_graph_and_variables(session, ["x"], {"__saved_model_init_op": tf.saved_model.build_signature_def()})
        with pytest.raises(TypeError, match="to be an Operation"):
            builder.add_meta_graph_and_variables(session, ["x"], main_op=tf.constant(1))


def changed(path, change):
    file = path / "saved_model.pb"
    model = protos.SavedModel.FromString(file.read_bytes())
    change(model.meta_graphs[0])
    file.write_bytes(model.SerializeToString())
    with tf.Session(graph=tf.Graph()) as session:
        tf.saved_model.load(session, ["serve"], str(path))


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../secret", "..", "link", "a\0b", ""])
def test_assets_cannot_leave_their_folder(tmp_path, name):
    build(tmp_path / "model").save()
    (tmp_path / "secret").write_text("secret")
    os.symlink(tmp_path / "secret", tmp_path / "model" / "assets" / "link")

    def rename(meta):
        asset = protos.AssetFileDef.FromString(meta.collection_def["saved_model_assets"].any_list.value[0].value)
        asset.filename = name
        meta.collection_def["saved_model_assets"].any_list.value[0].value = asset.SerializeToString()

    with pytest.raises(ValueError, match="lies outside of the SavedModel's folder"):
        changed(tmp_path / "model", rename)


@pytest.mark.parametrize("inside_function", [False, True])
def test_loading_writes_nothing(tmp_path, inside_function):
    build(tmp_path / "model").save()
    target = tmp_path / "written"

    def attack(meta):
        nodes = meta.graph_def.node
        for name in ("evil_name", "evil_text"):
            node = nodes.add(name=name, op="Const")
            node.attr["dtype"].type = protos.DT_STRING
            node.attr["value"].tensor.dtype = protos.DT_STRING
            node.attr["value"].tensor.string_val.append(str(target).encode())
        if inside_function:
            function = meta.graph_def.library.function.add()
            function.signature.name = "evil_function"
            for arg in ("a", "b"):
                function.signature.input_arg.add(name=arg, type=protos.DT_STRING)
            function.node_def.add(name="w", op="WriteFile", input=["a", "b"])
            function.control_ret["w"] = "w"
            node = nodes.add(name="evil", op="StatefulPartitionedCall", input=["evil_name", "evil_text"])
            node.attr["Tin"].list.type.extend([protos.DT_STRING, protos.DT_STRING])
            node.attr["Tout"].list.SetInParent()
            node.attr["f"].func.name = "evil_function"
        else:
            nodes.add(name="evil", op="WriteFile", input=["evil_name", "evil_text"])
        main = meta.collection_def["saved_model_main_op"].node_list.value[0]
        next(n for n in nodes if n.name == main).input.append("^evil")

    with pytest.raises(ValueError, match="which writes files or calls Python; it is not run"):
        changed(tmp_path / "model", attack)
    assert not target.exists()


def test_damaged_files_are_errors(tmp_path):
    build(tmp_path / "model").save()
    file = tmp_path / "model" / "saved_model.pb"
    whole = file.read_bytes()
    for end in range(0, len(whole), 997):
        file.write_bytes(whole[:end])
        with tf.Session(graph=tf.Graph()) as session, pytest.raises((OSError, RuntimeError, ValueError, KeyError, tf.errors.OpError)):
            tf.saved_model.load(session, ["serve"], str(tmp_path / "model"))
