"""Input pipelines of queues: producers of names, numbers and slices, and batches of what threads put in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphpb import dtypes
from graphpb.graph.collections import GraphKeys
from graphpb.graph.composite import SparseTensor
from graphpb.graph.control_choice import smart_cond
from graphpb.graph.convert import constant, convert_n_to_tensor, convert_to_tensor
from graphpb.graph.core import Tensor
from graphpb.graph.scopes import control_dependencies, name_scope
from graphpb.ops import raw
from graphpb.ops.array import identity
from graphpb.ops.cast import cast
from graphpb.ops.checks import Assert
from graphpb.ops.dependencies import no_op
from graphpb.ops.files import matching_files
from graphpb.ops.gather import dynamic_partition, gather
from graphpb.ops.math import range as _range
from graphpb.ops.queues import FIFOQueue, PaddingFIFOQueue, QueueBase, RandomShuffleQueue
from graphpb.ops.random import random_shuffle
from graphpb.ops.shape import shape as _shape
from graphpb.ops.shape import size as _size
from graphpb.shapes import as_shape
from graphpb.summary.ops import scalar
from graphpb.train.queue_runner import QueueRunner, add_queue_runner
from graphpb.variables.variable import Variable


def match_filenames_once(pattern: Any, name: str | None = None) -> Variable:
    """Return a local variable, string [files], of the names that match a pattern when it is initialized."""
    with name_scope(name, "matching_filenames", [pattern]) as name:
        return Variable(
            name=name, initial_value=matching_files(pattern), trainable=False, validate_shape=False, collections=[GraphKeys.LOCAL_VARIABLES]
        )


def limit_epochs(tensor: Any, num_epochs: int | None = None, name: str | None = None) -> Any:
    """Return a tensor that can be evaluated `num_epochs` times (None: without limit); it counts in a local variable `epochs`.

    tf.errors.OutOfRangeError, when it runs once more. ValueError: num_epochs < 1.
    """
    if num_epochs is None:
        return tensor
    if num_epochs <= 0:
        raise ValueError(f"num_epochs must be > 0 not {num_epochs}.")
    with name_scope(name, "limit_epochs", [tensor]) as name:
        zero = constant(0, dtype=dtypes.int64)
        epochs = Variable(zero, name="epochs", trainable=False, collections=[GraphKeys.LOCAL_VARIABLES])
        with control_dependencies([epochs.count_up_to(num_epochs)]):
            return identity(tensor, name=name)


def input_producer(
    input_tensor: Any,
    element_shape: Any = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    summary_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> QueueBase:
    """Make a queue that a thread fills with the rows of a tensor, and its QueueRunner.

    Args:
      input_tensor: T [rows, ...]. element_shape: shape of a row, where the tensor's is not known.
      num_epochs: How often all rows go in before the queue is closed (initialize local variables), None: for ever.
      shuffle: Whether each epoch has another order. seed: of that.
      capacity: The most rows in the queue. summary_name: tag of a summary of how full it is.

    ValueError: the shape of a row is not known.
    """
    with name_scope(name, "input_producer", [input_tensor]):
        input_tensor = convert_to_tensor(input_tensor, name="input_tensor")
        element_shape = input_tensor.shape[1:].merge_with(element_shape)
        if not element_shape.is_fully_defined():
            raise ValueError("Either `input_tensor` must have a fully defined shape or `element_shape` must be specified")
        if shuffle:
            input_tensor = random_shuffle(input_tensor, seed=seed)
        input_tensor = limit_epochs(input_tensor, num_epochs)
        queue = FIFOQueue(capacity=capacity, dtypes=[input_tensor.dtype.base_dtype], shapes=[element_shape], shared_name=shared_name, name=name)
        add_queue_runner(QueueRunner(queue, [queue.enqueue_many([input_tensor])], cancel_op=cancel_op))
        if summary_name is not None:
            scalar(summary_name, cast(queue.size(), dtypes.float32) * (1.0 / capacity))
        return queue


def string_input_producer(
    string_tensor: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> QueueBase:
    """Make a queue of strings, most often file names for a reader. Args: string_tensor: string [n]; others see input_producer.

    ValueError: `string_tensor` is empty.
    """
    empty = "string_input_producer requires a non-null input tensor"
    if not isinstance(string_tensor, Tensor) and not string_tensor:
        raise ValueError(empty)
    with name_scope(name, "input_producer", [string_tensor]) as name:
        string_tensor = convert_to_tensor(string_tensor, dtype=dtypes.string)
        with control_dependencies([Assert(raw.Greater(x=_size(string_tensor), y=0), [empty])]):
            string_tensor = identity(string_tensor)
        full = f"fraction_of_{capacity}_full"
        return input_producer(string_tensor, [], num_epochs, shuffle, seed, capacity, shared_name, full, name, cancel_op)


def range_input_producer(
    limit: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> QueueBase:
    """Make a queue of the integers from 0 to `limit` - 1. Other args see input_producer."""
    with name_scope(name, "input_producer", [limit]) as name:
        numbers = _range(limit)
        return input_producer(numbers, [], num_epochs, shuffle, seed, capacity, shared_name, f"fraction_of_{capacity}_full", name)


def slice_input_producer(
    tensor_list: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> list[Any]:
    """Return one row of each tensor, the same of all, another one each time. Args: tensor_list: list of T [rows, ...]; others see input_producer."""
    with name_scope(name, "input_producer", tensor_list):
        tensors = convert_n_to_tensor(tensor_list)
        if not tensors:
            raise ValueError("Expected at least one tensor in slice_input_producer().")
        rows = _shape(tensors[0])[0]
        queue = range_input_producer(rows, num_epochs=num_epochs, shuffle=shuffle, seed=seed, capacity=capacity, shared_name=shared_name)
        index = queue.dequeue()
        return [gather(t, index) for t in tensors]


# Batches


def _listed(tensors: Any) -> list[Any]:
    return [tensors[k] for k in sorted(tensors, key=str)] if isinstance(tensors, dict) else tensors


def _as_given(given: Any, found: Any) -> Any:
    """Tensors in the form in which the user gave theirs."""
    if not isinstance(given, dict):
        return found
    found = [found] if len(given) == 1 else found
    return {k: found[i] for i, k in enumerate(sorted(given, key=str))}


def _checked(tensors: Any, function: str) -> list[Any]:
    if any(isinstance(t, SparseTensor) for t in tensors):
        raise NotImplementedError("SparseTensors are not batched by queues here: make them dense first (tf.sparse_tensor_to_dense).")
    tensors = convert_n_to_tensor(tensors)
    if not tensors:
        raise ValueError(f"Expected at least one tensor in {function}().")
    return tensors


def _keep(keep_input: Any, enqueue_many: bool) -> Any:
    keep_input = convert_to_tensor(keep_input)
    rank = keep_input.shape.ndims
    if rank is None:
        raise ValueError("`keep_input` dimensions must be known at graph construction.")
    if not enqueue_many and rank == 1:
        raise ValueError("`keep_input` cannot be a vector when `enqueue_many=False`.")
    if rank > 1:
        raise ValueError("`keep_input` must be 0 or 1 dimensions.")
    return keep_input


def _common_types(lists: list[list[Any]]) -> list[Any]:
    first, *others = [[t.dtype for t in tensors] for tensors in lists]
    for types in others:
        if types != first:
            raise TypeError(f"Expected types to be consistent: {', '.join(x.name for x in first)} vs. {', '.join(x.name for x in types)}.")
    return first


def _common_shapes(lists: list[list[Any]], shapes: Any, enqueue_many: bool) -> Any:
    if shapes is not None:
        return shapes
    for t in (t for tensors in lists for t in tensors):
        if t.shape.ndims is None:
            raise ValueError(f"Cannot infer Tensor's rank: {t}")

    def merged(tensors: tuple[Any, ...]) -> list[int | None]:
        found = [as_shape(t.shape.as_list()) for t in tensors]
        found = [s.with_rank_at_least(1)[1:] for s in found] if enqueue_many else found
        for s in found[1:]:
            found[0].merge_with(s)
        return found[0].as_list()

    return [merged(same) for same in zip(*lists, strict=True)]


def _kept(tensors: list[Any], keep_input: Any) -> list[Any]:
    chosen = cast(keep_input, dtypes.int32)
    return [dynamic_partition(t, chosen, num_partitions=2)[1] for t in tensors]


def _enqueue_ops(queue: QueueBase, lists: list[list[Any]], enqueue_many: bool, keep_input: Any) -> list[Any]:
    put = queue.enqueue_many if enqueue_many else queue.enqueue
    if keep_input.shape.ndims == 1:
        return [put(_kept(tensors, keep_input)) for tensors in lists]
    return [smart_cond(keep_input, lambda tensors=tensors: put(tensors), no_op) for tensors in lists]


def _batched(
    given: Any,
    lists: list[list[Any]],
    threads: int,
    batch_size: Any,
    keep_input: Any,
    enqueue_many: bool,
    shapes: Any,
    smaller: bool,
    name: str,
    make: Callable[[list[Any], Any], QueueBase],
    fullness: Callable[[QueueBase], tuple[str, Any]],
) -> Any:
    """Batches of one queue that is fed from lists of tensors."""
    keep_input = _keep(keep_input, enqueue_many)
    queue = make(_common_types(lists), _common_shapes(lists, shapes, enqueue_many))
    ops = _enqueue_ops(queue, lists, enqueue_many, keep_input)
    add_queue_runner(QueueRunner(queue, ops * threads))
    scalar(*fullness(queue))
    take = queue.dequeue_up_to if smaller else queue.dequeue_many
    return _as_given(given, take(batch_size, name=name))


def _plain(capacity: int, dynamic_pad: bool, shared_name: str | None) -> tuple[Any, Any]:
    """How the queue of `batch` is made, and the summary of how full it is."""
    kind = PaddingFIFOQueue if dynamic_pad else FIFOQueue
    return (
        lambda types, shapes: kind(capacity=capacity, dtypes=types, shapes=shapes, shared_name=shared_name),
        lambda queue: (f"fraction_of_{capacity}_full", cast(queue.size(), dtypes.float32) * (1.0 / capacity)),
    )


def _shuffled(capacity: int, least: int, seed: int | None, shared_name: str | None) -> tuple[Any, Any]:
    """How the queue of `shuffle_batch` is made, and the summary of how full it is."""
    room = capacity - least

    def full(queue: QueueBase) -> tuple[str, Any]:
        above = raw.Maximum(x=0, y=queue.size() - least, name="Maximum")
        return f"fraction_over_{least}_of_{room}_full", cast(above, dtypes.float32) * (1.0 / room)

    def make(types: list[Any], shapes: Any) -> QueueBase:
        return RandomShuffleQueue(capacity=capacity, min_after_dequeue=least, seed=seed, dtypes=types, shapes=shapes, shared_name=shared_name)

    return make, full


def _lists(tensors_list: Any) -> list[Any]:
    if not tensors_list:
        raise ValueError("Expected at least one set of tensors")
    if isinstance(tensors_list[0], dict):
        if any(set(tensors) != set(tensors_list[0]) for tensors in tensors_list[1:]):
            raise ValueError("All dictionaries in tensors_list must have the same keys")
        return [_listed(tensors) for tensors in tensors_list]
    return tensors_list


def maybe_batch(
    tensors: Any,
    keep_input: Any,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As batch, of those elements only for which `keep_input` is True: bool [], or bool [rows] with enqueue_many."""
    tensors_list = _listed(tensors)
    with name_scope(name, "batch", [*tensors_list, keep_input]) as name:
        lists = [_checked(tensors_list, "batch")]
        make, full = _plain(capacity, dynamic_pad, shared_name)
        return _batched(tensors, lists, num_threads, batch_size, keep_input, enqueue_many, shapes, allow_smaller_final_batch, name, make, full)


