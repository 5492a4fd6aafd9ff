"""The basic cells: BasicRNNCell, GRUCell, BasicLSTMCell, LSTMCell, and MultiRNNCell that stacks cells."""

from graphpb import dtypes, logging, nest
from graphpb.graph.convert import constant
from graphpb.graph.scopes import name_scope
from graphpb.initializers import Constant, Zeros
from graphpb.layers.base import InputSpec, Layer
from graphpb.nn.activations import bias_add
from graphpb.ops.array import concat, slice, split
from graphpb.ops.math import add, multiply
from graphpb.ops.product import matmul
from graphpb.ops.unary import sigmoid
from graphpb.rnn.base import LayerRNNCell, LSTMStateTuple, RNNCell, activation_named, check_float
from graphpb.shapes import TensorShape
from graphpb.train.clip import clip_by_value
from graphpb.variables.partition import fixed_size_partitioner
from graphpb.variables.scope import variable_scope


def input_depth(input_shape):
    """Return the size of the last axis. ValueError when it is unknown."""
    depth = TensorShape(input_shape)[-1].value
    if depth is None:
        raise ValueError(f"Expected inputs.shape[-1] to be known, received shape: {tuple(TensorShape(input_shape).as_list())}")
    return depth


class _SizedCell(LayerRNNCell):
    """A cell whose output has `num_units` elements, over inputs of rank 2."""

    def __init__(self, num_units, activation, reuse, name, dtype, **kwargs):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        check_float(self._dtype)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = activation_named(activation)

    @property
    def state_size(self):
        """Number of units."""
        return self._num_units

    @property
    def output_size(self):
        """Number of units."""
        return self._num_units

    def _zeros(self):
        return Zeros(dtype=self._dtype or dtypes.float32)


class BasicRNNCell(_SizedCell):
    """activation([x, h] · kernel + bias), which is output and state.

    Args:
      num_units: Number of units.
      activation: Function or its name; default tanh.
      reuse: Whether the variables exist already.
      name: Name of the cell and of its scope; default `basic_rnn_cell`.
      dtype: dtype of the variables; default that of the first input.
    """

    def __init__(self, num_units, activation=None, reuse=None, name=None, dtype=None, **kwargs):
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)

    def build(self, input_shape):
        """Make kernel [input + units, units] and bias [units]."""
        depth = input_depth(input_shape)
        self._kernel = self.add_weight("kernel", shape=[depth + self._num_units, self._num_units])
        self._bias = self.add_weight("bias", shape=[self._num_units], initializer=self._zeros())
        self.built = True

    def call(self, inputs, state):
        """Return (output, state), both [batch, units]."""
        check_float(inputs, state)
        output = self._activation(bias_add(matmul(concat([inputs, state], 1), self._kernel), self._bias))
        return output, output


class GRUCell(_SizedCell):
    """Gated recurrent unit: r, u = σ([x, h]·Kg + bg); c = activation([x, r∘h]·Kc + bc); h' = u∘h + (1 − u)∘c.

    Args:
      num_units: Number of units.
      activation: Function or its name; default tanh.
      reuse: Whether the variables exist already.
      kernel_initializer: Initializer of both kernels; default that of the scope.
      bias_initializer: Initializer of both biases; default ones for the gates and zeros for the candidate.
      name: Name of the cell and of its scope; default `gru_cell`.
      dtype: dtype of the variables; default that of the first input.
    """

    def __init__(self, num_units, activation=None, reuse=None, kernel_initializer=None, bias_initializer=None, name=None, dtype=None, **kwargs):
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        self._kernel_initializer = kernel_initializer
        self._bias_initializer = bias_initializer

    def build(self, input_shape):
        """Make gates/kernel [input + units, 2·units], gates/bias, candidate/kernel [input + units, units], candidate/bias."""
        depth, units, bias = input_depth(input_shape), self._num_units, self._bias_initializer
        ones = Constant(1.0, dtype=self._dtype or dtypes.float32)
        self._gate_kernel = self.add_weight("gates/kernel", shape=[depth + units, 2 * units], initializer=self._kernel_initializer)
        self._gate_bias = self.add_weight("gates/bias", shape=[2 * units], initializer=ones if bias is None else bias)
        self._candidate_kernel = self.add_weight("candidate/kernel", shape=[depth + units, units], initializer=self._kernel_initializer)
        self._candidate_bias = self.add_weight("candidate/bias", shape=[units], initializer=self._zeros() if bias is None else bias)
        self.built = True

    def call(self, inputs, state):
        """Return (output, state), both [batch, units]."""
        check_float(inputs, state)
        gates = sigmoid(bias_add(matmul(concat([inputs, state], 1), self._gate_kernel), self._gate_bias))
        r, u = split(gates, 2, axis=1)
        candidate = bias_add(matmul(concat([inputs, r * state], 1), self._candidate_kernel), self._candidate_bias)
        c = self._activation(candidate)
        new_h = u * state + (1 - u) * c
        return new_h, new_h


