"""TFRecord files, examples and their parsing: TensorFlow's recordings, round trips, damage."""

import base64
import json
import pathlib
import zlib

import graphpb as tf
import numpy as np
import pytest

DATA = pathlib.Path(__file__).resolve().parent / "data"
RECORDS = DATA / "fixtures" / "tfrecord"
KINDS = [("plain.tfrecord", ""), ("gzip.tfrecord.gz", "GZIP"), ("zlib.tfrecord.z", "ZLIB")]


def recorded():
    return [base64.b64decode(item) for item in json.loads((RECORDS / "records.json").read_text())]


@pytest.mark.parametrize(("file", "compression"), KINDS)
def test_files_of_tensorflow_are_read(file, compression):
    options = tf.python_io.TFRecordOptions(compression)
    assert list(tf.python_io.tf_record_iterator(str(RECORDS / file), options)) == recorded()
    assert list(tf.io.tf_record_iterator(RECORDS / file, compression)) == recorded()


@pytest.mark.parametrize("compression", ["", "GZIP", "ZLIB", tf.io.TFRecordCompressionType.GZIP, None])
def test_records_come_back(tmp_path, compression):
    records = [b"", b"one", bytes(range(256)) * 300, b"text"]
    path = tmp_path / "r"
    with tf.python_io.TFRecordWriter(str(path), tf.python_io.TFRecordOptions(compression, compression_level=9)) as writer:
        for record in records:
            writer.write(record)
        writer.flush()
    assert list(tf.python_io.tf_record_iterator(path, compression)) == records
    with pytest.raises(tf.errors.FailedPreconditionError, match="closed"):
        writer.write(b"x")


def test_plain_files_equal_those_of_tensorflow(tmp_path):
    with tf.io.TFRecordWriter(tmp_path / "plain") as writer:
        for record in recorded():
            writer.write(record)
    assert (tmp_path / "plain").read_bytes() == (RECORDS / "plain.tfrecord").read_bytes()


def test_damage_is_named(tmp_path):
    whole = (RECORDS / "plain.tfrecord").read_bytes()
    bad = tmp_path / "bad"
    for cut in (5, 20):
        bad.write_bytes(whole[:-cut])
        with pytest.raises(tf.errors.DataLossError, match="truncated record"):
            list(tf.python_io.tf_record_iterator(bad))
    bad.write_bytes(b"\x01" + whole[1:])
    with pytest.raises(tf.errors.DataLossError, match=r"corrupted record at 0 \(Is this even a TFRecord file\?\)"):
        next(tf.python_io.tf_record_iterator(bad))
    bad.write_bytes(whole[:14] + bytes([whole[14] ^ 1]) + whole[15:])
    with pytest.raises(tf.errors.DataLossError, match="corrupted record at 0"):
        next(tf.python_io.tf_record_iterator(bad))
    with pytest.raises(tf.errors.NotFoundError, match="No such file"):
        tf.python_io.tf_record_iterator(tmp_path / "none")
    with pytest.raises(ValueError, match="compression"):
        tf.python_io.TFRecordOptions("BZIP")


