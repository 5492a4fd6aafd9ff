"""Queues of the graph: FIFOQueue, PaddingFIFOQueue, RandomShuffleQueue, PriorityQueue."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from typing import Any

from graphpb import dtypes as _dtypes
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.function import init_scope
from graphpb.graph.scopes import device, name_scope
from graphpb.graph.static import constant_value
from graphpb.ops import raw
from graphpb.ops.random import get_seed
from graphpb.shapes import Dimension, TensorShape, as_shape, dimension_value, unknown_shape


class QueueBase:
    """What all queues share. An element is a tuple of tensors; operations wait until the queue has room, or elements.

    A run that waits lets other threads run the same session; it ends with tf.errors.CancelledError when the session is closed.

    Args:
      dtypes: List of the types of the components.
      shapes: List of their shapes, or None: nothing is said.
      names: List of their names, or None. With names, elements are dicts.
      queue_ref: resource [], the queue's handle.
    """

    def __init__(self, dtypes: Any, shapes: Any, names: Any, queue_ref: Any):
        self._dtypes = dtypes
        if shapes is None:
            self._shapes = [unknown_shape() for _ in dtypes]
        elif len(shapes) == len(dtypes):
            self._shapes = [TensorShape(s) for s in shapes]
        else:
            raise ValueError(f"Queue shapes must have the same length as dtypes, received len(shapes)={len(shapes)}, len(dtypes)={len(dtypes)}")
        if names is not None and len(names) != len(dtypes):
            raise ValueError(f"Queue names must have the same length as dtypes,received len(names)={len(names)},len {len(dtypes)}")
        self._names = names
        self._queue_ref = queue_ref
        self._name = queue_ref.op.name.split("/")[-1]

    @staticmethod
    def from_list(index: Any, queues: Any) -> QueueBase:
        """Make a queue object that stands for `queues[index]`, where `index` is an integer scalar known when the graph runs.

        TypeError: `queues` is not a list of queues, or their types or names differ.
        """
        from graphpb.ops.array import stack
        from graphpb.ops.gather import gather

        if not queues or not isinstance(queues, list) or not all(isinstance(x, QueueBase) for x in queues):
            raise TypeError("A list of queues expected")
        first = queues[0]
        if any(first.dtypes != q.dtypes for q in queues[1:]):
            raise TypeError("Queues do not have matching component dtypes.")
        if any(first.names != q.names for q in queues[1:]):
            raise TypeError("Queues do not have matching component names.")
        shapes = [functools.reduce(_common, s) for s in zip(*(q.shapes for q in queues), strict=True)]
        return QueueBase(first.dtypes, shapes, first.names, gather(stack([q.queue_ref for q in queues]), index))

    @property
    def queue_ref(self) -> Any:
        """The queue's handle: resource []."""
        return self._queue_ref

    @property
    def name(self) -> str:
        """Name of the operation that makes the queue."""
        return self._queue_ref.op.name

    @property
    def dtypes(self) -> Any:
        """Types of the components."""
        return self._dtypes

    @property
    def shapes(self) -> Any:
        """Shapes of the components."""
        return self._shapes

    @property
    def names(self) -> Any:
        """Names of the components, or None."""
        return self._names

    def _components(self, vals: Any) -> list[Any]:
        """The tensors of an element, converted to the types of the queue."""
        if isinstance(vals, dict):
            if not self._names:
                raise ValueError("Queue must have names to enqueue a dictionary")
            if sorted(self._names, key=str) != sorted(vals, key=str):
                raise ValueError(
                    f"Keys in dictionary to enqueue do not match names of Queue.  Dictionary: {sorted(vals.keys())},Queue: {sorted(self._names)}"
                )
            vals = [vals[k] for k in self._names]
        elif self._names:
            raise ValueError("You must enqueue a dictionary in a Queue with names")
        elif not isinstance(vals, list | tuple):
            vals = [vals]
        pairs = enumerate(zip(vals, self._dtypes, strict=False))
        return [convert_to_tensor(val, dtype=dtype, name=f"component_{i}") for i, (val, dtype) in pairs]

    def enqueue(self, vals: Any, name: str | None = None) -> Any:
        """Make an operation that puts one element in; it waits while the queue is full.

        Args:
          vals: Tensor, list or tuple of tensors, or (for a queue with names) dict.

        tf.errors.CancelledError, when it runs: the queue is closed, or closed with cancel_pending_enqueues while it waits.
        """
        with name_scope(name, f"{self._name}_enqueue", _listed(vals)) as scope:
            tensors = self._components(vals)
            for tensor, shape in zip(tensors, self._shapes, strict=False):
                tensor.get_shape().assert_is_compatible_with(shape)
            return raw.QueueEnqueueV2(handle=self._queue_ref, components=tensors, name=scope)

    def enqueue_many(self, vals: Any, name: str | None = None) -> Any:
        """Make an operation that puts in the rows of tensors [n, ...], one element for each; it waits while the queue is full."""
        with name_scope(name, f"{self._name}_EnqueueMany", _listed(vals)) as scope:
            tensors = self._components(vals)
            rows = Dimension(dimension_value(tensors[0].get_shape().with_rank_at_least(1)[0]))
            for tensor, shape in zip(tensors, self._shapes, strict=False):
                rows = rows.merge_with(Dimension(dimension_value(tensor.get_shape().with_rank_at_least(1)[0])))
                tensor.get_shape()[1:].assert_is_compatible_with(shape)
            return raw.QueueEnqueueManyV2(handle=self._queue_ref, components=tensors, name=scope)

    def _element(self, tensors: Any, shapes: Any) -> Any:
        """Components as the user sees them: a tensor, a list, or a dict."""
        if not isinstance(tensors, list | tuple):
            tensors = [tensors]
        for tensor, shape in zip(tensors, shapes, strict=True):
            tensor.set_shape(shape)
        if self._names:
            return dict(zip(self._names, tensors, strict=True))
        return tensors[0] if len(tensors) == 1 else list(tensors)

    def dequeue(self, name: str | None = None) -> Any:
        """Take one element out; the operation waits while the queue is empty.

        tf.errors.OutOfRangeError, when it runs: the queue is closed and empty.
        """
        found = raw.QueueDequeueV2(handle=self._queue_ref, component_types=self._dtypes, name=name or f"{self._name}_Dequeue")
        return self._element(found, self._shapes)

    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """Take `n` elements out, stacked along a new first axis; the operation waits until there are as many.

        Args:
          n: int32 [].

        tf.errors.OutOfRangeError, when it runs: the queue is closed and has fewer, which stay there.
        """
        name = name or f"{self._name}_DequeueMany"
        found = raw.QueueDequeueManyV2(handle=self._queue_ref, n=n, component_types=self._dtypes, name=name)
        op = (found[0] if isinstance(found, list | tuple) else found).op
        rows = TensorShape([Dimension(constant_value(op.inputs[1]))])
        return self._element(found, [rows.concatenate(s) for s in self._shapes])

    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """Take `n` elements out, or fewer (at least one) when the queue is closed and has no more. Otherwise as dequeue_many."""
        name = name or f"{self._name}_DequeueUpTo"
        found = raw.QueueDequeueUpToV2(handle=self._queue_ref, n=n, component_types=self._dtypes, name=name)
        return self._element(found, [TensorShape([None]).concatenate(s) for s in self._shapes])

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> Any:
        """Make an operation that refuses further elements; what is inside can be taken out.

        Args:
          cancel_pending_enqueues: Whether runs that wait to put something in end with CancelledError, rather than be waited for.
        """
        name = name or f"{self._name}_Close"
        return raw.QueueCloseV2(handle=self._queue_ref, cancel_pending_enqueues=cancel_pending_enqueues, name=name)

    def is_closed(self, name: str | None = None) -> Any:
        """Tell whether the queue is closed: bool []."""
        return raw.QueueIsClosedV2(handle=self._queue_ref, name=name or f"{self._name}_Is_Closed")

    def size(self, name: str | None = None) -> Any:
        """The number of elements inside: int32 []."""
        return raw.QueueSizeV2(handle=self._queue_ref, name=name or f"{self._name}_Size")


