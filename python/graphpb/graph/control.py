"""Branches: `cond`, `case` and `switch_case`, as functions that an If or Case node chooses from."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from graphpb import dtypes, nest, shapes
from graphpb.graph import core, function
from graphpb.graph.composite import IndexedSlices
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.function import FuncGraph


def cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    strict: bool = False,
    name: str | None = None,
    fn1: Callable[[], Any] | None = None,
    fn2: Callable[[], Any] | None = None,
) -> Any:
    """Call one of two functions when the graph runs: `true_fn` if `pred` is true.

    Both are called once while the graph is built. What they make runs only in the branch that is taken, and only as far as its
    results need it; what they use from outside is computed before.

    Args:
      pred: bool scalar tensor.
      true_fn, false_fn: functions without arguments that return equal structures of tensors (numbers, variables, TensorArrays,
        IndexedSlices, SparseTensors), or an operation.
      strict: keep a list or tuple of one result as it is.
      name: scope, `"cond"` by default.
      fn1, fn2: old names of `true_fn` and `false_fn`.

    Returns:
      The structure of the results; for operations a bool tensor that is there when the operation has run.

    TypeError: `pred` is a Python bool or no bool tensor, or a branch is no function. ValueError: a branch returns nothing, or the
    results differ in structure or type.
    """
    true_fn = _branch("true_fn", "fn1", true_fn, fn1)
    false_fn = _branch("false_fn", "fn2", false_fn, fn2)
    for label, f in (("true_fn", true_fn), ("false_fn", false_fn)):
        if not callable(f):
            raise TypeError(f"'{label}' must be callable.")
    with core.name_scope(name, "cond", [pred]) as scope:
        if isinstance(pred, bool):
            raise TypeError("'pred' must not be a Python bool.")
        pred = function.read(convert_to_tensor(pred, name="pred"))
        if pred.dtype != dtypes.bool:
            raise TypeError(f"Input 'pred' of 'Switch' Op has type {pred.dtype.name} that does not match expected type of bool.")
        if pred.shape.ndims not in (None, 0):
            raise ValueError(
                f"Shape must be rank 0 but is rank {pred.shape.ndims} for the predicate {pred.name} of '{scope[:-1]}' with shape {pred.shape}."
            )
        branches = []
        for label, f, answer in (("true_fn", true_fn, True), ("false_fn", false_fn, False)):
            branch = _Branch(f, answer)
            if branch.result is None:
                raise ValueError(f"'{label}' must have a return value.")
            branches.append(branch)
        if not strict:
            for branch in branches:
                branch.unpack_singleton()
        then, other = branches
        _agree(then, other, "true_fn", "false_fn")
        if not then.flat:
            raise ValueError("'true_fn' and 'false_fn' must return at least one result.")
        summaries = _hand_out_summaries(branches)
        inputs, names, stateful = _define(branches, [f"{scope}true", f"{scope}false"])
        attrs = {
            "Tout": [t.dtype for t in then.flat],
            "then_branch": names[0],
            "else_branch": names[1],
            "output_shapes": _merged_shapes(branches),
            "_lower_using_switch_merge": True,
        }
        outputs = function.call_op("If" if stateful else "StatelessIf", [pred, *inputs], attrs, [b.graph for b in branches], scope)
        _collect_summaries(summaries, outputs)
        return then.packed(outputs)


def _hand_out_summaries(branches: list[_Branch]) -> list[list[Any]]:
    """Let the node give the summaries that branches collected, empty ones when another branch runs. Returns the collections of each.

    Elsewhere a tensor of a branch cannot be used; `merge_all` shall find those.
    """
    found: dict[Any, tuple[_Branch, list[Any]]] = {}
    for branch in branches:
        for key, items in branch.graph._collections.items():
            for item in items:
                if isinstance(item, core.Tensor) and item.graph is branch.graph and _is_summary(item):
                    found.setdefault(item, (branch, []))[1].append(key)
    for item, (owner, _) in found.items():
        for branch in branches:
            with branch.graph.as_default():
                branch.flat.append(item if branch is owner else convert_to_tensor(b"", name="no_summary"))
    return [keys for _, keys in found.values()]


def _is_summary(tensor: Any) -> bool:
    """Whether it is made by an op for summaries, or by one in a branch inside."""
    while tensor.op.type == "Identity":
        tensor = tensor.op.inputs[0]
    if tensor.op.type in ("If", "StatelessIf", "Case", "StatelessCase"):
        return tensor.dtype == dtypes.string
    return tensor.op.type.startswith(_SUMMARY_OPS)


_SUMMARY_OPS = ("ScalarSummary", "HistogramSummary", "ImageSummary", "AudioSummary", "TensorSummary", "MergeSummary")


def _collect_summaries(summaries: list[list[Any]], outputs: list[Any]) -> None:
    graph = core.get_default_graph()
    for keys, tensor in zip(summaries, outputs[len(outputs) - len(summaries) :]):
        for key in keys:
            graph.add_to_collection(key, tensor)


def _branch(label: str, old: str, given: Any, given_old: Any) -> Any:
    if given_old is not None:
        if given is not None:
            raise TypeError(f"cond(): '{label}' and '{old}' may not be set simultaneously.")
        return given_old
    if given is None:
        raise TypeError(f"cond(): '{label}' argument required")
    return given


class _Branch:
    """A branch function's body and results."""

    def __init__(self, f: Callable[[], Any], answer: bool):
        self.graph = FuncGraph(core.get_default_graph(), "cond branch")
        with self.graph.as_default():
            result = f()
            self.result = None if result is None else nest.map_structure(functools.partial(self._leaf, answer=answer), result)
            self.collect()

    def _leaf(self, value: Any, answer: bool) -> Any:
        if isinstance(value, core.Operation):
            with core.control_dependencies([value]):
                return convert_to_tensor(answer)
        return function.as_leaf(value)

    def collect(self) -> None:
        """Set `flat`: the tensors of the results, all of the body."""
        self.flat = (
            [] if self.result is None else [function.inside(self.graph, p) for leaf in nest.flatten(self.result) for p in function.parts_of(leaf)]
        )

    def unpack_singleton(self) -> None:
        result = self.result
        if isinstance(result, (list, tuple)) and len(result) == 1 and not hasattr(result, "_fields"):
            self.result = result[0]

    def packed(self, outputs: list[Any]) -> Any:
        """The structure of the results with the outputs of the node."""
        at = 0
        leaves = []
        for leaf in nest.flatten(self.result):
            n = len(function.parts_of(leaf))
            leaves.append(function.with_parts(leaf, outputs[at : at + n]))
            at += n
        return nest.pack_sequence_as(self.result, leaves)


