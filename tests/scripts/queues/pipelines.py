"""The graphs of queue-based input pipelines. They run with threads only, so that nothing of them is fetched here but their static parts."""

import numpy as np


def build(tf):
    names = tf.train.string_input_producer(["a.csv", "b.csv"], num_epochs=3, shuffle=False)
    key, line = tf.TextLineReader(skip_header_lines=1).read(names)
    label, x = tf.decode_csv(line, record_defaults=[[0], [0.0]])
    tf.train.batch([key, label, x], batch_size=4, capacity=20, num_threads=2)
    tf.train.batch({"x": x, "label": label}, 4, allow_smaller_final_batch=True, name="last")
    tf.train.shuffle_batch([label, x], batch_size=4, capacity=50, min_after_dequeue=10, seed=3)
    tf.train.shuffle_batch_join([[label, x], [label + 1, x]], 4, 50, 10, name="joined")
    tf.train.batch_join([[x], [x + 1.0]], 4, dynamic_pad=True, name="padded")
    data = np.arange(12, dtype=np.float32).reshape(6, 2)
    rows, numbers = tf.train.slice_input_producer([data, np.arange(6)], seed=1)
    tf.train.maybe_batch([tf.stack([rows, rows])], [True, False], 4, enqueue_many=True, name="some")
    tf.train.range_input_producer(5, shuffle=False).dequeue(name="number")
    records = tf.TFRecordReader(options=tf.python_io.TFRecordOptions(tf.python_io.TFRecordCompressionType.GZIP))
    records.read_up_to(names, 10)
    tf.WholeFileReader().read(names)
    tf.FixedLengthRecordReader(record_bytes=8, header_bytes=2).read(names)
    tf.IdentityReader().num_records_produced()
    runners = tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)
    told = [f"{r.name} {[o.name for o in r.enqueue_ops]} {r.close_op.name} {r.cancel_op.name}" for r in runners]
    told += [v.name for v in tf.get_collection(tf.GraphKeys.LOCAL_VARIABLES)] + [s.op.name for s in tf.get_collection(tf.GraphKeys.SUMMARIES)]
    return {"fetches": {"told": tf.constant(told), "shape": tf.constant(str([rows.shape, numbers.shape]))}}
