"""Writing SavedModels: graphs with signatures, their variables and their asset files in one folder."""

from __future__ import annotations

import os
import shutil
from typing import Any

from graphpb import protos
from graphpb.graph import core
from graphpb.graph.collections import GraphKeys
from graphpb.graph.static import constant_value
from graphpb.saved_model import constants, signature_constants, tag_constants
from graphpb.saved_model.signature_def_utils import _own, predict_signature_def
from graphpb.saved_model.tensor_info import build_tensor_info
from graphpb.train.checkpoint_state import write_atomically
from graphpb.train.saver import Saver, all_saveable_objects


class SavedModelBuilder:
    """Writes a SavedModel into a new or empty folder.

    The first graph is added with its variables, further ones share them; `save` writes the file.

    AssertionError: the folder is not empty.
    """

    def __init__(self, export_dir: Any):
        self._export_dir = os.fspath(export_dir)
        self._saved_model = protos.SavedModel(saved_model_schema_version=constants.SAVED_MODEL_SCHEMA_VERSION)
        self._has_variables = False
        self._assets: dict[str, str] = {}
        if os.path.isdir(self._export_dir) and os.listdir(self._export_dir):
            raise AssertionError(
                f"Export directory {self._export_dir} already exists, and isn't empty. Please choose a different export directory, "
                "or delete all the contents of the specified directory."
            )
        os.makedirs(self._export_dir, exist_ok=True)

    def add_meta_graph_and_variables(
        self,
        sess: Any,
        tags: Any,
        signature_def_map: Any = None,
        assets_collection: Any = None,
        legacy_init_op: Any = None,
        clear_devices: bool = False,
        main_op: Any = None,
        strip_default_attrs: bool = False,
        saver: Any = None,
    ) -> None:
        """Add the default graph and save its variables.

        Args:
          sess: session that holds the variables.
          tags: strings by which the graph is found again.
          signature_def_map: dict of names to `SignatureDef`.
          assets_collection: constant string tensors that hold paths of files, which are copied.
          legacy_init_op: old name of `main_op`.
          clear_devices: drop device names.
          main_op: operation that is run when the model is loaded, with the assets' new paths fed.
          strip_default_attrs: drop attributes that have their default values.
          saver: the Saver to use instead of a new sharded one.

        AssertionError: variables were saved already, or a signature lacks names or dtypes. KeyError: a reserved name.
        """
        if self._has_variables:
            raise AssertionError("Graph state including variables and assets has already been saved. Please invoke `add_meta_graph()` instead.")
        signatures = self._check_signatures(signature_def_map)
        self._add_collections(assets_collection, main_op if main_op is not None else legacy_init_op)
        folder = os.path.join(self._export_dir, constants.VARIABLES_DIRECTORY)
        os.makedirs(folder, exist_ok=True)
        saver = saver or _new_saver()
        saver.save(sess, os.path.join(folder, constants.VARIABLES_FILENAME), write_meta_graph=False, write_state=False)
        self._add(saver, tags, signatures, clear_devices, strip_default_attrs)
        self._has_variables = True

    def add_meta_graph(
        self,
        tags: Any,
        signature_def_map: Any = None,
        assets_collection: Any = None,
        legacy_init_op: Any = None,
        clear_devices: bool = False,
        main_op: Any = None,
        strip_default_attrs: bool = False,
        saver: Any = None,
    ) -> None:
        """Add the default graph, which uses the variables saved before; arguments as `add_meta_graph_and_variables`.

        AssertionError: no variables were saved yet.
        """
        if not self._has_variables:
            raise AssertionError(
                "Graph state including variables and assets has not been saved yet. Please invoke `add_meta_graph_and_variables()` first."
            )
        signatures = self._check_signatures(signature_def_map)
        self._add_collections(assets_collection, main_op if main_op is not None else legacy_init_op)
        self._add(saver or _new_saver(), tags, signatures, clear_devices, strip_default_attrs)

    def save(self, as_text: bool = False) -> bytes:
        """Write `saved_model.pb` (or `.pbtxt`) and return its path, as bytes as TensorFlow does; the file appears whole or not at all."""
        from google.protobuf import text_format

        os.makedirs(self._export_dir, exist_ok=True)
        path = os.path.join(self._export_dir, constants.SAVED_MODEL_FILENAME_PBTXT if as_text else constants.SAVED_MODEL_FILENAME_PB)
        text = text_format.MessageToString(self._saved_model).encode() if as_text else self._saved_model.SerializeToString(deterministic=True)
        write_atomically(path, text)
        return os.fsencode(path)

    def _add(self, saver: Any, tags: Any, signatures: dict[str, Any], clear_devices: bool, strip_default_attrs: bool) -> None:
        meta = saver.export_meta_graph(clear_devices=clear_devices, strip_default_attrs=strip_default_attrs)
        meta.meta_info_def.tags.extend(tags)
        for key, signature in signatures.items():
            meta.signature_def[key].CopyFrom(signature)
        self._saved_model.meta_graphs.append(meta)

    def _check_signatures(self, signature_def_map: Any) -> dict[str, Any]:
        signatures = {key: _own(protos.SignatureDef, value) for key, value in (signature_def_map or {}).items()}
        for signature in signatures.values():
            for info in (*signature.inputs.values(), *signature.outputs.values()):
                if info.WhichOneof("encoding") is None:
                    raise AssertionError(
                        f"Invalid `tensor_info`: {info}. All TensorInfo protos used in the SignatureDefs must have one of the 'encoding' "
                        "fields (e.g., name or coo_sparse) set."
                    )
                if info.dtype == protos.DT_INVALID:
                    raise AssertionError(
                        f"Invalid `tensor_info`: {info}. All TensorInfo protos used in the SignatureDefs must have the dtype field set."
                    )
        for key, what in ((constants.INIT_OP_SIGNATURE_KEY, "initialization"), (constants.TRAIN_OP_SIGNATURE_KEY, "the train op")):
            if key in signatures:
                raise KeyError(f'SignatureDef map key "{key}" is reserved for {what}. Please use a different key.')
        return signatures

    def _add_collections(self, assets: Any, main_op: Any) -> None:
        graph = core.get_default_graph()
        for tensor in assets or ():
            graph.add_to_collection(constants.ASSETS_KEY, self._copy_asset(tensor))
        if main_op is None:
            return
        if not isinstance(main_op, core.Operation):
            raise TypeError(f"Expected {main_op} to be an Operation but got type {type(main_op)} instead.")
        for key in (constants.MAIN_OP_KEY, constants.LEGACY_INIT_OP_KEY):
            if graph.get_collection(key):
                raise ValueError(f"Graph already contains one or more main ops under the collection {key}.")
        graph.add_to_collection(constants.MAIN_OP_KEY, main_op)

    def _copy_asset(self, tensor: Any) -> Any:
        """Copy the file that a constant names, and describe it."""
        from google.protobuf import any_pb2

        value = constant_value(tensor)
        if value is None or tensor.op.type != "Const" or len(path := value.item() if hasattr(value, "item") else value) == 0:
            raise ValueError(f"Asset filepath tensor {tensor} is invalid: it must be a non-empty string constant.")
        source = path.decode() if isinstance(path, bytes) else str(path)
        folder = os.path.join(self._export_dir, constants.ASSETS_DIRECTORY)
        name, number = os.path.basename(source), 0
        stem, ending = name, ""
        while name in self._assets and self._assets[name] != source:
            number += 1
            name = f"{stem}_{number}{ending}"
        if name not in self._assets:
            os.makedirs(folder, exist_ok=True)
            shutil.copyfile(source, os.path.join(folder, name))
            self._assets[name] = source
        asset = protos.AssetFileDef(filename=name)
        asset.tensor_info.CopyFrom(protos.TensorInfo(name=build_tensor_info(tensor).name))
        return any_pb2.Any(type_url=constants.ASSET_TYPE_URL, value=asset.SerializeToString())


def _new_saver() -> Any:
    return Saver(all_saveable_objects(), sharded=True, allow_empty=True)


def simple_save(session: Any, export_dir: Any, inputs: Any, outputs: Any, legacy_init_op: Any = None) -> None:
    """Write a SavedModel for serving: the default graph with one prediction signature.

    Args:
      session: session that holds the variables.
      export_dir: new or empty folder.
      inputs: dict of names to tensors.
      outputs: dict of names to tensors.
      legacy_init_op: operation that is run when the model is loaded.
    """
    signatures = {signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY: predict_signature_def(inputs, outputs)}
    builder = SavedModelBuilder(export_dir)
    builder.add_meta_graph_and_variables(
        session,
        [tag_constants.SERVING],
        signatures,
        core.get_default_graph().get_collection(GraphKeys.ASSET_FILEPATHS),
        main_op=legacy_init_op,
        clear_devices=True,
    )
    builder.save()