def _agree(one: _Branch, two: _Branch, label: str, other: str) -> None:
    """Raise unless two branches return the same structure and types."""
    try:
        nest.assert_same_structure(one.result, two.result)
        for a, b in zip(nest.flatten(one.result), nest.flatten(two.result)):
            if len(function.parts_of(a)) != len(function.parts_of(b)) or hasattr(a, "_with_flow") != hasattr(b, "_with_flow"):
                raise TypeError(f"{a} and {b} are of different kinds.")
            if isinstance(a, IndexedSlices):
                _same_index_type(one, two, a, b)
    except TypeError as error:
        raise TypeError(f"Incompatible return types of '{label}' and '{other}': {error}") from None
    except ValueError as error:
        raise ValueError(f"Incompatible return values of '{label}' and '{other}': {error}") from None
    for a, b in zip(one.flat, two.flat):
        if a.dtype.base_dtype != b.dtype.base_dtype:
            raise ValueError(
                f"Outputs of '{label}' and '{other}' must have the same type(s). Received {a.dtype.name} from '{label}' and {b.dtype.name} from '{other}'."
            )


def _same_index_type(one: _Branch, two: _Branch, a: IndexedSlices, b: IndexedSlices) -> None:
    """Widen the row numbers of one IndexedSlices when the other has int64."""
    if a.indices.dtype == b.indices.dtype:
        return
    for branch, slices in ((one, a), (two, b)):
        if slices.indices.dtype == dtypes.int32:
            with branch.graph.as_default():
                slices._indices = core.create_op("Cast", [slices.indices], {"DstT": dtypes.int64}).outputs[0]
            branch.collect()