class FIFOQueue(QueueBase):
    """A queue whose elements come out in the order in which they went in.

    Args:
      capacity: The most elements that it holds; negative: any number.
      dtypes: Type, or list of the types, of the components.
      shapes: Fully defined shapes of the components; needed by dequeue_many.
      names: Names of the components. shared_name: sessions find the queue by it from several nodes.
    """

    def __init__(
        self, capacity: int, dtypes: Any, shapes: Any = None, names: Any = None, shared_name: str | None = None, name: str | None = "fifo_queue"
    ):
        dtypes = _types(dtypes)
        shapes, names = _shapes(shapes), _names(names, dtypes)
        with init_scope(), device("CPU"):
            ref = raw.FIFOQueueV2(component_types=dtypes, shapes=shapes or [], capacity=capacity, shared_name=shared_name or "", name=name)
        super().__init__(dtypes, shapes, names, ref)


class PaddingFIFOQueue(QueueBase):
    """A FIFOQueue whose shapes may be partial: dequeue_many fills each element up with zeros to the largest of its batch.

    Args:
      shapes: A shape for each component, with None for sizes that vary. Others as of FIFOQueue.
    """

    def __init__(
        self, capacity: int, dtypes: Any, shapes: Any, names: Any = None, shared_name: str | None = None, name: str | None = "padding_fifo_queue"
    ):
        dtypes = _types(dtypes)
        shapes, names = _partial_shapes(shapes), _names(names, dtypes)
        if len(dtypes) != len(shapes):
            raise ValueError(f"Shapes must be provided for all components, but received {len(dtypes)} dtypes and {len(shapes)} shapes.")
        ref = raw.PaddingFIFOQueueV2(component_types=dtypes, shapes=shapes, capacity=capacity, shared_name=shared_name or "", name=name)
        super().__init__(dtypes, shapes, names, ref)


