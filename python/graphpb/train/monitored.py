"""MonitoredSession: a session with hooks that stops when they ask for it and starts again after a preemption."""

from __future__ import annotations

import inspect
from typing import Any

from graphpb import errors, logging
from graphpb.graph.collections import GraphKeys, get_collection
from graphpb.graph.core import get_default_graph
from graphpb.train.coordinator import Coordinator
from graphpb.train.hooks import StepCounterHook
from graphpb.train.run_hook import SessionRunArgs, SessionRunContext, SessionRunValues
from graphpb.train.saving_hooks import CheckpointSaverHook, SummarySaverHook
from graphpb.train.scaffold import ChiefSessionCreator, Scaffold, SessionCreator, WorkerSessionCreator

_PREEMPTIONS = (errors.AbortedError, errors.UnavailableError)
_USE_DEFAULT: Any = object()


class StepContext:
    """What the function of `run_step_fn` gets.

    Attributes: `session` (the tf.Session, whose runs call no hooks), `run_with_hooks` (as MonitoredSession.run).
    """

    def __init__(self, session: Any, run_with_hooks_fn: Any):
        self.session = session
        self.run_with_hooks = run_with_hooks_fn

    def request_stop(self) -> None:
        """Raise StopIteration, which ends the training loop."""
        raise StopIteration("step_fn has requested the iterations to stop.")


class _Wrapped:
    """A session around another; programs reach the tf.Session through the chain of `_sess`."""

    def __init__(self, sess: Any):
        self._sess = sess

    @property
    def graph(self) -> Any:
        return self._sess.graph

    @property
    def sess_str(self) -> Any:
        return self._sess.sess_str

    def should_stop(self) -> bool:
        return self._sess is None or self._sess.should_stop()

    def close(self) -> None:
        if self._sess is None:
            return
        try:
            self._sess.close()
        except _PREEMPTIONS as error:
            logging.error("The session could not be closed after a preemption: %s", error)
        finally:
            self._sess = None

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        return self._sess.run(fetches, feed_dict=feed_dict, options=options, run_metadata=run_metadata)

    def run_step_fn(self, step_fn: Any, raw_session: Any) -> Any:
        return step_fn(StepContext(raw_session, self.run))


class _Hooked(_Wrapped):
    """Calls the hooks around each run of a tf.Session."""

    def __init__(self, sess: Any, hooks: list[Any]):
        super().__init__(sess)
        self._hooks = hooks
        self._stop = False

    def should_stop(self) -> bool:
        return self._sess is None or self._stop

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        from graphpb import protos

        if self.should_stop():
            raise RuntimeError("Run called even after should_stop requested.")
        context = SessionRunContext(SessionRunArgs(fetches, feed_dict), self._sess)
        asked: dict[Any, Any] = {"caller": fetches}
        used = protos.RunOptions() if options is None else options
        feeds: dict[Any, Any] = {}
        plain = options is None and run_metadata is None
        for hook in self._hooks:
            args = hook.before_run(context)
            if args is None:
                continue
            if args.fetches is not None:
                asked[hook] = args.fetches
            if args.feed_dict:
                _check_apart(feeds, args.feed_dict, "Same tensor is fed by two hooks.")
                feeds.update(args.feed_dict)
            if args.options is not None:
                _merge_options(used, args.options)
                plain = False
        if feed_dict:
            _check_apart(feed_dict, feeds, "Same tensor is fed by a SessionRunHook and user.")
            feeds.update(feed_dict)
        metadata = protos.RunMetadata() if run_metadata is None else run_metadata
        if plain:
            results = self._sess.run(asked, feed_dict=feeds or None)
        else:
            results = self._sess.run(asked, feed_dict=feeds or None, options=used, run_metadata=metadata)
        for hook in self._hooks:
            hook.after_run(context, SessionRunValues(results.get(hook), used, metadata))
        self._stop = self._stop or context.stop_requested
        return results["caller"]


def _check_apart(some: Any, others: Any, message: str) -> None:
    both = [key for key in others if key in some]
    if both:
        raise RuntimeError(f"{message} Conflict(s): {both}")


def _merge_options(options: Any, more: Any) -> None:
    for field in ("trace_level", "timeout_in_ms", "inter_op_thread_pool", "output_partition_graphs", "report_tensor_allocations_upon_oom"):
        if hasattr(more, field):
            setattr(options, field, max(getattr(options, field), getattr(more, field)))


class _Coordinated(_Wrapped):
    """Stops when its coordinator does, and joins the threads when it is closed."""

    def __init__(self, sess: Any, coord: Coordinator, stop_grace_period_secs: float):
        super().__init__(sess)
        self._coord, self._grace = coord, stop_grace_period_secs

    def should_stop(self) -> bool:
        self._coord.raise_requested_exception()
        return self._coord.should_stop() or super().should_stop()

    def close(self) -> None:
        self._coord.request_stop()
        try:
            self._coord.join(stop_grace_period_secs=self._grace, ignore_live_threads=True)
        finally:
            try:
                super().close()
            except Exception as error:
                logging.warning("The session could not be closed: %s", error)

    def run(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().run(*args, **kwargs)
        except _PREEMPTIONS:
            raise
        except Exception as error:
            # A preemption that a thread met may show here as another error, such as a cancelled run.
            try:
                self._coord.raise_requested_exception()
            except _PREEMPTIONS:
                raise
            except Exception:
                raise error from None
            raise


class _Recoverable(_Wrapped):
    """Makes a new session, restored from the latest checkpoint, when one is lost to AbortedError or UnavailableError."""

    def __init__(self, creator: Any):
        self._creator = creator
        super().__init__(self._create())

    def _create(self) -> Any:
        while True:
            try:
                return self._creator.create_session()
            except _PREEMPTIONS as error:
                logging.info("A preemption while the session was made; a new one is made. Error: %s", error)

    def _lost(self, error: Any) -> None:
        logging.info("A preemption: the session is closed and a new one is made. Error: %s", error)
        self.close()

    def should_stop(self) -> bool:
        if self._sess is None:
            return True
        try:
            return self._sess.should_stop()
        except _PREEMPTIONS as error:
            self._lost(error)
            self._sess = self._create()
            return False
        except Exception:
            return True

    def _attempt(self, work: Any) -> Any:
        while True:
            try:
                if self._sess is None:
                    self._sess = self._create()
                return work(self._sess)
            except _PREEMPTIONS as error:
                self._lost(error)

    def run(self, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(lambda sess: sess.run(*args, **kwargs))

    def run_step_fn(self, step_fn: Any, raw_session: Any) -> Any:
        return self._attempt(lambda sess: sess.run_step_fn(step_fn, self._creator.tf_sess))


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
            if hasattr(runner, "create_threads"):
                runner.create_threads(self.tf_sess, coord=self.coord, daemon=True, start=True)
        for hook in self._hooks:
            hook.after_create_session(self.tf_sess, self.coord)
        return _Coordinated(_Hooked(self.tf_sess, self._hooks), self.coord, self._grace)


class _MonitoredSession:
    """What MonitoredSession and SingularMonitoredSession share."""

    StepContext = StepContext

    def __init__(self, session_creator: Any, hooks: Any, should_recover: bool, stop_grace_period_secs: float = 120):
        self._graph_was_finalized = get_default_graph().finalized
        self._hooks = list(hooks or [])
        for hook in self._hooks:
            hook.begin()
        self._creator = _CoordinatedCreator(session_creator or ChiefSessionCreator(), self._hooks, stop_grace_period_secs)
        self._sess: Any = _Recoverable(self._creator) if should_recover else self._creator.create_session()

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
