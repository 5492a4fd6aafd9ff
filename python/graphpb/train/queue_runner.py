"""QueueRunner: threads that fill a queue, and the functions that start those of a graph."""

from __future__ import annotations

import threading
import weakref
from typing import Any

from graphpb import errors, logging
from graphpb.graph.collections import GraphKeys, add_to_collection, get_collection
from graphpb.graph.core import get_default_graph
from graphpb.session.session import get_default_session


class QueueRunner:
    """Operations that put elements into a queue, each to be run again and again by a thread of its own.

    Args:
      queue: The queue.
      enqueue_ops: List of operations; one thread for each.
      close_op: Closes the queue when all threads have come to their end, default `queue.close()`.
      cancel_op: Closes it when the coordinator asks to stop, default `queue.close(cancel_pending_enqueues=True)`.
      queue_closed_exception_types: Errors that mean the end of the input, default (tf.errors.OutOfRangeError,).
      queue_runner_def: QueueRunnerDef to make the object from, instead of all others. import_scope: name scope to put before its names.

    ValueError: both or neither of `queue` with `enqueue_ops` and `queue_runner_def`. TypeError: `queue_closed_exception_types` is no tuple of errors.
    """

    def __init__(
        self,
        queue: Any = None,
        enqueue_ops: Any = None,
        close_op: Any = None,
        cancel_op: Any = None,
        queue_closed_exception_types: Any = None,
        queue_runner_def: Any = None,
        import_scope: str | None = None,
    ):
        if queue_runner_def:
            if queue or enqueue_ops:
                raise ValueError("queue_runner_def and queue are mutually exclusive.")
            self._read(queue_runner_def, import_scope)
        else:
            if not queue or not enqueue_ops:
                raise ValueError("Must provide queue and enqueue_ops.")
            kinds = queue_closed_exception_types
            if kinds is not None and not (isinstance(kinds, tuple) and kinds and all(issubclass(t, errors.OpError) for t in kinds)):
                raise TypeError(f"queue_closed_exception_types, when provided, must be a tuple of tf.error types, but saw: {kinds}")
            self._queue = queue
            self._enqueue_ops = enqueue_ops
            self._close_op = queue.close() if close_op is None else close_op
            self._cancel_op = queue.close(cancel_pending_enqueues=True) if cancel_op is None else cancel_op
            self._closed_types = kinds or (errors.OutOfRangeError,)
        self._lock = threading.Lock()
        # Threads that still run, for each session.
        self._running: Any = weakref.WeakKeyDictionary()
        self._exceptions_raised: list[Exception] = []

    def _read(self, message: Any, import_scope: str | None) -> None:
        graph = get_default_graph()

        def element(name: str) -> Any:
            return graph.as_graph_element(f"{import_scope}/{name}" if import_scope else name)

        self._queue = element(message.queue_name)
        self._enqueue_ops = [element(n) for n in message.enqueue_op_name]
        self._close_op = element(message.close_op_name)
        self._cancel_op = element(message.cancel_op_name)
        kinds = tuple(errors.exception_type_from_error_code(c) for c in message.queue_closed_exception_types)
        self._closed_types = kinds or (errors.OutOfRangeError,)

    @property
    def queue(self) -> Any:
        """The queue; of an imported runner, the operation that makes it."""
        return self._queue

    @property
    def enqueue_ops(self) -> Any:
        """The operations that fill the queue."""
        return self._enqueue_ops

    @property
    def close_op(self) -> Any:
        """The operation that closes the queue at the end of the input."""
        return self._close_op

    @property
    def cancel_op(self) -> Any:
        """The operation that closes the queue and cancels what waits."""
        return self._cancel_op

    @property
    def queue_closed_exception_types(self) -> tuple[type, ...]:
        """The errors that mean the end of the input."""
        return self._closed_types

    @property
    def exceptions_raised(self) -> list[Exception]:
        """Exceptions of threads that have no coordinator."""
        return self._exceptions_raised

    @property
    def name(self) -> str:
        """Name of the operation that makes the queue."""
        return self._queue.name

    def _run(self, sess: Any, enqueue_op: Any, coord: Any = None) -> None:
        """Fill the queue until the input ends, the coordinator asks to stop, or an error comes."""
        counted = False
        try:
            enqueue = sess.make_callable(enqueue_op)
            while not (coord and coord.should_stop()):
                try:
                    enqueue()
                except self._closed_types:
                    with self._lock:
                        self._running[sess] -= 1
                        counted = True
                        if self._running[sess] == 0:
                            self._run_quietly(sess, self._close_op)
                    return
        except Exception as e:
            if coord:
                coord.request_stop(e)
            else:
                logging.error("Exception in QueueRunner: %s", str(e))
                with self._lock:
                    self._exceptions_raised.append(e)
                raise
        finally:
            if not counted:
                with self._lock:
                    self._running[sess] -= 1

    def _close_on_stop(self, sess: Any, cancel_op: Any, coord: Any) -> None:
        coord.wait_for_stop()
        self._run_quietly(sess, cancel_op)

    @staticmethod
    def _run_quietly(sess: Any, op: Any) -> None:
        """Run an operation that closes the queue: the session may be closed already."""
        try:
            sess.run(op)
        except Exception as e:
            logging.vlog(1, "Ignored exception: %s", str(e))

    def create_threads(self, sess: Any, coord: Any = None, daemon: bool = False, start: bool = False) -> list[threading.Thread]:
        """Make the threads that fill the queue in a session, and one that cancels when the coordinator asks to stop.

        Args:
          sess: tf.Session. coord: Coordinator that hears of errors and asks to stop.
          daemon: Whether the program may end before the threads. start: whether to start them.

        Returns: list of threads; empty when those of an earlier call still run.
        """
        with self._lock:
            if self._running.get(sess, 0) > 0:
                return []
            self._running[sess] = len(self._enqueue_ops)
            self._exceptions_raised = []

        def thread(name: str, target: Any, *args: Any) -> threading.Thread:
            return threading.Thread(target=target, args=args, name=f"QueueRunnerThread-{self.name}-{name}")

        threads = [thread(op.name, self._run, sess, op, coord) for op in self._enqueue_ops]
        if coord:
            threads.append(thread("close_on_stop", self._close_on_stop, sess, self._cancel_op, coord))
        for t in threads:
            if coord:
                coord.register_thread(t)
            if daemon:
                t.daemon = True
            if start:
                t.start()
        return threads

    def to_proto(self, export_scope: str | None = None) -> Any:
        """Return a QueueRunnerDef, its names without `export_scope`; None when the queue is outside of that."""
        from graphpb import protos
        from graphpb.train.meta_graph import strip_name_scope

        if export_scope is not None and not self.queue.name.startswith(export_scope):
            return None
        message = protos.QueueRunnerDef(
            queue_name=strip_name_scope(self.queue.name, export_scope),
            enqueue_op_name=[strip_name_scope(op.name, export_scope) for op in self.enqueue_ops],
            close_op_name=strip_name_scope(self.close_op.name, export_scope),
            cancel_op_name=strip_name_scope(self.cancel_op.name, export_scope),
        )
        message.queue_closed_exception_types.extend(errors.error_code_from_exception_type(t) for t in self._closed_types)
        return message

    @staticmethod
    def from_proto(queue_runner_def: Any, import_scope: str | None = None) -> QueueRunner:
        """Make the runner that a QueueRunnerDef describes, in the default graph."""
        return QueueRunner(queue_runner_def=queue_runner_def, import_scope=import_scope)


