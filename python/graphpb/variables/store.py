"""The variables that get_variable made in a graph, by name: the rules of creating, sharing and refusing them."""

import functools
import inspect
import traceback

from graphpb import dtypes
from graphpb.graph.collections import GraphKeys, add_to_collection
from graphpb.graph.convert import convert_to_tensor, register_tensor_conversion_function
from graphpb.graph.core import Tensor, get_default_graph
from graphpb.graph.function import init_scope
from graphpb.graph.scopes import colocate_with, name_scope
from graphpb.initializers import GlorotUniform, Zeros
from graphpb.ops import raw
from graphpb.shapes import as_shape
from graphpb.variables.distribution import VariableAggregation, VariableSynchronization
from graphpb.variables.partition import PartitionedVariable, PartitionInfo, partition_shapes, partitions_of
from graphpb.variables.resource import use_resource_by_default
from graphpb.variables.variable import Variable


class LazyTensor:
    """A tensor that is made where it is first converted, so that it lands in the control flow context of its use.

    Regularization losses are kept so. Attributes are those of the tensor that was made when the variable was.
    """

    def __init__(self, make):
        self._make = make
        self._first = make()

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._first, name)

    def _as_graph_element(self):
        """What a session fetches."""
        return self._first

    def _as_tensor(self, dtype=None, name=None, as_ref=False):
        if dtype is not None and dtype != self._first.dtype:
            raise ValueError(
                f"Tensor conversion requested dtype {dtypes.as_dtype(dtype).name} for Tensor with dtype {self._first.dtype.name}: {self._first!r}"
            )
        return self._make()


register_tensor_conversion_function(LazyTensor, lambda value, dtype=None, name=None, as_ref=False: value._as_tensor(dtype, name, as_ref), 0)


def _takes(function, parameter):
    try:
        return parameter in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def _needs_no_arguments(function):
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    return all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)


_OWN_FOLDER = __file__.rsplit("/", 2)[0]


def _user_frames(site_of):
    """Up to five lines of the user's code where a variable was made, innermost first, as TensorFlow prints them."""
    frames = [frame for frame in (getattr(site_of, "traceback", None) or []) if not str(frame[0]).startswith(_OWN_FOLDER)]
    try:
        return "".join(traceback.format_list([tuple(frame[:4]) for frame in frames[-5:]]))
    except (TypeError, ValueError):
        return ""


