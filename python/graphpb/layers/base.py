"""The base of all layers: variables made once in a variable scope, the scopes of calls, losses, updates and input checks."""

import re

import numpy as np

from graphpb import dtypes
from graphpb.graph.collections import GraphKeys, get_collection_ref
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.core import Operation, Tensor, get_default_graph
from graphpb.graph.function import init_scope
from graphpb.graph.scopes import name_scope
from graphpb.nest import flatten
from graphpb.nn import activations
from graphpb.ops.cast import cast
from graphpb.ops.shape import shape
from graphpb.ops.unary import exp
from graphpb.shapes import TensorShape
from graphpb.variables.partition import PartitionedVariable
from graphpb.variables.scope import VariableScope, get_variable, variable_scope
from graphpb.variables.variable import global_variables, trainable_variables


class InputSpec:
    """What a layer expects of an input.

    Args:
      dtype: dtype, or None.
      shape: Shape with None for any size, or None.
      ndim: Exact rank, or None.
      max_ndim: Largest rank, or None.
      min_ndim: Least rank, or None.
      axes: {axis: size}, or None.

    Raises:
      TypeError: A key of `axes` is not an integer.
      ValueError: An axis is beyond the rank.
    """

    def __init__(self, dtype=None, shape=None, ndim=None, max_ndim=None, min_ndim=None, axes=None):
        self.dtype = dtypes.as_dtype(dtype).name if dtype is not None else None
        self.shape = None if shape is None else tuple(TensorShape(shape).as_list())
        self.ndim = ndim if shape is None else len(self.shape)
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        try:
            self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        except (AttributeError, TypeError, ValueError):
            raise TypeError(f"Argument `axes` must be a dict with integer keys. Received: axes={axes}") from None
        limit = self.ndim or self.max_ndim
        if limit and self.axes and max(self.axes) >= limit:
            raise ValueError(f"Axis {max(self.axes)} is greater than the maximum allowed value: {limit - 1}")

    def __repr__(self):
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        return f"InputSpec({', '.join(f'{name}={getattr(self, name)}' for name in names if getattr(self, name))})"

    def check(self, tensor, layer_name, index=0):
        """Check one input.

        Raises:
          ValueError: Its rank, dtype or a size is not what is expected.
        """
        start = f'Input {index} of layer "{layer_name}" is incompatible with the layer: '
        if tensor.shape.ndims is None:
            return
        sizes = tuple(tensor.shape.as_list())
        rank = len(sizes)
        if self.ndim is not None and rank != self.ndim:
            raise ValueError(f"{start}expected ndim={self.ndim}, found ndim={rank}. Full shape received: {sizes}")
        if self.max_ndim is not None and rank > self.max_ndim:
            raise ValueError(f"{start}expected max_ndim={self.max_ndim}, found ndim={rank}")
        if self.min_ndim is not None and rank < self.min_ndim:
            raise ValueError(f"{start}expected min_ndim={self.min_ndim}, found ndim={rank}. Full shape received: {sizes}")
        if self.dtype is not None and tensor.dtype.name != self.dtype:
            raise ValueError(f"{start}expected dtype={self.dtype}, found dtype={tensor.dtype.name}")
        for axis, size in self.axes.items():
            if size is not None and sizes[axis] not in (size, None):
                raise ValueError(f"{start}expected axis {axis} of input shape to have value {size}, but received input with shape {sizes}")
        if self.shape is not None:
            for expected, actual in zip(self.shape, sizes, strict=True):
                if expected is not None and actual is not None and expected != actual:
                    raise ValueError(f"{start}expected shape={self.shape}, found shape={sizes}")


def snake_case(name):
    """Return a class name in lower case with underscores: `BatchNormalization` becomes `batch_normalization`."""
    name = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _add_new(items, key):
    kept = get_collection_ref(key)
    for item in items:
        if not any(item is other for other in kept):
            kept.append(item)