class RandomShuffleQueue(QueueBase):
    """A queue whose elements come out in random order.

    Args:
      min_after_dequeue: Elements that stay inside while the queue is open, so that there is something to choose from.
      seed: Seed of the choice, with the graph's as for other random operations. Others as of FIFOQueue.
    """

    def __init__(
        self,
        capacity: int,
        min_after_dequeue: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        seed: int | None = None,
        shared_name: str | None = None,
        name: str | None = "random_shuffle_queue",
    ):
        dtypes = _types(dtypes)
        shapes, names = _shapes(shapes), _names(names, dtypes)
        seed1, seed2 = get_seed(seed)
        if seed1 is None and seed2 is None:
            seed1, seed2 = 0, 0
        elif seed is None and shared_name is not None:
            # One shared queue must not depend on which of its nodes comes first.
            seed2 = int(hashlib.md5((str(seed1) + shared_name).encode()).hexdigest()[:8], 16) & 0x7FFFFFFF
        ref = raw.RandomShuffleQueueV2(
            component_types=dtypes,
            shapes=shapes or [],
            capacity=capacity,
            min_after_dequeue=min_after_dequeue,
            seed=seed1,
            seed2=seed2,
            shared_name=shared_name or "",
            name=name,
        )
        super().__init__(dtypes, shapes, names, ref)


class PriorityQueue(QueueBase):
    """A queue whose elements come out by priority: an int64 scalar before the other components, the least first.

    Args:
      types: Types of the components without the priority. Others as of FIFOQueue.
    """

    def __init__(
        self, capacity: int, types: Any, shapes: Any = None, names: Any = None, shared_name: str | None = None, name: str | None = "priority_queue"
    ):
        types = _types(types)
        shapes = _shapes(shapes)
        ref = raw.PriorityQueueV2(component_types=types, shapes=shapes or [], capacity=capacity, shared_name=shared_name or "", name=name)
        super().__init__([_dtypes.int64, *types], [TensorShape([]), *shapes] if shapes else shapes, names, ref)


def _listed(vals: Any) -> Any:
    if isinstance(vals, dict):
        return list(vals.values())
    return vals if isinstance(vals, list | tuple) else [vals]


def _types(dtypes: Any) -> list[Any]:
    return [_dtypes.as_dtype(d) for d in (dtypes if isinstance(dtypes, list | tuple) else [dtypes])]


def _names(names: Any, dtypes: list[Any]) -> list[str] | None:
    if names is None:
        return None
    names = list(names) if isinstance(names, list | tuple) else [names]
    if len(names) != len(dtypes):
        raise ValueError(f"List of names must have the same length as the list of dtypes, received len(names)={len(names)},len(dtypes)={len(dtypes)}")
    return names


def _is_one_shape(shapes: Any) -> bool:
    return all(s is None or isinstance(s, int) for s in shapes)


def _shapes(shapes: Any) -> list[TensorShape] | None:
    """The shapes of the components, which must be known."""
    if shapes is None:
        return None
    if isinstance(shapes, TensorShape):
        shapes = [shapes]
    if not isinstance(shapes, list | tuple):
        raise TypeError(f"Shapes must be a TensorShape or a list or tuple of TensorShapes, got {type(shapes)} instead.")
    shapes = [as_shape(s) for s in ([shapes] if _is_one_shape(shapes) else shapes)]
    if not all(s.is_fully_defined() for s in shapes):
        raise ValueError(f"All shapes must be fully defined: {shapes}")
    return shapes


def _partial_shapes(shapes: Any) -> list[TensorShape]:
    """The shapes of the components, of known rank."""
    if not isinstance(shapes, Sequence) or not shapes or any(s is None or isinstance(s, int) for s in shapes):
        raise ValueError("When providing partial shapes, a list of shapes must be provided.")
    shapes = [as_shape(s) for s in shapes]
    if any(s.dims is None for s in shapes):
        raise ValueError(f"All shapes must have a defined rank: {shapes}")
    return shapes


def _common(a: Any, b: Any) -> TensorShape:
    """What two shapes have in common."""
    a, b = TensorShape(a), TensorShape(b)
    if a.ndims is None or a.ndims != b.ndims:
        return unknown_shape()
    return TensorShape([x if x == y else None for x, y in zip(a.as_list(), b.as_list(), strict=True)])
