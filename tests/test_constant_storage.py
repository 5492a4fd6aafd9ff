"""Constants whose shape has more elements than were given keep every value through a file."""

import graphpb as tf
import numpy as np
import pytest


@pytest.mark.parametrize(
    "value, shape, expected",
    [
        ([1, 2], [4], [1, 2, 2, 2]),
        (7, [2, 2], [[7, 7], [7, 7]]),
        (list(range(6)), [2, 3], [[0, 1, 2], [3, 4, 5]]),
        (0.5, [0, 2], np.zeros([0, 2])),
        ([True, False], [3], [True, False, False]),
        (["a", "b"], [3], [b"a", b"b", b"b"]),
    ],
)
def test_filled_constant_after_save_and_load(value, shape, expected):
    with tf.Graph().as_default() as graph:
        tf.constant(value, shape=shape, name="c")
    copy = tf.GraphDef.FromString(graph.as_graph_def().SerializeToString())
    with tf.Graph().as_default():
        (c,) = tf.import_graph_def(copy, return_elements=["c:0"], name="")
        with tf.Session() as s:
            assert np.array_equal(s.run(c), expected)
