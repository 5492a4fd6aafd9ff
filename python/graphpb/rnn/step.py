"""One masked step of an unrolled cell, and the shape and type questions that all unrollings share."""

from graphpb import nest
from graphpb.graph.scopes import colocate_with
from graphpb.graph.static import constant_value
from graphpb.ops.array import where
from graphpb.ops.shape import shape as shape_of
from graphpb.shapes import TensorShape


def is_array(value):
    """Tell whether a leaf of a state is a TensorArray, which no mask can be applied to."""
    return type(value).__name__ == "TensorArray"


def cache_reads(scope):
    """Let a scope's variables be read where they are used, once for all steps."""
    if scope.caching_device is None:
        scope.set_caching_device(lambda op: op.device)


def batch_size_of(flat_input):
    """Return the batch size of time-major inputs: an int if any shape says it, else an int32 scalar tensor.

    Raises:
      ValueError: An input has fewer than two axes.
    """
    for tensor in flat_input:
        if tensor.shape.ndims is None:
            continue
        if tensor.shape.ndims < 2:
            raise ValueError(f"Input tensor should have rank >= 2. Received input={tensor} of rank {tensor.shape.ndims}")
        if tensor.shape[1].value is not None:
            return tensor.shape[1].value
    return shape_of(flat_input[0])[1]


def state_dtype(explicit, state):
    """Return the given dtype, or else the one that all parts of a state share.

    Raises:
      ValueError: The state has no parts, or their dtypes differ.
    """
    if explicit is not None:
        return explicit
    found = [part.dtype for part in nest.flatten(state)]
    if not found:
        raise ValueError(f"Unable to infer dtype from argument state={state}.")
    if any(dtype != found[0] for dtype in found):
        raise ValueError(
            f"Argument state={state} has tensors of different inferred dtypes. "
            f"Unable to infer a single representative dtype. Dtypes received: {found}"
        )
    return found[0]


def static_size(size):
    """Return a size as a shape; a tensor's value where it is known."""
    if hasattr(size, "op"):
        known = constant_value(size)
        return TensorShape(None if known is None else [int(d) for d in known.reshape(-1)])
    return TensorShape([size] if isinstance(size, int) else size)


def masked_step(time, sequence_length, limits, zero_output, state, call_cell, conditional):
    """Run a cell where the sequences have not ended; past the end outputs are zeros and states are copied through.

    Args:
      time: Step number, int or int32 scalar.
      sequence_length: int32 [batch].
      limits: (shortest, longest) sequence length, int32 scalars; used by `conditional` only.
      zero_output: Structure of zeros as the outputs.
      state: State before the step.
      call_cell: Function that makes the cell's nodes: () -> (output, new state).
      conditional: Skip the cell past the longest sequence, and the masks before the end of the shortest.

    Returns:
      (output, new state).
    """
    flat_state, flat_zero = nest.flatten(state), nest.flatten(zero_output)
    ended = time >= sequence_length

    def computed():
        output, new_state = call_cell()
        nest.assert_same_structure(zero_output, output)
        nest.assert_same_structure(state, new_state)
        return nest.flatten(output), nest.flatten(new_state)

    def copied(old, new):
        if is_array(old) or old.shape.ndims == 0:
            return new
        with colocate_with(new):
            return where(ended, old, new)

    def masked(outputs, states):
        pairs = [*zip(flat_zero, outputs, strict=True), *zip(flat_state, states, strict=True)]
        return [copied(old, new) for old, new in pairs]

    if not conditional:
        results = masked(*computed())
    else:
        from graphpb.graph.control import cond

        shortest, longest = limits

        def stepped():
            outputs, states = computed()
            return cond(time < shortest, lambda: outputs + states, lambda: masked(outputs, states))

        results = cond(time >= longest, lambda: flat_zero + flat_state, stepped)
        results = nest.flatten(results)
    for new, old in zip(results, flat_zero + flat_state, strict=True):
        if not is_array(new):
            new.set_shape(old.shape)
    outputs, states = results[: len(flat_zero)], results[len(flat_zero) :]
    return nest.pack_sequence_as(zero_output, outputs), nest.pack_sequence_as(state, states)
