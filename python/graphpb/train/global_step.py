"""The step counter of a graph."""

from graphpb import dtypes
from graphpb.graph.collections import GraphKeys
from graphpb.graph.core import get_default_graph
from graphpb.initializers import Zeros
from graphpb.variables.scope import get_variable


def _checked(tensor):
    dtype = tensor.dtype.base_dtype
    if not dtype.is_integer:
        raise TypeError(f'Existing "global_step" does not have integer type: {tensor.dtype}')
    if tensor.shape.ndims != 0 and tensor.shape.is_fully_defined():
        raise TypeError(f'Existing "global_step" is not scalar: {tensor.shape}')
    return tensor


def assert_global_step(global_step_tensor):
    """Assert that a tensor or variable is an integer scalar.

    Raises:
      TypeError: It is not.
    """
    if not hasattr(global_step_tensor, "dtype"):
        raise TypeError(f'Existing "global_step" must be a Variable or Tensor: {global_step_tensor}.')
    _checked(global_step_tensor)


def get_global_step(graph=None):
    """Return the step counter, from the collection `global_step` or by the name `global_step`, or None.

    Args:
      graph: Graph; default the default one.

    Raises:
      TypeError: It is not an integer scalar.
    """
    graph = graph or get_default_graph()
    kept = graph.get_collection(GraphKeys.GLOBAL_STEP)
    if len(kept) == 1:
        return _checked(kept[0])
    if kept:
        return None
    try:
        return _checked(graph.get_tensor_by_name("global_step:0"))
    except KeyError:
        return None


def create_global_step(graph=None):
    """Make the step counter: int64, not trainable, 0.

    Raises:
      ValueError: There is one.
    """
    graph = graph or get_default_graph()
    if get_global_step(graph) is not None:
        raise ValueError('"global_step" already exists.')
    with graph.as_default() as g, g.name_scope(None):
        return get_variable(
            GraphKeys.GLOBAL_STEP,
            shape=[],
            dtype=dtypes.int64,
            initializer=Zeros(),
            trainable=False,
            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
        )


def assert_or_get_global_step(graph=None, global_step_tensor=None):
    """Check a step counter and return it; without one, return that of the graph, which may be None."""
    if global_step_tensor is None:
        return get_global_step(graph)
    assert_global_step(global_step_tensor)
    return global_step_tensor


def get_or_create_global_step(graph=None):
    """Return the step counter, made if there is none."""
    graph = graph or get_default_graph()
    step = get_global_step(graph)
    return create_global_step(graph) if step is None else step


def global_step(sess, global_step_tensor):
    """Return the value of a step counter in a session as an int."""
    return int(sess.run(global_step_tensor))


_READ = "global_step_read_op_cache"


def global_step_read(graph=None):
    """Return a tensor with the value of the step counter, made at the first call in a graph; None without a counter.

    It is a sum, not the variable: a fetch of it beside an update is the value before or after, never a view that changes.
    """
    graph = graph or get_default_graph()
    kept = graph.get_collection(_READ)
    if kept:
        return kept[0]
    step = get_global_step(graph)
    if step is None:
        return None
    with graph.as_default() as g, g.name_scope(None), g.name_scope(step.op.name + "/"):
        read = step + 0
    graph.add_to_collection(_READ, read)
    return read
