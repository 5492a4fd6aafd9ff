"""`Variable`: a buffer that outlives a run, its nodes, and the functions that write to it."""

from __future__ import annotations

from typing import Any

from graphpb import dtypes, shapes
from graphpb.graph import core
from graphpb.graph.collections import GraphKeys
from graphpb.graph.composite import IndexedSlices
from graphpb.graph.convert import convert_to_tensor, register_tensor_conversion_function
from graphpb.graph.function import init_scope
from graphpb.ops import operators, raw
from graphpb.variables.creators import Created


def _class_of(name: str) -> Any:
    """The colocation attribute of a node named `name`."""
    return [b"loc:@" + name.encode()]


def check_liftable(initial_value: Any, name: str | None) -> None:
    """Raise ValueError for an initial value of a branch or loop: variables are made outside of them."""
    if isinstance(initial_value, core.Tensor) and initial_value.graph.building_function:
        raise ValueError(
            f"Initializer for variable {name} is from inside a control-flow construct, such as a loop or conditional. When creating a variable inside "
            "a loop or conditional, use a lambda as the initializer."
        )


def collections_of(collections: Any, trainable: bool) -> list[Any]:
    """The collections that a new variable joins."""
    if collections is None:
        collections = [GraphKeys.GLOBAL_VARIABLES]
    if not isinstance(collections, (list, tuple, set)):
        raise ValueError(f"collections argument to Variable constructor must be a list, tuple, or set. Got {collections} of type {type(collections)}")
    more = [GraphKeys.TRAINABLE_VARIABLES] if trainable and GraphKeys.TRAINABLE_VARIABLES not in collections else []
    return [*collections, *more]


