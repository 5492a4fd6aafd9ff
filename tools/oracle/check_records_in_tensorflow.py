"""Check that TensorFlow reads the event files, record files, images and checkpoints that graphpb writes.

python tools/oracle/check_records_in_tensorflow.py write FOLDER      with graphpb's Python (GRAPHPB_BINARY: the command)
python tools/oracle/check_records_in_tensorflow.py read FOLDER       with TensorFlow's Python
"""

import glob
import json
import os
import pathlib
import subprocess
import sys

import numpy as np

RECORDS = [b"", b"one", bytes(range(256)) * 500]
LINE = (np.linspace(-1, 1, 32).reshape(32, 1).astype(np.float32), (3 * np.linspace(-1, 1, 32) - 2).reshape(32, 1).astype(np.float32))
JPEGS = [("p", {}), ("progressive", dict(progressive=True)), ("full", dict(chroma_downsampling=False))]


def picture():
    y, x = np.mgrid[:24, :31]
    return np.stack([x * 8, y * 10, 255 - x * 3], -1).astype(np.uint8)


def line_graph(tf):
    """A graph that fits a line; returns the variables."""
    x, y = tf.placeholder(tf.float32, [None, 1], name="x"), tf.placeholder(tf.float32, [None, 1], name="y")
    w = tf.get_variable("w", initializer=[[0.0]], use_resource=False)
    b = tf.get_variable("b", initializer=[0.0], use_resource=False)
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y), name="loss")
    tf.train.GradientDescentOptimizer(0.1).minimize(loss, name="train")
    tf.global_variables_initializer()
    return w, b


def write(folder):
    import graphpb as tf

    for kind in ("", "GZIP", "ZLIB"):
        with tf.python_io.TFRecordWriter(str(folder / f"records{kind}"), tf.python_io.TFRecordOptions(kind)) as writer:
            for record in RECORDS:
                writer.write(record)
    feature = {
        "i": tf.train.Feature(int64_list=tf.train.Int64List(value=[1, -2])),
        "f": tf.train.Feature(float_list=tf.train.FloatList(value=[0.5])),
        "b": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"x", b"\xff"])),
    }
    with tf.python_io.TFRecordWriter(str(folder / "examples")) as writer:
        writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
    with tf.Graph().as_default() as graph, tf.Session() as session:
        made = [
            tf.summary.scalar("loss", 0.25),
            tf.summary.histogram("h", np.arange(20.0)),
            tf.summary.image("p", picture()[None]),
            tf.summary.audio("a", np.sin(np.arange(100, dtype=np.float32))[None], 8000.0),
            tf.summary.text("t", tf.constant("note")),
        ]
        with tf.summary.FileWriter(str(folder / "log"), graph) as writer:
            writer.add_summary(session.run(tf.summary.merge(made)), 7)
        (folder / "p.png").write_bytes(session.run(tf.io.encode_png(picture())))
        for name, options in JPEGS:
            (folder / f"{name}.jpg").write_bytes(session.run(tf.io.encode_jpeg(picture(), **options)))
        (folder / "tensor").write_bytes(session.run(tf.serialize_tensor(np.arange(6.0).reshape(2, 3))))
    with tf.Graph().as_default() as graph:
        line_graph(tf)
        tf.train.write_graph(graph, str(folder), "line.pb", as_text=False)
    np.savez(folder / "line.npz", x=LINE[0], y=LINE[1])
    command = [
        os.environ.get("GRAPHPB_BINARY", "graphpb"),
        "train",
        folder / "line.pb",
        "--data",
        folder / "line.npz",
        "--target",
        "train",
        "--steps",
        "100",
    ]
    done = subprocess.run(
        [*command, "--fetch", "loss", "--log", folder / "train", "--save", folder / "line.ckpt", "--json"], check=True, capture_output=True
    )
    (folder / "train.json").write_bytes(done.stdout)


def read(folder):
    from tf1 import tf

    checks = []

    def check(what, good):
        checks.append(good)
        print("ok  " if good else "DIFFERENT", what)

    for kind in ("", "GZIP", "ZLIB"):
        options = tf.python_io.TFRecordOptions(tf.python_io.TFRecordOptions.get_compression_type_string(kind) or None)
        check(f"records {kind}", list(tf.python_io.tf_record_iterator(str(folder / f"records{kind}"), options)) == RECORDS)
    (record,) = tf.python_io.tf_record_iterator(str(folder / "examples"))
    with tf.Graph().as_default(), tf.Session() as session:
        spec = {"i": tf.VarLenFeature(tf.int64), "f": tf.FixedLenFeature([], tf.float32), "b": tf.FixedLenFeature([2], tf.string)}
        parsed = session.run(tf.parse_single_example(record, spec))
        check("example", parsed["i"].values.tolist() == [1, -2] and parsed["f"] == 0.5 and parsed["b"].tolist() == [b"x", b"\xff"])
        png = session.run(tf.image.decode_png((folder / "p.png").read_bytes()))
        check("png", np.array_equal(png, picture()))
        for name, options in JPEGS:
            files = [(folder / f"{name}.jpg").read_bytes(), session.run(tf.image.encode_jpeg(picture(), **options))]
            ours, own = (np.abs(session.run(tf.image.decode_jpeg(f)).astype(int) - picture()).mean() for f in files)
            check(f"{name}.jpg: mean difference to the picture {ours:.2f}, of TensorFlow's own file {own:.2f}", ours < own + 0.3)
        tensor = session.run(tf.io.parse_tensor((folder / "tensor").read_bytes(), tf.float64))
        check("tensor", np.array_equal(tensor, np.arange(6.0).reshape(2, 3)))
    (path,) = glob.glob(str(folder / "log" / "*tfevents*"))
    events = list(tf.train.summary_iterator(path))
    check("events", [e.WhichOneof("what") for e in events] == ["file_version", "graph_def", "meta_graph_def", "summary"])
    tags = [v.tag for v in events[3].summary.value]
    check(f"summary {tags}", events[3].step == 7 and tags == ["loss", "h", "p/image/0", "a/audio/0", "t"])
    with tf.Graph().as_default():
        tf.import_graph_def(tf.GraphDef.FromString(events[1].graph_def), name="")
        check("graph of the event file", len(tf.get_default_graph().get_operations()) > 10)
    (path,) = glob.glob(str(folder / "train" / "*tfevents*"))
    losses = [v.simple_value for e in tf.train.summary_iterator(path) for v in e.summary.value]
    report = json.loads((folder / "train.json").read_text())
    check("events of graphpb train", len(losses) == 100 and np.float32(report["fetches"]["loss"]["data"]) == np.float32(losses[-1]))
    with tf.Graph().as_default(), tf.Session() as session:
        w, b = line_graph(tf)
        tf.train.Saver().restore(session, tf.train.latest_checkpoint(str(folder)))
        restored = session.run([w, b])
        loss = session.run("loss:0", {"x:0": LINE[0], "y:0": LINE[1]})
        check(f"checkpoint of graphpb train: w {restored[0].item():.4f}, b {restored[1].item():.4f}, loss {loss:.3g}", loss < losses[-1] * 1.01)
    print(sum(checks), "of", len(checks))
    return 0 if all(checks) else 1


if __name__ == "__main__":
    where = pathlib.Path(sys.argv[2])
    where.mkdir(parents=True, exist_ok=True)
    sys.exit(write(where) if sys.argv[1] == "write" else read(where))
