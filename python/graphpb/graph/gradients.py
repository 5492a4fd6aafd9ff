"""Symbolic differentiation: `gradients`, and gradients that users define."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

from graphpb import _native, dtypes
from graphpb.graph import core
from graphpb.graph.composite import IndexedSlices
from graphpb.graph.convert import convert_to_tensor, convert_to_tensor_or_indexed_slices


class UnconnectedGradients(enum.Enum):
    """What stands for the gradient of an x that no y depends on."""

    NONE = "none"
    ZERO = "zero"


class AggregationMethod:
    """How several gradients of one tensor are summed."""

    ADD_N = 0
    DEFAULT = ADD_N
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


_registered: dict[str, Callable[..., Any] | None] = {}


class RegisterGradient:
    """Register a gradient function: `@tf.RegisterGradient("MyOp")` on `def f(op, *grads)`.

    The name is an op type, or one that `gradient_override_map` refers to. KeyError when the name is registered already.
    """

    def __init__(self, op_type: str):
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._op_type = op_type

    def __call__(self, f: Callable[..., Any]) -> Callable[..., Any]:
        if self._op_type in _registered:
            raise KeyError(f"Registering two gradient with name '{self._op_type}'!")
        _registered[self._op_type] = f
        return f


def no_gradient(op_type: str) -> None:
    """Declare that ops of this type have no gradient: their inputs get None."""
    if not isinstance(op_type, str):
        raise TypeError("op_type must be a string")
    if op_type in _registered:
        raise KeyError(f"Registering two gradient with name '{op_type}'!")
    _registered[op_type] = None


NoGradient = NotDifferentiable = no_gradient


def _as_list(x: Any) -> list[Any]:
    return list(x) if isinstance(x, (list, tuple)) else [x]


def _packed(g: Any) -> Any:
    """An IndexedSlices as the tuple that the walk in Rust takes."""
    if isinstance(g, IndexedSlices):
        return (g.values, g.indices, g.dense_shape)
    return g


def _unpacked(g: Any) -> Any:
    return IndexedSlices(*g) if isinstance(g, tuple) else g


def _call_registered(op: core.Operation, scope: str, grads: list[Any]) -> list[Any]:
    """The gradients of an op's inputs by the function registered for it."""
    graph = op.graph
    key = op.get_attr("_gradient_op_type").decode() if "_gradient_op_type" in graph.attr_names(op._id) else op.type
    if key not in _registered:
        site = f"  built at {op._site[0]}:{op._site[1]}" if op._site else ""
        raise LookupError(
            f"No gradient defined for operation'{op.name}' (op type: {op.type}). In general every operation must have an associated "
            "`@tf.RegisterGradient` for correct autodiff, which this op is lacking. If you want to pretend this operation is a constant in your "
            f"program, you may insert `tf.stop_gradient`.{site}\n\nHint: the operation asks for the gradient '{key}', which is not registered."
        )
    f = _registered[key]
    if f is None:
        return [None] * len(op.inputs)
    with graph.as_default(), core.name_scope(scope):
        given = []
        for out, g in zip(op.outputs, grads):
            if g is None and out.dtype.base_dtype.is_floating:
                from graphpb.ops import raw

                g = raw.ZerosLike(x=out)
            given.append(_unpacked(g))
        found = f(op, *given)
        found = list(found) if isinstance(found, (list, tuple)) else [found]
        found = [None if g is None else convert_to_tensor_or_indexed_slices(g) for g in found]
    if len(found) != len(op.inputs):
        raise ValueError(f"Num gradients {len(found)} generated for op {op.node_def} do not match num inputs {len(op.inputs)}")
    for i, (g, x) in enumerate(zip(found, op.inputs)):
        if g is None or isinstance(g, IndexedSlices) or x.dtype.base_dtype == dtypes.resource:
            continue
        if not g.shape.is_compatible_with(x.shape):
            raise ValueError(
                f"Incompatible shapes between op input and calculated input gradient. Forward operation: {op.name}. Input index: {i}. "
                f"Original input shape: {x.shape}. Calculated input gradient shape: {g.shape}"
            )
    return [_packed(g) for g in found]


def _source(x: Any, name: str) -> Any:
    """The tensor with respect to which an x is differentiated: the reference of a variable."""
    if hasattr(x, "_gradient_source"):
        return x._gradient_source()
    if isinstance(x, IndexedSlices):
        return x.values
    return convert_to_tensor(x, name=name, as_ref=True)