class BasicLSTMCell(_SizedCell):
    """LSTM without peepholes: i, j, f, o = [x, h]·K + b; c' = c∘σ(f + forget_bias) + σ(i)∘activation(j); h' = activation(c')∘σ(o).

    Args:
      num_units: Number of units.
      forget_bias: Added to the forget gate.
      state_is_tuple: The state is an LSTMStateTuple; else c and h side by side in one tensor [batch, 2·units].
      activation: Function or its name; default tanh.
      reuse: Whether the variables exist already.
      name: Name of the cell and of its scope; default `basic_lstm_cell`.
      dtype: dtype of the variables; default that of the first input.
    """

    def __init__(self, num_units, forget_bias=1.0, state_is_tuple=True, activation=None, reuse=None, name=None, dtype=None, **kwargs):
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        if not state_is_tuple:
            logging.warning("%s: Using a concatenated state is slower and will soon be deprecated.  Use state_is_tuple=True.", self)
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple

    @property
    def state_size(self):
        """LSTMStateTuple of sizes, or their sum."""
        return LSTMStateTuple(self._num_units, self._num_units) if self._state_is_tuple else 2 * self._num_units

    def build(self, input_shape):
        """Make kernel [input + units, 4·units] and bias [4·units]."""
        depth, units = input_depth(input_shape), self._num_units
        self._kernel = self.add_weight("kernel", shape=[depth + units, 4 * units])
        self._bias = self.add_weight("bias", shape=[4 * units], initializer=self._zeros())
        self.built = True

    def call(self, inputs, state):
        """Return (h', new state)."""
        check_float(inputs, state)
        one = constant(1, dtype=dtypes.int32)
        c, h = state if self._state_is_tuple else split(state, 2, axis=one)
        gates = bias_add(matmul(concat([inputs, h], 1), self._kernel), self._bias)
        i, j, f, o = split(gates, 4, axis=one)
        forget_bias = constant(self._forget_bias, dtype=f.dtype)
        new_c = add(multiply(c, sigmoid(add(f, forget_bias))), multiply(sigmoid(i), self._activation(j)))
        new_h = multiply(self._activation(new_c), sigmoid(o))
        return new_h, LSTMStateTuple(new_c, new_h) if self._state_is_tuple else concat([new_c, new_h], 1)


class LSTMCell(_SizedCell):
    """LSTM with optional peepholes, projection and clipping.

    i, j, f, o = [x, h]·K + b; c' = σ(f + forget_bias + wf∘c)∘c + σ(i + wi∘c)∘activation(j), clipped; h' = σ(o + wo∘c')∘activation(c'),
    projected and clipped.

    Args:
      num_units: Number of units of c.
      use_peepholes: Add the diagonal weights wf, wi, wo.
      cell_clip: c is clipped to [-cell_clip, cell_clip].
      initializer: Initializer of the kernels and the peepholes; default that of the scope.
      num_proj: Size of the projected h.
      proj_clip: The projected h is clipped to [-proj_clip, proj_clip].
      num_unit_shards: Number of parts of the kernel.
      num_proj_shards: Number of parts of the projection's kernel.
      forget_bias: Added to the forget gate.
      state_is_tuple: The state is an LSTMStateTuple; else c and h side by side in one tensor.
      activation: Function or its name; default tanh.
      reuse: Whether the variables exist already.
      name: Name of the cell and of its scope; default `lstm_cell`.
      dtype: dtype of the variables; default that of the first input.
    """

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        cell_clip=None,
        initializer=None,
        num_proj=None,
        proj_clip=None,
        num_unit_shards=None,
        num_proj_shards=None,
        forget_bias=1.0,
        state_is_tuple=True,
        activation=None,
        reuse=None,
        name=None,
        dtype=None,
        **kwargs,
    ):
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        if not state_is_tuple:
            logging.warning("%s: Using a concatenated state is slower and will soon be deprecated.  Use state_is_tuple=True.", self)
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = initializer
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._num_unit_shards = num_unit_shards
        self._num_proj_shards = num_proj_shards
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._output_size = num_proj or num_units
        self._state_size = LSTMStateTuple(num_units, self._output_size) if state_is_tuple else num_units + self._output_size

    @property
    def state_size(self):
        """LSTMStateTuple of sizes, or their sum."""
        return self._state_size

    @property
    def output_size(self):
        """Size of h."""
        return self._output_size

    def build(self, input_shape):
        """Make kernel, bias, w_f_diag, w_i_diag, w_o_diag and projection/kernel, those that the arguments ask for."""

        def parts(count):
            return None if count is None else fixed_size_partitioner(count)

        depth, units, initializer = input_depth(input_shape), self._num_units, self._initializer
        hidden = units if self._num_proj is None else self._num_proj
        self._kernel = self.add_weight("kernel", shape=[depth + hidden, 4 * units], initializer=initializer, partitioner=parts(self._num_unit_shards))
        self._bias = self.add_weight("bias", shape=[4 * units], initializer=self._zeros())
        if self._use_peepholes:
            self._w_f_diag, self._w_i_diag, self._w_o_diag = (
                self.add_weight(name, shape=[units], initializer=initializer) for name in ("w_f_diag", "w_i_diag", "w_o_diag")
            )
        if self._num_proj is not None:
            self._proj_kernel = self.add_weight(
                "projection/kernel", shape=[units, self._num_proj], initializer=initializer, partitioner=parts(self._num_proj_shards)
            )
        self.built = True

    def call(self, inputs, state):
        """Return (h', new state)."""
        check_float(inputs, state)
        if self._state_is_tuple:
            c_prev, h_prev = state
        else:
            c_prev = slice(state, [0, 0], [-1, self._num_units])
            h_prev = slice(state, [0, self._num_units], [-1, self._output_size])
        gates = bias_add(matmul(concat([inputs, h_prev], 1), self._kernel), self._bias)
        i, j, f, o = split(gates, 4, axis=1)
        if self._use_peepholes:
            kept = sigmoid(f + self._forget_bias + self._w_f_diag * c_prev) * c_prev
            c = kept + sigmoid(i + self._w_i_diag * c_prev) * self._activation(j)
        else:
            c = sigmoid(f + self._forget_bias) * c_prev + sigmoid(i) * self._activation(j)
        if self._cell_clip is not None:
            c = clip_by_value(c, -self._cell_clip, self._cell_clip)
        gate = sigmoid(o + self._w_o_diag * c) if self._use_peepholes else sigmoid(o)
        h = gate * self._activation(c)
        if self._num_proj is not None:
            h = matmul(h, self._proj_kernel)
            if self._proj_clip is not None:
                h = clip_by_value(h, -self._proj_clip, self._proj_clip)
        return h, LSTMStateTuple(c, h) if self._state_is_tuple else concat([c, h], 1)


