"""A cell with attention: its output asks one or more mechanisms, the answer is part of its next input."""

import collections

from graphpb import dtypes, nest
from graphpb.graph.scopes import control_dependencies, name_scope
from graphpb.graph.tensor_array import TensorArray
from graphpb.layers.dense import Dense
from graphpb.ops.array import concat, expand_dims, identity, squeeze
from graphpb.ops.checks import assert_equal
from graphpb.ops.fill import zeros
from graphpb.ops.product import matmul
from graphpb.ops.shape import shape as shape_of
from graphpb.rnn.base import RNNCell, assert_like_rnncell, zero_state_tensors
from graphpb.rnn.step import is_array
from graphpb.shapes import TensorShape


class AttentionWrapperState(
    collections.namedtuple("AttentionWrapperState", ("cell_state", "attention", "time", "alignments", "alignment_history", "attention_state"))
):
    """State of an AttentionWrapper: the cell's, the last attention [batch, size], the step number, the last alignments
    [batch, time], the TensorArray of all alignments or (), and the mechanisms' state."""

    __slots__ = ()

    def clone(self, **kwargs):
        """Return a copy with parts replaced; new tensors take over what is known of the old shapes."""

        def same_shape(old, new):
            if not is_array(old) and not is_array(new) and hasattr(new, "set_shape"):
                new.set_shape(old.shape)
            return new

        return nest.map_structure(same_shape, self, super()._replace(**kwargs))