def add_queue_runner(qr: QueueRunner, collection: str = GraphKeys.QUEUE_RUNNERS) -> None:
    """Add a runner to a collection of the default graph, where start_queue_runners finds it."""
    add_to_collection(collection, qr)


def start_queue_runners(
    sess: Any = None, coord: Any = None, daemon: bool = True, start: bool = True, collection: str = GraphKeys.QUEUE_RUNNERS
) -> list[threading.Thread]:
    """Start the threads of all runners of a graph.

    Args:
      sess: tf.Session, default the default session. coord, daemon, start: see QueueRunner.create_threads.

    Returns: list of threads.

    ValueError: no session is given and there is no default session. TypeError: `sess` is no session.
    """
    if sess is None:
        sess = get_default_session()
        if not sess:
            raise ValueError(
                "Cannot start queue runners: No default session is registered. Use `with sess.as_default()` "
                "or pass an explicit session to tf.start_queue_runners(sess=sess)"
            )
    if not hasattr(sess, "make_callable"):
        # Monitored sessions have started them already.
        if type(sess).__name__ in ("MonitoredSession", "SingularMonitoredSession"):
            return []
        raise TypeError(f"sess must be a `tf.Session` object. Given class: {type(sess)}")
    with sess.graph.as_default():
        runners = get_collection(collection)
        if not runners:
            logging.warning("`tf.train.start_queue_runners()` was called when no queue runners were defined.")
        return [t for r in runners for t in r.create_threads(sess, coord=coord, daemon=daemon, start=start)]
