"""Variables that take values from checkpoints or arrays, as `tf.contrib.framework` does it."""

import numpy as np

from graphpb import logging
from graphpb.graph.collections import GraphKeys, get_collection
from graphpb.ops.dependencies import group
from graphpb.ops.inputs import placeholder
from graphpb.train.checkpoint_reader import NewCheckpointReader
from graphpb.train.saver import Saver


def _variables_by_name(var_list):
    if isinstance(var_list, dict):
        return {name: list(v) if isinstance(v, (list, tuple)) else [v] for name, v in var_list.items()}
    found = {}
    for variable in var_list:
        info = variable._get_save_slice_info()
        found.setdefault(info.full_name if info else variable.op.name, []).append(variable)
    return found


def assign_from_checkpoint(model_path, var_list, ignore_missing_vars=False):
    """Make an operation that assigns values of a checkpoint, and the dict to feed when it runs.

    Args:
      model_path: Prefix of a checkpoint.
      var_list: List of variables, or dict of names in the checkpoint to variables or lists of parts.
      ignore_missing_vars: Leave out variables that the checkpoint lacks.

    Returns:
      The operation and the feed dict.

    Raises:
      ValueError: The checkpoint lacks a variable, or has it in another shape.
    """
    reader = NewCheckpointReader(model_path)
    values, targets = {}, {}
    for name, parts in _variables_by_name(var_list).items():
        if not reader.has_tensor(name):
            if ignore_missing_vars:
                logging.warning("Checkpoint is missing variable [%s]", name)
                continue
            raise ValueError(f"Checkpoint is missing variable [{name}]")
        value = reader.get_tensor(name)
        for part in parts:
            info = part._get_save_slice_info()
            piece = np.asarray(value)
            if info is not None:
                piece = piece[tuple(slice(o, o + n) for o, n in zip(info.var_offset, info.var_shape, strict=True))]
            if not part.shape.is_compatible_with(piece.shape):
                raise ValueError(f"Total size of new array must be unchanged for {name} lh_shape: [{part.shape}], rh_shape: [{piece.shape}]")
            values[part.op.name], targets[part.op.name] = piece, part
    return _assignments(values, targets)


def _assignments(values, targets):
    assigned, feeds = [], {}
    for name, value in values.items():
        variable = targets[name]
        fed = placeholder(variable.dtype.base_dtype, shape=variable.shape, name=f"placeholder/{name}")
        assigned.append(variable.assign(fed))
        feeds[fed] = np.asarray(value).reshape(variable.shape.as_list())
    return group(*assigned), feeds


def assign_from_checkpoint_fn(model_path, var_list, ignore_missing_vars=False, reshape_variables=False):
    """Make a function of a session that restores variables from a checkpoint; None when none of them is there."""
    if ignore_missing_vars:
        known = NewCheckpointReader(model_path)
        named = var_list if isinstance(var_list, dict) else {name: v if len(v) > 1 else v[0] for name, v in _variables_by_name(var_list).items()}
        var_list = {name: v for name, v in named.items() if known.has_tensor(name)}
    if not var_list:
        logging.warning("No Variables to restore")
        return None
    saver = Saver(var_list, reshape=reshape_variables)
    return lambda session: saver.restore(session, model_path)


def assign_from_values(var_names_to_values):
    """Make an operation that assigns arrays to variables by name, and the dict to feed when it runs.

    Raises:
      ValueError: A variable is not in the graph.
    """
    targets = {}
    for name in var_names_to_values:
        found = get_collection(GraphKeys.GLOBAL_VARIABLES, name)
        if not found:
            raise ValueError(f"Variable {name} wasn't found")
        exact = found if len(found) == 1 else [variable for variable in found if variable.op.name == name]
        if not exact:
            raise ValueError(f"Variable {name} doesn't uniquely identify a variable")
        targets[name] = exact[0]
    return _assignments(dict(var_names_to_values), targets)


def assign_from_values_fn(var_names_to_values):
    """Make a function of a session that assigns arrays to variables by name."""
    operation, feeds = assign_from_values(var_names_to_values)
    return lambda session: session.run(operation, feeds)
