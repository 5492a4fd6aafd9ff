"""Cells around a cell that map its inputs or outputs: linear projections and embeddings."""

import math

from graphpb import dtypes, nest
from graphpb.contrib.rnn.linear import Linear
from graphpb.initializers import RandomUniform
from graphpb.nn.embedding import embedding_lookup
from graphpb.ops.array import reshape
from graphpb.rnn.base import RNNCell, assert_like_rnncell
from graphpb.variables.scope import get_variable, get_variable_scope


class _Around(RNNCell):
    """A cell with a scope of its own around another one."""

    def __init__(self, cell, reuse):
        super().__init__(_reuse=reuse)
        assert_like_rnncell("cell", cell)
        self._cell = cell
        self._linear = None

    @property
    def state_size(self):
        """That of the wrapped cell."""
        return self._cell.state_size

    @property
    def output_size(self):
        """That of the wrapped cell."""
        return self._cell.output_size

    def zero_state(self, batch_size, dtype):
        """Return the zero state of the wrapped cell."""
        return self._cell.zero_state(batch_size, dtype)


class InputProjectionWrapper(_Around):
    """Map the inputs to `num_proj` elements before a cell.

    Args:
      cell: The cell.
      num_proj: Size of the mapped inputs.
      activation: Function applied to them, or None.
      input_size: Kept for compatibility.
      reuse: Whether the variables exist already.
    """

    def __init__(self, cell, num_proj, activation=None, input_size=None, reuse=None):
        super().__init__(cell, reuse)
        self._num_proj = num_proj
        self._activation = activation

    def call(self, inputs, state):
        """Return (output, new state)."""
        if self._linear is None:
            self._linear = Linear(inputs, self._num_proj, True)
        projected = self._linear(inputs)
        return self._cell(self._activation(projected) if self._activation else projected, state)


class OutputProjectionWrapper(_Around):
    """Map the outputs of a cell to `output_size` elements.

    Args:
      cell: The cell.
      output_size: Size of the mapped outputs.
      activation: Function applied to them, or None.
      reuse: Whether the variables exist already.

    Raises:
      ValueError: `output_size` is less than 1.
    """

    def __init__(self, cell, output_size, activation=None, reuse=None):
        super().__init__(cell, reuse)
        if output_size < 1:
            raise ValueError(f"Parameter output_size must be > 0: {output_size}.")
        self._output_size = output_size
        self._activation = activation

    @property
    def output_size(self):
        """Size of the mapped outputs."""
        return self._output_size

    def call(self, inputs, state):
        """Return (output, new state)."""
        output, new_state = self._cell(inputs, state)
        if self._linear is None:
            self._linear = Linear(output, self._output_size, True)
        projected = self._linear(output)
        return self._activation(projected) if self._activation else projected, new_state


class EmbeddingWrapper(_Around):
    """Look class numbers up in a table before a cell.

    Args:
      cell: The cell.
      embedding_classes: Number of rows of the table.
      embedding_size: Number of its columns.
      initializer: Initializer of the table; default that of the scope, else uniform with variance 1.
      reuse: Whether the variables exist already.

    Raises:
      ValueError: A size is less than 1.
    """

    def __init__(self, cell, embedding_classes, embedding_size, initializer=None, reuse=None):
        super().__init__(cell, reuse)
        if embedding_classes <= 0 or embedding_size <= 0:
            raise ValueError(f"Both embedding_classes and embedding_size must be > 0: {embedding_classes}, {embedding_size}.")
        self._sizes = [embedding_classes, embedding_size]
        self._initializer = initializer

    def call(self, inputs, state):
        """Return (output, new state) for class numbers [batch] or [batch, 1]."""
        initializer = self._initializer or get_variable_scope().initializer
        if initializer is None:
            initializer = RandomUniform(-math.sqrt(3), math.sqrt(3))
        dtype = nest.flatten(state)[0].dtype if nest.is_sequence(state) else dtypes.float32
        table = get_variable("embedding", self._sizes, initializer=initializer, dtype=dtype)
        return self._cell(embedding_lookup(table, reshape(inputs, [-1])), state)
