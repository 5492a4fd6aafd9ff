"""One function per op of the registry, made on first use: `raw.MatMul(a=x, b=y, transpose_a=False, name=None)`.

Arguments are the op's inputs in order, then its attributes that do not follow from the inputs, then `name`; all may be given by
name or by position. Inputs are converted to tensors as TensorFlow does (types fixed by earlier inputs, constants named after the
argument). The result is a Tensor, an Operation (an op without outputs), or a named tuple with one entry per output argument (a list for
a list argument).
"""

from __future__ import annotations

import collections
import typing

from graphpb import _native, dtypes
from graphpb.graph import core
from graphpb.graph.convert import convert_n_to_tensor, convert_to_tensor


class _Op:
    """What the function of an op needs to know."""

    __slots__ = (
        "attr_specs",
        "defaults",
        "free_attrs",
        "inputs",
        "name",
        "outputs",
        "parameters",
        "plain",
        "result",
        "several_lists",
        "type_defaults",
        "type_lists",
    )

    def __init__(self, definition: dict[str, typing.Any]):
        self.name: str = definition["name"]
        self.inputs: list[dict[str, typing.Any]] = definition["inputs"]
        self.outputs: list[dict[str, typing.Any]] = definition["outputs"]
        self.attr_specs = {a["name"]: a for a in definition["attrs"]}
        inferred = set()
        for arg in self.inputs:
            inferred.update(k for k in (arg["type_attr"], arg["type_list_attr"], arg["number_attr"]) if k)
        self.free_attrs = [a for a in definition["attrs"] if a["name"] not in inferred]
        self.type_defaults = {a["name"]: a["default_type"] for a in definition["attrs"] if a["default_type"] is not None}
        self.type_lists = {a["name"]: a["allowed_types"] for a in definition["attrs"] if a["type"] == "type" and a["allowed_types"]}
        required = [a["name"] for a in self.free_attrs if not a["has_default"]]
        optional = [a["name"] for a in self.free_attrs if a["has_default"]]
        self.parameters = [a["name"] for a in self.inputs] + required + optional
        self.defaults = frozenset(optional)
        self.result = collections.namedtuple(self.name, [a["name"] for a in self.outputs], rename=True)
        # The registry infers the length of one list; of several, they are stated.
        self.several_lists = sum(_is_list(a) for a in self.inputs) > 1
        self.plain = all(not (a["number_attr"] or a["type_list_attr"]) for a in self.inputs)


def _is_list(arg: dict[str, typing.Any]) -> bool:
    return bool(arg["number_attr"] or arg["type_list_attr"])


_functions: dict[str, typing.Any] = {}


def _make(name: str) -> typing.Any:
    definition = _native.op_def(name)
    if definition is None:
        raise AttributeError(f"the registry has no op {name!r}; `graphpb ops` lists those it has")
    op = _Op(definition)
    parameters = op.parameters
    inputs = len(op.inputs)
    one_output = len(op.outputs) == 1 and not _is_list(op.outputs[0])
    tensor = core.Tensor

    def call(*args: typing.Any, name: str | None = None, **kwargs: typing.Any) -> typing.Any:
        given = dict(zip(parameters, args))
        if len(args) > len(parameters):
            if len(args) == len(parameters) + 1 and name is None:
                name = args[-1]
            else:
                raise TypeError(f"{op.name}() takes at most {len(parameters) + 1} arguments, got {len(args)}")
        for key, value in kwargs.items():
            if key in given:
                raise TypeError(f"{op.name}() got multiple values for argument '{key}'")
            if key not in parameters and key not in op.attr_specs:
                raise TypeError(f"{op.name}() got an unexpected keyword argument '{key}'")
            given[key] = value
        if one_output and op.plain and len(given) == inputs:
            values = tuple([given.get(p) for p in parameters[:inputs]])
            if inputs and all(type(v) is tensor for v in values):
                return values[0].graph.apply(op.name, values, None, name)
        return _apply(op, given, name)

    call.__name__ = call.__qualname__ = op.name
    call.__module__ = __name__
    call.__doc__ = (definition["doc"] or f"The op {op.name}.") + "\n\nParameters: " + ", ".join([*parameters, "name"]) + "."
    _functions[op.name] = call
    return call


def apply_op(op_type: str, name: str | None = None, **arguments: typing.Any) -> typing.Any:
    """Call the function of an op named at run time."""
    return (_functions.get(op_type) or _make(op_type))(name=name, **arguments)


def _type_name(number: int) -> str:
    return dtypes.of_number(number).name


def _apply(op: _Op, given: dict[str, typing.Any], name: str | None) -> typing.Any:
    graph = core.graph_of(_flat_values(op, given))
    if graph is core.get_default_graph():
        return _apply_in(graph, op, given, name)
    with graph.as_default():
        return _apply_in(graph, op, given, name)


def _flat_values(op: _Op, given: dict[str, typing.Any]) -> list[typing.Any]:
    values: list[typing.Any] = []
    for arg in op.inputs:
        value = given.get(arg["name"])
        if _is_list(arg) and isinstance(value, (list, tuple)):
            values.extend(value)
        else:
            values.append(value)
    return values


