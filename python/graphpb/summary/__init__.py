"""Summaries: ops that describe a run, and writers of the event files that TensorBoard shows."""

from graphpb.summary.ops import audio as audio
from graphpb.summary.ops import get_summary_description as get_summary_description
from graphpb.summary.ops import histogram as histogram
from graphpb.summary.ops import image as image
from graphpb.summary.ops import merge as merge
from graphpb.summary.ops import merge_all as merge_all
from graphpb.summary.ops import scalar as scalar
from graphpb.summary.ops import tensor_summary as tensor_summary
from graphpb.summary.ops import text as text
from graphpb.summary.reader import summary_iterator as summary_iterator
from graphpb.summary.writer import FileWriter as FileWriter
from graphpb.summary.writer import FileWriterCache as FileWriterCache

_MESSAGES = ("Event", "SessionLog", "Summary", "SummaryDescription", "TaggedRunMetadata")


def __getattr__(name):
    if name in _MESSAGES:
        from graphpb import protos

        return getattr(protos, name)
    from graphpb.ledger import absent

    raise absent(__name__, name)
