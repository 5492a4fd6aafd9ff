"""Loading SavedModels of TensorFlow 1 and, for their signatures, of TensorFlow 2."""

from __future__ import annotations

import os
from typing import Any

from graphpb.graph import core
from graphpb.saved_model import constants
from graphpb.saved_model.signature_def_utils import load_op_from_signature_def
from graphpb.train.saver import Saver, all_saveable_objects, import_meta_graph

WRITERS = frozenset(
    "WriteFile SaveV2 Save SaveSlices MergeV2Checkpoints PyFunc PyFuncStateless EagerPyFunc CreateSummaryFileWriter CreateSummaryDbWriter "
    "WriteSummary WriteGraphSummary".split()
)
"""Ops that a SavedModel may hold but not run while it is loaded: they write files, or call Python."""


def parse_saved_model(export_dir: Any) -> Any:
    """The `SavedModel` message of a folder. OSError: there is no file, or it cannot be parsed."""
    from google.protobuf import message as protobuf
    from google.protobuf import text_format

    from graphpb import protos

    folder = os.fspath(export_dir)
    binary = os.path.join(folder, constants.SAVED_MODEL_FILENAME_PB)
    text = os.path.join(folder, constants.SAVED_MODEL_FILENAME_PBTXT)
    if os.path.isfile(binary):
        with open(binary, "rb") as stream:
            data = stream.read()
        try:
            return protos.SavedModel.FromString(data)
        except (protobuf.DecodeError, RuntimeError) as error:
            raise OSError(f"Cannot parse file {binary}: {error}.") from None
    if os.path.isfile(text):
        with open(text, "rb") as stream:
            data = stream.read()
        try:
            return text_format.Parse(data.decode(), protos.SavedModel())
        except (text_format.ParseError, UnicodeDecodeError) as error:
            raise OSError(f"Cannot parse file {text}: {error}.") from None
    names = f"{constants.SAVED_MODEL_FILENAME_PBTXT}|{constants.SAVED_MODEL_FILENAME_PB}"
    raise OSError(f"SavedModel file does not exist at: {folder}{os.path.sep}{{{names}}}")


def maybe_saved_model_directory(export_dir: Any) -> bool:
    """Tell whether a folder holds a file called `saved_model.pb` or `saved_model.pbtxt`."""
    folder = os.fspath(export_dir)
    return any(os.path.exists(os.path.join(folder, name)) for name in (constants.SAVED_MODEL_FILENAME_PB, constants.SAVED_MODEL_FILENAME_PBTXT))


contains_saved_model = maybe_saved_model_directory


def load(sess: Any, tags: Any, export_dir: Any, import_scope: str | None = None, **saver_kwargs: Any) -> Any:
    """Add a SavedModel's graph to a session's graph, restore its variables, and run its initialization.

    Args:
      sess: the session.
      tags: the tags of the wanted graph, exactly.
      export_dir: the folder.
      import_scope: prefix of the new names.
      **saver_kwargs: as `tf.train.import_meta_graph`.

    Returns:
      The `MetaGraphDef` of the graph, with its signatures.

    RuntimeError: no graph has these tags. OSError: no readable SavedModel. ValueError: an asset lies outside of the
    `assets` folder, or the operations to run would write files.
    """
    return SavedModelLoader(export_dir).load(sess, tags, import_scope, **saver_kwargs)


