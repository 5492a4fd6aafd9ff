"""tf.print: values and structures of tensors written as text when the operation runs."""

import collections
import os
import pprint
import sys

from graphpb import dtypes, logging
from graphpb.graph.composite import SparseTensor
from graphpb.graph.convert import is_tensor
from graphpb.nest import flatten, map_structure, pack_sequence_as
from graphpb.ops import raw
from graphpb.ops.strings import string_format


def _stream_name(stream):
    if isinstance(stream, str) and stream.startswith("file://"):
        raise ValueError(f"tf.print writes to standard output and standard error, not to {stream!r}: use tf.py_func to append to a file.")
    known = [
        (sys.stdout, "stdout"),
        (sys.stderr, "stderr"),
        (logging.info, "log(info)"),
        (logging.INFO, "log(info)"),
        (logging.warning, "log(warning)"),
        (logging.warn, "log(warning)"),
        (logging.WARN, "log(warning)"),
        (logging.error, "log(error)"),
        (logging.ERROR, "log(error)"),
    ]
    for candidate, name in known:
        if stream is candidate or stream == candidate:
            return name
    raise ValueError(
        f"Unsupported output stream, logging level, or file.{stream}. Supported streams are sys.stdout, sys.stderr, tf.logging.info, "
        "tf.logging.warning, tf.logging.error."
    )


def _template(value, mark, tensors):
    """The text of one input with a mark for each tensor; the tensors are appended to a list."""

    def marked(item):
        if isinstance(item, SparseTensor):
            tensors.extend([item.indices, item.values, item.dense_shape])
            return f"SparseTensor(indices={mark}, values={mark}, shape={mark})"
        if is_tensor(item):
            tensors.append(item)
            return mark
        return item

    items = [marked(item) for item in flatten(value)]
    return value if isinstance(value, str) else pprint.pformat(pack_sequence_as(value, items))


def print_v2(*inputs, **kwargs):
    """Make an operation that writes values; nothing runs it but a session or a control dependency.

    Args:
      *inputs: Tensors, Python values, and structures of both.
      output_stream: sys.stderr (the default), sys.stdout, or tf.logging.info, .warning or .error, which write to standard error, too.
      summarize: How many elements at both ends of each axis are written; default 3, -1 for all.
      sep: Between the inputs; default a space.
      end: After them; default the end of a line.
      name: Name of the node; default `PrintV2`.

    Raises:
      ValueError: A keyword or the output stream is unknown, or the stream is a file.
    """
    stream = kwargs.pop("output_stream", sys.stderr)
    name = kwargs.pop("name", None)
    summarize = kwargs.pop("summarize", 3)
    separator = kwargs.pop("sep", " ")
    end = kwargs.pop("end", os.linesep)
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments for tf.print: {kwargs}")
    target = _stream_name(stream)
    only = inputs[0] if len(inputs) == 1 else None
    if is_tensor(only) and not isinstance(only, SparseTensor) and only.shape.ndims == 0 and only.dtype == dtypes.string:
        text = only
    else:
        inputs = [collections.OrderedDict(sorted(item.items())) if isinstance(item, collections.OrderedDict) else item for item in inputs]
        plain = " ".join(pprint.pformat(map_structure(lambda x: "" if is_tensor(x) else x, item)) for item in inputs)
        mark, tensors = "{}", []
        while mark in plain:
            mark += "9"
        template = separator.join(_template(item, mark, tensors) for item in inputs).replace(f"'{mark}'", mark)
        text = string_format(template, tensors, placeholder=mark, summarize=summarize, name=f"{name}_format" if name else None)
    return raw.PrintV2(input=text, output_stream=target, name=name, end=end)