def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str = "gradients",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: Any = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = UnconnectedGradients.NONE,
) -> list[Any]:
    """Add operations that compute d(sum of ys)/dx for every x.

    Args:
      ys: tensor or list of tensors.
      xs: tensor, variable or list of them.
      grad_ys: gradients that flow into the ys; None entries are ones.
      name: scope of the new operations.
      colocate_gradients_with_ops: give each the colocation class of its forward operation.
      gate_gradients: let the gradients of one operation wait for each other.
      aggregation_method: an `AggregationMethod`.
      stop_gradients: tensors taken as constants.
      unconnected_gradients: `"none"` or `"zero"`: what stands for the gradient of an x that no y depends on.

    Returns:
      One entry per x: Tensor, IndexedSlices or None.

    LookupError: an operation in between has no gradient. ValueError: lengths or shapes do not match.
    TypeError: a complex y without grad_y.
    """
    try:
        unconnected = UnconnectedGradients(unconnected_gradients)
    except ValueError:
        raise ValueError(f"Unknown value for unconnected_gradients: '{unconnected_gradients}'") from None
    if aggregation_method not in (None, AggregationMethod.ADD_N, AggregationMethod.EXPERIMENTAL_TREE, AggregationMethod.EXPERIMENTAL_ACCUMULATE_N):
        raise ValueError(f"Invalid `aggregation_method` specified {aggregation_method}. Accepted values are [0, 1, 2].")
    ys, xs = _as_list(ys), _as_list(xs)
    stops = [] if stop_gradients is None else _as_list(stop_gradients)
    given = [None] * len(ys) if grad_ys is None else _as_list(grad_ys)
    if len(given) != len(ys):
        raise ValueError(f"Length mismatch. Passed {len(given)} grad_ys for {len(ys)} ys")
    graph = core.graph_of([*ys, *xs, *stops, *given])
    outer = graph.prefix
    with core.name_scope(name, "gradients", [*ys, *xs, *stops, *given]) as scope:
        y_tensors = [y.values if isinstance(y, IndexedSlices) else convert_to_tensor(y, name="y") for y in ys]
        x_tensors = [_source(x, "x") for x in xs]
        seeds: list[Any] = []
        for i, (g, y) in enumerate(zip(given, y_tensors)):
            if g is None:
                seeds.append(None)
                continue
            if not isinstance(g, IndexedSlices):
                g = convert_to_tensor(g, name=f"grad_y_{i}")
            base = y.dtype.base_dtype
            if (base.is_floating or base.is_integer) and not (g.dtype.is_floating or g.dtype.is_integer):
                raise TypeError(
                    f"Gradient type {dtypes.as_dtype(g.dtype).name} generated for real or integer-valued tensor {y} with type {base.name} must be real or integer"
                )
            if base.is_complex and not g.dtype.is_complex:
                raise TypeError(f"Gradient type {g.dtype.name} generated for complex-valued tensor {y} with type {base.name} must be complex")
            seeds.append(_packed(g))
        if not x_tensors or not y_tensors:
            return [None] * len(x_tensors)
        stop_ops = [_source(s, "stop").op for s in stops]

        def walk(graph: Any, ys: list[Any], xs: list[Any], seeds: list[Any]) -> list[Any]:
            return _native.gradients(
                graph,
                ys,
                xs,
                seeds,
                [op for op in stop_ops if op.graph is graph],
                scope if graph is here else "gradients/",
                outer if graph is here else "",
                bool(gate_gradients),
                aggregation_method in (AggregationMethod.EXPERIMENTAL_TREE, AggregationMethod.EXPERIMENTAL_ACCUMULATE_N),
                bool(colocate_gradients_with_ops),
                False,
                [k for k, f in _registered.items() if f is not None],
                [k for k, f in _registered.items() if f is None],
                _call_registered,
                enter,
                extended,
            )

        from graphpb.graph.gradient_body import enter

        bodies = (graph.root if graph.building_function else graph)._bodies

        def extended(function: str, other: str) -> None:
            if function in bodies:
                bodies[other] = bodies[function]

        here = graph
        if graph.building_function:
            from graphpb.graph.body_gradients import across

            stop_ops += [graph._captured[s.outputs[0]].op for s in stop_ops if s.outputs and s.outputs[0] in graph._captured]
            found = across(graph, walk, y_tensors, x_tensors, seeds)
        else:
            found = walk(graph, y_tensors, x_tensors, seeds)
    if unconnected is UnconnectedGradients.ZERO and None in found:
        from graphpb.ops.fill import zeros_like

        with graph.as_default():
            found = [zeros_like(x) if g is None else g for g, x in zip(found, xs)]
    return [_unpacked(g) for g in found]


def hessians(
    ys: Any,
    xs: Any,
    name: str = "hessians",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: Any = None,
) -> list[Any]:
    """The Hessian of the sum of ys with respect to each x: a tensor of shape `x.shape + x.shape` (static shape needed).

    ValueError: the shape of an x is not known.
    """
    from graphpb.ops import raw

    xs = _as_list(xs)
    options = {
        "colocate_gradients_with_ops": colocate_gradients_with_ops,
        "gate_gradients": gate_gradients,
        "aggregation_method": aggregation_method,
    }
    result = []
    for x, g in zip(xs, gradients(ys, xs, **options)):
        shape = x.shape
        n = shape.num_elements()
        if n is None:
            raise ValueError(f"{name}: the static shape of {x} must be known")
        flat = raw.Reshape(tensor=g, shape=[-1])
        rows = []
        for i in range(n):
            (row,) = gradients(raw.StridedSlice(input=flat, begin=[i], end=[i + 1], strides=[1], shrink_axis_mask=1), x, **options)
            rows.append(raw.ZerosLike(x=x) if row is None else row)
        result.append(raw.Reshape(tensor=raw.Pack(values=rows), shape=shape.as_list() * 2))
    return result
