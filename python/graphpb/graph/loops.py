"""`while_loop`: a loop whose condition and body are functions that a While node calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphpb import dtypes, nest, shapes
from graphpb.graph import core, function
from graphpb.graph.composite import IndexedSlices, SparseTensor
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.function import FuncGraph


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
    maximum_iterations: Any = None,
    return_same_structure: bool = False,
) -> Any:
    """Replace the loop variables by `body` of them as long as `cond` of them is true.

    Both functions are called once, while the graph is built. They take the loop variables as positional arguments and may use
    tensors and variables from outside, which do not change while the loop runs (assigned variables apart).

    Args:
      cond: returns a bool scalar tensor.
      body: returns the new values, in the structure of `loop_vars`.
      loop_vars: list or tuple of tensors, numbers, TensorArrays, IndexedSlices, SparseTensors and nested structures of them.
      shape_invariants: the shapes that the variables keep, in the structure of `loop_vars`; None entries and the default are the
        shapes with which they enter.
      parallel_iterations: accepted; iterations run one after the other.
      back_prop: False keeps gradients from flowing through the loop.
      swap_memory: accepted.
      name: scope, `"while"` by default.
      maximum_iterations: int scalar; the loop ends after so many iterations at the latest.
      return_same_structure: return a list or tuple for a single variable, too.

    Returns:
      The variables after the loop in the structure that `body` returned; for a single variable the variable.

    TypeError: `cond` or `body` is no function, or `cond` returns no bool. ValueError: no variables; `body` returns another
    structure, or a variable whose shape is not what it must keep.
    """
    if not callable(cond):
        raise TypeError("'cond' must be callable.")
    if not callable(body):
        raise TypeError("'body' must be callable.")
    if parallel_iterations < 1:
        raise TypeError("'parallel_iterations' must be a positive integer.")
    with core.name_scope(name, "while", nest.flatten(loop_vars) if loop_vars is not None else []) as scope:
        if loop_vars is None or not nest.is_sequence(loop_vars) or not loop_vars:
            raise ValueError("'loop_vars' must be provided.")
        single = len(loop_vars) == 1 and not return_same_structure
        if maximum_iterations is None:
            return _loop(cond, body, loop_vars, shape_invariants, parallel_iterations, back_prop, scope, single)
        limit = function.read(convert_to_tensor(maximum_iterations, name="maximum_iterations"))
        if limit.shape.ndims not in (None, 0):
            raise ValueError(f"'maximum_iterations' must be a scalar. Received shape: {limit.shape}")
        counter = convert_to_tensor(0, dtype=limit.dtype, name="iteration_counter")

        def counted_cond(i: Any, inner: Any) -> Any:
            from graphpb.ops import raw

            go_on = convert_to_tensor(cond(*inner))
            return raw.LogicalAnd(x=raw.Less(x=i, y=limit), y=go_on)

        def counted_body(i: Any, inner: Any) -> Any:
            return i + 1, _results(body(*inner))

        if shape_invariants is not None:
            shape_invariants = (shapes.TensorShape([]), shape_invariants)
        found = _loop(counted_cond, counted_body, (counter, loop_vars), shape_invariants, parallel_iterations, back_prop, scope, False)[1]
        return found[0] if single else found


def _results(result: Any) -> Any:
    """What a body returned as a list or tuple."""
    return result if nest.is_sequence(result) else [result]


def _loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any,
    parallel_iterations: int,
    back_prop: bool,
    scope: str,
    single: bool,
) -> Any:
    loop_vars = nest.map_structure(function.as_leaf, loop_vars)
    leaves = nest.flatten(loop_vars)
    kept = _invariants(loop_vars, leaves, shape_invariants)
    entering = [function.read(p) for leaf in leaves for p in function.parts_of(leaf)]
    for tensor, shape in zip(entering, kept):
        if not _within(tensor.shape, shape):
            raise ValueError(
                f"The shape invariant specified for {tensor.name} is not compatible with the initial shape of the loop variable. It enters the "
                f"loop with shape {tensor.shape}, but the specified shape invariant is {shape}."
            )
    outer = core.get_default_graph()
    test = _Body(outer, entering, kept, loop_vars)
    with test.graph.as_default():
        go_on = function.read(convert_to_tensor(cond(*test.variables)))
        if go_on.dtype != dtypes.bool:
            raise TypeError(f"Input 'input' of 'LoopCond' Op has type {go_on.dtype.name} that does not match expected type of bool.")
        if go_on.shape.ndims not in (None, 0):
            raise ValueError(f"Shape must be rank 0 but is rank {go_on.shape.ndims} for the condition of '{scope[:-1]}' with shape {go_on.shape}.")
    step = _Body(outer, entering, kept, loop_vars)
    with step.graph.as_default():
        result = _results(body(*step.variables))
        nest.assert_same_structure(list(step.variables), list(result))
        result = nest.map_structure(function.as_leaf, result)
        out_leaves = nest.flatten(result)
        leaving = [function.read(p) for leaf in out_leaves for p in function.parts_of(leaf)]
    if len(leaving) != len(entering):
        raise ValueError(
            f"Number of inputs and outputs of 'body' must match 'loop_vars'. Got {len(entering)} for the number of inputs/outputs, and "
            f"{len(leaving)} for 'loop_vars'."
        )
    for before, after, shape in zip(entering, leaving, kept):
        _check(before, after, shape)
    constants = list(dict.fromkeys(t for b in (test, step) for t, _ in b.graph.captures))
    names, stateful = [], False
    for b, results, label in ((test, [go_on], "cond"), (step, leaving, "body")):
        passed = [b.graph.require(t) for t in constants]
        results = [function.inside(b.graph, t) for t in results] + (passed if b is step else [])
        function_name, has_state = b.graph.define(f"{scope}{label}".replace("/", "_"), b.arguments + passed, results)
        names.append(function_name)
        stateful = stateful or has_state
    attrs = {
        "cond": names[0],
        "body": names[1],
        "output_shapes": [*kept, *(t.shape for t in constants)],
        "parallel_iterations": parallel_iterations,
        "_lower_using_switch_merge": True,
    }
    op_type = "While" if stateful else "StatelessWhile"
    outputs = function.call_op(op_type, [*entering, *constants], attrs, [test.graph, step.graph], scope, len(entering), back_prop)
    found = _packed(result, out_leaves, outputs)
    return found[0] if single else found


class _Body:
    """A body graph with one argument per tensor of the loop variables."""

    def __init__(self, outer: core.Graph, entering: list[Any], kept: list[Any], loop_vars: Any):
        self.graph = FuncGraph(outer, "while loop")
        self.arguments = [self.graph.add_argument(t, shape=shape) for t, shape in zip(entering, kept)]
        self.variables = _packed(loop_vars, nest.flatten(loop_vars), self.arguments)


def _packed(structure: Any, leaves: list[Any], tensors: list[Any]) -> Any:
    """The structure with leaves like those given, made of other tensors."""
    at, made = 0, []
    for leaf in leaves:
        n = len(function.parts_of(leaf))
        made.append(function.with_parts(leaf, tensors[at : at + n]))
        at += n
    return nest.pack_sequence_as(structure, made)


def _within(shape: Any, invariant: Any) -> bool:
    """Whether every value of a shape has the invariant one."""
    if invariant.ndims is None:
        return True
    if shape.ndims != invariant.ndims:
        return False
    return all(m is None or m == n for n, m in zip(shape.as_list(), invariant.as_list()))


def _check(before: Any, after: Any, shape: Any) -> None:
    if before.dtype.base_dtype != after.dtype.base_dtype:
        raise TypeError(
            f"Loop variable '{before.name}' enters the loop with type {before.dtype.base_dtype.name}, but has type {after.dtype.base_dtype.name} "
            f"after one iteration ('{after.name}')."
        )
    if not _within(after.shape, shape):
        raise ValueError(
            f"Input tensor '{before.name}' enters the loop with shape {before.shape}, but has shape {after.shape} after one iteration. To allow the "
            "shape to vary across iterations, use the `shape_invariants` argument of tf.while_loop to specify a less-specific shape."
        )


def _invariants(loop_vars: Any, leaves: list[Any], given: Any) -> list[Any]:
    """The shape that each tensor of the loop variables keeps."""
    if given is None:
        per_leaf = [None] * len(leaves)
    else:
        per_leaf = nest.flatten_up_to(loop_vars, given, check_types=False)
    kept: list[Any] = []
    for leaf, shape in zip(leaves, per_leaf):
        if shape is not None and not isinstance(shape, shapes.TensorShape):
            raise TypeError(f"'shape' must be one of TypeSpec, TensorShape or None. Received: {type(shape)}")
        kept.extend(_leaf_invariants(leaf, shape))
    return kept


def _leaf_invariants(leaf: Any, shape: Any) -> list[Any]:
    if isinstance(leaf, SparseTensor):
        dense = leaf.dense_shape.shape if shape is None else shapes.TensorShape([shape.ndims])
        return [shapes.TensorShape([None, dense.as_list()[0] if dense.ndims else None]), shapes.TensorShape([None]), dense]
    if isinstance(leaf, IndexedSlices) and shape is not None:
        rest = [] if leaf.dense_shape is None else [shapes.TensorShape([shape.ndims])]
        return [shape, shape[:1], *rest]
    if hasattr(leaf, "_with_flow"):
        return [shapes.TensorShape([])]
    if shape is not None:
        return [shape]
    return [p.shape for p in function.parts_of(leaf)]
