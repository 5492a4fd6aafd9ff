"""Variables with the collections and scopes of tf.contrib.framework, and lists of them by name."""

import functools
import itertools
import re

from graphpb import dtypes
from graphpb.contrib.framework.arg_scope import add_arg_scope
from graphpb.graph.collections import GraphKeys, add_to_collection, get_collection
from graphpb.graph.scopes import device as on_device
from graphpb.variables.scope import VariableScope, get_variable, get_variable_scope
from graphpb.variables.variable import Variable


@add_arg_scope
def variable(
    name,
    shape=None,
    dtype=None,
    initializer=None,
    regularizer=None,
    trainable=True,
    collections=None,
    caching_device=None,
    device=None,
    partitioner=None,
    custom_getter=None,
    use_resource=None,
    synchronization=None,
    aggregation=None,
):
    """Return a variable of the open scope, as `tf.get_variable`, on a device if one is given."""
    collections = list(dict.fromkeys([GraphKeys.GLOBAL_VARIABLES] if collections is None else collections))
    getter = get_variable
    if custom_getter is not None:
        getter = functools.partial(custom_getter, reuse=get_variable_scope().reuse)
    with on_device(device or ""):
        return getter(
            name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
            collections=collections,
            caching_device=caching_device,
            partitioner=partitioner,
            use_resource=use_resource,
            synchronization=synchronization,
            aggregation=aggregation,
        )


@add_arg_scope
def model_variable(
    name,
    shape=None,
    dtype=dtypes.float32,
    initializer=None,
    regularizer=None,
    trainable=True,
    collections=None,
    caching_device=None,
    device=None,
    partitioner=None,
    custom_getter=None,
    use_resource=None,
    synchronization=None,
    aggregation=None,
):
    """Return a variable as `variable` does, also in the collection `model_variables`."""
    return variable(
        name,
        shape,
        dtype,
        initializer,
        regularizer,
        trainable,
        [*(collections or []), GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES],
        caching_device=caching_device,
        device=device,
        partitioner=partitioner,
        custom_getter=custom_getter,
        use_resource=use_resource,
        synchronization=synchronization,
        aggregation=aggregation,
    )


def add_model_variable(var):
    """Add a variable to the collection `model_variables`, once."""
    if not any(var is other for other in get_collection(GraphKeys.MODEL_VARIABLES)):
        add_to_collection(GraphKeys.MODEL_VARIABLES, var)


def global_variable(initial_value, validate_shape=True, name=None, use_resource=None):
    """Make a variable in the collection `variables` that is not trained."""
    return Variable(
        initial_value, trainable=False, collections=[GraphKeys.GLOBAL_VARIABLES], validate_shape=validate_shape, use_resource=use_resource, name=name
    )


class VariableDeviceChooser:
    """Device function that deals variables out to the tasks of a job, or names one device.

    Args:
      num_tasks: Number of tasks; 0 for none.
      job_name: Name of the job.
      device_type: "CPU" or "GPU".
      device_index: Integer, or None.
      replica: Integer, or None.
    """

    def __init__(self, num_tasks=0, job_name="ps", device_type="CPU", device_index=0, replica=None):
        self._tasks = itertools.cycle(range(num_tasks))
        self._job = f"/job:{job_name}" if num_tasks else ""
        self._replica = "" if replica is None else f"/replica:{replica}"
        self._device = f"/device:{device_type}:{'*' if device_index is None else device_index}"

    def __call__(self, op):
        task = f"/task:{next(self._tasks)}" if self._job else ""
        return f"{self._job}{self._replica}{task}{self._device}"


def local_variable(initial_value, validate_shape=True, name=None, use_resource=None):
    """Make a variable in the collection `local_variables`."""
    return Variable(
        initial_value, trainable=False, collections=[GraphKeys.LOCAL_VARIABLES], validate_shape=validate_shape, use_resource=use_resource, name=name
    )


def get_variables(scope=None, suffix=None, collection=GraphKeys.GLOBAL_VARIABLES):
    """Return the variables of a collection by scope and by the end of their names."""
    if isinstance(scope, VariableScope):
        scope = scope.name
    if suffix is not None:
        scope = (scope or "") + ".*" + (suffix if ":" in suffix else suffix + ":")
    return get_collection(collection, scope)


def get_model_variables(scope=None, suffix=None):
    """Return the model variables by scope and by the end of their names."""
    return get_variables(scope, suffix, GraphKeys.MODEL_VARIABLES)


def get_local_variables(scope=None, suffix=None):
    """Return the local variables by scope and by the end of their names."""
    return get_variables(scope, suffix, GraphKeys.LOCAL_VARIABLES)


def get_trainable_variables(scope=None, suffix=None):
    """Return the trainable variables by scope and by the end of their names."""
    return get_variables(scope, suffix, GraphKeys.TRAINABLE_VARIABLES)


def get_variables_by_name(given_name, scope=None):
    """Return the variables whose last name part is the given one."""
    return get_variables(scope=scope, suffix="/" + given_name + ":|^" + given_name)


def get_variables_by_suffix(suffix, scope=None):
    """Return the variables whose names end with a suffix."""
    return get_variables(scope=scope, suffix=suffix)


def get_unique_variable(var_op_name):
    """Return the variable of a name.

    Raises:
      ValueError: There is none, or more than one.
    """
    found = get_variables(scope=var_op_name)
    if not found:
        raise ValueError(f"Couldn't find variable {var_op_name}")
    for candidate in found:
        if candidate.op.name == var_op_name:
            return candidate
    raise ValueError(f"Variable {var_op_name} does not uniquely identify a variable")


def filter_variables(var_list, include_patterns=None, exclude_patterns=None, reg_search=True):
    """Return the variables that match one of the include patterns and none of the exclude patterns."""
    match = re.search if reg_search else re.match
    kept = list(var_list) if include_patterns is None else [v for v in var_list if any(match(p, v.name) for p in include_patterns)]
    return kept if exclude_patterns is None else [v for v in kept if not any(match(p, v.name) for p in exclude_patterns)]


def get_variables_to_restore(include=None, exclude=None):
    """Return the global variables below the include scopes and not below the exclude scopes."""
    if include is None:
        kept = get_variables()
    else:
        kept = [v for scope in include for v in get_variables(scope)]
    dropped = {v for scope in exclude or () for v in get_variables(scope)}
    return [v for v in kept if v not in dropped]


def get_variable_full_name(var):
    """Return the name that a variable has in a checkpoint."""
    info = getattr(var, "_save_slice_info", None)
    return info.full_name if info else var.op.name