def feature(values):
    if values is None:
        return tf.train.Feature()
    if isinstance(values[0], bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
    if isinstance(values[0], float):
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def features(given):
    return tf.train.Features(feature={key: feature(values) for key, values in given.items()})


def example(**given):
    return tf.train.Example(features=features(given)).SerializeToString()


def sequence(context, **lists):
    made = {key: tf.train.FeatureList(feature=[feature(step) for step in steps]) for key, steps in lists.items()}
    return tf.train.SequenceExample(context=features(context), feature_lists=tf.train.FeatureLists(feature_list=made)).SerializeToString()


def run(build):
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(build())


THREE = [example(a=[1], f=[1.0, 2.0], s=[b"x", b"y"]), example(a=[2], f=[3.0, 4.0], s=[b"z"]), example(a=[3], f=[5.0, 6.0])]
SPEC = dict(a=tf.FixedLenFeature([], tf.int64), f=tf.FixedLenFeature([2], tf.float32), s=tf.VarLenFeature(tf.string))


def test_examples_of_a_file_of_tensorflow_are_parsed():
    spec = dict(i=tf.VarLenFeature(tf.int64), f=tf.VarLenFeature(tf.float32), b=tf.FixedLenFeature([2], tf.string))
    for record in recorded()[:5]:
        message = tf.train.Example.FromString(record).features.feature
        parsed = run(lambda: tf.parse_single_example(record, spec))
        assert list(parsed["i"].values) == list(message["i"].int64_list.value)
        assert list(parsed["f"].values) == list(message["f"].float_list.value)
        assert list(parsed["b"]) == list(message["b"].bytes_list.value)


def test_a_batch_is_parsed():
    parsed = run(lambda: tf.parse_example(THREE, SPEC))
    assert parsed["a"].tolist() == [1, 2, 3] and parsed["f"].tolist() == [[1, 2], [3, 4], [5, 6]]
    assert parsed["s"].indices.tolist() == [[0, 0], [0, 1], [1, 0]] and parsed["s"].values.tolist() == [b"x", b"y", b"z"]
    assert parsed["s"].dense_shape.tolist() == [3, 2]
    single = run(lambda: tf.parse_single_example(THREE[0], SPEC))
    assert single["a"] == 1 and single["s"].indices.tolist() == [[0], [1]] and single["s"].dense_shape.tolist() == [2]


def test_static_shapes_are_those_of_tensorflow():
    with tf.Graph().as_default():
        out = tf.parse_example(THREE, SPEC)
        assert [str(out[k].shape) for k in "afs"] == ["(3,)", "(3, 2)", "(?, ?)"]
        out = tf.parse_single_example(THREE[0], SPEC)
        assert [str(out[k].shape) for k in "afs"] == ["()", "(2,)", "(?,)"]
        rows = tf.FixedLenSequenceFeature([2], tf.int64, allow_missing=True)
        assert str(tf.parse_example(THREE, dict(a=rows))["a"].shape) == "(3, ?, 2)"
        assert out["a"].op.type == "ParseExampleV2" and out["a"].op.name == "ParseSingleExample/ParseExample/ParseExampleV2"


def test_defaults_and_rows_fill_what_is_missing():
    spec = dict(f=tf.FixedLenFeature([2], tf.float32, [7.0, 8.0]), a=tf.FixedLenFeature([], tf.int64, 9), s=tf.FixedLenFeature([], tf.string, ""))
    parsed = run(lambda: tf.parse_example([example(a=None)], spec))
    assert parsed["f"].tolist() == [[7, 8]] and parsed["a"].tolist() == [9] and parsed["s"].tolist() == [b""]
    rows = dict(a=tf.FixedLenSequenceFeature([2], tf.int64, allow_missing=True))
    assert run(lambda: tf.parse_example([example(a=[1, 2]), example(a=[3, 4, 5, 6]), example()], rows))["a"].tolist() == [
        [[1, 2], [0, 0]], [[3, 4], [5, 6]], [[0, 0], [0, 0]]
    ]  # fmt: skip
    filled = dict(a=tf.FixedLenSequenceFeature([], tf.int64, allow_missing=True, default_value=-1))
    assert run(lambda: tf.parse_example([example(a=[1]), example(a=[3, 4, 5])], filled))["a"].tolist() == [[1, -1, -1], [3, 4, 5]]
    assert run(lambda: tf.parse_single_example(example(a=[1, 2, 3, 4]), rows))["a"].tolist() == [[1, 2], [3, 4]]


INT = dict(a=tf.FixedLenFeature([], tf.int64))


@pytest.mark.parametrize(
    ("message", "build"),
    [
        ("Name: <unknown>, Feature: f \\(data type: float\\) is required but could not be found.", lambda: tf.parse_example([example(a=[1])], SPEC)),
        ("Name: n0, Feature: f", lambda: tf.parse_example([example(a=[1])], SPEC, example_names=["n0"])),
        ("Name: <unknown>, Key: a, Index: 0.  Data types don't match. Data type: float but expected type: int64", lambda: tf.parse_example([example(a=[1.0])], INT)),
        ("Data types don't match. Expected type: int64, Actual type: float", lambda: tf.parse_example([example(a=[1.0])], dict(a=tf.VarLenFeature(tf.int64)))),
        ("Number of int64 values != expected.  Values size: 2 but output shape: \\[\\]", lambda: tf.parse_example([example(a=[1, 2])], INT)),
        ("Number of int64 values is not a multiple of stride length. Saw 3 values but output shape is: \\[\\?,2\\]", lambda: tf.parse_example([example(a=[1, 2, 3])], dict(a=tf.FixedLenSequenceFeature([2], tf.int64, allow_missing=True)))),
        ("Feature: a \\(data type: int64\\) is required", lambda: tf.parse_single_example(example(b=[1]), INT)),
        ("Could not parse example input", lambda: tf.parse_single_example(b"\x0a\x05a", INT)),
        ("Inconsistent max number of elements for feature m: expected 1, but found 0", lambda: tf.parse_single_sequence_example(sequence({}), dict(m=tf.FixedLenFeature([], tf.int64)))),
        ("Feature list 'z' is required but could not be found", lambda: tf.parse_single_sequence_example(sequence({}), None, dict(z=tf.FixedLenSequenceFeature([2], tf.int64)))),
        ("Key: y, Index: 1.  Number of values != expected.  values size: 2 but output shape: \\[1\\]", lambda: tf.parse_single_sequence_example(sequence({}, y=[[1.0], [2.0, 3.0]]), None, dict(y=tf.FixedLenSequenceFeature([1], tf.float32)))),
        ("Feature list: y, Index: 0.  Data types don't match. Expected type: int64", lambda: tf.parse_single_sequence_example(sequence({}, y=[[1.0]]), None, dict(y=tf.FixedLenSequenceFeature([1], tf.int64)))),
        ("Type mismatch between parsed tensor \\(float\\) and dtype \\(int32\\)", lambda: tf.parse_tensor(tf.serialize_tensor([1.0]), tf.int32)),
        ("Could not parse `serialized` as TensorProto, base64: eno=", lambda: tf.parse_tensor(b"zz", tf.float32)),
    ],
)  # fmt: skip
def test_errors_have_the_words_of_tensorflow(message, build):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        run(build)


def test_wrong_specifications_are_value_errors():
    for build, words in [
        (lambda: tf.parse_example(THREE, {}), "cannot be None or falsy"),
        (lambda: tf.parse_single_example(THREE, SPEC), "must be a scalar"),
        (lambda: tf.parse_example(THREE, dict(a=tf.FixedLenFeature([None], tf.int64))), "First dimension of shape"),
        (lambda: tf.parse_example(THREE, dict(a=tf.FixedLenSequenceFeature([], tf.int64))), "allow_missing"),
        (lambda: tf.parse_example(THREE, dict(a=3)), "Unsupported int"),
        (lambda: tf.parse_example(THREE, dict(a=tf.FixedLenFeature([2], tf.int64, [1, 2, 3]))), "reshape"),
    ]:
        with tf.Graph().as_default(), pytest.raises(ValueError, match=words):
            build()


def test_sequences_are_parsed():
    one = sequence(dict(n=[3], w=[b"q"]), x=[[1, 2], [3, 4]], y=[[1.0], [2.0, 3.0], [4.0]])
    two = sequence(dict(n=[4]), x=[[5, 6]], y=[[9.0]])
    context = dict(n=tf.FixedLenFeature([], tf.int64), w=tf.VarLenFeature(tf.string))
    steps = dict(x=tf.FixedLenSequenceFeature([2], tf.int64), y=tf.VarLenFeature(tf.float32))
    c, s = run(lambda: tf.parse_single_sequence_example(one, context, steps))
    assert c["n"] == 3 and c["w"].values.tolist() == [b"q"] and s["x"].tolist() == [[1, 2], [3, 4]]
    assert s["y"].indices.tolist() == [[0, 0], [1, 0], [1, 1], [2, 0]] and s["y"].dense_shape.tolist() == [3, 2]
    c, s, lengths = run(lambda: tf.io.parse_sequence_example([one, two], context, steps))
    assert c["n"].tolist() == [3, 4] and s["x"].tolist() == [[[1, 2], [3, 4]], [[5, 6], [0, 0]]] and lengths["x"].tolist() == [2, 1]
    assert s["y"].indices.tolist() == [[0, 0, 0], [0, 1, 0], [0, 1, 1], [0, 2, 0], [1, 0, 0]] and s["y"].dense_shape.tolist() == [2, 3, 2]
    missing = dict(z=tf.FixedLenSequenceFeature([2], tf.int64, allow_missing=True))
    assert run(lambda: tf.parse_single_sequence_example(one, None, missing))[1]["z"].shape == (0, 2)


def test_sparse_features_join_indices_and_values():
    one = tf.SparseFeature(index_key="ix", value_key="v", dtype=tf.float32, size=10)
    sparse = run(lambda: tf.parse_example([example(ix=[3, 1], v=[1.0, 2.0]), example(ix=[0], v=[5.0])], dict(sp=one)))["sp"]
    assert sparse.indices.tolist() == [[0, 1], [0, 3], [1, 0]] and sparse.values.tolist() == [2, 1, 5] and sparse.dense_shape.tolist() == [2, 10]
    two = tf.SparseFeature(index_key=["ix", "iy"], value_key="v", dtype=tf.float32, size=[10, 2])
    sparse = run(lambda: tf.parse_example([example(ix=[3, 1], iy=[0, 1], v=[1.0, 2.0])], dict(sp=two)))["sp"]
    assert sparse.indices.tolist() == [[0, 1, 1], [0, 3, 0]] and sparse.values.tolist() == [2, 1] and sparse.dense_shape.tolist() == [1, 10, 2]
    kept = tf.SparseFeature(index_key="ix", value_key="v", dtype=tf.float32, size=10, already_sorted=True)
    assert run(lambda: tf.parse_example([example(ix=[3, 1], v=[1.0, 2.0])], dict(sp=kept)))["sp"].indices.tolist() == [[0, 3], [0, 1]]


def test_ragged_features_are_parsed():
    out = run(
        lambda: tf.raw_ops.ParseExampleV2(
            serialized=[example(a=[1, 2]), example(), example(a=[3])], names=np.zeros(0, object), sparse_keys=np.zeros(0, object),
            dense_keys=np.zeros(0, object), ragged_keys=["a"], dense_defaults=[], num_sparse=0, sparse_types=[],
            ragged_value_types=[tf.int64], ragged_split_types=[tf.int32], dense_shapes=[],
        )
    )  # fmt: skip
    assert out[4][0].tolist() == [1, 2, 3] and out[5][0].tolist() == [0, 2, 2, 3] and out[5][0].dtype == np.int32


def test_tensors_are_serialized_as_by_tensorflow():
    assert run(lambda: tf.serialize_tensor([1.0, 2.0])) == b'\x08\x01\x12\x04\x12\x02\x08\x02"\x08\x00\x00\x80?\x00\x00\x00@'
    assert run(lambda: tf.io.serialize_tensor(["a", "bc"])) == b"\x08\x07\x12\x04\x12\x02\x08\x02B\x01aB\x02bc"
    assert run(lambda: tf.serialize_tensor(True)) == b'\x08\n\x12\x00"\x01\x01'
    for value in (np.arange(6).reshape(2, 3), np.float16(0.5), np.array(["x", "yz"], object), np.zeros((0, 2), np.complex64)):
        back = run(lambda: tf.parse_tensor(tf.serialize_tensor(value), tf.as_dtype(np.asarray(value).dtype) if value.dtype != object else tf.string))
        assert np.array_equal(back, value if value.dtype != object else [b"x", b"yz"])


def test_csv_is_taken_apart():
    a, b, c = run(lambda: tf.decode_csv(["1,2.5,abc", '-3,,"x,""y"'], [[0], [9.0], ["d"]]))
    assert a.tolist() == [1, -3] and b.tolist() == [2.5, 9] and c.tolist() == [b"abc", b'x,"y']
    assert run(lambda: tf.decode_csv([["1"], ["2"]], [[0]]))[0].tolist() == [[1], [2]]
    assert [v.tolist() for v in run(lambda: tf.decode_csv(["5,6,7,8"], [[0], [0]], select_cols=[1, 3]))] == [[6], [8]]
    assert [v.tolist() for v in run(lambda: tf.decode_csv(["NA|1"], [[7], [7]], na_value="NA", field_delim="|"))] == [[7], [1]]
    assert [v.tolist() for v in run(lambda: tf.decode_csv(['"ab"c,d'], [["x"], ["x"]], use_quote_delim=False))] == [[b'"ab"c'], [b"d"]]
    assert [v.tolist() for v in run(lambda: tf.decode_csv([" 1, 2.5 "], [[0], [0.0]]))] == [[1], [2.5]]


@pytest.mark.parametrize(
    ("message", "record", "defaults"),
    [
        ("Field 0 is required but missing in record 0!", ",2", [np.zeros(0, np.int32), [9.0]]),
        ("Expect 2 fields but have 1 in record 0", "1", [[0], [0]]),
        ("Expect 2 fields but have 3 in record 0", "1,2,3", [[0], [0]]),
        ("Expect 1 fields but have 0 in record 0", "", [[0]]),
        ("Field 0 in record 0 is not a valid int32: x", "x", [[0]]),
        ("Field 0 in record 0 is not a valid int32: 99999999999", "99999999999", [[0]]),
        ("Field 0 in record 0 is not a valid float: 1.5x", "1.5x", [[0.0]]),
        ("Unquoted fields cannot have quotes/CRLFs inside", 'a"b', [["d"]]),
        ("Quoted field has to end with quote followed by delim or end", '"ab', [["d"]]),
        ("Quote inside a string has to be escaped by another quote", '"ab"c,d', [["d"], ["d"]]),
    ],
)
def test_bad_csv_is_named(message, record, defaults):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        run(lambda: tf.decode_csv([record], defaults))


def test_raw_bytes_are_numbers():
    numbers = np.array([[1, 2], [3, -4]], ">i2")
    assert run(lambda: tf.decode_raw([r.tobytes() for r in numbers], tf.int16, little_endian=False)).tolist() == numbers.tolist()
    assert run(lambda: tf.io.decode_raw(b"\x00\x00\x80?", tf.float32)).tolist() == [1.0]


def test_examples_in_json_are_those_that_were_written():
    from google.protobuf import json_format

    examples = [
        tf.train.Example(),
        tf.train.Example(
            features=tf.train.Features(
                feature={
                    "ints": tf.train.Feature(int64_list=tf.train.Int64List(value=[1, -(2**63), 2**63 - 1])),
                    "floats \u20ac\n": tf.train.Feature(float_list=tf.train.FloatList(value=[1.5, float("inf"), -float("inf"), 1e-30])),
                    "bytes": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"", b"\xff\xfe>", b"abcd"])),
                    "none": tf.train.Feature(),
                }
            )
        ),
    ]
    texts = [[json_format.MessageToJson(e), json_format.MessageToJson(e, preserving_proto_field_name=True)] for e in examples]
    with tf.Graph().as_default(), tf.Session() as session:
        binary = session.run(tf.decode_json_example(texts))
        assert binary.shape == (2, 2)
        for row, example in zip(binary, examples):
            for found in row:
                assert tf.train.Example.FromString(found) == example
        for text, words in (
            ("x", "'{' expected"),
            ('{"a": 1}', "no such field: 'a'"),
            ('{"features": {"feature": {"a": {"int64List": {"value": [1.5]}}}}}', "fractional"),
        ):
            with pytest.raises(tf.errors.InvalidArgumentError, match="Error while parsing JSON: .*" + words):
                session.run(tf.io.decode_json_example(text))


