"""Cells around a cell: dropout, residual connections, a device."""

import hashlib

from graphpb import nest
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import device, name_scope
from graphpb.graph.static import constant_value
from graphpb.nn.norm import dropout
from graphpb.ops.array import concat
from graphpb.ops.math import divide
from graphpb.ops.random import random_uniform
from graphpb.ops.unary import floor
from graphpb.rnn.base import LSTMStateTuple, RNNCell, assert_like_rnncell
from graphpb.shapes import TensorShape


class _Wrapper(RNNCell):
    """A cell that hands its calls to another one, without a scope of its own."""

    def __init__(self, cell, **kwargs):
        super().__init__(**kwargs)
        assert_like_rnncell("cell", cell)
        self.cell = cell

    wrapped_cell = property(lambda self: self.cell)

    def __call__(self, inputs, state, scope=None):
        """Compute one step; see RNNCell."""
        return self._step(inputs, state, scope)

    def _step(self, inputs, state, scope):
        raise NotImplementedError

    @property
    def state_size(self):
        """That of the wrapped cell."""
        return self.cell.state_size

    @property
    def output_size(self):
        """That of the wrapped cell."""
        return self.cell.output_size

    @property
    def trainable_weights(self):
        """The trained variables of the wrapped cell."""
        return list(getattr(self.cell, "trainable_weights", ())) if self.trainable else []

    @property
    def non_trainable_weights(self):
        """The other variables of the wrapped cell."""
        kept = list(getattr(self.cell, "non_trainable_weights", ()))
        return kept if self.trainable else list(getattr(self.cell, "trainable_weights", ())) + kept

    def zero_state(self, batch_size, dtype):
        """Return the zero state of the wrapped cell."""
        with name_scope(type(self).__name__ + "ZeroState"):
            return self.cell.zero_state(batch_size, dtype)


def _keeps_memory(state):
    """What dropout touches of a state: all but the memory `c` of an LSTM, and no TensorArray."""
    if isinstance(state, LSTMStateTuple):
        return LSTMStateTuple(c=False, h=True)
    return type(state).__name__ != "TensorArray"


def _chosen(visitor, structure):
    """A structure of True and False that says which parts of a state are dropped from; False stands for all below it."""
    chosen = visitor(structure)
    if not nest.is_sequence(structure):
        if not isinstance(chosen, bool):
            raise TypeError(f"dropout_state_filter_visitor returned structure: {chosen} for non-structure: {structure}.")
        return chosen
    if isinstance(chosen, bool):
        return nest._like(structure, [_chosen(visitor, part) for part in nest._items(structure)]) if chosen else False
    nest.assert_shallow_structure(chosen, structure)
    parts = zip(nest._items(chosen), nest._items(structure), strict=True)
    return nest._like(structure, [_chosen(visitor, part) if wanted else False for wanted, part in parts])


