"""variable_scope, get_variable and what they remember for each graph: the open scope and how often each was opened."""

import contextlib
import copy
import enum
import functools

from graphpb import dtypes
from graphpb.graph.collections import GraphKeys, get_collection
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.core import get_default_graph, graph_of
from graphpb.graph.scopes import name_scope
from graphpb.variables.store import default_store


class _ReuseMode(enum.Enum):
    """How get_variable treats a name that exists or does not; the other modes are True, False and None."""

    AUTO_REUSE = 1


AUTO_REUSE = _ReuseMode.AUTO_REUSE
"""Create variables that do not exist and return those that do."""


class VariableScope:
    """The defaults that get_variable takes from a scope.

    Attributes:
      name: Path that variable names start with; "" at the root.
      original_name_scope: The op scope that was opened with the scope first, with a slash.
      reuse: True, False, None or AUTO_REUSE.
      initializer, regularizer, caching_device, partitioner, custom_getter, dtype, use_resource, constraint: the defaults.
    """

    def __init__(
        self,
        reuse,
        name="",
        initializer=None,
        regularizer=None,
        caching_device=None,
        partitioner=None,
        custom_getter=None,
        name_scope="",
        dtype=dtypes.float32,
        use_resource=None,
        constraint=None,
    ):
        self._name = name
        self._initializer = initializer
        self._regularizer = regularizer
        self._reuse = reuse
        self._caching_device = caching_device
        self._partitioner = partitioner
        self._custom_getter = custom_getter
        self._name_scope = name_scope
        self._dtype = dtype
        self._use_resource = use_resource
        self._constraint = constraint

    name = property(lambda self: self._name)
    original_name_scope = property(lambda self: self._name_scope)
    reuse = property(lambda self: self._reuse)
    initializer = property(lambda self: self._initializer)
    regularizer = property(lambda self: self._regularizer)
    caching_device = property(lambda self: self._caching_device)
    partitioner = property(lambda self: self._partitioner)
    custom_getter = property(lambda self: self._custom_getter)
    dtype = property(lambda self: self._dtype)
    use_resource = property(lambda self: self._use_resource)
    constraint = property(lambda self: self._constraint)

    def reuse_variables(self):
        """Share variables from here to the end of the scope."""
        self._reuse = True

    def set_initializer(self, initializer):
        """Set the default initializer."""
        self._initializer = initializer

    def set_regularizer(self, regularizer):
        """Set the default regularizer."""
        self._regularizer = regularizer

    def set_caching_device(self, caching_device):
        """Set the default caching device."""
        self._caching_device = caching_device

    def set_partitioner(self, partitioner):
        """Set the default partitioner."""
        self._partitioner = partitioner

    def set_custom_getter(self, custom_getter):
        """Set the custom getter."""
        self._custom_getter = custom_getter

    def set_dtype(self, dtype):
        """Set the default dtype."""
        self._dtype = dtype

    def set_use_resource(self, use_resource):
        """Set whether variables are resource variables."""
        self._use_resource = use_resource

    def get_collection(self, name):
        """Return the items of a collection whose names are below this scope."""
        return get_collection(name, self._name + "/" if self._name else "")

    def trainable_variables(self):
        """Return the trainable variables of this scope."""
        return self.get_collection(GraphKeys.TRAINABLE_VARIABLES)

    def global_variables(self):
        """Return the global variables of this scope."""
        return self.get_collection(GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self):
        """Return the local variables of this scope."""
        return self.get_collection(GraphKeys.LOCAL_VARIABLES)

    def get_variable(
        self,
        var_store,
        name,
        shape=None,
        dtype=None,
        initializer=None,
        regularizer=None,
        reuse=None,
        trainable=None,
        collections=None,
        caching_device=None,
        partitioner=None,
        validate_shape=True,
        use_resource=None,
        custom_getter=None,
        constraint=None,
        synchronization=None,
        aggregation=None,
    ):
        """Return a variable of a store under this scope's name and defaults; see `tf.get_variable`."""
        full_name = f"{self._name}/{name}" if self._name else name
        # Variable names follow variable scopes only, whatever op scope is open.
        with name_scope(None):
            if dtype is not None and initializer is not None and not callable(initializer):
                value_dtype = convert_to_tensor(initializer).dtype.base_dtype
                if value_dtype != dtype:
                    raise ValueError(f"Initializer type '{value_dtype}' and explicit dtype '{dtypes.as_dtype(dtype)}' don't match.")
            return var_store.get_variable(
                full_name,
                shape=shape,
                dtype=self._dtype if dtype is None else dtype,
                initializer=self._initializer if initializer is None else initializer,
                regularizer=self._regularizer if regularizer is None else regularizer,
                reuse=self._reuse if reuse is None else reuse,
                trainable=trainable,
                collections=collections,
                caching_device=self._caching_device if caching_device is None else caching_device,
                partitioner=self._partitioner if partitioner is None else partitioner,
                validate_shape=validate_shape,
                use_resource=self._use_resource if use_resource is None else use_resource,
                custom_getter=self._custom_getter if custom_getter is None else custom_getter,
                constraint=self._constraint if constraint is None else constraint,
                synchronization=synchronization,
                aggregation=aggregation,
            )


