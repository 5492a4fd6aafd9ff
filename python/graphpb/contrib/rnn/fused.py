"""An LSTM over whole sequences as one op: LSTMBlockFusedCell."""

from graphpb import dtypes
from graphpb.graph.convert import convert_to_tensor
from graphpb.initializers import Constant
from graphpb.layers.base import InputSpec, Layer
from graphpb.ops import raw
from graphpb.ops.array import concat, expand_dims, sequence_mask, stack, tile, transpose, unstack
from graphpb.ops.cast import to_int64
from graphpb.ops.fill import zeros
from graphpb.ops.gather import gather_nd
from graphpb.ops.math import range as range_of
from graphpb.ops.reduce import reduce_max
from graphpb.ops.shape import shape as shape_of
from graphpb.rnn.base import LSTMStateTuple
from graphpb.rnn.cells import input_depth


class LSTMBlockFusedCell(Layer):
    """Run an LSTM over time-major sequences: `outputs, state = cell(inputs, initial_state, dtype, sequence_length)`.

    Args:
      num_units: Number of units.
      forget_bias: Added to the forget gate.
      cell_clip: The memory is clipped to [-cell_clip, cell_clip]; None does not clip.
      use_peephole: Add the diagonal weights w_i_diag, w_f_diag, w_o_diag.
      reuse: Whether the variables exist already.
      dtype: dtype of the variables, float32.
      name: Name of the layer and of its scope; default `lstm_fused_cell`.
    """

    def __init__(self, num_units, forget_bias=1.0, cell_clip=None, use_peephole=False, reuse=None, dtype=None, name="lstm_fused_cell"):
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._cell_clip = cell_clip if cell_clip is not None else -1
        self._use_peephole = use_peephole
        self.input_spec = InputSpec(ndim=3)

    num_units = property(lambda self: self._num_units)

    def __call__(self, inputs, *args, **kwargs):
        """Run over inputs [time, batch, input], or a list of T tensors [batch, input]; see `call`."""
        listed = isinstance(inputs, list)
        outputs, state = super().__call__(stack(inputs) if listed else inputs, *args, **kwargs)
        return unstack(outputs) if listed else outputs, state

    def build(self, input_shape):
        """Make kernel [input + units, 4·units], bias [4·units] and the peepholes."""
        depth, units = input_depth(input_shape), self._num_units
        self._kernel = self.add_weight("kernel", [depth + units, 4 * units])
        self._bias = self.add_weight("bias", [4 * units], initializer=Constant(0.0))
        if self._use_peephole:
            self._w_i_diag, self._w_f_diag, self._w_o_diag = (self.add_weight(name, [units]) for name in ("w_i_diag", "w_f_diag", "w_o_diag"))
        self.built = True

    def call(self, inputs, initial_state=None, dtype=None, sequence_length=None):
        """Return (outputs [time, batch, units], LSTMStateTuple of the final state).

        Args:
          inputs: float32 [time, batch, input].
          initial_state: Tuple (c, h) to start with; default zeros.
          dtype: dtype of the zeros; needed without `initial_state`.
          sequence_length: int [batch]; outputs past it are zeros, the final state is that of the last step within.

        Raises:
          ValueError: Neither `initial_state` nor `dtype` is given, or the state has not two parts.
        """
        batch = inputs.shape[1].value or shape_of(inputs)[1]
        time = inputs.shape[0].value or shape_of(inputs)[0]
        if initial_state is None:
            if dtype is None:
                raise ValueError("Either initial_state or dtype needs to be specified")
            initial_state = (zeros(stack([batch, self._num_units]), dtype),) * 2
        elif len(initial_state) != 2:
            raise ValueError("Expecting initial_state to be a tuple with length 2 or None")
        c, h = initial_state
        if self._use_peephole:
            wci, wcf, wco = self._w_i_diag, self._w_f_diag, self._w_o_diag
        else:
            wci = wcf = wco = zeros([self._num_units], dtype=self._dtype or dtypes.float32)
        if sequence_length is not None:
            sequence_length = convert_to_tensor(sequence_length)
        _, states, _, _, _, _, outputs = raw.BlockLSTM(
            seq_len_max=to_int64(time if sequence_length is None else reduce_max(sequence_length)),
            x=inputs,
            cs_prev=c,
            h_prev=h,
            w=self._kernel,
            wci=wci,
            wcf=wcf,
            wco=wco,
            b=self._bias,
            forget_bias=self._forget_bias,
            cell_clip=self._cell_clip,
            use_peephole=self._use_peephole,
        )
        if sequence_length is None:
            return outputs, LSTMStateTuple(states[-1], outputs[-1])
        mask = transpose(sequence_mask(sequence_length, time, dtype=outputs.dtype), [1, 0])
        outputs *= tile(expand_dims(mask, -1), [1, 1, self._num_units])
        # With the initial state in front, step n − 1 of a sequence of length n is at n, and a sequence of length 0 ends as it began.
        last = stack([sequence_length, range_of(batch, dtype=sequence_length.dtype)], axis=1)
        final = [gather_nd(concat([expand_dims(first, 0), steps], 0), last) for first, steps in ((c, states), (h, outputs))]
        return outputs, LSTMStateTuple(*final)
