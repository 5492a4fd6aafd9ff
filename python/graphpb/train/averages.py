"""Moving averages of variables and tensors."""

from graphpb import dtypes
from graphpb.graph.collections import GraphKeys, add_to_collection
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.core import get_default_graph
from graphpb.graph.scopes import colocate_with, control_dependencies, device, name_scope
from graphpb.initializers import Zeros
from graphpb.ops import raw
from graphpb.ops.cast import cast
from graphpb.ops.dependencies import group
from graphpb.ops.math import divide, pow, truediv
from graphpb.train.slots import create_slot, create_zeros_slot
from graphpb.variables.scope import get_variable, get_variable_scope, variable_scope
from graphpb.variables.variable import (
    Variable,
    assign,
    assign_sub,
    global_variables,
    is_variable_initialized,
    moving_average_variables,
    trainable_variables,
)


def assign_moving_average(variable, value, decay, zero_debias=True, name=None):
    """Make an operation that moves a variable towards a value: variable -= (variable - value) * (1 - decay).

    Args:
      variable: Variable.
      value: Tensor of its shape.
      decay: Float or tensor.
      zero_debias: Correct for a start at zero (Kingma and Ba 2014, section 3) with two more variables.
      name: Scope and name of the nodes; default `AssignMovingAvg`.
    """
    with name_scope(name, "AssignMovingAvg", [variable, value, decay]) as scope:
        share = convert_to_tensor(1.0 - decay, name="decay")
        if share.dtype != variable.dtype.base_dtype:
            share = cast(share, variable.dtype.base_dtype)
        if not zero_debias:
            return assign_sub(variable, (variable - value) * share, name=scope)
        return _debiased(variable, value, share)


def _debiased(unbiased, value, share):
    def fresh(name):
        scope = get_variable_scope()
        if scope.reuse:
            return name
        taken = {variable.op.name for variable in scope.global_variables()}
        candidate, k = name, 0
        while f"{scope.name}/{candidate}" in taken:
            k += 1
            candidate = f"{name}_{k}"
        return candidate

    with variable_scope(unbiased.op.name, values=[unbiased, value, share]):
        with colocate_with(unbiased):
            biased = get_variable(fresh("biased"), initializer=Zeros(), shape=unbiased.shape, dtype=unbiased.dtype.base_dtype, trainable=False)
            steps = get_variable(fresh("local_step"), shape=[], dtype=unbiased.dtype.base_dtype, initializer=Zeros(), trainable=False)
    moved = assign_sub(biased, (biased - value) * share)
    count = steps.assign_add(1)
    factor = 1 - pow(1.0 - share, count)
    return assign(unbiased, moved / factor, name=get_default_graph().get_name_scope() + "/")


def weighted_moving_average(value, decay, weight, truediv_=True, collections=None, name=None):
    """Return the moving average of value * weight over that of weight.

    Args:
      value: float [...].
      decay: Float or tensor.
      weight: A tensor that broadcasts with `value`.
      truediv_: Divide without rounding.
      collections: Collections of the two variables; default `variables`.
      name: Scope; default `WeightedMovingAvg`.
    """
    collections = collections or [GraphKeys.GLOBAL_VARIABLES]
    with variable_scope(name, "WeightedMovingAvg", [value, weight, decay]) as scope:
        total = get_variable("value_x_weight", shape=value.shape, dtype=value.dtype, initializer=Zeros(), trainable=False, collections=collections)
        weights = get_variable("weight", shape=weight.shape, dtype=weight.dtype, initializer=Zeros(), trainable=False, collections=collections)
        numerator = assign_moving_average(total, value * weight, decay, zero_debias=False)
        denominator = assign_moving_average(weights, weight, decay, zero_debias=False)
        return (truediv if truediv_ else divide)(numerator, denominator, name=scope.name)


class ExponentialMovingAverage:
    """Moving averages of variables: shadow -= (shadow - variable) * (1 - decay).

    Args:
      decay: Float below 1.
      num_updates: Step count n; the decay is min(decay, (1 + n) / (10 + n)) then.
      zero_debias: Correct averages of tensors for their start at zero.
      name: Last part of the shadows' names and scope of the updates.
    """

    def __init__(self, decay, num_updates=None, zero_debias=False, name="ExponentialMovingAverage"):
        self._decay = decay
        self._num_updates = num_updates
        self._zero_debias = zero_debias
        self._name = name
        self._averages = {}

    @property
    def name(self):
        """The name of the object."""
        return self._name

    def apply(self, var_list=None):
        """Make shadows for variables or tensors, and an operation that updates them.

        Args:
          var_list: Variables (averages start at their initial value) and tensors (at zero); default the trainable ones.

        Raises:
          TypeError: An item is not float.
        """
        var_list = trainable_variables() if var_list is None else var_list
        debias = set()
        for var in var_list:
            if var.dtype.base_dtype not in (dtypes.bfloat16, dtypes.float16, dtypes.float32, dtypes.float64):
                raise TypeError(f"The variables must be half, float, or double: {var.name}")
            if id(var) in self._averages:
                continue
            with control_dependencies(None):
                if isinstance(var, Variable):
                    with device(var.device):
                        start = _initialized(var)
                    average = create_slot(var, start, self._name, colocate_with_primary=True)
                    add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, var)
                else:
                    average = create_zeros_slot(var, self._name, colocate_with_primary=var.op.type in ("Variable", "VariableV2", "VarHandleOp"))
                    if self._zero_debias:
                        debias.add(id(var))
            self._averages[id(var)] = (var, average)
        with name_scope(self._name) as scope:
            decay = convert_to_tensor(self._decay, dtype=dtypes.float32, name="decay")
            if self._num_updates is not None:
                steps = cast(self._num_updates, dtypes.float32, name="num_updates")
                decay = raw.Minimum(x=decay, y=(1.0 + steps) / (10.0 + steps))
            updates = [assign_moving_average(self._averages[id(var)][1], var, decay, id(var) in debias) for var in var_list]
            return group(*updates, name=scope)

    def average(self, var):
        """Return the shadow of a variable, or None."""
        return self._averages.get(id(var), (None, None))[1]

    def average_name(self, var):
        """Return the name that the shadow of a variable has or would have."""
        if id(var) in self._averages:
            return self.average(var).op.name
        return get_default_graph().unique_name(f"{var.op.name}/{self._name}", mark_as_used=False)

    def variables_to_restore(self, moving_avg_variables=None):
        """Return {name in the checkpoint: variable}: averaged variables under their shadow's name, all others under their own.

        Args:
          moving_avg_variables: Variables that are averaged; default the trainable and the averaged ones.
        """
        averaged = trainable_variables() + moving_average_variables() if moving_avg_variables is None else list(moving_avg_variables)
        averaged = list(dict.fromkeys(averaged))
        names = {self.average_name(var): var for var in averaged}
        own = {var.name for var in averaged}
        for var in dict.fromkeys(global_variables()):
            if var.name not in own and var.op.name not in names:
                names[var.op.name] = var
        return names


def _initialized(var):
    from graphpb.graph.control import cond

    return cond(is_variable_initialized(var), var.read_value, lambda: var.initial_value)
