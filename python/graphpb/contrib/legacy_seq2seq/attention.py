"""Decoders over lists of tensors that attend to the encoder's outputs (arxiv 1412.7449)."""

import copy

from graphpb import dtypes, nest
from graphpb.contrib.legacy_seq2seq.decoders import decoded, feed_back
from graphpb.contrib.rnn.linear import Linear
from graphpb.contrib.rnn.projection import EmbeddingWrapper, OutputProjectionWrapper
from graphpb.nn.activations import softmax
from graphpb.nn.conv import conv2d
from graphpb.nn.embedding import embedding_lookup
from graphpb.ops.array import concat, reshape, stack
from graphpb.ops.cast import cast
from graphpb.ops.fill import zeros
from graphpb.ops.reduce import reduce_sum
from graphpb.ops.shape import shape as shape_of
from graphpb.ops.unary import tanh
from graphpb.rnn.static import static_rnn
from graphpb.variables.scope import get_variable, get_variable_scope, variable_scope


def attention_decoder(
    decoder_inputs,
    initial_state,
    attention_states,
    cell,
    output_size=None,
    num_heads=1,
    loop_function=None,
    dtype=None,
    scope=None,
    initial_state_attention=False,
):
    """Unroll a cell whose inputs are joined with what its states attend to.

    Args:
      decoder_inputs: List of T tensors [batch, size].
      initial_state: State of the cell.
      attention_states: float [batch, length, size] with known size.
      cell: RNNCell.
      output_size: Size of the outputs; default that of the cell.
      num_heads: Number of reads of the attention states.
      loop_function: Function (previous output, step) -> inputs; None uses the inputs.
      dtype: dtype of the variables, float32.
      scope: Variable scope; default `attention_decoder`.
      initial_state_attention: Let the initial state attend; else the first reads are zeros.

    Returns:
      (list of T outputs [batch, output_size], final state).

    Raises:
      ValueError: There are no inputs, or a size is unknown.
    """
    if not decoder_inputs:
        raise ValueError("Must provide at least 1 input to attention decoder.")
    if num_heads < 1:
        raise ValueError("With less than 1 heads, use a non-attention decoder.")
    if attention_states.shape[2].value is None:
        raise ValueError(f"Shape[2] of attention_states must be known: {attention_states.shape}")
    output_size = cell.output_size if output_size is None else output_size
    with variable_scope(scope or "attention_decoder", dtype=dtype) as opened:
        dtype = dtypes.as_dtype(opened.dtype)
        length = attention_states.shape[1].value or shape_of(attention_states)[1]
        size = attention_states.shape[2].value
        hidden = reshape(attention_states, [-1, length, 1, size])
        features, vectors = [], []
        for a in range(num_heads):
            features.append(conv2d(hidden, get_variable(f"AttnW_{a}", [1, 1, size, size], dtype=dtype), [1, 1, 1, 1], "SAME"))
            vectors.append(get_variable(f"AttnV_{a}", [size], dtype=dtype))

        def attended(query):
            query = concat(nest.flatten(query), 1) if nest.is_sequence(query) else query
            reads = []
            for a in range(num_heads):
                with variable_scope(f"Attention_{a}"):
                    y = reshape(Linear(query, size, True)(query), [-1, 1, 1, size])
                    score = reduce_sum(vectors[a] * tanh(features[a] + y), [2, 3])
                    weights = reshape(softmax(score), [-1, length, 1, 1])
                    reads.append(reshape(reduce_sum(weights * hidden, [1, 2]), [-1, size]))
            return reads

        state, outputs, previous = initial_state, [], None
        shape = stack([shape_of(decoder_inputs[0])[0], size])
        reads = [zeros(shape, dtype=dtype) for _ in range(num_heads)]
        for read in reads:
            read.set_shape([None, size])
        if initial_state_attention:
            reads = attended(initial_state)
        for i, inputs in enumerate(decoder_inputs):
            if i > 0:
                get_variable_scope().reuse_variables()
            if loop_function is not None and previous is not None:
                with variable_scope("loop_function", reuse=True):
                    inputs = loop_function(previous, i)
            input_size = inputs.shape.with_rank(2)[1].value
            if input_size is None:
                raise ValueError(f"Could not infer input size from input: {inputs.name}")
            joined = [cast(part, dtype) for part in (inputs, *reads)]
            output, state = cell(Linear(joined, input_size, True)(joined), state)
            if i == 0 and initial_state_attention:
                with variable_scope(get_variable_scope(), reuse=True):
                    reads = attended(state)
            else:
                reads = attended(state)
            with variable_scope("AttnOutputProjection"):
                joined = [cast(output, dtype), *reads]
                output = Linear(joined, output_size, True)(joined)
            if loop_function is not None:
                previous = output
            outputs.append(output)
    return outputs, state


