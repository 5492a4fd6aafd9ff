"""MetaGraphs: a graph with its collections, as a message and as a file."""

from __future__ import annotations

import os
from typing import Any

from graphpb import _native, logging
from graphpb.graph import core
from graphpb.graph.collections import GraphKeys
from graphpb.graph.op_definitions import op_def_message
from graphpb.graph.transfer import import_graph_def
from graphpb.variables.variable import Variable

_VARIABLE_KEYS = (
    GraphKeys.GLOBAL_VARIABLES,
    GraphKeys.TRAINABLE_VARIABLES,
    GraphKeys.LOCAL_VARIABLES,
    GraphKeys.MODEL_VARIABLES,
    GraphKeys.MOVING_AVERAGE_VARIABLES,
    GraphKeys.METRIC_VARIABLES,
    GraphKeys.CONCATENATED_VARIABLES,
    GraphKeys.GLOBAL_STEP,
)
_SAVE_OPS = ("SaveV2", "Save", "SaveSlices", "RestoreV2", "Restore", "RestoreSlice")

_registered: dict[str, tuple[Any, Any, Any]] = {}


def register_proto_function(collection_name: str, proto_type: Any = None, to_proto: Any = None, from_proto: Any = None) -> None:
    """Say how the items of a collection become messages and how they are made from them.

    Args:
      collection_name: the collection.
      proto_type: class of the messages.
      to_proto: function of an item and `export_scope`.
      from_proto: function of a message and `import_scope`.
    """
    if to_proto and not callable(to_proto):
        raise TypeError("to_proto must be callable.")
    if from_proto and not callable(from_proto):
        raise TypeError("from_proto must be callable.")
    _registered[collection_name] = (proto_type, to_proto, from_proto)


def _converters(key: str) -> tuple[Any, Any, Any] | None:
    """Message class, to_proto and from_proto of a collection's items."""
    from graphpb import protos

    if key in _registered:
        return _registered[key]
    if key in _VARIABLE_KEYS:
        return protos.VariableDef, _variable_to_proto, _variable_from_proto
    if key == GraphKeys.SAVERS:
        from graphpb.train.saver import Saver

        return protos.SaverDef, Saver.to_proto, Saver.from_proto
    if key == GraphKeys.QUEUE_RUNNERS:
        from graphpb.train.queue_runner import QueueRunner

        return protos.QueueRunnerDef, QueueRunner.to_proto, QueueRunner.from_proto
    return None


def _variable_to_proto(variable: Any, export_scope: str | None = None) -> Any:
    return variable.to_proto(export_scope)


def _variable_from_proto(message: Any, import_scope: str | None = None) -> Any:
    return Variable.from_proto(message, import_scope)


def strip_name_scope(name: str, export_scope: str | None) -> str:
    """The name without `export_scope` at its start; `^` and `loc:@` stay."""
    if not export_scope:
        return name
    scope = export_scope.rstrip("/") + "/"
    for mark in ("^", "loc:@"):
        if name.startswith(mark):
            return mark + strip_name_scope(name[len(mark) :], export_scope)
    return name[len(scope) :] if name.startswith(scope) else name


def _exported(graph_def: Any, export_scope: str | None, clear_devices: bool, dropped: set[str]) -> Any:
    """The nodes below a scope, without its name."""
    out = type(graph_def)()
    for node in graph_def.node:
        if node.name in dropped or export_scope and not node.name.startswith(export_scope.rstrip("/") + "/"):
            continue
        new = out.node.add()
        new.CopyFrom(node)
        if clear_devices:
            new.device = ""
        if export_scope:
            _strip_node(new, export_scope)
    out.versions.CopyFrom(graph_def.versions)
    out.library.CopyFrom(graph_def.library)
    return out


def _strip_node(node: Any, scope: str) -> None:
    inside = scope.rstrip("/") + "/"
    node.name = strip_name_scope(node.name, scope)
    for i, name in enumerate(node.input):
        mark = "^" if name.startswith("^") else ""
        bare = name[len(mark) :]
        node.input[i] = mark + (strip_name_scope(bare, scope) if bare.startswith(inside) else "$unbound_inputs_" + bare)
    if "_class" in node.attr:
        kept = [s for s in node.attr["_class"].list.s if s.decode().partition("@")[2].startswith(inside)]
        del node.attr["_class"].list.s[:]
        node.attr["_class"].list.s.extend(strip_name_scope(s.decode(), scope).encode() for s in kept)
    if "frame_name" in node.attr and node.op in ("Enter", "RefEnter"):
        node.attr["frame_name"].s = strip_name_scope(node.attr["frame_name"].s.decode(), scope).encode()


