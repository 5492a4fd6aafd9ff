"""The layers of a monitored session, from the outside: recovery, threads, hooks, and the tf.Session."""

from __future__ import annotations

from typing import Any

from graphpb import errors, logging
from graphpb.train.coordinator import Coordinator
from graphpb.train.run_hook import SessionRunArgs, SessionRunContext, SessionRunValues

_PREEMPTIONS = (errors.AbortedError, errors.UnavailableError)


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


class Wrapped:
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


class Hooked(Wrapped):
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


class Coordinated(Wrapped):
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


class Recoverable(Wrapped):
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