class MultiRNNCell(RNNCell):
    """Cells one after the other: the output of each is the input of the next.

    Args:
      cells: List or tuple of cells, the first one gets the inputs.
      state_is_tuple: The state is a tuple of the cells' states; else they are joined along axis 1.

    Raises:
      ValueError: There is no cell, or `state_is_tuple` is False and a cell's state is a tuple.
      TypeError: `cells` is no list or tuple.
    """

    def __init__(self, cells, state_is_tuple=True):
        super().__init__()
        if not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        if not nest.is_sequence(cells):
            raise TypeError(f"cells must be a list or tuple, but received: {cells}.")
        if len({id(cell) for cell in cells}) < len(cells):
            logging.log_first_n(logging.WARN, "At least two cells provided to MultiRNNCell are the same object and will share weights.", 1)
        self._cells = cells
        self._state_is_tuple = state_is_tuple
        if not state_is_tuple and any(nest.is_sequence(cell.state_size) for cell in cells):
            raise ValueError(
                f"Some cells return tuples of states, but the flag state_is_tuple is not set. State sizes are: {[cell.state_size for cell in cells]}"
            )

    @property
    def state_size(self):
        """Tuple of the cells' state sizes, or their sum."""
        sizes = tuple(cell.state_size for cell in self._cells)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self):
        """Output size of the last cell."""
        return self._cells[-1].output_size

    def zero_state(self, batch_size, dtype):
        """Return the cells' zero states."""
        with name_scope(type(self).__name__ + "ZeroState"):
            if self._state_is_tuple:
                return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)
            return super().zero_state(batch_size, dtype)

    @property
    def trainable_weights(self):
        """The trained variables of all cells."""
        if not self.trainable:
            return []
        return [weight for cell in self._cells if isinstance(cell, Layer) for weight in cell.trainable_weights]

    @property
    def non_trainable_weights(self):
        """The variables of all cells that are not trained."""
        layers = [cell for cell in self._cells if isinstance(cell, Layer)]
        kept = [weight for cell in layers for weight in cell.non_trainable_weights]
        return kept if self.trainable else [weight for cell in layers for weight in cell.trainable_weights] + kept

    def call(self, inputs, state):
        """Return (output of the last cell, new states)."""
        if self._state_is_tuple and not nest.is_sequence(state):
            raise ValueError(f"Expected state to be a tuple of length {len(self.state_size)}, but received: {state}")
        position, new_states = 0, []
        for number, cell in enumerate(self._cells):
            with variable_scope(f"cell_{number}"):
                if self._state_is_tuple:
                    current = state[number]
                else:
                    current = slice(state, [0, position], [-1, cell.state_size])
                    position += cell.state_size
                inputs, new_state = cell(inputs, current)
                new_states.append(new_state)
        return inputs, tuple(new_states) if self._state_is_tuple else concat(new_states, 1)