def _define(branches: list[_Branch], names: list[str]) -> tuple[list[Any], list[str], bool]:
    """Give the branches the same arguments and add them to the library: their inputs, their names, whether one is stateful."""
    inputs = list(dict.fromkeys(outer for b in branches for outer, _ in b.graph.captures))
    defined = [b.graph.define(name.replace("/", "_"), [b.graph.require(t) for t in inputs], b.flat) for b, name in zip(branches, names)]
    return inputs, [d[0] for d in defined], any(d[1] for d in defined)


def _merged_shapes(branches: list[_Branch]) -> list[Any]:
    return [functools.reduce(_merged, [t.shape for t in outputs]) for outputs in zip(*(b.flat for b in branches))]


def _merged(a: Any, b: Any) -> shapes.TensorShape:
    """What two shapes have in common."""
    if a.ndims is None or a.ndims != b.ndims:
        return shapes.TensorShape(None)
    return shapes.TensorShape([m if m == n else None for m, n in zip(a.as_list(), b.as_list())])


def case(
    pred_fn_pairs: Any, default: Callable[[], Any] | None = None, exclusive: bool = False, strict: bool = False, name: str | None = "case"
) -> Any:
    """Call the function of the first predicate that is true, or `default`.

    Args:
      pred_fn_pairs: list of (bool scalar tensor, function without arguments), or a dict, whose order is by the predicates' names.
      default: called when none is true; without it that is an error when the graph runs.
      exclusive: check that at most one predicate is true.
      strict: keep a list or tuple of one result as it is.

    TypeError: the pairs are no list, tuple or dict, an entry is no pair, a predicate no tensor or a function not callable.
    """
    pairs = _pairs(pred_fn_pairs)
    if default is not None and not callable(default):
        raise TypeError(f"'default' must be callable. Received: {default}")
    predicates, actions = [p for p, _ in pairs], [f for _, f in pairs]
    with core.name_scope(name, "case", predicates):
        chosen = default
        if chosen is None:
            chosen = _asserted_last(predicates, actions)
            predicates, actions = predicates[:-1], actions[:-1]
        for predicate, action in reversed(list(zip(predicates, actions))):
            chosen = functools.partial(cond, predicate, true_fn=action, false_fn=chosen, strict=strict)
        if not exclusive:
            return chosen()
        with core.control_dependencies([_at_most(predicates, 1, "Input error: exclusive=True")]):
            return chosen()


def _pairs(given: Any) -> list[tuple[Any, Callable[[], Any]]]:
    if not isinstance(given, (list, tuple, dict)):
        raise TypeError(f"'pred_fn_pairs' must be a list, tuple, or dict. Received: {type(given)}")
    if isinstance(given, dict):
        pairs = list(given.items())
        if type(given) is dict:
            pairs.sort(key=lambda item: item[0].name)
    else:
        pairs = list(given)
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(f"Each entry in 'pred_fn_pairs' must be a 2-tuple. Received {pair}.")
        predicate, action = pair
        if not (isinstance(predicate, core.Tensor) or hasattr(predicate, "_as_graph_element")):
            raise TypeError(f"pred must be a Tensor, got: {predicate}")
        if predicate.dtype.base_dtype != dtypes.bool:
            raise TypeError(f"pred must be Tensor of type bool: {predicate.name}")
        if not callable(action):
            raise TypeError(f"fn for pred {predicate.name} must be callable.")
    return pairs


def _at_most(predicates: list[Any], n: int, message: str) -> Any:
    """An Assert that at most `n` predicates are true."""
    from graphpb.ops import raw
    from graphpb.ops.checks import Assert

    preds = raw.Pack(values=predicates, name="preds_c")
    count = raw.Sum(input=raw.Cast(x=preds, DstT=dtypes.int32, name="Cast"), reduction_indices=constant([0], dtypes.int32), name="num_true_conds")
    few = raw.LessEqual(x=count, y=convert_to_tensor(n, name="n_true_conds"))
    names = ", ".join(getattr(p, "name", "?") for p in predicates)
    return Assert(few, [f"{message}: more than {n} conditions ({names}) evaluated as True:", preds], summarize=len(predicates))