class SavedModelLoader:
    """A SavedModel's folder, and the steps of loading it."""

    def __init__(self, export_dir: Any):
        self._export_dir = os.fspath(export_dir)
        self._saved_model = parse_saved_model(self._export_dir)

    @property
    def export_dir(self) -> str:
        """The folder."""
        return self._export_dir

    @property
    def variables_path(self) -> str:
        """The prefix of the checkpoint."""
        return os.path.join(self._export_dir, constants.VARIABLES_DIRECTORY, constants.VARIABLES_FILENAME)

    @property
    def saved_model(self) -> Any:
        """The `SavedModel` message."""
        return self._saved_model

    def get_meta_graph_def_from_tags(self, tags: Any) -> Any:
        """The graph that has exactly these tags. RuntimeError: there is none."""
        wanted = {tags} if isinstance(tags, str) else set(tags)
        for meta in self._saved_model.meta_graphs:
            if set(meta.meta_info_def.tags) == wanted:
                return meta
        available = [set(meta.meta_info_def.tags) for meta in self._saved_model.meta_graphs]
        raise RuntimeError(
            f"MetaGraphDef associated with tags {str(tags).strip('[]')} could not be found in SavedModel, with available tags '{available}'. "
            "To inspect available tag-sets in the SavedModel, please use: graphpb info DIR"
        )

    def load_graph(self, graph: Any, tags: Any, import_scope: str | None = None, **saver_kwargs: Any) -> tuple[Any, Any]:
        """Add the nodes and collections to a graph; its Saver (or None), and None."""
        with graph.as_default():
            return import_meta_graph(self.get_meta_graph_def_from_tags(tags), import_scope=import_scope, **saver_kwargs), None

    def restore_variables(self, sess: Any, saver: Any, import_scope: str | None = None) -> None:
        """Restore the variables with a Saver. ValueError: there are variables, but no Saver."""
        with sess.graph.as_default():
            if saver is None and not all_saveable_objects(import_scope):
                return
            if not isinstance(saver, Saver):
                raise ValueError("No tf.train.Saver object was passed to the function `SavedModelLoader.restore_variables`.")
            if saver.saver_def is not None:
                _refuse_writers(sess.graph, saver.saver_def.restore_op_name, "restores the variables")
            saver.restore(sess, self.variables_path)

    def run_init_ops(self, sess: Any, tags: Any, import_scope: str | None = None) -> None:
        """Run the initialization with the assets' paths fed."""
        meta = self.get_meta_graph_def_from_tags(tags)
        with sess.graph.as_default():
            assets = get_asset_tensors(self._export_dir, meta, import_scope)
            init = _init_op(sess.graph, meta, import_scope)
            if init is not None:
                _refuse_writers(sess.graph, init.name, "initializes the model")
                sess.run([init], assets)

    def load(self, sess: Any, tags: Any, import_scope: str | None = None, **saver_kwargs: Any) -> Any:
        """As the function `load`."""
        meta = self.get_meta_graph_def_from_tags(tags)
        get_asset_tensors(self._export_dir, meta, import_scope)
        with sess.graph.as_default():
            saver, _ = self.load_graph(sess.graph, tags, import_scope, **saver_kwargs)
            self.restore_variables(sess, saver, import_scope)
            self.run_init_ops(sess, tags, import_scope)
        return meta


def get_asset_tensors(export_dir: str, meta_graph_def: Any, import_scope: str | None = None) -> dict[str, str]:
    """Names of the tensors that are fed with assets to the paths of these.

    ValueError: a path leaves the `assets` folder, directly or through a symbolic link.
    """
    from graphpb import protos

    assets = list(meta_graph_def.asset_file_def)
    if not assets and constants.ASSETS_KEY in meta_graph_def.collection_def:
        stored = meta_graph_def.collection_def[constants.ASSETS_KEY].any_list.value
        assets = [protos.AssetFileDef.FromString(item.value) for item in stored]
    folder = os.path.join(export_dir, constants.ASSETS_DIRECTORY)
    inside = os.path.realpath(folder)
    found = {}
    for asset in assets:
        path = os.path.join(folder, asset.filename)
        parts = asset.filename.replace("\\", "/").split("/")
        plain = asset.filename and not os.path.isabs(asset.filename) and ".." not in parts and "\0" not in asset.filename
        if not plain or os.path.commonpath([inside, os.path.realpath(path)]) != inside:
            raise ValueError(f"Asset {asset.filename!r} lies outside of the SavedModel's folder {folder}")
        name = asset.tensor_info.name
        found[f"{import_scope}/{name}" if import_scope else name] = path
    return found


def _init_op(graph: Any, meta: Any, import_scope: str | None) -> Any:
    if constants.INIT_OP_SIGNATURE_KEY in meta.signature_def:
        key = constants.INIT_OP_SIGNATURE_KEY
        return load_op_from_signature_def(meta.signature_def[key], key, import_scope)
    for key in (constants.MAIN_OP_KEY, constants.LEGACY_INIT_OP_KEY):
        if key in meta.collection_def:
            names = meta.collection_def[key].node_list.value
            if len(names) != 1:
                raise RuntimeError(f"Expected exactly one SavedModel init op. Found {len(names)}: {list(names)}.")
            return graph.as_graph_element(f"{import_scope}/{names[0]}" if import_scope else names[0])
    return None


def _refuse_writers(graph: Any, name: str, what: str) -> None:
    """ValueError when what an operation depends on writes files or calls Python."""
    element = graph.as_graph_element(name)
    stack, seen, functions = [element.op if isinstance(element, core.Tensor) else element], set(), set()
    library = {f.signature.name: f for f in graph.as_graph_def().library.function}

    def check(op_type: str, where: str) -> None:
        if op_type in WRITERS:
            raise ValueError(f"The operation {name!r} that {what} depends on {where} ({op_type}), which writes files or calls Python; it is not run.")

    called = []
    while stack:
        op = stack.pop()
        if op._id in seen:
            continue
        seen.add(op._id)
        check(op.type, op.name)
        called.append(op.node_def)
        stack.extend(t.op for t in op.inputs)
        stack.extend(op.control_inputs)
    while called:
        node = called.pop()
        check(node.op, node.name)
        targets = [node.op]
        for value in node.attr.values():
            targets += [value.func.name, *(f.name for f in value.list.func)]
        for target in targets:
            if target in library and target not in functions:
                functions.add(target)
                called.extend(library[target].node_def)
