"""The writer of event files below FileWriter, as programs know it from TensorFlow's internal modules."""

from __future__ import annotations

import os
import socket
import time
from typing import Any

from graphpb import protos
from graphpb.python_io import TFRecordWriter


class EventsWriter:
    """Writes events to `<file_prefix>.out.tfevents.<seconds>.<host><suffix>` from the calling thread.

    The file is made by `Init`, or by the first event. `tf.errors.OpError`: it cannot be written.

    Args:
      file_prefix: path and first part of the file's name, text or bytes.
    """

    def __init__(self, file_prefix: Any):
        self._prefix = os.fsdecode(file_prefix)
        self._suffix = ""
        self._name = ""
        self._writer: TFRecordWriter | None = None

    def InitWithSuffix(self, suffix: Any) -> bool:
        """Make the file, its name ending with `suffix`, unless one is open."""
        self._suffix = os.fsdecode(suffix)
        return self.Init()

    def Init(self) -> bool:
        """Make the file unless one is open; its first event states the format."""
        if self._writer is None:
            now = time.time()
            name = f"{self._prefix}.out.tfevents.{int(now):010d}.{socket.gethostname()}{self._suffix}"
            while os.path.exists(name):
                name += ".1"
            self._name, self._writer = name, TFRecordWriter(name)
            self.WriteEvent(protos.Event(wall_time=now, file_version="brain.Event:2"))
        return True

    def FileName(self) -> str:
        """Return the path of the file, which is made when it is not there yet."""
        self.Init()
        return self._name

    def WriteEvent(self, event: Any) -> None:
        """Add an Event message."""
        self._WriteSerializedEvent(event.SerializeToString())

    def _WriteSerializedEvent(self, event_str: bytes) -> None:
        self.Init()
        if self._writer is not None:
            self._writer.write(event_str)

    def Flush(self) -> bool:
        """Hand everything written so far to the system."""
        if self._writer is not None:
            self._writer.flush()
        return True

    def Close(self) -> bool:
        """Close the file; a later event makes another."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        return True
