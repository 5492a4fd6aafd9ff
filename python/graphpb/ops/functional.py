"""Functions applied along the first axis of tensors: map_fn, foldl, foldr, scan."""

from graphpb import dtypes, nest
from graphpb.graph.composite import SparseTensor
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.loops import while_loop
from graphpb.graph.scopes import name_scope
from graphpb.graph.tensor_array import TensorArray
from graphpb.ops import raw
from graphpb.shapes import Dimension, TensorShape


def _need_function(fn):
    if not callable(fn):
        raise TypeError(f"{getattr(fn, '__name__', fn)} is not callable. Please provide a callable function.")


def _rows(tensor):
    """The number of rows: an int, or an int32 scalar."""
    count = tensor.shape.with_rank_at_least(1).as_list()[0] if tensor.shape.ndims is not None else None
    if count is not None:
        return count
    return raw.StridedSlice(input=raw.Shape(input=tensor), begin=[0], end=[1], strides=[1], shrink_axis_mask=1)


def _common_rows(tensors):
    """The static number of rows of tensors that must agree. ValueError when they do not."""
    found = Dimension(None)
    for tensor in tensors:
        shape = tensor.shape.with_rank_at_least(1)
        found = found.merge_with(Dimension(None if shape.ndims is None else shape.as_list()[0]))
    return found


def _elements(tensors, rows):
    return [TensorArray(t.dtype, size=rows, element_shape=t.shape[1:]).unstack(t) for t in tensors]


def _stacked(arrays, rows):
    results = [array.stack() for array in arrays]
    for result in results:
        if result.shape.ndims is not None:
            result.set_shape(TensorShape([rows]).concatenate(result.shape[1:]))
    return results


def map_fn(
    fn,
    elems,
    dtype=None,
    parallel_iterations=None,
    back_prop=True,
    swap_memory=False,
    infer_shape=True,
    name=None,
    fn_output_signature=None,
):
    """Apply a function to each row of tensors and stack what it returns.

    Args:
      fn: Function of one argument, a row of `elems` in the same structure.
      elems: Tensor [n, …], or a structure of tensors with equal n.
      dtype: Types of what `fn` returns, in its structure; default those of `elems`.
      parallel_iterations: Accepted.
      back_prop: False stops gradients.
      swap_memory: Accepted.
      infer_shape: All results of `fn` have one shape.
      name: Scope; default `map`.
      fn_output_signature: The newer name of `dtype`.

    Returns:
      Tensor [n, …], or a structure of them.

    Raises:
      TypeError: `fn` is no function, or its result nests differently.
      ValueError: There are no tensors, or one is a scalar.
    """
    signature = dtype if fn_output_signature is None else fn_output_signature
    _need_function(fn)
    flat = nest.flatten(elems)
    if not flat:
        raise ValueError(f"elems must be a Tensor or (possibly nested) sequence of Tensors. Got {elems}, which does not contain any Tensors.")
    if any(isinstance(t, SparseTensor) for t in flat):
        raise TypeError("map_fn can not consume SparseTensor inputs; map over its values and indices.")
    with name_scope(name, "map", flat):
        flat = [convert_to_tensor(t, name="elem") for t in flat]
        if flat[0].shape.ndims == 0:
            raise ValueError("Elements in elems must be 1+ dimensional Tensors, not scalars")
        rows = _rows(flat[0])
        common = _common_rows(flat)
        inputs = _elements(flat, rows)
        kinds = [t.dtype for t in flat] if signature is None else [dtypes.as_dtype(getattr(d, "dtype", d)) for d in nest.flatten(signature)]
        outputs = [TensorArray(kind, size=rows, infer_shape=infer_shape) for kind in kinds]
        like = elems if signature is None else signature

        def step(i, arrays):
            result = fn(nest.pack_sequence_as(elems, [array.read(i) for array in inputs]))
            nest.assert_same_structure(like, result)
            return i + 1, [array.write(i, value) for array, value in zip(arrays, nest.flatten(result), strict=True)]

        _, outputs = while_loop(
            lambda i, _: i < rows,
            step,
            (convert_to_tensor(0), outputs),
            parallel_iterations=parallel_iterations or 10,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=rows,
        )
        return nest.pack_sequence_as(like, _stacked(outputs, common))


