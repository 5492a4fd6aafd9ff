"""Encoders and decoders over lists of tensors, without attention."""

import copy

from graphpb import dtypes, nest
from graphpb.contrib.rnn.projection import EmbeddingWrapper, OutputProjectionWrapper
from graphpb.graph.control import cond
from graphpb.nn.activations import xw_plus_b
from graphpb.nn.embedding import embedding_lookup
from graphpb.ops.array import stop_gradient
from graphpb.ops.reduce import argmax
from graphpb.rnn.static import static_rnn
from graphpb.variables.scope import get_variable, get_variable_scope, variable_scope


def feed_back(embedding, output_projection=None, update_embedding=True):
    """Return a loop function that embeds the likeliest class of the previous output.

    Args:
      embedding: Table [classes, size].
      output_projection: (W, b) from outputs to classes, or None.
      update_embedding: Let gradients reach the table.
    """

    def loop_function(previous, _):
        if output_projection is not None:
            previous = xw_plus_b(previous, output_projection[0], output_projection[1])
        embedded = embedding_lookup(embedding, argmax(previous, 1))
        return embedded if update_embedding else stop_gradient(embedded)

    return loop_function


def rnn_decoder(decoder_inputs, initial_state, cell, loop_function=None, scope=None):
    """Unroll a cell over inputs, or over what a function makes of its own outputs.

    Args:
      decoder_inputs: List of T tensors [batch, size].
      initial_state: State of the cell.
      cell: RNNCell.
      loop_function: Function (previous output, step) -> inputs, used from the second step on; None uses the inputs.
      scope: Variable scope; default `rnn_decoder`.

    Returns:
      (list of T outputs, final state).
    """
    with variable_scope(scope or "rnn_decoder"):
        state, outputs, previous = initial_state, [], None
        for i, inputs in enumerate(decoder_inputs):
            if loop_function is not None and previous is not None:
                with variable_scope("loop_function", reuse=True):
                    inputs = loop_function(previous, i)
            if i > 0:
                get_variable_scope().reuse_variables()
            output, state = cell(inputs, state)
            outputs.append(output)
            if loop_function is not None:
                previous = output
    return outputs, state


def basic_rnn_seq2seq(encoder_inputs, decoder_inputs, cell, dtype=dtypes.float32, scope=None):
    """Encode a list of inputs with a copy of a cell, and decode another with the cell from the final state.

    Args:
      encoder_inputs: List of tensors [batch, input].
      decoder_inputs: List of T tensors [batch, input].
      cell: RNNCell.
      dtype: dtype of the zero state.
      scope: Variable scope; default `basic_rnn_seq2seq`.

    Returns:
      (list of T outputs, final state).
    """
    with variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = static_rnn(copy.deepcopy(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


def tied_rnn_seq2seq(encoder_inputs, decoder_inputs, cell, loop_function=None, dtype=dtypes.float32, scope=None):
    """Encode and decode with one cell and the same variables; see `basic_rnn_seq2seq`."""
    with variable_scope("combined_tied_rnn_seq2seq"):
        scope = scope or "tied_rnn_seq2seq"
        _, state = static_rnn(cell, encoder_inputs, dtype=dtype, scope=scope)
        with variable_scope(scope, reuse=True):
            # The decoder's own scope would give the cell other variables.
            return rnn_decoder(decoder_inputs, state, cell, loop_function=loop_function, scope=get_variable_scope())


def embedding_rnn_decoder(
    decoder_inputs,
    initial_state,
    cell,
    num_symbols,
    embedding_size,
    output_projection=None,
    feed_previous=False,
    update_embedding_for_previous=True,
    scope=None,
):
    """Decode class numbers through a table of embeddings.

    Args:
      decoder_inputs: List of T int32 tensors [batch].
      initial_state: State of the cell.
      cell: RNNCell.
      num_symbols: Number of classes.
      embedding_size: Size of the vectors.
      output_projection: (W [output, classes], b [classes]) from outputs to classes, or None.
      feed_previous: Use the likeliest class of the previous output as the next input; only the first input counts.
      update_embedding_for_previous: Let gradients reach the table through fed back classes.
      scope: Variable scope; default `embedding_rnn_decoder`.

    Returns:
      (list of T outputs, final state).

    Raises:
      ValueError: The bias of the projection does not have `num_symbols` elements.
    """
    with variable_scope(scope or "embedding_rnn_decoder"):
        if output_projection is not None:
            output_projection[1].shape.assert_is_compatible_with([num_symbols])
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        loop_function = feed_back(embedding, output_projection, update_embedding_for_previous) if feed_previous else None
        embedded = [embedding_lookup(embedding, ids) for ids in decoder_inputs]
        return rnn_decoder(embedded, initial_state, cell, loop_function=loop_function)


def decoded(feed_previous, decode, length):
    """The results of a decoder for a feed_previous that is a bool or a bool tensor.

    Args:
      feed_previous: bool or bool scalar tensor.
      decode: Function (bool, whether variables exist) -> (outputs, state).
      length: Number of outputs.
    """
    if isinstance(feed_previous, bool):
        return decode(feed_previous, None)
    structure = []

    def branch(fed, reuse):
        outputs, state = decode(fed, reuse)
        structure.append(state)
        return list(outputs) + nest.flatten(state)

    found = cond(feed_previous, lambda: branch(True, None), lambda: branch(False, True))
    return found[:length], nest.pack_sequence_as(structure[0], found[length:])


def embedding_rnn_seq2seq(
    encoder_inputs,
    decoder_inputs,
    cell,
    num_encoder_symbols,
    num_decoder_symbols,
    embedding_size,
    output_projection=None,
    feed_previous=False,
    dtype=None,
    scope=None,
):
    """Encode and decode class numbers, each with embeddings of their own.

    Args:
      encoder_inputs: List of int32 tensors [batch].
      decoder_inputs: List of T int32 tensors [batch].
      cell: RNNCell.
      num_encoder_symbols: Number of classes of the encoder's inputs.
      num_decoder_symbols: Number of classes of the decoder's.
      embedding_size: Size of the vectors.
      output_projection: (W, b) from outputs to classes; None: the outputs are projected to `num_decoder_symbols`.
      feed_previous: bool or bool scalar tensor; see `embedding_rnn_decoder`.
      dtype: dtype of the zero state, float32.
      scope: Variable scope; default `embedding_rnn_seq2seq`.

    Returns:
      (list of T outputs, final state).
    """
    with variable_scope(scope or "embedding_rnn_seq2seq", dtype=dtype) as opened:
        encoder = EmbeddingWrapper(copy.deepcopy(cell), embedding_classes=num_encoder_symbols, embedding_size=embedding_size)
        _, state = static_rnn(encoder, encoder_inputs, dtype=dtype or opened.dtype)
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)

        def decode(fed, reuse):
            with variable_scope(get_variable_scope(), reuse=reuse):
                return embedding_rnn_decoder(
                    decoder_inputs,
                    state,
                    cell,
                    num_decoder_symbols,
                    embedding_size,
                    output_projection=output_projection,
                    feed_previous=fed,
                    update_embedding_for_previous=isinstance(feed_previous, bool),
                )

        return decoded(feed_previous, decode, len(decoder_inputs))
