"""Scaffold: the operations that prepare, save and summarize a model; and the makers of sessions that use it."""

from __future__ import annotations

import abc
from typing import Any

from graphpb import logging
from graphpb.graph.collections import GraphKeys, add_to_collection, get_collection
from graphpb.graph.core import get_default_graph
from graphpb.ops.dependencies import group, tables_initializer
from graphpb.train.saver import Saver
from graphpb.train.session_manager import SessionManager
from graphpb.variables.variable import (
    global_variables,
    global_variables_initializer,
    local_variables_initializer,
    report_uninitialized_variables,
)


def _default_init_op() -> Any:
    return group(global_variables_initializer(), *get_collection("saved_model_initializers"))


def _merged_summaries() -> Any:
    from graphpb.summary.ops import merge_all

    return merge_all()


def _saver_or_default() -> Any:
    savers = get_collection(GraphKeys.SAVERS)
    if len(savers) > 1:
        raise RuntimeError(f"More than one item in collection {GraphKeys.SAVERS}. Please indicate which one to use by passing it to the constructor.")
    if savers:
        return savers[0]
    saver = Saver(sharded=True, allow_empty=True)
    add_to_collection(GraphKeys.SAVERS, saver)
    return saver


class Scaffold:
    """The operations that a monitored session needs; `finalize` makes those not given, or takes them from their collections.

    Args:
      init_op, init_feed_dict: Operation that initializes the variables, and its feeds; default tf.global_variables_initializer().
      init_fn: Function `init_fn(scaffold, session)`, called after `init_op`.
      ready_op: Names of variables without values, default tf.report_uninitialized_variables().
      ready_for_local_init_op: The same before `local_init_op`, default of the global variables.
      local_init_op, local_init_feed_dict: Operation that initializes local variables and tables, and its feeds.
      summary_op: Default tf.summary.merge_all().
      saver: Default a sharded tf.train.Saver of all variables.
      copy_from_scaffold: Scaffold whose parts fill in for those not given.

    Raises:
      TypeError: `copy_from_scaffold` is no Scaffold.
    """

    def __init__(
        self,
        init_op: Any = None,
        init_feed_dict: Any = None,
        init_fn: Any = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        local_init_op: Any = None,
        summary_op: Any = None,
        saver: Any = None,
        copy_from_scaffold: Any = None,
        local_init_feed_dict: Any = None,
    ):
        if copy_from_scaffold is not None and not isinstance(copy_from_scaffold, Scaffold):
            raise TypeError("copy_from_scaffold is not a Scaffold instance.")
        other = copy_from_scaffold

        def pick(given: Any, name: str) -> Any:
            return getattr(other, name) if given is None and other is not None else given

        self._user_init_fn = pick(init_fn, "_user_init_fn")
        self.init_op = pick(init_op, "init_op")
        self.init_feed_dict = pick(init_feed_dict, "init_feed_dict")
        self.ready_op = pick(ready_op, "ready_op")
        self.ready_for_local_init_op = pick(ready_for_local_init_op, "ready_for_local_init_op")
        self.local_init_op = pick(local_init_op, "local_init_op")
        self.local_init_feed_dict = pick(local_init_feed_dict, "local_init_feed_dict")
        self.summary_op = pick(summary_op, "summary_op")
        self.saver = pick(saver, "saver")

    @property
    def init_fn(self) -> Any:
        """Function of the session that calls the one given; None without."""
        made = self._user_init_fn
        return (lambda sess: made(self, sess)) if made else None

    def finalize(self) -> Scaffold:
        """Make what was not given and finalize the default graph.

        Raises:
          RuntimeError: A collection that stands for an argument not given has several items.
        """
        if self.init_op is None:
            self.init_op = self.get_or_default("init_op", GraphKeys.INIT_OP, _default_init_op)
        if self.ready_op is None:
            self.ready_op = self.get_or_default("ready_op", GraphKeys.READY_OP, report_uninitialized_variables)
        if self.ready_for_local_init_op is None:
            self.ready_for_local_init_op = self.get_or_default(
                "ready_for_local_init_op", GraphKeys.READY_FOR_LOCAL_INIT_OP, lambda: report_uninitialized_variables(global_variables())
            )
        if self.local_init_op is None:
            self.local_init_op = self.get_or_default("local_init_op", GraphKeys.LOCAL_INIT_OP, self.default_local_init_op)
        if self.summary_op is None:
            self.summary_op = self.get_or_default("summary_op", GraphKeys.SUMMARY_OP, _merged_summaries)
        if self.saver is None:
            self.saver = _saver_or_default()
        self.saver.build()
        get_default_graph().finalize()
        logging.info("Graph was finalized.")
        return self

    @staticmethod
    def get_or_default(arg_name: str, collection_key: str, default_constructor: Any) -> Any:
        """Return the item of a collection, or make one and add it.

        Args:
          arg_name: The argument that would name the item, for the message.
          collection_key: Collection.
          default_constructor: Function that makes the item, or None for none.

        Raises:
          RuntimeError: The collection has several items.
        """
        found = get_collection(collection_key)
        if len(found) > 1:
            raise RuntimeError(
                f'More than one item in the collection "{collection_key}". '
                f"Please indicate which one to use by passing it to the tf.Scaffold constructor as:  tf.Scaffold({arg_name}=item to use)"
            )
        if found:
            return found[0]
        made = default_constructor()
        if made is not None:
            add_to_collection(collection_key, made)
        return made

    @staticmethod
    def default_local_init_op() -> Any:
        """Return an operation that initializes the local variables and the tables."""
        return group(local_variables_initializer(), tables_initializer())


