"""Keyword defaults that hold inside a block: arg_scope and add_arg_scope."""

import contextlib
import functools
import inspect

_stack = [{}]
_keywords = {}


def _key(function):
    return getattr(function, "_key_op", str(function))


def current_arg_scope():
    """Return the open scope: {function key: keyword defaults}."""
    return _stack[-1]


@contextlib.contextmanager
def arg_scope(list_ops_or_scope, **kwargs):
    """Give functions other keyword defaults inside.

    Args:
      list_ops_or_scope: List of functions decorated with `add_arg_scope`, or what an earlier scope yielded.
      **kwargs: The defaults, for each of the functions.

    Returns:
      A context manager that yields the scope.

    Raises:
      ValueError: A function is not decorated, or keywords are given with an earlier scope.
      TypeError: The argument is neither a list nor a scope.
    """
    if isinstance(list_ops_or_scope, dict):
        if kwargs:
            raise ValueError("When attempting to re-use a scope by suppling adictionary, kwargs must be empty.")
        scope = dict(list_ops_or_scope)
    elif isinstance(list_ops_or_scope, (list, tuple)):
        scope = dict(current_arg_scope())
        for function in list_ops_or_scope:
            if not has_arg_scope(function):
                raise ValueError(f"({function.__module__!r}, {function.__name__!r}) is not decorated with @add_arg_scope")
            scope[_key(function)] = {**scope.get(_key(function), {}), **kwargs}
    else:
        raise TypeError("list_ops_or_scope must either be a list/tuple or reused scope (i.e. dict)")
    _stack.append(scope)
    try:
        yield scope
    finally:
        _stack.pop()


def add_arg_scope(func):
    """Let `arg_scope` change a function's keyword defaults."""
    key = _key(func)
    _keywords[key] = tuple(p.name for p in inspect.signature(func).parameters.values() if p.default is not p.empty)

    @functools.wraps(func)
    def scoped(*args, **kwargs):
        return func(*args, **{**current_arg_scope().get(key, {}), **kwargs})

    scoped._key_op = key
    return scoped


def has_arg_scope(func):
    """Tell whether a function is decorated with `add_arg_scope`."""
    return _key(func) in _keywords


def arg_scoped_arguments(func):
    """Return the names of a decorated function's keyword arguments."""
    return _keywords[_key(func)]


def arg_scope_func_key(op):
    """Return the key of a function in a scope."""
    return _key(op)
