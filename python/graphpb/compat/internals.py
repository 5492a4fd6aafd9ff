"""Small parts of TensorFlow's internal modules that programs import, as functions of graphpb."""

import contextlib
import functools
import inspect
import os

from graphpb.graph.collections import GraphKeys, get_collection
from graphpb.ops.dependencies import group, no_op

contextmanager = contextlib.contextmanager


class DeviceAttributes:
    """A device that runs operations: the processor."""

    def __init__(self, name, device_type, memory_limit):
        self.name = name
        self.device_type = device_type
        self.memory_limit = memory_limit
        self.physical_device_desc = ""

    def __repr__(self):
        return f'name: "{self.name}"\ndevice_type: "{self.device_type}"\nmemory_limit: {self.memory_limit}\n'


def list_local_devices(session_config=None):
    """Return the devices of this machine: the processor alone."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        memory = 0
    return [DeviceAttributes("/device:CPU:0", "CPU", memory)]


ArgSpec = inspect.FullArgSpec


def getargspec(target):
    """Return the arguments of a function, unwrapped: (args, varargs, keywords, defaults) as `inspect.getargspec` did."""
    import collections

    spec = inspect.getfullargspec(inspect.unwrap(target))
    kind = collections.namedtuple("ArgSpec", ["args", "varargs", "keywords", "defaults"])
    return kind(spec.args, spec.varargs, spec.varkw, spec.defaults)


def make_decorator(target, decorator_func, decorator_name=None, decorator_doc="", decorator_argspec=None):
    """Give a wrapper the name, the text and the signature of what it wraps."""
    return functools.update_wrapper(decorator_func, target)


def shared_resources():
    """Return the resources of the default graph that sessions share."""
    return get_collection("resources")


def initialize_resources(resource_list, name="init"):
    """Return the operation that makes resources: those with a `create` operation."""
    return group(*[r.create for r in resource_list], name=name) if resource_list else no_op(name=name)


def metric_variable(shape, dtype, validate_shape=True, name=None):
    """Make a local variable of zeros in the collections of metrics."""
    from graphpb.ops.fill import zeros
    from graphpb.variables.scope import variable

    return variable(
        lambda: zeros(shape, dtype),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES],
        validate_shape=validate_shape,
        name=name,
    )


def deprecated(date, instructions, warn_once=True):
    """Return a decorator that leaves a function as it is."""
    return lambda function: function


def deprecated_args(date, instructions, *names, **options):
    """Return a decorator that leaves a function as it is."""
    return lambda function: function


def remove_undocumented(module_name, allowed_exception_list=None, doc_string_modules=None):
    """Do nothing: every name of a module stays."""


def make_all(module_name, doc_string_modules=None):
    """Return the public names of a module."""
    import sys

    return [name for name in dir(sys.modules[module_name]) if not name.startswith("_")]


def tf2_enabled():
    """False: graphpb has TensorFlow 1's behaviour."""
    return False
