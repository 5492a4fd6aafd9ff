"""Strings: joining, splitting, searching, numbers and hashes of strings."""

import numpy as np

from graphpb import dtypes
from graphpb.deprecation import argument
from graphpb.graph.composite import SparseTensor
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.core import Tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw
from graphpb.ops.array import expand_dims
from graphpb.ops.math import range as range_of
from graphpb.ops.shape import rank


def string_join(inputs, separator="", name=None):
    """Join strings element by element.

    Args:
      inputs: Strings of one shape; scalars broadcast.
      separator: Python string between them.
      name: Name of the node; default `StringJoin`.
    """
    return raw.StringJoin(inputs=inputs, separator=separator, name=name)


def reduce_join(inputs, axis=None, keep_dims=None, separator="", name=None, reduction_indices=None, keepdims=None):
    """Join the strings along axes.

    Args:
      inputs: string [...].
      axis: Integers, in the order of joining; None joins everything, the last axis first.
      keep_dims: Keep the axes with size 1 (also `keepdims`).
      separator: Python string between them.
      name: Name of the node; default `ReduceJoin`.
      reduction_indices: Old name of axis.
      keepdims: Keep the axes with size 1.
    """
    keepdims = argument("keepdims", keepdims, "keep_dims", keep_dims) or False
    axis = argument("axis", axis, "reduction_indices", reduction_indices)
    with name_scope(None, "ReduceJoin", [inputs, axis]):
        inputs = convert_to_tensor(inputs)
        if axis is None:
            known = inputs.shape.ndims
            axis = constant(np.arange(known - 1, -1, -1), dtype=dtypes.int32) if known is not None else range_of(rank(inputs) - 1, -1, -1)
        return raw.ReduceJoin(inputs=inputs, reduction_indices=axis, keep_dims=keepdims, separator=separator, name=name)


def _sparse(indices, values, shape):
    indices.set_shape([None, 2])
    values.set_shape([None])
    shape.set_shape([2])
    return SparseTensor(indices, values, shape)


def _only_sparse(result_type):
    if result_type == "RaggedTensor":
        raise NotImplementedError("ragged tensors are not part of graphpb: use result_type='SparseTensor'")
    if result_type != "SparseTensor":
        raise ValueError("result_type must be 'RaggedTensor' or 'SparseTensor'.")


def string_split(source, sep=None, skip_empty=True, delimiter=None, result_type="SparseTensor", name=None):
    """Split each string at any character of a set.

    Args:
      source: string [n].
      sep: Characters that separate, default a blank; empty: every byte is a part.
      skip_empty: Leave out empty parts.
      delimiter: Old name of sep.
      result_type: "SparseTensor".
      name: Scope of the nodes; default `StringSplit`.

    Returns:
      A SparseTensor of strings [n, most parts].
    """
    with name_scope(name, "StringSplit", [source]):
        sep = argument("sep", sep, "delimiter", delimiter)
        sep = convert_to_tensor(" " if sep is None else sep, dtype=dtypes.string)
        source = convert_to_tensor(source, dtype=dtypes.string)
        _only_sparse(result_type)
        return _sparse(*raw.StringSplit(input=source, delimiter=sep, skip_empty=skip_empty))


def split(input=None, sep=None, maxsplit=-1, result_type="SparseTensor", source=None, name=None):
    """Split each string at a separator, as Python's `str.split` does.

    Args:
      input: string [n] or a scalar.
      sep: The separator; None or empty: at white space.
      maxsplit: The most splits of a string; -1: all.
      result_type: "SparseTensor".
      source: Old name of input.
      name: Scope of the nodes; default `StringSplit`.

    Returns:
      A SparseTensor of strings [n, most parts].
    """
    input = argument("input", input, "source", source)
    with name_scope(name, "StringSplit", [input]):
        input = convert_to_tensor(input, dtype=dtypes.string, name="input")
        if input.shape.ndims == 0:
            input = expand_dims(input, 0)
        _only_sparse(result_type)
        sep = convert_to_tensor("" if sep is None else sep, dtype=dtypes.string)
        return _sparse(*raw.StringSplitV2(input=input, sep=sep, maxsplit=maxsplit))


def substr(input, pos, len, name=None, unit="BYTE"):
    """Cut a part out of each string.

    Args:
      input: string [...].
      pos: int32 or int64, the first byte (negative: from the end); a shape that broadcasts.
      len: As pos, the most bytes.
      name: Name of the node; default `Substr`.
      unit: "BYTE" or "UTF8_CHAR".

    Raises:
      tf.errors.InvalidArgumentError: While running: pos is outside a string.
    """
    return raw.Substr(input=input, pos=pos, len=len, unit=unit, name=name)


def string_length(input, name=None, unit="BYTE"):
    """Count the bytes of each string, or its characters with unit="UTF8_CHAR"; int32, the shape of input."""
    return raw.StringLength(input=input, unit=unit, name=name)


