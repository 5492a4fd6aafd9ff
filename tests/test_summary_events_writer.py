"""The events writer of TensorFlow's internal module, as baselines' logger uses it."""

import importlib

import graphpb as tf


def test_events_come_back_in_order(tmp_path):
    tf.compat.install()
    pywrap = importlib.import_module("tensorflow.python.pywrap_tensorflow")
    writer = pywrap.EventsWriter(tf.compat.as_bytes(str(tmp_path / "events")))
    for step in range(3):
        value = tf.Summary.Value(tag="return", simple_value=0.5 * step)
        writer.WriteEvent(tf.Event(wall_time=1.0, step=step, summary=tf.Summary(value=[value])))
    writer.Flush()
    path = writer.FileName()
    writer.Close()
    assert path.startswith(str(tmp_path / "events.out.tfevents."))
    first, *rest = tf.train.summary_iterator(path)
    assert first.file_version == "brain.Event:2"
    assert [(e.step, e.summary.value[0].tag, e.summary.value[0].simple_value) for e in rest] == [
        (0, "return", 0.0),
        (1, "return", 0.5),
        (2, "return", 1.0),
    ]
