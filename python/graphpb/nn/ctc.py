"""Connectionist temporal classification: the loss, and greedy and beam search decoding."""

from graphpb import dtypes
from graphpb.graph.composite import SparseTensor
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw
from graphpb.ops.array import concat, sequence_mask, transpose, where
from graphpb.ops.cast import cast
from graphpb.ops.gather import gather_nd
from graphpb.ops.shape import shape


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


def ctc_loss_v2(labels, logits, label_length, logit_length, logits_time_major=True, unique=None, blank_index=None, name=None):
    """Compute −ln p(labels | logits) of each example for dense or sparse labels and any class as the blank.

    Args:
      labels: int32 [batch, longest label], or a SparseTensor of that shape.
      logits: float [time, batch, classes], or [batch, time, classes] with `logits_time_major=False`.
      label_length: int32 [batch]; None for sparse labels.
      logit_length: int32 [batch], the steps that count.
      logits_time_major: The order of the axes of `logits`.
      unique: Kept for compatibility; it is no faster here.
      blank_index: The blank's class; negative ones count from the end. Default 0 for dense labels.

    Returns:
      float [batch].

    Raises:
      ValueError: The labels are sparse and `blank_index` is not given, or the number of classes is unknown.
    """
    with name_scope(name, "ctc_loss", [logits]):
        logits = convert_to_tensor(logits, name="logits")
        if isinstance(labels, SparseTensor):
            if blank_index is None:
                raise ValueError("Argument `blank_index` must be provided when labels is a SparseTensor.")
        else:
            labels = convert_to_tensor(labels, name="labels")
            kept = where(sequence_mask(label_length, shape(labels)[1]))
            labels = SparseTensor(kept, cast(gather_nd(labels, kept), dtypes.int32), shape(labels, out_type=dtypes.int64))
            blank_index = blank_index or 0
        classes = logits.shape[2].value
        if classes is None:
            raise ValueError(f"The number of classes must be known. Received logits of shape {logits.shape}.")
        if blank_index < 0:
            blank_index += classes
        if blank_index != classes - 1:
            blank, after = logits[:, :, blank_index : blank_index + 1], logits[:, :, blank_index + 1 :]
            logits = concat([logits[:, :, :blank_index], after, blank], axis=2)
            values = where(labels.values < blank_index, labels.values, labels.values - 1)
            labels = SparseTensor(labels.indices, values, labels.dense_shape)
        return ctc_loss(labels=labels, inputs=logits, sequence_length=logit_length, time_major=logits_time_major)


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
