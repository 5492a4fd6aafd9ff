"""MonitoredSession: a session with hooks that stops when they ask for it and starts again after a preemption."""

from __future__ import annotations

import inspect
from typing import Any

from graphpb import errors
from graphpb.graph.collections import GraphKeys, get_collection
from graphpb.graph.core import get_default_graph
from graphpb.train.coordinator import Coordinator
from graphpb.train.hooks import StepCounterHook
from graphpb.train.saving_hooks import CheckpointSaverHook, SummarySaverHook
from graphpb.train.scaffold import ChiefSessionCreator, Scaffold, SessionCreator, WorkerSessionCreator
from graphpb.train.session_layers import Coordinated, Hooked, Recoverable, StepContext

_USE_DEFAULT: Any = object()


class _CoordinatedCreator(SessionCreator):
    """Makes a session with its coordinator, its threads and its hooks."""

    def __init__(self, creator: Any, hooks: list[Any], stop_grace_period_secs: float):
        self._creator, self._hooks, self._grace = creator, hooks, stop_grace_period_secs
        self.tf_sess: Any = None
        self.coord: Coordinator | None = None

    def create_session(self) -> Any:
        self.tf_sess = self._creator.create_session()
        self.coord = Coordinator(clean_stop_exception_types=[])
        for runner in get_collection(GraphKeys.QUEUE_RUNNERS):
            runner.create_threads(self.tf_sess, coord=self.coord, daemon=True, start=True)
        for hook in self._hooks:
            hook.after_create_session(self.tf_sess, self.coord)
        return Coordinated(Hooked(self.tf_sess, self._hooks), self.coord, self._grace)


class _MonitoredSession:
    """What MonitoredSession and SingularMonitoredSession share."""

    StepContext = StepContext

    def __init__(self, session_creator: Any, hooks: Any, should_recover: bool, stop_grace_period_secs: float = 120):
        self._graph_was_finalized = get_default_graph().finalized
        self._hooks = list(hooks or [])
        for hook in self._hooks:
            hook.begin()
        self._creator = _CoordinatedCreator(session_creator or ChiefSessionCreator(), self._hooks, stop_grace_period_secs)
        self._sess: Any = Recoverable(self._creator) if should_recover else self._creator.create_session()

    @property
    def graph(self) -> Any:
        """The graph of the session; None when it is closed."""
        return None if self._tf_sess() is None else self._tf_sess().graph

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """Run a step with the hooks. Args and result: see tf.Session.run.

        Raises:
          RuntimeError: The session is closed, a stop was asked for, or a tensor is fed twice.
        """
        return self._open().run(fetches, feed_dict=feed_dict, options=options, run_metadata=run_metadata)

    def run_step_fn(self, step_fn: Any) -> Any:
        """Return what a function makes of a step: it may run parts of it without hooks, and then `run_with_hooks`.

        Args:
          step_fn: Function of one argument that is named `step_context`; see `StepContext`.

        Raises:
          ValueError: Its arguments are others.
        """
        names = tuple(inspect.signature(step_fn).parameters)
        if names not in (("step_context",), ("self", "step_context")):
            raise ValueError(
                "`step_fn` may either have one `step_context` argument, or `self` and `step_context` arguments if it's an instance method. "
                f"Got {names} instead."
            )
        return self._open().run_step_fn(step_fn, self._tf_sess())

    def should_stop(self) -> bool:
        """Tell whether a hook or a thread asked for the end, or the session is closed."""
        return self._sess is None or self._sess.should_stop()

    def close(self) -> None:
        """Call `end` of the hooks, stop the threads and close the session.

        Raises:
          RuntimeError: It is closed.
          The exception that a thread reported.
        """
        self._close(None)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> bool:
        if kind in (errors.OutOfRangeError, StopIteration):
            kind = None
        self._close(kind)
        return kind is None

    def _open(self) -> Any:
        if self._sess is None:
            raise RuntimeError("Session is already closed.")
        return self._sess

    def _close(self, kind: Any) -> None:
        sess = self._open()
        try:
            if kind is None:
                for hook in self._hooks:
                    hook.end(self._tf_sess())
        finally:
            graph = self._tf_sess().graph
            try:
                sess.close()
            finally:
                self._sess = self._creator.tf_sess = self._creator.coord = None
                if not self._graph_was_finalized:
                    graph.unfinalize()

    def _is_closed(self) -> bool:
        return self._tf_sess() is None

    def _tf_sess(self) -> Any:
        return self._creator.tf_sess


