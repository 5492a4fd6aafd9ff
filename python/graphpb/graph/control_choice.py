"""A branch chosen while the graph is built when the predicate is known, and by `cond` when it is not."""

from graphpb.graph.core import Tensor
from graphpb.graph.static import constant_value


def constant_predicate(pred):
    """Return a predicate as a bool where it is known, else None.

    Raises:
      TypeError: It is neither a tensor nor a bool, 0 or 1.
    """
    if isinstance(pred, Tensor):
        value = constant_value(pred)
        return None if value is None else bool(value)
    if hasattr(pred, "value") and callable(pred.value):
        return None
    if isinstance(pred, bool) or pred in (0, 1):
        return bool(pred)
    raise TypeError(f"Argument `pred` must be a Tensor, or a Python bool, or 1 or 0. Received: pred={pred} of type {type(pred).__name__}")


def smart_cond(pred, true_fn=None, false_fn=None, name=None):
    """Call one of two functions when the predicate is known, else make a `cond`.

    Args:
      pred: bool, 0, 1, or a bool scalar tensor.
      true_fn: Function without arguments.
      false_fn: Function without arguments.
      name: Scope of the `cond`.

    Raises:
      TypeError: A branch is not a function.
    """
    for label, branch in (("true_fn", true_fn), ("false_fn", false_fn)):
        if not callable(branch):
            raise TypeError(f"Argument `{label}` must be callable. Received {branch}")
    known = constant_predicate(pred)
    if known is not None:
        return true_fn() if known else false_fn()
    from graphpb.graph.control import cond

    return cond(pred, true_fn=true_fn, false_fn=false_fn, name=name)