def embedding_attention_decoder(
    decoder_inputs,
    initial_state,
    attention_states,
    cell,
    num_symbols,
    embedding_size,
    num_heads=1,
    output_size=None,
    output_projection=None,
    feed_previous=False,
    update_embedding_for_previous=True,
    dtype=None,
    scope=None,
    initial_state_attention=False,
):
    """Decode class numbers with attention through a table of embeddings.

    Args:
      decoder_inputs: List of T int32 tensors [batch].
      initial_state, attention_states, cell, num_heads, output_size, dtype, initial_state_attention: See `attention_decoder`.
      num_symbols: Number of classes.
      embedding_size: Size of the vectors.
      output_projection, feed_previous, update_embedding_for_previous: See `embedding_rnn_decoder`.
      scope: Variable scope; default `embedding_attention_decoder`.

    Returns:
      (list of T outputs, final state).
    """
    output_size = cell.output_size if output_size is None else output_size
    if output_projection is not None:
        output_projection[1].shape.assert_is_compatible_with([num_symbols])
    with variable_scope(scope or "embedding_attention_decoder", dtype=dtype):
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        loop_function = feed_back(embedding, output_projection, update_embedding_for_previous) if feed_previous else None
        return attention_decoder(
            [embedding_lookup(embedding, ids) for ids in decoder_inputs],
            initial_state,
            attention_states,
            cell,
            output_size=output_size,
            num_heads=num_heads,
            loop_function=loop_function,
            initial_state_attention=initial_state_attention,
        )


def embedding_attention_seq2seq(
    encoder_inputs,
    decoder_inputs,
    cell,
    num_encoder_symbols,
    num_decoder_symbols,
    embedding_size,
    num_heads=1,
    output_projection=None,
    feed_previous=False,
    dtype=None,
    scope=None,
    initial_state_attention=False,
):
    """Encode class numbers, and decode class numbers while attending to the encoder's outputs.

    Args:
      encoder_inputs: List of int32 tensors [batch].
      decoder_inputs: List of T int32 tensors [batch].
      cell: RNNCell.
      num_encoder_symbols: Number of classes of the encoder's inputs.
      num_decoder_symbols: Number of classes of the decoder's.
      embedding_size: Size of the vectors.
      num_heads: Number of reads of the encoder's outputs.
      output_projection: (W, b) from outputs to classes; None: the outputs are projected to `num_decoder_symbols`.
      feed_previous: bool or bool scalar tensor; see `embedding_rnn_decoder`.
      dtype: dtype of the variables, float32.
      scope: Variable scope; default `embedding_attention_seq2seq`.
      initial_state_attention: Let the initial state attend.

    Returns:
      (list of T outputs, final state).
    """
    with variable_scope(scope or "embedding_attention_seq2seq", dtype=dtype) as opened:
        dtype = opened.dtype
        encoder = EmbeddingWrapper(copy.deepcopy(cell), embedding_classes=num_encoder_symbols, embedding_size=embedding_size)
        encoded, state = static_rnn(encoder, encoder_inputs, dtype=dtype)
        attention_states = concat([reshape(e, [-1, 1, cell.output_size]) for e in encoded], 1)
        output_size = None
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)
            output_size = num_decoder_symbols

        def decode(fed, reuse):
            with variable_scope(get_variable_scope(), reuse=reuse):
                return embedding_attention_decoder(
                    decoder_inputs,
                    state,
                    attention_states,
                    cell,
                    num_decoder_symbols,
                    embedding_size,
                    num_heads=num_heads,
                    output_size=output_size,
                    output_projection=output_projection,
                    feed_previous=fed,
                    update_embedding_for_previous=isinstance(feed_previous, bool),
                    initial_state_attention=initial_state_attention,
                )

        return decoded(feed_previous, decode, len(decoder_inputs))
