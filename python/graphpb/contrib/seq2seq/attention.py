"""Attention mechanisms: how much each step of a memory matters to a query."""

import math

import numpy as np

from graphpb import dtypes, nest
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.initializers import Constant, Ones, Zeros
from graphpb.layers.dense import Dense
from graphpb.nn.activations import softmax
from graphpb.ops.array import expand_dims, one_hot, reshape, sequence_mask, squeeze, where
from graphpb.ops.fill import ones_like, zeros
from graphpb.ops.product import matmul
from graphpb.ops.reduce import argmax, reduce_sum
from graphpb.ops.shape import rank
from graphpb.ops.shape import shape as shape_of
from graphpb.ops.unary import rsqrt, square, tanh
from graphpb.variables.scope import get_variable, variable_scope


def hardmax(logits, name=None):
    """Return one at the largest element of each row and zero elsewhere."""
    with name_scope(name, "Hardmax", [logits]):
        logits = convert_to_tensor(logits, name="logits")
        return one_hot(argmax(logits, -1), logits.shape[-1].value or shape_of(logits)[rank(logits) - 1], dtype=logits.dtype)


class AttentionMechanism:
    """Base of mechanisms: `alignments, state = mechanism(query, state)`.

    Args:
      memory: float [batch, time, size], or a structure of such tensors.
      memory_sequence_length: int [batch]; memory past it is zero and gets no attention.
      memory_layer: Layer that makes keys of the memory, or None.
      query_layer: Layer applied to queries, or None.
      probability_fn: Function from scores [batch, time] to alignments; default softmax.
      score_mask_value: Score past the end; default −inf.
      custom_key_value_fn: Function (keys, values) -> (keys, values), or None.
      name: Name of the mechanism.

    Attributes:
      values: The masked memory.  keys: What queries are compared with.
      batch_size, alignments_size, state_size: int, or int32 scalar tensors.
    """

    def __init__(
        self,
        memory,
        memory_sequence_length=None,
        memory_layer=None,
        query_layer=None,
        probability_fn=None,
        score_mask_value=None,
        custom_key_value_fn=None,
        name=None,
    ):
        self.name = name
        self.memory_layer, self.query_layer = memory_layer, query_layer
        self._lengths = None if memory_sequence_length is None else convert_to_tensor(memory_sequence_length, name="memory_sequence_length")
        self._probability_fn = probability_fn or softmax
        self._mask_value = -np.inf if score_mask_value is None else score_mask_value
        with name_scope(name, "AttentionMechanismInit", nest.flatten(memory)):
            self.values = nest.map_structure(self._masked, memory)
            self.keys = memory_layer(self.values) if memory_layer is not None else self.values
            if custom_key_value_fn is not None:
                self.keys, self.values = custom_key_value_fn(self.keys, self.values)
            self.batch_size = self.keys.shape[0].value or shape_of(self.keys)[0]
            self.alignments_size = self.keys.shape[1].value or shape_of(self.keys)[1]
        self.dtype = self.keys.dtype

    state_size = property(lambda self: self.alignments_size)

    def _masked(self, memory):
        memory = convert_to_tensor(memory, name="memory")
        if memory.shape.ndims is not None and not memory.shape[2:].is_fully_defined():
            raise ValueError(f"Expected memory {memory.name} to have fully defined inner dims, but saw shape: {memory.shape}")
        if self._lengths is None:
            return memory
        mask = sequence_mask(self._lengths, maxlen=shape_of(memory)[1], dtype=memory.dtype)
        return memory * reshape(mask, [shape_of(mask)[0], shape_of(mask)[1]] + [1] * (memory.shape.ndims - 2))

    def _probabilities(self, score):
        if self._lengths is not None:
            mask = sequence_mask(self._lengths, maxlen=shape_of(score)[1])
            score = where(mask, score, self._mask_value * ones_like(score))
        return self._probability_fn(score)

    def initial_alignments(self, batch_size, dtype):
        """Return zeros [batch, time]."""
        return zeros([batch_size, self.alignments_size], dtype=dtype)

    def initial_state(self, batch_size, dtype):
        """Return zeros [batch, time]."""
        return self.initial_alignments(batch_size, dtype)

    def __call__(self, query, state):
        """Return (alignments [batch, time], next state)."""
        raise NotImplementedError


