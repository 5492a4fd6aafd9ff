"""Hooks of monitored sessions that write checkpoints and summaries."""

from __future__ import annotations

import os
from typing import Any

from graphpb import logging
from graphpb.graph.collections import GraphKeys, get_collection
from graphpb.graph.core import get_default_graph
from graphpb.graph.transfer import write_graph
from graphpb.train.hooks import SecondOrStepTimer, cached_writer, needed_step
from graphpb.train.meta_graph import create_meta_graph_def
from graphpb.train.run_hook import SessionRunArgs, SessionRunHook

_MANY_STEPS = 1_000_000
"""More steps than one run makes."""


class CheckpointSaverListener:
    """Base of what a CheckpointSaverHook calls around each checkpoint."""

    def begin(self) -> None:
        """Add nodes to the default graph."""

    def before_save(self, session: Any, global_step_value: Any) -> None:
        """Act before a checkpoint is written."""

    def after_save(self, session: Any, global_step_value: Any) -> Any:
        """Act after a checkpoint was written; return True to ask for the end of training."""

    def end(self, session: Any, global_step_value: Any) -> None:
        """Act at the end, after the last checkpoint."""


class CheckpointSaverHook(SessionRunHook):
    """Saves a checkpoint when the session is made, every so many steps or seconds, and at the end.

    Args:
      checkpoint_dir: Folder of the checkpoints, the graph (`graph.pbtxt`) and an event file.
      save_secs, save_steps: Exactly one of them.
      saver, scaffold: Where the Saver comes from; neither: the collection of savers.
      checkpoint_basename: Name of the files before the step.
      listeners: CheckpointSaverListener objects.
      save_graph_def: Write the graph.

    Raises:
      ValueError: A saver and a scaffold, or not one of seconds and steps.
    """

    def __init__(
        self,
        checkpoint_dir: Any,
        save_secs: float | None = None,
        save_steps: int | None = None,
        saver: Any = None,
        checkpoint_basename: str = "model.ckpt",
        scaffold: Any = None,
        listeners: Any = None,
        save_graph_def: bool = True,
    ):
        logging.info("Create CheckpointSaverHook.")
        if saver is not None and scaffold is not None:
            raise ValueError("You cannot provide both saver and scaffold.")
        self._saver, self._scaffold = saver, scaffold
        self._checkpoint_dir = os.fspath(checkpoint_dir)
        self._save_path = os.path.join(self._checkpoint_dir, checkpoint_basename)
        self._timer = SecondOrStepTimer(every_secs=save_secs, every_steps=save_steps)
        self._listeners = list(listeners or [])
        self._save_graph_def = save_graph_def

    def begin(self) -> None:
        """Find the writer and the step counter, and call the listeners."""
        self._summary_writer = cached_writer(self._checkpoint_dir)
        self._step = needed_step(self)
        for listener in self._listeners:
            listener.begin()

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Write the graph and the first checkpoint."""
        graph = get_default_graph()
        graph_def = graph.as_graph_def(add_shapes=True)
        if self._save_graph_def:
            write_graph(graph_def, self._checkpoint_dir, "graph.pbtxt")
        self._summary_writer.add_graph(graph)
        self._summary_writer.add_meta_graph(create_meta_graph_def(graph_def=graph_def, saver_def=self._get_saver().saver_def))
        step = session.run(self._step)
        self._save(session, step)
        self._timer.update_last_triggered_step(step)

    def before_run(self, run_context: Any) -> Any:
        """Ask for the step."""
        return SessionRunArgs(self._step)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Save when due. The step fetched may be an old one where a run makes many steps: it is read again unless time alone says no."""
        if not self._timer.should_trigger_for_step(run_values.results + _MANY_STEPS):
            return
        step = run_context.session.run(self._step)
        if self._timer.should_trigger_for_step(step):
            self._timer.update_last_triggered_step(step)
            if self._save(run_context.session, step):
                run_context.request_stop()

    def end(self, session: Any) -> None:
        """Save the last step, unless it is saved."""
        step = session.run(self._step)
        if step != self._timer.last_triggered_step():
            self._save(session, step)
        for listener in self._listeners:
            listener.end(session, step)

    def _save(self, session: Any, step: Any) -> bool:
        from graphpb import protos

        for listener in self._listeners:
            listener.before_save(session, step)
        logging.info("Saving checkpoints for %d into %s.", step, self._save_path)
        self._get_saver().save(session, self._save_path, global_step=step, write_meta_graph=self._save_graph_def)
        log = protos.SessionLog(status=protos.SessionLog.CHECKPOINT, checkpoint_path=self._save_path)
        self._summary_writer.add_session_log(log, step)
        stop = False
        for listener in self._listeners:
            if listener.after_save(session, step):
                logging.info("A CheckpointSaverListener requested that training be stopped. listener: %s", listener)
                stop = True
        return stop

    def _get_saver(self) -> Any:
        if self._saver is not None:
            return self._saver
        if self._scaffold is not None:
            return self._scaffold.saver
        savers = get_collection(GraphKeys.SAVERS)
        if not savers:
            raise RuntimeError(f"No items in collection {GraphKeys.SAVERS}. Please add a saver to the collection or provide a saver or scaffold.")
        if len(savers) > 1:
            raise RuntimeError(
                f"More than one item in collection {GraphKeys.SAVERS}. Please indicate which one to use by passing it to the constructor."
            )
        self._saver = savers[0]
        return self._saver


