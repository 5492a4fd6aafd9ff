"""Cells unrolled over a list of inputs, one set of nodes for each step: static_rnn and its kin."""

from graphpb import dtypes, nest
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import control_dependencies
from graphpb.ops.array import concat, identity, reverse_sequence, stack, unstack
from graphpb.ops.cast import cast
from graphpb.ops.fill import zeros
from graphpb.ops.reduce import reduce_max, reduce_min
from graphpb.ops.shape import shape as shape_of
from graphpb.rnn.base import assert_like_rnncell, joined_shape
from graphpb.rnn.step import cache_reads, masked_step, state_dtype
from graphpb.shapes import TensorShape
from graphpb.variables.scope import variable_scope


def _check_list(inputs):
    if not nest.is_sequence(inputs):
        raise TypeError(f"Argument `inputs` must be a sequence. Received: {inputs}")
    if not inputs:
        raise ValueError("Argument `inputs` must not be empty.")


def _fixed_batch(inputs):
    """(static batch size, first input); ValueError when another size is unknown or batches differ."""
    first = inputs
    while nest.is_sequence(first):
        first = nest._items(first)[0]
    if first.shape.ndims == 1:
        return first.shape[0], first
    fixed = first.shape.with_rank_at_least(2)[0]
    for tensor in nest.flatten(inputs):
        shape = tensor.shape.with_rank_at_least(2)
        fixed.assert_is_compatible_with(shape[0])
        for i, size in enumerate(shape[1:].as_list()):
            if size is None:
                raise ValueError(f"Input size (dimension {i} of input {tensor}) must be accessible via shape inference, but saw value None.")
    return fixed, first


def initial_state_of(cell, batch_size, dtype):
    """Return the state a cell starts with. ValueError when no dtype is given."""
    if not dtype:
        raise ValueError("If no initial_state is provided, argument `dtype` must be specified")
    if getattr(cell, "get_initial_state", None) is not None:
        return cell.get_initial_state(inputs=None, batch_size=batch_size, dtype=dtype)
    return cell.zero_state(batch_size, dtype)


