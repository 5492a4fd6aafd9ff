"""`tf.io`: files, graphs as files, records and their parsing."""

from graphpb import gfile as gfile
from graphpb.graph.transfer import write_graph as write_graph
from graphpb.ops.files import matching_files as matching_files
from graphpb.ops.files import read_file as read_file
from graphpb.ops.files import write_file as write_file


def __getattr__(name: str) -> object:
    from graphpb.ledger import absent

    raise absent(__name__, name)