class LuongAttention(AttentionMechanism):
    """Multiplicative attention (arxiv 1508.04025): score = query · keys, with keys = memory · W.

    Args:
      num_units: Size of the keys, that of the queries.
      memory: float [batch, time, size].
      memory_sequence_length: int [batch].
      scale: Multiply the scores by a trained scalar.
      probability_fn: Function from scores to alignments; default softmax.
      score_mask_value: Score past the end; default −inf.
      dtype: dtype of the variables, float32.
      custom_key_value_fn: Function (keys, values) -> (keys, values), or None.
      name: Name of the mechanism.
    """

    def __init__(
        self,
        num_units,
        memory,
        memory_sequence_length=None,
        scale=False,
        probability_fn=None,
        score_mask_value=None,
        dtype=None,
        custom_key_value_fn=None,
        name="LuongAttention",
    ):
        layer = Dense(num_units, name="memory_layer", use_bias=False, dtype=dtype or dtypes.float32)
        super().__init__(memory, memory_sequence_length, layer, None, probability_fn, score_mask_value, custom_key_value_fn, name)
        self._scale = scale

    def __call__(self, query, state):
        """Return (alignments, alignments) for a query [batch, units]. ValueError when its size is not that of the keys."""
        depth, units = query.shape[-1].value, self.keys.shape[-1].value
        if depth != units:
            raise ValueError(
                f"Incompatible or unknown inner dimensions between query and keys.  Query ({query}) has units: {depth}.  "
                f"Keys ({self.keys}) have units: {units}.  Perhaps you need to set num_units to the keys' dimension ({units})?"
            )
        with variable_scope(None, "luong_attention", [query]):
            score = squeeze(matmul(expand_dims(query, 1), self.keys, transpose_b=True), [1])
            if self._scale:
                score = get_variable("attention_g", dtype=query.dtype, initializer=Ones(), shape=()) * score
            alignments = self._probabilities(score)
        return alignments, alignments


class BahdanauAttention(AttentionMechanism):
    """Additive attention (arxiv 1409.0473): score = Σ v·tanh(keys + query · W), with keys = memory · U.

    Args:
      num_units: Size of the keys.
      memory: float [batch, time, size].
      memory_sequence_length: int [batch].
      normalize: Use g·v/|v| for v and add a bias (arxiv 1602.07868).
      probability_fn: Function from scores to alignments; default softmax.
      score_mask_value: Score past the end; default −inf.
      dtype: dtype of the variables, float32.
      custom_key_value_fn: Function (keys, values) -> (keys, values), or None.
      name: Name of the mechanism.
    """

    def __init__(
        self,
        num_units,
        memory,
        memory_sequence_length=None,
        normalize=False,
        probability_fn=None,
        score_mask_value=None,
        dtype=None,
        custom_key_value_fn=None,
        name="BahdanauAttention",
    ):
        dtype = dtype or dtypes.float32
        layer = Dense(num_units, name="memory_layer", use_bias=False, dtype=dtype)
        query_layer = Dense(num_units, name="query_layer", use_bias=False, dtype=dtype)
        super().__init__(memory, memory_sequence_length, layer, query_layer, probability_fn, score_mask_value, custom_key_value_fn, name)
        self._num_units = num_units
        self._normalize = normalize

    def __call__(self, query, state):
        """Return (alignments, alignments) for a query [batch, n]."""
        with variable_scope(None, "bahdanau_attention", [query]):
            processed = expand_dims(self.query_layer(query), 1)
            v = get_variable("attention_v", [self._num_units], dtype=query.dtype)
            if self._normalize:
                g = get_variable("attention_g", dtype=query.dtype, initializer=Constant(math.sqrt(1.0 / self._num_units)), shape=())
                b = get_variable("attention_b", [self._num_units], dtype=query.dtype, initializer=Zeros())
                score = reduce_sum(g * v * rsqrt(reduce_sum(square(v))) * tanh(self.keys + processed + b), [2])
            else:
                score = reduce_sum(v * tanh(self.keys + processed), [2])
            alignments = self._probabilities(score)
        return alignments, alignments
