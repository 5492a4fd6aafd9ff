"""Datasets whose elements TensorFlow has recorded: built and read by TensorFlow when they are recorded, by graphpb when they are compared."""

import os

import numpy as np


def write_files(tf, folder):
    """Write the files that the cases read."""

    def records(name, n, options=None):
        with tf.python_io.TFRecordWriter(os.path.join(folder, name), options) as writer:
            for i in range(n):
                writer.write(b"%s-%d" % (name.encode(), i))

    kinds = tf.python_io.TFRecordCompressionType
    records("a.rec", 3)
    records("b.rec", 2)
    records("c.gz", 2, tf.python_io.TFRecordOptions(kinds.GZIP))
    records("d.zlib", 2, tf.python_io.TFRecordOptions(kinds.ZLIB))
    with open(os.path.join(folder, "a.rec"), "rb") as file:
        data = file.read()
    for name, content in {
        "bad.rec": data[:-6] + b"!" + data[-5:],
        "cut.rec": data[:-3],
        "lines.txt": b"one\r\ntwo\n\nthr\ree\nlast",
        "fixed.bin": b"HHaaabbbcccF",
        "empty": b"",
    }.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)


def cases(tf, folder):
    """Return the functions that make the datasets, by name."""
    D, X = tf.data.Dataset, tf.data.experimental
    found = {}

    def case(name):
        def add(make):
            found[name] = make

        return add

    def path(*names):
        return [os.path.join(folder, name) for name in names]

    def seeded(seed, make):
        def build():
            tf.set_random_seed(seed)
            return make()

        return build

    # Order
    case("shuffle")(lambda: D.range(10).shuffle(4, seed=7))
    case("shuffle_repeat")(lambda: D.range(10).shuffle(4, seed=7).repeat(3))
    case("shuffle_all_repeat")(lambda: D.range(10).shuffle(100, seed=7).repeat(3))
    case("shuffle_once")(lambda: D.range(10).shuffle(4, seed=7, reshuffle_each_iteration=False).repeat(3))
    case("repeat_shuffle")(lambda: D.range(10).repeat(3).shuffle(4, seed=7))
    case("shuffle_and_repeat")(lambda: D.range(10).apply(X.shuffle_and_repeat(4, 3, seed=7)))
    case("shuffle_and_repeat_forever")(lambda: D.range(10).apply(X.shuffle_and_repeat(64, None, seed=7)))
    case("shuffle_graph_seed")(seeded(5, lambda: D.range(10).shuffle(4, seed=3)))
    case("shuffle_batches")(lambda: D.range(6).shuffle(3, seed=2).batch(2).repeat(2).shuffle(2, seed=9))
    case("shuffle_of_one")(lambda: D.range(4).shuffle(1, seed=2))
    case("shuffle_large")(lambda: D.range(1000).shuffle(333, seed=2).skip(950))
    case("repeat_empty")(lambda: D.range(0).repeat())
    case("repeat_none")(lambda: D.range(3).repeat(0))
    case("take_skip")(lambda: D.range(10).skip(2).take(5))
    case("take_all")(lambda: D.range(3).take(-1))
    case("skip_all")(lambda: D.range(3).skip(-1))
    case("shard")(lambda: D.range(10).shard(3, 1))
    case("concatenate")(lambda: D.range(0, 10, 3).concatenate(D.range(5, 0, -2)))
    case("cache")(lambda: D.range(10).cache().shuffle(3, seed=1).take(4).skip(1).concatenate(D.range(2)))
    case("enumerate")(lambda: D.range(10).filter(lambda x: tf.equal(x % 3, 0)).enumerate(5))
    case("zip")(lambda: D.zip((D.range(3), D.range(5).batch(2))))
    case("zip_dict")(lambda: D.zip({"a": D.range(3), "b": D.range(5).batch(2)}))
    case("prefetch")(lambda: D.range(4).prefetch(3))

    # Functions
    case("map")(lambda: D.range(4).map(lambda x: (x * x, {"half": tf.cast(x, tf.float32) / 2})))
    case("map_list")(lambda: D.range(3).map(lambda x: [x, x + 1]))
    case("map_parallel")(lambda: D.range(4).map(lambda x: x + 1, num_parallel_calls=2))
    case("map_random")(lambda: D.range(5).map(lambda x: tf.random_uniform([], 0, 100, tf.int32, seed=4)).repeat(2))
    case("map_cond")(lambda: D.range(5).map(lambda x: tf.cond(x > 2, lambda: x, lambda: -x)))
    case("map_py_func")(lambda: D.range(4).map(lambda x: tf.py_func(lambda a: a * 2, [x], tf.int64)))
    case("map_error")(lambda: D.range(5).map(lambda x: tf.check_numerics(1.0 / tf.cast(x - 2, tf.float32), "bad")))
    case("ignore_errors")(lambda: D.range(5).map(lambda x: tf.check_numerics(1.0 / tf.cast(x - 2, tf.float32), "bad")).apply(X.ignore_errors()))
    case("flat_map")(lambda: D.range(4).flat_map(lambda x: D.range(x)))
    case("interleave")(lambda: D.range(5).interleave(lambda x: D.from_tensors(x).repeat(3), cycle_length=2, block_length=2))
    case("interleave_uneven")(lambda: D.range(7).interleave(lambda x: D.from_tensors(x).repeat(x), cycle_length=3, block_length=2))
    case("interleave_parallel")(
        lambda: D.range(7).interleave(lambda x: D.from_tensors(x).repeat(x), cycle_length=3, block_length=2, num_parallel_calls=2)
    )
    case("parallel_interleave")(
        lambda: D.range(7).apply(X.parallel_interleave(lambda x: D.from_tensors(x).repeat(x), cycle_length=3, block_length=2))
    )
    case("take_while")(lambda: D.range(9).apply(X.take_while(lambda x: x < 4)))
    case("scan")(lambda: D.range(5).apply(X.scan(np.int64(1), lambda s, x: (s * 2, s + x))))
    case("counter")(lambda: X.Counter(3, 2).take(3))
    case("reduce")(lambda: D.from_tensors(D.range(10).reduce(np.int64(0), lambda a, b: a + b)))
    case("group_by_window")(lambda: D.range(10).apply(X.group_by_window(lambda x: x % 3, lambda k, d: d.batch(2), 2)))

    @case("captured")
    def _():
        four = tf.constant(4, tf.int64)
        return D.range(3).map(lambda x: x * four)

    @case("generator")
    def _():
        def generate():
            for i in range(4):
                yield i, [i] * i

        return D.from_generator(generate, (tf.int32, tf.float32), ([], [None])).repeat(2)

    @case("generator_args")
    def _():
        return D.from_generator(lambda n: (b"%d" % i for i in range(n)), tf.string, [], args=(np.int64(3),))

    # Batches
    case("slices")(lambda: D.from_tensor_slices((np.arange(6).reshape(3, 2), {"x": ["a", "b", "c"]})).repeat(2).batch(4, drop_remainder=True))
    case("batch")(lambda: D.range(7).batch(3))
    case("batch_shapes_differ")(lambda: D.range(5).map(lambda x: tf.fill([x], x)).batch(2))
    case("batch_of_none")(lambda: D.range(10).batch(0))
    case("shuffle_of_none")(lambda: D.range(10).shuffle(0))
    case("unbatch")(lambda: D.range(6).batch(4).unbatch())
    case("map_and_batch")(lambda: D.range(10).apply(X.map_and_batch(lambda x: (x, x * 2), 3)))
    case("map_and_batch_drop")(lambda: D.range(10).apply(X.map_and_batch(lambda x: x, 3, drop_remainder=True)))
    case("padded")(lambda: D.range(5).map(lambda x: tf.fill([x], x)).padded_batch(2, [None]))
    case("padded_too_small")(lambda: D.range(5).map(lambda x: tf.fill([x], x)).padded_batch(2, [3]))
    case("padded_structure")(
        lambda: (
            D.range(5)
            .map(lambda x: (tf.fill([x, 2], x), {"s": tf.as_string(tf.fill([x], x))}))
            .padded_batch(3, ([5, -1], {"s": [None]}), (np.int64(7), {"s": "z"}))
        )
    )
    case("window")(lambda: D.range(10).window(3, drop_remainder=True).flat_map(lambda w: w.batch(3)))
    case("window_strides")(lambda: D.range(12).window(3, 2, 2).flat_map(lambda w: w.batch(10)))
    case("window_gap")(lambda: D.range(11).window(2, 4).flat_map(lambda w: w.batch(10)))
    case("buckets")(
        lambda: (
            D.range(9).map(lambda x: tf.ones([x + 1], tf.int64) * x).apply(X.bucket_by_sequence_length(lambda t: tf.shape(t)[0], [3, 6], [2, 2, 2]))
        )
    )
    case("buckets_to_boundary")(
        lambda: (
            D.range(5)
            .map(lambda x: tf.ones([x + 1], tf.int64) * x)
            .apply(X.bucket_by_sequence_length(lambda t: tf.shape(t)[0], [3, 7], [2, 2, 2], pad_to_bucket_boundary=True))
        )
    )
    case("sparse_slices")(lambda: D.from_tensor_slices(tf.SparseTensor([[0, 0], [2, 1]], [1, 2], [3, 2])))
    case("sparse_slices_batch")(lambda: D.from_tensor_slices(tf.SparseTensor([[0, 0], [2, 1]], [1, 2], [3, 2])).batch(2))
    case("sparse_map_batch")(lambda: D.range(4).map(lambda x: (x, tf.SparseTensor([[x]], [x], [x + 1]))).batch(3))
    case("sparse_rows")(lambda: D.from_sparse_tensor_slices(tf.SparseTensor([[0, 0], [2, 1]], [1, 2], [3, 2])))

    # Files
    case("records")(lambda: tf.data.TFRecordDataset(path("a.rec", "empty", "b.rec")))
    case("records_parallel")(lambda: tf.data.TFRecordDataset(path("a.rec", "b.rec"), num_parallel_reads=2))
    case("records_gzip")(lambda: tf.data.TFRecordDataset(path("c.gz"), "GZIP"))
    case("records_zlib")(lambda: tf.data.TFRecordDataset(path("d.zlib"), "ZLIB"))
    case("records_bad")(lambda: tf.data.TFRecordDataset(path("bad.rec", "b.rec")))
    case("records_cut")(lambda: tf.data.TFRecordDataset(path("cut.rec", "b.rec")))
    case("records_absent")(lambda: tf.data.TFRecordDataset(path("none", "b.rec")))
    case("records_shuffled")(
        lambda: tf.data.TFRecordDataset(D.from_tensor_slices(path("a.rec", "b.rec")).repeat(2).shuffle(2, seed=1)).shuffle(3, seed=4).batch(3)
    )
    case("lines")(lambda: tf.data.TextLineDataset(path("lines.txt")))
    case("lines_skip")(lambda: D.from_tensor_slices(path("lines.txt", "lines.txt")).flat_map(lambda f: tf.data.TextLineDataset(f).skip(1)))
    case("fixed")(lambda: tf.data.FixedLengthRecordDataset(path("fixed.bin"), 3, 2, 1))
    case("fixed_uneven")(lambda: tf.data.FixedLengthRecordDataset(path("fixed.bin"), 4, 2, 1))
    case("list_files")(lambda: D.list_files(os.path.join(folder, "[abl]*"), shuffle=False))
    case("list_files_shuffled")(lambda: D.list_files(os.path.join(folder, "*"), seed=3))
    case("list_files_none")(lambda: D.list_files(os.path.join(folder, "zz*")))
    return found


