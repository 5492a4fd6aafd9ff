"""A decoder that keeps the likeliest sequences of each example."""

import collections

import numpy as np

from graphpb import dtypes, nest
from graphpb.contrib.seq2seq.attention_wrapper import AttentionWrapperState
from graphpb.contrib.seq2seq.beams import gather_tree, pick
from graphpb.contrib.seq2seq.decoder import Decoder
from graphpb.contrib.seq2seq.helpers import _embedding_function
from graphpb.graph.control import cond
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.graph.static import constant_value
from graphpb.nn.activations import log_softmax
from graphpb.nn.sampling import top_k
from graphpb.ops.array import concat, expand_dims, one_hot, reshape, tile, where
from graphpb.ops.cast import cast
from graphpb.ops.compare import equal, logical_or
from graphpb.ops.fill import ones_like, zeros
from graphpb.ops.math import floordiv, minimum
from graphpb.ops.math import range as range_of
from graphpb.ops.reduce import reduce_all, reduce_max, reduce_sum
from graphpb.ops.shape import shape as shape_of
from graphpb.ops.shape import size as size_of
from graphpb.ops.unary import log, logical_not
from graphpb.rnn.base import assert_like_rnncell
from graphpb.rnn.step import is_array
from graphpb.shapes import TensorShape


class BeamSearchDecoderState(
    collections.namedtuple("BeamSearchDecoderState", ("cell_state", "log_probs", "finished", "lengths", "accumulated_attention_probs"))
):
    """State of a beam search: the cell's with beams, log probabilities, ends and int64 lengths [batch, beams], summed attention."""

    __slots__ = ()


class BeamSearchDecoderOutput(collections.namedtuple("BeamSearchDecoderOutput", ("scores", "predicted_ids", "parent_ids"))):
    """One step of a beam search, each [batch, beams]: score, token, and the beam that it went on from."""

    __slots__ = ()


class FinalBeamSearchDecoderOutput(collections.namedtuple("FinalBeamSearchDecoderOutput", ("predicted_ids", "beam_search_decoder_output"))):
    """All sequences [batch, time, beams], best first, and the outputs of the steps."""

    __slots__ = ()


