"""Resource variables: `VarHandleOp` and its reads and writes, and the switch that makes them the default."""

from graphpb import dtypes
from graphpb.graph import core
from graphpb.graph.composite import IndexedSlices
from graphpb.graph.convert import convert_to_tensor, register_tensor_conversion_function
from graphpb.graph.scopes import control_dependencies, name_scope
from graphpb.ops import raw
from graphpb.shapes import TensorShape, as_shape
from graphpb.variables.variable import Variable, collections_of

_by_default = [False]


def enable_resource_variables():
    """Make resource variables where nothing else is said."""
    _by_default[0] = True


def disable_resource_variables():
    """Make ref variables where nothing else is said, as TF1 does."""
    _by_default[0] = False


def resource_variables_enabled():
    """Tell whether resource variables are the default."""
    return _by_default[0]


use_resource_by_default = resource_variables_enabled


def wanted(use_resource):
    """Decide whether a variable is a resource variable: as it is asked for, else as the open scope says, else by default."""
    if use_resource is None:
        scopes = core.get_default_graph().get_collection(("__variable_scopes",))
        use_resource = scopes[0].current.use_resource if scopes else None
    return _by_default[0] if use_resource is None else bool(use_resource)


class ResourceVariable(Variable):
    """A variable behind a handle: every use adds a read of its own, named after the user.

    Adds, named after the variable: `<name>` (VarHandleOp), `<name>/IsInitialized/VarIsInitializedOp`, `<name>/Assign`,
    `<name>/Read/ReadVariableOp`, and the initial value's nodes. The arguments are those of `tf.Variable`.
    """

    def _init_from_args(self, initial_value, trainable, collections, validate_shape, name, dtype, constraint, shape, caching_device=None):
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        if constraint is not None and not callable(constraint):
            raise ValueError("The `constraint` argument must be a callable.")
        from_function = callable(initial_value)
        self._trainable = True if trainable is None else trainable
        self._constraint = constraint
        collections = collections_of(collections, self._trainable)
        graph = core.graph_of([] if from_function else [initial_value])
        dtype = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
        with graph.as_default(), control_dependencies(None), name_scope(name, "Variable", None) as scope:
            self._handle_name = scope[:-1]

            own_class = {"_class": [b"loc:@" + self._handle_name.encode()]}
            with graph._attr_scope(own_class), name_scope("Initializer"), graph.device(None):
                initial = convert_to_tensor(initial_value() if from_function else initial_value, name="initial_value", dtype=dtype)
            if validate_shape and not initial.shape.is_fully_defined() and shape is None:
                raise ValueError(f"initial_value must have a shape specified: {initial}")
            self._shape = initial.shape if shape is None else as_shape(shape)
            self._dtype = initial.dtype.base_dtype
            with graph._attr_scope(own_class):
                self._handle = raw.VarHandleOp(
                    dtype=self._dtype,
                    shape=self._shape if validate_shape else TensorShape(None),
                    shared_name=self._handle_name,
                    debug_name=scope,
                    container="",
                    name=scope,
                )
            self._variable = self._handle
            self._initial_value = initial
            with name_scope("IsInitialized"):
                self._is_initialized = raw.VarIsInitializedOp(resource=self._handle)
            place = self._handle.op.device
            with name_scope("Assign") as assign_scope, graph.colocate_with(None, ignore_existing=True), graph.device(place):
                from graphpb.variables.variable import _guarded

                self._initializer_op = raw.AssignVariableOp(resource=self._handle, value=_guarded(self._handle_name, initial), name=assign_scope)
            with name_scope("Read"), graph.device(place):
                self._snapshot = self._read()
        graph.add_to_collections(list(dict.fromkeys(collections)), self)

    def _read(self):
        value = raw.ReadVariableOp(resource=self._handle, dtype=self._dtype)
        if not value.shape.is_fully_defined():
            value.set_shape(self._shape)
        return value

    def _init_from_proto(self, variable_def, import_scope):
        graph = core.get_default_graph()

        def element(name):
            return graph.as_graph_element(f"{import_scope}/{name}" if import_scope else name)

        self._handle = self._variable = element(variable_def.variable_name)
        self._handle_name = self._handle.op.name
        self._initializer_op = element(variable_def.initializer_name)
        self._initial_value = element(variable_def.initial_value_name) if variable_def.initial_value_name else None
        self._snapshot = element(variable_def.snapshot_name)
        self._dtype = dtypes.as_dtype(self._handle.op.get_attr("dtype"))
        self._shape = TensorShape(self._handle.op.get_attr("shape"))
        self._trainable = variable_def.trainable
        self._constraint = None
        # A graph that was saved has the node already.
        known = graph.find(self._handle_name + "/IsInitialized/VarIsInitializedOp")
        self._is_initialized = raw.VarIsInitializedOp(resource=self._handle) if known is None else known.outputs[0]

    def to_proto(self, export_scope=None):
        """Return the variable as a `VariableDef`; None when it is outside `export_scope`."""
        message = super().to_proto(export_scope)
        if message is not None:
            message.is_resource = True
            message.variable_name = self._handle.name[len(export_scope) :].lstrip("/") if export_scope else self._handle.name
        return message

    def __repr__(self):
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}>"

    @property
    def name(self):
        """The variable's name with the output number 0."""
        return self._handle_name + ":0"

    @property
    def dtype(self):
        """The dtype of the value; not a reference."""
        return self._dtype

    @property
    def shape(self):
        """The static shape of the value."""
        return self._shape

    def __bool__(self):
        return bool(self.read_value())

    def get_shape(self):
        """Return the static shape of the value."""
        return self._shape

    def set_shape(self, shape):
        """Refine the static shape."""
        self._shape = self._shape.merge_with(shape)

    @property
    def handle(self):
        """The tensor that stands for the buffer."""
        return self._handle

    @property
    def op(self):
        """The VarHandleOp operation."""
        return self._handle.op

    @property
    def create(self):
        """The operation that gives the variable its initial value."""
        return self._initializer_op

    def _ref(self):
        raise NotImplementedError("ResourceVariable does not implement _ref; use `handle`.")

    def _as_graph_element(self):
        return self._snapshot

    def _gradient_source(self):
        return self._handle

    def value(self):
        """Read the variable here."""
        with self._handle.graph.colocate_with(None, ignore_existing=True):
            return self._read()

    def read_value(self):
        """Read the variable and return a copy of the value."""
        with name_scope("Read"):
            value = self._read()
        return raw.Identity(input=value)

    def sparse_read(self, indices, name=None):
        """Read rows of the variable."""
        with name_scope("Gather" if name is None else name) as scope:
            return raw.ResourceGather(resource=self._handle, indices=indices, dtype=self._dtype, name=scope)

    def gather_nd(self, indices, name=None):
        """Read elements or slices of the variable by coordinates."""
        with name_scope("GatherNd" if name is None else name) as scope:
            value = raw.ResourceGatherNd(resource=self._handle, indices=indices, dtype=self._dtype, name=scope)
        return raw.Identity(input=value)

    def is_initialized(self, name=None):
        """Tell whether the variable has a value, as a bool scalar."""
        return raw.VarIsInitializedOp(resource=self._handle, name=name)

    def eval(self, session=None):
        """Return the value in a session; default the default session."""
        return self._snapshot.eval(session=session)

    def _lazy_read(self, operation):
        """The variable after a write."""
        return _Written(self, operation)

    def _written(self, operation, read_value):
        return _Written(self, operation) if read_value else operation

    def _write(self, op, value, name, read_value):
        value = convert_to_tensor(value, dtype=self._dtype)
        if not self._shape.is_compatible_with(value.shape):
            label = f" '{self.name}'"
            raise ValueError(
                f"Cannot assign value to variable{label}: Shape mismatch.The variable shape "
                f"{self._shape}, and the assigned value shape {value.shape} are incompatible."
            )
        more = {"validate_shape": self._shape.is_fully_defined()} if op == "AssignVariableOp" else {}
        operation = getattr(raw, op)(resource=self._handle, value=value, name=name, **more)
        return self._written(operation, read_value)

    def assign(self, value, use_locking=None, name=None, read_value=True):
        """Store a value; returns the variable read after that, or the operation when `read_value` is False."""
        return self._write("AssignVariableOp", value, name, read_value)

    def assign_add(self, delta, use_locking=None, name=None, read_value=True):
        """Add to the variable; returns as `assign`."""
        return self._write("AssignAddVariableOp", delta, name, read_value)

    def assign_sub(self, delta, use_locking=None, name=None, read_value=True):
        """Subtract from the variable; returns as `assign`."""
        return self._write("AssignSubVariableOp", delta, name, read_value)

    def _scatter(self, op, sparse_delta, use_locking, name):
        if not isinstance(sparse_delta, IndexedSlices):
            raise TypeError(f"sparse_delta is not IndexedSlices: {sparse_delta}")
        operation = raw.apply_op("Resource" + op, resource=self._handle, indices=sparse_delta.indices, updates=sparse_delta.values, name=name)
        return self._written(operation, True)

    def _scatter_nd(self, op, indices, updates, name):
        updates = convert_to_tensor(updates, dtype=self._dtype)
        operation = raw.apply_op("Resource" + op, ref=self._handle, indices=indices, updates=updates, name=name)
        return self._written(operation, True)

    def _strided_slice_assign(self, begin, end, strides, value, name, **masks):
        value = convert_to_tensor(value, dtype=self._dtype)
        more = dict(begin=begin, end=end, strides=strides, value=value, name=name, **masks)
        return self._written(raw.apply_op("ResourceStridedSliceAssign", ref=self._handle, **more), True)

    def count_up_to(self, limit):
        """Add one until a limit is reached; returns the value before."""
        return raw.ResourceCountUpTo(resource=self._handle, limit=limit, T=self._dtype)

    def load(self, value, session=None):
        """Store a value in a session by running the initializer with it fed."""
        from graphpb.variables.variable import core_session

        session = session or core_session()
        if session is None:
            raise ValueError(
                "Either session argument should be provided or default session should be established. "
                "Use `with sess.as_default()` or pass an explicit session to `load(session=sess)`"
            )
        session.run(self._initializer_op, {self._initializer_op.inputs[1]: value})


class _Written(ResourceVariable):
    """A resource variable after a write: reads wait for it, `op` is the write, and `sess.run` returns the new value."""

    def __init__(self, variable, operation):
        self.__dict__.update(variable.__dict__)
        self._parent = variable
        self._operation = operation
        self._snapshot = self._read()

    @property
    def name(self):
        """The name of the operation that writes."""
        return self._operation.name

    @property
    def op(self):
        """The operation that writes."""
        return self._operation

    def _read(self):
        with control_dependencies([self._operation]):
            return self._parent._read()

    def value(self):
        """Read the variable after the write."""
        return self._read()


def is_resource_variable(variable):
    """Tell whether a value is a resource variable."""
    return isinstance(variable, ResourceVariable)


def _to_tensor(value, dtype=None, name=None, as_ref=False):
    if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
        raise ValueError(f"Incompatible type conversion requested to type '{dtypes.as_dtype(dtype).name}' for variable of type '{value.dtype.name}'")
    return value._ref() if as_ref else value.value()


register_tensor_conversion_function(ResourceVariable, _to_tensor, 90)