class DropoutWrapper(_Wrapper):
    """Dropout on the inputs, outputs and state of a cell.

    Args:
      cell: The cell.
      input_keep_prob: Probability to keep an element of the inputs, float or scalar tensor.
      output_keep_prob: The same of the outputs.
      state_keep_prob: The same of the new state; of an LSTM's state only `h` is dropped from.
      variational_recurrent: Use the same draw at every step.
      input_size: Size of the inputs without batch, a structure of TensorShapes; needed for variational dropout of the inputs.
      dtype: dtype of inputs, state and outputs; needed for variational dropout.
      seed: Integer; each place has its own seed made of it.
      dropout_state_filter_visitor: Function from a part of the state to True, False or a structure of them.

    Raises:
      TypeError: `cell` is no cell, or the visitor cannot be called.
      ValueError: A probability is outside [0, 1], or what variational dropout needs is missing.
    """

    def __init__(
        self,
        cell,
        input_keep_prob=1.0,
        output_keep_prob=1.0,
        state_keep_prob=1.0,
        variational_recurrent=False,
        input_size=None,
        dtype=None,
        seed=None,
        dropout_state_filter_visitor=None,
        **kwargs,
    ):
        super().__init__(cell, dtype=dtype, **kwargs)
        if dropout_state_filter_visitor is not None and not callable(dropout_state_filter_visitor):
            raise TypeError(f"dropout_state_filter_visitor must be callable. Received: {dropout_state_filter_visitor}")
        self._visitor = dropout_state_filter_visitor or _keeps_memory
        with name_scope("DropoutWrapperInit"):
            self._input_keep_prob = _probability(input_keep_prob, "input_keep_prob")
            self._state_keep_prob = _probability(state_keep_prob, "state_keep_prob")
            self._output_keep_prob = _probability(output_keep_prob, "output_keep_prob")
        self._variational = variational_recurrent
        self._seed = seed
        self._noise = {}
        if variational_recurrent:
            if dtype is None:
                raise ValueError("When variational_recurrent=True, dtype must be provided")
            if _drops(self._input_keep_prob):
                if input_size is None:
                    raise ValueError("When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, input_size must be provided")
                self._noise["input"] = self._draws("input", input_size, dtype)
            self._noise["state"] = self._draws("state", cell.state_size, dtype)
            self._noise["output"] = self._draws("output", cell.output_size, dtype)

    def _seed_of(self, place, index):
        if self._seed is None:
            return None
        digest = hashlib.md5(f"{self._seed}{place}_{index}".encode(), usedforsecurity=False).hexdigest()
        return int(digest[:8], 16) & 0x7FFFFFFF

    def _draws(self, place, sizes, dtype):
        draws = []
        for index, size in enumerate(nest.flatten(sizes)):
            shape = concat(([1], TensorShape(size).as_list()), 0)
            draws.append(random_uniform(shape, seed=self._seed_of(place, index), dtype=dtype))
        return draws

    def _dropped(self, values, place, keep_prob, chosen=None):
        chosen = values if chosen is None else chosen
        results = []
        for index, (wanted, value) in enumerate(zip(nest.flatten(chosen), nest.flatten_up_to(chosen, values), strict=True)):
            if isinstance(wanted, bool) and not wanted:
                results.append(value)
            elif self._variational:
                kept = floor(keep_prob + self._noise_for(place, chosen, index))
                result = divide(value, keep_prob) * kept
                result.set_shape(value.shape)
                results.append(result)
            else:
                results.append(dropout(value, rate=1.0 - keep_prob, seed=self._seed_of(place, index)))
        return nest.pack_sequence_as(chosen, results)

    def _noise_for(self, place, chosen, index):
        """The draw for a leaf: a part that is left alone as a whole stands for several draws."""
        if place != "state":
            return self._noise[place][index]
        draws = nest.pack_sequence_as(self.cell.state_size, self._noise["state"])
        return nest.flatten_up_to(chosen, draws)[index]

    def _step(self, inputs, state, scope):
        if _drops(self._input_keep_prob):
            inputs = self._dropped(inputs, "input", self._input_keep_prob)
        output, new_state = self.cell(inputs, state) if scope is None else self.cell(inputs, state, scope=scope)
        if _drops(self._state_keep_prob):
            new_state = self._dropped(new_state, "state", self._state_keep_prob, _chosen(self._visitor, new_state))
        if _drops(self._output_keep_prob):
            output = self._dropped(output, "output", self._output_keep_prob)
        return output, new_state


def _probability(value, name):
    tensor = convert_to_tensor(value)
    known = constant_value(tensor)
    if known is None:
        return tensor
    if not 0 <= known <= 1:
        raise ValueError(f"Parameter {name} must be between 0 and 1. Received {known}")
    return float(known)


def _drops(keep_prob):
    return not isinstance(keep_prob, float) or keep_prob < 1


class ResidualWrapper(_Wrapper):
    """Add the inputs to the outputs of a cell.

    Args:
      cell: The cell; its outputs have the shapes of its inputs.
      residual_fn: Function (inputs, outputs) -> outputs that replaces the sum.
    """

    def __init__(self, cell, residual_fn=None, **kwargs):
        super().__init__(cell, **kwargs)
        self._residual_fn = residual_fn or _sum_of_both

    def _step(self, inputs, state, scope):
        outputs, new_state = self.cell(inputs, state) if scope is None else self.cell(inputs, state, scope=scope)
        return self._residual_fn(inputs, outputs), new_state


def _sum_of_both(inputs, outputs):
    nest.assert_same_structure(inputs, outputs)
    nest.map_structure(lambda one, two: one.shape.assert_is_compatible_with(two.shape), inputs, outputs)
    return nest.map_structure(lambda one, two: one + two, inputs, outputs)


class DeviceWrapper(_Wrapper):
    """Run a cell on a device.

    Args:
      cell: The cell.
      device: Device string.
    """

    def __init__(self, cell, device, **kwargs):
        super().__init__(cell, **kwargs)
        self._device = device

    def zero_state(self, batch_size, dtype):
        """Return the zero state of the wrapped cell, made on the device."""
        with name_scope(type(self).__name__ + "ZeroState"), device(self._device):
            return self.cell.zero_state(batch_size, dtype)

    def _step(self, inputs, state, scope):
        with device(self._device):
            return self.cell(inputs, state) if scope is None else self.cell(inputs, state, scope=scope)
