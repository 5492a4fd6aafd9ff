"""Assertions about values, ranks, shapes and dtypes, checked while the graph is built where they are known, else when it runs."""

import numpy as np

from graphpb import dtypes, errors
from graphpb.graph.composite import SparseTensor
from graphpb.graph.convert import convert_n_to_tensor, convert_to_tensor
from graphpb.graph.core import Tensor
from graphpb.graph.scopes import name_scope
from graphpb.graph.static import constant_value
from graphpb.ops import raw
from graphpb.ops.array import reshape, strided_slice
from graphpb.ops.compare import equal, greater, greater_equal, less, less_equal, logical_or, not_equal
from graphpb.ops.dependencies import no_op, with_dependencies
from graphpb.ops.reduce import reduce_all
from graphpb.ops.shape import rank as rank_of
from graphpb.ops.shape import shape, size
from graphpb.ops.unary import abs
from graphpb.shapes import TensorShape


def Assert(condition, data, summarize=None, name=None):
    """Make an operation that fails when a condition is False, telling the given tensors.

    Args:
      condition: bool scalar.
      data: List of tensors and values for the message.
      summarize: How many elements of each are told; default 3.
      name: Scope of the nodes; default `Assert`.

    Returns:
      The operation; nothing waits for it by itself.
    """
    with name_scope(name, "Assert", [condition, data]):
        if all(x.dtype in (dtypes.string, dtypes.int32) for x in convert_n_to_tensor(data)):
            return _assert_node(condition, data, summarize)
        from graphpb.graph.control import cond

        condition = convert_to_tensor(condition, name="Condition")
        guard = cond(condition, no_op, lambda: _assert_node(condition, data, summarize), name="AssertGuard")
        return guard.op


def _assert_node(condition, data, summarize):
    return raw.Assert(condition=condition, data=data, summarize=3 if summarize is None else summarize, name="Assert")


def _told(item):
    known = constant_value(item) if isinstance(item, Tensor) else None
    return str(item if known is None else known)


def _compared(opname, sign, compare, static, x, y, data, summarize, message, name):
    with name_scope(name, opname, [x, y, data]):
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y")
        if data is None:
            data = [f"Condition x {sign} y did not hold element-wise:", f"x ({x.name}) = ", x, f"y ({y.name}) = ", y]
        if message is not None:
            data = [message, *data]
        condition = reduce_all(compare(x, y))
        known_x, known_y = constant_value(x), constant_value(y)
        if known_x is not None and known_y is not None and not np.all(static(known_x, known_y)):
            raise errors.InvalidArgumentError(node_def=None, op=None, message="\n".join(_told(item) for item in data))
        return Assert(condition, data, summarize=summarize)


def _binary_assert(opname, sign, compare, static):
    def function(x, y, data=None, summarize=None, message=None, name=None):
        return _compared(opname, sign, compare, static, x, y, data, summarize, message, name)

    function.__name__ = function.__qualname__ = opname
    function.__doc__ = f"""Assert x {sign} y for every pair of broadcast elements.

    Args:
      x: numeric [...].
      y: dtype of `x`, a shape that broadcasts.
      data: What the message tells; default the condition and both tensors.
      summarize: How many elements are told.
      message: First words of the message.
      name: Scope of the nodes; default `{opname}`.

    Returns:
      The operation that checks.

    Raises:
      InvalidArgumentError: Both are constants and the condition does not hold.
    """
    return function


assert_none_equal = _binary_assert("assert_none_equal", "!=", not_equal, np.not_equal)
assert_less = _binary_assert("assert_less", "<", less, np.less)
assert_less_equal = _binary_assert("assert_less_equal", "<=", less_equal, np.less_equal)
assert_greater = _binary_assert("assert_greater", ">", greater, np.greater)
assert_greater_equal = _binary_assert("assert_greater_equal", ">=", greater_equal, np.greater_equal)


def assert_equal(x, y, data=None, summarize=None, message=None, name=None):
    """Assert x == y for every pair of broadcast elements; arguments as `assert_less`."""
    with name_scope(name, "assert_equal", [x, y, data]):
        if x is y:
            return no_op()
    return _compared("assert_equal", "==", equal, np.equal, x, y, data, summarize, message, name)