class Layer:
    """Base of the layers of tf.layers.

    A subclass makes its variables in `build(input_shape)` with `add_weight`, and computes in `call(inputs)`.

    Args:
      trainable: Whether its variables are trainable.
      name: Name of the layer and of its scopes; default the class name in snake case, made unique for each call site.
      dtype: dtype of its variables; default that of the first input.
      activity_regularizer: Function from an output to a loss.
    """

    def __init__(self, trainable=True, name=None, dtype=None, activity_regularizer=None, **kwargs):
        scope = kwargs.pop("_scope", None)
        self._reuse = kwargs.pop("_reuse", None)
        if kwargs:
            raise TypeError("Keyword argument not understood:", next(iter(kwargs)))
        self.trainable = trainable
        self.built = False
        self.input_spec = None
        self._dtype = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
        self._activity_regularizer = activity_regularizer
        self._trainable_weights = []
        self._non_trainable_weights = []
        self._updates = []
        self._losses = []
        self._losses_of_inputs = set()
        self._calls = []
        default = snake_case(type(self).__name__)
        if isinstance(name, VariableScope):
            self._name, self._base_name = self._unique_name(default), name.name
        else:
            self._name = name or self._unique_name(default)
            self._base_name = name or default
        self._scope = None
        self._current_scope = None
        if scope:
            with variable_scope(scope) as opened:
                self._scope = opened

    @staticmethod
    def _unique_name(base):
        counts = get_default_graph().get_collection_ref(("__layer_names",))
        if not counts:
            counts.append({})
        number = counts[0][base] = counts[0].get(base, 0) + 1
        return f"{base}_{number}"

    name = property(lambda self: self._name)
    dtype = property(lambda self: None if self._dtype is None else self._dtype.name)
    updates = property(lambda self: list(self._updates) if self.trainable else [])
    losses = property(lambda self: list(self._losses))
    trainable_weights = property(lambda self: list(self._trainable_weights) if self.trainable else [])
    activity_regularizer = property(lambda self: self._activity_regularizer)

    @property
    def non_trainable_weights(self):
        """The variables that are not trained."""
        return list(self._non_trainable_weights) if self.trainable else self._trainable_weights + self._non_trainable_weights

    @property
    def weights(self):
        """All variables, the trainable ones first."""
        return self.trainable_weights + self.non_trainable_weights

    variables = weights
    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    @property
    def graph(self):
        """The default graph."""
        return get_default_graph()

    @property
    def scope_name(self):
        """The name of the layer's variable scope.

        ValueError: the layer has not been called.
        """
        if self._scope is None:
            raise ValueError(
                f'No name available for layer scope because the layer "{self._name}" has not been used yet. '
                "The scope name  is determined the first time the layer instance is called. "
                "You must therefore call the layer before querying `scope_name`."
            )
        return self._scope.name

    def _of_only_call(self, index):
        if not self._calls:
            raise AttributeError(f"Layer {self._name} is not connected, no input to return.")
        if len(self._calls) > 1:
            raise AttributeError(f'Layer {self._name} has multiple inbound nodes, hence the notion of "layer input" is ill-defined.')
        return self._calls[0][index]

    @property
    def input(self):
        """The input of the only call. AttributeError when there is none, or more than one."""
        return self._of_only_call(0)

    @property
    def output(self):
        """The output of the only call. AttributeError when there is none, or more than one."""
        return self._of_only_call(1)

    @property
    def input_shape(self):
        """The static shape of the input of the only call."""
        if not self._calls:
            raise AttributeError("The layer has never been called and thus has no defined input shape.")
        return self.input.shape

    @property
    def output_shape(self):
        """The static shape of the output of the only call."""
        if not self._calls:
            raise AttributeError("The layer has never been called and thus has no defined output shape.")
        return self.output.shape

    def build(self, input_shape):
        """Make the variables for inputs of a static shape; called once."""
        self.built = True

    def call(self, inputs, **kwargs):
        """Compute the outputs."""
        return inputs

    def compute_output_shape(self, input_shape):
        """Return the static shape of the output for a static shape of the input."""
        raise NotImplementedError(f"The layer {type(self).__name__} does not say its output shape.")

    def count_params(self):
        """Return the number of elements of all variables. ValueError when they have not been made."""
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on {self._name}, but the layer isn't built. "
                f"You can build it manually via: `{self._name}.build(batch_input_shape)`."
            )
        return sum(int(np.prod(variable.shape.as_list())) for variable in self.weights)

    def get_updates_for(self, inputs):
        """Return the update operations that depend on inputs; those that depend on no call's inputs for None."""
        tensors = [tensor for call in self._calls for tensor in flatten(call[0])] if inputs is None else flatten(inputs)
        reached = [update for update in self.updates if _depends(update, tensors)]
        return [update for update in self.updates if update not in reached] if inputs is None else reached

    def get_losses_for(self, inputs):
        """Return the losses that depend on inputs; those added without inputs for None."""
        if inputs is None:
            return [loss for loss in self._losses if loss not in self._losses_of_inputs]
        return [loss for loss in self._losses if loss in self._losses_of_inputs and _depends(loss.op, flatten(inputs))]

    def add_update(self, updates, inputs=None):
        """Add update operations, or functions that make them."""
        for update in flatten(updates):
            update = update() if callable(update) else update
            self._updates.append(update if isinstance(update, Operation) else getattr(update, "op", update))

    def add_loss(self, losses, inputs=None):
        """Add losses, or functions that make them, to the layer and to the collection `regularization_losses`.

        Args:
          losses: Scalar tensor, function that makes one, or a list.
          inputs: The inputs that they depend on; None for losses of the variables only.
        """
        made = [loss() if callable(loss) and not isinstance(loss, Tensor) else loss for loss in flatten(losses)]
        made = [convert_to_tensor(loss) for loss in made if loss is not None]
        self._losses.extend(made)
        if inputs is not None:
            self._losses_of_inputs.update(made)
        _add_new(made, GraphKeys.REGULARIZATION_LOSSES)

    def _set_scope(self, scope=None):
        if self._scope is not None:
            return
        if self._reuse:
            context = variable_scope(self._base_name if scope is None else scope)
        else:
            context = variable_scope(scope, default_name=self._base_name)
        with context as opened:
            self._scope = opened

    def add_weight(
        self,
        name,
        shape,
        dtype=None,
        initializer=None,
        regularizer=None,
        trainable=None,
        constraint=None,
        use_resource=None,
        synchronization=None,
        aggregation=None,
        partitioner=None,
    ):
        """Make a variable in the layer's scope, or share the one that exists.

        Args:
          name: Name below the scope.
          shape: Static shape.
          dtype: dtype; default that of the layer.
          initializer: Initializer; default that of the scope.
          regularizer: Function from the variable to a loss; only for a variable that is new.
          trainable: Whether it is trained; default yes.
          constraint: Function applied after each update by an optimizer.
          use_resource: Whether to make a resource variable.
          synchronization: Kept for compatibility.
          aggregation: Kept for compatibility.
          partitioner: Function from (shape, dtype) to the number of parts of each axis.
        """
        trainable = (True if trainable is None else trainable) and self.trainable
        existing = set(global_variables())
        self._set_scope()
        with variable_scope(self._scope, reuse=self.built or self._reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            with name_scope(scope.original_name_scope):
                variable = get_variable(
                    name,
                    shape=shape,
                    dtype=dtypes.as_dtype(dtype or self._dtype or dtypes.float32),
                    initializer=initializer_named(initializer if initializer is not None else scope.initializer),
                    constraint=constraint,
                    trainable=trainable,
                    partitioner=partitioner,
                    use_resource=use_resource or scope.use_resource,
                    synchronization=synchronization,
                    aggregation=aggregation,
                )
                parts = list(variable) if isinstance(variable, PartitionedVariable) else [variable]
                if regularizer is not None and not any(part in existing for part in parts):
                    self._regularize(name, variable, regularizer)
        trained = trainable and parts[0] in set(trainable_variables())
        (self._trainable_weights if trained else self._non_trainable_weights).extend(parts)
        return variable

    add_variable = add_weight

    def _regularize(self, name, variable, regularizer):
        def loss():
            with init_scope(), name_scope(name + "/Regularizer"):
                return regularizer(variable)

        self.add_loss(loss)

    def __call__(self, inputs, *args, **kwargs):
        """Compute the outputs for inputs; the first call makes the variables.

        Args:
          inputs: Tensor, or list of tensors; arrays are converted.
          *args, **kwargs: Further arguments of `call`.
          scope: VariableScope of the variables, for the first call.
        """
        self._set_scope(kwargs.pop("scope", None))
        with variable_scope(self._scope, reuse=True if self.built else self._reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            inputs = _converted(inputs)
            tensors = flatten(inputs)
            self._check_inputs(tensors)
            with name_scope(scope.original_name_scope):
                if self._dtype is None and tensors:
                    self._dtype = tensors[0].dtype.base_dtype
                if not self.built:
                    shapes = [tensor.shape for tensor in tensors]
                    self.build(shapes if isinstance(inputs, (list, tuple)) else shapes[0])
                    self.built = True
                outputs = self.call(inputs, *args, **kwargs)
                if self._activity_regularizer is not None:
                    self._regularize_outputs(flatten(outputs), inputs)
        _add_new(self.updates, GraphKeys.UPDATE_OPS)
        self._calls.append((inputs, outputs))
        return outputs

    apply = __call__

    def _check_inputs(self, tensors):
        specs = self.input_spec if isinstance(self.input_spec, (list, tuple)) else [self.input_spec]
        for index, (spec, tensor) in enumerate(zip(specs, tensors, strict=False)):
            if spec is not None:
                spec.check(tensor, self._name, index)

    def _regularize_outputs(self, outputs, inputs):
        with name_scope("ActivityRegularizer"):
            for output in outputs:
                loss = convert_to_tensor(self._activity_regularizer(output))
                batch = cast(shape(output)[0], loss.dtype)
                self.add_loss(loss / batch, inputs=inputs)


def _depends(operation, tensors):
    """Whether an operation's value follows from one of the tensors."""
    sources = {tensor.op for tensor in tensors}
    waiting, seen = [operation], set()
    while waiting:
        operation = waiting.pop()
        if operation in sources:
            return True
        if operation not in seen:
            seen.add(operation)
            waiting.extend(tensor.op for tensor in operation.inputs)
    return False


def _converted(inputs):
    if isinstance(inputs, (list, tuple)):
        return type(inputs)(_converted(item) for item in inputs) if type(inputs) in (list, tuple) else inputs
    return inputs if hasattr(inputs, "get_shape") else convert_to_tensor(inputs)


def activation_named(activation):
    """Return an activation function; a string is looked up in tf.nn, tf.exp and tf.identity ("exponential", "linear")."""
    if not isinstance(activation, str):
        return activation
    if activation == "exponential":
        return exp
    known = ("elu", "relu", "relu6", "selu", "sigmoid", "softmax", "softplus", "softsign", "swish", "tanh")
    if activation not in ("linear", *known):
        raise ValueError(f"Unknown activation function: {activation}")
    return None if activation == "linear" else getattr(activations, activation)


def initializer_named(initializer):
    """Return an initializer; a string is looked up in `tf.initializers`."""
    if not isinstance(initializer, str):
        return initializer
    from graphpb import initializers

    try:
        return getattr(initializers, initializer)()
    except AttributeError:
        raise ValueError(f"Unknown initializer: {initializer}") from None
