"""Ops whose value is a serialized `Summary` message: scalars, histograms, images, audio, text, tensors; and their union."""

from __future__ import annotations

import contextlib
import re
from typing import Any

from graphpb.graph import collections as _collections
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw

_ILLEGAL = re.compile(r"[^-/\w\.]")


def clean_tag(name: str | None) -> str | None:
    """Replace the characters that a node name cannot have with `_`, and drop leading slashes; None stays None."""
    if name is None:
        return None
    cleaned = _ILLEGAL.sub("_", name).lstrip("/")
    if cleaned != name:
        from graphpb import logging

        logging.info("Summary name %s is illegal; using %s instead.", name, cleaned)
    return cleaned


@contextlib.contextmanager
def summary_scope(name: str, family: str | None = None, default_name: str | None = None, values: Any = None) -> Any:
    """Enter the name scope of a summary; yields (tag, scope).

    The scope is `name`, or `family/name`, made unique; the tag is the scope's full name, after `family/` where there is a family.
    """
    name, family = clean_tag(name), clean_tag(family)
    with name_scope(name if family is None else f"{family}/{name}", default_name, values) as scope:
        tag = scope.rstrip("/")
        yield (tag if family is None else f"{family}/{tag}"), scope


def _collect(value: Any, collections: Any, default: list[str]) -> Any:
    for key in default if collections is None else collections:
        _collections.add_to_collection(key, value)
    return value


_SUMMARIES = [_collections.GraphKeys.SUMMARIES]


def scalar(name: str, tensor: Any, collections: Any = None, family: str | None = None) -> Any:
    """Make a summary of one number.

    Args:
      name: the tag, below the current name scope; characters that no node name has become `_`.
      tensor: real number type [].
      collections: keys of the collections that the summary joins; `[tf.GraphKeys.SUMMARIES]` when None.
      family: a prefix of the tag, by which TensorBoard groups.

    Returns: string [], a serialized Summary message.
    """
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        return _collect(raw.ScalarSummary(tags=tag, values=tensor, name=scope), collections, _SUMMARIES)


def histogram(name: str, values: Any, collections: Any = None, family: str | None = None) -> Any:
    """Make a summary of the distribution of all elements of `values`: counts in buckets that grow by tenths.

    Running it raises tf.errors.InvalidArgumentError when a value is not finite. Other arguments as of `scalar`.
    """
    with summary_scope(name, family, values=[values], default_name="HistogramSummary") as (tag, scope):
        return _collect(raw.HistogramSummary(tag=tag, values=values, name=scope), collections, _SUMMARIES)


def image(name: str, tensor: Any, max_outputs: int = 3, collections: Any = None, family: str | None = None) -> Any:
    """Make a summary of up to `max_outputs` images, stored as PNG.

    Args:
      name: tags are `name/image` when `max_outputs` is 1, else `name/image/0`, `name/image/1`, …
      tensor: [batch, height, width, channels] with 1, 3 or 4 channels. uint8 is stored as it is. Floats are scaled by 255 / max, or,
        when one is negative, by 127 / max|x| around 128; pixels with a value that is not finite become red.
      collections, family: as of `scalar`.
    """
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        return _collect(raw.ImageSummary(tag=tag, tensor=tensor, max_images=max_outputs, name=scope), collections, _SUMMARIES)


def audio(name: str, tensor: Any, sample_rate: Any, max_outputs: int = 3, collections: Any = None, family: str | None = None) -> Any:
    """Make a summary of up to `max_outputs` clips, stored as 16-bit WAV.

    Args:
      name: tags are `name/audio` when `max_outputs` is 1, else `name/audio/0`, …
      tensor: float32 [batch, frames, channels] or [batch, frames], values from -1 to 1.
      sample_rate: float32 [], in hertz.
      collections, family: as of `scalar`.
    """
    from graphpb import dtypes
    from graphpb.graph.convert import convert_to_tensor

    with summary_scope(name, family=family, values=[tensor]) as (tag, scope):
        rate = convert_to_tensor(sample_rate, dtype=dtypes.float32, name="sample_rate")
        value = raw.AudioSummaryV2(tag=tag, tensor=tensor, max_outputs=max_outputs, sample_rate=rate, name=scope)
        return _collect(value, collections, _SUMMARIES)


def text(name: str, tensor: Any, collections: Any = None) -> Any:
    """Make a summary of text, which TensorBoard shows as Markdown: a string, or a table of a vector or matrix of strings.

    ValueError when `tensor` is no string tensor.
    """
    from graphpb import dtypes, protos

    if tensor.dtype != dtypes.string:
        raise ValueError(f"Expected tensor {tensor.name} to have dtype string, got {tensor.dtype}")
    metadata = protos.SummaryMetadata(plugin_data=protos.SummaryMetadata.PluginData(plugin_name="text"))
    return tensor_summary(name=name, tensor=tensor, summary_metadata=metadata, collections=collections)


def tensor_summary(
    name: str,
    tensor: Any,
    summary_description: str | None = None,
    collections: Any = None,
    summary_metadata: Any = None,
    family: str | None = None,
    display_name: str | None = None,
) -> Any:
    """Make a summary that holds a whole tensor.

    Args:
      name, collections, family: as of `scalar`.
      tensor: any type and shape.
      summary_description: a description in Markdown.
      summary_metadata: a SummaryMetadata message, which says which plugin shows the tensor.
      display_name: what TensorBoard calls it instead of the tag.
    """
    if summary_metadata is None:
        from graphpb import protos

        summary_metadata = protos.SummaryMetadata()
    if summary_description is not None:
        summary_metadata.summary_description = summary_description
    if display_name is not None:
        summary_metadata.display_name = display_name
    serialized = summary_metadata.SerializeToString()
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        value = raw.TensorSummaryV2(tensor=tensor, tag=tag, name=scope, serialized_summary_metadata=serialized)
        return _collect(value, collections, _SUMMARIES)


def merge(inputs: Any, collections: Any = None, name: str | None = None) -> Any:
    """Make one summary of several. Running it raises tf.errors.InvalidArgumentError when two values have one tag.

    Args:
      inputs: list of string tensors with serialized Summary messages.
      collections: keys of the collections that the result joins; none when None.
    """
    name = clean_tag(name)
    with name_scope(name, "Merge", inputs):
        return _collect(raw.MergeSummary(inputs=inputs, name=name), collections, [])


def merge_all(key: str = _collections.GraphKeys.SUMMARIES, scope: str | None = None, name: str | None = None) -> Any:
    """Make one summary of all those in the collection `key` whose names match `scope` (`re.match`); None when there is none."""
    found = _collections.get_collection(key, scope=scope)
    return merge(found, name=name) if found else None


def get_summary_description(node_def: Any) -> Any:
    """Return the SummaryDescription stored in the NodeDef of a TensorSummary op; ValueError for any other op."""
    if node_def.op != "TensorSummary":
        raise ValueError(f"Can't get_summary_description on {node_def.op}")
    from google.protobuf import json_format

    from graphpb import protos

    return json_format.Parse(node_def.attr["description"].s.decode(), protos.SummaryDescription())