def _prefix(message):
    return f"{message}.  " if message else ""


def _sign_assert(opname, sign, check):
    def function(x, data=None, summarize=None, message=None, name=None):
        with name_scope(name, opname, [x, data]):
            x = convert_to_tensor(x, name="x")
            if data is None:
                told = [f"Condition x {sign} 0 did not hold element-wise:", f"x ({x.name}) = "]
                # TensorFlow runs these two texts together for "<=".
                data = [_prefix(message), *(["".join(told)] if sign == "<=" else told), x]
            return check(x, convert_to_tensor(0, dtype=x.dtype), data, summarize)

    function.__name__ = function.__qualname__ = opname
    function.__doc__ = f"""Assert x {sign} 0 for every element; arguments as `assert_less`."""
    return function


assert_negative = _sign_assert("assert_negative", "<", lambda x, zero, data, n: assert_less(x, zero, data=data, summarize=n))
assert_positive = _sign_assert("assert_positive", ">", lambda x, zero, data, n: assert_less(zero, x, data=data, summarize=n))
assert_non_negative = _sign_assert("assert_non_negative", ">=", lambda x, zero, data, n: assert_less_equal(zero, x, data=data, summarize=n))
assert_non_positive = _sign_assert("assert_non_positive", "<=", lambda x, zero, data, n: assert_less_equal(x, zero, data=data, summarize=n))


def assert_near(x, y, rtol=None, atol=None, data=None, summarize=None, message=None, name=None):
    """Assert abs(x - y) < atol + rtol * abs(y) for every element.

    Args:
      x: float or complex [...].
      y: dtype of `x`, a shape that broadcasts.
      rtol: Relative tolerance; default ten times the machine epsilon.
      atol: Absolute tolerance; default the same.
      data: What the message tells.
      summarize: How many elements are told.
      message: First words of the message.
      name: Scope of the nodes; default `assert_near`.
    """
    with name_scope(name, "assert_near", [x, y, rtol, atol, data]):
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype)
        dtype = x.dtype.real_dtype if x.dtype.is_complex else x.dtype
        default = 10 * np.finfo(dtype.as_numpy_dtype).eps
        rtol = convert_to_tensor(default if rtol is None else rtol, name="rtol", dtype=dtype)
        atol = convert_to_tensor(default if atol is None else atol, name="atol", dtype=dtype)
        if data is None:
            data = [_prefix(message), f"x and y not equal to tolerance rtol = {rtol}, atol = {atol}", f"x ({x.name}) = ", x, f"y ({y.name}) = ", y]
        bound = atol + rtol * abs(y)
        return Assert(reduce_all(less(abs(x - y), bound)), data, summarize=summarize)


class _WrongRank(ValueError):
    """A static rank that does not satisfy its condition."""


def _rank_check(x, ranks, satisfied, compare, data, summarize):
    for rank in ranks:
        assert_type(rank, dtypes.int32)
    known = [constant_value(rank) for rank in ranks]
    if not any(value is None for value in known):
        if any(value.ndim for value in known):
            raise ValueError("Rank must be a scalar.")
        if x.shape.ndims is not None:
            if not satisfied(x.shape.ndims, known):
                raise _WrongRank()
            return no_op(name="static_checks_determined_all_ok")
    condition = compare(rank_of(x), ranks)
    for rank, value in zip(ranks, known, strict=True):
        if value is None:
            check = assert_rank(rank, 0, data=["Rank must be a scalar. Received rank: ", rank])
            condition = with_dependencies([check], condition)
    return Assert(condition, data, summarize=summarize)