def batch(
    tensors: Any,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Make batches of tensors that threads evaluate again and again; its QueueRunner is added to the graph.

    Args:
      tensors: List or dict of tensors of one element, T [...]; with enqueue_many of several, T [rows, ...].
      batch_size: Elements of a batch. num_threads: threads that evaluate `tensors`. capacity: the most elements that wait.
      shapes: Shapes of the elements, default those of `tensors`. dynamic_pad: fill up elements of different sizes with zeros.
      allow_smaller_final_batch: Whether the last batch may have fewer elements; the first dimension is None then.

    Returns: list or dict of T [batch_size, ...] (a tensor for a list of one).

    tf.errors.OutOfRangeError, when it runs: the input is at its end. ValueError: the shape of an element is not known.
    """
    return maybe_batch(
        tensors, True, batch_size, num_threads, capacity, enqueue_many, shapes, dynamic_pad, allow_smaller_final_batch, shared_name, name
    )


def maybe_batch_join(
    tensors_list: Any,
    keep_input: Any,
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As batch_join, of those elements only for which `keep_input` is True."""
    lists = _lists(tensors_list)
    with name_scope(name, "batch_join", [*(t for tensors in lists for t in tensors), keep_input]) as name:
        lists = [_checked(tensors, "batch_join") for tensors in lists]
        make, full = _plain(capacity, dynamic_pad, shared_name)
        return _batched(tensors_list[0], lists, 1, batch_size, keep_input, enqueue_many, shapes, allow_smaller_final_batch, name, make, full)


def batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As batch, from several lists (or dicts) of tensors with one thread for each, that go into one queue."""
    return maybe_batch_join(tensors_list, True, batch_size, capacity, enqueue_many, shapes, dynamic_pad, allow_smaller_final_batch, shared_name, name)


def maybe_shuffle_batch(
    tensors: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    num_threads: int = 1,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As shuffle_batch, of those elements only for which `keep_input` is True."""
    tensors_list = _listed(tensors)
    with name_scope(name, "shuffle_batch", [*tensors_list, keep_input]) as name:
        if capacity <= min_after_dequeue:
            raise ValueError(f"capacity {capacity} must be bigger than min_after_dequeue {min_after_dequeue}.")
        lists = [_checked(tensors_list, "batch")]
        make, full = _shuffled(capacity, min_after_dequeue, seed, shared_name)
        return _batched(tensors, lists, num_threads, batch_size, keep_input, enqueue_many, shapes, allow_smaller_final_batch, name, make, full)


def shuffle_batch(
    tensors: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    num_threads: int = 1,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As batch, in random order.

    Args:
      min_after_dequeue: Elements that wait at least, so that there is something to choose from. seed: of the choice. Others see batch.
    """
    return maybe_shuffle_batch(
        tensors, batch_size, capacity, min_after_dequeue, True, num_threads, seed, enqueue_many, shapes, allow_smaller_final_batch, shared_name, name
    )


def maybe_shuffle_batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As shuffle_batch_join, of those elements only for which `keep_input` is True."""
    lists = _lists(tensors_list)
    with name_scope(name, "shuffle_batch_join", [*(t for tensors in lists for t in tensors), keep_input]) as name:
        lists = [_checked(tensors, "batch_join") for tensors in lists]
        make, full = _shuffled(capacity, min_after_dequeue, seed, shared_name)
        return _batched(tensors_list[0], lists, 1, batch_size, keep_input, enqueue_many, shapes, allow_smaller_final_batch, name, make, full)


def shuffle_batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As shuffle_batch, from several lists (or dicts) of tensors with one thread for each, that go into one queue."""
    return maybe_shuffle_batch_join(
        tensors_list, batch_size, capacity, min_after_dequeue, True, seed, enqueue_many, shapes, allow_smaller_final_batch, shared_name, name
    )
