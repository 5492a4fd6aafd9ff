"""The base of recurrent cells: what a cell is, its zero state, and shapes joined from a batch size and a state size."""

import collections

from graphpb import dtypes, nest
from graphpb.graph.convert import constant, convert_to_tensor, is_tensor
from graphpb.graph.core import Tensor
from graphpb.graph.scopes import name_scope
from graphpb.graph.static import constant_value
from graphpb.layers.base import Layer
from graphpb.ops.array import concat, expand_dims
from graphpb.ops.fill import zeros
from graphpb.ops.shape import shape as shape_of
from graphpb.shapes import TensorShape
from graphpb.variables.scope import get_variable_scope, variable_scope
from graphpb.variables.variable import trainable_variables


class LSTMStateTuple(collections.namedtuple("LSTMStateTuple", ("c", "h"))):
    """State of an LSTM cell: `c` [batch, units], the memory, and `h` [batch, outputs], the output."""

    __slots__ = ()

    @property
    def dtype(self):
        """dtype of both parts. TypeError when they differ."""
        c, h = self
        if c.dtype != h.dtype:
            raise TypeError(f"Inconsistent dtypes for internal state: {c.dtype} vs {h.dtype}")
        return c.dtype


def _known_size(value, what):
    """(tensor or None, static sizes or None) of an int, a shape or a tensor that stands for leading or trailing sizes."""
    if isinstance(value, Tensor):
        known = constant_value(value)
        if value.shape.ndims == 0:
            return expand_dims(value, 0), [None if known is None else int(known)]
        if value.shape.ndims != 1:
            raise ValueError(f"{what} tensor must be either a scalar or vector, but saw tensor: {value}")
        return value, None if known is None else known.tolist()
    sizes = TensorShape(value)
    known = None if sizes.ndims is None else sizes.as_list()
    return constant(known, dtypes.int32) if sizes.is_fully_defined() else None, known


def joined_shape(prefix, suffix, static=False):
    """Join leading and trailing sizes.

    Args:
      prefix: Batch size: int, TensorShape, or int32 tensor of rank 0 or 1.
      suffix: The sizes after it, of the same kinds.
      static: Return what is known while building.

    Returns:
      An int32 tensor [rank]; with `static` a list with None for unknown sizes, or None for an unknown rank.

    Raises:
      ValueError: A tensor has more than one axis, or a size is unknown and no tensor.
    """
    leading, known_leading = _known_size(prefix, "prefix")
    trailing, known_trailing = _known_size(suffix, "suffix")
    if static:
        if known_leading is None or known_trailing is None:
            return None
        return known_leading + known_trailing
    if leading is None or trailing is None:
        raise ValueError(f"Provided a prefix or suffix of None: {prefix} and {suffix}")
    return concat([leading, trailing], 0)


def zero_state_tensors(state_size, batch_size, dtype):
    """Return zeros in the structure of a state size, each [batch, ...size]."""

    def zero(size):
        state = zeros(joined_shape(batch_size, size), dtype=dtype)
        state.set_shape(joined_shape(batch_size, size, static=True))
        return state

    return nest.map_structure(zero, state_size)


def _has(value, name):
    try:
        getattr(value, name)
    except AttributeError:
        return False
    return True


def assert_like_rnncell(cell_name, cell):
    """Check that a value can stand for a cell.

    Args:
      cell_name: Name of the argument, for the message.
      cell: The value.

    Raises:
      TypeError: It has no `output_size`, no `state_size`, neither `zero_state` nor `get_initial_state`, or cannot be called.
    """
    faults = []
    if not _has(cell, "output_size"):
        faults.append("'output_size' property is missing")
    if not _has(cell, "state_size"):
        faults.append("'state_size' property is missing")
    if not (_has(cell, "zero_state") or _has(cell, "get_initial_state")):
        faults.append("either 'zero_state' or 'get_initial_state' method is required")
    if not callable(cell):
        faults.append("is not callable")
    if faults:
        raise TypeError(f"The argument {cell_name!r} ({cell}) is not an RNNCell: {', '.join(faults)}.")


def check_float(*values):
    """Check that dtypes, or the leaves of structures of tensors, are floating or complex. ValueError otherwise."""
    for value in values:
        for leaf in nest.flatten(value):
            if leaf is None:
                continue
            dtype = dtypes.as_dtype(getattr(leaf, "dtype", leaf))
            if not (dtype.is_floating or dtype.is_complex):
                raise ValueError(f"RNN cell only supports floating point inputs, but received dtype: {dtype}")