class Variable(metaclass=Created):
    """A tensor that keeps its value between runs.

    Adds, named after the variable: `<name>` (VariableV2), `<name>/Assign`, `<name>/read`, and the initial value's nodes.

    Args:
      initial_value: value or tensor of known shape, or a function without arguments that makes one.
      trainable: add it to `GraphKeys.TRAINABLE_VARIABLES`.
      collections: keys of the collections it joins, `[GraphKeys.GLOBAL_VARIABLES]` by default.
      validate_shape: False allows an initial value of unknown shape.
      name: `"Variable"` by default; made unique.
      dtype: type that the initial value is converted to.
      expected_shape: unused, kept for compatibility.
      constraint: function from the updated value to the value that an optimizer stores.

    ValueError: no initial value, or one whose shape is not known.
    """

    __array_priority__ = 100
    _is_base_variable = True

    def __new__(cls, *args: Any, use_resource: Any = None, variable_def: Any = None, **kwargs: Any) -> Any:
        """A ref variable, or a resource variable where it is asked for or the scope's default."""
        if cls is Variable:
            from graphpb.variables import resource

            is_resource = resource.wanted(use_resource) if variable_def is None else getattr(variable_def, "is_resource", False)
            return object.__new__(resource.ResourceVariable if is_resource else cls)
        return object.__new__(cls)

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        expected_shape: Any = None,
        import_scope: str | None = None,
        constraint: Any = None,
        use_resource: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
    ):
        self._save_slice_info = None
        self._initialized_value_tensor = None
        self._synchronization, self._aggregation = synchronization, aggregation
        if variable_def is not None:
            if initial_value is not None:
                raise ValueError("variable_def and initial_value are mutually exclusive.")
            self._init_from_proto(variable_def, import_scope)
            self._synchronization, self._aggregation = variable_def.synchronization, variable_def.aggregation
            if variable_def.HasField("save_slice_info_def"):
                part = variable_def.save_slice_info_def
                full_name = f"{import_scope}/{part.full_name}" if import_scope else part.full_name
                self._save_slice_info = Variable.SaveSliceInfo(full_name, list(part.full_shape), list(part.var_offset), list(part.var_shape))
        else:
            check_liftable(initial_value, name)
            with init_scope():
                self._init_from_args(initial_value, trainable, collections, validate_shape, name, dtype, constraint, shape, caching_device)

    def _init_from_args(
        self,
        initial_value: Any,
        trainable: bool | None,
        collections: Any,
        validate_shape: bool,
        name: str | None,
        dtype: Any,
        constraint: Any,
        shape: Any,
        caching_device: Any,
    ) -> None:
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        if constraint is not None and not callable(constraint):
            raise ValueError("The `constraint` argument must be a callable.")
        from_function = callable(initial_value)
        trainable = True if trainable is None else trainable
        collections = collections_of(collections, trainable)
        self._trainable = trainable
        self._constraint = constraint
        graph = core.graph_of([] if from_function else [initial_value])
        dtype = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
        # A variable is made before everything that the surroundings would let it wait for.
        with graph.as_default(), graph.control_dependencies(None), core.name_scope(name, "Variable", None) as scope:
            if from_function:
                with graph._attr_scope({"_class": _class_of(scope[:-1])}):
                    with core.name_scope("Initializer"), graph.device(None):
                        initial = convert_to_tensor(initial_value(), name="initial_value", dtype=dtype)
                    self._add_nodes(graph, scope, initial, validate_shape, shape)
            else:
                initial = convert_to_tensor(initial_value, name="initial_value", dtype=dtype)
                self._add_nodes(graph, scope, initial, validate_shape, shape)
            if validate_shape and not self._initial_value.shape.is_fully_defined():
                raise ValueError(f"initial_value must have a shape specified: {self._initial_value}")
            self._initializer_op = raw.Assign(
                ref=self._variable, value=_guarded(self._variable.op.name, initial), validate_shape=validate_shape, use_locking=True
            ).op
            place = graph.colocate_with(self._variable.op) if caching_device is None else graph.device(caching_device)
            with place:
                self._snapshot = raw.Identity(input=self._variable, name="read")
        graph.add_to_collections(list(dict.fromkeys(collections)), self)

    def _add_nodes(self, graph: core.Graph, scope: str, initial: Any, validate_shape: bool, shape: Any) -> None:
        self._initial_value = initial
        if shape is None:
            shape = initial.shape if validate_shape else shapes.TensorShape(None)
        else:
            shape = shapes.as_shape(shape)
        dtype = initial.dtype.base_dtype
        self._variable = raw.VariableV2(shape=shape, dtype=dtype, name=scope)

    def _init_from_proto(self, variable_def: Any, import_scope: str | None) -> None:
        graph = core.get_default_graph()

        def element(name: str) -> Any:
            return graph.as_graph_element(f"{import_scope}/{name}" if import_scope else name)

        self._variable = element(variable_def.variable_name)
        self._initializer_op = element(variable_def.initializer_name)
        self._initial_value = element(variable_def.initial_value_name) if variable_def.initial_value_name else None
        self._snapshot = element(variable_def.snapshot_name)
        self._trainable = getattr(variable_def, "trainable", True)
        self._constraint = None

    # What it is

    def __repr__(self) -> str:
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}>"

    @property
    def name(self) -> str:
        """The name of the reference: `"w:0"`."""
        return self._variable.name

    @property
    def _shared_name(self) -> str:
        return self.name[:-2]

    @property
    def dtype(self) -> dtypes.DType:
        """The type, a reference: `float32_ref`."""
        return self._variable.dtype

    @property
    def op(self) -> core.Operation:
        """The VariableV2 operation."""
        return self._variable.op

    @property
    def graph(self) -> core.Graph:
        return self._variable.graph

    @property
    def device(self) -> str:
        return self._variable.device

    @property
    def shape(self) -> shapes.TensorShape:
        return self._variable.shape

    def get_shape(self) -> shapes.TensorShape:
        return self._variable.shape

    def set_shape(self, shape: Any) -> None:
        """Refine the static shape of the variable and of its reads."""
        self._variable.set_shape(shape)
        self._snapshot.set_shape(shape)

    @property
    def trainable(self) -> bool:
        return self._trainable

    @property
    def constraint(self) -> Any:
        """The function that optimizers apply after an update, or None."""
        return self._constraint

    @property
    def synchronization(self) -> Any:
        return self._synchronization

    @property
    def aggregation(self) -> Any:
        return self._aggregation

    @property
    def initializer(self) -> core.Operation:
        """The operation that gives the variable its initial value."""
        return self._initializer_op

    @property
    def initial_value(self) -> Any:
        """The tensor of the initial value."""
        return self._initial_value

    def _ref(self) -> Any:
        return self._variable

    def _as_graph_element(self) -> Any:
        return self._variable

    def _gradient_source(self) -> Any:
        return self._variable

    def value(self) -> Any:
        """The tensor that reads the variable (`<name>/read`)."""
        return self._snapshot

    def read_value(self) -> Any:
        """A new tensor that reads the variable at its own point of the order."""
        return raw.Identity(input=self._variable, name="read")

    def initialized_value(self) -> Any:
        """A tensor with the variable's value, initialized first where that has not happened."""
        with self.graph.as_default(), core.control_dependencies(None):
            return _initialized(self)

    def eval(self, session: Any = None) -> Any:
        """The value in `session` (the default session)."""
        return self._variable.eval(session=session)

    def load(self, value: Any, session: Any = None) -> None:
        """Store `value` in `session` (the default session) by running the initializer with it fed."""
        session = session or core_session()
        if session is None:
            raise ValueError(
                "Either session argument should be provided or default session should be established. "
                "Use `with sess.as_default()` or pass an explicit session to `load(session=sess)`"
            )
        session.run(self._initializer_op, {self._initializer_op.inputs[1]: value})

    # Writing

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """An operation that stores `value`; the result is the reference after that (the Operation when `read_value` is False)."""
        result = assign(self._variable, value, use_locking=use_locking, name=name)
        return result if read_value else result.op

    def assign_add(self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """An operation that adds `delta`; the result is the reference after that."""
        result = assign_add(self._variable, delta, use_locking=use_locking, name=name)
        return result if read_value else result.op

    def assign_sub(self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """An operation that subtracts `delta`; the result is the reference after that."""
        result = assign_sub(self._variable, delta, use_locking=use_locking, name=name)
        return result if read_value else result.op

    def count_up_to(self, limit: int) -> Any:
        """An operation that adds one until `limit` is reached, then raises OutOfRangeError; the result is the value before."""
        return raw.apply_op("CountUpTo", ref=self._variable, limit=limit)

    def _scatter(self, op: str, sparse_delta: Any, use_locking: bool, name: str | None) -> Any:
        if not isinstance(sparse_delta, IndexedSlices):
            raise TypeError(f"sparse_delta is not IndexedSlices: {sparse_delta}")
        return raw.apply_op(op, ref=self._variable, indices=sparse_delta.indices, updates=sparse_delta.values, use_locking=use_locking, name=name)

    def scatter_add(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """Add the rows of an IndexedSlices."""
        return self._scatter("ScatterAdd", sparse_delta, use_locking, name)

    def scatter_sub(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """Subtract the rows of an IndexedSlices."""
        return self._scatter("ScatterSub", sparse_delta, use_locking, name)

    def scatter_update(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """Store the rows of an IndexedSlices."""
        return self._scatter("ScatterUpdate", sparse_delta, use_locking, name)

    def scatter_mul(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """Multiply by the rows of an IndexedSlices."""
        return self._scatter("ScatterMul", sparse_delta, use_locking, name)

    def scatter_div(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """Divide by the rows of an IndexedSlices."""
        return self._scatter("ScatterDiv", sparse_delta, use_locking, name)

    def scatter_min(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """Take the smaller of what is there and the rows of an IndexedSlices."""
        return self._scatter("ScatterMin", sparse_delta, use_locking, name)

    def scatter_max(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """Take the larger of what is there and the rows of an IndexedSlices."""
        return self._scatter("ScatterMax", sparse_delta, use_locking, name)

    def batch_scatter_update(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """Store rows of every matrix of a batch, see `tf.batch_scatter_update`."""
        from graphpb.ops import state

        return state.batch_scatter_update(self, sparse_delta.indices, sparse_delta.values, use_locking=use_locking, name=name)

    def _scatter_nd(self, op: str, indices: Any, updates: Any, name: str | None) -> Any:
        return raw.apply_op(op, ref=self._variable, indices=indices, updates=updates, use_locking=True, name=name)

    def _strided_slice_assign(self, begin: Any, end: Any, strides: Any, value: Any, name: str | None, **masks: int) -> Any:
        return raw.apply_op("StridedSliceAssign", ref=self._variable, begin=begin, end=end, strides=strides, value=value, name=name, **masks)

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Add to the elements or slices at coordinates `indices` [..., depth]."""
        return self._scatter_nd("ScatterNdAdd", indices, updates, name)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Subtract from the elements or slices at coordinates `indices` [..., depth]."""
        return self._scatter_nd("ScatterNdSub", indices, updates, name)

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Store the elements or slices at coordinates `indices` [..., depth]."""
        return self._scatter_nd("ScatterNdUpdate", indices, updates, name)

    # As a value

    def __getitem__(self, key: Any) -> Any:
        from graphpb.ops.slicing import slice_helper

        return slice_helper(self.value(), key, var=self)

    def __iter__(self) -> Any:
        raise TypeError("'Variable' object is not iterable.")

    __hash__ = object.__hash__

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The variable as a `VariableDef`; None when it is outside `export_scope`."""
        from graphpb import protos

        if export_scope is not None and not self.name.startswith(export_scope):
            return None

        def strip(name: str) -> str:
            return name[len(export_scope) :].lstrip("/") if export_scope and name.startswith(export_scope) else name

        message = protos.VariableDef(
            variable_name=strip(self.name),
            initial_value_name=strip(self._initial_value.name) if self._initial_value is not None else "",
            trainable=self._trainable,
            initializer_name=strip(self._initializer_op.name),
            snapshot_name=strip(self._snapshot.name),
            synchronization=int(getattr(self._synchronization, "value", self._synchronization) or 0),
            aggregation=int(getattr(self._aggregation, "value", self._aggregation) or 0),
        )
        info = self._get_save_slice_info()
        if info is not None:
            message.save_slice_info_def.full_name = strip(info.full_name)
            message.save_slice_info_def.full_shape.extend(info.full_shape)
            message.save_slice_info_def.var_offset.extend(info.var_offset)
            message.save_slice_info_def.var_shape.extend(info.var_shape)
        return message

    @staticmethod
    def from_proto(variable_def: Any, import_scope: str | None = None) -> Variable:
        """The variable that a `VariableDef` describes, in the default graph."""
        return Variable(variable_def=variable_def, import_scope=import_scope)

    class SaveSliceInfo:
        """Which part of a larger variable this one holds."""

        def __init__(self, full_name: Any = None, full_shape: Any = None, var_offset: Any = None, var_shape: Any = None):
            self.full_name, self.full_shape, self.var_offset, self.var_shape = full_name, full_shape, var_offset, var_shape

        @property
        def spec(self) -> str:
            """The slice as text, as checkpoints write it."""
            sizes = " ".join(str(d) for d in self.full_shape) + " "
            return sizes + ":".join(f"{o},{s}" for o, s in zip(self.var_offset, self.var_shape))

    def _set_save_slice_info(self, save_slice_info: Any) -> None:
        self._save_slice_info = save_slice_info

    def _get_save_slice_info(self) -> Any:
        return self._save_slice_info


def core_session() -> Any:
    """The default session, or None."""
    from graphpb.session.session import get_default_session

    return get_default_session()


def _operator(name: str) -> Any:
    def method(self: Variable, *args: Any) -> Any:
        return getattr(core.Tensor, name)(self.value(), *args)

    method.__name__ = name
    return method


for _name in operators.OPERATORS:
    if _name != "__getitem__" and hasattr(core.Tensor, _name):
        setattr(Variable, _name, _operator(_name))


def _convert_variable(value: Variable, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    if dtype is not None and not dtype.is_compatible_with(value.dtype):
        raise ValueError(f"Incompatible type conversion requested to type '{dtype.name}' for variable of type '{value.dtype.name}'")
    return value._ref() if as_ref else value.value()


register_tensor_conversion_function(Variable, _convert_variable, 100)


def _initialized(variable: Any) -> Any:
    try:
        from graphpb.graph.control import cond
    except ImportError:
        # Within one run the initializer runs once, before the value is read.
        with core.control_dependencies([variable.initializer]):
            return raw.Identity(input=variable._ref())
    return cond(is_variable_initialized(variable), variable.read_value, lambda: variable.initial_value)


def _guarded(name: str, initial: Any) -> Any:
    """The initial value, reading other variables only after they were initialized."""
    by_ref = {v.op._id: v for v in initial.graph.get_collection(GraphKeys.GLOBAL_VARIABLES) if isinstance(v, Variable)}
    by_ref.update({v.op._id: v for v in initial.graph.get_collection(GraphKeys.LOCAL_VARIABLES) if isinstance(v, Variable)})
    if not by_ref or not _depends_on(initial.op, by_ref):
        return initial
    return _safe(name, initial, by_ref, {})


def _depends_on(op: core.Operation, by_ref: dict[int, Variable]) -> bool:
    seen, stack = set(), [op]
    while stack:
        node = stack.pop()
        if node._id in seen:
            continue
        seen.add(node._id)
        if node._id in by_ref:
            return True
        stack.extend(t.op for t in node.inputs)
    return False


def _safe(name: str, tensor: Any, by_ref: dict[int, Variable], done: dict[str, Any]) -> Any:
    """A copy of the tensor's computation in which every variable is read through `initialized_value`."""
    op = tensor.op
    if op._id in by_ref:
        return by_ref[op._id].initialized_value()
    if op.type in ("IsVariableInitialized", "VarIsInitializedOp", "ReadVariableOp", "If"):
        return tensor
    inputs = list(op.inputs)
    if not any(t.op._id in by_ref or _depends_on(t.op, by_ref) for t in inputs):
        return tensor
    if op.type == "Identity" and inputs[0].op._id in by_ref:
        return by_ref[inputs[0].op._id].initialized_value()
    safe = [_safe(name, t, by_ref, done) for t in inputs]
    new_name = (op.name + "_" + name).replace(":", "_")
    if new_name not in done:
        attrs = {k: op.get_attr(k) for k in op.graph.attr_names(op._id)}
        done[new_name] = core.create_op(op.type, safe, attrs, new_name.split("/")[-1] if op.graph.prefix else new_name)
    return done[new_name].outputs[tensor.value_index]


def _is_ref(ref: Any) -> bool:
    """Whether a variable or tensor is a reference; resource variables are not."""
    return getattr(ref, "handle", None) is None and (hasattr(ref, "_ref") or getattr(ref.dtype, "_is_ref_dtype", False))


def _ref_of(ref: Any) -> Any:
    return ref._ref() if hasattr(ref, "_ref") else ref


def assign(ref: Any, value: Any, validate_shape: bool | None = None, use_locking: bool | None = None, name: str | None = None) -> Any:
    """Store `value` in a variable.

    Args:
      ref: the variable. value: its new value, of the same type and (unless `validate_shape` is False) shape.

    Returns:
      The reference after that.
    """
    if _is_ref(ref):
        return raw.Assign(
            ref=_ref_of(ref), value=value, validate_shape=validate_shape, use_locking=True if use_locking is None else use_locking, name=name
        )
    return ref.assign(value, name=name)


def assign_add(ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None) -> Any:
    """Add `value` to a variable and return the reference after that."""
    if _is_ref(ref):
        return raw.AssignAdd(ref=_ref_of(ref), value=value, use_locking=use_locking, name=name)
    return ref.assign_add(value)


def assign_sub(ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None) -> Any:
    """Subtract `value` from a variable and return the reference after that."""
    if _is_ref(ref):
        return raw.AssignSub(ref=_ref_of(ref), value=value, use_locking=use_locking, name=name)
    return ref.assign_sub(value)


def is_variable_initialized(variable: Any) -> Any:
    """A bool tensor: whether the variable has a value."""
    if getattr(variable, "handle", None) is not None:
        return variable.is_initialized()
    return raw.IsVariableInitialized(ref=_ref_of(variable))


def global_variables(scope: str | None = None) -> list[Any]:
    """The variables of `GraphKeys.GLOBAL_VARIABLES`; `scope` is a regular expression for the start of their names."""
    return core.get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES, scope)


all_variables = global_variables


def local_variables(scope: str | None = None) -> list[Any]:
    """The variables of `GraphKeys.LOCAL_VARIABLES`."""
    return core.get_default_graph().get_collection(GraphKeys.LOCAL_VARIABLES, scope)


def model_variables(scope: str | None = None) -> list[Any]:
    """The variables of `GraphKeys.MODEL_VARIABLES`."""
    return core.get_default_graph().get_collection(GraphKeys.MODEL_VARIABLES, scope)


def trainable_variables(scope: str | None = None) -> list[Any]:
    """The variables of `GraphKeys.TRAINABLE_VARIABLES`."""
    return core.get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)


def moving_average_variables(scope: str | None = None) -> list[Any]:
    """The variables of `GraphKeys.MOVING_AVERAGE_VARIABLES`."""
    return core.get_default_graph().get_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, scope)


def variables_initializer(var_list: Any, name: str = "init") -> core.Operation:
    """An operation that initializes the variables of a list."""
    if var_list:
        from graphpb.ops.dependencies import group

        return group(*[v.initializer for v in var_list], name=name)
    return raw.NoOp(name=name)


initialize_variables = variables_initializer


def global_variables_initializer() -> core.Operation:
    """An operation that initializes all global variables made so far."""
    return variables_initializer(global_variables())


initialize_all_variables = global_variables_initializer


def local_variables_initializer() -> core.Operation:
    """An operation that initializes all local variables made so far."""
    return variables_initializer(local_variables())


initialize_local_variables = local_variables_initializer


def assert_variables_initialized(var_list: Any = None) -> Any:
    """A tensor whose run fails with FailedPreconditionError unless the variables (all by default) are initialized."""
    variables = [*global_variables(), *local_variables()] if var_list is None else var_list
    if not variables:
        return None
    ranks = []
    for v in variables:
        with v.graph.colocate_with(v.op):
            ranks.append(raw.Rank(input=v.value()))
    return ranks[0] if len(ranks) == 1 else raw.Pack(values=ranks, name="stack")


def report_uninitialized_variables(var_list: Any = None, name: str = "report_uninitialized_variables") -> Any:
    """A string tensor with the names of the variables (all by default) that have no value."""
    variables = [*global_variables(), *local_variables()] if var_list is None else var_list
    with core.name_scope(name):
        known = [is_variable_initialized(v) for v in variables]
        with core.device("/cpu:0"):
            if not variables:
                return convert_to_tensor([], dtype=dtypes.string)
            from graphpb.ops.gather import boolean_mask

            unknown = raw.LogicalNot(x=raw.Pack(values=known, name="stack"))
            return boolean_mask(convert_to_tensor([v.op.name for v in variables]), unknown)