def _rank_assert(opname, words, x, ranks, several, satisfied, compare, data, summarize, message, name):
    with name_scope(name, opname, [x, *ranks, *(data or [])]):
        x = x if isinstance(x, SparseTensor) else convert_to_tensor(x, name="x")
        ranks = [convert_to_tensor(rank, name="rank") for rank in ranks]
        label = "" if isinstance(x, SparseTensor) else x.name
        if data is None:
            data = [_prefix(message), f"Tensor {label} must have rank{words}", *ranks, "Received shape: ", shape(x)]
        try:
            return _rank_check(x, ranks, satisfied, compare, data, summarize)
        except _WrongRank:
            known = [int(constant_value(rank)) for rank in ranks]
            wanted = tuple(known) if several else known[0]
            raise ValueError(
                f"{_prefix(message)}Tensor {label} must have rank{words} {wanted}.  Received rank {x.shape.ndims}, shape {x.shape}"
            ) from None


def assert_rank(x, rank, data=None, summarize=None, message=None, name=None):
    """Assert that a tensor has a rank.

    Args:
      x: Tensor.
      rank: int32 scalar.
      data: What the message tells.
      summarize: How many elements are told.
      message: First words of the message.
      name: Scope of the nodes; default `assert_rank`.

    Raises:
      ValueError: The static rank differs.
    """
    return _rank_assert(
        "assert_rank", "", x, [rank], False, lambda n, ranks: n == ranks[0], lambda n, ranks: equal(n, ranks[0]), data, summarize, message, name
    )


def assert_rank_at_least(x, rank, data=None, summarize=None, message=None, name=None):
    """Assert that a tensor has at least a rank; arguments as `assert_rank`."""
    return _rank_assert(
        "assert_rank_at_least",
        " at least",
        x,
        [rank],
        False,
        lambda n, ranks: n >= ranks[0],
        lambda n, ranks: greater_equal(n, ranks[0]),
        data,
        summarize,
        message,
        name,
    )


def assert_rank_in(x, ranks, data=None, summarize=None, message=None, name=None):
    """Assert that a tensor has one of several ranks; arguments as `assert_rank`."""

    def any_equal(actual, ranks):
        result = equal(ranks[0], actual)
        for rank in ranks[1:]:
            result = logical_or(result, equal(rank, actual))
        return result

    return _rank_assert("assert_rank_in", " in", x, ranks, True, lambda n, known: n in known, any_equal, data, summarize, message, name)


def assert_scalar(tensor, name=None, message=None):
    """Return a tensor that is known to be a scalar.

    Raises:
      ValueError: The static rank is another one, or unknown.
    """
    with name_scope(name, "assert_scalar", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name=scope)
        if tensor.shape.ndims != 0:
            raise ValueError(f"{_prefix(message)}Expected scalar shape for {tensor.name}, saw shape: {tensor.shape}.")
        return tensor


def assert_type(tensor, tf_type, message=None, name=None):
    """Assert the dtype of a tensor.

    Raises:
      TypeError: It is another one.
    """
    tf_type = dtypes.as_dtype(tf_type)
    with name_scope(name, "assert_type", [tensor]):
        tensor = tensor if isinstance(tensor, SparseTensor) else convert_to_tensor(tensor, name="tensor")
        if tensor.dtype != tf_type:
            raise TypeError(f"{_prefix(message)}{getattr(tensor, 'name', 'tensor')} must be of type {tf_type!r}; got {tensor.dtype!r}")
        return no_op("statically_determined_correct_type")


def assert_integer(x, message=None, name=None):
    """Assert that a tensor holds integers.

    Raises:
      TypeError: It does not.
    """
    with name_scope(name, "assert_integer", [x]):
        x = convert_to_tensor(x, name="x")
        if not x.dtype.is_integer:
            raise TypeError(f'{_prefix(message)}Expected "x" to be integer type.  Found: {x.name} of dtype {x.dtype}')
        return no_op("statically_determined_was_integer")


def assert_proper_iterable(values):
    """Assert that a value is a sequence and not a tensor, an array or a string.

    Raises:
      TypeError: It is not.
    """
    if isinstance(values, (Tensor, SparseTensor, np.ndarray, bytes, str)) or not hasattr(values, "__iter__"):
        raise TypeError(f"Expected argument 'values' to be a 'proper' iterable.  Found: {type(values)}")