def activation_named(activation):
    """Return a function; a string is looked up in `tf.nn` and `tf.math`, None is tanh."""
    if not isinstance(activation, str):
        if activation is None:
            from graphpb.ops.unary import tanh

            return tanh
        return activation
    from graphpb import math, nn

    for module in (nn, math):
        if hasattr(module, activation):
            return getattr(module, activation)
    raise ValueError(f"Unknown activation function: {activation}")


class RNNCell(Layer):
    """Base of cells: `(output, new_state) = cell(inputs, state)`.

    A subclass has `state_size` and `output_size`, and computes in `call(inputs, state)`, where it may use `tf.get_variable`.

    Args:
      trainable: Whether its variables are trained.
      name: Name of the cell and of its scope; default the class name in snake case.
      dtype: dtype of its variables; default that of the first input.
    """

    def __init__(self, trainable=True, name=None, dtype=None, **kwargs):
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)
        self._opened = None

    def __call__(self, inputs, state, scope=None):
        """Compute one step.

        Args:
          inputs: Tensor [batch, input] or a structure of them.
          state: Tensor or structure of the sizes that `state_size` says.
          scope: Variable scope of the variables; default the cell's name in the open scope.

        Returns:
          (output, new state).
        """
        if scope is not None:
            with variable_scope(scope, custom_getter=self._recorded) as scope:
                return super().__call__(inputs, state, scope=scope)
        if self._opened is None:
            self._opened = variable_scope(get_variable_scope(), custom_getter=self._recorded)
        with self._opened:
            return super().__call__(inputs, state)

    def _recorded(self, getter, *args, **kwargs):
        """Custom getter that notes the variables made by `tf.get_variable` inside `call`."""
        variable = getter(*args, **kwargs)
        trained = trainable_variables()
        first = variable if hasattr(variable, "op") else list(variable)[0]
        weights = self._trainable_weights if any(first is v for v in trained) else self._non_trainable_weights
        if not any(variable is known for known in weights):
            weights.append(variable)
        return variable

    @property
    def state_size(self):
        """Size of the state: int, TensorShape, or a structure of them."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self):
        """Size of the output: int, TensorShape, or a structure of them."""
        raise NotImplementedError("Abstract method")

    def build(self, input_shape):
        """Make no variables: `call` may."""
        self.built = True

    def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
        """Return the state that an unrolling starts with, by default zeros.

        Args:
          inputs: Tensor [batch, ...] that gives batch size and dtype.
          batch_size: int or int32 scalar tensor.
          dtype: dtype of the state.

        Raises:
          ValueError: Batch size or dtype is not given, or differs from that of `inputs`.
        """
        if inputs is not None:
            inputs = convert_to_tensor(inputs, name="inputs")
            size = inputs.shape[0].value
            if batch_size is not None:
                given = constant_value(batch_size) if is_tensor(batch_size) else batch_size
                if size != given:
                    raise ValueError(
                        f"batch size from input tensor is different from the input param. Input tensor batch: {size}, batch_size: {batch_size}"
                    )
            if dtype is not None and inputs.dtype != dtype:
                raise ValueError(f"dtype from input tensor is different from the input param. Input tensor dtype: {inputs.dtype}, dtype: {dtype}")
            batch_size = size or shape_of(inputs)[0]
            dtype = inputs.dtype
        if batch_size is None or dtype is None:
            raise ValueError(f"batch_size and dtype cannot be None while constructing initial state: batch_size={batch_size}, dtype={dtype}")
        return self.zero_state(batch_size, dtype)

    def zero_state(self, batch_size, dtype):
        """Return zeros in the structure of `state_size`.

        Args:
          batch_size: int or int32 scalar tensor.
          dtype: dtype of the state.
        """
        with name_scope(type(self).__name__ + "ZeroState"):
            return zero_state_tensors(self.state_size, batch_size, dtype)


class LayerRNNCell(RNNCell):
    """Base of cells that make their variables in `build` with `add_weight`, as layers do."""

    def __call__(self, inputs, state, scope=None, *args, **kwargs):
        """Compute one step; see RNNCell."""
        return Layer.__call__(self, inputs, state, *args, scope=scope, **kwargs)
