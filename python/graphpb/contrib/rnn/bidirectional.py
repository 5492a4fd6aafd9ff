"""Stacks of bidirectional layers: the joined outputs of each are the inputs of the next."""

from graphpb.ops.array import concat
from graphpb.rnn.dynamic import bidirectional_dynamic_rnn
from graphpb.rnn.static import static_bidirectional_rnn
from graphpb.variables.scope import variable_scope


def _check(cells_fw, cells_bw, states_fw, states_bw):
    for name, cells in (("cells_fw", cells_fw), ("cells_bw", cells_bw)):
        if cells is None:
            raise ValueError("Must specify at least one fw cell for BidirectionalRNN.")
        if not isinstance(cells, (list, tuple)):
            raise ValueError(f"{name} must be a list of RNNCells (one per layer).")
    if len(cells_fw) != len(cells_bw):
        raise ValueError("Forward and Backward cells must have the same depth.")
    for name, states, cells in (("initial_states_fw", states_fw, cells_fw), ("initial_states_bw", states_bw, cells_bw)):
        if states is not None and (not isinstance(states, (list, tuple)) or len(states) != len(cells)):
            raise ValueError(f"{name} must be a list of state tensors (one per layer).")


def stack_bidirectional_rnn(cells_fw, cells_bw, inputs, initial_states_fw=None, initial_states_bw=None, dtype=None, sequence_length=None, scope=None):
    """Unroll bidirectional layers over a list of inputs.

    Args:
      cells_fw: List of cells, one for each layer.
      cells_bw: List of cells, as many.
      inputs: List of T tensors [batch, input].
      initial_states_fw: List of states, one for each layer; default zeros.
      initial_states_bw: The same backwards.
      dtype: dtype of the zero states.
      sequence_length: int [batch].
      scope: Variable scope; default `stack_bidirectional_rnn`.

    Returns:
      (list of T outputs, tuple of final forward states, tuple of final backward states).

    Raises:
      ValueError: The lists are none, or of different lengths.
    """
    _check(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    states_fw, states_bw = [], []
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for i, (cell_fw, cell_bw) in enumerate(zip(cells_fw, cells_bw, strict=True)):
            with variable_scope(f"cell_{i}") as layer:
                inputs, state_fw, state_bw = static_bidirectional_rnn(
                    cell_fw,
                    cell_bw,
                    inputs,
                    initial_state_fw=initial_states_fw[i] if initial_states_fw else None,
                    initial_state_bw=initial_states_bw[i] if initial_states_bw else None,
                    sequence_length=sequence_length,
                    dtype=dtype,
                    scope=layer,
                )
                states_fw.append(state_fw)
                states_bw.append(state_bw)
    return inputs, tuple(states_fw), tuple(states_bw)


def stack_bidirectional_dynamic_rnn(
    cells_fw,
    cells_bw,
    inputs,
    initial_states_fw=None,
    initial_states_bw=None,
    dtype=None,
    sequence_length=None,
    parallel_iterations=None,
    time_major=False,
    scope=None,
    swap_memory=False,
):
    """Unroll bidirectional layers by loops over time.

    Args:
      cells_fw: List of cells, one for each layer.
      cells_bw: List of cells, as many.
      inputs: Tensor [batch, time, input], or time-major.
      initial_states_fw: List of states, one for each layer; default zeros.
      initial_states_bw: The same backwards.
      dtype: dtype of the zero states.
      sequence_length: int [batch].
      parallel_iterations: Kept for compatibility.
      time_major: The first axis of inputs and outputs is time.
      scope: Variable scope; default `stack_bidirectional_rnn`.
      swap_memory: Kept for compatibility.

    Returns:
      (outputs [batch, time, forward + backward], tuple of final forward states, tuple of final backward states).

    Raises:
      ValueError: The lists are none, or of different lengths.
    """
    _check(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    states_fw, states_bw = [], []
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for i, (cell_fw, cell_bw) in enumerate(zip(cells_fw, cells_bw, strict=True)):
            with variable_scope(f"cell_{i}"):
                outputs, (state_fw, state_bw) = bidirectional_dynamic_rnn(
                    cell_fw,
                    cell_bw,
                    inputs,
                    initial_state_fw=initial_states_fw[i] if initial_states_fw else None,
                    initial_state_bw=initial_states_bw[i] if initial_states_bw else None,
                    sequence_length=sequence_length,
                    parallel_iterations=parallel_iterations,
                    dtype=dtype,
                    swap_memory=swap_memory,
                    time_major=time_major,
                )
                inputs = concat(outputs, 2)
                states_fw.append(state_fw)
                states_bw.append(state_bw)
    return inputs, tuple(states_fw), tuple(states_bw)
