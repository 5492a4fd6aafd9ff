"""The `checkpoint` file of a folder: which checkpoints it names, and whether their files are there."""

from __future__ import annotations

import glob
import os
from typing import Any

from graphpb import errors, logging


def write_atomically(path: str, data: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never half of it."""
    temporary = f"{path}.tmp{os.getpid()}"
    try:
        with open(temporary, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if os.path.exists(temporary):
            os.remove(temporary)
        raise _as_status(error, path) from None


def _as_status(error: OSError, path: str) -> errors.OpError:
    import errno

    kind = {errno.ENOENT: errors.NotFoundError, errno.EACCES: errors.PermissionDeniedError, errno.ENOSPC: errors.ResourceExhaustedError}
    return kind.get(error.errno or 0, errors.UnknownError)(None, None, f"{path}; {error.strerror}")


def _state_file(save_dir: Any, latest_filename: str | None) -> str:
    return os.path.join(os.fspath(save_dir), latest_filename or "checkpoint")


def generate_checkpoint_state_proto(
    save_dir: Any,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: list[str] | None = None,
    all_model_checkpoint_timestamps: list[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> Any:
    """A `CheckpointState`; where `save_dir` is relative, relative paths become relative to it.

    ValueError: as many timestamps as paths are needed, or none.
    """
    from graphpb import protos

    save_dir = os.fspath(save_dir)
    paths = list(all_model_checkpoint_paths or [])
    if not paths or paths[-1] != model_checkpoint_path:
        paths.append(model_checkpoint_path)
    times = list(all_model_checkpoint_timestamps or [])
    if times and len(times) != len(paths):
        raise ValueError(f"Checkpoint timestamps, if provided, must match checkpoint paths (got paths {paths} and timestamps {times})")
    if not os.path.isabs(save_dir):
        start = save_dir or "."
        paths = [p if os.path.isabs(p) else os.path.relpath(p, start) for p in paths]
        if not os.path.isabs(model_checkpoint_path):
            model_checkpoint_path = os.path.relpath(model_checkpoint_path, start)
    return protos.CheckpointState(
        model_checkpoint_path=model_checkpoint_path,
        all_model_checkpoint_paths=paths,
        all_model_checkpoint_timestamps=times,
        last_preserved_timestamp=last_preserved_timestamp or 0.0,
    )


def write_state(
    save_dir: Any,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: list[str] | None = None,
    latest_filename: str | None = None,
    save_relative_paths: bool = False,
    all_model_checkpoint_timestamps: list[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> None:
    """As `update_checkpoint_state`; with `save_relative_paths`, absolute paths are made relative to the folder."""
    from google.protobuf import text_format

    file = _state_file(save_dir, latest_filename)
    paths = list(all_model_checkpoint_paths or [])
    shown = model_checkpoint_path
    if save_relative_paths:
        paths = [os.path.relpath(p, save_dir or ".") if os.path.isabs(p) else p for p in paths]
        if os.path.isabs(shown):
            shown = os.path.relpath(shown, save_dir or ".")
    state = generate_checkpoint_state_proto(save_dir, shown, paths, all_model_checkpoint_timestamps, last_preserved_timestamp)
    if file == state.model_checkpoint_path:
        raise RuntimeError(f"Save path '{model_checkpoint_path}' conflicts with path used for checkpoint state.  Please use a different save path.")
    write_atomically(file, text_format.MessageToString(state).encode())


def update_checkpoint_state(
    save_dir: Any,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: list[str] | None = None,
    latest_filename: str | None = None,
    all_model_checkpoint_timestamps: list[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> None:
    """Write the `checkpoint` file of a folder.

    Args:
      save_dir: the folder.
      model_checkpoint_path: prefix of the latest checkpoint.
      all_model_checkpoint_paths: prefixes of all that are kept, oldest first.
      latest_filename: name of the file, `"checkpoint"` by default.
      all_model_checkpoint_timestamps: seconds since 1970, one per path.
      last_preserved_timestamp: seconds since 1970.

    RuntimeError: a checkpoint has the name of the file.
    """
    write_state(
        save_dir,
        model_checkpoint_path,
        all_model_checkpoint_paths,
        latest_filename,
        False,
        all_model_checkpoint_timestamps,
        last_preserved_timestamp,
    )


def get_checkpoint_state(checkpoint_dir: Any, latest_filename: str | None = None) -> Any:
    """The `CheckpointState` of a folder with paths joined to it; None when there is no file or it cannot be parsed.

    ValueError: `Invalid checkpoint state loaded from …` when the file names no checkpoint.
    """
    from google.protobuf import text_format

    from graphpb import protos

    folder = os.fspath(checkpoint_dir)
    file = _state_file(folder, latest_filename)
    state = protos.CheckpointState()
    try:
        with open(file, encoding="utf-8") as stream:
            text_format.Merge(stream.read(), state)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        logging.warning("%s: %s", type(error).__name__, error)
        logging.warning("%s: Checkpoint ignored", file)
        return None
    if not state.model_checkpoint_path:
        raise ValueError("Invalid checkpoint state loaded from " + folder)
    if not os.path.isabs(state.model_checkpoint_path):
        state.model_checkpoint_path = os.path.join(folder, state.model_checkpoint_path)
    for i, path in enumerate(state.all_model_checkpoint_paths):
        if not os.path.isabs(path):
            state.all_model_checkpoint_paths[i] = os.path.join(folder, path)
    return state


def latest_checkpoint(checkpoint_dir: Any, latest_filename: str | None = None) -> str | None:
    """The prefix of the latest checkpoint that the folder's `checkpoint` file names, if its files are there; otherwise None."""
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None:
        return None
    if checkpoint_exists(state.model_checkpoint_path):
        return state.model_checkpoint_path
    logging.error("Couldn't match files for checkpoint %s", state.model_checkpoint_path)
    return None


def checkpoint_exists(checkpoint_prefix: Any) -> bool:
    """Tell whether there are files of a checkpoint of either format with this prefix (a glob pattern for V1)."""
    prefix = os.fspath(checkpoint_prefix)
    return bool(glob.glob(prefix + ".index") or glob.glob(prefix))


def get_checkpoint_mtimes(checkpoint_prefixes: list[str]) -> list[float]:
    """The modification times, in seconds since 1970, of the checkpoints that exist, in the order of the prefixes."""
    times = []
    for prefix in checkpoint_prefixes:
        found = sorted(glob.glob(prefix + ".index")) or sorted(glob.glob(prefix))
        if found:
            times.append(os.stat(found[0]).st_mtime)
    return times


def meta_graph_filename(checkpoint_filename: str, meta_graph_suffix: str = "meta") -> str:
    """The name of the MetaGraph file beside a checkpoint; `-?????-of-00002` at its end is dropped."""
    import re

    base = re.sub(r"-[\d\?]+-of-\d+$", "", checkpoint_filename)
    return f"{base}.{meta_graph_suffix}"


def remove_checkpoint(checkpoint_prefix: str, checkpoint_format_version: int = 2, meta_graph_suffix: str = "meta") -> None:
    """Delete the files of a checkpoint: the MetaGraph, the index, the data."""
    patterns = [meta_graph_filename(checkpoint_prefix, meta_graph_suffix)]
    if checkpoint_format_version == 2:
        patterns += [checkpoint_prefix + ".index", checkpoint_prefix + ".data-?????-of-?????"]
    else:
        patterns.append(checkpoint_prefix)
    for pattern in patterns:
        for file in glob.glob(pattern):
            os.remove(file)
