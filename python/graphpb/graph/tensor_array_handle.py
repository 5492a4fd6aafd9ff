"""A TensorArray of a graph that TensorFlow 1 wrote: an array by reference, reached by its handle."""

from __future__ import annotations

from typing import Any

from graphpb import dtypes, shapes
from graphpb.graph import core
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.tensor_array import TensorArray


class HandleTensorArray(TensorArray):
    """The array of a `TensorArrayV3` node: `TensorArray(dtype, handle=node.outputs[0], flow=node.outputs[1])` gives one.

    Unlike arrays made here it is TensorFlow 1's: an element is written once, and reads may clear it.

    Args:
      dtype: type of the elements.
      handle: resource scalar.
      flow: float32 scalar, the flow that orders the accesses; 0 by default.
      infer_shape: all elements have one shape; a write of another one is an error.

    ValueError: `size`, `element_shape`, `dynamic_size`, `clear_after_read` or `tensor_array_name` is given too. TypeError: the handle is
    no resource, or the flow no float32.
    """

    def __init__(
        self, dtype: Any, *args: Any, handle: Any = None, flow: Any = None, infer_shape: bool = True, name: str | None = None, **kwargs: Any
    ):
        names = ("size", "dynamic_size", "clear_after_read", "tensor_array_name")
        given = {**dict(zip((*names, "handle", "flow", "infer_shape", "element_shape"), args)), **kwargs}
        handle, flow = given.get("handle", handle), given.get("flow", flow)
        for other in (*names, "element_shape"):
            if given.get(other) is not None:
                raise ValueError(f"Cannot provide both a handle and {other} to the constructor")
        if not isinstance(handle, core.Tensor) or handle.dtype.base_dtype != dtypes.resource:
            raise TypeError(f"Expected `handle` to be a resource tensor, but received `{getattr(handle, 'dtype', handle)}` instead.")
        self._dtype = dtypes.as_dtype(dtype).base_dtype
        self._dynamic_size = False
        self._size = None
        self._infer_shape = infer_shape
        self._element_shapes = [shapes.TensorShape(None)]
        self._adds = False
        self._handle = handle
        with core.name_scope(name, "TensorArray", [handle]):
            self._flow = convert_to_tensor(0.0 if flow is None else flow, dtype=dtypes.float32, name="flow")

    @property
    def handle(self) -> Any:
        """The reference to the array: resource scalar."""
        return self._handle

    @property
    def flow(self) -> Any:
        """The float32 scalar that orders the accesses."""
        return self._flow

    def _with_flow(self, flow: Any) -> HandleTensorArray:
        made = object.__new__(HandleTensorArray)
        made.__dict__.update(self.__dict__)
        made._flow = flow
        return made

    def grad(self, source: str, flow: Any = None, name: str | None = None) -> HandleTensorArray:
        """The array of gradients of the call `source`: writes to one element add up."""
        from graphpb.ops import raw

        flow = self._flow if flow is None else flow
        made = raw.TensorArrayGradV3(handle=self._handle, source=source, flow_in=flow, name=name)
        array = self._with_flow(made.flow_out)
        array._handle = made.grad_handle
        return array

    def read(self, index: Any, name: str | None = None) -> Any:
        """Element `index` (int32 scalar)."""
        from graphpb.ops import raw

        value = raw.TensorArrayReadV3(handle=self._handle, index=index, flow_in=self._flow, dtype=self._dtype, name=name)
        value.set_shape(self.element_shape)
        return value

    def write(self, index: Any, value: Any, name: str | None = None) -> HandleTensorArray:
        """The array after element `index` (int32 scalar) was written."""
        from graphpb.ops import raw

        value = self._value(value)
        self._merge(value.shape)
        return self._with_flow(raw.TensorArrayWriteV3(handle=self._handle, index=index, value=value, flow_in=self._flow, name=name))

    def stack(self, name: str | None = None) -> Any:
        """All elements along a new first axis: [size, …]."""
        from graphpb.ops import raw

        with core.name_scope(name, "TensorArrayStack", [self._handle]):
            return self.gather(raw.Range(start=0, limit=self.size(), delta=1))

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """The elements `indices` (int32 [n]) along a new first axis: [n, …]."""
        from graphpb.ops import raw

        return raw.TensorArrayGatherV3(
            handle=self._handle, indices=indices, flow_in=self._flow, dtype=self._dtype, element_shape=self.element_shape, name=name
        )

    def concat(self, name: str | None = None) -> Any:
        """All elements joined along their first axis."""
        from graphpb.ops import raw

        rest = self.element_shape[1:] if self.element_shape.ndims else shapes.TensorShape(None)
        joined = raw.TensorArrayConcatV3(handle=self._handle, flow_in=self._flow, dtype=self._dtype, element_shape_except0=rest, name=name)
        return joined.value

    def unstack(self, value: Any, name: str | None = None) -> HandleTensorArray:
        """The array after its elements were written: the rows of `value` [n, …]."""
        from graphpb.ops import raw

        with core.name_scope(name, "TensorArrayUnstack", [self._handle, value]):
            value = self._value(value)
            rows = raw.StridedSlice(input=raw.Shape(input=value), begin=[0], end=[1], strides=[1], shrink_axis_mask=1)
            return self.scatter(raw.Range(start=0, limit=rows, delta=1), value)

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> HandleTensorArray:
        """The array after elements `indices` (int32 [n]) were written: the rows of `value` [n, …]."""
        from graphpb.ops import raw

        value = self._value(value)
        self._merge(value.shape[1:])
        return self._with_flow(raw.TensorArrayScatterV3(handle=self._handle, indices=indices, value=value, flow_in=self._flow, name=name))

    def split(self, value: Any, lengths: Any, name: str | None = None) -> HandleTensorArray:
        """The array after element `i` was written: the next `lengths[i]` rows of `value`."""
        from graphpb.ops import raw
        from graphpb.ops.cast import cast

        value = self._value(value)
        counts = cast(lengths, dtypes.int64)
        return self._with_flow(raw.TensorArraySplitV3(handle=self._handle, value=value, lengths=counts, flow_in=self._flow, name=name))

    def size(self, name: str | None = None) -> Any:
        """The number of elements: int32 scalar."""
        from graphpb.ops import raw

        return raw.TensorArraySizeV3(handle=self._handle, flow_in=self._flow, name=name)

    def close(self, name: str | None = None) -> Any:
        """An operation that frees the array."""
        from graphpb.ops import raw

        return raw.TensorArrayCloseV3(handle=self._handle, name=name)