class VariableStore:
    """Variables of one graph by their full name."""

    def __init__(self):
        self._vars = {}
        self._partitioned_vars = {}

    def get_variable(self, name, shape, dtype, initializer, regularizer, reuse, partitioner, custom_getter, **settings):
        """Return the variable of a name: a new one, or the one that exists when `reuse` allows it."""
        settings["synchronization"] = settings.get("synchronization") or VariableSynchronization.AUTO
        settings["aggregation"] = settings.get("aggregation") or VariableAggregation.NONE
        if settings.get("trainable") is None:
            settings["trainable"] = settings["synchronization"] is not VariableSynchronization.ON_READ
        if custom_getter is None:
            return self._plain(name, shape, dtype, initializer, regularizer, reuse=reuse, partitioner=partitioner, **settings)
        if not callable(custom_getter):
            raise ValueError(f"Passed a custom_getter which is not callable: {custom_getter}")
        if not _takes(custom_getter, "constraint") and not any(p.kind is p.VAR_KEYWORD for p in inspect.signature(custom_getter).parameters.values()):
            settings.pop("constraint", None)
        return custom_getter(
            getter=self._plain,
            name=name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            regularizer=regularizer,
            reuse=reuse,
            partitioner=partitioner,
            **settings,
        )

    def _plain(
        self,
        name,
        shape=None,
        dtype=dtypes.float32,
        initializer=None,
        regularizer=None,
        reuse=None,
        trainable=None,
        collections=None,
        caching_device=None,
        partitioner=None,
        validate_shape=True,
        use_resource=None,
        constraint=None,
        synchronization=None,
        aggregation=None,
    ):
        settings = dict(
            trainable=trainable,
            collections=collections,
            caching_device=caching_device,
            validate_shape=validate_shape,
            use_resource=use_resource,
            constraint=constraint,
            synchronization=synchronization,
            aggregation=aggregation,
        )
        is_scalar = isinstance(shape, (list, tuple)) and not shape
        if partitioner is not None and not is_scalar:
            if not callable(partitioner):
                raise ValueError(f"Partitioner must be callable, but received: {partitioner}")
            with name_scope(None):
                return self._partitioned(name, partitioner, shape, dtype, initializer, regularizer, reuse, settings)
        if reuse is True and partitioner is None and name in self._partitioned_vars:
            return self._partitioned(name, None, shape, dtype, initializer, regularizer, reuse, settings)
        if f"{name}/part_0" in self._vars:
            raise ValueError(
                f"No partitioner was provided, but a partitioned version of the variable was found: "
                f"{name}/part_0. Perhaps a variable of the same name was already created with partitioning?"
            )
        return self._single(name, shape, dtype, initializer, regularizer, reuse, None, settings)

    def _single(self, name, shape, dtype, initializer, regularizer, reuse, partition_info, settings):
        from_value = initializer is not None and not callable(initializer)
        if shape is not None and from_value:
            raise ValueError("If initializer is a constant, do not specify shape.")
        dtype = dtypes.as_dtype(dtype)
        shape = as_shape(shape)
        if name in self._vars:
            return self._shared(name, shape, dtype, reuse)
        if reuse is True:
            raise ValueError(
                f"Variable {name} does not exist, or was not created with tf.get_variable(). Did you mean to set reuse=tf.AUTO_REUSE in VarScope?"
            )
        if initializer is None:
            if shape.ndims is None:
                raise ValueError(f"Variable {name} did not get an initializer, so its `shape` argument must be specified.")
            initializer = default_initializer(name, dtype)
        variable_dtype = None
        if not from_value:
            if isinstance(initializer, type):
                initializer = initializer()
            if shape.is_fully_defined():
                more = {"partition_info": partition_info} if _takes(initializer, "partition_info") else {}
                initializer = functools.partial(initializer, shape.as_list(), dtype=dtype, **more)
                variable_dtype = dtype.base_dtype
            elif not _needs_no_arguments(initializer):
                raise ValueError(
                    "The initializer passed is not valid. It should be a callable with no "
                    "arguments and the shape should not be provided or an instance of "
                    "`tf.keras.initializers.*' and `shape` should be fully defined."
                )
        settings = dict(settings)
        if settings["use_resource"] is None:
            settings["use_resource"] = use_resource_by_default()
        variable = Variable(
            initial_value=initializer,
            name=name,
            dtype=variable_dtype,
            shape=None if shape.ndims is None else shape,
            **{key: value for key, value in settings.items() if value is not None},
        )
        self._vars[name] = variable
        if regularizer:
            self._regularize(variable, name, regularizer)
        return variable

    def _shared(self, name, shape, dtype, reuse):
        found = self._vars[name]
        if not reuse:
            message = f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or reuse=tf.AUTO_REUSE in VarScope?"
            if found.op.type == "VarHandleOp":
                raise ValueError(message)
            raise ValueError(f"{message} Originally defined at:\n\n{_user_frames(found.op)}")
        if not shape.is_compatible_with(found.shape):
            raise ValueError(f"Trying to share variable {name}, but specified shape {shape} and found shape {found.shape}.")
        if not dtype.is_compatible_with(found.dtype):
            raise ValueError(f"Trying to share variable {name}, but specified dtype {dtype.name} and found dtype {found.dtype.name}.")
        return found

    @staticmethod
    def _regularize(variable, name, regularizer):
        def make():
            with init_scope(), colocate_with(variable), name_scope(name + "/Regularizer/"):
                return regularizer(variable)

        # The loss of a variable made in a branch or loop stands outside, as the variable does. The first call only shows
        # whether there is a loss; TensorFlow 2.x leaves its nodes in the graph as well.
        with init_scope():
            if regularizer(variable) is None:
                return
            add_to_collection(GraphKeys.REGULARIZATION_LOSSES, LazyTensor(make))

    def _partitioned(self, name, partitioner, shape, dtype, initializer, regularizer, reuse, settings):
        if name in self._vars:
            raise ValueError(
                f"A partitioner was provided, but an unpartitioned version of the variable was found: "
                f"{name}.  Perhaps a variable of the same name was already created without partitioning?"
            )
        dtype = dtypes.as_dtype(dtype)
        shape = as_shape(shape)
        if isinstance(initializer, Tensor):
            shape = shape.merge_with(initializer.shape)
        partitions = partitions_of(partitioner, shape, dtype) if not reuse or partitioner else None
        if name in self._partitioned_vars:
            found = self._partitioned_vars[name]
            if reuse is False:
                raise ValueError(
                    f"Partitioned variable with name {name} already exists. Did you mean to set reuse=True or reuse=tf.AUTO_REUSE in VarScope?"
                )
            for what, fits, wanted, actual in (
                ("shape", shape.is_compatible_with(found.shape), shape, found.shape),
                ("dtype", dtype.is_compatible_with(found.dtype), dtype.name, found.dtype.name),
                ("partitions", partitions is None or partitions == found._get_partitions(), partitions, found._get_partitions()),
            ):
                if not fits:
                    raise ValueError(f"Trying to reuse partitioned variable {name}, but specified {what} {wanted} and found {what} {actual}.")
            return found
        if reuse is True:
            raise ValueError(
                f"PartitionedVariable {name} does not exist, or was not created with tf.get_variable(). "
                f"Did you mean to set reuse=False or reuse=tf.AUTO_REUSE in VarScope?"
            )
        parts = []
        whole = shape.as_list()
        for i, (offset, part_shape) in enumerate(partition_shapes(whole, partitions)):
            part_name = f"{name}/part_{i}"
            with name_scope(part_name + "/PartitionedInitializer"):
                if initializer is None:
                    init = default_initializer(name, dtype)
                elif callable(initializer):
                    init = initializer
                else:
                    init = initializer if isinstance(initializer, Tensor) else convert_to_tensor(initializer, dtype=dtype)
                    init = raw.Slice(input=init, begin=offset, size=part_shape)
            given_shape = None if isinstance(init, Tensor) else part_shape
            with name_scope(None):
                part = self._single(part_name, given_shape, dtype, init, regularizer, reuse, PartitionInfo(whole, offset), settings)
            part._set_save_slice_info(Variable.SaveSliceInfo(name, whole, offset, part_shape))
            parts.append(part)
        result = PartitionedVariable(name=name, shape=shape, dtype=dtype, variable_list=parts, partitions=partitions)
        self._partitioned_vars[name] = result
        return result


def default_initializer(name, dtype):
    """Return the initializer of a variable that is given none: Glorot uniform for floats, zeros for integers, bools and strings.

    Raises:
      ValueError: There is none for the dtype.
    """
    if dtype.is_floating:
        return GlorotUniform()
    if dtype.is_integer or dtype.is_bool or dtype == dtypes.string:
        return Zeros()
    raise ValueError(f"An initializer for variable {name} of {dtype.base_dtype} is required")


def default_store():
    """Return the store of the default graph."""
    kept = get_default_graph().get_collection_ref(("__variables_by_name",))
    if not kept:
        kept.append(VariableStore())
    return kept[0]
