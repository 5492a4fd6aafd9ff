"""Elements of datasets against those that TensorFlow recorded, and how iterators behave."""

import importlib.util
import json
import pathlib

import dataset_cases
import graphpb as tf
import numpy as np
import pytest

HERE = pathlib.Path(__file__).resolve().parent
RECORDED = json.loads((HERE / "data" / "datasets.json").read_text())
GRAPHS = json.loads((HERE / "data" / "dataset_graphs.json").read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("files"))
    dataset_cases.write_files(tf, folder)
    return folder


@pytest.mark.parametrize("name", RECORDED)
def test_elements_are_those_that_tensorflow_recorded(name, folder):
    assert dataset_cases.elements(tf, dataset_cases.cases(tf, folder)[name], folder) == RECORDED[name]


@pytest.mark.parametrize("name", GRAPHS)
def test_nodes_are_those_of_tensorflow(name):
    assert dataset_cases.nodes(tf, dataset_cases.graphs(tf)[name]) == GRAPHS[name]


def test_the_pipeline_of_the_examples_trains_as_in_tensorflow(tmp_path):
    spec = importlib.util.spec_from_file_location("example_input_pipeline", HERE.parent / "examples" / "input_pipeline.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with tf.Graph().as_default():
        steps, losses, accuracies = zip(*module.train(str(tmp_path), 3), strict=True)
    assert steps == (19, 19, 19) and accuracies == (1, 1, 1)
    np.testing.assert_allclose(losses, [0.5470705628395081, 0.05049685388803482, 0.018458567559719086], rtol=1e-4)


def all_of(dataset):
    """The elements of one pass."""
    with dataset._variant_tensor.graph.as_default():
        element = dataset.make_one_shot_iterator().get_next()
        found = []
        with tf.Session() as session:
            while True:
                try:
                    found.append(session.run(element))
                except tf.errors.OutOfRangeError:
                    return found


def test_one_shot_iterator_ends_and_stays_ended():
    with tf.Graph().as_default(), tf.Session() as session:
        element = tf.data.Dataset.range(2).make_one_shot_iterator().get_next()
        assert [session.run(element), session.run(element)] == [0, 1]
        for _ in range(2):
            with pytest.raises(tf.errors.OutOfRangeError, match=r"End of sequence\n\t \[\[node IteratorGetNext") as info:
                session.run(element)
            assert info.value.op.name == "IteratorGetNext"


def test_one_shot_iterator_starts_anew_in_another_session():
    with tf.Graph().as_default():
        element = tf.data.Dataset.range(5).make_one_shot_iterator().get_next()
        for _ in range(2):
            with tf.Session() as session:
                assert [session.run(element) for _ in range(3)] == [0, 1, 2]


def test_two_get_next_share_a_pass_and_one_run_gives_one_element():
    with tf.Graph().as_default(), tf.Session() as session:
        iterator = tf.data.Dataset.range(6).make_one_shot_iterator()
        a = iterator.get_next()
        double = a * 2
        assert session.run([a, double]) == [0, 0]
        b = iterator.get_next()
        assert sorted(session.run([a, b])) == [1, 2]


def test_one_shot_refuses_placeholders_and_variables():
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [3], name="x")
        with pytest.raises(ValueError, match=r"Cannot capture a placeholder \(name:x, type:Placeholder\) by value."):
            tf.data.Dataset.from_tensors(x).make_one_shot_iterator()
        scale = tf.get_variable("scale", initializer=2.0, use_resource=True)
        with pytest.raises(
            ValueError, match=r"Cannot capture a stateful node \(name:scale, type:VarHandleOp\) by value.*make_initializable_iterator"
        ):
            tf.data.Dataset.from_tensors(1.0).map(lambda v: v * scale).make_one_shot_iterator()