def _kind(item: Any) -> str:
    if isinstance(item, (str, bytes)):
        return "bytes_list"
    if isinstance(item, int):
        return "int64_list"
    if isinstance(item, float):
        return "float_list"
    return "any_list" if hasattr(item, "type_url") else "node_list"


def add_collection_def(
    meta_graph_def: Any, key: Any, graph: Any = None, export_scope: str | None = None, dropped: Any = (), contents: Any = None
) -> None:
    """Add a collection to a MetaGraphDef; one that cannot be written is left out with a warning."""
    if isinstance(key, tuple) and len(key) == 1:
        return
    if not isinstance(key, (str, bytes)):
        logging.warning("Only collections with string type keys will be serialized. This key has %s", type(key))
        return
    inside = None if not export_scope else export_scope.rstrip("/") + "/"

    def wanted(item: Any) -> bool:
        name = item if isinstance(item, str) else getattr(item, "name", None)
        return name is None or not isinstance(name, str) or name.split(":")[0] not in dropped and (inside is None or name.startswith(inside))

    graph = graph or core.get_default_graph()
    items = [item for item in (graph.get_collection(key) if contents is None else contents) if wanted(item)]
    if not items:
        return
    try:
        collection = meta_graph_def.collection_def[key]
        converters = _converters(key)
        if converters is not None and not isinstance(items[0], bytes):
            for item in items:
                message = converters[1](item, export_scope=export_scope)
                if message is not None:
                    collection.bytes_list.value.append(message.SerializeToString())
            return
        kind = _kind(items[0])
        if kind == "node_list":
            collection.node_list.value.extend(strip_name_scope(item.name, export_scope) for item in items)
        elif kind == "bytes_list":
            collection.bytes_list.value.extend(item.encode() if isinstance(item, str) else item for item in items)
        else:
            getattr(collection, kind).value.extend(items)
    except Exception as error:
        logging.warning("Issue encountered when serializing %s: its items cannot be stored. It is left out.\n%s", key, error)
        if key in meta_graph_def.collection_def:
            del meta_graph_def.collection_def[key]


def _used_ops(graph_def: Any) -> list[str]:
    functions = {f.signature.name: f for f in graph_def.library.function}
    used = {node.op for node in graph_def.node}
    used.update(node.op for f in functions.values() for node in f.node_def)
    return sorted(used - set(functions))


def stripped_op_list_for_graph(graph_def: Any) -> Any:
    """The definitions, without documentation, of the ops that a graph uses, as an `OpList`."""
    from graphpb import protos

    out = protos.OpList()
    for name in _used_ops(graph_def):
        found = op_def_message(name)
        if found is not None:
            out.op.append(found)
    return out


def strip_default_attributes(graph_def: Any) -> None:
    """Drop the attributes that have their default values, so that older programs load the graph."""
    functions = {f.signature.name for f in graph_def.library.function}
    nodes = [*graph_def.node, *(node for f in graph_def.library.function for node in f.node_def)]
    defaults: dict[str, dict[str, bytes]] = {}
    for node in nodes:
        if node.op in functions:
            continue
        if node.op not in defaults:
            found = _native.op_def(node.op)
            specs = found["attrs"] if found else []
            defaults[node.op] = {s["name"]: s["default"] for s in specs if s["default"] is not None}
        for name, default in defaults[node.op].items():
            if name in node.attr:
                expected = type(node.attr[name]).FromString(default)
                if node.attr[name] == expected:
                    del node.attr[name]


def _extraneous_savers(graph_def: Any, saver_def: Any) -> set[str]:
    """The names of the nodes of all Savers but one; each stands in a scope of its own."""

    def scope_of(name: str) -> str:
        return name.split(":")[0].lstrip("^").rpartition("/")[0] + "/"

    names = {node.name for node in graph_def.node if node.op in _SAVE_OPS}
    scopes = {scope_of(name) for name in names}
    kept = {scope_of(saver_def.save_tensor_name), scope_of(saver_def.restore_op_name)} if saver_def is not None else set()
    return {node.name for node in graph_def.node if any(node.name.startswith(s) for s in scopes - kept - {"/"})}