class AttentionWrapper(RNNCell):
    """Wrap a cell with attention.

    Args:
      cell: RNNCell.
      attention_mechanism: AttentionMechanism, or a list of them.
      attention_layer_size: Size of the dense layer over [cell output, context], a list for several mechanisms; None: the context.
      alignment_history: Keep the alignments of all steps.
      cell_input_fn: Function (inputs, attention) -> inputs of the cell; default joins them.
      output_attention: The output is the attention; else the cell's output.
      initial_cell_state: The cell's part of `zero_state`.
      name: Name of the cell and of its scope; default `attention_wrapper`.
      attention_layer: Layer, or list of layers, instead of `attention_layer_size`.
      attention_fn: Function (mechanism, cell output, attention state, attention layer) -> (attention, alignments, next state).

    Raises:
      TypeError: An argument is not of its type.
      ValueError: Both `attention_layer_size` and `attention_layer` are given, or not as many as mechanisms.
    """

    def __init__(
        self,
        cell,
        attention_mechanism,
        attention_layer_size=None,
        alignment_history=False,
        cell_input_fn=None,
        output_attention=True,
        initial_cell_state=None,
        name=None,
        attention_layer=None,
        attention_fn=None,
    ):
        super().__init__(name=name)
        assert_like_rnncell("cell", cell)
        self._is_multi = isinstance(attention_mechanism, (list, tuple))
        mechanisms = tuple(attention_mechanism) if self._is_multi else (attention_mechanism,)
        for mechanism in mechanisms:
            if not hasattr(mechanism, "alignments_size"):
                raise TypeError(
                    f"attention_mechanism must be an AttentionMechanism or list of multiple AttentionMechanism instances, saw type: {type(mechanism).__name__}"
                )
        if cell_input_fn is not None and not callable(cell_input_fn):
            raise TypeError(f"cell_input_fn must be callable, saw type: {type(cell_input_fn).__name__}")
        if attention_layer_size is not None and attention_layer is not None:
            raise ValueError("Only one of attention_layer_size and attention_layer should be set")
        layers = None
        if attention_layer_size is not None:
            sizes = _listed(attention_layer_size)
            self._attention_size = sum(sizes)
            layers = [Dense(size, name="attention_layer", use_bias=False, dtype=mechanisms[0].dtype) for size in sizes]
        elif attention_layer is not None:
            layers = _listed(attention_layer)
            self._attention_size = sum(
                layer.compute_output_shape([None, cell.output_size + mechanism.values.shape[-1].value])[-1].value
                for layer, mechanism in zip(layers, mechanisms, strict=False)
            )
        else:
            self._attention_size = sum(mechanism.values.shape[-1].value for mechanism in mechanisms)
        if layers is not None and len(layers) != len(mechanisms):
            raise ValueError(
                f"If provided, attention_layer_size must contain exactly one integer per attention_mechanism, saw: {len(layers)} vs {len(mechanisms)}"
            )
        self._cell = cell
        self._mechanisms = mechanisms
        self._layers = layers or [None] * len(mechanisms)
        self._cell_input_fn = cell_input_fn or (lambda inputs, attention: concat([inputs, attention], -1))
        self._attention_fn = attention_fn or _attend
        self._output_attention = output_attention
        self._history = alignment_history
        self._initial_cell_state = None if initial_cell_state is None else nest.map_structure(identity, initial_cell_state)

    def _structured(self, items):
        items = tuple(items)
        return items if self._is_multi else items[0]

    @property
    def output_size(self):
        """Size of the attention, or of the cell's output."""
        return self._attention_size if self._output_attention else self._cell.output_size

    @property
    def state_size(self):
        """AttentionWrapperState of sizes."""
        return AttentionWrapperState(
            cell_state=self._cell.state_size,
            attention=self._attention_size,
            time=TensorShape([]),
            alignments=self._structured(m.alignments_size for m in self._mechanisms),
            alignment_history=self._structured(m.alignments_size if self._history else () for m in self._mechanisms),
            attention_state=self._structured(m.state_size for m in self._mechanisms),
        )

    def _checked(self, tensor, batch_size, what):
        """A copy of a tensor behind checks that its batch size is that of the memories."""
        message = (
            f"When {what} of AttentionWrapper {self._base_name}: Non-matching batch sizes between the memory (encoder output) and the "
            "decoder.  Are you using the BeamSearchDecoder?  You may need to tile your memory input via the tf.contrib.seq2seq.tile_batch "
            "function with argument multiple=beam_width."
        )
        checks = []
        for mechanism in self._mechanisms:
            sizes = (batch_size, mechanism.batch_size)
            if all(isinstance(size, int) for size in sizes):
                if sizes[0] != sizes[1]:
                    raise ValueError(message)
            else:
                checks.append(assert_equal(*sizes, message=message))
        with control_dependencies([check for check in checks if check is not None]):
            return nest.map_structure(lambda t: t if is_array(t) else identity(t), tensor)

    def zero_state(self, batch_size, dtype):
        """Return the state to start with: zeros, and the initial cell state if one was given."""
        with name_scope(type(self).__name__ + "ZeroState"):
            state = self._initial_cell_state
            if state is None:
                state = self._cell.zero_state(batch_size, dtype)
            state = self._checked(state, batch_size, "calling zero_state")
            alignments = [m.initial_alignments(batch_size, dtype) for m in self._mechanisms]
            return AttentionWrapperState(
                cell_state=state,
                time=zeros([], dtype=dtypes.int32),
                attention=zero_state_tensors(self._attention_size, batch_size, dtype),
                alignments=self._structured(alignments),
                attention_state=self._structured(m.initial_state(batch_size, dtype) for m in self._mechanisms),
                alignment_history=self._structured(
                    TensorArray(dtype, size=0, dynamic_size=True, element_shape=a.shape) if self._history else () for a in alignments
                ),
            )

    def call(self, inputs, state):
        """Run the cell on [inputs, attention] and attend with its output.

        Returns:
          (output, AttentionWrapperState).

        Raises:
          TypeError: The state is no AttentionWrapperState.
        """
        if not isinstance(state, AttentionWrapperState):
            raise TypeError(
                f"Expected state to be instance of AttentionWrapperState. Received type {type(state)} instead.  "
                "Use zero_state of the AttentionWrapper, and clone(cell_state=...) to set the cell's part."
            )
        output, next_cell_state = self._cell(self._cell_input_fn(inputs, state.attention), state.cell_state)
        output = self._checked(output, output.shape[0].value or shape_of(output)[0], "applying")
        before = state.attention_state if self._is_multi else (state.attention_state,)
        histories = state.alignment_history if self._is_multi else (state.alignment_history,)
        attentions, all_alignments, states, kept = [], [], [], []
        for mechanism, layer, old, history in zip(self._mechanisms, self._layers, before, histories, strict=True):
            attention, alignments, new = self._attention_fn(mechanism, output, old, layer)
            attentions.append(attention)
            all_alignments.append(alignments)
            states.append(new)
            kept.append(history.write(state.time, alignments) if self._history else ())
        attention = concat(attentions, 1) if len(attentions) > 1 else identity(attentions[0])
        next_state = AttentionWrapperState(
            time=state.time + 1,
            cell_state=next_cell_state,
            attention=attention,
            attention_state=self._structured(states),
            alignments=self._structured(all_alignments),
            alignment_history=self._structured(kept),
        )
        return attention if self._output_attention else output, next_state


def _listed(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _attend(mechanism, cell_output, attention_state, attention_layer):
    """The sum of the memory weighted by the alignments, and the layer over it."""
    alignments, next_state = mechanism(cell_output, state=attention_state)
    context = squeeze(matmul(expand_dims(alignments, 1), mechanism.values), [1])
    attention = context if attention_layer is None else attention_layer(concat([cell_output, context], 1))
    return attention, alignments, next_state
