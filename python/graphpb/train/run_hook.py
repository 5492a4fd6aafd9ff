"""SessionRunHook: what a monitored session calls around each run, with the arguments and results it hands over."""

from __future__ import annotations

from typing import Any, NamedTuple


class SessionRunArgs(NamedTuple):
    """What a hook adds to a run: fetches (any structure), a feed_dict and RunOptions."""

    fetches: Any
    feed_dict: Any = None
    options: Any = None


class SessionRunValues(NamedTuple):
    """What a hook gets from a run: the values of its fetches, the RunOptions and the RunMetadata."""

    results: Any
    options: Any
    run_metadata: Any


class SessionRunContext:
    """One run, seen from a hook: the caller's arguments, the session, and a way to ask for the end."""

    def __init__(self, original_args: SessionRunArgs, session: Any):
        self._original_args = original_args
        self._session = session
        self._stop_requested = False

    @property
    def original_args(self) -> SessionRunArgs:
        """The fetches and the feed_dict of the caller."""
        return self._original_args

    @property
    def session(self) -> Any:
        """The tf.Session; runs of it call no hooks."""
        return self._session

    @property
    def stop_requested(self) -> bool:
        """Whether `request_stop` was called."""
        return self._stop_requested

    def request_stop(self) -> None:
        """Make the monitored session's `should_stop` True after this run."""
        self._stop_requested = True


class SessionRunHook:
    """Base of hooks. A monitored session calls `begin`, `after_create_session`, for each run `before_run` and `after_run`, and `end`.

    An exception in a run or a hook ends training without `end`, except tf.errors.OutOfRangeError and StopIteration.
    """

    def begin(self) -> None:
        """Add nodes to the default graph; it is finalized after the `begin` of all hooks."""

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Use a session that was just made, or made again after a recovery; its variables have values.

        Args:
          session: tf.Session.
          coord: Coordinator of the session's threads.
        """

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Return what to add to the run that follows, or None."""
        return None

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Use the values of a run that succeeded."""

    def end(self, session: Any) -> None:
        """Use the session for the last time."""
