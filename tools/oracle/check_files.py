"""Let TensorFlow read checkpoints, MetaGraphs and SavedModels that graphpb wrote, and compare bit for bit.

    python tools/oracle/check_files.py write FOLDER   (with graphpb)
    tfpy   tools/oracle/check_files.py read FOLDER    (with TensorFlow)

The first run writes files and the values that they hold; the second reads them and prints what it compared.
"""

import json
import pathlib
import sys

import numpy as np


def write(folder):
    import graphpb as tf

    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.RandomState(0)
    dtypes = ["float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "complex64", "complex128"]
    arrays = {d: (rng.randn(3, 5) * 50).astype(d) for d in dtypes}
    arrays["bool"] = rng.rand(7) > 0.5
    arrays["empty"] = np.zeros((0, 4), np.float32)
    arrays["scalar"] = np.float32(1.5)
    arrays["strings"] = np.array([b"", b"a\0b", b"x" * 300], object)
    arrays["deep/name with blank"] = rng.randn(1000).astype(np.float32)
    expected = {}
    for sharded in (False, True):
        with tf.Graph().as_default(), tf.Session() as session:
            for name, value in arrays.items():
                with tf.device("/cpu:0" if sharded and "int" in name else ""):
                    tf.Variable(value, name="v/" + name.replace(" ", "_"))
            emb = tf.get_variable("emb", [10, 4], partitioner=tf.fixed_size_partitioner(3), use_resource=sharded)
            table = rng.randn(10, 4).astype(np.float32)
            session.run([tf.global_variables_initializer(), emb.assign(table)])
            session.run(emb.assign(table))
            prefix = tf.train.Saver(sharded=sharded).save(session, str(folder / f"ckpt_{sharded}"), global_step=1)
        expected[prefix] = {"v/" + n.replace(" ", "_"): v for n, v in arrays.items()} | {"emb": table}
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        w = tf.get_variable("w", initializer=tf.constant([[1.0], [2.0]]))
        b = tf.get_variable("b", [1], initializer=tf.ones_initializer(), use_resource=True)
        y = tf.add(tf.matmul(x, w), b, name="y")
        loss = tf.reduce_mean(tf.square(y))
        train = tf.train.AdamOptimizer(0.1).minimize(loss, name="train")
        tf.add_to_collection("train_op", train)
        session.run(tf.global_variables_initializer())
        session.run(train, {x: [[1, 2]]})
        meta = tf.train.Saver().save(session, str(folder / "training"))
        result = session.run(y, {x: [[1, 2], [3, 4]]})
        session.run(train, {x: [[1, 2]]})
        after = session.run(y, {x: [[1, 2], [3, 4]]})
    vocabulary = folder / "words.txt"
    vocabulary.write_text("words")
    for strip in (False, True):
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.placeholder(tf.float32, [None, 2], name="x")
            w = tf.get_variable("w", initializer=tf.constant([[1.0], [2.0]]))
            b = tf.get_variable("b", [1], initializer=tf.ones_initializer(), use_resource=True)
            y = tf.add(tf.matmul(x, w), b, name="y")
            file = tf.constant(str(vocabulary), name="file")
            content = tf.get_variable("content", initializer=tf.constant("unread"), collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=False)
            main_op = content.assign(tf.read_file(file)).op
            session.run(tf.global_variables_initializer())
            builder = tf.saved_model.builder.SavedModelBuilder(str(folder / f"model_{strip}"))
            signature = tf.saved_model.signature_def_utils.predict_signature_def({"x": x}, {"y": y})
            builder.add_meta_graph_and_variables(
                session, ["serve"], {"serving_default": signature}, [file], main_op=main_op, strip_default_attrs=strip
            )
            builder.save()
    np.save(folder / "expected.npy", np.array([expected, meta, result, after], object), allow_pickle=True)


def same(a, b):
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype == object or b.dtype == object:
        return a.tolist() == b.tolist()
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def read(folder):
    import tensorflow as tf2
    import tensorflow.compat.v1 as tf

    tf.disable_v2_behavior()
    expected, meta, result, after = np.load(folder / "expected.npy", allow_pickle=True)
    checks = {}
    for prefix, arrays in expected.items():
        reader = tf.train.load_checkpoint(prefix)
        wrong = [n for n, v in arrays.items() if not same(reader.get_tensor(n), v)]
        checks[f"{pathlib.Path(prefix).name}: {len(arrays)} tensors by reader, wrong"] = wrong
        checks[f"{pathlib.Path(prefix).name}: latest_checkpoint"] = tf.train.latest_checkpoint(str(folder)) is not None
        with tf.Graph().as_default(), tf.Session() as session:
            tf.train.import_meta_graph(prefix + ".meta").restore(session, prefix)
            values = {v.op.name: v for v in tf.global_variables() if not v.op.name.startswith("emb")}
            got = session.run(values)
            checks[f"{pathlib.Path(prefix).name}: import_meta_graph and restore, wrong"] = [n for n in got if not same(got[n], arrays[n])]
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(meta + ".meta").restore(session, meta)
        feed = {"x:0": [[1, 2], [3, 4]]}
        checks["training: restored outputs equal"] = same(session.run("y:0", feed), result)
        session.run(tf.get_collection("train_op")[0], {"x:0": [[1, 2]]})
        checks["training: one more step, largest difference"] = float(np.abs(session.run("y:0", feed) - after).max())
    for strip in (False, True):
        path = str(folder / f"model_{strip}")
        with tf.Graph().as_default(), tf.Session() as session:
            model = tf.saved_model.loader.load(session, ["serve"], path)
            checks[f"SavedModel strip={strip}: v1 loader"] = session.run("y:0", {"x:0": [[1, 1]]}).tolist() == [[4.0]]
            checks[f"SavedModel strip={strip}: asset read by main op"] = session.run("content:0") == b"words"
            checks[f"SavedModel strip={strip}: signature"] = model.signature_def["serving_default"].outputs["y"].name
        with tf2.Graph().as_default(), tf.Session() as session:
            loaded = tf2.saved_model.load(path, tags=["serve"])
            checks[f"SavedModel strip={strip}: TF2 loader signatures"] = list(loaded.signatures)
    print(json.dumps(checks, indent=1, default=str))


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](pathlib.Path(sys.argv[2]).resolve())