def assert_same_float_dtype(tensors=None, dtype=None):
    """Return the float dtype that tensors have in common; float32 without any.

    Raises:
      ValueError: The dtypes differ, or are not float.
    """
    for tensor in tensors or ():
        kind = tensor.dtype.base_dtype
        if dtype is None:
            dtype = kind
        elif dtypes.as_dtype(dtype) != kind:
            raise ValueError(f"Expected all tensors to have dtype {dtype}, but {getattr(tensor, 'name', tensor)} has {kind}.")
    dtype = dtypes.as_dtype(dtype) if dtype else dtypes.float32
    if not dtype.is_floating:
        raise ValueError(f"Expected floating point type, got {dtype}.")
    return dtype


def is_numeric_tensor(tensor):
    """Tell whether a value is a tensor of numbers."""
    return isinstance(tensor, Tensor) and (
        tensor.dtype.base_dtype.is_floating or tensor.dtype.base_dtype.is_integer or tensor.dtype.base_dtype.is_complex
    )


def _monotonic(x, compare):
    from graphpb.graph.control import cond

    x = reshape(x, [-1])
    if not is_numeric_tensor(x):
        raise TypeError(f"Expected x to be numeric, instead found: {x}")
    short = less(size(x), 2)
    count = shape(x) - 1
    return cond(
        short, lambda: convert_to_tensor([], dtype=dtypes.bool), lambda: compare(strided_slice(x, [1], [1] + count), strided_slice(x, [0], count))
    )


def is_non_decreasing(x, name=None):
    """Tell whether the elements, in row-major order, never fall (bool scalar)."""
    with name_scope(name, "is_non_decreasing", [x]):
        return reduce_all(_monotonic(x, greater_equal))


def is_strictly_increasing(x, name=None):
    """Tell whether the elements, in row-major order, always rise (bool scalar)."""
    with name_scope(name, "is_strictly_increasing", [x]):
        return reduce_all(_monotonic(x, greater))


def ensure_shape(x, shape, name=None):
    """Return a tensor whose static shape is `shape`, checked when it runs.

    Raises:
      ValueError: The static shape is already incompatible.
    """
    return raw.EnsureShape(input=x, shape=TensorShape(shape), name=name)


def check_numerics(tensor, message, name=None):
    """Return a tensor; running it fails with `message` when an element is NaN or infinite."""
    return raw.CheckNumerics(tensor=tensor, message=message, name=name)


def verify_tensor_all_finite(t=None, msg=None, name=None, x=None, message=None):
    """Return a tensor after `check_numerics`, colocated with it."""
    from graphpb.graph.scopes import colocate_with

    t = t if x is None else x
    msg = msg if message is None else message
    with name_scope(name, "VerifyFinite", [t]):
        t = convert_to_tensor(t, name="t")
        with colocate_with(t):
            check = raw.CheckNumerics(tensor=t, message=msg)
            return with_dependencies([check], t)


def add_check_numerics_ops():
    """Make an operation that checks every float tensor of the graph for NaN and infinity.

    Raises:
      ValueError: The graph holds control flow.
    """
    from graphpb.graph.core import get_default_graph
    from graphpb.graph.scopes import control_dependencies
    from graphpb.ops.dependencies import group

    checks = []
    for op in get_default_graph().get_operations():
        for output in op.outputs:
            if output.dtype in (dtypes.float16, dtypes.float32, dtypes.float64):
                with control_dependencies(checks):
                    checks = [raw.CheckNumerics(tensor=output, message=f"{op.name}:{output.value_index}")]
    return group(*checks)


def Print(input_, data, message=None, first_n=None, summarize=None, name=None):
    """Return `input_` and print tensors to standard error whenever it is evaluated.

    Args:
      input_: Tensor that is passed on.
      data: List of tensors to print.
      message: Text before them.
      first_n: Print only this many times; default always.
      summarize: How many elements of each; default 3.
      name: Name of the node; default `Print`.
    """
    return raw.Print(
        input=input_,
        data=data,
        message=message or "",
        first_n=-1 if first_n is None else first_n,
        summarize=3 if summarize is None else summarize,
        name=name,
    )