def create_meta_graph_def(
    meta_info_def: Any = None,
    graph_def: Any = None,
    saver_def: Any = None,
    collection_list: Any = None,
    graph: Any = None,
    export_scope: str | None = None,
    dropped: Any = (),
    strip_default_attrs: bool = False,
    clear_extraneous_savers: bool = False,
) -> Any:
    """A `MetaGraphDef` of a graph (as `graph_def` where that is given) and its collections."""
    from graphpb import __version__, protos

    graph = graph or core.get_default_graph()
    out = protos.MetaGraphDef()
    if meta_info_def is not None:
        out.meta_info_def.CopyFrom(meta_info_def)
    out.meta_info_def.tensorflow_version = "1.15.0"
    out.meta_info_def.tensorflow_git_version = f"graphpb {__version__}"
    out.graph_def.MergeFrom(graph.as_graph_def(add_shapes=True) if graph_def is None else graph_def)
    if not out.meta_info_def.HasField("stripped_op_list"):
        out.meta_info_def.stripped_op_list.MergeFrom(stripped_op_list_for_graph(out.graph_def))
    if strip_default_attrs:
        strip_default_attributes(out.graph_def)
        out.meta_info_def.stripped_default_attrs = True
    if saver_def is not None:
        out.saver_def.MergeFrom(saver_def)
    keys = graph.get_all_collection_keys() if collection_list is None else collection_list
    for key in keys:
        contents = None
        if clear_extraneous_savers and key == GraphKeys.SAVERS:
            from graphpb.train.saver import Saver

            contents = [Saver.from_proto(saver_def)] if saver_def is not None else []
        add_collection_def(out, key, graph, export_scope, dropped, contents)
    return out


def export_meta_graph(
    filename: str | None = None,
    meta_info_def: Any = None,
    graph_def: Any = None,
    saver_def: Any = None,
    collection_list: Any = None,
    as_text: bool = False,
    graph: Any = None,
    export_scope: str | None = None,
    clear_devices: bool = False,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    save_debug_info: bool = False,
) -> Any:
    """The default graph (or `graph`) with its collections as a `MetaGraphDef`, also written to `filename` if one is given.

    Args:
      filename: path of the file.
      meta_info_def: `MetaInfoDef` to start from.
      graph_def: the graph as a message, if it is not the default one.
      saver_def: `SaverDef` to store.
      collection_list: keys of the collections to store (all).
      as_text: write text.
      graph: graph whose collections are stored.
      export_scope: store only what is below this scope, without its name.
      clear_devices: drop device names.
      clear_extraneous_savers: drop the nodes of other Savers.
      strip_default_attrs: drop attributes that have their default values.

    ValueError: `graph_def` together with `export_scope`.
    """
    if export_scope and graph_def is not None:
        raise ValueError("graph_def and export_scope cannot both be specified.")
    graph = graph or core.get_default_graph()
    whole = graph.as_graph_def(add_shapes=True) if graph_def is None else graph_def
    dropped = _extraneous_savers(whole, saver_def) if clear_extraneous_savers else set()
    if export_scope or clear_devices or dropped:
        whole = _exported(whole, export_scope, clear_devices, dropped)
    message = create_meta_graph_def(
        meta_info_def, whole, saver_def, collection_list, graph, export_scope, dropped, strip_default_attrs, clear_extraneous_savers
    )
    unbound = sorted({i for node in message.graph_def.node for i in node.input if i.lstrip("^").startswith("$unbound_inputs_")})
    if unbound:
        message.collection_def["unbound_inputs"].bytes_list.value.extend(i.encode() for i in unbound)
    if filename:
        write_meta_graph_file(message, filename, as_text)
    return message


def write_meta_graph_file(message: Any, filename: str, as_text: bool = False) -> None:
    """Write a MetaGraph; a reader sees the old file or the new one."""
    from google.protobuf import text_format

    from graphpb.train.checkpoint_state import write_atomically

    folder = os.path.dirname(filename)
    if folder:
        os.makedirs(folder, exist_ok=True)
    write_atomically(filename, text_format.MessageToString(message).encode() if as_text else message.SerializeToString(deterministic=True))