class _ScopeState:
    """The open variable scope of a graph, and how often each full name was opened."""

    def __init__(self):
        self.current = VariableScope(False)
        self.counts = {}

    def opened(self, name):
        self.counts[name] = self.counts.get(name, 0) + 1

    def closed_below(self, name):
        for key in self.counts:
            if not name or key.startswith(name + "/"):
                self.counts[key] = 0


def _state():
    kept = get_default_graph().get_collection_ref(("__variable_scopes",))
    if not kept:
        kept.append(_ScopeState())
    return kept[0]


def get_variable_scope():
    """Return the variable scope that is open."""
    return _state().current


def get_variable(
    name,
    shape=None,
    dtype=None,
    initializer=None,
    regularizer=None,
    trainable=None,
    collections=None,
    caching_device=None,
    partitioner=None,
    validate_shape=True,
    use_resource=None,
    custom_getter=None,
    constraint=None,
    synchronization=None,
    aggregation=None,
):
    """Return the variable of a name in the open scope: a new one, or the one that exists.

    Args:
      name: Name below the scope.
      shape: Fully defined shape; not with an initializer that is a value.
      dtype: dtype; default that of the scope, float32.
      initializer: Initializer, function of (shape, dtype), function without arguments, or value; default that of the
        scope, else Glorot uniform for floats and zeros for integers, bools and strings.
      regularizer: Function from the variable to a loss, which is added to `regularization_losses`.
      trainable: Whether it joins `trainable_variables`; default yes.
      collections: Collections to join; default `variables`.
      caching_device: Device that reads are cached on.
      partitioner: Function from (shape, dtype) to the number of parts of each axis.
      validate_shape: Whether the shape of the initial value must be known.
      use_resource: Whether to make a resource variable.
      custom_getter: Function that is called as `custom_getter(getter, name, ...)` instead.
      constraint: Function applied after each update by an optimizer.
      synchronization: Kept for compatibility.
      aggregation: Kept for compatibility.

    Raises:
      ValueError: The name exists and the scope does not reuse, or does not exist and it does; the shape or dtype
        differs from the variable that exists; there is neither shape nor value.
    """
    return get_variable_scope().get_variable(
        default_store(),
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=collections,
        caching_device=caching_device,
        partitioner=partitioner,
        validate_shape=validate_shape,
        use_resource=use_resource,
        custom_getter=custom_getter,
        constraint=constraint,
        synchronization=synchronization,
        aggregation=aggregation,
    )


def get_local_variable(name, shape=None, dtype=None, initializer=None, regularizer=None, trainable=False, collections=None, **settings):
    """Return a variable as `get_variable` does, untrainable and in the collection `local_variables`."""
    collections = [*(collections or []), GraphKeys.LOCAL_VARIABLES]
    return get_variable(
        name, shape=shape, dtype=dtype, initializer=initializer, regularizer=regularizer, trainable=False, collections=collections, **settings
    )


def no_regularizer(_):
    """Return None: a regularizer that turns off that of the scope."""
    return None


def _composed(own, outer):
    """A custom getter whose own getter is that of the outer scope."""
    if outer is None:
        return own

    def composed(getter, *args, **kwargs):
        return own(functools.partial(outer, getter), *args, **kwargs)

    return composed


_OVERRIDES = ("initializer", "regularizer", "caching_device", "partitioner", "dtype", "use_resource")


class _Opened:
    """The variable scope alone, without an op scope, as a context manager."""

    def __init__(self, name_or_scope, op_scope, reuse, custom_getter, constraint, overrides):
        self._state = _state()
        self._given = name_or_scope
        old = self._state.current
        if isinstance(name_or_scope, VariableScope):
            base, name, op_scope = name_or_scope, name_or_scope.name, name_or_scope.original_name_scope
        else:
            base, name = old, f"{old.name}/{name_or_scope}" if old.name else name_or_scope
            op_scope = name_or_scope if op_scope is None else op_scope
        scope = copy.copy(base)
        scope._name = name
        scope._name_scope = op_scope
        scope._reuse = reuse or base.reuse
        scope._constraint = constraint
        for key in _OVERRIDES:
            if overrides.get(key) is not None:
                setattr(scope, "_" + key, overrides[key])
        if custom_getter is not None:
            scope._custom_getter = _composed(custom_getter, base.custom_getter)
        self._scope = scope

    def __enter__(self):
        state = self._state
        self._old = state.current
        state.opened(self._scope.name)
        self._counts = dict(state.counts)
        state.current = self._scope
        return self._scope

    def __exit__(self, *exc):
        if isinstance(self._given, VariableScope):
            self._state.counts = self._counts
        else:
            self._state.closed_below(self._scope.name)
        self._state.current = self._old


