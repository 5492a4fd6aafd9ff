"""Supervisor: a prepared session with threads that write summaries and checkpoints beside the training loop."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any

from graphpb import logging
from graphpb.graph.collections import GraphKeys, add_to_collection, get_collection
from graphpb.graph.core import get_default_graph
from graphpb.graph.transfer import write_graph
from graphpb.train.coordinator import Coordinator, LooperThread
from graphpb.train.global_step import get_global_step, global_step
from graphpb.train.meta_graph import create_meta_graph_def
from graphpb.train.saver import Saver
from graphpb.train.scaffold import Scaffold
from graphpb.train.session_manager import SessionManager
from graphpb.variables.variable import global_variables, global_variables_initializer, report_uninitialized_variables


def _first(given: Any, key: str, default: Any) -> Any:
    """Return what was given; else the first item of a collection; else what a function makes, which is added to it."""
    if given is not Supervisor.USE_DEFAULT:
        return given
    found = get_collection(key)
    if found:
        return found[0]
    made = default()
    if made is not None:
        add_to_collection(key, made)
    return made


def _merged_summaries() -> Any:
    from graphpb.summary.ops import merge_all

    return merge_all()


class Supervisor:
    """Prepares a session, starts threads that save checkpoints and summaries, and stops them; tf.train.MonitoredTrainingSession replaces it.

    Args:
      graph: Graph, default the default one; it is finalized.
      ready_op, ready_for_local_init_op, init_op, init_feed_dict, local_init_op, init_fn, local_init_run_options: See SessionManager.
      is_chief: False: wait for a model that another session prepares.
      logdir: Folder of the checkpoints, the graph and the event file.
      summary_op: Default tf.summary.merge_all(); None: no thread for summaries.
      saver: Default a tf.train.Saver of all variables.
      global_step: The step counter, default that of the graph.
      save_summaries_secs, save_model_secs: Seconds between two summaries and between two checkpoints; 0: none.
      recovery_wait_secs: Seconds between two looks for a ready model.
      stop_grace_secs: Seconds that threads have for their end.
      checkpoint_basename: Name of the checkpoints before the step.
      session_manager: SessionManager.
      summary_writer: FileWriter, default one for `logdir`; None: no summaries.
    """

    USE_DEFAULT: Any = 0

    def __init__(
        self,
        graph: Any = None,
        ready_op: Any = USE_DEFAULT,
        ready_for_local_init_op: Any = USE_DEFAULT,
        is_chief: bool = True,
        init_op: Any = USE_DEFAULT,
        init_feed_dict: Any = None,
        local_init_op: Any = USE_DEFAULT,
        logdir: Any = None,
        summary_op: Any = USE_DEFAULT,
        saver: Any = USE_DEFAULT,
        global_step: Any = USE_DEFAULT,
        save_summaries_secs: float = 120,
        save_model_secs: float = 600,
        recovery_wait_secs: float = 30,
        stop_grace_secs: float = 120,
        checkpoint_basename: str = "model.ckpt",
        session_manager: Any = None,
        summary_writer: Any = USE_DEFAULT,
        init_fn: Any = None,
        local_init_run_options: Any = None,
    ):
        self._graph = graph or get_default_graph()
        with self._graph.as_default():
            self.ready_op = _first(ready_op, GraphKeys.READY_OP, report_uninitialized_variables)
            self.ready_for_local_init_op = _first(ready_for_local_init_op, GraphKeys.READY_FOR_LOCAL_INIT_OP, lambda: None)
            self.init_op = _first(init_op, GraphKeys.INIT_OP, global_variables_initializer)
            self.local_init_op = _first(local_init_op, GraphKeys.LOCAL_INIT_OP, Scaffold.default_local_init_op)
            self.saver = _first(saver, GraphKeys.SAVERS, lambda: Saver() if global_variables() else None)
            self.summary_op = _first(summary_op, GraphKeys.SUMMARY_OP, _merged_summaries)
            self.global_step = _first(global_step, GraphKeys.GLOBAL_STEP, get_global_step)
        self.init_feed_dict, self._init_fn = init_feed_dict, init_fn
        self.is_chief, self.coord = is_chief, Coordinator()
        self._stop_grace_secs = stop_grace_secs
        self._logdir = os.fspath(logdir) if logdir and is_chief else None
        self.save_path = os.path.join(self._logdir, checkpoint_basename) if self._logdir else None
        self.save_summaries_secs = save_summaries_secs if is_chief else None
        self.save_model_secs = save_model_secs if is_chief else None
        self.summary_writer = None
        if is_chief and summary_writer is not Supervisor.USE_DEFAULT:
            self.summary_writer = summary_writer
        elif self._logdir:
            from graphpb.summary.writer import FileWriter

            self.summary_writer = FileWriter(self._logdir)
        self._graph_written = False
        self.session_manager = session_manager or SessionManager(
            local_init_op=self.local_init_op,
            ready_op=self.ready_op,
            ready_for_local_init_op=self.ready_for_local_init_op,
            graph=self._graph,
            recovery_wait_secs=recovery_wait_secs,
            local_init_run_options=local_init_run_options,
        )
        self._graph.finalize()

    def prepare_or_wait_for_session(
        self,
        master: Any = "",
        config: Any = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        start_standard_services: bool = True,
    ) -> Any:
        """Return a session that is ready, restored from the latest checkpoint of `logdir` or initialized, and start the threads.

        Args: see SessionManager.prepare_session; `start_standard_services`: start the threads.
        """
        self.coord.clear_stop()
        if self.summary_writer:
            self.summary_writer.reopen()
        if self.is_chief:
            sess = self.session_manager.prepare_session(
                master,
                init_op=self.init_op,
                saver=self.saver,
                checkpoint_dir=self._logdir,
                wait_for_checkpoint=wait_for_checkpoint,
                max_wait_secs=max_wait_secs,
                config=config,
                init_feed_dict=self.init_feed_dict,
                init_fn=self._init_fn,
            )
            self._write_graph()
            if start_standard_services:
                logging.info("Starting standard services.")
                self.start_standard_services(sess)
        else:
            sess = self.session_manager.wait_for_session(master, config=config, max_wait_secs=max_wait_secs)
        if start_standard_services:
            logging.info("Starting queue runners.")
            self.start_queue_runners(sess)
        return sess

    @contextlib.contextmanager
    def managed_session(
        self, master: Any = "", config: Any = None, start_standard_services: bool = True, close_summary_writer: bool = True
    ) -> Iterator[Any]:
        """Make a block with a prepared session; its end stops the threads. tf.errors.OutOfRangeError ends the block as if by itself."""
        sess = None
        try:
            sess = self.prepare_or_wait_for_session(master, config, start_standard_services=start_standard_services)
            yield sess
        except Exception as error:
            self.request_stop(error)
        finally:
            try:
                self.stop(close_summary_writer=close_summary_writer)
            finally:
                if sess is not None:
                    sess.close()

    def _write_graph(self) -> None:
        graph_def = self._graph.as_graph_def(add_shapes=True)
        if self._logdir:
            write_graph(graph_def, self._logdir, "graph.pbtxt")
        if self.summary_writer and not self._graph_written:
            self.summary_writer.add_graph(self._graph)
            saver_def = self.saver.saver_def if self.saver else None
            self.summary_writer.add_meta_graph(create_meta_graph_def(graph_def=graph_def, saver_def=saver_def))
            self._graph_written = True

    def start_standard_services(self, sess: Any) -> Any:
        """Start the threads for summaries, steps per second and checkpoints; return them.

        Raises:
          RuntimeError: The supervisor is not the chief.
        """
        if not self.is_chief:
            raise RuntimeError("Only chief supervisor can start standard services. Because only chief supervisors can write events.")
        if not self._logdir:
            logging.warning("Standard services need a 'logdir' passed to the SessionManager")
            return None
        self._log("START", sess)
        threads: list[LooperThread] = []
        if self.save_summaries_secs and self.summary_writer:
            if self.summary_op is not None:
                threads.append(LooperThread(self.coord, self.save_summaries_secs, target=self._write_summaries, args=(sess,)))
            if self.global_step is not None:
                threads.append(_StepCounter(self, sess))
        if self.saver and self.save_model_secs:
            threads.append(LooperThread(self.coord, self.save_model_secs, target=self._save, args=(sess,)))
        for thread in threads:
            thread.start()
        return threads

    def _log(self, status: str, sess: Any, **fields: Any) -> None:
        from graphpb import protos

        if self.summary_writer and self.global_step is not None:
            log = protos.SessionLog(status=getattr(protos.SessionLog, status), **fields)
            self.summary_writer.add_session_log(log, global_step(sess, self.global_step))

    def _write_summaries(self, sess: Any) -> None:
        step = None if self.global_step is None else global_step(sess, self.global_step)
        self.summary_writer.add_summary(sess.run(self.summary_op), step)

    def _save(self, sess: Any) -> None:
        logging.info("Saving checkpoint to path %s", self.save_path)
        self.saver.save(sess, self.save_path, global_step=self.global_step)
        self._log("CHECKPOINT", sess, checkpoint_path=self.save_path)

    def start_queue_runners(self, sess: Any, queue_runners: Any = None) -> list[Any]:
        """Start the threads of queue runners, default those of the graph; return them."""
        runners = self._graph.get_collection(GraphKeys.QUEUE_RUNNERS) if queue_runners is None else queue_runners
        return [thread for r in runners for thread in r.create_threads(sess, coord=self.coord, daemon=True, start=True)]

    def loop(self, timer_interval_secs: float | None, target: Any, args: Any = None, kwargs: Any = None) -> LooperThread:
        """Start a thread that calls a function until the supervisor stops; see LooperThread."""
        return LooperThread.loop(self.coord, timer_interval_secs, target, args, kwargs)

    def stop(self, threads: Any = None, close_summary_writer: bool = True, ignore_live_threads: bool = False) -> None:
        """Stop the threads, raise what one of them reported, and close the event file. Args: see Coordinator.join."""
        from graphpb import protos

        self.coord.request_stop()
        try:
            self.coord.join(threads, stop_grace_period_secs=self._stop_grace_secs, ignore_live_threads=ignore_live_threads)
        finally:
            if close_summary_writer and self.summary_writer:
                self.summary_writer.add_session_log(protos.SessionLog(status=protos.SessionLog.STOP))
                self.summary_writer.close()
                self._graph_written = False

    def request_stop(self, ex: Any = None) -> None:
        """Ask the threads to stop; see Coordinator.request_stop."""
        self.coord.request_stop(ex=ex)

    def should_stop(self) -> bool:
        """Tell whether a stop was asked for."""
        return self.coord.should_stop()

    def stop_on_exception(self) -> Any:
        """Make a block that turns any exception in it into `request_stop(exception)`."""
        return self.coord.stop_on_exception()

    def wait_for_stop(self) -> None:
        """Wait until a stop is asked for."""
        self.coord.wait_for_stop()

    def summary_computed(self, sess: Any, summary: Any, global_step: Any = None) -> None:
        """Write a summary that the program has run itself.

        Raises:
          RuntimeError: There is no writer.
        """
        if not self.summary_writer:
            raise RuntimeError("Writing a summary requires a summary writer.")
        if global_step is None and self.global_step is not None:
            global_step = int(sess.run(self.global_step))
        self.summary_writer.add_summary(summary, global_step)

    PrepareSession = prepare_or_wait_for_session
    StartQueueRunners = start_queue_runners
    StartStandardServices = start_standard_services
    Stop = stop
    RequestStop = request_stop
    Loop = loop
    ShouldStop = should_stop
    StopOnException = stop_on_exception
    WaitForStop = wait_for_stop
    SummaryComputed = summary_computed


class _StepCounter(LooperThread):
    """Writes steps per second."""

    def __init__(self, supervisor: Supervisor, sess: Any):
        super().__init__(supervisor.coord, supervisor.save_summaries_secs)
        self._supervisor, self._sess = supervisor, sess

    def start_loop(self) -> None:
        self._time, self._step = time.time(), global_step(self._sess, self._supervisor.global_step)

    def run_loop(self) -> None:
        from graphpb import protos

        step, now = global_step(self._sess, self._supervisor.global_step), time.time()
        rate = (step - self._step) / (now - self._time) if now > self._time else float("inf")
        self._step, self._time = step, now
        tag = self._supervisor.global_step.op.name + "/sec"
        self._supervisor.summary_writer.add_summary(protos.Summary(value=[protos.Summary.Value(tag=tag, simple_value=rate)]), step)
        logging.log_first_n(logging.INFO, "%s: %g", 10, tag, rate)