def read_meta_graph_file(filename: Any) -> Any:
    """The MetaGraph in a file, binary or text. OSError: `File … does not exist.`, `Cannot parse file …`."""
    from google.protobuf import message as protobuf
    from google.protobuf import text_format

    from graphpb import protos

    name = os.fspath(filename)
    if not os.path.isfile(name):
        raise OSError(f"File does not exist. Received: {name}.")
    with open(name, "rb") as stream:
        data = stream.read()
    try:
        return protos.MetaGraphDef.FromString(data)
    except (protobuf.DecodeError, RuntimeError):
        pass
    out = protos.MetaGraphDef()
    try:
        text_format.Merge(data.decode(), out)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise OSError(f"Cannot parse file {name}: {error}.") from None
    return out


def import_scoped_meta_graph(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    graph: Any = None,
    import_scope: str | None = None,
    input_map: Any = None,
    unbound_inputs_col_name: str = "unbound_inputs",
    restore_collections_predicate: Any = lambda key: True,
) -> dict[str, Any]:
    """Add a MetaGraph's nodes and collections to a graph; the variables by their names without the scope.

    ValueError: a graph with unbound inputs needs an `input_map` for all of them.
    """
    from graphpb import protos

    message = meta_graph_or_file if hasattr(meta_graph_or_file, "graph_def") else read_meta_graph_file(meta_graph_or_file)
    if not isinstance(message, protos.MetaGraphDef):
        message = protos.MetaGraphDef.FromString(message.SerializeToString())
    unbound = []
    if unbound_inputs_col_name in message.collection_def:
        unbound = [v.decode() for v in message.collection_def[unbound_inputs_col_name].bytes_list.value]
        if unbound and (not input_map or {_bare(u) for u in unbound} - {_bare(k) for k in input_map} - set(input_map)):
            raise ValueError(f"Graph contains unbound inputs: {unbound}. Must provide these inputs through input_map.")
        if input_map:
            input_map = {k if k.lstrip("^").startswith("$") else _unbound(k): v for k, v in input_map.items()}
    graph = graph or core.get_default_graph()
    with graph.as_default():
        scope = graph.unique_name(import_scope, mark_as_used=False) if import_scope else ""
        graph_def = message.graph_def
        if clear_devices:
            graph_def = protos.GraphDef()
            graph_def.CopyFrom(message.graph_def)
            for node in graph_def.node:
                node.device = ""
        import_graph_def(graph_def, name=import_scope or "", input_map=input_map)
        made: dict[bytes, Any] = {}
        for key, collection in sorted(message.collection_def.items()):
            if key == unbound_inputs_col_name or not restore_collections_predicate(key):
                continue
            _restore_collection(graph, key, collection, scope, made)
        found = {}
        for variable in graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope or None):
            found[strip_name_scope(variable.name, scope)] = variable
    return found


def _bare(name: str) -> str:
    return name.lstrip("^").removeprefix("$unbound_inputs_").removesuffix(":0")


def _unbound(name: str) -> str:
    return "^$unbound_inputs_" + name[1:] if name.startswith("^") else "$unbound_inputs_" + name


def _restore_collection(graph: Any, key: str, collection: Any, scope: str, made: dict[bytes, Any]) -> None:
    kind = collection.WhichOneof("kind")
    if kind is None:
        logging.error("Cannot identify data type for collection %s. Skipping.", key)
        return
    values = getattr(collection, kind).value
    converters = _converters(key)
    if converters is not None and kind == "bytes_list":
        for value in values:
            if key in _VARIABLE_KEYS and value in made:
                graph.add_to_collection(key, made[value])
                continue
            item = converters[2](converters[0].FromString(value), import_scope=scope or None)
            if key in _VARIABLE_KEYS:
                made[value] = item
            graph.add_to_collection(key, item)
    elif kind == "node_list":
        for value in values:
            name = f"{scope}/{value}" if scope else value
            graph.add_to_collection(key, graph.as_graph_element(name))
    else:
        for value in values:
            if scope and kind == "bytes_list":
                # TensorFlow takes strings for names of nodes here.
                value = f"{scope}/{value.decode(errors='surrogateescape')}"
            graph.add_to_collection(key, int(value) if kind == "int64_list" else value)