class MonitoredSession(_MonitoredSession):
    """A session that calls hooks, handles threads' exceptions and recovers from AbortedError and UnavailableError.

    Args:
      session_creator: SessionCreator, default ChiefSessionCreator().
      hooks: SessionRunHook objects, called in this order.
      stop_grace_period_secs: Seconds that threads have for their end after `close`.

    As a context manager it is closed at the end; tf.errors.OutOfRangeError and StopIteration end the block as if it had ended by itself.
    """

    def __init__(self, session_creator: Any = None, hooks: Any = None, stop_grace_period_secs: float = 120):
        super().__init__(session_creator, hooks, True, stop_grace_period_secs)


class SingularMonitoredSession(_MonitoredSession):
    """A MonitoredSession that does not recover, so that `raw_session` stays the same.

    Args:
      hooks, stop_grace_period_secs: See MonitoredSession.
      scaffold, master, config, checkpoint_dir, checkpoint_filename_with_path: See ChiefSessionCreator.
    """

    def __init__(
        self,
        hooks: Any = None,
        scaffold: Any = None,
        master: Any = "",
        config: Any = None,
        checkpoint_dir: Any = None,
        stop_grace_period_secs: float = 120,
        checkpoint_filename_with_path: Any = None,
    ):
        creator = ChiefSessionCreator(scaffold, master, config, checkpoint_dir, checkpoint_filename_with_path)
        super().__init__(creator, hooks, False, stop_grace_period_secs)

    def raw_session(self) -> Any:
        """Return the tf.Session; it may be given to tf.train.Saver.save."""
        return self._tf_sess()


def MonitoredTrainingSession(  # noqa: N802
    master: Any = "",
    is_chief: bool = True,
    checkpoint_dir: Any = None,
    scaffold: Any = None,
    hooks: Any = None,
    chief_only_hooks: Any = None,
    save_checkpoint_secs: Any = _USE_DEFAULT,
    save_summaries_steps: Any = _USE_DEFAULT,
    save_summaries_secs: Any = _USE_DEFAULT,
    config: Any = None,
    stop_grace_period_secs: float = 120,
    log_step_count_steps: int | None = 100,
    max_wait_secs: float = 7200,
    save_checkpoint_steps: Any = _USE_DEFAULT,
    summary_dir: Any = None,
    save_graph_def: bool = True,
) -> MonitoredSession:
    """Return a MonitoredSession that saves checkpoints and summaries and starts from the latest checkpoint.

    Args:
      master: Unused; there is one machine.
      is_chief: False: wait for a model that another session prepares, with `hooks` only.
      checkpoint_dir: Folder of the checkpoints.
      scaffold: Scaffold.
      hooks, chief_only_hooks: SessionRunHook objects; those of the chief are called first.
      save_checkpoint_secs, save_checkpoint_steps: How often to save; default every 600 seconds, None or 0: never.
      save_summaries_steps, save_summaries_secs: How often to write summaries; default every 100 steps.
      config: ConfigProto.
      stop_grace_period_secs: Seconds that threads have for their end.
      log_step_count_steps: How often to log steps per second.
      max_wait_secs: How long to wait when not the chief.
      summary_dir: Folder of the summaries, default `checkpoint_dir`.
      save_graph_def: Write the graph beside the checkpoints.
    """
    if save_summaries_steps is _USE_DEFAULT:
        save_summaries_steps = 100 if save_summaries_secs is _USE_DEFAULT else None
    if save_summaries_secs is _USE_DEFAULT:
        save_summaries_secs = None
    if save_checkpoint_secs is _USE_DEFAULT:
        save_checkpoint_secs = 600 if save_checkpoint_steps is _USE_DEFAULT else None
    if save_checkpoint_steps is _USE_DEFAULT:
        save_checkpoint_steps = None
    scaffold = scaffold or Scaffold()
    if not is_chief:
        worker = WorkerSessionCreator(scaffold, master, config, max_wait_secs)
        return MonitoredSession(worker, hooks, stop_grace_period_secs)
    every: list[Any] = list(chief_only_hooks or [])
    summary_dir = summary_dir or checkpoint_dir
    if summary_dir and log_step_count_steps and log_step_count_steps > 0:
        every.append(StepCounterHook(output_dir=summary_dir, every_n_steps=log_step_count_steps))
    if summary_dir and any(n and n > 0 for n in (save_summaries_steps, save_summaries_secs)):
        every.append(SummarySaverHook(save_steps=save_summaries_steps, save_secs=save_summaries_secs, output_dir=summary_dir, scaffold=scaffold))
    if checkpoint_dir and any(n and n > 0 for n in (save_checkpoint_steps, save_checkpoint_secs)):
        every.append(
            CheckpointSaverHook(
                checkpoint_dir, save_secs=save_checkpoint_secs, save_steps=save_checkpoint_steps, scaffold=scaffold, save_graph_def=save_graph_def
            )
        )
    return MonitoredSession(ChiefSessionCreator(scaffold, master, config, checkpoint_dir), every + list(hooks or []), stop_grace_period_secs)
