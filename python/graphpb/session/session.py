"""Session and InteractiveSession: run parts of a graph, with variables that last."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any

from graphpb import _native
from graphpb.graph import core
from graphpb.session import feed as _feed
from graphpb.session import fetch as _fetch


class _Stack(threading.local):
    def __init__(self) -> None:
        self.sessions: list[Any] = []


_stack = _Stack()


def get_default_session() -> Any:
    """The innermost default session of this thread, or None."""
    return _stack.sessions[-1] if _stack.sessions else None


class _AsDefault:
    """A block inside which a session is the default one."""

    __slots__ = ("_session",)

    def __init__(self, session: Any):
        self._session = session

    def __enter__(self) -> Any:
        _stack.sessions.append(self._session)
        return self._session

    def __exit__(self, *exc: Any) -> None:
        if not _stack.sessions or _stack.sessions[-1] is not self._session:
            raise AssertionError(f"Nesting violated for default stack of {type(self._session)} objects")
        _stack.sessions.pop()


class BaseSession(_native.Session):
    """What Session and InteractiveSession share."""

    def __new__(cls, target: Any = "", graph: Any = None, config: Any = None) -> Any:
        if graph is None:
            graph = core.get_default_graph()
        elif not isinstance(graph, core.Graph):
            raise TypeError(f'Argument `graph` must be a tf.Graph, but got "{type(graph).__name__}"')
        if target is None:
            target = ""
        if not isinstance(target, (str, bytes)):
            raise TypeError(f'Argument `target` must be a string, but got "{type(target).__name__}"')
        if config is not None and not hasattr(config, "SerializeToString"):
            raise TypeError(f'Argument `config` must be a tf.ConfigProto, but got "{type(config).__name__}"')
        self = super().__new__(cls, graph)
        self._target, self._config = target, config
        self._timeout = int(getattr(config, "operation_timeout_in_ms", 0) or 0)
        return self

    def __init__(self, target: Any = "", graph: Any = None, config: Any = None):
        pass

    @property
    def graph_def(self) -> Any:
        """The graph as a GraphDef message."""
        return self.graph.as_graph_def()

    @property
    def sess_str(self) -> Any:
        """The target that the session was made with."""
        return self._target

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """Run what the fetches need and return their values.

        Args:
          fetches: Tensor, Operation, Variable, IndexedSlices, SparseTensor, name, or nested lists, tuples and dicts of them.
          feed_dict: tensors (any, not only placeholders) and the values that replace them.
          options: RunOptions: `timeout_in_ms`, `trace_level`.
          run_metadata: RunMetadata that a trace is written to.

        Returns:
          The same structure: numpy arrays and scalars, bytes for string scalars, None for operations.

        RuntimeError: the session is closed, or the graph empty. TypeError, ValueError: a fetch or feed cannot be interpreted,
        or a value has a shape that the tensor cannot have. tf.errors.OpError: an operation failed.
        """
        if options is None and run_metadata is None:
            result = self._run_known(fetches, feed_dict)
            if result is not NotImplemented:
                return result
        return self._run_new(fetches, feed_dict, options, run_metadata)

    def _run_new(self, fetches: Any, feed_dict: Any, options: Any, run_metadata: Any) -> Any:
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        graph = self.graph
        if len(graph) == 0:
            raise RuntimeError("The Session graph is empty. Add operations to the graph before calling run().")
        feeds: dict[Any, Any] = {}
        given: dict[Any, Any] = {}
        if feed_dict:
            for key, value in _feed.expand(feed_dict):
                tensor = _feed.tensor_of(graph, key)
                feeds[tensor] = _feed.array_of(tensor, value)
                given[tensor] = value
        elements = _fetch.Elements(graph)
        build = _fetch.mapper(fetches, elements)
        results: list[Any] = [None] * len(elements.tensors)
        asked = []
        for i, tensor in enumerate(elements.tensors):
            if tensor in feeds:
                results[i] = feeds[tensor][()] if feeds[tensor].ndim == 0 else feeds[tensor]
            else:
                asked.append(i)
        if not asked and not elements.operations:
            return build(results)
        run = self._prepare(list(feeds), [elements.tensors[i] for i in asked], elements.operations)
        if len(asked) == len(elements.tensors) and options is None and run_metadata is None and not self._timeout:
            self._try_remember(fetches, feed_dict, feeds, elements, run)
        timeout = int(getattr(options, "timeout_in_ms", 0) or 0) or self._timeout
        trace = [] if run_metadata is not None and getattr(options, "trace_level", 0) else None
        started = time.time_ns()
        for i, value in zip(asked, run.run(list(feeds.values()), timeout, trace)):
            results[i] = value
        if trace is not None:
            _write_trace(run_metadata, trace, started)
        return build(results)

    def _try_remember(self, fetches: Any, feed_dict: Any, feeds: dict[Any, Any], elements: Any, run: Any) -> None:
        parts = _fetch.flat_places(fetches, self.graph)
        if parts is None or (feed_dict and (type(feed_dict) is not dict or list(feed_dict) != list(feeds))):
            return
        if feed_dict and any(k is not t for k, t in zip(feed_dict, feeds)):
            return
        self._remember(fetches, feed_dict or None, run, [elements.add(p) for p in parts])

    def make_callable(self, fetches: Any, feed_list: Any = None, accept_options: bool = False) -> Any:
        """A function that runs `fetches`, with the values of `feed_list` as its positional arguments.

        With `accept_options` it also takes `options` and `run_metadata`.
        """
        from graphpb.session.callable import make_callable

        return make_callable(self, fetches, feed_list, accept_options)

    def partial_run_setup(self, fetches: Any, feeds: Any = None) -> Any:
        """Not supported: run the fetches in one `run`, or keep intermediate values in variables."""
        raise NotImplementedError("partial runs are not supported: run the fetches together, or keep intermediate values in variables")

    partial_run = partial_run_setup

    def list_devices(self) -> list[Any]:
        """The names of the devices: one CPU."""
        return ["/job:localhost/replica:0/task:0/device:CPU:0"]

    def as_default(self) -> Any:
        """A context manager that makes this the default session; it does not close the session."""
        return _AsDefault(self)

    def close(self) -> None:
        """Free what the session holds. A closed session cannot run."""
        self._close()

    @staticmethod
    def reset(target: Any, containers: Any = None, config: Any = None) -> None:
        """Kept for compatibility: variables belong to sessions here, so there is nothing to reset."""


def _write_trace(run_metadata: Any, trace: list[Any], started: int) -> None:
    """Put the times of the nodes, ns since `started` (ns since 1970), into `run_metadata.step_stats`."""
    if not hasattr(run_metadata, "step_stats"):
        return
    device = run_metadata.step_stats.dev_stats.add()
    device.device = "/job:localhost/replica:0/task:0/device:CPU:0"
    for node, op, start, end in trace:
        start, took = started + start, max(end - start, 0)
        stats = device.node_stats.add()
        stats.node_name = node
        stats.all_start_nanos, stats.all_start_micros = start, start // 1000
        stats.op_end_rel_nanos = stats.all_end_rel_nanos = took
        stats.op_end_rel_micros = stats.all_end_rel_micros = took // 1000
        stats.timeline_label = f"{node} = {op}()"


class Session(BaseSession):
    """Runs a graph; its variables keep their values until it is closed.

    Args:
      target: unused; there is one machine.
      graph: the default graph when None.
      config: a ConfigProto.

    As a context manager it is the default session, and its graph the default graph, until the end of the block, which closes it.
    """

    _contexts: Any = None

    def __enter__(self) -> Session:
        stack = contextlib.ExitStack()
        stack.enter_context(self.graph.as_default())
        stack.enter_context(self.as_default())
        self._contexts = [*(self._contexts or []), stack]
        return self

    def __exit__(self, *exc: Any) -> None:
        stack = self._contexts[-1]
        self._contexts = self._contexts[:-1]
        stack.__exit__(*exc)
        self.close()


class InteractiveSession(BaseSession):
    """A session that is the default one from its construction until it is closed."""

    def __init__(self, target: Any = "", graph: Any = None, config: Any = None):
        super().__init__(target, graph, config)
        self._default_graph = None
        if graph is not None:
            self._default_graph = graph.as_default()
            self._default_graph.__enter__()
        self._default_session = self.as_default()
        self._default_session.__enter__()

    def close(self) -> None:
        """Stop being the default session, and free what the session holds."""
        super().close()
        if self._default_session is not None:
            if self in _stack.sessions:
                _stack.sessions.remove(self)
            self._default_session = None
        if self._default_graph is not None:
            with contextlib.suppress(AssertionError, IndexError):
                self._default_graph.__exit__(None, None, None)
            self._default_graph = None
