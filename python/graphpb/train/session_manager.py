"""SessionManager: sessions whose variables come from a checkpoint or an initializer."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from graphpb import errors, logging
from graphpb.graph.collections import get_collection
from graphpb.graph.core import get_default_graph
from graphpb.session.session import Session
from graphpb.train.checkpoint_state import get_checkpoint_state


def _not_ready(op: Any, sess: Any, what: str) -> str | None:
    """Return why a session is not ready: the variables that a ready op names; None when it is."""
    if op is None:
        return None
    try:
        names = sess.run(op)
    except errors.FailedPreconditionError as error:
        if "uninitialized" not in str(error):
            logging.warning("%s : error [%s]", what, error)
            raise
        return str(error)
    if names is None or names.dtype.kind == "i" or names.size == 0:
        return None
    return "Variables not initialized: " + ", ".join(name.decode() for name in names)


class SessionManager:
    """Makes sessions and prepares them: restores a checkpoint or runs the initializer, then the initializer of local variables.

    Args:
      local_init_op: Operation that initializes local variables and tables.
      ready_op: 1-D string tensor with the names of variables without values.
      ready_for_local_init_op: The same, asked before `local_init_op`.
      graph: Default the default graph.
      recovery_wait_secs: Seconds between two looks for a checkpoint or a ready model.
      local_init_run_options: RunOptions of `local_init_op`.
      local_init_feed_dict: Feeds of `local_init_op`.

    Raises:
      ValueError: `ready_for_local_init_op` without `local_init_op`.
    """

    def __init__(
        self,
        local_init_op: Any = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        graph: Any = None,
        recovery_wait_secs: float = 30,
        local_init_run_options: Any = None,
        local_init_feed_dict: Any = None,
    ):
        if ready_for_local_init_op is not None and local_init_op is None:
            raise ValueError(
                f"If you pass a ready_for_local_init_op you must also pass a local_init_op , ready_for_local_init_op [{ready_for_local_init_op}]"
            )
        self._local_init_op = local_init_op
        self._ready_op = ready_op
        self._ready_for_local_init_op = ready_for_local_init_op
        self._graph = graph or get_default_graph()
        self._recovery_wait_secs = recovery_wait_secs
        self._local_init_run_options = local_init_run_options
        self._local_init_feed_dict = local_init_feed_dict

    def _restored(
        self, master: Any, saver: Any, checkpoint_dir: Any, checkpoint_filename_with_path: Any, wait: bool, max_wait_secs: float, config: Any
    ) -> tuple[Any, bool]:
        if checkpoint_dir and checkpoint_filename_with_path:
            raise ValueError("Can not provide both checkpoint_dir and checkpoint_filename_with_path.")
        sess = Session(master, graph=self._graph, config=config)
        if not saver or not (checkpoint_dir or checkpoint_filename_with_path):
            return sess, False
        path, older = checkpoint_filename_with_path, None
        if checkpoint_dir:
            waited: float = 0
            while not ((state := get_checkpoint_state(checkpoint_dir)) and state.model_checkpoint_path):
                if not wait or waited >= max_wait_secs:
                    return sess, False
                logging.info("Waiting for checkpoint to be available.")
                time.sleep(self._recovery_wait_secs)
                waited += self._recovery_wait_secs
            path, older = state.model_checkpoint_path, list(state.all_model_checkpoint_paths)
        with self._graph.as_default():
            assets = get_collection("saved_model_initializers")
        if assets:
            sess.run(assets)
        saver.restore(sess, path)
        if older is not None:
            saver.recover_last_checkpoints(older)
        return sess, True

    def prepare_session(
        self,
        master: Any = "",
        init_op: Any = None,
        saver: Any = None,
        checkpoint_dir: Any = None,
        checkpoint_filename_with_path: Any = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: Any = None,
        init_feed_dict: Any = None,
        init_fn: Any = None,
    ) -> Any:
        """Return a session that is ready: restored when there is a checkpoint, initialized when there is none.

        Args:
          master: Unused; there is one machine.
          init_op, init_feed_dict: Operation (or list) that initializes the variables, and its feeds.
          saver: Saver that restores; None: no checkpoint is looked for.
          checkpoint_dir: Folder whose latest checkpoint is restored.
          checkpoint_filename_with_path: Checkpoint that is restored.
          wait_for_checkpoint, max_wait_secs: Wait for a checkpoint, and how long.
          config: ConfigProto.
          init_fn: Function of the session, called after `init_op`.

        Raises:
          RuntimeError: There is nothing that initializes, or the model is not ready afterwards.
          ValueError: A folder and a checkpoint.
        """
        where = (checkpoint_dir, checkpoint_filename_with_path, wait_for_checkpoint, max_wait_secs)
        sess, loaded = self._restored(master, saver, *where, config)
        if not loaded:
            if init_op is None and not init_fn and self._local_init_op is None:
                raise RuntimeError("Model is not initialized and no init_op or init_fn or local_init_op was given")
            if init_op is not None:
                sess.run(init_op, feed_dict=init_feed_dict)
            if init_fn:
                init_fn(sess)
        name = getattr(init_op, "name", init_op)
        why = self._run_local_init(sess)
        if why:
            raise RuntimeError(f"Init operations did not make model ready for local_init.  Init op: {name}, init fn: {init_fn}, error: {why}")
        why = _not_ready(self._ready_op, sess, "Model not ready")
        if why:
            raise RuntimeError(
                f"Init operations did not make model ready.  Init op: {name}, init fn: {init_fn}, local_init_op: {self._local_init_op}, error: {why}"
            )
        return sess

    def recover_session(
        self,
        master: Any = "",
        saver: Any = None,
        checkpoint_dir: Any = None,
        checkpoint_filename_with_path: Any = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: Any = None,
    ) -> tuple[Any, bool]:
        """Return a session and whether a checkpoint made it ready; nothing but local variables is initialized. Args: see `prepare_session`."""
        where = (checkpoint_dir, checkpoint_filename_with_path, wait_for_checkpoint, max_wait_secs)
        sess, loaded = self._restored(master, saver, *where, config)
        why = self._run_local_init(sess)
        if not loaded:
            return sess, False
        path = checkpoint_dir or checkpoint_filename_with_path
        if why:
            logging.info("Restoring model from %s did not make model ready for local init: %s", path, why)
            return sess, False
        why = _not_ready(self._ready_op, sess, "Model not ready")
        if why:
            logging.info("Restoring model from %s did not make model ready: %s", path, why)
            return sess, False
        logging.info("Restored model from %s", path)
        return sess, True

    def wait_for_session(self, master: Any = "", config: Any = None, max_wait_secs: float | None = None) -> Any:
        """Return a session as soon as the model is ready in it.

        Raises:
          DeadlineExceededError: It is not ready after `max_wait_secs`.
        """
        limit = float("inf") if max_wait_secs is None else max_wait_secs
        deadline = time.monotonic() + limit
        while True:
            sess = Session(master, graph=self._graph, config=config)
            local, why = self._run_local_init(sess), None
            if local is None:
                why = _not_ready(self._ready_op, sess, "Model not ready")
                if why is None:
                    return sess
            with contextlib.suppress(Exception):
                sess.close()
            if deadline - time.monotonic() < self._recovery_wait_secs:
                raise errors.DeadlineExceededError(None, None, f"Session was not ready after waiting {limit:.0f} secs.")
            logging.info("Waiting for model to be ready.  Ready_for_local_init_op:  %s, ready: %s", local, why)
            time.sleep(self._recovery_wait_secs)

    def _run_local_init(self, sess: Any) -> str | None:
        """Run the initializer of local variables; return why the model is not ready for that, or None."""
        if self._local_init_op is None:
            return None
        why = _not_ready(self._ready_for_local_init_op, sess, "Model not ready for local init")
        if why is None:
            logging.info("Running local_init_op.")
            sess.run(self._local_init_op, feed_dict=self._local_init_feed_dict, options=self._local_init_run_options)
            logging.info("Done running local_init_op.")
        return why
