"""Functions that stand between `tf.Variable(...)` and the variable: `tf.variable_creator_scope`."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from graphpb.graph import core


@contextlib.contextmanager
def variable_creator_scope(variable_creator: Callable[..., Any]) -> Iterator[None]:
    """Let a function make the variables of a block: those of `tf.Variable` and of `tf.get_variable`.

    Args:
      variable_creator: Called as `variable_creator(next_creator, **kwargs)` with the arguments of `tf.Variable` by name; it returns a variable,
        usually that of `next_creator(**kwargs)`. The function of the innermost block is called first.
    """
    graph = core.get_default_graph()
    old = graph.__dict__.get("_variable_creators", ())
    graph.__dict__["_variable_creators"] = (*old, variable_creator)
    try:
        yield
    finally:
        graph.__dict__["_variable_creators"] = old


def _link(creator: Callable[..., Any], after: Callable[..., Any]) -> Callable[..., Any]:
    return lambda **kwargs: creator(after, **kwargs)


class Created(type):
    """The class of variable classes: a call of the base class goes through the creators of the default graph."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        creators = core.get_default_graph().__dict__.get("_variable_creators")
        if not creators or not cls.__dict__.get("_is_base_variable"):
            return super().__call__(*args, **kwargs)
        bound = inspect.signature(cls.__init__).bind(None, *args, **kwargs)
        bound.apply_defaults()
        named = dict(list(bound.arguments.items())[1:])

        def make(**final: Any) -> Any:
            return super(Created, cls).__call__(**final)

        for creator in creators:
            make = _link(creator, make)
        return make(**named)
