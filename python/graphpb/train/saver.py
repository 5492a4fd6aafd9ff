"""`Saver`: the nodes that save and restore variables, and the checkpoints that it keeps."""

from __future__ import annotations

import os
import time
from typing import Any

from graphpb import errors, logging
from graphpb.graph import core, scopes
from graphpb.graph.collections import GraphKeys
from graphpb.graph.convert import constant
from graphpb.ops import array, raw
from graphpb.ops.dependencies import group, with_dependencies
from graphpb.ops.inputs import placeholder_with_default
from graphpb.ops.shape import shape as shape_of
from graphpb.train import checkpoint_state
from graphpb.train.checkpoint_reader import NewCheckpointReader
from graphpb.train.meta_graph import export_meta_graph, read_meta_graph_file
from graphpb.train.saveable import SaveableObject, saveables_of, set_cpu0
from graphpb.variables.partition import PartitionedVariable

V1, V2 = 1, 2


def all_saveable_objects(scope: str | None = None) -> list[Any]:
    """The variables and other objects that a Saver without a list saves."""
    graph = core.get_default_graph()
    return graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope) + graph.get_collection(GraphKeys.SAVEABLE_OBJECTS, scope)


class BaseSaverBuilder:
    """Adds the nodes of a Saver: one RestoreV2 for each tensor."""

    SaveableObject = SaveableObject

    def __init__(self, write_version: int = V2):
        self._write_version = write_version

    def save_op(self, filename_tensor: Any, saveables: list[SaveableObject]) -> Any:
        """The operation that writes the saveables.

        RuntimeError: `Unexpected write_version`.
        """
        specs = [spec for saveable in saveables for spec in saveable.specs]
        if self._write_version == V1:
            return raw.SaveSlices(
                filename=filename_tensor,
                tensor_names=[spec.name for spec in specs],
                shapes_and_slices=[spec.slice_spec for spec in specs],
                data=[spec.tensor for spec in specs],
                name="save",
            )
        if self._write_version != V2:
            raise RuntimeError(f"Unexpected write_version: {self._write_version}")
        return raw.SaveV2(
            prefix=filename_tensor,
            tensor_names=[spec.name for spec in specs],
            shape_and_slices=[spec.slice_spec for spec in specs],
            tensors=[spec.tensor for spec in specs],
            name=None,
        )

    def bulk_restore(self, filename_tensor: Any, saveables: list[SaveableObject], preferred_shard: int, restore_sequentially: bool) -> list[Any]:
        """The restored tensors, in the order of the saveables' specs."""
        tensors = []
        for saveable in saveables:
            with scopes.device(set_cpu0(saveable.device) if saveable.device else None):
                tensors.extend(self.restore_op(filename_tensor, saveable, preferred_shard))
        return tensors

    def restore_op(self, filename_tensor: Any, saveable: SaveableObject, preferred_shard: int) -> list[Any]:
        """The restored tensors of one saveable."""
        return [
            raw.RestoreV2(prefix=filename_tensor, tensor_names=[s.name], shape_and_slices=[s.slice_spec], dtypes=[s.dtype.base_dtype])[0]
            for s in saveable.specs
        ]

    def build(
        self,
        names_to_saveables: Any,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        filename: str | None = "model",
    ) -> Any:
        """Add the nodes and return the `SaverDef` that names them; arguments as `Saver`."""
        from graphpb import protos

        saveables = saveables_of(names_to_saveables)
        elements = [saveable.op for saveable in saveables if isinstance(saveable.op, core.Tensor)]
        with core.name_scope(name, "save", elements):
            file = placeholder_with_default(filename or "model", shape=(), name="filename")
            file = placeholder_with_default(file, shape=(), name="Const")
            if sharded:
                groups = _by_device(saveables)
                saved = self._sharded_save(file, groups)
                restore = self._sharded_restore(file, groups, restore_sequentially, reshape)
            else:
                saved = with_dependencies([self.save_op(file, saveables)], file)
                restore = self._restore(file, saveables, restore_sequentially, reshape)
        graph = core.get_default_graph()
        for key in graph.get_all_collection_keys():
            for element in graph.get_collection(key):
                if isinstance(element, PartitionedVariable) and graph.find(element.name) is None:
                    element.as_tensor()
        return protos.SaverDef(
            filename_tensor_name=file.name,
            save_tensor_name=saved.name,
            restore_op_name=restore.name,
            max_to_keep=max_to_keep or 0,
            sharded=sharded,
            keep_checkpoint_every_n_hours=keep_checkpoint_every_n_hours,
            version=self._write_version,
        )

    def _restore(self, file: Any, saveables: Any, sequentially: bool, reshape: bool, shard: int = -1, name: str = "restore_all") -> Any:
        tensors = self.bulk_restore(file, saveables, shard, sequentially)
        assigned, at = [], 0
        for saveable in saveables:
            shapes = None
            if reshape:
                shapes = [spec.tensor.shape if spec.tensor.shape.is_fully_defined() else shape_of(spec.tensor) for spec in saveable.specs]
            assigned.append(saveable.restore(tensors[at : at + len(saveable.specs)], shapes))
            at += len(saveable.specs)
        return group(*assigned, name=name)

    def _sharded_save(self, prefix: Any, groups: Any) -> Any:
        """Each device writes a checkpoint of its own into a temporary folder; merging gives the files their names. Files of format V1 stay apart."""
        if self._write_version == V1:
            count = constant(len(groups), name="num_shards")
            parts = []
            for shard, (device, saveables) in enumerate(groups):
                with scopes.device(device or None):
                    name = raw.ShardedFilename(basename=prefix, shard=shard, num_shards=count)
                    parts.append(with_dependencies([self.save_op(name, saveables)], name))
            with scopes.control_dependencies([p.op for p in parts]):
                return raw.ShardedFilespec(basename=prefix, num_shards=count)
        with scopes.device("CPU"):
            is_s3 = raw.StaticRegexFullMatch(input=prefix, pattern="^s3://.*")
            suffix = array.where(is_s3, constant(".part"), constant(os.path.normpath("_temp/part")))
            temporary = raw.StringJoin(inputs=[prefix, suffix])
        count = constant(len(groups), name="num_shards")
        saved, prefixes = [], []
        for shard, (device, saveables) in enumerate(groups):
            with scopes.device(set_cpu0(device)):
                name = raw.ShardedFilename(basename=temporary, shard=shard, num_shards=count)
                prefixes.append(name)
                saved.append(with_dependencies([self.save_op(name, saveables)], name))
        with scopes.control_dependencies([s.op for s in saved]), scopes.device(set_cpu0(groups[-1][0])):
            merged = raw.MergeV2Checkpoints(checkpoint_prefixes=prefixes, destination_prefix=prefix, delete_old_dirs=True)
            with scopes.control_dependencies([merged]):
                return raw.Identity(input=prefix)

    def _sharded_restore(self, file: Any, groups: Any, sequentially: bool, reshape: bool) -> Any:
        restored = []
        for shard, (device, saveables) in enumerate(groups):
            with scopes.device(device or None):
                restored.append(self._restore(file, saveables, sequentially, reshape, shard, "restore_shard"))
        return group(*restored, name="restore_all")


