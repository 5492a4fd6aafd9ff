"""Decoders, the loop that runs them, and the decoder that a helper feeds."""

import collections

from graphpb import dtypes, nest
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.loops import while_loop
from graphpb.graph.scopes import name_scope
from graphpb.graph.static import constant_value
from graphpb.graph.tensor_array import TensorArray
from graphpb.ops.array import where
from graphpb.ops.compare import logical_or
from graphpb.ops.fill import fill, zeros, zeros_like
from graphpb.ops.reduce import reduce_all
from graphpb.ops.shape import shape as shape_of
from graphpb.ops.unary import logical_not
from graphpb.rnn.base import assert_like_rnncell, joined_shape
from graphpb.rnn.dynamic import swap_batch_and_time
from graphpb.rnn.step import is_array
from graphpb.shapes import TensorShape
from graphpb.variables.scope import variable_scope


class Decoder:
    """What `dynamic_decode` runs: `initialize`, then `step` until all sequences are finished, then `finalize`."""

    @property
    def batch_size(self):
        """int or int32 scalar tensor."""
        raise NotImplementedError

    @property
    def output_size(self):
        """Structure of the sizes of an output, without batch."""
        raise NotImplementedError

    @property
    def output_dtype(self):
        """Structure of the dtypes of an output."""
        raise NotImplementedError

    def initialize(self, name=None):
        """Return (finished bool [batch], first inputs, first state)."""
        raise NotImplementedError

    def step(self, time, inputs, state, name=None):
        """Return (outputs, next state, next inputs, finished)."""
        raise NotImplementedError

    def finalize(self, outputs, final_state, sequence_lengths):
        """Return (outputs, state) after the loop; NotImplementedError leaves them as they are."""
        raise NotImplementedError

    @property
    def tracks_own_finished(self):
        """Whether `finished` of a step says all; else what was finished stays so."""
        return False


def dynamic_decode(
    decoder, output_time_major=False, impute_finished=False, maximum_iterations=None, parallel_iterations=32, swap_memory=False, scope=None
):
    """Run a decoder until all its sequences are finished.

    Args:
      decoder: Decoder.
      output_time_major: The first axis of the outputs is time.
      impute_finished: Past the end of a sequence outputs are zeros and the state is copied through.
      maximum_iterations: int scalar, the largest number of steps.
      parallel_iterations: Kept for compatibility.
      swap_memory: Kept for compatibility.
      scope: Variable scope; default `decoder`.

    Returns:
      (outputs [batch, time, ...], final state, int32 sequence lengths [batch]).

    Raises:
      TypeError: `decoder` is no Decoder.
      ValueError: `maximum_iterations` is no scalar.
    """
    if not isinstance(decoder, Decoder):
        raise TypeError(f"Expected decoder to be type Decoder, but saw: {type(decoder)}")
    with variable_scope(scope, "decoder"):
        if maximum_iterations is not None:
            maximum_iterations = convert_to_tensor(maximum_iterations, dtype=dtypes.int32, name="maximum_iterations")
            if maximum_iterations.shape.ndims != 0:
                raise ValueError("maximum_iterations must be a scalar")
        finished, inputs, state = decoder.initialize()
        if maximum_iterations is not None:
            finished = logical_or(finished, 0 >= maximum_iterations)
        zero_outputs = nest.map_structure(
            lambda size, dtype: zeros(joined_shape(decoder.batch_size, size), dtype), decoder.output_size, decoder.output_dtype
        )

        def array(size, dtype):
            shape = None
            if isinstance(size, TensorShape) and size.ndims != 0:
                batch = constant_value(convert_to_tensor(decoder.batch_size, name="batch_size"))
                shape = TensorShape([None if batch is None else int(batch)]).concatenate(size)
            return TensorArray(dtype, size=0, dynamic_size=True, element_shape=shape)

        arrays = nest.map_structure(array, decoder.output_size, decoder.output_dtype)

        def body(time, arrays, state, inputs, finished, lengths):
            outputs, decoder_state, next_inputs, decoder_finished = decoder.step(time, inputs, state)
            next_finished = decoder_finished if decoder.tracks_own_finished else logical_or(decoder_finished, finished)
            next_lengths = where(logical_not(finished), fill(shape_of(lengths), time + 1), lengths)
            nest.assert_same_structure(state, decoder_state)
            nest.assert_same_structure(arrays, outputs)
            nest.assert_same_structure(inputs, next_inputs)
            if impute_finished:
                outputs = nest.map_structure(lambda out, zero: where(finished, zero, out), outputs, zero_outputs)
                decoder_state = nest.map_structure(lambda new, old: _kept(finished, new, old), decoder_state, state)
            arrays = nest.map_structure(lambda one, out: one.write(time, out), arrays, outputs)
            return time + 1, arrays, decoder_state, next_inputs, next_finished, next_lengths

        _, arrays, final_state, _, _, lengths = while_loop(
            lambda time, arrays, state, inputs, finished, lengths: logical_not(reduce_all(finished)),
            body,
            (constant(0, dtypes.int32), arrays, state, inputs, finished, zeros_like(finished, dtype=dtypes.int32)),
            parallel_iterations=parallel_iterations,
            maximum_iterations=maximum_iterations,
            swap_memory=swap_memory,
        )
        outputs = nest.map_structure(lambda one: one.stack(), arrays)
        try:
            outputs, final_state = decoder.finalize(outputs, final_state, lengths)
        except NotImplementedError:
            pass
        if not output_time_major:
            outputs = nest.map_structure(swap_batch_and_time, outputs)
    return outputs, final_state, lengths


