"""Cells whose step is one op: LSTMBlockCell and GRUBlockCell."""

from graphpb import dtypes
from graphpb.initializers import Constant
from graphpb.layers.base import InputSpec
from graphpb.ops import raw
from graphpb.ops.fill import zeros
from graphpb.rnn.base import LayerRNNCell, LSTMStateTuple
from graphpb.rnn.cells import input_depth


class LSTMBlockCell(LayerRNNCell):
    """An LSTM cell as one op, with the variables and equations of LSTMCell.

    Args:
      num_units: Number of units.
      forget_bias: Added to the forget gate.
      cell_clip: The memory is clipped to [-cell_clip, cell_clip]; None does not clip.
      use_peephole: Add the diagonal weights w_i_diag, w_f_diag, w_o_diag.
      dtype: dtype of the variables, float32.
      reuse: Whether the variables exist already.
      name: Name of the cell and of its scope; default `lstm_cell`.
    """

    def __init__(self, num_units, forget_bias=1.0, cell_clip=None, use_peephole=False, dtype=None, reuse=None, name="lstm_cell", **kwargs):
        super().__init__(_reuse=reuse, dtype=dtype, name=name, **kwargs)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._cell_clip = cell_clip if cell_clip is not None else -1
        self._use_peephole = use_peephole
        self.input_spec = InputSpec(ndim=2)

    @property
    def state_size(self):
        """LSTMStateTuple of sizes."""
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self):
        """Number of units."""
        return self._num_units

    def build(self, input_shape):
        """Make kernel [input + units, 4·units], bias [4·units] and the peepholes."""
        depth, units = input_depth(input_shape), self._num_units
        self._kernel = self.add_weight("kernel", [depth + units, 4 * units])
        self._bias = self.add_weight("bias", [4 * units], initializer=Constant(0.0))
        if self._use_peephole:
            self._w_i_diag, self._w_f_diag, self._w_o_diag = (self.add_weight(name, [units]) for name in ("w_i_diag", "w_f_diag", "w_o_diag"))
        self.built = True

    def call(self, inputs, state):
        """Return (h, LSTMStateTuple(c, h))."""
        if len(state) != 2:
            raise ValueError("Expecting state to be a tuple with length 2.")
        c, h = state
        if self._use_peephole:
            wci, wcf, wco = self._w_i_diag, self._w_f_diag, self._w_o_diag
        else:
            wci = wcf = wco = zeros([self._num_units], dtype=self._dtype or dtypes.float32)
        _, new_c, _, _, _, _, new_h = raw.LSTMBlockCell(
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
        return new_h, LSTMStateTuple(new_c, new_h)


class GRUBlockCell(LayerRNNCell):
    """A GRU cell as one op, with the variables w_ru, b_ru, w_c, b_c.

    Args:
      num_units: Number of units.
      cell_size: The older name of `num_units`.
      reuse: Whether the variables exist already.
      name: Name of the cell and of its scope; default `gru_cell`.
      dtype: dtype of the variables, float32.
    """

    _names = ("w_ru", "b_ru", "w_c", "b_c")

    def __init__(self, num_units=None, cell_size=None, reuse=None, name="gru_cell", dtype=None, **kwargs):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        if (cell_size is None) == (num_units is None):
            raise ValueError("Exactly one of num_units or cell_size must be provided.")
        self._cell_size = num_units if cell_size is None else cell_size
        self.input_spec = InputSpec(ndim=2)

    @property
    def state_size(self):
        """Number of units."""
        return self._cell_size

    @property
    def output_size(self):
        """Number of units."""
        return self._cell_size

    def build(self, input_shape):
        """Make the weights of gates and candidate."""
        depth, units = input_depth(input_shape), self._cell_size
        w_ru, b_ru, w_c, b_c = self._names
        self._gate_kernel = self.add_weight(w_ru, [depth + units, 2 * units])
        self._gate_bias = self.add_weight(b_ru, [2 * units], initializer=Constant(1.0))
        self._candidate_kernel = self.add_weight(w_c, [depth + units, units])
        self._candidate_bias = self.add_weight(b_c, [units], initializer=Constant(0.0))
        self.built = True

    def call(self, inputs, h_prev):
        """Return (h, h)."""
        _, _, _, new_h = raw.GRUBlockCell(
            x=inputs,
            h_prev=h_prev,
            w_ru=self._gate_kernel,
            w_c=self._candidate_kernel,
            b_ru=self._gate_bias,
            b_c=self._candidate_bias,
        )
        return new_h, new_h


class GRUBlockCellV2(GRUBlockCell):
    """GRUBlockCell with the variable names of GRUCell: gates/kernel, gates/bias, candidate/kernel, candidate/bias."""

    _names = ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")
