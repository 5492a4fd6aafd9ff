"""FileWriter: summaries, graphs and logs of a run as events in a file."""

from __future__ import annotations

import threading
import time
import warnings
import weakref
from typing import Any

from graphpb.graph import core
from graphpb.summary.event_file import EventFileWriter

_of_sessions: weakref.WeakKeyDictionary[Any, dict[str, EventFileWriter]] = weakref.WeakKeyDictionary()
"""Event files that belong to a session: one per folder."""


class SummaryToEventTransformer:
    """Wraps summaries, graphs, logs and metadata in events, and hands these to `event_writer`."""

    def __init__(self, event_writer: Any, graph: Any = None, graph_def: Any = None):
        self.event_writer = event_writer
        self._session_run_tags: set[str] = set()
        self._seen_summary_tags: set[str] = set()
        if graph is not None or graph_def is not None:
            self.add_graph(graph=graph, graph_def=graph_def)
            from graphpb.train.meta_graph import create_meta_graph_def

            message = graph.as_graph_def(add_shapes=True) if isinstance(graph, core.Graph) else graph
            self.add_meta_graph(create_meta_graph_def(graph_def=graph_def or message))

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Add a summary: a Summary message, or bytes that hold one. Only the first value of a tag keeps its metadata."""
        from graphpb import protos

        if isinstance(summary, bytes):
            summary = protos.Summary.FromString(summary)
        elif not isinstance(summary, protos.Summary):
            summary = protos.Summary.FromString(summary.SerializeToString())
        for value in summary.value:
            if value.tag in self._seen_summary_tags:
                value.ClearField("metadata")
            else:
                self._seen_summary_tags.add(value.tag)
        self._add_event(protos.Event(summary=summary), global_step)

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Add a SessionLog message."""
        from graphpb import protos

        self._add_event(protos.Event(session_log=session_log), global_step)

    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Add a graph, with the static shapes of its tensors.

        Args:
          graph: a tf.Graph (or, as in old programs, a GraphDef). graph_def: a GraphDef instead.

        ValueError when both are given, TypeError when neither is a graph.
        """
        if graph is not None and graph_def is not None:
            raise ValueError("Please pass only graph, or graph_def (deprecated), but not both.")
        given = graph_def if graph is None else graph
        if isinstance(given, core.Graph):
            given = given.as_graph_def(add_shapes=True)
        elif type(given).__name__ != "GraphDef":
            raise TypeError("The passed graph must be an instance of `Graph` or the deprecated `GraphDef`")
        from graphpb import protos

        self._add_event(protos.Event(graph_def=given.SerializeToString()), global_step)

    def add_meta_graph(self, meta_graph_def: Any, global_step: Any = None) -> None:
        """Add a MetaGraphDef message; TypeError for anything else."""
        from graphpb import protos

        if type(meta_graph_def).__name__ != "MetaGraphDef":
            raise TypeError(f"meta_graph_def must be type MetaGraphDef, saw type: {type(meta_graph_def)}")
        self._add_event(protos.Event(meta_graph_def=meta_graph_def.SerializeToString()), global_step)

    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Add what a run with tracing recorded, under a tag; ValueError when the tag was used before."""
        from graphpb import protos

        if tag in self._session_run_tags:
            raise ValueError("The provided tag was already used for this event type")
        self._session_run_tags.add(tag)
        tagged = protos.TaggedRunMetadata(tag=tag, run_metadata=run_metadata.SerializeToString())
        self._add_event(protos.Event(tagged_run_metadata=tagged), global_step)

    def _add_event(self, event: Any, step: Any) -> None:
        event.wall_time = time.time()
        if step is not None:
            event.step = int(step)
        self.event_writer.add_event(event)


class FileWriter(SummaryToEventTransformer):
    """Writes summaries and other events to a file in `logdir`, for TensorBoard.

    Args:
      logdir: a folder, made where needed. Each writer makes a file of its own.
      graph: a tf.Graph to add, usually `session.graph`.
      max_queue: how many events wait for the writing thread before the caller does.
      flush_secs: the longest time that an event stays unwritten.
      graph_def: a GraphDef to add instead of `graph`.
      filename_suffix: end of the file's name.
      session: writers of one session and folder share one file. (TensorFlow adds ops for that to the session's graph; graphpb does not.)

    As a context manager it is closed at the end of the block.

    >>> import graphpb as tf, tempfile
    >>> with tf.summary.FileWriter(tempfile.mkdtemp()) as writer:
    ...     writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="loss", simple_value=0.5)]), global_step=1)
    """

    def __init__(
        self,
        logdir: Any,
        graph: Any = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        graph_def: Any = None,
        filename_suffix: str | None = None,
        session: Any = None,
    ):
        if session is None:
            file = EventFileWriter(logdir, max_queue, flush_secs, filename_suffix)
        else:
            files = _of_sessions.setdefault(session, {})
            file = files.get(str(logdir)) or files.setdefault(str(logdir), EventFileWriter(logdir, max_queue, flush_secs, filename_suffix))
        self._closed = False
        super().__init__(file, graph, graph_def)

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.close()

    def get_logdir(self) -> str:
        """Return the folder."""
        return self.event_writer.get_logdir()

    def _warn_if_closed(self) -> None:
        if self._closed:
            warnings.warn("Attempting to use a closed FileWriter. The operation will be a noop unless the FileWriter is explicitly reopened.")

    def _add_event(self, event: Any, step: Any) -> None:
        self._warn_if_closed()
        super()._add_event(event, step)

    def add_event(self, event: Any) -> None:
        """Add an Event message as it is."""
        self._warn_if_closed()
        self.event_writer.add_event(event)

    def flush(self) -> None:
        """Wait until everything added so far is in the file."""
        self._warn_if_closed()
        self.event_writer.flush()

    def close(self) -> None:
        """Write what is left and close the file."""
        self.event_writer.close()
        self._closed = True

    def reopen(self) -> None:
        """Go on after `close`, with a new file; nothing happens when the writer is open."""
        self.event_writer.reopen()
        self._closed = False


class FileWriterCache:
    """One FileWriter per folder, for programs whose parts write to the same one."""

    _cache: dict[str, FileWriter] = {}
    _lock = threading.RLock()

    @staticmethod
    def clear() -> None:
        """Close all writers and forget them."""
        with FileWriterCache._lock:
            for writer in FileWriterCache._cache.values():
                writer.close()
            FileWriterCache._cache = {}

    @staticmethod
    def get(logdir: str) -> FileWriter:
        """Return the writer of a folder; a new one gets the default graph."""
        with FileWriterCache._lock:
            if logdir not in FileWriterCache._cache:
                FileWriterCache._cache[logdir] = FileWriter(logdir, graph=core.get_default_graph())
            return FileWriterCache._cache[logdir]