def foldl(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, name=None):
    """Combine the rows of tensors from the first to the last: `a = fn(a, row)`.

    Args:
      fn: Function of the value so far and a row.
      elems: Tensor [n, …], or a structure of tensors with equal n.
      initializer: First value, of any structure; default the first row.
      name: Scope; default `foldl`.

    Returns:
      The last value.

    Raises:
      TypeError: `fn` is no function.
    """
    return _fold(fn, elems, initializer, parallel_iterations, back_prop, swap_memory, name, "foldl")


def foldr(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, name=None):
    """Combine the rows of tensors from the last to the first: `a = fn(a, row)`.

    Args:
      fn: Function of the value so far and a row.
      elems: Tensor [n, …], or a structure of tensors with equal n.
      initializer: First value, of any structure; default the last row.
      name: Scope; default `foldr`.

    Returns:
      The last value.

    Raises:
      TypeError: `fn` is no function.
    """
    return _fold(fn, elems, initializer, parallel_iterations, back_prop, swap_memory, name, "foldr")


def _fold(fn, elems, initializer, parallel_iterations, back_prop, swap_memory, name, kind):
    _need_function(fn)
    flat = nest.flatten(elems)
    forward = kind == "foldl"
    with name_scope(name, kind, flat):
        flat = [convert_to_tensor(t, name="elem") for t in flat]
        rows = _rows(flat[0])
        arrays = _elements(flat, rows)
        first = 0 if forward else rows - 1
        value = initializer
        start = first
        if initializer is None:
            value = nest.pack_sequence_as(elems, [array.read(first) for array in arrays])
            start = first + (1 if forward else -1)

        def step(i, a):
            row = nest.pack_sequence_as(elems, [array.read(i) for array in arrays])
            return [i + (1 if forward else -1), fn(a, row)]

        _, result = while_loop(
            (lambda i, _: i < rows) if forward else (lambda i, _: i >= 0),
            step,
            [convert_to_tensor(start), value],
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=rows,
        )
        return result


def scan(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, infer_shape=True, reverse=False, name=None):
    """Combine the rows of tensors like `foldl`, and stack the values of all steps.

    Args:
      fn: Function of the value so far and a row.
      elems: Tensor [n, …], or a structure of tensors with equal n.
      initializer: First value, of any structure; default the first row, which is the first result, too.
      infer_shape: The value keeps its shape.
      reverse: Go from the last row to the first.
      name: Scope; default `scan`.

    Returns:
      Tensor [n, …], or a structure of them.

    Raises:
      TypeError: `fn` is no function, or its result nests differently.
      ValueError: The result of `fn` has another number of tensors.
    """
    _need_function(fn)
    flat = nest.flatten(elems)
    like = elems if initializer is None else initializer
    with name_scope(name, "scan", flat):
        flat = [convert_to_tensor(t, name="elem") for t in flat]
        rows = _rows(flat[0])
        common = _common_rows(flat)
        inputs = _elements(flat, rows)
        first = rows - 1 if reverse else 0
        move = -1 if reverse else 1
        if initializer is None:
            values = [array.read(first) for array in inputs]
        else:
            values = [convert_to_tensor(v) for v in nest.flatten(initializer)]
        outputs = [TensorArray(v.dtype, size=rows, element_shape=v.shape if infer_shape else None, infer_shape=infer_shape) for v in values]
        start = first
        if initializer is None:
            outputs = [array.write(first, v) for array, v in zip(outputs, values)]
            start = first + move

        def step(i, values, arrays):
            row = nest.pack_sequence_as(elems, [array.read(i) for array in inputs])
            result = fn(nest.pack_sequence_as(like, values), row)
            nest.assert_same_structure(like, result)
            new = nest.flatten(result)
            return i + move, new, [array.write(i, v) for array, v in zip(arrays, new, strict=True)]

        _, _, outputs = while_loop(
            (lambda i, *_: i >= 0) if reverse else (lambda i, *_: i < rows),
            step,
            (convert_to_tensor(start), values, outputs),
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=rows,
        )
        return nest.pack_sequence_as(like, _stacked(outputs, common))
