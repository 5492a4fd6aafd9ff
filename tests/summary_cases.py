"""Summary ops with fixed inputs: run by TensorFlow when they are recorded and by graphpb when they are compared."""

import numpy as np


def cases():
    """Yield (name, op, arguments)."""
    draw = np.random.RandomState(7)
    yield "scalar", "ScalarSummary", dict(tags="loss", values=np.float32(0.1))
    yield "scalar_int", "ScalarSummary", dict(tags="n", values=np.int64(2**40 + 1))
    yield "scalar_half", "ScalarSummary", dict(tags="h", values=np.float16(1 / 3))
    yield "scalar_nan", "ScalarSummary", dict(tags="bad", values=np.float64("nan"))
    yield "scalars", "ScalarSummary", dict(tags=np.array([["a", "b"], ["c", "d"]], object), values=np.float64([[1, 2], [3, 1e300]]))
    for dtype in (np.float32, np.float64, np.int32, np.uint8, np.int64, np.float16):
        values = (draw.randn(200) * 40).astype(dtype)
        yield f"histogram_{np.dtype(dtype).name}", "HistogramSummary", dict(tag="w", values=values)
    yield "histogram_wide", "HistogramSummary", dict(tag="w", values=(10.0 ** draw.uniform(-14, 22, 300)) * draw.choice([-1, 1], 300))
    yield "histogram_zero", "HistogramSummary", dict(tag="w", values=np.zeros((3, 4), np.float32))
    yield "histogram_none", "HistogramSummary", dict(tag="w", values=np.zeros(0, np.float32))
    yield "histogram_edges", "HistogramSummary", dict(tag="w", values=np.float64([1e-12, -1e-12, 1.1e-12, 1e20, -1e20, 1.0]))
    for channels in (1, 3, 4):
        pixels = draw.randint(0, 256, (4, 5, 6, channels)).astype(np.uint8)
        yield f"image_uint8_{channels}", "ImageSummary", dict(tag="i", tensor=pixels)
    for dtype in (np.float32, np.float64, np.float16):
        yield f"image_{np.dtype(dtype).name}_positive", "ImageSummary", dict(tag="i", tensor=draw.rand(2, 9, 7, 3).astype(dtype) * 3)
        yield f"image_{np.dtype(dtype).name}_signed", "ImageSummary", dict(tag="i", tensor=draw.randn(2, 9, 7, 1).astype(dtype), max_images=1)
    odd = draw.randn(1, 4, 4, 3).astype(np.float32)
    odd[0, 1, 2, 0], odd[0, 3, 3, 2] = np.nan, np.inf
    yield "image_not_finite", "ImageSummary", dict(tag="i", tensor=odd)
    yield "image_zero", "ImageSummary", dict(tag="i", tensor=np.zeros((1, 2, 2, 1), np.float32))
    clip = draw.uniform(-1.3, 1.3, (2, 50, 2)).astype(np.float32)
    yield "audio_stereo", "AudioSummaryV2", dict(tag="a", tensor=clip, sample_rate=np.float32(44100))
    yield "audio_mono", "AudioSummaryV2", dict(tag="a", tensor=clip[..., 0], sample_rate=np.float32(8000.7), max_outputs=1)
    yield "audio_old", "AudioSummary", dict(tag="a", tensor=clip, sample_rate=22050.0)
    yield "tensor", "TensorSummaryV2", dict(tag="t", tensor=clip[0], serialized_summary_metadata=b"\x0a\x06\x0a\x04text")
    yield "tensor_strings", "TensorSummaryV2", dict(tag="t", tensor=np.array(["a", "longer"], object), serialized_summary_metadata=b"")
    yield "tensor_bool", "TensorSummaryV2", dict(tag="t", tensor=np.array([True, False]), serialized_summary_metadata=b"\x12\x01d")
    yield "tensor_scalar", "TensorSummaryV2", dict(tag="t", tensor=np.complex64(1 + 2j), serialized_summary_metadata=b"")
    yield "tensor_old", "TensorSummary", dict(tensor=np.int16([[1, -2]]))
    yield "merge", "MergeSummary", dict(inputs=[b"\n\x08\n\x01a\x15\x00\x00\x80?", b"\n\x08\n\x01b\x15\x00\x00\x80?", b""])


def run(tf):
    """Run every case; returns {name: bytes}."""
    results = {}
    for name, op, arguments in cases():
        with tf.Graph().as_default() as graph:
            # AudioSummary is deprecated in new graphs; TensorFlow builds it in one of an old version.
            if op == "AudioSummary":
                old = tf.GraphDef()
                old.versions.producer = 10
                node = old.node.add(name="op", op=op, input=["tag", "x"])
                node.attr["sample_rate"].f = arguments["sample_rate"]
                node.attr["max_outputs"].i = 3
                tag, x = tf.constant(arguments["tag"]), tf.constant(arguments["tensor"])
                (out,) = tf.import_graph_def(old, {"tag": tag, "x": x}, ["op:0"], name="")
            else:
                out = getattr(tf.raw_ops, op)(**arguments)
            with tf.Session(graph=graph) as session:
                results[name] = session.run(out)
    return results
