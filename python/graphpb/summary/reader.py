"""Event files read back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphpb import _native


def summary_iterator(path: Any) -> Iterator[Any]:
    """Iterate over the Event messages of an event file.

    tf.errors.NotFoundError: there is no such file. tf.errors.DataLossError: a record is damaged, or the last one is cut short.

    >>> import graphpb as tf, tempfile, glob
    >>> folder = tempfile.mkdtemp()
    >>> tf.summary.FileWriter(folder).close()
    >>> [event.file_version for event in tf.train.summary_iterator(glob.glob(folder + "/*")[0])]
    ['brain.Event:2']
    """
    from graphpb import protos

    for record in _native.RecordReader(path):
        yield protos.Event.FromString(record)
