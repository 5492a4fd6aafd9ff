"""Summaries of tensors, activations and collections; parts of tf.contrib.layers."""

import functools
import re

from graphpb import dtypes
from graphpb.graph.collections import GraphKeys, get_collection
from graphpb.ops.cast import cast, to_float
from graphpb.ops.compare import greater, less
from graphpb.ops.reduce import reduce_mean
from graphpb.summary.ops import histogram, scalar


def summarize_activation(op):
    """Write a histogram of an activation, and for relu and softplus the share of zeros (and for relu6 of sixes)."""

    def share(compare, limit, name):
        inputs = op.op.inputs[0]
        scalar(f"{op.op.name}/{name}", reduce_mean(to_float(compare(inputs, cast(limit, inputs.dtype)))))

    if op.op.type in ("Relu", "Softplus", "Relu6"):
        share(less, 0.0, "zeros")
    if op.op.type == "Relu6":
        share(greater, 6.0, "sixes")
    return histogram(f"{op.op.name}/activation", op)


def summarize_tensor(tensor, tag=None):
    """Write a scalar summary of a scalar, a histogram of another tensor; None for strings and bools.

    Args:
      tensor: Tensor or variable.
      tag: Name of the summary; default `<op>_summary`.
    """
    if tensor.dtype.base_dtype in (dtypes.string, dtypes.bool_):
        return None
    return (scalar if tensor.shape.ndims == 0 else histogram)(tag or f"{tensor.op.name}_summary", tensor)


def summarize_tensors(tensors, summarizer=summarize_tensor):
    """Return the summaries of tensors."""
    return [summarizer(tensor) for tensor in tensors]


def summarize_collection(collection, name_filter=None, summarizer=summarize_tensor):
    """Return the summaries of a collection's tensors whose names match a pattern."""
    return summarize_tensors([x for x in get_collection(collection) if name_filter is None or re.match(name_filter, x.op.name)], summarizer)


summarize_variables = functools.partial(summarize_collection, GraphKeys.GLOBAL_VARIABLES)
summarize_weights = functools.partial(summarize_collection, GraphKeys.WEIGHTS)
summarize_biases = functools.partial(summarize_collection, GraphKeys.BIASES)


def summarize_activations(name_filter=None, summarizer=summarize_activation):
    """Return the summaries of the collection `activations`."""
    return summarize_collection(GraphKeys.ACTIVATIONS, name_filter, summarizer)