def test_initializable_iterator_takes_what_is_fed_to_its_initializer():
    with tf.Graph().as_default(), tf.Session() as session:
        rows = tf.placeholder(tf.float32, [None, 2])
        iterator = tf.data.Dataset.from_tensor_slices(rows).batch(2).make_initializable_iterator()
        element = iterator.get_next()
        with pytest.raises(tf.errors.FailedPreconditionError, match="GetNext\\(\\) failed because the iterator has not been initialized"):
            session.run(element)
        fed = np.arange(6, dtype=np.float32).reshape(3, 2)
        session.run(iterator.initializer, {rows: fed})
        kept = fed.copy()
        fed[:] = -1
        np.testing.assert_array_equal(session.run(element), kept[:2])
        np.testing.assert_array_equal(session.run(element), kept[2:])
        session.run(iterator.initializer, {rows: np.zeros((1, 2), np.float32)})
        np.testing.assert_array_equal(session.run(element), np.zeros((1, 2)))


def test_iterator_from_structure_switches_between_datasets():
    with tf.Graph().as_default(), tf.Session() as session:
        train, check = tf.data.Dataset.range(3), tf.data.Dataset.range(10, 12)
        iterator = tf.data.Iterator.from_structure(train.output_types, train.output_shapes)
        element = iterator.get_next()
        start_train, start_check = iterator.make_initializer(train), iterator.make_initializer(check, name="check")
        assert start_check.name == "check"
        with pytest.raises(ValueError, match="The iterator does not have an initializer"):
            iterator.initializer
        for start, wanted in ((start_train, [0, 1]), (start_check, [10, 11]), (start_train, [0])):
            session.run(start)
            assert [session.run(element) for _ in wanted] == wanted
        with pytest.raises(TypeError, match="Expected output types"):
            iterator.make_initializer(tf.data.Dataset.from_tensors(1.0))


def test_feedable_iterator_reads_from_the_one_that_is_fed():
    with tf.Graph().as_default(), tf.Session() as session:
        train = tf.data.Dataset.range(100).make_one_shot_iterator()
        check = tf.data.Dataset.range(50, 60).make_initializable_iterator()
        handle = tf.placeholder(tf.string, [])
        element = tf.data.Iterator.from_string_handle(handle, tf.int64, []).get_next()
        a, b = session.run([train.string_handle(), check.string_handle()])
        session.run(check.initializer)
        assert [session.run(element, {handle: h}) for h in (a, a, b, a, b)] == [0, 1, 50, 2, 51]
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(element, {handle: b"no iterator"})
        wrong = tf.data.Dataset.from_tensors(1.0).make_initializable_iterator().string_handle()
        with pytest.raises(tf.errors.InvalidArgumentError, match="Data type mismatch at component 0: expected int64 but got float."):
            session.run(element, {handle: session.run(wrong)})


def test_functions_read_variables_that_change():
    with tf.Graph().as_default(), tf.Session() as session:
        scale = tf.get_variable("scale", initializer=np.int64(1), dtype=tf.int64, use_resource=True)
        iterator = tf.data.Dataset.range(5).map(lambda x: x * scale).make_initializable_iterator()
        element = iterator.get_next()
        session.run([tf.global_variables_initializer(), iterator.initializer])
        session.run(element)
        session.run(scale.assign(10))
        assert session.run(element) == 10


def test_errors_in_functions_name_the_node_and_the_line():
    with tf.Graph().as_default(), tf.Session() as session:
        dataset = tf.data.Dataset.from_tensors(np.float32(0)).map(lambda x: tf.check_numerics(1 / x, "bad", name="guard"))
        element = dataset.make_one_shot_iterator().get_next()
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?s)bad : Tensor had Inf values.*guard.*test_datasets.py"):
            session.run(element)


def test_hostile_sizes_take_no_memory():
    huge = 2**60
    D = tf.data.Dataset
    for make in (
        lambda: D.range(3).batch(huge),
        lambda: D.range(3).shuffle(huge, seed=1).batch(huge),
        lambda: D.range(3).padded_batch(huge, []),
        lambda: D.range(3).window(huge, huge).flat_map(lambda w: w.batch(huge)),
        lambda: D.range(3).interleave(lambda x: D.from_tensors(x), huge, huge).batch(huge),
    ):
        with tf.Graph().as_default():
            [batch] = all_of(make())
            assert sorted(batch.tolist()) == [0, 1, 2]