class BulkSaverBuilder(BaseSaverBuilder):
    """Adds the nodes of a Saver: one RestoreV2 for all tensors."""

    def bulk_restore(self, filename_tensor: Any, saveables: list[SaveableObject], preferred_shard: int, restore_sequentially: bool) -> list[Any]:
        specs = [spec for saveable in saveables for spec in saveable.specs]
        with scopes.device("cpu:0"):
            return raw.RestoreV2(
                prefix=filename_tensor,
                tensor_names=[spec.name for spec in specs],
                shape_and_slices=[spec.slice_spec for spec in specs],
                dtypes=[spec.dtype.base_dtype for spec in specs],
            )


def _by_device(saveables: list[SaveableObject]) -> list[tuple[str, list[SaveableObject]]]:
    groups: dict[str, list[SaveableObject]] = {}
    for saveable in saveables:
        devices = {spec.device or "" for spec in saveable.specs}
        if len(devices) != 1:
            raise ValueError(f"All tensors of a saveable object must be on the same device: {saveable.name}")
        groups.setdefault(devices.pop(), []).append(saveable)
    return sorted(groups.items())


class Saver:
    """Saves variables to checkpoints (TensorFlow's format V2, or V1 if asked to) and restores them.

    Adds nodes below the scope `save`: SaveV2, RestoreV2 and an assignment for each variable.

    Args:
      var_list: list of variables, or dict of checkpoint names to them; all variables when None.
      reshape: restored values take the shapes of the variables.
      sharded: write one data file per device.
      max_to_keep: how many checkpoints stay; older ones are deleted (None or 0: none is).
      keep_checkpoint_every_n_hours: besides those, one of every so many hours stays.
      name: scope of the nodes.
      restore_sequentially: changes nothing, as in TensorFlow; one RestoreV2 reads in order anyway.
      saver_def: nodes that exist already, instead of new ones.
      builder: a `BaseSaverBuilder`.
      defer_build: add the nodes when `build()` is called.
      allow_empty: without variables, do nothing instead of raising.
      write_version: `SaverDef.V2`, or `SaverDef.V1` for programs that read nothing newer: one file, 2 GiB at most per variable.
      pad_step_number: eight digits for the step in file names.
      save_relative_paths: relative paths in the `checkpoint` file.
      filename: default of the file name's placeholder.

    ValueError: `No variables to save`, or repeated names. TypeError: something that is no variable.
    """

    def __init__(
        self,
        var_list: Any = None,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        saver_def: Any = None,
        builder: Any = None,
        defer_build: bool = False,
        allow_empty: bool = False,
        write_version: int = V2,
        pad_step_number: bool = False,
        save_relative_paths: bool = False,
        filename: str | None = None,
    ):
        if defer_build and var_list:
            raise ValueError("If `var_list` is provided then build cannot be deferred. Either set defer_build=False or var_list=None.")
        self._var_list = var_list
        self._reshape = reshape
        self._sharded = sharded
        self._max_to_keep = max_to_keep
        self._keep_every = keep_checkpoint_every_n_hours
        self._name = name
        self._restore_sequentially = restore_sequentially
        self.saver_def = saver_def
        self._builder = builder
        self._is_built = False
        self._allow_empty = allow_empty
        self._is_empty: bool | None = None
        self._write_version = write_version
        self._pad_step_number = pad_step_number
        self._save_relative_paths = save_relative_paths
        self._filename = filename
        self._last_checkpoints: list[tuple[str, float]] = []
        self._to_delete: list[tuple[str, float]] = []
        self._object_saver: Saver | None = None
        if not defer_build:
            self.build()

    def build(self) -> None:
        """Add the nodes, if that has not happened."""
        if self._is_built:
            return
        self._is_built = True
        if self.saver_def is None:
            if self._builder is None:
                self._builder = BulkSaverBuilder(self._write_version)
            if self._var_list is None:
                self._var_list = all_saveable_objects()
            if not self._var_list:
                if self._allow_empty:
                    self._is_empty = True
                    return
                raise ValueError("No variables to save")
            self._is_empty = False
            self.saver_def = self._builder.build(
                self._var_list,
                reshape=self._reshape,
                sharded=self._sharded,
                max_to_keep=self._max_to_keep,
                keep_checkpoint_every_n_hours=self._keep_every,
                name=self._name,
                restore_sequentially=self._restore_sequentially,
                filename=self._filename,
            )
        else:
            if not hasattr(self.saver_def, "restore_op_name"):
                raise ValueError(f"saver_def must be a saver_pb2.SaverDef: {self.saver_def}")
            if self._name:
                self.saver_def = type(self.saver_def).FromString(self.saver_def.SerializeToString())
                scope = self._name.rstrip("/")
                for field in ("filename_tensor_name", "save_tensor_name", "restore_op_name"):
                    setattr(self.saver_def, field, f"{scope}/{getattr(self.saver_def, field)}")
        for field in ("save_tensor_name", "restore_op_name"):
            if not getattr(self.saver_def, field):
                raise ValueError(f"saver_def must specify the {field}: {self.saver_def}")
        self._next_kept = time.time() + self.saver_def.keep_checkpoint_every_n_hours * 3600

    # As a message

    def as_saver_def(self) -> Any:
        """The `SaverDef` that names the nodes."""
        return self.saver_def

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The `SaverDef`, with `export_scope` taken off its names; None when they are outside of it."""
        if export_scope is None or self.saver_def is None:
            return self.saver_def
        fields = ("filename_tensor_name", "save_tensor_name", "restore_op_name")
        scope = export_scope.rstrip("/") + "/"
        if not all(getattr(self.saver_def, f).startswith(scope) for f in fields):
            return None
        out = type(self.saver_def).FromString(self.saver_def.SerializeToString())
        for field in fields:
            setattr(out, field, getattr(out, field)[len(scope) :])
        return out

    @staticmethod
    def from_proto(saver_def: Any, import_scope: str | None = None) -> Saver:
        """The Saver whose nodes a `SaverDef` names, below `import_scope`."""
        return Saver(saver_def=saver_def, name=import_scope)

    def export_meta_graph(
        self,
        filename: str | None = None,
        collection_list: Any = None,
        as_text: bool = False,
        export_scope: str | None = None,
        clear_devices: bool = False,
        clear_extraneous_savers: bool = False,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> Any:
        """The default graph as a `MetaGraphDef` with this Saver, also written to `filename` if one is given."""
        return export_meta_graph(
            filename=filename,
            saver_def=self.saver_def,
            collection_list=collection_list,
            as_text=as_text,
            export_scope=export_scope,
            clear_devices=clear_devices,
            clear_extraneous_savers=clear_extraneous_savers,
            strip_default_attrs=strip_default_attrs,
        )

    # Which checkpoints there are

    @property
    def last_checkpoints(self) -> list[str]:
        """The prefixes of the checkpoints that were not deleted, oldest first."""
        return [path for path, _ in self._last_checkpoints]

    def set_last_checkpoints(self, last_checkpoints: list[str]) -> None:
        """Set the list of checkpoints; these are never deleted."""
        assert isinstance(last_checkpoints, list)
        self._last_checkpoints = [(path, float("inf")) for path in last_checkpoints]

    def set_last_checkpoints_with_time(self, last_checkpoints_with_time: list[tuple[str, float]]) -> None:
        """Set the list of checkpoints, each with its time in seconds since 1970."""
        assert isinstance(last_checkpoints_with_time, list)
        self._last_checkpoints = last_checkpoints_with_time

    def recover_last_checkpoints(self, checkpoint_paths: list[str]) -> None:
        """Take over those of the checkpoints whose files exist, with the times of these files."""
        found = []
        for path in checkpoint_paths:
            times = checkpoint_state.get_checkpoint_mtimes([path])
            if times:
                found.append((path, times[0]))
        self._last_checkpoints = found

    def _record(self, path: str) -> None:
        if not self.saver_def.max_to_keep:
            return
        self._last_checkpoints = [(p, t) for p, t in self._last_checkpoints if p != path]
        self._last_checkpoints.append((path, time.time()))
        if len(self._last_checkpoints) > self.saver_def.max_to_keep:
            self._to_delete.append(self._last_checkpoints.pop(0))

    def _delete_one(self, meta_graph_suffix: str) -> None:
        if not self._to_delete:
            return
        path, saved = self._to_delete.pop(0)
        if saved > self._next_kept:
            self._next_kept += self.saver_def.keep_checkpoint_every_n_hours * 3600
            return
        try:
            checkpoint_state.remove_checkpoint(path, self.saver_def.version, meta_graph_suffix)
        except OSError as error:
            logging.warning("Ignoring: %s", error)

    # Saving and restoring

    def save(
        self,
        sess: Any,
        save_path: Any,
        global_step: Any = None,
        latest_filename: str | None = None,
        meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True,
        write_state: bool = True,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> str | None:
        """Save the variables and return the prefix of the checkpoint, which `restore` takes.

        A checkpoint of the same name is replaced as a whole: a process that is killed at any time leaves the old one or the
        new one.

        Args:
          sess: the session that holds the variables.
          save_path: prefix of the files.
          global_step: number that is appended to it: an int, a tensor or a tensor's name.
          latest_filename: name of the file that lists the checkpoints, `"checkpoint"`.
          meta_graph_suffix: suffix of the graph's file.
          write_meta_graph: write the graph beside the checkpoint.
          write_state: keep the list of checkpoints.
          strip_default_attrs: leave attributes with default values out of the graph's file.

        ValueError: `Parent directory of … doesn't exist, can't save.`, or `latest_filename` is a path or the checkpoint's own
        name. RuntimeError: not built. TypeError: `'sess' must be a Session`.
        """
        from graphpb.session.session import BaseSession

        if not self._is_built:
            raise RuntimeError("`build()` should be called before save if defer_build==True")
        latest_filename = latest_filename or "checkpoint"
        if os.path.split(latest_filename)[0]:
            raise ValueError("'latest_filename' must not contain path components")
        save_path = os.fspath(save_path)
        save_path = save_path.decode() if isinstance(save_path, bytes) else save_path
        file = save_path
        if global_step is not None:
            step = _step(sess, global_step)
            file = f"{save_path}-{step:08d}" if self._pad_step_number else f"{save_path}-{step}"
        elif os.path.basename(save_path) == latest_filename and not self._sharded:
            raise ValueError(f"'latest_filename' collides with 'save_path': '{latest_filename}' and '{save_path}'")
        if not isinstance(sess, BaseSession):
            raise TypeError(f"'sess' must be a Session; {sess}")
        parent = os.path.dirname(save_path)
        saved = None
        if not self._is_empty:
            try:
                saved = sess.run(self.saver_def.save_tensor_name, {self.saver_def.filename_tensor_name: file}).decode()
                if write_state:
                    self._record(saved)
                    checkpoint_state.write_state(parent, saved, self.last_checkpoints, latest_filename, self._save_relative_paths)
                    self._delete_one(meta_graph_suffix)
            except (errors.FailedPreconditionError, errors.NotFoundError) as error:
                if parent and not os.path.isdir(parent):
                    raise ValueError(f"Parent directory of {save_path} doesn't exist, can't save.") from error
                raise
        if write_meta_graph:
            name = checkpoint_state.meta_graph_filename(file, meta_graph_suffix)
            with sess.graph.as_default():
                self.export_meta_graph(name, strip_default_attrs=strip_default_attrs)
        return saved

    def restore(self, sess: Any, save_path: Any) -> None:
        """Restore the variables from a checkpoint of format V2 or V1, or one that TensorFlow 2 wrote object by object.

        ValueError: `Can't load save_path when it is None.`, `The passed save_path is not a valid checkpoint: …`.
        NotFoundError: the checkpoint lacks a variable. InvalidArgumentError: a variable has another type or shape there.
        """
        if self._is_empty:
            return
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.")
        prefix = os.fspath(save_path)
        prefix = prefix.decode() if isinstance(prefix, bytes) else prefix
        if not checkpoint_state.checkpoint_exists(prefix):
            raise ValueError("The passed save_path is not a valid checkpoint: " + prefix)
        logging.info("Restoring parameters from %s", prefix)
        try:
            sess.run(self.saver_def.restore_op_name, {self.saver_def.filename_tensor_name: prefix})
        except errors.NotFoundError as error:
            keys = object_graph_key_mapping(prefix)
            if keys is None:
                raise _explained(error, "a Variable name or other graph key that is missing") from None
            logging.warning("Restoring an object-based checkpoint using a name-based saver: the nodes of another Saver are added.")
            if self._object_saver is None:
                self._object_saver = _object_saver(prefix, self._var_list, keys)
            self._object_saver.restore(sess, prefix)
        except errors.InvalidArgumentError as error:
            raise _explained(error, "a mismatch between the current graph and the graph") from None


def _step(sess: Any, global_step: Any) -> int:
    import numbers

    if isinstance(global_step, numbers.Integral):
        return int(global_step)
    from graphpb.train.global_step import global_step as value_of

    return int(sess.run(global_step)) if isinstance(global_step, str) else int(value_of(sess, global_step))


def _explained(error: Any, reason: str) -> Any:
    text = (
        f"Restoring from checkpoint failed. This is most likely due to {reason} from the checkpoint. Please ensure that you have not "
        f"altered the graph expected based on the checkpoint. Original error:\n\n{error.message}"
    )
    return type(error)(error.node_def, error.op, text)


def object_graph_key_mapping(checkpoint_path: str) -> dict[str, str] | None:
    """Names of variables to keys of a checkpoint that TensorFlow 2 wrote object by object; None for any other checkpoint."""
    from graphpb import protos

    reader = NewCheckpointReader(checkpoint_path)
    if not reader.has_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"):
        return None
    graph = protos.TrackableObjectGraph.FromString(reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"))
    return {attribute.full_name: attribute.checkpoint_key for node in graph.nodes for attribute in node.attributes}


def _object_saver(path: str, var_list: Any, keys: dict[str, str]) -> Saver:
    saveables = saveables_of(all_saveable_objects() if var_list is None else var_list)
    missing = sorted({s.name for s in saveables} - set(keys))
    if missing:
        raise errors.NotFoundError(
            None,
            None,
            f"Existing variables not in the checkpoint: {', '.join(missing)}\n\nVariables names when this checkpoint was written which don't exist now: "
            f"{', '.join(sorted(set(keys) - {s.name for s in saveables}))}",
        )
    for saveable in saveables:
        saveable.name = keys[saveable.name]
        for spec in saveable.specs:
            spec.name = saveable.name
    return Saver(var_list=saveables)


def import_meta_graph(meta_graph_or_file: Any, clear_devices: bool = False, import_scope: str | None = None, **kwargs: Any) -> Saver | None:
    """Add the graph and the collections of a `MetaGraphDef` to the default graph and return its Saver.

    Args:
      meta_graph_or_file: the message, or the path of a file that holds it (binary or text).
      clear_devices: drop the devices of its operations.
      import_scope: prefix of the new names.
      **kwargs: `input_map`, `unbound_inputs_col_name`, `restore_collections_predicate`.

    Returns:
      The Saver of the file; a new one when it has none but there are variables; otherwise None.

    OSError: no such file, or not a MetaGraph.
    """
    from graphpb.train.meta_graph import import_scoped_meta_graph

    message = meta_graph_or_file
    if not hasattr(message, "graph_def"):
        message = read_meta_graph_file(message)
    variables = import_scoped_meta_graph(message, clear_devices=clear_devices, import_scope=import_scope, **kwargs)
    if message.HasField("saver_def"):
        scope = import_scope
        if variables:
            key, sample = next(iter(variables.items()))
            scope = sample.name[: -len(key)]
        return Saver(saver_def=message.saver_def, name=scope or None)
    return Saver() if all_saveable_objects(import_scope) else None