def _apply_in(graph: core.Graph, op: _Op, given: dict[str, typing.Any], name: str | None) -> typing.Any:
    attrs: dict[str, typing.Any] = {}
    for spec in op.attr_specs.values():
        key = spec["name"]
        if key in given:
            if given[key] is None and (spec["has_default"] and spec["type"] != "shape"):
                continue
            value = given[key]
            if spec["type"] == "type":
                value = dtypes.as_dtype(value).base_dtype
                _check_type(op, key, value.as_datatype_enum, key)
            elif spec["type"] == "list(type)":
                value = [dtypes.as_dtype(v).base_dtype for v in value]
            attrs[key] = value
    missing = [p for p in op.parameters if p not in given and p not in op.defaults]
    if missing:
        raise TypeError(f"{op.name}() missing required argument{'s' if len(missing) > 1 else ''}: " + ", ".join(repr(m) for m in missing))
    old = graph.prefix
    if name and name[-1] == "/":
        scope = name
        graph.prefix = scope
    else:
        scope, _ = graph.enter_scope(name or op.name)
    try:
        tensors, lengths = _convert_inputs(op, given, attrs)
    finally:
        graph.prefix = old
    for key in [k for k, spec in op.attr_specs.items() if k in attrs and k not in given]:
        # Types and lengths that follow from the inputs are left to the registry.
        del attrs[key]
    if op.several_lists:
        attrs.update({key: value for key, value in lengths.items() if key not in attrs})
    node = graph.add_node(op.name, tensors, attrs, scope)
    if not op.outputs:
        return graph.operation(node)
    if len(op.outputs) == 1 and not _is_list(op.outputs[0]):
        return graph.tensor(node, 0)
    return _grouped(op, graph.operation(node))


def _grouped(op: _Op, operation: core.Operation) -> typing.Any:
    outputs = operation.outputs
    if not outputs:
        return operation
    if len(op.outputs) == 1:
        return outputs
    result, at = [], 0
    for arg in op.outputs:
        if arg["number_attr"]:
            n = operation.get_attr(arg["number_attr"])
        elif arg["type_list_attr"]:
            n = len(operation.get_attr(arg["type_list_attr"]))
        else:
            result.append(outputs[at])
            at += 1
            continue
        result.append(outputs[at : at + n])
        at += n
    return op.result(*result)


def _check_type(op: _Op, type_attr: str, number: int, parameter: str) -> None:
    allowed = op.type_lists.get(type_attr)
    if allowed and number not in allowed:
        raise TypeError(
            f"Value passed to parameter '{parameter}' has DataType {_type_name(number)} not in list of allowed values: "
            + ", ".join(_type_name(t) for t in allowed)
        )


def _convert_inputs(op: _Op, given: dict[str, typing.Any], attrs: dict[str, typing.Any]) -> tuple[list[typing.Any], dict[str, typing.Any]]:
    """The tensors, and what the lists among the arguments say: their lengths and types."""
    tensors: list[typing.Any] = []
    lengths: dict[str, typing.Any] = {}
    inferred_from: dict[str, str] = {}
    types = {k: v.as_datatype_enum for k, v in attrs.items() if isinstance(v, dtypes.DType)}
    for arg in op.inputs:
        value = given[arg["name"]]
        if _is_list(arg):
            part = _convert_list(op, arg, value, types, inferred_from, attrs)
            tensors.extend(part)
            if arg["number_attr"]:
                lengths[arg["number_attr"]] = len(part)
            else:
                lengths[arg["type_list_attr"]] = [t.dtype.base_dtype for t in part]
            continue
        name, type_attr = arg["name"], arg["type_attr"]
        number = arg["type"] or types.get(type_attr)
        if isinstance(value, _native.Tensor):
            t = value
        else:
            t = _convert_one(op, arg, value, number, types, inferred_from)
        have = t.dtype.base_dtype.as_datatype_enum
        if arg["type"]:
            if have != arg["type"]:
                raise TypeError(
                    f"Input '{name}' of '{op.name}' Op has type {_type_name(have)} that does not match expected type of {_type_name(arg['type'])}."
                )
        elif type_attr in types:
            if have != types[type_attr]:
                raise TypeError(
                    f"Input '{name}' of '{op.name}' Op has type {_type_name(have)} that does not match type {_type_name(types[type_attr])} "
                    f"of argument '{inferred_from.get(type_attr, type_attr)}'."
                )
        else:
            _check_type(op, type_attr, have, name)
            types[type_attr] = have
            inferred_from[type_attr] = name
        if arg["is_ref"] and not t.dtype._is_ref_dtype:
            raise TypeError(f"'{op.name}' Op requires that input '{name}' be a mutable tensor (e.g.: a tf.Variable)")
        tensors.append(t)
    return tensors, lengths


