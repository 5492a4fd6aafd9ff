"""Datasets made of tensors, numbers, files and Python generators."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from graphpb import dtypes
from graphpb.data import structure
from graphpb.data.dataset import Dataset, int64
from graphpb.data.sparse import SparseTensorSpec
from graphpb.graph import core
from graphpb.graph.convert import convert_n_to_tensor, convert_to_tensor
from graphpb.ops import raw
from graphpb.ops.checks import Assert
from graphpb.ops.compare import greater
from graphpb.ops.math import maximum
from graphpb.ops.script import numpy_function
from graphpb.ops.shape import shape
from graphpb.ops.strings import reduce_join
from graphpb.shapes import Dimension, TensorShape, as_shape


def from_tensors(tensors: Any) -> Dataset:
    """See `Dataset.from_tensors`."""
    element = structure.normalize(tensors)
    spec = structure.spec_of(element)
    handle = raw.TensorDataset(components=structure.to_parts(spec, element), output_shapes=structure.flat_shapes(spec))
    return Dataset(handle, spec, "_TensorDataset")


def from_tensor_slices(tensors: Any, is_files: bool = False) -> Dataset:
    """See `Dataset.from_tensor_slices`."""
    element = structure.normalize(tensors)
    batched = structure.spec_of(element)
    leaves = structure.flatten(batched)
    parts = [
        part
        for spec, value in zip(leaves, structure.flatten(element), strict=True)
        for part in (spec.to_rows(value) if isinstance(spec, SparseTensorSpec) else spec.to_parts(value))
    ]
    if not parts:
        raise ValueError("Invalid `element`. `element` should not be empty.")
    spec = structure.map_leaves(lambda leaf: leaf.unbatched(), batched)
    rows = Dimension(None)
    for part in parts:
        size = Dimension(None if part.shape.ndims is None else part.shape.as_list()[0])
        rows.assert_is_compatible_with(size)
        rows = rows.merge_with(size)
    handle = raw.TensorSliceDataset(components=parts, output_shapes=structure.flat_shapes(spec), is_files=is_files)
    return Dataset(handle, spec, "_TensorSliceDataset")


def number_range(*args: Any, output_type: Any = dtypes.int64) -> Dataset:
    """See `Dataset.range`."""
    if not 1 <= len(args) <= 3:
        raise ValueError(f"Invalid `args`. The length of `args` should be between 1 and 3 but was {len(args)}.")
    start, stop, step = ((0, args[0], 1), (*args, 1), args)[len(args) - 1]
    limits = {"start": int64(start, "start"), "stop": int64(stop, "stop"), "step": int64(step, "step")}
    spec = structure.TensorSpec([], output_type)
    return Dataset(raw.RangeDataset(**limits, output_types=[spec.dtype], output_shapes=[spec.shape]), spec, "_RangeDataset")


def zipped(datasets: Any) -> Dataset:
    """See `Dataset.zip`."""
    parts = structure.flatten(datasets)
    for part in parts:
        if isinstance(part, list):
            raise TypeError(
                "Invalid input to `zip`. Inputs are expected to be (nested) structures of `tf.data.Dataset` objects. "
                "Python `list` is not supported and you should use `tuple` instead."
            )
        if not isinstance(part, Dataset):
            raise TypeError(
                "Invalid input to `zip`. Inputs are expected to be (nested) structures of `tf.data.Dataset` objects but "
                f"encountered object of type {type(part)}."
            )
    spec = structure.pack(datasets, [part.element_spec for part in parts])
    handle = raw.ZipDataset(
        input_datasets=[part._variant_tensor for part in parts],
        output_types=structure.flat_types(spec),
        output_shapes=structure.flat_shapes(spec),
    )
    return Dataset(handle, spec, "_ZipDataset")


def list_files(file_pattern: Any, shuffle: bool | None = None, seed: int | None = None) -> Dataset:
    """See `Dataset.list_files`."""
    with core.name_scope("list_files"):
        pattern = convert_to_tensor(file_pattern, dtype=dtypes.string, name="file_pattern")
        found = raw.MatchingFiles(pattern=pattern)
        some = greater(shape(found)[0], 0, name="match_not_empty")
        message = raw.Add(x="No files matched pattern: ", y=reduce_join(pattern, separator=", "), name="message")
        with core.control_dependencies([Assert(some, [message], summarize=1, name="assert_not_empty")]):
            found = raw.Identity(input=found)
        dataset = from_tensor_slices_of(found)
        if shuffle is None or shuffle:
            dataset = dataset.shuffle(maximum(shape(found, out_type=dtypes.int64)[0], 1), seed=seed)
        return dataset


def from_tensor_slices_of(names: Any) -> Dataset:
    """The file names of a string vector."""
    spec = structure.TensorSpec([], dtypes.string)
    return Dataset(raw.TensorSliceDataset(components=[names], output_shapes=[spec.shape], is_files=True), spec, "_TensorSliceDataset")


class _Generators:
    """The running generators of a dataset, by number."""

    def __init__(self, generator: Callable[..., Any]):
        self._generator = generator
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._arguments: dict[int, tuple[Any, ...]] = {}
        self._running: dict[int, Any] = {}

    def new(self, *arguments: Any) -> np.ndarray:
        with self._lock:
            number = next(self._numbers)
            self._arguments[number] = arguments
        return np.array(number, dtype=np.int64)

    def get(self, number: Any) -> Any:
        number = int(number)
        if number not in self._running:
            self._running[number] = iter(self._generator(*self._arguments.pop(number)))
        return self._running[number]

    def end(self, number: Any) -> np.ndarray:
        self._running.pop(int(number), None)
        return np.array(0, dtype=np.int64)


def _as_array(value: Any, dtype: Any) -> np.ndarray:
    if dtype == dtypes.string:
        array = np.asarray(value)
        if array.dtype.kind not in "SUO":
            raise TypeError("no string")
        flat = [item.encode() if isinstance(item, str) else bytes(item) for item in array.astype(object).ravel().tolist()]
        result = np.empty(array.shape, dtype=object)
        result.reshape(-1)[:] = flat
        return result
    array = np.asarray(value, dtype=dtype.as_numpy_dtype)
    return array


def from_generator(generator: Any, output_types: Any = None, output_shapes: Any = None, args: Any = None, output_signature: Any = None) -> Dataset:
    """See `Dataset.from_generator`."""
    if not callable(generator):
        raise TypeError("`generator` must be a Python callable.")
    if output_signature is not None:
        if output_types is not None or output_shapes is not None:
            raise TypeError("The `output_types` and `output_shapes` arguments can not be used together with the `output_signature` argument.")
        spec = output_signature
    elif output_types is None:
        raise TypeError("To specify the output signature you need to provide either the `output_signature` argument or the `output_types` argument.")
    else:
        types = structure.map_leaves(dtypes.as_dtype, output_types)
        given = [None] * len(structure.flatten(types)) if output_shapes is None else structure.flatten_up_to(types, output_shapes)
        kinds = structure.flatten(types)
        spec = structure.pack(types, [structure.TensorSpec(as_shape(s), t) for s, t in zip(given, kinds, strict=True)])
    leaves = structure.flatten(spec)
    types = structure.legacy(spec, 0)
    arguments = convert_n_to_tensor([] if args is None else list(args), name="args")
    state = _Generators(generator)

    def values_of(number: Any) -> list[np.ndarray]:
        element = next(state.get(number))
        try:
            values = structure.flatten_up_to(spec, element)
        except (TypeError, ValueError):
            raise TypeError(
                "`generator` yielded an element that did not match the expected structure. The expected structure was "
                f"{types}, but the yielded element was {element}."
            ) from None
        arrays = []
        for leaf, value in zip(leaves, values, strict=True):
            try:
                array = _as_array(value, leaf.dtype)
            except (TypeError, ValueError):
                raise TypeError(
                    "`generator` yielded an element that could not be converted to the expected type. The expected type was "
                    f"{leaf.dtype.name}, but the yielded element was {value}."
                ) from None
            if not leaf.shape.is_compatible_with(TensorShape(array.shape)):
                raise TypeError(f"`generator` yielded an element of shape {array.shape} where an element of shape {leaf.shape} was expected.")
            arrays.append(array)
        return arrays

    def get_iterator_id_fn(_: Any) -> Any:
        made = numpy_function(state.new, arguments, dtypes.int64)
        made.set_shape([])
        return made

    def generator_next_fn(number: Any) -> Any:
        values = numpy_function(values_of, [number], [leaf.dtype for leaf in leaves])
        for value, leaf in zip(values, leaves, strict=True):
            value.set_shape(leaf.shape)
        return structure.pack(spec, list(values))

    def finalize_fn(number: Any) -> Any:
        return numpy_function(state.end, [number], dtypes.int64)

    def flat_map_fn(dummy: Any) -> Dataset:
        return _generated(dummy, get_iterator_id_fn, generator_next_fn, finalize_fn)

    return from_tensors(0).flat_map(flat_map_fn)


def _generated(dummy: Any, init: Callable[..., Any], step: Callable[..., Any], end: Callable[..., Any]) -> Dataset:
    from graphpb.data.function import DataFunction

    scalar = structure.TensorSpec([], dtypes.int32)
    start = DataFunction(init, "Dataset.from_generator", scalar)
    following = DataFunction(step, "Dataset.from_generator", start.spec)
    last = DataFunction(end, "Dataset.from_generator", start.spec)
    handle = raw.GeneratorDataset(
        init_func_other_args=[dummy, *start.captured],
        next_func_other_args=following.captured,
        finalize_func_other_args=last.captured,
        init_func=start.name,
        next_func=following.name,
        finalize_func=last.name,
        output_types=structure.flat_types(following.spec),
        output_shapes=structure.flat_shapes(following.spec),
    )
    return Dataset(handle, following.spec, "_GeneratorDataset")