def _unique_name(default_name):
    """The default name, or the first of default_name_1, … that is not open or was not opened here."""
    state = _state()
    prefix = state.current.name + "/" if state.current.name else ""
    name, k = default_name, 0
    while state.counts.get(prefix + name, 0):
        k += 1
        name = f"{default_name}_{k}"
    return name


class variable_scope:
    """Open a scope for variables, and an op scope of the same name.

    Args:
      name_or_scope: String, or a VariableScope to open again.
      default_name: Made unique and used when `name_or_scope` is None.
      values: Tensors whose graph becomes the default one inside.
      initializer, regularizer, caching_device, partitioner, custom_getter, dtype, use_resource: Defaults of
        get_variable inside, handed down to inner scopes; custom getters call the outer ones.
      reuse: True: variables must exist; AUTO_REUSE: are made where they do not; None or False: as the outer scope says.
      constraint: Default of get_variable in this scope only.
      auxiliary_name_scope: False leaves the op scope as it is.

    Returns:
      A context manager that yields the VariableScope.

    Raises:
      TypeError: There is neither a name nor a default name, or the name is neither string nor scope.
      ValueError: `reuse` is something else, or given with a default name only.
    """

    def __init__(
        self,
        name_or_scope,
        default_name=None,
        values=None,
        initializer=None,
        regularizer=None,
        caching_device=None,
        partitioner=None,
        custom_getter=None,
        reuse=None,
        dtype=None,
        use_resource=None,
        constraint=None,
        auxiliary_name_scope=True,
    ):
        if default_name is None and name_or_scope is None:
            raise TypeError("If default_name is None then name_or_scope is required")
        self._reuse = None if reuse is False else reuse
        if self._reuse not in (None, True, AUTO_REUSE) or isinstance(self._reuse, int) and self._reuse is not True:
            raise ValueError("The reuse parameter must be True or False or None.")
        if not isinstance(auxiliary_name_scope, bool):
            raise TypeError(f"The auxiliary_name_scope must be `True` or `False`, while get {auxiliary_name_scope}")
        self._name_or_scope = name_or_scope
        self._default_name = default_name
        self._values = [] if values is None else values
        self._custom_getter = custom_getter
        self._constraint = constraint
        self._auxiliary_name_scope = auxiliary_name_scope
        self._overrides = dict(zip(_OVERRIDES, (initializer, regularizer, caching_device, partitioner, dtype, use_resource), strict=True))
        self._exits = []

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            graph = graph_of(self._values)
            if graph is not get_default_graph():
                stack.enter_context(graph.as_default())
            scope = self._open(stack)
            self._exits.append(stack.pop_all())
        return scope

    def __exit__(self, *exc):
        return self._exits.pop().__exit__(*exc)

    def _open(self, stack):
        given = self._name_or_scope
        if given is not None and not isinstance(given, (str, VariableScope)):
            raise TypeError("VariableScope: name_or_scope must be a string or VariableScope.")
        if given is None and self._reuse:
            raise ValueError("reuse=True cannot be used without a name_or_scope")
        if given is None:
            op_scope = self._default_name
        else:
            op_scope = given if isinstance(given, str) else given.name.split("/")[-1]
        op_scope_name = None
        if not self._auxiliary_name_scope:
            current = get_default_graph().get_name_scope()
            op_scope_name = stack.enter_context(name_scope(current + "/" if current else ""))
        elif op_scope:
            op_scope_name = stack.enter_context(name_scope(op_scope))
        if given is None:
            given = _unique_name(self._default_name)
        return stack.enter_context(_Opened(given, op_scope_name, self._reuse, self._custom_getter, self._constraint, self._overrides))


@contextlib.contextmanager
def op_scope(values, name, default_name=None):
    """Open a scope as `tf.name_scope(name, default_name, values)`; the older spelling."""
    with name_scope(name, default_name=default_name, values=values) as scope:
        yield scope


@contextlib.contextmanager
def variable_op_scope(
    values,
    name_or_scope,
    default_name=None,
    initializer=None,
    regularizer=None,
    caching_device=None,
    partitioner=None,
    custom_getter=None,
    reuse=None,
    dtype=None,
    use_resource=None,
    constraint=None,
):
    """Open a scope as `tf.variable_scope(name_or_scope, default_name, values)`; the older spelling."""
    with variable_scope(
        name_or_scope,
        default_name,
        values,
        initializer,
        regularizer,
        caching_device,
        partitioner,
        custom_getter,
        reuse,
        dtype,
        use_resource,
        constraint,
    ) as scope:
        yield scope
