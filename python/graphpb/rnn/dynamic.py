"""Cells unrolled by a while loop, over sequences whose length is known only when the graph runs."""

from graphpb import dtypes, nest
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.loops import while_loop
from graphpb.graph.scopes import colocate_with, control_dependencies, name_scope
from graphpb.graph.tensor_array import TensorArray
from graphpb.ops.array import concat, identity, reverse, reverse_sequence, stack, transpose, where
from graphpb.ops.cast import cast
from graphpb.ops.checks import Assert
from graphpb.ops.compare import equal, logical_or
from graphpb.ops.fill import zeros
from graphpb.ops.math import maximum, minimum
from graphpb.ops.math import range as range_of
from graphpb.ops.reduce import reduce_all, reduce_max, reduce_min
from graphpb.ops.shape import rank
from graphpb.ops.shape import shape as shape_of
from graphpb.ops.unary import logical_not
from graphpb.rnn.base import assert_like_rnncell, joined_shape
from graphpb.rnn.static import initial_state_of
from graphpb.rnn.step import batch_size_of, cache_reads, is_array, masked_step, state_dtype, static_size
from graphpb.shapes import TensorShape, dimension_at_index, dimension_value
from graphpb.variables.scope import variable_scope


def swap_batch_and_time(x):
    """Exchange the first two axes."""
    if x.shape.ndims is not None and x.shape.ndims < 2:
        return x
    swapped = transpose(x, concat(([1, 0], range_of(2, rank(x))), axis=0))
    if x.shape.ndims is not None:
        swapped.set_shape(TensorShape([x.shape[1], x.shape[0]]).concatenate(x.shape[2:]))
    return swapped


def _checked_lengths(sequence_length, batch_size):
    """The lengths behind a check that there is one for each example."""
    found, expected = shape_of(sequence_length), stack([batch_size])
    told = [f"Expected shape for Tensor {sequence_length.name} is ", expected, " but saw shape: ", found]
    with control_dependencies([Assert(reduce_all(equal(found, expected)), told)]):
        return identity(sequence_length, name="CheckSeqLen")


def dynamic_rnn(
    cell,
    inputs,
    sequence_length=None,
    initial_state=None,
    dtype=None,
    parallel_iterations=None,
    swap_memory=False,
    time_major=False,
    scope=None,
):
    """Unroll a cell by a loop over time.

    Args:
      cell: RNNCell.
      inputs: Tensor [batch, time, ...] or a structure of them; [time, batch, ...] with `time_major`. Sizes after the first two are static.
      sequence_length: int [batch]; past the end outputs are zeros and the state is copied through.
      initial_state: State to start with, of the sizes `cell.state_size`; default zeros.
      dtype: dtype of the zero state and the outputs; needed without `initial_state`.
      parallel_iterations: Kept for compatibility.
      swap_memory: Kept for compatibility.
      time_major: The first axis of inputs and outputs is time.
      scope: Variable scope; default `rnn`.

    Returns:
      (outputs [batch, time, output] or time-major, final state).

    Raises:
      TypeError: `cell` is no cell.
      ValueError: Neither `initial_state` nor `dtype` is given; an input has fewer than three axes or an unknown size after the
        first two; times or batches of inputs differ; `sequence_length` is no vector.
    """
    assert_like_rnncell("cell", cell)
    with variable_scope(scope or "rnn") as opened:
        cache_reads(opened)
        flat_input = nest.flatten(inputs)
        if not time_major:
            flat_input = [swap_batch_and_time(convert_to_tensor(tensor)) for tensor in flat_input]
        else:
            flat_input = [convert_to_tensor(tensor) for tensor in flat_input]
        if sequence_length is not None:
            sequence_length = cast(sequence_length, dtypes.int32)
            if sequence_length.shape.ndims not in (None, 1):
                raise ValueError(
                    "Argument sequence_length must be a vector of length batch_size. "
                    f"Received sequence_length={sequence_length} of shape: {sequence_length.shape}"
                )
            sequence_length = identity(sequence_length, name="sequence_length")
        batch_size = batch_size_of(flat_input)
        state = initial_state_of(cell, batch_size, dtype) if initial_state is None else initial_state
        if sequence_length is not None:
            sequence_length = _checked_lengths(sequence_length, batch_size)
        inputs = nest.pack_sequence_as(inputs, flat_input)
        outputs, final_state = _loop(cell, inputs, state, parallel_iterations or 32, swap_memory, sequence_length, dtype)
        if not time_major:
            outputs = nest.map_structure(swap_batch_and_time, outputs)
    return outputs, final_state


