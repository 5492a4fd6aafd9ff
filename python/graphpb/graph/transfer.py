"""Graphs as messages and files: import_graph_def, write_graph, freezing variables, cutting sub-graphs."""

from __future__ import annotations

import os
from typing import Any

from graphpb import _native
from graphpb.graph import core


def import_graph_def(
    graph_def: Any,
    input_map: dict[str, Any] | None = None,
    return_elements: list[str] | None = None,
    name: str | None = None,
    op_dict: Any = None,
    producer_op_list: Any = None,
) -> list[Any] | None:
    """Add the nodes of a `GraphDef` to the default graph.

    Args:
      graph_def: a GraphDef of this package or of TensorFlow, or its serialized bytes.
      input_map: names of the file's tensors (`"x:0"`) and operations (`"^init"`) to the tensors that replace them.
      return_elements: names of operations and tensors of the file, whose counterparts are returned.
      name: prefix of the new names, `"import"` by default, `""` for none.

    ValueError: nodes that are wrong, `Attempted to map inputs that were not found in graph_def: […]`,
    `Requested return tensor '…' not found in graph def`. TypeError: not a GraphDef.
    """
    if isinstance(graph_def, (bytes, bytearray)):
        data = bytes(graph_def)
        from graphpb import protos

        message = protos.GraphDef.FromString(data)
    elif hasattr(graph_def, "SerializeToString") and hasattr(graph_def, "node"):
        data, message = graph_def.SerializeToString(deterministic=True), graph_def
    else:
        raise TypeError(f"Argument `graph_def` must be a GraphDef proto. Received: {graph_def!r}.")
    if input_map is None:
        input_map = {}
    elif not (isinstance(input_map, dict) and all(isinstance(k, str) for k in input_map)):
        raise TypeError(f"Argument `input_map` must be a dictionary mapping strings to Tensor objects. Received {input_map!r}.")
    if return_elements is not None:
        return_elements = [e.decode() if isinstance(e, bytes) else e for e in return_elements]
        if not all(isinstance(e, str) for e in return_elements):
            raise TypeError(f"Argument `return_elements` must be a list of strings. Received {return_elements!r}.")
    graph = core.get_default_graph()
    names = {node.name for node in message.node}
    with core.name_scope("import" if name is None else name) as scope:
        mapped = {}
        for key, value in input_map.items():
            if key.startswith("^"):
                mapped[key] = value.op if isinstance(value, core.Tensor) else graph.as_graph_element(value)
            else:
                mapped[key if ":" in key else key + ":0"] = core.convert_to_tensor(value)
        used = {i if i.startswith("^") or ":" in i else i + ":0" for node in message.node for i in node.input}
        missing = [key for key in mapped if key not in used and key.lstrip("^").split(":")[0] not in names]
        if missing:
            raise ValueError(f"Attempted to map inputs that were not found in graph_def: [{', '.join(sorted(missing))}]")
        try:
            first = graph.import_def(data, scope, mapped, graph.current_controls())
        except core.errors.InvalidArgumentError as error:
            raise ValueError(str(error)) from None
    imported = {op.name for op in graph.operations(first)} if return_elements else set()
    if return_elements is None:
        return None
    found = []
    for element in return_elements:
        op_name, _, index = element.partition(":")
        op = graph.find(scope + op_name) if scope + op_name in imported else None
        if index:
            if op is None or not index.isdigit() or int(index) >= op._num_outputs:
                raise ValueError(f"Requested return tensor '{element}' not found in graph def")
            found.append(op.output(int(index)))
        else:
            if op is None:
                raise ValueError(f"Requested return node '{element}' not found in graph def")
            found.append(op)
    return found


def write_graph(graph_or_graph_def: Any, logdir: str, name: str, as_text: bool = True) -> str:
    """Write a graph as a file (text or binary) and return its path; the file appears whole or not at all."""
    graph_def = graph_or_graph_def.as_graph_def() if isinstance(graph_or_graph_def, core.Graph) else graph_or_graph_def
    os.makedirs(logdir, exist_ok=True)
    path = os.path.join(logdir, name)
    if as_text:
        from google.protobuf import text_format

        data = text_format.MessageToString(graph_def).encode()
    else:
        data = graph_def.SerializeToString(deterministic=True)
    temporary = f"{path}.{os.getpid()}.tmp"
    with open(temporary, "wb") as stream:
        stream.write(data)
    os.replace(temporary, path)
    return path


def _bare(text: str) -> str:
    """The node of an input: `^a`, `a:1` → `a`."""
    return text.lstrip("^").split(":")[0]


def _needed(graph_def: Any, names: list[str]) -> set[str]:
    by_name = {node.name: node for node in graph_def.node}
    for wanted in names:
        if wanted not in by_name:
            raise AssertionError(f"{wanted} is not in graph")
    seen: set[str] = set()
    stack = list(names)
    while stack:
        current = stack.pop()
        if current not in seen:
            seen.add(current)
            stack.extend(_bare(i) for i in by_name[current].input)
    return seen