def test_shapes_types_and_text():
    with tf.Graph().as_default():
        dataset = tf.data.Dataset.from_tensors((1, {"a": [2.0]}))
        assert repr(dataset) == (
            "<_TensorDataset element_spec=(TensorSpec(shape=(), dtype=tf.int32, name=None), "
            "{'a': TensorSpec(shape=(1,), dtype=tf.float32, name=None)})>"
        )
        assert dataset.output_types == (tf.int32, {"a": tf.float32})
        assert dataset.output_classes == (tf.Tensor, {"a": tf.Tensor})
        batched = dataset.batch(2)
        assert batched.output_shapes[1]["a"].as_list() == [None, 1]
        assert dataset.batch(2, drop_remainder=True).output_shapes[0].as_list() == [2]
        assert batched.make_one_shot_iterator().get_next()[1]["a"].shape.as_list() == [None, 1]


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda D: D.from_tensor_slices(3), ValueError, "Unbatching a tensor is only supported for rank >= 1"),
        (lambda D: D.from_tensor_slices((np.zeros(3), np.zeros(4))), ValueError, "Dimensions 3 and 4 are not compatible"),
        (lambda D: D.range(), ValueError, "The length of `args` should be between 1 and 3 but was 0"),
        (lambda D: D.zip(3), TypeError, "encountered object of type <class 'int'>"),
        (lambda D: D.zip([D.range(3), D.range(2)]), TypeError, "use `tuple` instead"),
        (lambda D: D.range(3).filter(lambda x: x), ValueError, "`predicate` must return a `tf.bool` scalar tensor"),
        (lambda D: D.range(3).flat_map(lambda x: x), TypeError, "must return a `Dataset` object"),
        (lambda D: D.range(3).concatenate(D.from_tensors(1.0)), TypeError, "Incompatible dataset elements"),
        (lambda D: D.range(3).padded_batch(2, [None]), ValueError, "is not compatible with the shape"),
        (lambda D: list(D.range(3)), RuntimeError, "only supports Python-style iteration in eager mode"),
        (lambda D: len(D.range(3)), TypeError, "only supports `len` in eager mode"),
        (lambda D: D.range(3).map(3), ValueError, "must be a callable"),
        (lambda D: D.range(3).map(lambda x: None), TypeError, "Unsupported return value"),
        (lambda D: D.range(3).apply(lambda d: 3), TypeError, "must return a `tf.data.Dataset` object"),
        (lambda D: D.from_generator(3, tf.int32), TypeError, "must be a Python callable"),
        (lambda D: D.range(3).unbatch(), ValueError, "Cannot unbatch an input with scalar components"),
        (lambda D: D.range(3).reduce(0.0, lambda a, b: b), TypeError, "The element types for the new state must match"),
    ],
)
def test_mistakes_while_building(make, error, text):
    with tf.Graph().as_default(), pytest.raises(error) as info:
        make(tf.data.Dataset)
    assert text in str(info.value)


def test_generator_errors_name_what_was_wrong():
    for yielded, types, shapes, text in (
        ("x", tf.int32, [], "could not be converted to the expected type"),
        ([1, 2], tf.int32, [], "yielded an element of shape (2,) where an element of shape () was expected"),
        (1, (tf.int32, tf.int32), None, "did not match the expected structure"),
    ):
        with tf.Graph().as_default(), pytest.raises(tf.errors.InvalidArgumentError) as info:
            all_of(tf.data.Dataset.from_generator(lambda value=yielded: iter([value]), types, shapes))
        assert text in str(info.value)


def test_saved_graph_reads_its_dataset_without_python(tmp_path):
    with tf.Graph().as_default() as graph:
        element = tf.data.Dataset.range(4).map(lambda x: x * x).batch(2).make_one_shot_iterator().get_next(name="element")
        assert element.name == "element:0"
        text = graph.as_graph_def().SerializeToString()
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(tf.GraphDef.FromString(text), name="")
        with tf.Session() as session:
            assert session.run("element:0").tolist() == [0, 1]
            assert session.run("element:0").tolist() == [4, 9]