class BeamSearchDecoder(Decoder):
    """Beam search over a cell's outputs.

    A beam's score is its log probability divided by ((5 + length)/6)^length_penalty_weight, less the coverage penalty
    (arxiv 1609.08144).

    Args:
      cell: RNNCell.
      embedding: Table, or function from int32 ids to vectors.
      start_tokens: int32 [batch].
      end_token: int32 scalar.
      initial_state: State of the cell, made for batch · beams with `tile_batch`.
      beam_width: int, number of beams.
      output_layer: Layer applied to the cell's outputs, or None.
      length_penalty_weight: float.
      coverage_penalty_weight: float; needs an AttentionWrapper.
      reorder_tensor_arrays: Put TensorArrays in the final state (the alignment history) into the order of the final beams.

    Raises:
      TypeError: `cell` is no cell.
      ValueError: `start_tokens` is no vector, or `end_token` no scalar.
    """

    def __init__(
        self,
        cell,
        embedding,
        start_tokens,
        end_token,
        initial_state,
        beam_width,
        output_layer=None,
        length_penalty_weight=0.0,
        coverage_penalty_weight=0.0,
        reorder_tensor_arrays=True,
    ):
        assert_like_rnncell("cell", cell)
        self._cell = cell
        self._output_layer = output_layer
        self._reorder = reorder_tensor_arrays
        self._embed = _embedding_function(embedding)
        start_tokens = convert_to_tensor(start_tokens, dtype=dtypes.int32, name="start_tokens")
        if start_tokens.shape.ndims != 1:
            raise ValueError("start_tokens must be a vector")
        self._end_token = convert_to_tensor(end_token, dtype=dtypes.int32, name="end_token")
        if self._end_token.shape.ndims != 0:
            raise ValueError("end_token must be a scalar")
        self._batch_size = start_tokens.shape[0].value or size_of(start_tokens)
        self._beam_width = beam_width
        self._length_penalty_weight = length_penalty_weight
        self._coverage_penalty_weight = coverage_penalty_weight
        self._initial_cell_state = nest.map_structure(self._split, initial_state)
        self._start_inputs = self._embed(tile(expand_dims(start_tokens, 1), [1, beam_width]))
        self._first = zeros([self._batch_size], dtype=dtypes.int32)
        self._finished = one_hot(self._first, depth=beam_width, on_value=False, off_value=True, dtype=dtypes.bool)

    batch_size = property(lambda self: self._batch_size)

    @property
    def tracks_own_finished(self):
        """True: beams change places."""
        return True

    @property
    def output_size(self):
        """BeamSearchDecoderOutput of sizes."""
        size = TensorShape([self._beam_width])
        return BeamSearchDecoderOutput(size, size, size)

    @property
    def output_dtype(self):
        """BeamSearchDecoderOutput of dtypes."""
        return BeamSearchDecoderOutput(nest.flatten(self._initial_cell_state)[0].dtype, dtypes.int32, dtypes.int32)

    def _split(self, tensor):
        """[batch · beams, ...] to [batch, beams, ...]; scalars and arrays stay."""
        if is_array(tensor) or tensor.shape.ndims == 0:
            return tensor
        split = reshape(tensor, concat([[self._batch_size, self._beam_width], shape_of(tensor)[1:]], 0))
        known = self._batch_size if isinstance(self._batch_size, int) else None
        split.set_shape(TensorShape([known, self._beam_width]).concatenate(tensor.shape[1:]))
        return split

    def _merge(self, tensor):
        """[batch, beams, ...] to [batch · beams, ...]; scalars and arrays stay."""
        if is_array(tensor) or tensor.shape.ndims == 0:
            return tensor
        merged = reshape(tensor, concat([[self._batch_size * self._beam_width], shape_of(tensor)[2:]], 0))
        known = self._batch_size * self._beam_width if isinstance(self._batch_size, int) else None
        merged.set_shape(TensorShape([known]).concatenate(tensor.shape[2:]))
        return merged

    def _pick(self, values, beams):
        if is_array(values) or values.shape.ndims == 0:
            return values
        return pick(values, beams, self._batch_size, self._beam_width)

    def initialize(self, name=None):
        """Return (finished, start inputs, state): at first only beam 0 of each example is alive."""
        dtype = nest.flatten(self._initial_cell_state)[0].dtype
        log_probs = one_hot(self._first, depth=self._beam_width, on_value=0.0, off_value=-np.inf, dtype=dtype)
        attention = ()
        if self._coverage_penalty_weight:
            attention = nest.map_structure(lambda a: zeros(shape_of(a), a.dtype), self._alignments(self._initial_cell_state))
        state = BeamSearchDecoderState(
            cell_state=self._initial_cell_state,
            log_probs=log_probs,
            finished=self._finished,
            lengths=zeros([self._batch_size, self._beam_width], dtype=dtypes.int64),
            accumulated_attention_probs=attention,
        )
        return self._finished, self._start_inputs, state

    @staticmethod
    def _alignments(cell_state):
        """The alignments of the AttentionWrapperState in a state, summed over mechanisms. ValueError when there is none."""
        if isinstance(cell_state, AttentionWrapperState):
            found = nest.flatten(cell_state.alignments)
            return sum(found[1:], found[0])
        if isinstance(cell_state, tuple):
            for part in cell_state:
                if isinstance(part, AttentionWrapperState):
                    return BeamSearchDecoder._alignments(part)
        raise ValueError("coverage_penalty_weight needs an AttentionWrapper among the cells.")

    def step(self, time, inputs, state, name=None):
        """Run the cell for all beams and keep the best continuations."""
        with name_scope(name, "BeamSearchDecoderStep"):
            outputs, cell_state = self._cell(nest.map_structure(self._merge, inputs), nest.map_structure(self._merge, state.cell_state))
            logits = self._split(outputs)
            cell_state = nest.map_structure(self._split, cell_state)
            if self._output_layer is not None:
                logits = self._output_layer(logits)
            output, next_state = self._search(logits, cell_state, state)
            next_inputs = cond(reduce_all(next_state.finished), lambda: self._start_inputs, lambda: self._embed(output.predicted_ids))
        return output, next_state, next_inputs, next_state.finished

    def _search(self, logits, cell_state, state):
        words = logits.shape[-1].value or shape_of(logits)[2]
        total = expand_dims(state.log_probs, 2) + self._continued(log_softmax(logits), state.finished, words)
        ends = one_hot(self._end_token, words, dtype=dtypes.int64)
        grown = reshape(1 - ends, [1, 1, -1]) * expand_dims(cast(logical_not(state.finished), dtypes.int64), 2)
        lengths = expand_dims(state.lengths, 2) + grown
        attention, coverage = state.accumulated_attention_probs, None
        if self._coverage_penalty_weight:
            seen = self._alignments(cell_state)
            seen = where(tile(expand_dims(state.finished, 2), [1, 1, shape_of(seen)[2]]), attention * 0.0, seen)
            attention = attention + seen
            coverage = reduce_sum(log(minimum(attention, ones_like(attention))), 2)
            coverage = expand_dims(coverage, 2) * self._coverage_penalty_weight
        scores = self._penalized(total, lengths)
        scores = scores if coverage is None else scores + coverage
        best, places = top_k(reshape(scores, [self._batch_size, -1]), k=self._beam_width)
        best.set_shape([None, self._beam_width])
        places.set_shape([None, self._beam_width])
        flat_total = reshape(total, [self._batch_size, -1])
        log_probs = pick(flat_total, places, self._batch_size, self._beam_width * words)
        beams, ids = floordiv(places, words), places % words
        was_finished = self._pick(state.finished, beams)
        next_state = BeamSearchDecoderState(
            cell_state=nest.map_structure(lambda part: self._pick(part, beams), cell_state),
            log_probs=log_probs,
            finished=logical_or(was_finished, equal(ids, self._end_token)),
            lengths=self._pick(state.lengths, beams) + cast(logical_not(was_finished), dtypes.int64),
            accumulated_attention_probs=self._pick(attention, beams) if coverage is not None else (),
        )
        shape = [self._batch_size if isinstance(self._batch_size, int) else None, self._beam_width]
        for tensor, like in zip(next_state[1:4], state[1:4], strict=True):
            tensor.set_shape(like.shape)
        for tensor in (best, ids, beams):
            tensor.set_shape(shape)
        return BeamSearchDecoderOutput(scores=best, predicted_ids=ids, parent_ids=beams), next_state

    def _continued(self, log_probs, finished, words):
        """Log probabilities of the next token; a finished beam goes on with the end token only."""
        row = one_hot(self._end_token, words, on_value=0.0, off_value=log_probs.dtype.min, dtype=log_probs.dtype)
        rows = tile(reshape(row, [1, 1, -1]), concat([shape_of(finished), [1]], 0))
        return where(tile(expand_dims(finished, 2), [1, 1, words]), rows, log_probs)

    def _penalized(self, log_probs, lengths):
        weight = self._length_penalty_weight
        if isinstance(weight, (int, float)):
            if weight == 0:
                return log_probs
        elif constant_value(weight) == 0:
            return log_probs
        weight = convert_to_tensor(weight, dtype=log_probs.dtype)
        return log_probs / (((5.0 + cast(lengths, log_probs.dtype)) / 6.0) ** weight)

    def finalize(self, outputs, final_state, sequence_lengths):
        """Return (FinalBeamSearchDecoderOutput, state): every beam traced back to its start."""
        longest = cast(reduce_max(final_state.lengths, axis=1), dtypes.int32)
        ids = gather_tree(outputs.predicted_ids, outputs.parent_ids, longest, self._end_token)
        if self._reorder:
            ordered = nest.map_structure(
                lambda part: self._ordered(part, outputs.parent_ids, final_state.lengths) if is_array(part) else part, final_state.cell_state
            )
            final_state = final_state._replace(cell_state=ordered)
        return FinalBeamSearchDecoderOutput(beam_search_decoder_output=outputs, predicted_ids=ids), final_state

    def _ordered(self, array, parent_ids, lengths):
        """The steps [time, batch · beams, ...] of an array along the final beams, as a tensor [time, batch, beams, ...]."""
        steps = array.stack()
        sizes = shape_of(parent_ids)
        time, batch, beams = sizes[0], sizes[1], sizes[2]
        split = reshape(steps, concat([[time * batch, beams], shape_of(steps)[2:]], 0))
        own = tile(reshape(range_of(beams), [1, 1, -1]), [time, batch, 1])
        order = gather_tree(own, parent_ids, cast(reduce_max(lengths, axis=1), dtypes.int32), beams + 1)
        order = where(equal(order, beams + 1), own, order)
        picked = pick(split, reshape(order, [time * batch, beams]), time * batch, beams)
        return reshape(picked, concat([sizes, shape_of(steps)[2:]], 0))
