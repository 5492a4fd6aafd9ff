"""Hooks of monitored sessions: when to stop, what to log, feed and check."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from graphpb import errors, logging
from graphpb.graph.core import get_default_graph
from graphpb.train.global_step import get_global_step, global_step_read
from graphpb.train.run_hook import SessionRunArgs, SessionRunHook


class SecondOrStepTimer:
    """Tells when to do something that is due at the first step and then every so many steps or seconds.

    Args:
      every_secs, every_steps: Exactly one of them.

    Raises:
      ValueError: None or both are given.
    """

    def __init__(self, every_secs: float | None = None, every_steps: int | None = None):
        if every_secs is None and every_steps is None:
            raise ValueError("Either every_secs or every_steps should be provided.")
        if every_secs is not None and every_steps is not None:
            raise ValueError("Can not provide both every_secs and every_steps.")
        self._every_secs, self._every_steps = every_secs, every_steps
        self.reset()

    def reset(self) -> None:
        """Forget the last time."""
        self._last_step: Any = None
        self._last_time: float | None = None

    def should_trigger_for_step(self, step: Any) -> bool:
        """Tell whether it is due at a step; never twice at the same one."""
        if self._last_step is None or self._last_time is None:
            return True
        if step == self._last_step:
            return False
        if self._every_secs is not None:
            return time.time() >= self._last_time + self._every_secs
        return bool(step >= self._last_step + self._every_steps)

    def update_last_triggered_step(self, step: Any) -> tuple[Any, Any]:
        """Note that it was done at a step; return the seconds and steps since the last time, (None, None) at the first."""
        now = time.time()
        since = (None, None) if self._last_time is None else (now - self._last_time, step - self._last_step)
        self._last_time, self._last_step = now, step
        return since

    def last_triggered_step(self) -> Any:
        """Return the step at which it was last done, or None."""
        return self._last_step


class _Never(SecondOrStepTimer):
    def __init__(self) -> None:
        super().__init__(every_steps=1)

    def should_trigger_for_step(self, step: Any) -> bool:
        return False

    def update_last_triggered_step(self, step: Any) -> tuple[Any, Any]:
        return None, None


def needed_step(hook: Any) -> Any:
    """Return the tensor that reads the step counter.

    Raises:
      RuntimeError: The default graph has no counter.
    """
    read = global_step_read()
    if read is None:
        raise RuntimeError(f"Global step should be created to use {type(hook).__name__}.")
    return read


def cached_writer(folder: Any) -> Any:
    from graphpb.summary.writer import FileWriterCache

    return FileWriterCache.get(folder)


def _tensor(given: Any) -> Any:
    """Return the tensor of the default graph that a name or a graph element stands for."""
    graph = get_default_graph()
    if not isinstance(given, str):
        if getattr(given, "graph", None) is not graph:
            raise ValueError(f"Passed {given} should have graph attribute that is equal to current graph {graph}.")
        return given
    if ":" in given:
        return graph.as_graph_element(given)
    element = graph.as_graph_element(given + ":0")
    if len(element.op.outputs) > 1:
        raise ValueError(f"Name {given} is ambiguous, as this `Operation` has multiple outputs (at least 2).")
    return element


class LoggingTensorHook(SessionRunHook):
    """Logs tensors at level INFO, on one line, at the first run and then every so many runs or seconds.

    Args:
      tensors: Tensors or names, or a dict from tags to them, logged in the order of the tags.
      every_n_iter, every_n_secs: One of them; none is needed with `at_end`.
      at_end: Log at the end too.
      formatter: Function from the dict of values to the line.

    Raises:
      ValueError: None or both are given, or `every_n_iter` is not positive.
    """

    def __init__(self, tensors: Any, every_n_iter: Any = None, every_n_secs: Any = None, at_end: bool = False, formatter: Any = None):
        only_at_end = at_end and every_n_iter is None and every_n_secs is None
        if not only_at_end and (every_n_iter is None) == (every_n_secs is None):
            raise ValueError("either at_end and/or exactly one of every_n_iter and every_n_secs must be provided.")
        if every_n_iter is not None and every_n_iter <= 0:
            raise ValueError(f"invalid every_n_iter={every_n_iter}.")
        self._tags = sorted(tensors) if isinstance(tensors, dict) else list(tensors)
        self._tensors = tensors if isinstance(tensors, dict) else {tensor: tensor for tensor in self._tags}
        self._formatter, self._at_end = formatter, at_end
        self._timer = _Never() if only_at_end else SecondOrStepTimer(every_secs=every_n_secs, every_steps=every_n_iter)

    def begin(self) -> None:
        """Look up the tensors."""
        self._timer.reset()
        self._runs = 0
        self._current = {tag: _tensor(tensor) for tag, tensor in self._tensors.items()}

    def before_run(self, run_context: Any) -> Any:
        """Ask for the values when they are due."""
        self._due = self._timer.should_trigger_for_step(self._runs)
        return SessionRunArgs(self._current) if self._due else None

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Log the values when they are due."""
        if self._due:
            self._log(run_values.results)
        self._runs += 1

    def end(self, session: Any) -> None:
        """Log the values if that was asked for."""
        if self._at_end:
            self._log(session.run(self._current))

    def _log(self, values: Any) -> None:
        seconds, _ = self._timer.update_last_triggered_step(self._runs)
        with np.printoptions(suppress=True):
            if self._formatter:
                logging.info(self._formatter(values))
                return
            line = ", ".join(f"{tag} = {values[tag]}" for tag in self._tags)
        if seconds is None:
            logging.info("%s", line)
        else:
            logging.info("%s (%.3f sec)", line, seconds)


