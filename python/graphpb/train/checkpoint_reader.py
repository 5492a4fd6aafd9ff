"""Reading checkpoints by name, without a graph."""

from __future__ import annotations

import os
import time
from typing import Any

from graphpb import _native, dtypes
from graphpb.train.checkpoint_state import latest_checkpoint


class CheckpointReader:
    """The tensors of a checkpoint by name; values are read when they are asked for.

    NotFoundError: no such checkpoint. DataLossError: damaged files.
    """

    def __init__(self, filename: Any):
        self._native = _native.Checkpoint(os.fspath(filename))
        self._entries = {name: (dtypes.as_dtype(number), list(shape)) for name, number, shape in self._native.entries()}

    def has_tensor(self, tensor_str: str) -> bool:
        """Tell whether the checkpoint has a tensor of this name."""
        return tensor_str in self._entries

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """Names to shapes."""
        return {name: list(shape) for name, (_, shape) in self._entries.items()}

    def get_variable_to_dtype_map(self) -> dict[str, Any]:
        """Names to dtypes."""
        return {name: dtype for name, (dtype, _) in self._entries.items()}

    def get_tensor(self, tensor_str: str) -> Any:
        """The value of a tensor as an array. NotFoundError: `Key … not found in checkpoint`."""
        return self._native.tensor(tensor_str)

    def debug_string(self) -> bytes:
        """Names, dtypes and shapes, one tensor per line."""
        lines = [f"{name} ({_c_name(dtype)}) [{','.join(map(str, shape))}]\n" for name, (dtype, shape) in self._entries.items()]
        return "".join(lines).encode()


def _c_name(dtype: Any) -> str:
    return {"float32": "DT_FLOAT", "float64": "DT_DOUBLE", "float16": "DT_HALF"}.get(dtype.name, "DT_" + dtype.name.upper())


def NewCheckpointReader(filepattern: Any) -> CheckpointReader:
    """A reader of the checkpoint with this prefix (format V2) or file name (format V1)."""
    return CheckpointReader(filepattern)


def load_checkpoint(ckpt_dir_or_file: Any) -> CheckpointReader:
    """A reader of a checkpoint, or of the latest one in a folder.

    ValueError: a folder without checkpoint.
    """
    return CheckpointReader(checkpoint_of(ckpt_dir_or_file))


def checkpoint_of(folder_or_file: Any) -> str:
    """The prefix itself, or that of the latest checkpoint of a folder."""
    name = os.fspath(folder_or_file)
    if os.path.isdir(name):
        found = latest_checkpoint(name)
        if found is None:
            raise ValueError(f"Couldn't find 'checkpoint' file or checkpoints in given directory {name}")
        return found
    return name


def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """Names and shapes of the tensors of a checkpoint, sorted by name."""
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


def load_variable(ckpt_dir_or_file: Any, name: str) -> Any:
    """The value of one tensor of a checkpoint; `:0` at the end of the name is dropped."""
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name[:-2] if name.endswith(":0") else name)


def wait_for_new_checkpoint(
    checkpoint_dir: Any, last_checkpoint: str | None = None, seconds_to_sleep: float = 1, timeout: float | None = None
) -> Any:
    """Wait until the folder's latest checkpoint is another than `last_checkpoint`; None after `timeout` seconds."""
    stop = None if timeout is None else time.time() + timeout
    while True:
        found = latest_checkpoint(checkpoint_dir)
        if found is not None and found != last_checkpoint:
            return found
        if stop is not None and time.time() + seconds_to_sleep > stop:
            return None
        time.sleep(seconds_to_sleep)


def checkpoints_iterator(checkpoint_dir: Any, min_interval_secs: float = 0, timeout: float | None = None, timeout_fn: Any = None) -> Any:
    """Yield the prefix of each new checkpoint of a folder as it appears.

    Args:
      checkpoint_dir: the folder.
      min_interval_secs: least time between two of them.
      timeout: longest time to wait for one, in seconds; None waits for ever.
      timeout_fn: asked after a timeout; True ends the iteration.
    """
    current = None
    while True:
        new = wait_for_new_checkpoint(checkpoint_dir, current, timeout=timeout)
        if new is None:
            if not timeout_fn or timeout_fn():
                return
            continue
        start = time.time()
        current = new
        yield current
        left = start + min_interval_secs - time.time()
        if left > 0:
            time.sleep(left)