def _kept(finished, new, old):
    if is_array(old):
        return new
    new.set_shape(old.shape)
    return new if new.shape.ndims == 0 else where(finished, old, new)


class BasicDecoderOutput(collections.namedtuple("BasicDecoderOutput", ("rnn_output", "sample_id"))):
    """One step of a BasicDecoder: the cell's output [batch, ...] and what the helper sampled."""

    __slots__ = ()


class BasicDecoder(Decoder):
    """A cell whose inputs a helper chooses.

    Args:
      cell: RNNCell.
      helper: Helper.
      initial_state: State of the cell to start with.
      output_layer: Layer applied to the cell's outputs before sampling, or None.

    Raises:
      TypeError: An argument is not of its type.
    """

    def __init__(self, cell, helper, initial_state, output_layer=None):
        assert_like_rnncell("cell", cell)
        if not hasattr(helper, "next_inputs"):
            raise TypeError(f"helper must be a Helper, received: {type(helper)}")
        if output_layer is not None and not hasattr(output_layer, "compute_output_shape"):
            raise TypeError(f"output_layer must be a Layer, received: {type(output_layer)}")
        self._cell = cell
        self._helper = helper
        self._initial_state = initial_state
        self._output_layer = output_layer

    @property
    def batch_size(self):
        """That of the helper."""
        return self._helper.batch_size

    def _output_sizes(self):
        size = self._cell.output_size
        if self._output_layer is None:
            return nest.map_structure(lambda s: TensorShape([s] if isinstance(s, int) else s), size)
        batched = nest.map_structure(lambda s: TensorShape([None]).concatenate(s), size)
        return nest.map_structure(lambda s: s[1:], self._output_layer.compute_output_shape(batched))

    @property
    def output_size(self):
        """BasicDecoderOutput of sizes."""
        return BasicDecoderOutput(self._output_sizes(), self._helper.sample_ids_shape)

    @property
    def output_dtype(self):
        """BasicDecoderOutput of dtypes."""
        dtype = nest.flatten(self._initial_state)[0].dtype
        return BasicDecoderOutput(nest.map_structure(lambda _: dtype, self._output_sizes()), self._helper.sample_ids_dtype)

    def initialize(self, name=None):
        """Return (finished, first inputs, initial state)."""
        return (*self._helper.initialize(), self._initial_state)

    def step(self, time, inputs, state, name=None):
        """Run the cell, let the helper sample and choose the next inputs."""
        with name_scope(name, "BasicDecoderStep", nest.flatten((time, inputs))):
            outputs, cell_state = self._cell(inputs, state)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            sample_ids = self._helper.sample(time=time, outputs=outputs, state=cell_state)
            finished, next_inputs, next_state = self._helper.next_inputs(time=time, outputs=outputs, state=cell_state, sample_ids=sample_ids)
        return BasicDecoderOutput(outputs, sample_ids), next_state, next_inputs, finished