def _asserted_last(predicates: list[Any], actions: list[Callable[[], Any]]) -> Callable[[], Any]:
    """The last action as default, after checks that its predicate is true and no other one."""
    others, last = predicates[:-1], predicates[-1]

    def default() -> Any:
        from graphpb.ops import raw
        from graphpb.ops.checks import Assert

        checks = []
        if others:
            message = f"Implementation error: selected default action #{len(others)} was called, but some of other predicates are True: "
            checks.append(_at_most(others, 0, message))
        checks.append(Assert(last, ["Input error: None of conditions evaluated as True:", raw.Pack(values=predicates, name="preds_c")]))
        with core.control_dependencies(checks):
            return actions[-1]()

    return default


def switch_case(branch_index: Any, branch_fns: Any, default: Callable[[], Any] | None = None, name: str | None = "switch_case") -> Any:
    """Call the function with the number `branch_index`, or the last one (`default`, when given) for a number outside.

    Args:
      branch_index: int32 scalar tensor.
      branch_fns: dict of int to function, or list of functions, or of (int, function).
      default: called when no function has the number.

    TypeError: the index is no int32 scalar, or a branch is no function. ValueError: the numbers are not 0 to n−1; results differ
    in structure or type.
    """
    if not isinstance(branch_index, core.Tensor) and not hasattr(branch_index, "_as_graph_element"):
        raise TypeError(f"'branch_index' must be a Tensor, got {type(branch_index)}")
    if not branch_index.dtype.is_integer:
        raise TypeError(f"'branch_index' must be an integer Tensor, got {branch_index.dtype}")
    functions = _numbered(branch_fns, default)
    with core.name_scope(name, "switch_case", [branch_index]) as scope:
        index = function.read(convert_to_tensor(branch_index, name="branch_index"))
        if index.dtype != dtypes.int32:
            raise TypeError(f"'branch_index' must be int32, got {index.dtype.name}")
        branches = [_Branch(f, True) for f in functions]
        for i, branch in enumerate(branches):
            if branch.result is None:
                raise ValueError(f"branch {i} must have a return value.")
            branch.unpack_singleton()
        for i, branch in enumerate(branches[1:], 1):
            try:
                _agree(branches[0], branch, "branches[0]", f"branches[{i}]")
            except ValueError as error:
                raise TypeError(
                    f"branches[0] and branches[{i}] arguments to tf.switch_case must have the same number, type, and overall structure of return "
                    f"values. {error}"
                ) from None
        summaries = _hand_out_summaries(branches)
        inputs, names, stateful = _define(branches, [f"{scope}branch{i}" for i in range(len(branches))])
        attrs = {
            "Tout": [t.dtype for t in branches[0].flat],
            "branches": names,
            "output_shapes": _merged_shapes(branches),
            "_lower_using_switch_merge": True,
        }
        outputs = function.call_op("Case" if stateful else "StatelessCase", [index, *inputs], attrs, [b.graph for b in branches], scope)
        _collect_summaries(summaries, outputs)
        return branches[0].packed(outputs)


def _numbered(branch_fns: Any, default: Any) -> list[Any]:
    """The functions in the order of their numbers, and then the default one."""
    if not branch_fns:
        raise ValueError("Must provide at least one item in 'branch_fns'")
    if not isinstance(branch_fns, (list, tuple, dict)):
        raise TypeError("'branch_fns' must be a list, tuple, or dict")
    pairs = list(branch_fns.items()) if isinstance(branch_fns, dict) else list(branch_fns)
    if all(callable(f) for f in pairs):
        pairs = list(enumerate(pairs))
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(f"Each entry in 'branch_fns' must be a 2-tuple. Received {pair}.")
        number, f = pair
        if not isinstance(number, int):
            raise TypeError(f"key must be a Python `int`, got {type(number)}")
        if not callable(f):
            raise TypeError(f"fn for key {number} must be callable.")
    keys = sorted(n for n, _ in pairs)
    if keys != list(range(len(keys))):
        raise ValueError(f"branch indices (keys) must form contiguous range of [0 to {len(keys)}) but found {{{','.join(map(str, keys))}}}")
    if default is not None and not callable(default):
        raise TypeError(f"'default' must be callable. Received: {default}")
    functions = [f for _, f in sorted(pairs, key=lambda pair: pair[0])]
    return functions if default is None else [*functions, default]