class SessionCreator(abc.ABC):
    """Base of what makes the session of a monitored session."""

    @abc.abstractmethod
    def create_session(self) -> Any:
        """Return a new tf.Session."""
        raise NotImplementedError(f"create_session is not implemented for {self}.")


class _FromScaffold(SessionCreator):
    def __init__(self, scaffold: Any, master: Any, config: Any):
        self._scaffold = scaffold or Scaffold()
        self._master, self._config = master, config
        self._session_manager: SessionManager | None = None

    def _manager(self) -> SessionManager:
        self._scaffold.finalize()
        if self._session_manager is None:
            s = self._scaffold
            self._session_manager = SessionManager(
                local_init_op=s.local_init_op,
                local_init_feed_dict=s.local_init_feed_dict,
                ready_op=s.ready_op,
                ready_for_local_init_op=s.ready_for_local_init_op,
                graph=get_default_graph(),
            )
        return self._session_manager


class ChiefSessionCreator(_FromScaffold):
    """Makes a session restored from a checkpoint, or initialized when there is none.

    Args:
      scaffold: Scaffold, default Scaffold().
      master: Unused; there is one machine.
      config: ConfigProto.
      checkpoint_dir: Folder whose latest checkpoint is restored.
      checkpoint_filename_with_path: Checkpoint that is restored.
    """

    def __init__(
        self, scaffold: Any = None, master: Any = "", config: Any = None, checkpoint_dir: Any = None, checkpoint_filename_with_path: Any = None
    ):
        super().__init__(scaffold, master, config)
        self._checkpoint_dir = checkpoint_dir
        self._checkpoint_filename_with_path = checkpoint_filename_with_path

    def create_session(self) -> Any:
        """Finalize the scaffold and return a session that is ready."""
        manager = self._manager()
        return manager.prepare_session(
            self._master,
            saver=self._scaffold.saver,
            checkpoint_dir=self._checkpoint_dir,
            checkpoint_filename_with_path=self._checkpoint_filename_with_path,
            config=self._config,
            init_op=self._scaffold.init_op,
            init_feed_dict=self._scaffold.init_feed_dict,
            init_fn=self._scaffold.init_fn,
        )


class WorkerSessionCreator(_FromScaffold):
    """Waits for a session whose variables another one initializes. Sessions share no variables here: only a model without any becomes ready.

    Args:
      scaffold, master, config: See `ChiefSessionCreator`.
      max_wait_secs: How long to wait.
    """

    def __init__(self, scaffold: Any = None, master: Any = "", config: Any = None, max_wait_secs: float = 30 * 60):
        super().__init__(scaffold, master, config)
        self._max_wait_secs = max_wait_secs

    def create_session(self) -> Any:
        """Finalize the scaffold and return a session that is ready.

        Raises:
          DeadlineExceededError: It is not ready in time.
        """
        return self._manager().wait_for_session(self._master, config=self._config, max_wait_secs=self._max_wait_secs)
