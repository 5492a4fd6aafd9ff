"""tf.contrib.data: the transformations that later became tf.data.experimental."""

from graphpb.data.dataset import Dataset
from graphpb.data.experimental import Counter as Counter
from graphpb.data.experimental import bucket_by_sequence_length as bucket_by_sequence_length
from graphpb.data.experimental import copy_to_device as copy_to_device
from graphpb.data.experimental import enumerate_dataset as enumerate_dataset
from graphpb.data.experimental import get_single_element as get_single_element
from graphpb.data.experimental import group_by_window as group_by_window
from graphpb.data.experimental import ignore_errors as ignore_errors
from graphpb.data.experimental import map_and_batch as map_and_batch
from graphpb.data.experimental import parallel_interleave as parallel_interleave
from graphpb.data.experimental import prefetch_to_device as prefetch_to_device
from graphpb.data.experimental import scan as scan
from graphpb.data.experimental import shuffle_and_repeat as shuffle_and_repeat
from graphpb.data.experimental import unbatch as unbatch


def batch_and_drop_remainder(batch_size):
    """Batch without a smaller last batch: `Dataset.batch` with `drop_remainder`."""
    return lambda dataset: dataset.batch(batch_size, drop_remainder=True)


def padded_batch_and_drop_remainder(batch_size, padded_shapes, padding_values=None):
    """Pad and batch without a smaller last batch: `Dataset.padded_batch` with `drop_remainder`."""
    return lambda dataset: dataset.padded_batch(batch_size, padded_shapes, padding_values, drop_remainder=True)


def sloppy_interleave(map_func, cycle_length, block_length=1):
    """Interleave the datasets that a function makes; always in order."""
    return parallel_interleave(map_func, cycle_length, block_length, sloppy=True)


def reduce_dataset(dataset: Dataset, initial_state, reduce_func):
    """Return the last state of a function: `Dataset.reduce`."""
    return dataset.reduce(initial_state, reduce_func)


def assert_element_shape(expected_shapes):
    """State the shapes of the elements' components; InvalidArgumentError while running when one has another.

    Args:
      expected_shapes: Structure of shapes as the elements have it.
    """
    from graphpb.data import structure
    from graphpb.ops import raw
    from graphpb.shapes import as_shape

    def check(*element):
        element = element if len(element) > 1 else element[0]
        shapes = structure.flatten_up_to(element, expected_shapes)
        parts = [raw.EnsureShape(input=t, shape=as_shape(s)) for t, s in zip(structure.flatten(element), shapes, strict=True)]
        return structure.pack(element, parts)

    return lambda dataset: dataset.map(check)