def plain(value, folder):
    """The value as text: numbers, strings, tuples and dicts."""
    if isinstance(value, dict):
        return {key: plain(item, folder) for key, item in sorted(value.items())}
    if isinstance(value, tuple):
        return tuple(plain(item, folder) for item in value)
    if hasattr(value, "tolist"):
        return value.tolist()
    return value.replace(os.fsencode(folder) + b"/", b"") if isinstance(value, bytes) else value


def elements(tf, make, folder, most=40):
    """The elements of two passes over a dataset, as text; the class of an error stands where it came, twice at most."""
    with tf.Graph().as_default():
        iterator = tf.data.make_initializable_iterator(make())
        element = iterator.get_next()
        passes = []
        with tf.Session() as session:
            for _ in range(2):
                found = []
                try:
                    session.run(iterator.initializer)
                except tf.errors.OpError as error:
                    passes.append([type(error).__name__])
                    continue
                while len(found) < most and found.count("error") < 2:
                    try:
                        found.append(repr(plain(session.run(element), folder)))
                    except tf.errors.OutOfRangeError:
                        found.append("end")
                        break
                    except tf.errors.OpError as error:
                        found.extend([type(error).__name__, "error"])
                passes.append(found)
    return passes


def graphs(tf):
    """Return functions that build pipelines in the default graph, by name: their nodes are compared with TensorFlow's."""
    D, X = tf.data.Dataset, tf.data.experimental

    def one_shot():
        rows = D.from_tensor_slices((np.zeros((10, 3), np.float32), {"a": np.arange(10)}))
        rows.shuffle(5, seed=3).map(lambda x, d: (x + 1, d["a"])).batch(2).repeat(3).prefetch(1).make_one_shot_iterator().get_next()

    def initializable():
        rows = D.from_tensor_slices(tf.placeholder(tf.float32, [None, 3]))
        scale = tf.constant(3.0)
        rows = rows.map(lambda x: x * scale, num_parallel_calls=4).filter(lambda x: tf.reduce_sum(x) > 0).repeat().shuffle(5)
        iterator = rows.batch(2, drop_remainder=True).make_initializable_iterator()
        iterator.get_next()
        iterator.string_handle("handle")

    def feedable():
        a, b = D.range(10), D.range(10, 20)
        iterator = tf.data.Iterator.from_structure(a.output_types, a.output_shapes)
        iterator.make_initializer(a)
        iterator.make_initializer(b)
        iterator.get_next()
        tf.data.Iterator.from_string_handle(tf.placeholder(tf.string, []), a.output_types, a.output_shapes).get_next()

    def files():
        names = D.list_files("*.rec")
        records = names.interleave(lambda f: tf.data.TFRecordDataset(f), cycle_length=2).apply(X.shuffle_and_repeat(10, 3, seed=1))
        records.apply(X.map_and_batch(lambda x: tf.io.decode_raw(x, tf.uint8), 4)).make_one_shot_iterator().get_next()

    def parallel_files():
        names = D.list_files("*.rec", shuffle=False)
        names = names.apply(X.parallel_interleave(lambda f: tf.data.TFRecordDataset(f), cycle_length=4, sloppy=True))
        lines = names.interleave(lambda f: tf.data.TextLineDataset(f).skip(1), cycle_length=4, num_parallel_calls=2)
        lines.flat_map(lambda f: tf.data.FixedLengthRecordDataset(f, 10)).make_one_shot_iterator().get_next("next")

    def padded():
        rows = D.range(8).map(lambda x: (tf.fill([x], x), x)).padded_batch(4, ([None], []), (np.int64(-1), np.int64(0)))
        rows.take(3).skip(1).shard(2, 0).cache().concatenate(
            D.from_tensors((np.zeros((1, 1), np.int64), np.int64([2])))
        ).make_one_shot_iterator().get_next()

    def generated():
        rows = D.from_generator(lambda: iter([1]), tf.int32, [])
        D.zip((rows, D.range(3))).window(2).make_initializable_iterator("shared")

    made = (one_shot, initializable, feedable, files, parallel_files, padded, generated)
    return {f.__name__: f for f in made}


def nodes(tf, build):
    """The nodes of a pipeline's graph as text: name, op, inputs, and attributes but for constants, functions and types that only one side states."""
    with tf.Graph().as_default() as graph:
        build()
        lines = []
        for node in graph.as_graph_def().node:
            skipped = (
                "value",
                "_output_shapes",
                "metadata",
                "f",
                "predicate",
                "dataset_factory",
                "incompatible_shape_error",
                "_has_manual_control_dependencies",
            )
            attrs = {key: " ".join(str(value).split()) for key, value in sorted(node.attr.items()) if key not in skipped}
            lines.append(f"{node.name} {node.op} {list(node.input)} {attrs if node.op != 'Const' else ''}")
        return lines