def _convert_one(
    op: _Op, arg: dict[str, typing.Any], value: typing.Any, number: int | None, types: dict[str, int], inferred_from: dict[str, str]
) -> typing.Any:
    name, type_attr = arg["name"], arg["type_attr"]
    default = None if number else op.type_defaults.get(type_attr)
    try:
        if number is None and default is not None and op.type_lists.get(type_attr):
            inferred = None
            try:
                inferred = convert_to_tensor(value, name=name, as_ref=arg["is_ref"])
            except TypeError:
                # Some values need a type to be told, such as an empty list.
                pass
            if inferred is not None and inferred.dtype.base_dtype.as_datatype_enum in op.type_lists[type_attr]:
                return inferred
            return convert_to_tensor(value, name=name, as_ref=arg["is_ref"], preferred_dtype=default)
        return convert_to_tensor(value, dtype=number, name=name, as_ref=arg["is_ref"], preferred_dtype=default)
    except TypeError as error:
        if number is None:
            raise
        raise TypeError(
            f"Expected {_type_name(number)} passed to parameter '{name}' of op '{op.name}', got {value!r} of type '{type(value).__name__}' instead. Error: {error}"
        ) from None
    except ValueError as error:
        try:
            observed = convert_to_tensor(value, as_ref=arg["is_ref"]).dtype.name
        except ValueError as second:
            raise ValueError(f"Tried to convert '{name}' to a tensor and failed. Error: {second}") from None
        prefix = f"Input '{name}' of '{op.name}' Op has type {observed} that does not match"
        if arg["type"]:
            raise TypeError(f"{prefix} expected type of {_type_name(arg['type'])}.") from None
        if type_attr in types:
            raise TypeError(f"{prefix} type {_type_name(types[type_attr])} of argument '{inferred_from.get(type_attr, type_attr)}'.") from None
        raise error


def _convert_list(
    op: _Op, arg: dict[str, typing.Any], value: typing.Any, types: dict[str, int], inferred_from: dict[str, str], attrs: dict[str, typing.Any]
) -> list[typing.Any]:
    name, type_attr = arg["name"], arg["type_attr"]
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"Expected list for '{name}' argument to '{op.name}' Op, not {value}.")
    number = arg["type"] or types.get(type_attr)
    default = None
    if number is None and arg["number_attr"]:
        for item in value:
            if isinstance(item, _native.Tensor):
                number = item.dtype.base_dtype.as_datatype_enum
                break
        else:
            default = op.type_defaults.get(type_attr)
    wanted = attrs.get(arg["type_list_attr"]) if arg["type_list_attr"] else None
    try:
        if wanted is not None and len(wanted) == len(value):
            converted = [convert_to_tensor(item, dtype=t, name=f"{name}_{i}", as_ref=arg["is_ref"]) for i, (item, t) in enumerate(zip(value, wanted))]
        else:
            converted = convert_n_to_tensor(value, dtype=number, name=name, preferred_dtype=default, as_ref=arg["is_ref"])
        kinds = {t.dtype.base_dtype for t in converted}
        if arg["number_attr"] and len(kinds) > 1:
            raise TypeError(f"Not all types matched for {name} for {op.name}. Got {kinds}")
    except (TypeError, ValueError):
        observed = []
        for item in value:
            try:
                observed.append(convert_to_tensor(item, as_ref=arg["is_ref"]).dtype.base_dtype.name)
            except (TypeError, ValueError):
                observed.append("<NOT CONVERTIBLE TO TENSOR>")
        prefix = f"Tensors in list passed to '{name}' of '{op.name}' Op have types [{', '.join(observed)}]"
        if not arg["number_attr"]:
            raise TypeError(f"{prefix} that are invalid. Tensors: {value}") from None
        if arg["type"]:
            raise TypeError(f"{prefix} that do not match expected type {_type_name(arg['type'])}.") from None
        if type_attr in types:
            raise TypeError(f"{prefix} that do not match type {_type_name(types[type_attr])} inferred from earlier arguments.") from None
        raise TypeError(f"{prefix} that don't all match.") from None
    if arg["number_attr"]:
        spec = op.attr_specs[arg["number_attr"]]
        if spec["minimum"] is not None and len(converted) < spec["minimum"]:
            raise ValueError(f"List argument '{name}' to '{op.name}' Op with length {len(converted)} shorter than minimum length {spec['minimum']}.")
        known = types.get(arg["number_attr"])
        if known is not None and known != len(converted):
            raise ValueError(
                f"List argument '{name}' to '{op.name}' Op with length {len(converted)} must match length {known} of argument "
                f"'{inferred_from.get(arg['number_attr'], arg['number_attr'])}'."
            )
        types[arg["number_attr"]] = len(converted)
        inferred_from.setdefault(arg["number_attr"], name)
        if type_attr and type_attr not in types and converted:
            number = converted[0].dtype.base_dtype.as_datatype_enum
            _check_type(op, type_attr, number, name)
            types[type_attr] = number
            inferred_from[type_attr] = name
    return converted


def __getattr__(name: str) -> typing.Any:
    if name.startswith("_"):
        raise AttributeError(name)
    function = _functions.get(name)
    if function is None:
        function = _make(name)
    globals()[name] = function
    return function


def __dir__() -> list[str]:
    return sorted([*_native.op_names(), "apply_op"])
