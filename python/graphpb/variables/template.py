"""make_template: a function whose variables are made on the first call and shared by later ones."""

import functools

from graphpb.graph.collections import GraphKeys, get_collection, get_collection_ref
from graphpb.variables.scope import _Opened, _unique_name, variable_scope


class Template:
    """A function bound to a variable scope of its own; see `make_template`."""

    def __init__(self, name, func, create_scope_now=False, unique_name=None, custom_getter=None):
        if name is None:
            raise ValueError("name cannot be None.")
        self._name = name
        self._func = func
        self._unique_name = unique_name
        self._custom_getter = custom_getter
        self._variable_scope = None
        self._first_call = True
        self._variables_created = False
        if create_scope_now:
            with _Opened(unique_name or _unique_name(name), None, None, custom_getter, None, {}) as scope:
                self._variable_scope = scope

    def __call__(self, *args, **kwargs):
        if self._variable_scope is not None:
            with variable_scope(self._variable_scope, reuse=not self._first_call):
                return self._call(args, kwargs)
        with variable_scope(self._unique_name, self._name, custom_getter=self._custom_getter) as scope:
            self._variable_scope = scope
            return self._call(args, kwargs)

    def _call(self, args, kwargs):
        if self._variables_created:
            before = len(get_collection_ref(GraphKeys.TRAINABLE_VARIABLES))
            result = self._func(*args, **kwargs)
            made = get_collection_ref(GraphKeys.TRAINABLE_VARIABLES)[before:]
            if made:
                raise ValueError(
                    f"Trainable variable created when calling a template after the first time, "
                    f"perhaps you used tf.Variable when you meant tf.get_variable: {made}"
                )
            return result
        if not self._first_call:
            return self._func(*args, **kwargs)
        self._first_call = False
        try:
            result = self._func(*args, **kwargs)
        except BaseException:
            self._first_call = True
            raise
        self._variables_created = True
        return result

    name = property(lambda self: self._name)
    func = property(lambda self: self._func)
    variable_scope = property(lambda self: self._variable_scope)
    var_scope = variable_scope

    @property
    def variable_scope_name(self):
        """The scope's name with a slash; None before the first call."""
        if self._variable_scope is None:
            return None
        name = self._variable_scope.name
        return name if not name or name.endswith("/") else name + "/"

    def _collected(self, key):
        return get_collection(key, self.variable_scope_name) if self._variables_created else []

    @property
    def global_variables(self):
        """The global variables made by the function."""
        return self._collected(GraphKeys.GLOBAL_VARIABLES)

    @property
    def local_variables(self):
        """The local variables made by the function."""
        return self._collected(GraphKeys.LOCAL_VARIABLES)

    @property
    def trainable_variables(self):
        """The trainable variables made by the function."""
        return self._collected(GraphKeys.TRAINABLE_VARIABLES)

    @property
    def variables(self):
        """The global and local variables made by the function."""
        return self.global_variables + self.local_variables

    @property
    def non_trainable_variables(self):
        """The global variables that are not trainable."""
        trainable = set(self.trainable_variables)
        return [variable for variable in self.global_variables if variable not in trainable]

    weights = variables
    trainable_weights = trainable_variables
    non_trainable_weights = non_trainable_variables


def make_template(name_, func_, create_scope_now_=False, unique_name_=None, custom_getter_=None, **kwargs):
    """Wrap a function so that its get_variable calls make variables once and share them afterwards.

    Args:
      name_: Scope of the variables, made unique at the first call.
      func_: Function that makes variables with `tf.get_variable`.
      create_scope_now_: Choose the scope now and not at the first call.
      unique_name_: Scope that is used as it is.
      custom_getter_: Custom getter of the scope.
      **kwargs: Arguments bound to `func_`.

    Returns:
      A function; each call opens its own op scope.

    Raises:
      ValueError: The name is None; a later call makes a trainable variable.
    """
    if kwargs:
        func_ = functools.partial(func_, **kwargs)
    return Template(name_, func_, create_scope_now=create_scope_now_, unique_name=unique_name_, custom_getter=custom_getter_)