def string_strip(input, name=None):
    """Take white space from both ends of each string."""
    return raw.StringStrip(input=input, name=name)


def string_lower(input, encoding="", name=None):
    """Make letters small: ASCII, or all of Unicode with encoding="utf-8"."""
    return raw.StringLower(input=input, encoding=encoding, name=name)


def string_upper(input, encoding="", name=None):
    """Make letters capital: ASCII, or all of Unicode with encoding="utf-8"."""
    return raw.StringUpper(input=input, encoding=encoding, name=name)


def regex_replace(input, pattern, rewrite, replace_global=True, name=None):
    """Replace what a regular expression (RE2) matches.

    Args:
      input: string [...].
      pattern: The expression: a Python string or a scalar tensor.
      rewrite: The text instead; \\0 to \\9 stand for groups.
      replace_global: Every match, not the first only.
      name: Name of the node; default `StaticRegexReplace`, or `RegexReplace` for tensors.
    """
    if isinstance(pattern, (str, bytes)) and isinstance(rewrite, (str, bytes)):
        return raw.StaticRegexReplace(input=input, pattern=pattern, rewrite=rewrite, replace_global=replace_global, name=name)
    return raw.RegexReplace(input=input, pattern=pattern, rewrite=rewrite, replace_global=replace_global, name=name)


def regex_full_match(input, pattern, name=None):
    """Tell for each string whether a regular expression (RE2) matches all of it; bool, the shape of input."""
    if isinstance(pattern, (str, bytes)):
        return raw.StaticRegexFullMatch(input=input, pattern=pattern, name=name)
    return raw.RegexFullMatch(input=input, pattern=pattern, name=name)


def as_string(input, precision=-1, scientific=False, shortest=False, width=-1, fill="", name=None):
    """Write numbers as strings.

    Args:
      input: numeric, bool or string [...].
      precision: Digits after the point; -1: as printf does.
      scientific: With an exponent.
      shortest: With or without an exponent, whichever is shorter.
      width: The least width; -1: none.
      fill: One character that fills the width.
      name: Name of the node; default `AsString`.
    """
    return raw.AsString(input=input, precision=precision, scientific=scientific, shortest=shortest, width=width, fill=fill, name=name)


def string_to_number(string_tensor=None, out_type=dtypes.float32, name=None, input=None):
    """Read numbers from strings.

    Args:
      string_tensor: string [...]; also `input`.
      out_type: float32, float64, int32 or int64.
      name: Name of the node; default `StringToNumber`.
      input: The same as string_tensor.

    Raises:
      tf.errors.InvalidArgumentError: While running: a string is no number of the type.
    """
    return raw.StringToNumber(string_tensor=argument("input", input, "string_tensor", string_tensor), out_type=out_type, name=name)


def string_to_hash_bucket(string_tensor=None, num_buckets=None, name=None, input=None):
    """Hash each string to one of `num_buckets` numbers; int64, the shape of the strings. Not stable across platforms: use the fast one."""
    return raw.StringToHashBucket(string_tensor=argument("input", input, "string_tensor", string_tensor), num_buckets=num_buckets, name=name)


def string_to_hash_bucket_fast(input, num_buckets, name=None):
    """Hash each string (FarmHash) to one of `num_buckets` numbers; int64, the shape of input."""
    return raw.StringToHashBucketFast(input=input, num_buckets=num_buckets, name=name)


def string_to_hash_bucket_strong(input, num_buckets, key, name=None):
    """Hash each string (SipHash) with a key of two integers to one of `num_buckets` numbers; int64, the shape of input."""
    return raw.StringToHashBucketStrong(input=input, num_buckets=num_buckets, key=key, name=name)


def encode_base64(input, pad=False, name=None):
    """Write bytes in web-safe base64, with `=` at the end when `pad`."""
    return raw.EncodeBase64(input=input, pad=pad, name=name)


def decode_base64(input, name=None):
    """Read web-safe base64, with or without `=` at the end."""
    return raw.DecodeBase64(input=input, name=name)


def string_format(template, inputs, placeholder="{}", summarize=3, name=None):
    """Write tensors into a text.

    Args:
      template: Python string with one placeholder for each input.
      inputs: A tensor or a list of tensors.
      placeholder: What is replaced.
      summarize: How many elements of each end of an axis are shown; -1: all.
      name: Name of the node; default `StringFormat`.

    Raises:
      ValueError: The numbers of placeholders and inputs differ.
    """
    if isinstance(inputs, Tensor):
        inputs = [inputs]
    if template.count(placeholder) != len(inputs):
        raise ValueError(
            f"The template expects {template.count(placeholder)} tensors, but the inputs only has {len(inputs)}. "
            "Please ensure the number of placeholders in template matches inputs length."
        )
    return raw.StringFormat(inputs=inputs, template=template, placeholder=placeholder, summarize=summarize, name=name)