class SummarySaverHook(SessionRunHook):
    """Writes summaries at the first run and then every so many steps or seconds.

    Args:
      save_steps, save_secs: Exactly one of them.
      output_dir, summary_writer: Where they go.
      scaffold, summary_op: Exactly one of them: the summary, a string scalar or a list of them.

    Raises:
      ValueError: None or both of a pair are given.
    """

    def __init__(
        self,
        save_steps: int | None = None,
        save_secs: float | None = None,
        output_dir: Any = None,
        summary_writer: Any = None,
        scaffold: Any = None,
        summary_op: Any = None,
    ):
        if (scaffold is None) == (summary_op is None):
            raise ValueError("Exactly one of scaffold or summary_op must be provided.")
        self._scaffold, self._summary_op = scaffold, summary_op
        self._output_dir, self._summary_writer = output_dir, summary_writer
        self._timer = SecondOrStepTimer(every_secs=save_secs, every_steps=save_steps)

    def begin(self) -> None:
        """Find the writer and the step counter."""
        if self._summary_writer is None and self._output_dir:
            self._summary_writer = cached_writer(self._output_dir)
        self._next_step: Any = None
        self._step = needed_step(self)

    def before_run(self, run_context: Any) -> Any:
        """Ask for the step, and for the summaries when they are due."""
        self._due = self._next_step is None or self._timer.should_trigger_for_step(self._next_step)
        fetches: dict[str, Any] = {"global_step": self._step}
        found = self._summary_op if self._scaffold is None else self._scaffold.summary_op
        if self._due and found is not None:
            fetches["summary"] = list(found) if isinstance(found, (list, tuple)) else [found]
        return SessionRunArgs(fetches)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Write what was asked for."""
        from graphpb import protos

        if not self._summary_writer:
            return
        step = run_context.session.run(self._step) if self._due else run_values.results["global_step"] + 1
        if self._next_step is None:
            self._summary_writer.add_session_log(protos.SessionLog(status=protos.SessionLog.START), step)
        if self._due:
            self._timer.update_last_triggered_step(step)
            for summary in run_values.results.get("summary", ()):
                self._summary_writer.add_summary(summary, step)
        self._next_step = step + 1

    def end(self, session: Any = None) -> None:
        """Flush the file."""
        if self._summary_writer:
            self._summary_writer.flush()