def _checked_shapes(flat_input):
    """The shapes of the inputs; their sizes after time and batch are known, time and batch agree."""
    shapes = [tensor.shape.with_rank_at_least(3) for tensor in flat_input]
    time, batch = shapes[0].as_list()[:2]
    for tensor, shape in zip(flat_input, shapes, strict=True):
        if not shape[2:].is_fully_defined():
            raise ValueError(f"Input size (depth of inputs) must be accessible via shape inference, but saw value None for input={tensor}.")
        if shape[0].value != time:
            raise ValueError(
                f"Time steps is not the same for all the elements in the input in a batch. Received time steps={shape[0].value} for input={tensor}."
            )
        if shape[1].value != batch:
            raise ValueError(
                f"Batch_size is not the same for all the elements in the input. Received batch size={shape[1].value} for input={tensor}."
            )
    return shapes


def _loop(cell, inputs, initial_state, parallel_iterations, swap_memory, sequence_length, dtype):
    """Run a cell over time-major inputs; returns (time-major outputs, final state)."""
    flat_input, flat_sizes = nest.flatten(inputs), nest.flatten(cell.output_size)
    time_steps = shape_of(flat_input[0])[0]
    batch_size = batch_size_of(flat_input)
    shapes = _checked_shapes(flat_input)
    known_time, known_batch = shapes[0].as_list()[:2]
    output_dtype = state_dtype(dtype, initial_state)
    zero_output = [zeros(stack(joined_shape(batch_size, size)), output_dtype) for size in flat_sizes]
    zero_output = nest.pack_sequence_as(cell.output_size, zero_output)
    limits = None
    if sequence_length is not None:
        limits = reduce_min(sequence_length), reduce_max(sequence_length)
    time = constant(0, dtype=dtypes.int32, name="time")
    with name_scope("dynamic_rnn") as base_name:
        pass

    def array(name, element_shape, element_dtype):
        return TensorArray(element_dtype, size=time_steps, element_shape=element_shape, tensor_array_name=base_name + name)

    output_arrays = tuple(
        array(f"output_{i}", TensorShape([known_batch]).concatenate(static_size(size)), output_dtype) for i, size in enumerate(flat_sizes)
    )
    input_arrays = [array(f"input_{i}", shape[1:], tensor.dtype) for i, (tensor, shape) in enumerate(zip(flat_input, shapes, strict=True))]
    input_arrays = [one.unstack(tensor) for one, tensor in zip(input_arrays, flat_input, strict=True)]

    def step(time, arrays, state):
        parts = []
        for one, shape in zip(input_arrays, shapes, strict=True):
            part = one.read(time)
            part.set_shape(shape[1:])
            parts.append(part)
        step_input = nest.pack_sequence_as(inputs, parts)

        def call_cell():
            return cell(step_input, state)

        if sequence_length is None:
            output, new_state = call_cell()
        else:
            output, new_state = masked_step(time, sequence_length, limits, zero_output, state, call_cell, conditional=False)
        arrays = tuple(one.write(time, part) for one, part in zip(arrays, nest.flatten(output), strict=True))
        return time + 1, arrays, new_state

    bound = minimum(time_steps, maximum(1, time_steps if limits is None else limits[1]))
    _, output_arrays, final_state = while_loop(
        lambda time, *_: time < bound,
        step,
        (time, output_arrays, initial_state),
        parallel_iterations=parallel_iterations,
        maximum_iterations=time_steps,
        swap_memory=swap_memory,
    )
    outputs = [one.stack() for one in output_arrays]
    for output, size in zip(outputs, flat_sizes, strict=True):
        output.set_shape(TensorShape([known_time, known_batch]).concatenate(static_size(size)))
    return nest.pack_sequence_as(cell.output_size, outputs), final_state


def bidirectional_dynamic_rnn(
    cell_fw,
    cell_bw,
    inputs,
    sequence_length=None,
    initial_state_fw=None,
    initial_state_bw=None,
    dtype=None,
    parallel_iterations=None,
    swap_memory=False,
    time_major=False,
    scope=None,
):
    """Unroll one cell forwards and another backwards by loops over time.

    Args:
      cell_fw: RNNCell of the forward direction.
      cell_bw: RNNCell of the backward direction.
      inputs: Tensor [batch, time, ...] or a structure of them; [time, batch, ...] with `time_major`.
      sequence_length: int [batch]; see `dynamic_rnn`. Each example is reversed up to its own end.
      initial_state_fw: Forward state to start with; default zeros.
      initial_state_bw: Backward state to start with; default zeros.
      dtype: dtype of the zero states and the outputs.
      parallel_iterations: Kept for compatibility.
      swap_memory: Kept for compatibility.
      time_major: The first axis of inputs and outputs is time.
      scope: Variable scope; default `bidirectional_rnn`.

    Returns:
      ((forward outputs, backward outputs), (final forward state, final backward state)).

    Raises:
      TypeError: A cell is no cell.
      ValueError: As `dynamic_rnn`.
    """
    assert_like_rnncell("cell_fw", cell_fw)
    assert_like_rnncell("cell_bw", cell_bw)
    settings = {
        "sequence_length": sequence_length,
        "dtype": dtype,
        "parallel_iterations": parallel_iterations,
        "swap_memory": swap_memory,
        "time_major": time_major,
    }
    time_axis, batch_axis = (0, 1) if time_major else (1, 0)

    def turned(tensor):
        if sequence_length is None:
            return reverse(tensor, axis=[time_axis])
        return reverse_sequence(tensor, sequence_length, seq_axis=time_axis, batch_axis=batch_axis)

    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as forward:
            output_fw, state_fw = dynamic_rnn(cell_fw, inputs, initial_state=initial_state_fw, scope=forward, **settings)
        with variable_scope("bw") as backward:
            turned_inputs = nest.map_structure(turned, inputs)
            output_bw, state_bw = dynamic_rnn(cell_bw, turned_inputs, initial_state=initial_state_bw, scope=backward, **settings)
    return (output_fw, nest.map_structure(turned, output_bw)), (state_fw, state_bw)


