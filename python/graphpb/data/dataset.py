"""tf.data.Dataset: a sequence of elements, described by nodes of the graph and read through iterators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphpb import dtypes
from graphpb.data import structure
from graphpb.data.iterator import initializable, one_shot
from graphpb.graph import core
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import colocate_with
from graphpb.ops import raw

AUTOTUNE = -1
INFINITE_CARDINALITY = -1
UNKNOWN_CARDINALITY = -2


def int64(value: Any, name: str) -> Any:
    """An int64 tensor."""
    return convert_to_tensor(value, dtype=dtypes.int64, name=name)


def truth(value: Any, name: str) -> Any:
    """A bool tensor."""
    return convert_to_tensor(value, dtype=dtypes.bool, name=name)


def constant(tensor: Any) -> Any:
    """The Python value of a scalar tensor that is known while building, else None."""
    value = tensor.graph.constant_value(tensor)
    return None if value is None else value.item()


def _seeds(seed: int | None) -> tuple[Any, Any]:
    from graphpb.ops.random import get_seed

    first, second = get_seed(seed)
    one = int64(0 if first is None else first, "seed")
    if second is None:
        return one, int64(0, "seed2")
    with core.name_scope("seed2") as scope:
        two = convert_to_tensor(second, dtype=dtypes.int64)
        zeros = raw.LogicalAnd(x=raw.Equal(x=one, y=0), y=raw.Equal(x=two, y=0))
        largest = convert_to_tensor(2**31 - 1, dtype=dtypes.int64)
        return one, raw.SelectV2(condition=zeros, t=largest, e=two, name=scope)


class Dataset:
    """A sequence of elements, each a tensor or a structure (tuples, dicts) of tensors.

    Made by the static methods and by `TFRecordDataset`, `TextLineDataset` and `FixedLengthRecordDataset`; each method that
    changes it returns a new one. Every method takes `name` too, which changes nothing.

    Example:
      >>> import graphpb as tf
      >>> element = tf.data.Dataset.range(5).map(lambda x: x * x).batch(3).make_one_shot_iterator().get_next()
      >>> with tf.Session() as sess:
      ...     print(sess.run(element), sess.run(element))
      [0 1 4] [ 9 16]
    """

    def __init__(self, variant_tensor: Any, element_spec: Any, kind: str):
        self._variant_tensor = variant_tensor
        self._spec = element_spec
        self._kind = kind
        self._given_options: Any = None

    def __repr__(self) -> str:
        return f"<{self._kind} element_spec={self.element_spec!r}>"

    def __iter__(self) -> Any:
        raise RuntimeError("`tf.data.Dataset` only supports Python-style iteration in eager mode or within tf.function.")

    def __len__(self) -> int:
        raise TypeError("`tf.data.Dataset` only supports `len` in eager mode. Use `tf.data.Dataset.cardinality()` instead.")

    def __bool__(self) -> bool:
        return True

    # What the elements look like

    @property
    def element_spec(self) -> Any:
        """The specs of an element's components, in the element's structure."""
        return self._spec

    @property
    def output_types(self) -> Any:
        """The types of an element's components, in the element's structure."""
        return structure.legacy(self._spec, 0)

    @property
    def output_shapes(self) -> Any:
        """The static shapes of an element's components, in the element's structure."""
        return structure.legacy(self._spec, 1)

    @property
    def output_classes(self) -> Any:
        """The classes of an element's components (`tf.Tensor`, `tf.SparseTensor`), in the element's structure."""
        return structure.legacy(self._spec, 2)

    @property
    def _flat_structure(self) -> dict[str, Any]:
        return {"output_types": structure.flat_types(self._spec), "output_shapes": structure.flat_shapes(self._spec)}

    # Making one

    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> Dataset:
        """Return the dataset whose one element is `tensors`."""
        from graphpb.data import make

        return make.from_tensors(tensors)

    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> Dataset:
        """Return the rows (first axis) of tensors as elements.

        Args:
          tensors: Tensor [n, …], or a structure of tensors with equal n.

        Raises:
          ValueError: A tensor is a scalar, there is none, or the n differ.
          tf.errors.InvalidArgumentError: While running: the n differ.
        """
        from graphpb.data import make

        return make.from_tensor_slices(tensors)

    @staticmethod
    def from_sparse_tensor_slices(sparse_tensor: Any) -> Dataset:
        """Return the rows of a sparse tensor as elements (indices, values, shape)."""
        handle = raw.SparseTensorSliceDataset(indices=sparse_tensor.indices, values=sparse_tensor.values, dense_shape=sparse_tensor.dense_shape)
        rank = sparse_tensor.dense_shape.shape.as_list()[0]
        rest = None if rank is None else rank - 1
        spec = (
            structure.TensorSpec([None, rest], dtypes.int64),
            structure.TensorSpec([None], sparse_tensor.dtype),
            structure.TensorSpec([rest], dtypes.int64),
        )
        return Dataset(handle, spec, "_SparseTensorSliceDataset")

    @staticmethod
    def from_generator(
        generator: Callable[..., Any],
        output_types: Any = None,
        output_shapes: Any = None,
        args: Any = None,
        output_signature: Any = None,
        name: str | None = None,
    ) -> Dataset:
        """Return what a Python generator yields, as elements. The graph cannot be run without the program that made it.

        Args:
          generator: Function that returns an iterator; called once for each pass, with the values of `args` as arrays.
          output_types: The types of an element's components, in its structure.
          output_shapes: Their shapes; default unknown.
          args: Tensors.
          output_signature: Specs, instead of types and shapes.

        Raises:
          TypeError: `generator` is not callable, or no types are given.
          tf.errors.InvalidArgumentError: While running: an element has another structure, type or shape.
        """
        from graphpb.data import make

        return make.from_generator(generator, output_types, output_shapes, args, output_signature)

    @staticmethod
    def range(*args: Any, output_type: Any = dtypes.int64, name: str | None = None) -> Dataset:
        """Return the numbers of `range(stop)`, `range(start, stop)` or `range(start, stop, step)` as int64 scalars."""
        from graphpb.data import make

        return make.number_range(*args, output_type=output_type)

    @staticmethod
    def zip(*args: Any, datasets: Any = None, name: str | None = None) -> Dataset:
        """Return the elements of several datasets side by side, as long as all have one.

        Args:
          datasets: A structure (tuple or dict, no list) of datasets; or several datasets as arguments.

        Raises:
          TypeError: Something in the structure is no dataset.
        """
        from graphpb.data import make

        if not args and datasets is None:
            raise TypeError("Must pass at least one dataset to `zip`.")
        if args and datasets is not None:
            raise TypeError("Both `*args` and `datasets` cannot be set.")
        return make.zipped(datasets if datasets is not None else args[0] if len(args) == 1 else args)

    @staticmethod
    def list_files(file_pattern: Any, shuffle: bool | None = None, seed: int | None = None, name: str | None = None) -> Dataset:
        """Return the names of the files that match patterns.

        Args:
          file_pattern: string tensor: patterns with `*`, `?`, `[…]`.
          shuffle: False keeps them sorted; default a random order.

        Raises:
          tf.errors.InvalidArgumentError: While running: no file matches.
        """
        from graphpb.data import make

        return make.list_files(file_pattern, shuffle, seed)

    # Functions of the elements

    def map(
        self, map_func: Callable[..., Any], num_parallel_calls: Any = None, deterministic: bool | None = None, name: str | None = None
    ) -> Dataset:
        """Return what a function makes of each element.

        Args:
          map_func: Takes the components of a tuple as arguments, any other element as one; returns a tensor or structure.
            It is called once, to build a function of the graph. A list that it returns counts as a tuple.
          num_parallel_calls: Accepted: elements are made one after the other.

        Raises:
          TypeError: The function returns None or something that is no tensor.
          tf.errors.OpError: While running: what an op of the function raises.
        """
        from graphpb.data import change

        return change.mapped(self, map_func, num_parallel_calls, deterministic)

    map_with_legacy_function = map

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> Dataset:
        """Return the elements of the datasets that a function makes of each element, one dataset after the other.

        Raises:
          TypeError: The function returns no dataset.
        """
        from graphpb.data import change

        return change.flat_mapped(self, map_func)

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: Any = None,
        block_length: Any = None,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """Return elements of the datasets that a function makes, `block_length` at a time from `cycle_length` of them in turns.

        Args:
          map_func: Makes a dataset of an element.
          cycle_length: Datasets open at a time; default 4.
          block_length: Elements in a row from one; default 1.
          num_parallel_calls: Accepted: elements are made one after the other.

        Raises:
          TypeError: The function returns no dataset.
        """
        from graphpb.data import change

        return change.interleaved(self, map_func, cycle_length, block_length, num_parallel_calls, deterministic)

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """Return the elements for which a function gives true.

        Raises:
          ValueError: The function returns something other than a bool scalar.
        """
        from graphpb.data import change

        return change.filtered(self, predicate)

    def take_while(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """Return the elements before the first for which a function gives false."""
        from graphpb.data import change

        return change.taken_while(self, predicate)

    def scan(self, initial_state: Any, scan_func: Callable[..., Any], name: str | None = None) -> Dataset:
        """Return the outputs of `scan_func(state, element) -> (state, output)`, which carries a state along."""
        from graphpb.data import change

        return change.scanned(self, initial_state, scan_func)

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any], name: str | None = None) -> Any:
        """Return the last state of `reduce_func(state, element) -> state` as tensors; the whole dataset is read each time.

        Raises:
          TypeError: The function returns a state of other types or structure.
        """
        from graphpb.data import change

        return change.reduced(self, initial_state, reduce_func)

    def group_by_window(
        self,
        key_func: Callable[..., Any],
        reduce_func: Callable[..., Any],
        window_size: int | None = None,
        window_size_func: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> Dataset:
        """Return the elements of `reduce_func(key, dataset)` for each `window_size` elements with one key.

        Args:
          key_func: Makes an int64 scalar of an element.
          window_size_func: Makes the size of a key, instead of `window_size`.

        Raises:
          ValueError: Both sizes are given, or neither.
        """
        from graphpb.data import change

        if (window_size is None) == (window_size_func is None):
            raise ValueError("Either the `window_size` argument or the `window_size_func` argument must be specified.")
        size = window_size_func or (lambda _: convert_to_tensor(window_size, dtype=dtypes.int64))
        return change.grouped(self, key_func, reduce_func, size)

    def apply(self, transformation_func: Callable[[Dataset], Dataset]) -> Dataset:
        """Return `transformation_func(self)`.

        Raises:
          TypeError: It is no dataset.
        """
        dataset = transformation_func(self)
        if not isinstance(dataset, Dataset):
            raise TypeError(f"`transformation_func` must return a `tf.data.Dataset` object. Got {type(dataset)}.")
        return dataset

    # Batches

    def batch(
        self,
        batch_size: Any,
        drop_remainder: Any = False,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """Return each `batch_size` elements stacked along a new first axis.

        Args:
          batch_size: int64 scalar, at least 1.
          drop_remainder: Leave out a smaller last batch; then the static shapes have the size.

        Raises:
          tf.errors.InvalidArgumentError: While running: `batch_size` is not positive, or elements of a batch have different shapes.
        """
        from graphpb.data import change

        return change.batched(self, batch_size, drop_remainder, num_parallel_calls, deterministic)

    def padded_batch(
        self, batch_size: Any, padded_shapes: Any = None, padding_values: Any = None, drop_remainder: Any = False, name: str | None = None
    ) -> Dataset:
        """Return each `batch_size` elements padded to one size and stacked.

        Args:
          padded_shapes: A shape for each component; None or −1 for a size that the largest element of a batch decides.
            Default the static shapes.
          padding_values: Scalars; default zeros and empty strings.
          drop_remainder: Leave out a smaller last batch.

        Raises:
          ValueError: A padded shape does not fit the static shape of its component.
          tf.errors.DataLossError: While running: an element is larger than its padded shape.
        """
        from graphpb.data import change

        return change.padded(self, batch_size, padded_shapes, padding_values, drop_remainder)

    def unbatch(self, name: str | None = None) -> Dataset:
        """Return the rows of the elements as elements."""
        from graphpb.data import change

        return change.unbatched(self)

    def window(self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: Any = False, name: str | None = None) -> Dataset:
        """Return each `size` elements, every `stride`-th, as a dataset for each component; windows start `shift` (default `size`) apart."""
        from graphpb.data import change

        return change.windowed(self, size, shift, stride, drop_remainder)

    # Elements as they are

    def _same(self, kind: str, op: Callable[..., Any], **arguments: Any) -> Dataset:
        made = Dataset(op(input_dataset=self._variant_tensor, **arguments, **self._flat_structure), self._spec, kind)
        made._given_options = self._given_options
        return made

    def shuffle(self, buffer_size: Any, seed: int | None = None, reshuffle_each_iteration: bool | None = None, name: str | None = None) -> Dataset:
        """Return the elements in random order: each is drawn from a buffer of the next `buffer_size` ones. Equal seeds give TensorFlow's order.

        Args:
          seed: With the graph's seed, decides the order; see `tf.set_random_seed`.
          reshuffle_each_iteration: Whether each pass has an order of its own; default True.
        """
        size = int64(buffer_size, "buffer_size")
        one, two = _seeds(seed)
        again = True if reshuffle_each_iteration is None else reshuffle_each_iteration
        return self._same("_ShuffleDataset", raw.ShuffleDataset, buffer_size=size, seed=one, seed2=two, reshuffle_each_iteration=again)

    def repeat(self, count: Any = None, name: str | None = None) -> Dataset:
        """Return the elements `count` times over; without end when it is None or −1."""
        return self._same("_RepeatDataset", raw.RepeatDataset, count=int64(-1 if count is None else count, "count"))

    def take(self, count: Any, name: str | None = None) -> Dataset:
        """Return the first `count` elements; all when it is −1."""
        return self._same("_TakeDataset", raw.TakeDataset, count=int64(count, "count"))

    def skip(self, count: Any, name: str | None = None) -> Dataset:
        """Return the elements after the first `count`; none when it is −1."""
        return self._same("_SkipDataset", raw.SkipDataset, count=int64(count, "count"))

    def shard(self, num_shards: Any, index: Any, name: str | None = None) -> Dataset:
        """Return every `num_shards`-th element, from number `index` on."""
        return self._same("_ShardDataset", raw.ShardDataset, num_shards=int64(num_shards, "num_shards"), index=int64(index, "index"))

    def cache(self, filename: Any = "", name: str | None = None) -> Dataset:
        """Return the elements, kept in memory by the first pass that reaches the end.

        Raises:
          tf.errors.UnimplementedError: While running: `filename` is not empty.
        """
        return self._same("CacheDataset", raw.CacheDataset, filename=convert_to_tensor(filename, dtype=dtypes.string, name="filename"))

    def prefetch(self, buffer_size: Any, name: str | None = None) -> Dataset:
        """Return the elements. They are made when they are asked for; `buffer_size` is kept in the graph for TensorFlow."""
        size = AUTOTUNE if buffer_size is None else buffer_size
        tensor = int64(size, "buffer_size")
        tuned = isinstance(size, int) and size == AUTOTUNE
        with colocate_with(self._variant_tensor):
            return self._same("_PrefetchDataset", raw.PrefetchDataset, buffer_size=tensor, legacy_autotune=tuned)

    def concatenate(self, dataset: Dataset, name: str | None = None) -> Dataset:
        """Return these elements, then those of another dataset of the same types.

        Raises:
          TypeError: The structures or types differ.
        """
        from graphpb.data import change

        return change.concatenated(self, dataset)

    def enumerate(self, start: Any = 0, name: str | None = None) -> Dataset:
        """Return pairs of a number, counted from `start`, and an element."""
        return Dataset.zip((Dataset.range(start, 2**63 - 1), self))

    def with_options(self, options: Any, name: str | None = None) -> Dataset:
        """Return the elements; options are kept with the dataset and change nothing else."""
        made = self._same("_OptionsDataset", raw.OptionsDataset, serialized_options=options._serialized())
        made._given_options = options
        return made

    def options(self) -> Any:
        """Return the options of `with_options`, or new ones."""
        from graphpb.data.options import Options

        return self._given_options or Options()

    def cardinality(self, name: str | None = None) -> Any:
        """Return the number of elements as an int64 tensor: `INFINITE_CARDINALITY` and `UNKNOWN_CARDINALITY` are negative."""
        return raw.DatasetCardinality(input_dataset=self._variant_tensor)

    def get_single_element(self, name: str | None = None) -> Any:
        """Return the only element as tensors. InvalidArgumentError while running when there is none, or another one."""
        parts = raw.DatasetToSingleElement(dataset=self._variant_tensor, **self._flat_structure)
        return structure.from_parts(self._spec, list(parts))

    def ignore_errors(self, log_warning: bool = False, name: str | None = None) -> Dataset:
        """Return the elements that can be made; those that fail are left out."""
        return self._same("_IgnoreErrorsDataset", raw.IgnoreErrorsDataset, log_warning=log_warning)

    # Reading it

    def make_one_shot_iterator(self) -> Any:
        """Return an iterator that passes over the dataset once in a session.

        Raises:
          ValueError: The dataset uses a placeholder or a variable: use `make_initializable_iterator`.
        """
        return one_shot(self)

    _make_one_shot_iterator = make_one_shot_iterator

    def make_initializable_iterator(self, shared_name: str | None = None) -> Any:
        """Return an iterator that starts a pass whenever its `initializer` is run."""
        return initializable(self, shared_name)

    _make_initializable_iterator = make_initializable_iterator
