"""`TensorArray`: tensors by index, written one by one, on TensorList ops (so that loops over it have gradients and load in TensorFlow)."""

from __future__ import annotations

from typing import Any

from graphpb import dtypes, shapes
from graphpb.graph import core
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.static import constant_value


def _shape_input(shape: shapes.TensorShape) -> Any:
    """An element shape as the tensor that TensorList ops take: −1 for what is unknown."""
    if shape.ndims is None:
        return convert_to_tensor(-1, dtype=dtypes.int32, name="element_shape")
    return convert_to_tensor([-1 if d is None else d for d in shape.as_list()], dtype=dtypes.int32, name="element_shape")


class TensorArray:
    """An array of tensors; every write gives a new TensorArray, and only what is reached through the last one counts.

    A TensorArray can be a loop variable of `while_loop` and a result of `cond`. Elements may be read often and written again;
    those never written read as zeros where their shape is known.

    Args:
      dtype: type of the elements.
      size: int32 scalar, the number of elements; needed unless `flow` is given.
      dynamic_size: let writes make the array longer.
      clear_after_read, tensor_array_name, colocate_with_first_write_call: accepted; they change nothing here.
      handle: resource scalar, the array of a graph that TensorFlow 1 wrote (`HandleTensorArray`); arrays made here are lists
        without a handle.
      flow: variant scalar, the `flow` of another TensorArray.
      infer_shape: all elements have one shape; a write of another one is an error.
      element_shape: what the shapes of the elements have in common.

    ValueError: neither size nor flow, or both.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> TensorArray:
        if cls is TensorArray and (kwargs.get("handle") is not None or (len(args) > 5 and args[5] is not None)):
            from graphpb.graph.tensor_array_handle import HandleTensorArray

            return object.__new__(HandleTensorArray)
        return object.__new__(cls)

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ):
        if flow is None and size is None:
            raise ValueError("Argument `size` must be provided if handle is not provided.")
        if flow is not None and size is not None:
            raise ValueError("Cannot provide both `flow` and `size` arguments at the same time.")
        if flow is not None and element_shape is not None:
            raise ValueError("Cannot provide both `flow` and `element_shape` arguments at the same time.")
        if flow is not None and (not isinstance(flow, core.Tensor) or flow.dtype != dtypes.variant):
            raise TypeError(f"Expected `flow` to be a variant tensor, but received `{getattr(flow, 'dtype', flow)}` instead.")
        self._dtype = dtypes.as_dtype(dtype).base_dtype
        self._dynamic_size = bool(dynamic_size)
        self._size = size
        self._infer_shape = infer_shape
        # One list for all arrays that come from this one: what a later write tells of the shape is known to all.
        self._element_shapes = [shapes.as_shape(element_shape)]
        self._adds = False
        if flow is not None:
            self._flow = flow
            return
        from graphpb.ops import raw

        with core.name_scope(name, "TensorArray", [size]) as scope:
            count = convert_to_tensor(size, dtype=dtypes.int32, name="size")
            self._flow = raw.TensorListReserve(
                element_shape=_shape_input(self.element_shape), num_elements=count, element_dtype=self._dtype, name=scope
            )
            if isinstance(size, core.Tensor) or hasattr(size, "_as_graph_element"):
                self._size = count

    @property
    def flow(self) -> Any:
        """The list as a variant scalar."""
        return self._flow

    @property
    def handle(self) -> Any:
        """None: the array is its flow."""
        return None

    @property
    def dtype(self) -> dtypes.DType:
        return self._dtype

    @property
    def dynamic_size(self) -> bool:
        return self._dynamic_size

    @property
    def element_shape(self) -> shapes.TensorShape:
        """What is known of the elements' shape."""
        return self._element_shapes[0]

    def __repr__(self) -> str:
        return f"<tf.TensorArray dtype={self._dtype.name} element_shape={self.element_shape}>"

    def _with_flow(self, flow: Any) -> TensorArray:
        """The array whose list is another tensor, such as the one that leaves a loop."""
        made = object.__new__(TensorArray)
        made.__dict__.update(self.__dict__)
        made._flow = flow
        if isinstance(self._size, core.Tensor) and self._size.graph is not flow.graph and not _reaches(flow.graph, self._size.graph):
            # An array made inside a body: outside, its size is known from the list alone.
            made._size = None
        return made

    def _merge(self, shape: shapes.TensorShape) -> None:
        if not shape.is_compatible_with(self.element_shape):
            raise ValueError(f"Inconsistent shapes: saw {shape} but expected {self.element_shape} ")
        if self._infer_shape:
            self._element_shapes[0] = self.element_shape.merge_with(shape)

    def _value(self, value: Any) -> Any:
        from graphpb.graph.function import read

        value = read(convert_to_tensor(value, preferred_dtype=self._dtype, name="value"))
        if value.dtype != self._dtype:
            raise TypeError(f"TensorArray dtype is {self._dtype.name} but Op is trying to write dtype {value.dtype.name}.")
        return value

    def identity(self) -> TensorArray:
        """The same array, as of the current control dependencies."""
        from graphpb.ops import raw

        return self._with_flow(raw.Identity(input=self._flow))

    def grad(self, source: str, flow: Any = None, name: str | None = None) -> TensorArray:
        """An array for the gradients of the elements: as long as this one, zero at first, and writes add."""
        from graphpb.ops import raw

        with core.name_scope(name, "TensorArrayGrad", [self._flow]):
            count = raw.TensorListLength(input_handle=self._flow if flow is None else flow)
            zeros = raw.TensorListReserve(element_shape=_shape_input(self.element_shape), num_elements=count, element_dtype=self._dtype)
        made = self._with_flow(zeros)
        made._adds = True
        return made

    def read(self, index: Any, name: str | None = None) -> Any:
        """Element `index` (int32 scalar)."""
        from graphpb.ops import raw

        with core.name_scope(name, "TensorArrayRead", [self._flow, index]) as scope:
            return raw.TensorListGetItem(
                input_handle=self._flow, index=index, element_shape=_shape_input(self.element_shape), element_dtype=self._dtype, name=scope
            )

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with element `index` (int32 scalar) replaced.

        ValueError: the value's shape is not that of the other elements. TypeError: its type is not the array's.
        """
        from graphpb.ops import raw

        with core.name_scope(name, "TensorArrayWrite", [self._flow, index, value]) as scope:
            value = self._value(value)
            self._merge(value.shape)
            if self._adds:
                value = raw.AddV2(x=self.read(index), y=value)
            flow = raw.TensorListSetItem(
                input_handle=self._flow, index=index, item=value, resize_if_index_out_of_bounds=self._dynamic_size, name=scope
            )
            return self._with_flow(flow)

    def stack(self, name: str | None = None) -> Any:
        """All elements along a new first axis: [size, …]."""
        from graphpb.ops import raw

        with core.name_scope(name, "TensorArrayStack", [self._flow]) as scope:
            count = -1
            if not self._dynamic_size and self._size is not None:
                known = constant_value(self._size)
                count = -1 if known is None else int(known)
            return raw.TensorListStack(
                input_handle=self._flow, element_shape=_shape_input(self.element_shape), element_dtype=self._dtype, num_elements=count, name=scope
            )

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """The elements `indices` (int32 [n]) along a new first axis: [n, …]."""
        from graphpb.ops import raw

        with core.name_scope(name, "TensorArrayGather", [self._flow, indices]) as scope:
            return raw.TensorListGather(
                input_handle=self._flow, indices=indices, element_shape=_shape_input(self.element_shape), element_dtype=self._dtype, name=scope
            )

    def concat(self, name: str | None = None) -> Any:
        """All elements joined along their first axis."""
        from graphpb.ops import raw

        with core.name_scope(name, "TensorArrayConcat", [self._flow]) as scope:
            shape = self.element_shape
            whole = shapes.TensorShape(None) if shape.ndims is None else shapes.TensorShape([None]).concatenate(shape[1:])
            joined, _ = raw.TensorListConcatV2(
                input_handle=self._flow,
                element_shape=_shape_input(whole),
                leading_dims=convert_to_tensor([], dtype=dtypes.int64, name="leading_dims"),
                element_dtype=self._dtype,
                name=scope,
            )
            if whole.ndims is not None:
                size = None if self._dynamic_size or self._size is None or not self._infer_shape else constant_value(self._size)
                first = shape.as_list()[0] if shape.ndims else None
                joined.set_shape([None if size is None or first is None else int(size) * first, *whole.as_list()[1:]])
            return joined

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """The array whose elements are the rows of `value` [n, …]."""
        from graphpb.ops import raw

        with core.name_scope(name, "TensorArrayUnstack", [self._flow, value]) as scope:
            value = self._value(value)
            self._merge(value.shape[1:])
            return self._with_flow(raw.TensorListFromTensor(tensor=value, element_shape=_shape_input(value.shape[1:]), name=scope))

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with elements `indices` (int32 [n]) replaced by the rows of `value` [n, …]."""
        from graphpb.ops import raw

        with core.name_scope(name, "TensorArrayScatter", [self._flow, value, indices]) as scope:
            value = self._value(value)
            self._merge(value.shape[1:])
            flow = raw.TensorListScatterIntoExistingList(input_handle=self._flow, tensor=value, indices=indices, name=scope)
            return self._with_flow(flow)

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """The array whose element `i` is the next `lengths[i]` rows of `value`."""
        from graphpb.ops import raw
        from graphpb.ops.cast import cast

        with core.name_scope(name, "TensorArraySplit", [self._flow, value, lengths]) as scope:
            value = self._value(value)
            counts = cast(lengths, dtypes.int64)
            known = constant_value(counts)
            if value.shape.ndims is not None and known is not None and known.size and known.min() == known.max():
                self._merge(shapes.TensorShape([int(known.reshape(-1)[0])]).concatenate(value.shape[1:]))
            flow = raw.TensorListSplit(tensor=value, element_shape=_shape_input(self.element_shape), lengths=counts, name=scope)
            return self._with_flow(flow)

    def size(self, name: str | None = None) -> Any:
        """The number of elements: int32 scalar."""
        from graphpb.ops import raw

        if not self._dynamic_size and self._size is not None:
            return convert_to_tensor(self._size, dtype=dtypes.int32)
        return raw.TensorListLength(input_handle=self._flow, name=name)

    def close(self, name: str | None = None) -> Any:
        """An operation that does nothing: lists are freed when nothing needs them."""
        from graphpb.ops import raw

        return raw.NoOp(name=name)


def _reaches(graph: Any, other: Any) -> bool:
    """Whether nodes of `graph` can use tensors of `other`."""
    return graph is other or (graph.building_function and graph.encloses(other))