def extract_sub_graph(graph_def: Any, dest_nodes: list[str]) -> Any:
    """A GraphDef with the nodes that `dest_nodes` depend on. AssertionError: `… is not in graph`."""
    if isinstance(dest_nodes, str):
        raise TypeError(f"dest_nodes must be an iterable of strings, but got type {type(dest_nodes)}.")
    if type(graph_def).__name__ != "GraphDef":
        raise TypeError(f"graph_def must be a graph_pb2.GraphDef proto, but got type {type(graph_def)}.")
    keep = _needed(graph_def, list(dest_nodes))
    out = type(graph_def)()
    out.node.extend(node for node in graph_def.node if node.name in keep)
    out.library.CopyFrom(graph_def.library)
    out.versions.CopyFrom(graph_def.versions)
    return out


def remove_training_nodes(input_graph: Any, protected_nodes: list[str] | None = None) -> Any:
    """A GraphDef without the Identity nodes (and CheckNumerics) that only training needs."""
    protected = set(protected_nodes or ())
    controls = {_bare(i) for node in input_graph.node for i in node.input if i.startswith("^")}
    passed = {}
    for node in input_graph.node:
        removable = node.op in ("Identity", "CheckNumerics") and node.name not in protected and node.name not in controls
        if removable and not any(i.startswith("^") for i in node.input) and "_class" not in node.attr:
            passed[node.name] = node.input[0]
    out = type(input_graph)()
    for node in input_graph.node:
        if node.name in passed:
            continue
        kept = out.node.add()
        kept.CopyFrom(node)
        for i, text in enumerate(kept.input):
            while text in passed:
                text = passed[text]
            kept.input[i] = text
    out.library.CopyFrom(input_graph.library)
    out.versions.CopyFrom(input_graph.versions)
    return out


def convert_variables_to_constants(
    sess: Any,
    input_graph_def: Any,
    output_node_names: list[str],
    variable_names_whitelist: Any = None,
    variable_names_blacklist: Any = None,
) -> Any:
    """A GraphDef of what the outputs need, with every variable replaced by a constant of its value in `sess`.

    Args:
      sess: the session that holds the values.
      output_node_names: names of the operations to keep.
      variable_names_whitelist: names of the variables to replace (all).
      variable_names_blacklist: names of variables to leave.
    """
    cut = extract_sub_graph(input_graph_def, output_node_names)
    names = [node.name for node in cut.node if node.op in ("Variable", "VariableV2", "VarHandleOp")]
    if variable_names_whitelist is not None:
        names = [n for n in names if n in set(variable_names_whitelist)]
    names = [n for n in names if n not in set(variable_names_blacklist or ())]
    kinds = {node.name: node.op for node in cut.node}
    fetches = [sess.graph.get_tensor_by_name((n + "/Read/ReadVariableOp:0") if kinds[n] == "VarHandleOp" else n + ":0") for n in names]
    values = dict(zip(names, sess.run(fetches))) if names else {}
    out = type(cut)()
    for node in cut.node:
        new = out.node.add()
        if node.name in values:
            new.name, new.op = node.name, "Const"
            value = values[node.name]
            data = _native.encode_tensor(value, node.attr["dtype"].type)
            new.attr["dtype"].CopyFrom(node.attr["dtype"])
            new.attr["value"].tensor.ParseFromString(data)
        elif node.op == "ReadVariableOp" and _bare(node.input[0]) in values:
            new.name, new.op = node.name, "Identity"
            new.attr["T"].CopyFrom(node.attr["dtype"])
            new.input.extend(node.input)
        elif node.op == "ResourceGather" and _bare(node.input[0]) in values:
            _gather_constant(out, new, node)
        else:
            new.CopyFrom(node)
    out.library.CopyFrom(cut.library)
    out.versions.CopyFrom(cut.versions)
    return out


def _gather_constant(graph_def: Any, new: Any, node: Any) -> None:
    """Make `new` the GatherV2 that does with a constant what a ResourceGather does with a variable."""
    from graphpb import protos

    axis = graph_def.node.add(name=node.name + "/axis", op="Const")
    axis.attr["dtype"].type = protos.DT_INT32
    axis.attr["value"].tensor.dtype = protos.DT_INT32
    axis.attr["value"].tensor.tensor_shape.SetInParent()
    axis.attr["value"].tensor.int_val.append(0)
    new.name, new.op = node.name, "GatherV2"
    data = [i for i in node.input if not i.startswith("^")]
    new.input.extend([*data, axis.name, *(i for i in node.input if i.startswith("^"))])
    new.attr["Tparams"].CopyFrom(node.attr["dtype"])
    new.attr["Tindices"].CopyFrom(node.attr["Tindices"])
    new.attr["Taxis"].type = protos.DT_INT32
    new.attr["batch_dims"].i = node.attr["batch_dims"].i