def static_rnn(cell, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
    """Unroll a cell over a list of inputs.

    Args:
      cell: RNNCell.
      inputs: List of T tensors [batch, input], or of structures of them.
      initial_state: State to start with, of the sizes `cell.state_size`; default zeros.
      dtype: dtype of the zero state; needed without `initial_state`.
      sequence_length: int [batch]; past the end outputs are zeros and the state is copied through.
      scope: Variable scope; default `rnn`.

    Returns:
      (list of T outputs, final state).

    Raises:
      TypeError: `cell` is no cell, or `inputs` no list.
      ValueError: `inputs` is empty, an input size is unknown, or neither `initial_state` nor `dtype` is given.
    """
    assert_like_rnncell("cell", cell)
    _check_list(inputs)
    outputs = []
    with variable_scope(scope or "rnn") as opened:
        cache_reads(opened)
        fixed, first = _fixed_batch(inputs)
        batch_size = fixed.value or shape_of(first)[0]
        state = initial_state_of(cell, batch_size, dtype) if initial_state is None else initial_state
        if sequence_length is not None:
            sequence_length = convert_to_tensor(sequence_length, name="sequence_length")
            if sequence_length.shape.ndims not in (None, 1):
                raise ValueError(f"Argument `sequence_length` must be a vector of length {batch_size}. Received sequence_length={sequence_length}.")

            def zero(size):
                output = zeros(stack(joined_shape(batch_size, size)), state_dtype(dtype, state))
                output.set_shape(TensorShape(joined_shape(fixed.value, size, static=True)))
                return output

            zero_output = nest.map_structure(zero, cell.output_size)
            sequence_length = cast(sequence_length, dtypes.int32)
            limits = reduce_min(sequence_length), reduce_max(sequence_length)
        for time, step_input in enumerate(inputs):
            if time > 0:
                opened.reuse_variables()
            if sequence_length is None:
                output, state = cell(step_input, state)
            else:

                def call_cell(step_input=step_input, state=state):
                    return cell(step_input, state)

                output, state = masked_step(time, sequence_length, limits, zero_output, state, call_cell, conditional=True)
            outputs.append(output)
    return outputs, state


def static_state_saving_rnn(cell, inputs, state_saver, state_name, sequence_length=None, scope=None):
    """Unroll a cell over a list of inputs, starting with a saved state and saving the final one.

    Args:
      cell: RNNCell.
      inputs: List of T tensors [batch, input].
      state_saver: Object with `state(name)` and `save_state(name, state)`.
      state_name: Name of the state, or a structure of names as `cell.state_size`.
      sequence_length: int [batch]; see `static_rnn`.
      scope: Variable scope; default `rnn`.

    Returns:
      (list of T outputs, final state); fetching them saves the state.

    Raises:
      ValueError: The names do not fit the state.
    """
    sizes = cell.state_size
    if nest.is_sequence(sizes) != nest.is_sequence(state_name):
        raise ValueError(
            f"Argument `state_name` should be the same type as `cell.state_size`. Received: state_name={state_name!s}, cell.state_size={sizes!s}."
        )
    names = nest.flatten(state_name)
    if len(names) != len(nest.flatten(sizes)):
        raise ValueError(
            f"Number of elements in argument `state_name` and `cell.state_size` are mismatched. "
            f"Received state_name={state_name} with {len(names)} elements and cell.state_size={sizes} with {len(nest.flatten(sizes))} elements."
        )
    initial = nest.pack_sequence_as(sizes, [state_saver.state(name) for name in names])
    outputs, state = static_rnn(cell, inputs, initial_state=initial, sequence_length=sequence_length, scope=scope)
    saved = [state_saver.save_state(name, part) for name, part in zip(names, nest.flatten(state), strict=True)]
    with control_dependencies(saved):
        outputs[-1] = nest.map_structure(identity, outputs[-1])
        state = nest.map_structure(identity, state)
    return outputs, state


def _reversed(sequence, lengths):
    """The inputs in reverse order; with lengths, each example reversed up to its own end."""
    if lengths is None:
        return list(reversed(sequence))
    flat = [nest.flatten(item) for item in sequence]
    results = [[] for _ in sequence]
    for tensors in zip(*flat, strict=True):
        shape = TensorShape([None] * tensors[0].shape.ndims) if tensors[0].shape.ndims is not None else TensorShape(None)
        for tensor in tensors:
            shape = shape.merge_with(tensor.shape)
        for result, tensor in zip(results, unstack(reverse_sequence(stack(tensors), lengths, 0, 1)), strict=True):
            tensor.set_shape(shape)
            result.append(tensor)
    return [nest.pack_sequence_as(item, result) for item, result in zip(sequence, results, strict=True)]


def static_bidirectional_rnn(cell_fw, cell_bw, inputs, initial_state_fw=None, initial_state_bw=None, dtype=None, sequence_length=None, scope=None):
    """Unroll one cell forwards and another backwards over a list of inputs.

    Args:
      cell_fw: RNNCell of the forward direction.
      cell_bw: RNNCell of the backward direction.
      inputs: List of T tensors [batch, input].
      initial_state_fw: Forward state to start with; default zeros.
      initial_state_bw: Backward state to start with; default zeros.
      dtype: dtype of the zero states.
      sequence_length: int [batch]; see `static_rnn`.
      scope: Variable scope; default `bidirectional_rnn`.

    Returns:
      (list of T outputs, forward and backward joined along axis 1; final forward state; final backward state).

    Raises:
      TypeError: A cell is no cell, or `inputs` no list.
      ValueError: `inputs` is empty, or as `static_rnn`.
    """
    assert_like_rnncell("cell_fw", cell_fw)
    assert_like_rnncell("cell_bw", cell_bw)
    _check_list(inputs)
    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as forward:
            output_fw, state_fw = static_rnn(cell_fw, inputs, initial_state_fw, dtype, sequence_length, scope=forward)
        with variable_scope("bw") as backward:
            turned = _reversed(inputs, sequence_length)
            output_bw, state_bw = static_rnn(cell_bw, turned, initial_state_bw, dtype, sequence_length, scope=backward)
    output_bw = _reversed(output_bw, sequence_length)
    pairs = zip(nest.flatten(output_fw), nest.flatten(output_bw), strict=True)
    outputs = nest.pack_sequence_as(output_fw, [concat([fw, bw], 1) for fw, bw in pairs])
    return outputs, state_fw, state_bw