class StopAtStepHook(SessionRunHook):
    """Asks for the end at a step, or after a number of steps.

    Args:
      num_steps: Steps from the session's first one on.
      last_step: Value of the step counter.

    Raises:
      ValueError: None or both are given.
    """

    def __init__(self, num_steps: int | None = None, last_step: int | None = None):
        if num_steps is None and last_step is None:
            raise ValueError("One of num_steps or last_step must be specified.")
        if num_steps is not None and last_step is not None:
            raise ValueError("Only one of num_steps or last_step can be specified.")
        self._num_steps, self._last_step = num_steps, last_step

    def begin(self) -> None:
        """Find the step counter."""
        self._step = needed_step(self)

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Fix the last step."""
        if self._last_step is None:
            self._last_step = session.run(self._step) + self._num_steps

    def before_run(self, run_context: Any) -> Any:
        """Ask for the step."""
        return SessionRunArgs(self._step)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Ask for the end if the last step is done. The step fetched may be that before the run's update: it is read again."""
        if run_values.results + 1 >= self._last_step and run_context.session.run(self._step) >= self._last_step:
            run_context.request_stop()


class StepCounterHook(SessionRunHook):
    """Logs steps per second and writes them as the summary `global_step/sec`.

    Args:
      every_n_steps, every_n_secs: Exactly one of them.
      output_dir, summary_writer: Where the summary goes; neither: it is only logged.

    Raises:
      ValueError: None or both of the first two are given.
    """

    def __init__(self, every_n_steps: int | None = 100, every_n_secs: float | None = None, output_dir: Any = None, summary_writer: Any = None):
        if (every_n_steps is None) == (every_n_secs is None):
            raise ValueError("exactly one of every_n_steps and every_n_secs should be provided.")
        self._timer = SecondOrStepTimer(every_steps=every_n_steps, every_secs=every_n_secs)
        self._output_dir, self._summary_writer = output_dir, summary_writer
        self._last: Any = None

    def begin(self) -> None:
        """Find the step counter and the writer."""
        if self._summary_writer is None and self._output_dir:
            self._summary_writer = cached_writer(self._output_dir)
        self._step = needed_step(self)
        self._tag = get_global_step().op.name + "/sec"

    def before_run(self, run_context: Any) -> Any:
        """Ask for the step."""
        return SessionRunArgs(self._step)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Log and write when due; warn when the step does not grow."""
        stale = run_values.results
        if self._timer.should_trigger_for_step(stale + 1):
            step = run_context.session.run(self._step)
            if self._timer.should_trigger_for_step(step):
                seconds, steps = self._timer.update_last_triggered_step(step)
                if seconds is not None:
                    self._record(steps / max(seconds, 1e-9), step)
        if self._last is not None and stale == self._last:
            logging.log_first_n(
                logging.WARN,
                "The global step is still %s, as at the run before. Pass tf.train.get_global_step() to Optimizer.apply_gradients or minimize.",
                5,
                stale,
            )
        self._last = stale

    def _record(self, rate: float, step: Any) -> None:
        from graphpb import protos

        if self._summary_writer is not None:
            self._summary_writer.add_summary(protos.Summary(value=[protos.Summary.Value(tag=self._tag, simple_value=rate)]), step)
        logging.info("%s: %g", self._tag, rate)


class NanLossDuringTrainingError(RuntimeError):
    """The loss became NaN."""

    def __str__(self) -> str:
        return "NaN loss during training."


class NanTensorHook(SessionRunHook):
    """Stops training when a scalar loss is NaN.

    Args:
      loss_tensor: The loss.
      fail_on_nan_loss: Raise NanLossDuringTrainingError; False: ask for the end.
    """

    def __init__(self, loss_tensor: Any, fail_on_nan_loss: bool = True):
        self._loss_tensor, self._fail_on_nan_loss = loss_tensor, fail_on_nan_loss

    def before_run(self, run_context: Any) -> Any:
        """Ask for the loss."""
        return SessionRunArgs(self._loss_tensor)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Check the loss."""
        if not np.isnan(run_values.results):
            return
        message = "Model diverged with loss = NaN."
        if self._fail_on_nan_loss:
            logging.error(message)
            raise NanLossDuringTrainingError
        logging.warning(message)
        run_context.request_stop()


