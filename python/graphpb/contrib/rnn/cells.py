"""More cells: an LSTM with layer normalization, and the update gate RNN."""

from graphpb import nn
from graphpb.contrib.layers.normalize import layer_norm
from graphpb.contrib.rnn.linear import Linear
from graphpb.initializers import Constant
from graphpb.ops.array import concat, split
from graphpb.ops.product import matmul
from graphpb.ops.unary import sigmoid, tanh
from graphpb.rnn.base import LSTMStateTuple, RNNCell
from graphpb.variables.scope import get_variable, variable_scope


class LayerNormBasicLSTMCell(RNNCell):
    """An LSTM whose gates and memory are normalized (arxiv 1607.06450), with dropout of the candidate (arxiv 1603.05118).

    Args:
      num_units: Number of units.
      forget_bias: Added to the forget gate.
      input_size: Kept for compatibility.
      activation: Function; default tanh.
      layer_norm: Normalize; else the kernel has a bias.
      norm_gain: Initial gamma.
      norm_shift: Initial beta.
      dropout_keep_prob: Probability to keep an element of the candidate, float or scalar tensor.
      dropout_prob_seed: Seed of the dropout.
      reuse: Whether the variables exist already.
    """

    def __init__(
        self,
        num_units,
        forget_bias=1.0,
        input_size=None,
        activation=tanh,
        layer_norm=True,
        norm_gain=1.0,
        norm_shift=0.0,
        dropout_keep_prob=1.0,
        dropout_prob_seed=None,
        reuse=None,
    ):
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._activation = activation
        self._forget_bias = forget_bias
        self._keep_prob = dropout_keep_prob
        self._seed = dropout_prob_seed
        self._layer_norm = layer_norm
        self._norm_gain = norm_gain
        self._norm_shift = norm_shift

    @property
    def state_size(self):
        """LSTMStateTuple of sizes."""
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self):
        """Number of units."""
        return self._num_units

    def _norm(self, values, scope):
        if not self._layer_norm:
            return values
        with variable_scope(scope):
            shape = values.shape[-1:]
            get_variable("gamma", shape=shape, initializer=Constant(self._norm_gain), dtype=values.dtype)
            get_variable("beta", shape=shape, initializer=Constant(self._norm_shift), dtype=values.dtype)
        return layer_norm(values, reuse=True, scope=scope)

    def call(self, inputs, state):
        """Return (h, LSTMStateTuple(c, h))."""
        c, h = state
        joined = concat([inputs, h], 1)
        size = 4 * self._num_units
        gates = matmul(joined, get_variable("kernel", [joined.shape[-1], size], dtype=joined.dtype))
        if not self._layer_norm:
            gates = nn.bias_add(gates, get_variable("bias", [size], dtype=joined.dtype))
        i, j, f, o = split(gates, 4, axis=1)
        i, j, f, o = self._norm(i, "input"), self._norm(j, "transform"), self._norm(f, "forget"), self._norm(o, "output")
        g = self._activation(j)
        if not isinstance(self._keep_prob, float) or self._keep_prob < 1:
            g = nn.dropout(g, self._keep_prob, seed=self._seed)
        new_c = self._norm(c * sigmoid(f + self._forget_bias) + sigmoid(i) * g, "state")
        new_h = self._activation(new_c) * sigmoid(o)
        return new_h, LSTMStateTuple(new_c, new_h)


class UGRNNCell(RNNCell):
    """Update gate RNN (arxiv 1611.09913): g, c = [x, h]·K + b; h' = σ(g + forget_bias)∘h + (1 − σ(g + forget_bias))∘activation(c).

    Args:
      num_units: Number of units.
      initializer: Initializer of the kernel; default that of the scope.
      forget_bias: Added to the gate.
      activation: Function; default tanh.
      reuse: Whether the variables exist already.
    """

    def __init__(self, num_units, initializer=None, forget_bias=1.0, activation=tanh, reuse=None):
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._initializer = initializer
        self._forget_bias = forget_bias
        self._activation = activation
        self._linear = None

    @property
    def state_size(self):
        """Number of units."""
        return self._num_units

    @property
    def output_size(self):
        """Number of units."""
        return self._num_units

    def call(self, inputs, state):
        """Return (h, h)."""
        if inputs.shape.with_rank(2)[1].value is None:
            raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
        if self._linear is None:
            with variable_scope(self._current_scope, initializer=self._initializer, auxiliary_name_scope=False):
                self._linear = Linear([inputs, state], 2 * self._num_units, True)
        gate, candidate = split(self._linear([inputs, state]), 2, axis=1)
        g = sigmoid(gate + self._forget_bias)
        new_h = g * state + (1.0 - g) * self._activation(candidate)
        return new_h, new_h
