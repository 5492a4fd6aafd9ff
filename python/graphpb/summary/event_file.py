"""An event file written by a thread of its own, fed through a queue."""

from __future__ import annotations

import os
import queue
import threading
import time
from typing import Any

from graphpb import _native

_FLUSH, _CLOSE = object(), object()


class EventFileWriter:
    """Writes events to `<logdir>/events.out.tfevents.<seconds>.<host><suffix>` without keeping its caller waiting.

    Args:
      logdir: a folder, made where needed.
      max_queue: how many events may wait; beyond, `add_event` waits.
      flush_secs: the longest time that an event stays unwritten.
      filename_suffix: end of the file's name.

    tf.errors.OpError: the folder or file cannot be written. An error of the thread is raised by the next `add_event`, `flush` or `close`.
    """

    def __init__(self, logdir: Any, max_queue: int = 10, flush_secs: float = 120, filename_suffix: str | None = None):
        self._logdir = os.fspath(logdir)
        if isinstance(self._logdir, bytes):
            self._logdir = os.fsdecode(self._logdir)
        self._flush_secs = flush_secs
        self._suffix = filename_suffix or ""
        self._queue: queue.Queue[Any] = queue.Queue(max_queue)
        self._file = _native.EventWriter(self._logdir, self._suffix)
        # The file is there as soon as the writer is, as TensorBoard users expect.
        self._file.flush()
        self._error: BaseException | None = None
        self._start()

    def _start(self) -> None:
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="graphpb-events", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        due = time.monotonic() + self._flush_secs
        dirty = False
        while True:
            try:
                item = self._queue.get(timeout=max(due - time.monotonic(), 0.01) if dirty else None)
            except queue.Empty:
                item = None
            try:
                if self._error is None:
                    if isinstance(item, bytes):
                        self._file.write(item)
                        if not dirty:
                            dirty, due = True, time.monotonic() + self._flush_secs
                    if item is _CLOSE or item is None or isinstance(item, threading.Event) or (dirty and time.monotonic() >= due):
                        self._file.flush()
                        dirty = False
                    if item is _CLOSE:
                        self._file.close()
            except BaseException as error:  # kept for the caller's thread
                self._error = error
            if isinstance(item, threading.Event):
                item.set()
            if item is _CLOSE:
                return

    def _raise(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def get_logdir(self) -> str:
        """Return the folder."""
        return self._logdir

    def add_event(self, event: Any) -> None:
        """Put an Event message into the queue; nothing happens when the writer is closed."""
        if not self._closed:
            self._raise()
            self._queue.put(event.SerializeToString())

    def flush(self) -> None:
        """Wait until everything added so far is in the file."""
        if not self._closed:
            done = threading.Event()
            self._queue.put(done)
            done.wait()
            self._raise()

    def close(self) -> None:
        """Write what is left and close the file; closing twice is no error."""
        if not self._closed:
            self._closed = True
            self._queue.put(_CLOSE)
            self._thread.join()
            self._raise()

    def reopen(self) -> None:
        """Go on with a new file after `close`; nothing happens when the writer is open."""
        if self._closed:
            self._file.flush()
            self._start()
