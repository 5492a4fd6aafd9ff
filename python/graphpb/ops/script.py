"""Functions of the Python program as operations: `tf.py_func`, `tf.numpy_function`."""

import itertools
import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graphpb import dtypes
from graphpb.graph.core import get_default_graph
from graphpb.ops import raw


class _Function:
    """A registered function; the graph that uses it keeps it alive."""

    __slots__ = ("__weakref__", "call")

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call


_functions: weakref.WeakValueDictionary[str, _Function] = weakref.WeakValueDictionary()
_numbers = itertools.count()
_lock = threading.Lock()


def _register(function: Callable[..., Any]) -> str:
    entry = _Function(function)
    with _lock:
        token = f"pyfunc_{next(_numbers)}"
        _functions[token] = entry
    graph = get_default_graph()
    # The body of a branch or loop is gone when it is built; the graph around it runs the function.
    graph = graph.root if graph.building_function else graph
    graph.__dict__.setdefault("_py_funcs_used_in_graph", []).append(entry)
    return token


def _as_result(value: Any) -> np.ndarray:
    array = np.asarray(value, order="C")
    if array.dtype.char == "S":
        return np.asarray(value, dtype=object) if array is not value else array.astype(object)
    if array.dtype.char == "U":
        return np.array([text.encode() for text in array.ravel().tolist()] or [], dtype=object).reshape(array.shape)
    return array


def call(token: str, arguments: tuple[Any, ...]) -> list[np.ndarray]:
    """Call the function of a token; called by the runtime.

    Args:
      token: What `py_func` put into the node: "pyfunc_0".
      arguments: Arrays, writable and C-contiguous; numpy scalars (bytes for strings) for tensors of rank 0.

    Raises:
      ValueError: The function is not of this process, or its graph is gone.
    """
    entry = _functions.get(token)
    if entry is None:
        raise ValueError(f"callback {token} is not found")
    result = entry.call(*arguments)
    if result is None:
        return []
    if isinstance(result, (tuple, list)):
        return [_as_result(value) for value in result]
    return [_as_result(result)]


def py_func(func: Callable[..., Any], inp: Sequence[Any], Tout: Any, stateful: bool = True, name: str | None = None) -> Any:
    """Call a Python function each time the graph runs.

    The function runs in a thread of the run. Its results are copied; their shapes are unknown to the graph (use `set_shape`). The graph cannot be
    run without the Python program that made it.

    Args:
      func: Takes one array for each input (a numpy scalar, or bytes, for a scalar); returns one array or a list of arrays. Arrays are copies
        that it may write to.
      inp: Tensors.
      Tout: The type of the result, or a list of types.
      stateful: False when the result depends on the arguments alone.
      name: Of the operation.

    Returns:
      A tensor when `Tout` is one type; otherwise a list of tensors, or the operation when the list is empty.

    Raises:
      ValueError: `func` is not callable.
      tf.errors.InvalidArgumentError: While running: the function raised ValueError or TypeError, or returned other types or another number of values.
        Other exceptions: StopIteration OutOfRangeError, MemoryError ResourceExhaustedError, NotImplementedError UnimplementedError, else UnknownError;
        the exception itself is the `__cause__`.
    """
    if not callable(func):
        raise ValueError(f"Expected func to be callable. Received func={func} of type {type(func)}.")
    several = isinstance(Tout, (list, tuple))
    types = [dtypes.as_dtype(dtype) for dtype in (Tout if several else [Tout])]
    make = raw.PyFunc if stateful else raw.PyFuncStateless
    result = make(input=list(inp), token=_register(func), Tout=types, name=name)
    return result if several else result[0]


def numpy_function(func: Callable[..., Any], inp: Sequence[Any], Tout: Any, stateful: bool = True, name: str | None = None) -> Any:
    """Call a Python function on numpy arrays: `tf.py_func` by the name that TensorFlow 2 kept.

    Args:
      func: Takes and returns numpy arrays.
      inp: Tensors.
      Tout: The type of the result, or a list of types.
      stateful: False when the result depends on the arguments alone.
      name: Of the operation.
    """
    return py_func(func, inp, Tout, stateful, name)