def test_strings_are_decompressed():
    import gzip

    data = bytes(range(256)) * 10
    with tf.Graph().as_default(), tf.Session() as session:
        for kind, packed in (("", data), ("ZLIB", zlib.compress(data)), ("GZIP", gzip.compress(data) + gzip.compress(b"more"))):
            expected = data + (b"more" if kind == "GZIP" else b"")
            assert session.run(tf.io.decode_compressed([packed, b""], kind)).tolist() == [expected, b""]
        with pytest.raises(tf.errors.DataLossError):
            session.run(tf.decode_compressed(b"no stream", "ZLIB"))
        with pytest.raises(tf.errors.InvalidArgumentError, match="Only ZLIB, GZIP or NONE"):
            session.run(tf.decode_compressed(b"x", "LZ4"))


def test_empty_files_have_no_records_and_numbers_are_none(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    for kind in ("", "GZIP", "ZLIB"):
        assert list(tf.python_io.tf_record_iterator(tmp_path / "empty", kind)) == []
    with tf.python_io.TFRecordWriter(tmp_path / "x") as writer:
        with pytest.raises(TypeError, match="not int"):
            writer.write(3)
    with pytest.raises(tf.errors.FailedPreconditionError, match="Is a directory"):
        next(tf.python_io.tf_record_iterator(tmp_path))
    with pytest.raises(tf.errors.FailedPreconditionError, match="Is a directory"):
        tf.python_io.TFRecordWriter(tmp_path)
