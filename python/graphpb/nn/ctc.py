"""Connectionist temporal classification: the loss, and greedy and beam search decoding."""

from graphpb import dtypes
from graphpb.graph.composite import SparseTensor
from graphpb.graph.convert import convert_to_tensor
from graphpb.ops import raw
from graphpb.ops.array import transpose
from graphpb.ops.cast import cast


def ctc_loss(
    labels,
    inputs=None,
    sequence_length=None,
    preprocess_collapse_repeated=False,
    ctc_merge_repeated=True,
    ignore_longer_outputs_than_inputs=False,
    time_major=True,
    logits=None,
):
    """Compute −ln p(labels | logits) of each example, summed over all alignments (Graves et al., 2006).

    Args:
      labels: int32 SparseTensor [batch, longest label]; the class after all labels is the blank.
      inputs: float logits [time, batch, classes], or [batch, time, classes] with `time_major=False`.
      sequence_length: int32 [batch], the steps that count.
      preprocess_collapse_repeated: Merge repeated labels first.
      ctc_merge_repeated: Merge repeated classes that no blank separates.
      ignore_longer_outputs_than_inputs: Labels longer than their sequence give loss and gradient 0, not an error.
      time_major: The order of the axes of `inputs`.
      logits: The same as `inputs`.

    Returns:
      float [batch].

    Raises:
      TypeError: `labels` is not sparse.
      ValueError: Both or none of `inputs` and `logits` are given.
    """
    if not isinstance(labels, SparseTensor):
        raise TypeError(f"Expected argument `labels` to be a SparseTensor. Received labels={labels} of type: {type(labels).__name__}")
    if logits is not None:
        if inputs is not None:
            raise ValueError("Cannot specify both 'inputs' and 'logits'.")
        inputs = logits
    inputs = convert_to_tensor(inputs, name="logits")
    if not time_major:
        inputs = transpose(inputs, [1, 0, 2])
    dtype = inputs.dtype
    half = dtype in (dtypes.float16, dtypes.bfloat16)
    if half:
        inputs = cast(inputs, dtypes.float32)
    loss, _ = raw.CTCLoss(
        inputs=inputs,
        labels_indices=labels.indices,
        labels_values=labels.values,
        sequence_length=sequence_length,
        preprocess_collapse_repeated=preprocess_collapse_repeated,
        ctc_merge_repeated=ctc_merge_repeated,
        ignore_longer_outputs_than_inputs=ignore_longer_outputs_than_inputs,
    )
    return cast(loss, dtype) if half else loss


def ctc_greedy_decoder(inputs, sequence_length, merge_repeated=True, blank_index=None):
    """Take the likeliest class of every step and leave the blanks out.

    Args:
      inputs: float32 or float64 logits [time, batch, classes].
      sequence_length: int32 [batch].
      merge_repeated: Merge repeated classes that no blank separates.
      blank_index: The blank's class; negative ones count from the end. Default the last.

    Returns:
      ([int64 SparseTensor [batch, longest]], negated sum of the best logits [batch, 1]).
    """
    indices, values, shape, likely = raw.CTCGreedyDecoder(
        inputs=inputs, sequence_length=sequence_length, merge_repeated=merge_repeated, blank_index=-1 if blank_index is None else blank_index
    )
    return [SparseTensor(indices, values, shape)], likely


def ctc_beam_search_decoder(inputs, sequence_length, beam_width=100, top_paths=1, merge_repeated=True):
    """Search the likeliest label sequences, keeping the `beam_width` best prefixes after every step.

    Args:
      inputs: float32 or float64 logits [time, batch, classes]; the blank is the last class.
      sequence_length: int32 [batch].
      beam_width: Number of prefixes, at least `top_paths`.
      top_paths: Number of sequences to return.
      merge_repeated: Merge repeated labels of the result.

    Returns:
      (list of `top_paths` int64 SparseTensors [batch, longest], log probabilities [batch, top_paths]).
    """
    indices, values, shapes, likely = raw.CTCBeamSearchDecoder(
        inputs=inputs, sequence_length=sequence_length, beam_width=beam_width, top_paths=top_paths, merge_repeated=merge_repeated
    )
    return [SparseTensor(*parts) for parts in zip(indices, values, shapes, strict=True)], likely


def ctc_beam_search_decoder_v2(inputs, sequence_length, beam_width=100, top_paths=1):
    """Search as `ctc_beam_search_decoder`, without merging repeated labels of the result."""
    return ctc_beam_search_decoder(inputs, sequence_length, beam_width=beam_width, top_paths=top_paths, merge_repeated=False)
