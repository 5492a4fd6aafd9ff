"""tf.data.experimental: transformations for `Dataset.apply`, and constants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphpb import dtypes
from graphpb.data import change, structure
from graphpb.data.dataset import AUTOTUNE as AUTOTUNE
from graphpb.data.dataset import INFINITE_CARDINALITY as INFINITE_CARDINALITY
from graphpb.data.dataset import UNKNOWN_CARDINALITY as UNKNOWN_CARDINALITY
from graphpb.data.dataset import Dataset, _seeds, int64
from graphpb.graph.convert import convert_to_tensor
from graphpb.ops import raw
from graphpb.python_io import TFRecordWriter as TFRecordWriter

Transformation = Callable[[Dataset], Dataset]


def map_and_batch(
    map_func: Callable[..., Any],
    batch_size: Any,
    num_parallel_batches: Any = None,
    drop_remainder: Any = False,
    num_parallel_calls: Any = None,
) -> Transformation:
    """Apply a function to each element, then batch: `Dataset.map`, then `Dataset.batch`.

    Raises:
      ValueError: Both `num_parallel_batches` and `num_parallel_calls` are given.
    """
    if num_parallel_batches is None and num_parallel_calls is None:
        num_parallel_calls = batch_size
    elif num_parallel_calls is None:
        num_parallel_calls = batch_size * num_parallel_batches
    elif num_parallel_batches is not None:
        raise ValueError("`map_and_batch` allows only one of `num_parallel_batches` and `num_parallel_calls` to be set, but not both.")
    return lambda dataset: change.map_and_batched(dataset, map_func, batch_size, num_parallel_calls, drop_remainder)


map_and_batch_with_legacy_function = map_and_batch


def parallel_interleave(
    map_func: Callable[..., Any],
    cycle_length: Any,
    block_length: Any = 1,
    sloppy: bool | None = False,
    buffer_output_elements: Any = None,
    prefetch_input_elements: Any = None,
) -> Transformation:
    """Interleave the datasets that a function makes, as `Dataset.interleave`; always in order, also with `sloppy`."""

    def transform(dataset: Dataset) -> Dataset:
        return change.parallel_interleaved(dataset, map_func, cycle_length, block_length, sloppy, buffer_output_elements, prefetch_input_elements)

    return transform


def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: int | None = None) -> Transformation:
    """Shuffle, then repeat: `Dataset.shuffle`, then `Dataset.repeat`."""

    def transform(dataset: Dataset) -> Dataset:
        size = int64(buffer_size, "buffer_size")
        times = int64(-1 if count is None else count, "count")
        one, two = _seeds(seed)
        return dataset._same("_ShuffleAndRepeatDataset", raw.ShuffleAndRepeatDataset, buffer_size=size, seed=one, seed2=two, count=times)

    return transform


def unbatch() -> Transformation:
    """Split elements into their rows: `Dataset.unbatch`."""
    return lambda dataset: dataset.unbatch()


def ignore_errors(log_warning: bool = False) -> Transformation:
    """Leave out the elements that fail: `Dataset.ignore_errors`."""
    return lambda dataset: dataset.ignore_errors(log_warning)


def enumerate_dataset(start: Any = 0) -> Transformation:
    """Number the elements: `Dataset.enumerate`."""
    return lambda dataset: dataset.enumerate(start)


def scan(initial_state: Any, scan_func: Callable[..., Any]) -> Transformation:
    """Carry a state along: `Dataset.scan`."""
    return lambda dataset: dataset.scan(initial_state, scan_func)


def take_while(predicate: Callable[..., Any]) -> Transformation:
    """End at the first element for which a function gives false: `Dataset.take_while`."""
    return lambda dataset: dataset.take_while(predicate)


def group_by_window(
    key_func: Callable[..., Any], reduce_func: Callable[..., Any], window_size: Any = None, window_size_func: Any = None
) -> Transformation:
    """Gather elements by a key: `Dataset.group_by_window`."""
    return lambda dataset: dataset.group_by_window(key_func, reduce_func, window_size, window_size_func)


def prefetch_to_device(device: str, buffer_size: Any = None) -> Transformation:
    """Return the elements: there is one device."""
    return lambda dataset: dataset.prefetch(buffer_size)


def copy_to_device(target_device: str, source_device: str = "/cpu:0") -> Transformation:
    """Return the elements: there is one device."""
    return lambda dataset: dataset


def cardinality(dataset: Dataset) -> Any:
    """Return the number of elements as an int64 tensor: `Dataset.cardinality`."""
    return dataset.cardinality()


def assert_cardinality(expected_cardinality: Any) -> Transformation:
    """Fail with FailedPreconditionError while running when there are not as many elements."""

    def transform(dataset: Dataset) -> Dataset:
        expected = int64(expected_cardinality, "expected_cardinality")
        return dataset._same("_AssertCardinalityDataset", raw.AssertCardinalityDataset, cardinality=expected)

    return transform


def get_single_element(dataset: Dataset) -> Any:
    """Return the only element as tensors: `Dataset.get_single_element`."""
    return dataset.get_single_element()


def get_structure(dataset: Any) -> Any:
    """Return the specs of the elements of a dataset or iterator."""
    return dataset.element_spec


def Counter(start: Any = 0, step: Any = 1, dtype: Any = dtypes.int64) -> Dataset:
    """Count from `start` in steps of `step`, without end."""
    kind = dtypes.as_dtype(dtype)
    first, by = convert_to_tensor(start, dtype=kind, name="start"), convert_to_tensor(step, dtype=kind, name="step")
    return Dataset.from_tensors(0).repeat(None).scan(first, lambda state, _: (state + by, state))


def bucket_by_sequence_length(
    element_length_func: Callable[..., Any],
    bucket_boundaries: list[int],
    bucket_batch_sizes: list[int],
    padded_shapes: Any = None,
    padding_values: Any = None,
    pad_to_bucket_boundary: bool = False,
    no_padding: bool = False,
    drop_remainder: bool = False,
) -> Transformation:
    """Batch elements of similar length together, padded.

    Args:
      element_length_func: Makes the int32 length of an element.
      bucket_boundaries: Upper bounds (exclusive) of the lengths of each bucket but the last.
      bucket_batch_sizes: The batch size of each bucket: one more than the boundaries.
      padded_shapes: As in `Dataset.padded_batch`; default the static shapes.
      padding_values: As in `Dataset.padded_batch`.
      pad_to_bucket_boundary: Pad unknown sizes to the boundary minus 1, not to the longest element.
      no_padding: Batch without padding.
      drop_remainder: Leave out batches that are not full.

    Raises:
      ValueError: The numbers of boundaries and batch sizes do not fit.
    """
    if len(bucket_batch_sizes) != len(bucket_boundaries) + 1:
        raise ValueError(
            "`len(bucket_batch_sizes)` must equal `len(bucket_boundaries) + 1` but "
            f"`len(bucket_batch_sizes)={len(bucket_batch_sizes)}` and `len(bucket_boundaries)={len(bucket_boundaries)}`."
        )
    sizes = np.array(bucket_batch_sizes, dtype=np.int64)
    bounds = np.array(bucket_boundaries, dtype=np.int64)
    limits = np.iinfo(np.int32)

    def bucket_of(*element: Any) -> Any:
        length = convert_to_tensor(element_length_func(*element), dtype=dtypes.int32)
        lowest = np.array([limits.min, *bucket_boundaries], dtype=np.int32)
        highest = np.array([*bucket_boundaries, limits.max], dtype=np.int32)
        inside = raw.LogicalAnd(x=raw.LessEqual(x=lowest, y=length), y=raw.Less(x=length, y=highest))
        found = raw.Where(input=inside)
        return raw.Min(input=found, reduction_indices=[0, 1])

    def at(values: Any, bucket: Any) -> Any:
        return raw.GatherV2(params=values, indices=bucket, axis=0)

    def batch_of(bucket: Any, group: Dataset) -> Dataset:
        size = at(sizes, bucket)
        if no_padding:
            return group.batch(size, drop_remainder=drop_remainder)
        filler = None
        if pad_to_bucket_boundary:
            from graphpb.graph.scopes import control_dependencies
            from graphpb.ops.checks import assert_less

            message = "When pad_to_bucket_boundary=True, elements must have length < max(bucket_boundaries)."
            with control_dependencies([assert_less(bucket, np.int64(len(sizes) - 1), message=message)]):
                filler = at(bounds, bucket) - 1
        shapes = structure.map_leaves(lambda s: _filled(s, filler), padded_shapes or group.output_shapes)
        return group.padded_batch(size, shapes, padding_values, drop_remainder=drop_remainder)

    return lambda dataset: dataset.group_by_window(bucket_of, batch_of, window_size_func=lambda bucket: at(sizes, bucket))


def _filled(shape: Any, filler: Any) -> Any:
    sizes = shape.as_list() if hasattr(shape, "as_list") else list(shape)
    if filler is None or all(d is not None for d in sizes):
        return sizes
    return raw.Pack(values=[filler if d is None else np.int64(d) for d in sizes], axis=0)