class GlobalStepWaiterHook(SessionRunHook):
    """Holds the first run back until another thread has brought the step counter to a value.

    Args:
      wait_until_step: The value.
    """

    def __init__(self, wait_until_step: int):
        self._wait_until_step = wait_until_step

    def begin(self) -> None:
        """Find the step counter."""
        self._started = self._wait_until_step <= 0
        self._step = needed_step(self)

    def before_run(self, run_context: Any) -> None:
        """Wait."""
        if self._started:
            return
        logging.info("Waiting for global step %d before starting training.", self._wait_until_step)
        while run_context.session.run(self._step) < self._wait_until_step:
            time.sleep(0.5)
        self._started = True


class FinalOpsHook(SessionRunHook):
    """Runs fetches at the end and keeps their values in `final_ops_values`.

    Args:
      final_ops: Fetches of any structure, None for none.
      final_ops_feed_dict: Their feeds.
    """

    def __init__(self, final_ops: Any, final_ops_feed_dict: Any = None):
        self._final_ops, self._feed_dict = final_ops, final_ops_feed_dict
        self._values: Any = None

    @property
    def final_ops_values(self) -> Any:
        """The values; None before the end."""
        return self._values

    def end(self, session: Any) -> None:
        """Run the fetches."""
        if self._final_ops is None:
            return
        try:
            self._values = session.run(self._final_ops, feed_dict=self._feed_dict)
        except (errors.OutOfRangeError, StopIteration):
            logging.warning("The final ops of FinalOpsHook read from an input that has ended; let them read variables only.")
            raise


class FeedFnHook(SessionRunHook):
    """Feeds each run what a function returns.

    Args:
      feed_fn: Function without arguments that returns a feed_dict.
    """

    def __init__(self, feed_fn: Any):
        self.feed_fn = feed_fn

    def before_run(self, run_context: Any) -> Any:
        """Call the function."""
        return SessionRunArgs(fetches=None, feed_dict=self.feed_fn())
