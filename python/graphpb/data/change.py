"""Datasets made of other datasets: one function for each method of `Dataset` that calls functions or changes the elements' structure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphpb import dtypes
from graphpb.data import structure
from graphpb.data.dataset import Dataset, constant, int64, truth
from graphpb.data.function import DataFunction
from graphpb.graph.convert import convert_to_tensor
from graphpb.ops import raw
from graphpb.shapes import Dimension, TensorShape, as_shape


def _described(spec: Any) -> dict[str, Any]:
    return {"output_types": structure.flat_types(spec), "output_shapes": structure.flat_shapes(spec)}


def _order(deterministic: bool | None) -> str:
    return "default" if deterministic is None else "true" if deterministic else "false"


def mapped(dataset: Dataset, function: Callable[..., Any], parallel: Any, deterministic: bool | None) -> Dataset:
    f = DataFunction(function, "Dataset.map", dataset.element_spec)
    if parallel is None:
        handle = raw.MapDataset(input_dataset=dataset._variant_tensor, other_arguments=f.captured, f=f.name, **_described(f.spec))
        return Dataset(handle, f.spec, "_MapDataset")
    handle = raw.ParallelMapDatasetV2(
        input_dataset=dataset._variant_tensor,
        other_arguments=f.captured,
        num_parallel_calls=int64(parallel, "num_parallel_calls"),
        f=f.name,
        deterministic=_order(deterministic),
        **_described(f.spec),
    )
    return Dataset(handle, f.spec, "_ParallelMapDataset")


def map_and_batched(dataset: Dataset, function: Callable[..., Any], size: Any, parallel: Any, drop_remainder: Any) -> Dataset:
    f = DataFunction(function, "tf.data.experimental.map_and_batch", dataset.element_spec)
    size, parallel, drop = int64(size, "batch_size"), int64(parallel, "num_parallel_calls"), truth(drop_remainder, "drop_remainder")
    count = constant(size) if constant(drop) else None
    spec = structure.map_leaves(lambda leaf: leaf.batched(count), f.spec)
    handle = raw.MapAndBatchDataset(
        input_dataset=dataset._variant_tensor,
        other_arguments=f.captured,
        batch_size=size,
        num_parallel_calls=parallel,
        drop_remainder=drop,
        f=f.name,
        preserve_cardinality=True,
        **_described(spec),
    )
    return Dataset(handle, spec, "_MapAndBatchDataset")


def _predicate(dataset: Dataset, function: Callable[..., Any], transformation: str) -> DataFunction:
    f = DataFunction(function, transformation, dataset.element_spec)
    spec = f.spec
    if not (isinstance(spec, structure.TensorSpec) and spec.dtype == dtypes.bool and spec.shape.is_compatible_with(TensorShape([]))):
        raise ValueError(f"Invalid `predicate`. `predicate` must return a `tf.bool` scalar tensor, but its return type is {spec!r}.")
    return f


def filtered(dataset: Dataset, function: Callable[..., Any]) -> Dataset:
    f = _predicate(dataset, function, "Dataset.filter")
    handle = raw.FilterDataset(
        input_dataset=dataset._variant_tensor, other_arguments=f.captured, predicate=f.name, **_described(dataset.element_spec)
    )
    return Dataset(handle, dataset.element_spec, "_FilterDataset")


def taken_while(dataset: Dataset, function: Callable[..., Any]) -> Dataset:
    f = _predicate(dataset, function, "Dataset.take_while")
    handle = raw.TakeWhileDataset(
        input_dataset=dataset._variant_tensor, other_arguments=f.captured, predicate=f.name, **_described(dataset.element_spec)
    )
    return Dataset(handle, dataset.element_spec, "_TakeWhileDataset")


def _dataset_function(dataset: Dataset, function: Callable[..., Any], transformation: str) -> DataFunction:
    f = DataFunction(function, transformation, dataset.element_spec)
    if not isinstance(f.spec, structure.DatasetSpec):
        got = f.spec.value_type if isinstance(f.spec, structure.TensorSpec) else type(f.spec)
        raise TypeError(f"The `map_func` argument must return a `Dataset` object. Got {got!r}.")
    return f


def flat_mapped(dataset: Dataset, function: Callable[..., Any]) -> Dataset:
    f = _dataset_function(dataset, function, "Dataset.flat_map")
    spec = f.spec.element_spec
    handle = raw.FlatMapDataset(input_dataset=dataset._variant_tensor, other_arguments=f.captured, f=f.name, **_described(spec))
    return Dataset(handle, spec, "_FlatMapDataset")


def interleaved(dataset: Dataset, function: Callable[..., Any], cycle: Any, block: Any, parallel: Any, deterministic: bool | None) -> Dataset:
    f = _dataset_function(dataset, function, "Dataset.interleave")
    spec = f.spec.element_spec
    common = {"input_dataset": dataset._variant_tensor, "other_arguments": f.captured, "f": f.name, **_described(spec)}
    common["cycle_length"] = int64(-1 if cycle is None else cycle, "cycle_length")
    common["block_length"] = int64(1 if block is None else block, "block_length")
    if parallel is None:
        return Dataset(raw.InterleaveDataset(**common), spec, "_InterleaveDataset")
    handle = raw.ParallelInterleaveDatasetV4(
        **common,
        buffer_output_elements=int64(-1, "buffer_output_elements"),
        prefetch_input_elements=int64(-1, "prefetch_input_elements"),
        num_parallel_calls=int64(parallel, "num_parallel_calls"),
        deterministic=_order(deterministic),
    )
    return Dataset(handle, spec, "_ParallelInterleaveDataset")


def parallel_interleaved(
    dataset: Dataset, function: Callable[..., Any], cycle: Any, block: Any, sloppy: bool | None, buffered: Any, prefetched: Any
) -> Dataset:
    f = _dataset_function(dataset, function, "tf.data.experimental.parallel_interleave")
    spec = f.spec.element_spec
    handle = raw.LegacyParallelInterleaveDatasetV2(
        input_dataset=dataset._variant_tensor,
        other_arguments=f.captured,
        cycle_length=int64(cycle, "cycle_length"),
        block_length=int64(block, "block_length"),
        buffer_output_elements=int64(2 * block if buffered is None else buffered, "buffer_output_elements"),
        prefetch_input_elements=int64(2 * cycle if prefetched is None else prefetched, "prefetch_input_elements"),
        f=f.name,
        deterministic=_order(None if sloppy is None else not sloppy),
        **_described(spec),
    )
    return Dataset(handle, spec, "ParallelInterleaveDataset")


def batched(dataset: Dataset, size: Any, drop_remainder: Any, parallel: Any, deterministic: bool | None) -> Dataset:
    size, drop = int64(size, "batch_size"), truth(drop_remainder, "drop_remainder")
    count = constant(size) if constant(drop) else None
    spec = structure.map_leaves(lambda leaf: leaf.batched(count), dataset.element_spec)
    common = {"input_dataset": dataset._variant_tensor, "batch_size": size, "drop_remainder": drop, **_described(spec)}
    if parallel is None:
        return Dataset(raw.BatchDatasetV2(**common), spec, "_BatchDataset")
    handle = raw.ParallelBatchDataset(**common, num_parallel_calls=int64(parallel, "num_parallel_calls"), deterministic=_order(deterministic))
    return Dataset(handle, spec, "_ParallelBatchDataset")


def _padded_shape(padded: Any, shape: TensorShape) -> Any:
    """The padded shape as an int64 vector, −1 for sizes that the largest element of a batch decides."""
    try:
        known = as_shape(padded)
        vector = convert_to_tensor([-1 if d is None else d for d in known.as_list()], dtype=dtypes.int64)
    except (TypeError, ValueError):
        vector = convert_to_tensor(padded, preferred_dtype=dtypes.int64)
        if vector.shape.ndims not in (None, 1):
            raise ValueError(f"Padded shape {padded} must be a `tf.int64` vector tensor, but its shape was {vector.shape}.") from None
        if vector.dtype != dtypes.int64:
            raise TypeError(f"Padded shape {padded} must be a `tf.int64` vector tensor, but its element type was {vector.dtype.name}.") from None
        known = _shape_of(vector)
    if known.ndims is not None and shape.ndims is not None:
        small = known.ndims == shape.ndims and any(
            p is not None and d is not None and p < d for p, d in zip(known.as_list(), shape.as_list(), strict=True)
        )
        if known.ndims != shape.ndims or small:
            raise ValueError(f"The padded shape {known} is not compatible with the shape {shape} of the corresponding input component.")
    return vector


def _shape_of(vector: Any) -> TensorShape:
    value = vector.graph.constant_value(vector)
    if value is not None:
        return TensorShape([None if d < 0 else int(d) for d in value])
    return TensorShape(None) if vector.shape.ndims is None else TensorShape([None] * vector.shape.as_list()[0])


def _padding(value: Any, spec: Any) -> Any:
    if value is None:
        if spec.dtype == dtypes.variant:
            raise TypeError("Unable to create default padding value for a component of type 'variant'.")
        value = "" if spec.dtype == dtypes.string else np.zeros([], dtype=spec.dtype.as_numpy_dtype)
    value = convert_to_tensor(value, name="padding_value")
    if not value.shape.is_compatible_with(TensorShape([])):
        raise ValueError(f"Invalid `padding_values`. `padding_values` values should be scalars, but got {value.shape}.")
    if value.dtype != spec.dtype:
        raise TypeError(
            f"Invalid `padding_values`. `padding_values` values type {value.dtype} does not match type {spec.dtype} "
            "of the corresponding input component."
        )
    return value


def padded(dataset: Dataset, size: Any, shapes: Any, values: Any, drop_remainder: Any) -> Dataset:
    leaves = structure.flatten(dataset.element_spec)
    for leaf in leaves:
        if isinstance(leaf, structure.DatasetSpec):
            raise TypeError("`padded_batch` is not supported for datasets of datasets")
        if not isinstance(leaf, structure.TensorSpec):
            raise TypeError(
                "`padded_batch` is only supported for datasets that produce tensor elements but type spec of elements in the input "
                f"dataset is not a subclass of TensorSpec: `{leaf}`."
            )
    if shapes is None:
        shapes = structure.legacy(dataset.element_spec, 1)
        if any(leaf.shape.ndims is None for leaf in leaves):
            raise ValueError(
                "You must provide `padded_shapes` argument because component of unknown rank is present in the dataset's elements: "
                f"{dataset.element_spec!r}"
            )
    size = int64(size, "batch_size")
    vectors = [_padded_shape(p, leaf.shape) for p, leaf in zip(structure.flatten_up_to(dataset.element_spec, shapes), leaves, strict=True)]
    if structure.is_nested(dataset.element_spec) and not structure.is_nested(values):
        fills = [values] * len(leaves)
    else:
        fills = structure.flatten_up_to(dataset.element_spec, values)
    fills = [_padding(value, leaf) for value, leaf in zip(fills, leaves, strict=True)]
    drop = truth(drop_remainder, "drop_remainder")
    first = TensorShape([constant(size) if constant(drop) else None])
    spec = structure.pack(
        dataset.element_spec,
        [structure.TensorSpec(first.concatenate(_shape_of(v)), leaf.dtype) for v, leaf in zip(vectors, leaves, strict=True)],
    )
    handle = raw.PaddedBatchDatasetV2(
        input_dataset=dataset._variant_tensor,
        batch_size=size,
        padded_shapes=vectors,
        padding_values=fills,
        drop_remainder=drop,
        output_shapes=structure.flat_shapes(spec),
    )
    return Dataset(handle, spec, "_PaddedBatchDataset")


def unbatched(dataset: Dataset) -> Dataset:
    rows = Dimension(None)
    for shape in structure.flat_shapes(dataset.element_spec):
        if shape.ndims == 0:
            raise ValueError("Cannot unbatch an input with scalar components.")
        size = Dimension(None if shape.ndims is None else shape.as_list()[0])
        try:
            rows = rows.merge_with(size)
        except ValueError:
            raise ValueError(
                "`unbatch()` is only supported for datasets of elements whose components have a matching leading dimension. "
                f"Encountered both {rows} and {size}."
            ) from None
    spec = structure.map_leaves(lambda leaf: leaf.unbatched(), dataset.element_spec)
    return Dataset(raw.UnbatchDataset(input_dataset=dataset._variant_tensor, **_described(spec)), spec, "_UnbatchDataset")


def windowed(dataset: Dataset, size: Any, shift: Any, stride: Any, drop_remainder: Any) -> Dataset:
    spec = structure.map_leaves(structure.DatasetSpec, dataset.element_spec)
    handle = raw.WindowDataset(
        input_dataset=dataset._variant_tensor,
        size=int64(size, "size"),
        shift=int64(size if shift is None else shift, "shift"),
        stride=int64(stride, "stride"),
        drop_remainder=truth(drop_remainder, "drop_remainder"),
        **_described(spec),
    )
    return Dataset(handle, spec, "_WindowDataset")


def concatenated(dataset: Dataset, other: Dataset) -> Dataset:
    def fail() -> TypeError:
        return TypeError(f"Incompatible dataset elements:\n  {dataset.element_spec!r} vs.   {other.element_spec!r}")

    try:
        spec = structure.map_leaves(lambda a, b: a.widened(b), dataset.element_spec, other.element_spec)
    except (TypeError, ValueError):
        raise fail() from None
    if any(leaf is None for leaf in structure.flatten(spec)):
        raise fail()
    handle = raw.ConcatenateDataset(input_dataset=dataset._variant_tensor, another_dataset=other._variant_tensor, **_described(spec))
    return Dataset(handle, spec, "_ConcatenateDataset")


def _stateful(dataset: Dataset, state: Any, function: Callable[..., Any], transformation: str, split: bool) -> tuple[Any, DataFunction, list[Any]]:
    """The spec of a state that a function carries on, the function, and the first state's tensors.

    The shapes of the state are widened until the function keeps them.
    """
    state = structure.normalize(state)
    spec = structure.spec_of(state)
    while True:
        element = (spec, dataset.element_spec)
        f = DataFunction(lambda s, e: function(s, *e) if isinstance(e, tuple) and not split else function(s, e), transformation, element)
        new = f.spec
        if split:
            if not (isinstance(new, tuple) and len(new) == 2):
                raise TypeError(f"Invalid `scan_func`. `scan_func` should return a pair consisting of new state and the output value but got {new}.")
            new = new[0]
        try:
            wider = structure.map_leaves(lambda a, b: a.widened(b), spec, new)
        except (TypeError, ValueError):
            raise TypeError(
                f"The element classes for the new state must match the initial state. Expected {structure.legacy(spec, 2)} but got "
                f"{structure.legacy(new, 2)}."
            ) from None
        if any(leaf is None for leaf in structure.flatten(wider)):
            raise TypeError(
                f"The element types for the new state must match the initial state. Expected {structure.legacy(spec, 0)} but got "
                f"{structure.legacy(new, 0)}."
            )
        if wider == spec:
            return spec, f, structure.to_parts(spec, state)
        spec = wider


def reduced(dataset: Dataset, initial_state: Any, function: Callable[..., Any]) -> Any:
    spec, f, state = _stateful(dataset, initial_state, function, "Dataset.reduce", split=False)
    parts = raw.ReduceDataset(input_dataset=dataset._variant_tensor, initial_state=state, other_arguments=f.captured, f=f.name, **_described(spec))
    return structure.from_parts(spec, list(parts))


def scanned(dataset: Dataset, initial_state: Any, function: Callable[..., Any]) -> Dataset:
    _, f, state = _stateful(dataset, initial_state, function, "Dataset.scan", split=True)
    spec = f.spec[1]
    handle = raw.ScanDataset(
        input_dataset=dataset._variant_tensor,
        initial_state=state,
        other_arguments=f.captured,
        f=f.name,
        preserve_cardinality=True,
        **_described(spec),
    )
    return Dataset(handle, spec, "_ScanDataset")


def _int64_scalar(value: Any) -> Any:
    return convert_to_tensor(value, dtype=dtypes.int64)


def grouped(dataset: Dataset, key: Callable[..., Any], reduce: Callable[..., Any], size: Callable[..., Any]) -> Dataset:
    scalar = structure.TensorSpec([], dtypes.int64)
    transformation = "Dataset.group_by_window"
    keys = DataFunction(key, transformation, dataset.element_spec, _int64_scalar)
    makes = DataFunction(reduce, transformation, (scalar, structure.DatasetSpec(dataset.element_spec)))
    sizes = DataFunction(size, transformation, scalar, _int64_scalar)
    if not isinstance(makes.spec, structure.DatasetSpec):
        raise TypeError(f"Invalid `reduce_func`. `reduce_func` must return a single `tf.data.Dataset` object but its return type is {makes.spec}.")
    spec = makes.spec.element_spec
    handle = raw.GroupByWindowDataset(
        input_dataset=dataset._variant_tensor,
        key_func_other_arguments=keys.captured,
        reduce_func_other_arguments=makes.captured,
        window_size_func_other_arguments=sizes.captured,
        key_func=keys.name,
        reduce_func=makes.name,
        window_size_func=sizes.name,
        **_described(spec),
    )
    return Dataset(handle, spec, "_GroupByWindowDataset")
