"""Coordinator: threads that stop together, and LooperThread, one that repeats a function until then."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from graphpb import errors, logging


class Coordinator:
    """Lets any of several threads ask all of them to stop, and hands the first exception to the one that joins them.

    Args:
      clean_stop_exception_types: Exceptions that mean an ordinary end, default (tf.errors.OutOfRangeError,).
    """

    def __init__(self, clean_stop_exception_types: Any = None):
        kinds = (errors.OutOfRangeError,) if clean_stop_exception_types is None else clean_stop_exception_types
        self._clean_stop_exception_types = tuple(kinds)
        self._lock = threading.Lock()
        self._stop_event = threading.Event()
        self._error: BaseException | None = None
        self._joined = False
        self._registered_threads: set[Any] = set()

    def request_stop(self, ex: Any = None) -> None:
        """Ask the threads to stop; `should_stop` is True from now on.

        Args:
          ex: What went wrong: an exception, or the tuple of `sys.exc_info()`. `join` raises the first one; after `join` it is raised here.
        """
        with self._lock:
            error = ex[1] if isinstance(ex, tuple) and len(ex) == 3 else ex
            if error is not None and not isinstance(error, BaseException):
                error = ValueError(f"ex must be an exception or the tuple of sys.exc_info(): {ex}")
            if isinstance(error, self._clean_stop_exception_types):
                error = None
            if self._joined and error is not None:
                raise error
            if self._stop_event.is_set():
                return
            if error is not None:
                logging.info("Error reported to Coordinator: %s, %s", type(error), error)
                self._error = error
            self._stop_event.set()

    def clear_stop(self) -> None:
        """Forget the stop and the exception: the coordinator is as new, with its threads."""
        with self._lock:
            self._joined = False
            self._error = None
            self._stop_event.clear()

    def should_stop(self) -> bool:
        """Tell whether a stop was asked for."""
        return self._stop_event.is_set()

    @contextlib.contextmanager
    def stop_on_exception(self) -> Iterator[None]:
        """Make a block that turns any exception in it into `request_stop(exception)`."""
        try:
            yield
        except BaseException:
            self.request_stop(ex=sys.exc_info())

    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Wait until a stop is asked for, at most `timeout` seconds; tell whether it was."""
        return self._stop_event.wait(timeout)

    def register_thread(self, thread: Any) -> None:
        """Add a thread to those that `join` waits for."""
        with self._lock:
            self._registered_threads.add(thread)

    def join(self, threads: Any = None, stop_grace_period_secs: float = 120, ignore_live_threads: bool = False) -> None:
        """Wait until all threads have ended: without limit before a stop is asked for, then for a time of grace.

        Args:
          threads: Threads besides the registered ones.
          stop_grace_period_secs: The time of grace.
          ignore_live_threads: Leave threads that still run then alone.

        Raises:
          The exception given to `request_stop`.
          RuntimeError: Threads still run after the time of grace.
        """
        with self._lock:
            waited = list(self._registered_threads.union(threads or ()))
        while any(t.is_alive() for t in waited) and not self.wait_for_stop(1.0):
            pass
        deadline, pause = time.monotonic() + stop_grace_period_secs, 0.001
        while any(t.is_alive() for t in waited) and time.monotonic() <= deadline:
            time.sleep(max(min(pause, deadline - time.monotonic()), 0.001))
            pause = min(2 * pause, 1.0)
        alive = " ".join(t.name for t in waited if t.is_alive())
        with self._lock:
            self._joined = True
            self._registered_threads = set()
            if self._error is not None:
                raise self._error
            if alive and not ignore_live_threads:
                raise RuntimeError(f"Coordinator stopped with threads still running: {alive}")
            if alive:
                logging.info("Coordinator stopped with threads still running: %s", alive)

    @property
    def joined(self) -> bool:
        """Whether `join` has ended."""
        return self._joined

    def raise_requested_exception(self) -> None:
        """Raise the exception given to `request_stop`, if there is one."""
        with self._lock:
            if self._error is not None:
                raise self._error


class LooperThread(threading.Thread):
    """A daemon thread that calls a function again and again until its coordinator stops; an exception stops the coordinator.

    Args:
      coord: Coordinator.
      timer_interval_secs: Seconds from one call's start to the next one's; None: no pause.
      target, args, kwargs: The function and its arguments; without one, a subclass's `run_loop` is called.

    Raises:
      ValueError: `coord` is no Coordinator, or arguments without a function.
    """

    def __init__(self, coord: Any, timer_interval_secs: float | None, target: Any = None, args: Any = None, kwargs: Any = None):
        if not isinstance(coord, Coordinator):
            raise ValueError(f"'coord' argument must be a Coordinator: {coord}")
        if target is None and (args or kwargs):
            raise ValueError("'args' and 'kwargs' argument require that you also pass 'target'")
        super().__init__(daemon=True)
        self._coord, self._timer_interval_secs = coord, timer_interval_secs
        self._target, self._args, self._kwargs = target, args or (), kwargs or {}
        coord.register_thread(self)

    @staticmethod
    def loop(coord: Any, timer_interval_secs: float | None, target: Any, args: Any = None, kwargs: Any = None) -> LooperThread:
        """Make a thread that calls `target`, start it and return it."""
        looper = LooperThread(coord, timer_interval_secs, target=target, args=args, kwargs=kwargs)
        looper.start()
        return looper

    def run(self) -> None:
        """Call `start_loop`, then `run_loop` until the coordinator stops, then `stop_loop`."""
        with self._coord.stop_on_exception():
            self.start_loop()
            due = time.time()
            while not (self._coord.should_stop() if self._timer_interval_secs is None else self._coord.wait_for_stop(max(0.0, due - time.time()))):
                due += self._timer_interval_secs or 0
                self.run_loop()
            self.stop_loop()

    def start_loop(self) -> None:
        """Do what comes before the first call; for subclasses."""

    def stop_loop(self) -> None:
        """Do what comes after the last call; for subclasses."""

    def run_loop(self) -> None:
        """Do one round: call the function."""
        if self._target:
            self._target(*self._args, **self._kwargs)