def raw_rnn(cell, loop_fn, parallel_iterations=None, swap_memory=False, scope=None):
    """Unroll a cell by a loop that a function steers.

    Args:
      cell: RNNCell.
      loop_fn: Function (time, output, state, loop_state) -> (finished bool [batch], next input, next state, what to emit,
        next loop state). The first call gets None for all but time, and tells the structure to emit; None there emits the outputs.
      parallel_iterations: Kept for compatibility.
      swap_memory: Kept for compatibility.
      scope: Variable scope; default `rnn`.

    Returns:
      (TensorArrays of what was emitted, final state, final loop state or None).

    Raises:
      TypeError: `cell` is no cell, or `loop_fn` no function.
      ValueError: The structures of inputs or states change.
    """
    assert_like_rnncell("cell", cell)
    if not callable(loop_fn):
        raise TypeError(f"Argument `loop_fn` must be a callable. Received: {loop_fn}.")
    with variable_scope(scope or "rnn") as opened:
        cache_reads(opened)
        time = constant(0, dtype=dtypes.int32)
        finished, next_input, state, emit, first_loop_state = loop_fn(time, None, None, None)
        flat_input = nest.flatten(next_input)
        loop_state = constant(0, dtype=dtypes.int32) if first_loop_state is None else first_loop_state
        known_batch = dimension_at_index(flat_input[0].shape, 0)
        for tensor in flat_input:
            known_batch.assert_is_compatible_with(dimension_at_index(tensor.shape, 0))
        known_batch = dimension_value(known_batch)
        batch_size = shape_of(flat_input[0])[0] if known_batch is None else known_batch
        nest.assert_same_structure(state, cell.state_size)
        state = nest.map_structure(lambda part: part if is_array(part) else convert_to_tensor(part), state)
        if emit is None:
            emit = cell.output_size
            sizes, emit_dtypes = nest.flatten(emit), [nest.flatten(state)[0].dtype] * len(nest.flatten(emit))
        else:
            parts = nest.flatten(emit)
            sizes = [part.shape if part.shape.is_fully_defined() else shape_of(part) for part in parts]
            emit_dtypes = [part.dtype for part in parts]
        arrays = [
            TensorArray(
                dtype,
                size=0,
                dynamic_size=True,
                element_shape=TensorShape([known_batch]).concatenate(static_size(size)),
                name=f"rnn_output_{i}",
            )
            for i, (dtype, size) in enumerate(zip(emit_dtypes, sizes, strict=True))
        ]
        zero_emit = [zeros(joined_shape(batch_size, size), dtype) for dtype, size in zip(emit_dtypes, sizes, strict=True)]
        arrays, zero_emit = nest.pack_sequence_as(emit, arrays), nest.pack_sequence_as(emit, zero_emit)

        def body(time, finished, current, arrays, state, loop_state):
            output, cell_state = cell(current, state)
            nest.assert_same_structure(state, cell_state)
            nest.assert_same_structure(cell.output_size, output)
            next_time = time + 1
            now_finished, next_input, next_state, emitted, next_loop_state = loop_fn(next_time, output, cell_state, loop_state)
            nest.assert_same_structure(state, next_state)
            nest.assert_same_structure(current, next_input)
            nest.assert_same_structure(arrays, emitted)

            def kept(old, new):
                if is_array(old) or old.shape.ndims == 0:
                    return new
                with colocate_with(new):
                    return where(finished, old, new)

            emitted = nest.map_structure(kept, zero_emit, emitted)
            next_state = nest.map_structure(kept, state, next_state)
            arrays = nest.map_structure(lambda one, part: one.write(time, part), arrays, emitted)
            next_loop_state = loop_state if next_loop_state is None else next_loop_state
            return next_time, logical_or(finished, now_finished), next_input, arrays, next_state, next_loop_state

        returned = while_loop(
            lambda time, finished, *_: logical_not(reduce_all(finished)),
            body,
            [time, finished, next_input, arrays, state, loop_state],
            parallel_iterations=parallel_iterations or 32,
            swap_memory=swap_memory,
        )
    arrays, final_state, final_loop_state = returned[-3:]
    return arrays, final_state, None if first_loop_state is None else final_loop_state
