"""The optimizers of tf.train. Each update is one node whose kernel holds the rule; the class names its slots and scalars."""

from graphpb.graph.composite import IndexedSlices
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.core import get_outermost_graph
from graphpb.graph.scopes import colocate_with, control_dependencies, device
from graphpb.initializers import Constant, Ones
from graphpb.ops import raw
from graphpb.ops.array import identity
from graphpb.ops.cast import cast
from graphpb.ops.dependencies import group
from graphpb.ops.fill import ones, ones_like
from graphpb.ops.shape import shape
from graphpb.ops.state import scatter_add
from graphpb.ops.unary import sqrt
from graphpb.train.optimizer import Optimizer, is_resource
from graphpb.variables.variable import assign, assign_sub


class _Rule(Optimizer):
    """An optimizer whose update of a variable is one `…Apply…` node.

    Attributes:
      _hyper: (attribute of the Python value, name of the constant) of each scalar, in the order they are made.
      _returns_op: Whether the ref forms return the operation and not its output.
    """

    _hyper = ()
    _returns_op = False

    def _prepare(self):
        self._tensors = {}
        for attribute, name in self._hyper:
            self._tensors[name] = convert_to_tensor(self._call_if_callable(getattr(self, attribute)), name=name)

    def _inputs(self, var):
        """The node's kind, its inputs after the variable in order (slots, scalars, and "grad"), and its attrs."""
        raise NotImplementedError

    def _node(self, grad, var, indices=None):
        kind, inputs, more = self._inputs(var)
        resource = is_resource(var)
        arguments = {"var": var.handle if resource else var._ref()}
        for name, value in inputs.items():
            if isinstance(value, str):
                # The sparse form of ApplyProximalGradientDescent calls its gradient by another name.
                arguments["grad" if indices is not None and name == "delta" else name] = grad
                if indices is not None:
                    arguments["indices"] = indices
            elif isinstance(value, _Scalar):
                tensor = self._tensors[value.name] if isinstance(value.name, str) else value.name
                arguments[name] = cast(tensor, var.dtype.base_dtype) if value.cast else tensor
            else:
                arguments[name] = value.handle if resource else value._ref()
        form = ("Resource" if resource else "") + ("Sparse" if indices is not None else "") + "Apply" + kind
        node = getattr(raw, form)(**arguments, **more, use_locking=self._use_locking)
        return node.op if self._returns_op and not resource else node

    def _apply_dense(self, grad, var):
        return self._node(grad, var)

    def _resource_apply_dense(self, grad, handle):
        return self._node(grad, handle)

    def _apply_sparse(self, grad, var):
        return self._node(grad.values, var, grad.indices)

    def _resource_apply_sparse(self, grad, handle, indices):
        return self._node(grad, handle, indices)


class _Scalar:
    """A scalar input: the name of a prepared tensor or the tensor itself, cast to the variable's dtype or not."""

    def __init__(self, name, cast=True):
        self.name = name
        self.cast = cast


class GradientDescentOptimizer(_Rule):
    """w -= lr * g.

    Args:
      learning_rate: Float, tensor, or function without arguments.
      use_locking: Attr of the update nodes.
      name: Scope of the updates.
    """

    _hyper = (("_learning_rate", "learning_rate"),)
    _returns_op = True

    def __init__(self, learning_rate, use_locking=False, name="GradientDescent"):
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate

    def _inputs(self, var):
        return "GradientDescent", {"alpha": _Scalar("learning_rate"), "delta": "grad"}, {}

    def _apply_sparse_duplicate_indices(self, grad, var):
        rate = cast(self._tensors["learning_rate"], var.dtype.base_dtype)
        return var.scatter_sub(IndexedSlices(grad.values * rate, grad.indices, grad.dense_shape), use_locking=self._use_locking)

    def _resource_apply_sparse_duplicate_indices(self, grad, handle, indices):
        updates = -grad * cast(self._tensors["learning_rate"], grad.dtype.base_dtype)
        return raw.ResourceScatterAdd(resource=handle.handle, indices=indices, updates=updates)


class MomentumOptimizer(_Rule):
    """a = momentum * a + g; w -= lr * a. Nesterov: w -= lr * g + lr * momentum * a.

    Slots: `momentum`.

    Args:
      learning_rate: Float, tensor, or function without arguments.
      momentum: Float, tensor, or function without arguments.
      use_locking: Attr of the update nodes.
      name: Scope of the updates and name of the slot.
      use_nesterov: Use the gradient after the step.
    """

    _hyper = (("_learning_rate", "learning_rate"), ("_momentum", "momentum"))
    _returns_op = True

    def __init__(self, learning_rate, momentum, use_locking=False, name="Momentum", use_nesterov=False):
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._momentum = momentum
        self._use_nesterov = use_nesterov

    def _create_slots(self, var_list):
        for var in var_list:
            self._zeros_slot(var, "momentum", self._name)

    def _inputs(self, var):
        inputs = {"accum": self.get_slot(var, "momentum"), "lr": _Scalar("learning_rate"), "grad": "grad", "momentum": _Scalar("momentum")}
        return "Momentum", inputs, {"use_nesterov": self._use_nesterov}


class AdamOptimizer(_Rule):
    """m += (g - m)(1 - beta1); v += (g*g - v)(1 - beta2); w -= lr * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon).

    Kingma and Ba 2014 (arxiv 1412.6980), in the form before section 2.1. Slots: `m`, `v`. Sparse gradients decay and
    apply the moments of all rows.

    Args:
      learning_rate: Float, tensor, or function without arguments.
      beta1: Decay of the first moment.
      beta2: Decay of the second moment.
      epsilon: Added to the root.
      use_locking: Attr of the update nodes.
      name: Scope of the updates and name of the slots.
    """

    _hyper = (("_lr", "learning_rate"), ("_beta1", "beta1"), ("_beta2", "beta2"), ("_epsilon", "epsilon"))
    _returns_op = True

    def __init__(self, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, use_locking=False, name="Adam"):
        super().__init__(use_locking, name)
        self._lr = learning_rate
        self._beta1 = beta1
        self._beta2 = beta2
        self._epsilon = epsilon

    def _get_beta_accumulators(self):
        graph = get_outermost_graph()
        return self._get_non_slot_variable("beta1_power", graph=graph), self._get_non_slot_variable("beta2_power", graph=graph)

    def _create_slots(self, var_list):
        first = min(var_list, key=lambda var: var.name)
        self._create_non_slot_variable(initial_value=self._call_if_callable(self._beta1), name="beta1_power", colocate_with=first)
        self._create_non_slot_variable(initial_value=self._call_if_callable(self._beta2), name="beta2_power", colocate_with=first)
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", self._name)

    def _prepare(self):
        super()._prepare()
        self._lr_t, self._beta1_t, self._beta2_t, self._epsilon_t = self._tensors.values()

    def _inputs(self, var):
        beta1_power, beta2_power = self._get_beta_accumulators()
        inputs = {
            "m": self.get_slot(var, "m"),
            "v": self.get_slot(var, "v"),
            "beta1_power": _Scalar(beta1_power),
            "beta2_power": _Scalar(beta2_power),
            "lr": _Scalar("learning_rate"),
            "beta1": _Scalar("beta1"),
            "beta2": _Scalar("beta2"),
            "epsilon": _Scalar("epsilon"),
            "grad": "grad",
        }
        return "Adam", inputs, {}

    def _rows(self, grad, var, indices, add_rows):
        dtype = var.dtype.base_dtype
        beta1_power, beta2_power = [cast(power, dtype) for power in self._get_beta_accumulators()]
        rate, beta1, beta2, epsilon = [cast(t, dtype) for t in (self._lr_t, self._beta1_t, self._beta2_t, self._epsilon_t)]
        rate = rate * sqrt(1 - beta2_power) / (1 - beta1_power)
        m = self.get_slot(var, "m")
        share = grad * (1 - beta1)
        new_m = assign(m, m * beta1, use_locking=self._use_locking)
        with control_dependencies([new_m]):
            new_m = add_rows(m, indices, share)
        v = self.get_slot(var, "v")
        share = (grad * grad) * (1 - beta2)
        new_v = assign(v, v * beta2, use_locking=self._use_locking)
        with control_dependencies([new_v]):
            new_v = add_rows(v, indices, share)
        root = sqrt(new_v)
        update = assign_sub(var, rate * new_m / (root + epsilon), use_locking=self._use_locking)
        return group(update, new_m, new_v)

    def _apply_sparse(self, grad, var):
        return self._rows(grad.values, var, grad.indices, lambda x, i, v: scatter_add(x, i, v, use_locking=self._use_locking))

    def _resource_apply_sparse(self, grad, handle, indices):
        def add_rows(x, i, v):
            with control_dependencies([raw.ResourceScatterAdd(resource=x.handle, indices=i, updates=v)]):
                return x.value()

        return self._rows(grad, handle, indices, add_rows)

    def _finish(self, update_ops, name_scope):
        with control_dependencies(update_ops):
            beta1_power, beta2_power = self._get_beta_accumulators()
            with colocate_with(beta1_power):
                power1 = beta1_power.assign(beta1_power * self._beta1_t, use_locking=self._use_locking)
                power2 = beta2_power.assign(beta2_power * self._beta2_t, use_locking=self._use_locking)
        return group(*update_ops, power1, power2, name=name_scope)


class RMSPropOptimizer(_Rule):
    """ms += (g*g - ms)(1 - decay); mom = momentum * mom + lr * g / sqrt(ms + epsilon); w -= mom.

    Centered: the root is of ms - mg*mg + epsilon with mg += (g - mg)(1 - decay). Slots: `rms` (from ones), `mg`, `momentum`.

    Args:
      learning_rate: Float, tensor, or function without arguments.
      decay: Decay of the averages.
      momentum: Float.
      epsilon: Added inside the root.
      use_locking: Attr of the update nodes.
      centered: Subtract the square of the average gradient.
      name: Scope of the updates and name of the slots.
    """

    _hyper = (("_learning_rate", "learning_rate"), ("_decay", "decay"), ("_momentum", "momentum"), ("_epsilon", "epsilon"))
    _returns_op = True

    def __init__(self, learning_rate, decay=0.9, momentum=0.0, epsilon=1e-10, use_locking=False, centered=False, name="RMSProp"):
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._decay = decay
        self._momentum = momentum
        self._epsilon = epsilon
        self._centered = centered

    def _create_slots(self, var_list):
        for var in var_list:
            dtype = var.dtype.base_dtype
            start = Ones(dtype=dtype) if var.shape.is_fully_defined() else ones_like(var)
            self._get_or_make_slot_with_initializer(var, start, var.shape, dtype, "rms", self._name)
            if self._centered:
                self._zeros_slot(var, "mg", self._name)
            self._zeros_slot(var, "momentum", self._name)

    def _inputs(self, var):
        slots = {"mg": self.get_slot(var, "mg")} if self._centered else {}
        scalars = {"lr": "learning_rate", "rho": "decay", "momentum": "momentum", "epsilon": "epsilon"}
        inputs = {
            **slots,
            "ms": self.get_slot(var, "rms"),
            "mom": self.get_slot(var, "momentum"),
            **{key: _Scalar(name) for key, name in scalars.items()},
            "grad": "grad",
        }
        return "CenteredRMSProp" if self._centered else "RMSProp", inputs, {}


class AdagradOptimizer(_Rule):
    """a += g*g; w -= lr * g / sqrt(a).

    Duchi, Hazan and Singer 2011. Slots: `accumulator`.

    Args:
      learning_rate: Float, tensor, or function without arguments.
      initial_accumulator_value: Positive start of the accumulator.
      use_locking: Attr of the update nodes.
      name: Scope of the updates and name of the slot.

    Raises:
      ValueError: The start is not positive.
    """

    _hyper = (("_learning_rate", "learning_rate"),)

    def __init__(self, learning_rate, initial_accumulator_value=0.1, use_locking=False, name="Adagrad"):
        if initial_accumulator_value <= 0.0:
            raise ValueError(f"initial_accumulator_value must be positive: {initial_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_accumulator_value = initial_accumulator_value

    def _create_slots(self, var_list):
        for var in var_list:
            dtype = var.dtype.base_dtype
            if var.shape.is_fully_defined():
                start = Constant(self._initial_accumulator_value, dtype=dtype)
            else:
                start = self._filled(var, dtype)
            self._get_or_make_slot_with_initializer(var, start, var.shape, dtype, "accumulator", self._name)

    def _filled(self, var, dtype):
        return lambda: cast(raw.Fill(dims=shape(var), value=self._initial_accumulator_value), dtype)

    def _inputs(self, var):
        return "Adagrad", {"accum": self.get_slot(var, "accumulator"), "lr": _Scalar("learning_rate"), "grad": "grad"}, {}


class AdadeltaOptimizer(_Rule):
    """a = rho*a + (1-rho)*g*g; u = sqrt(d + epsilon) / sqrt(a + epsilon) * g; w -= lr*u; d = rho*d + (1-rho)*u*u.

    Zeiler 2012 (arxiv 1212.5701). Slots: `accum`, `accum_update`.

    Args:
      learning_rate: Float, tensor, or function without arguments.
      rho: Decay of the averages.
      epsilon: Added inside the roots.
      use_locking: Attr of the update nodes.
      name: Scope of the updates and name of the slots.
    """

    _hyper = (("_lr", "lr"), ("_rho", "rho"), ("_epsilon", "epsilon"))

    def __init__(self, learning_rate=0.001, rho=0.95, epsilon=1e-8, use_locking=False, name="Adadelta"):
        super().__init__(use_locking, name)
        self._lr = learning_rate
        self._rho = rho
        self._epsilon = epsilon

    def _create_slots(self, var_list):
        for var in var_list:
            self._zeros_slot(var, "accum", self._name)
            self._zeros_slot(var, "accum_update", self._name)

    def _inputs(self, var):
        slots = {name: self.get_slot(var, name) for name in ("accum", "accum_update")}
        return "Adadelta", {**slots, "lr": _Scalar("lr"), "rho": _Scalar("rho"), "epsilon": _Scalar("epsilon"), "grad": "grad"}, {}


class FtrlOptimizer(_Rule):
    """Follow the regularized leader, per coordinate (McMahan et al. 2013).

    a' = a + g*g; l += g - (a'^-p - a^-p) / lr * w; w = (sign(l)*l1 - l) / (a'^-p / lr + 2*l2) where abs(l) > l1, else 0.
    With shrinkage, g in the second formula is g + 2*shrinkage*w. Slots: `accum`, `linear`.

    Args:
      learning_rate: Float, tensor, or function without arguments.
      learning_rate_power: p, at most 0.
      initial_accumulator_value: Start of the accumulator, at least 0.
      l1_regularization_strength: At least 0.
      l2_regularization_strength: At least 0.
      use_locking: Attr of the update nodes.
      name: Scope of the updates and name of the slots.
      accum_name: Other name of the slot `accum`.
      linear_name: Other name of the slot `linear`.
      l2_shrinkage_regularization_strength: At least 0.
      beta: Added to the root of the accumulator, as a larger l2.

    Raises:
      ValueError: A number is outside its range.
    """

    def __init__(
        self,
        learning_rate,
        learning_rate_power=-0.5,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        use_locking=False,
        name="Ftrl",
        accum_name=None,
        linear_name=None,
        l2_shrinkage_regularization_strength=0.0,
        beta=None,
    ):
        super().__init__(use_locking, name)
        for label, value in (
            ("initial_accumulator_value", initial_accumulator_value),
            ("l1_regularization_strength", l1_regularization_strength),
            ("l2_regularization_strength", l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength),
        ):
            if value < 0.0:
                raise ValueError(f"{label} {value:f} needs to be positive or zero")
        if learning_rate_power > 0.0:
            raise ValueError(f"learning_rate_power {learning_rate_power:f} needs to be negative or zero")
        self._learning_rate = learning_rate
        self._learning_rate_power = learning_rate_power
        self._initial_accumulator_value = initial_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self._beta = 0.0 if beta is None else beta
        self._accum_name = accum_name
        self._linear_name = linear_name

    def _create_slots(self, var_list):
        def start(shape, dtype=None, partition_info=None):
            return ones(shape=shape, dtype=dtype) * self._initial_accumulator_value

        for var in var_list:
            self._get_or_make_slot_with_initializer(var, start, var.shape, var.dtype.base_dtype, "accum", self._accum_name or self._name)
            self._zeros_slot(var, "linear", self._linear_name or self._name)

    def _prepare(self):
        rate = self._call_if_callable(self._learning_rate)
        self._tensors = {
            "learning_rate": convert_to_tensor(rate, name="learning_rate"),
            "l1": convert_to_tensor(self._l1_regularization_strength, name="l1_regularization_strength"),
            # The kernel has no beta; in its formula beta only adds to l2.
            "l2": convert_to_tensor(
                self._l2_regularization_strength + self._beta / (2.0 * raw.Maximum(x=rate, y=1e-36)), name="adjusted_l2_regularization_strength"
            ),
            "beta": convert_to_tensor(self._beta, name="beta"),
            "shrinkage": convert_to_tensor(self._l2_shrinkage_regularization_strength, name="l2_shrinkage_regularization_strength"),
            "power": convert_to_tensor(self._learning_rate_power, name="learning_rate_power"),
        }

    def _inputs(self, var):
        shrinks = self._l2_shrinkage_regularization_strength > 0.0
        inputs = {
            "accum": self.get_slot(var, "accum"),
            "linear": self.get_slot(var, "linear"),
            "grad": "grad",
            "lr": _Scalar("learning_rate"),
            "l1": _Scalar("l1"),
            "l2": _Scalar("l2"),
            **({"l2_shrinkage": _Scalar("shrinkage")} if shrinks else {}),
            "lr_power": _Scalar("power"),
        }
        return "FtrlV2" if shrinks else "Ftrl", inputs, {}


class ProximalGradientDescentOptimizer(_Rule):
    """p = w - lr*g; w = sign(p) * max(abs(p) - lr*l1, 0) / (1 + lr*l2).

    Args:
      learning_rate: Float or tensor.
      l1_regularization_strength: At least 0.
      l2_regularization_strength: At least 0.
      use_locking: Attr of the update nodes.
      name: Scope of the updates.
    """

    _hyper = (
        ("_learning_rate", "learning_rate"),
        ("_l1_regularization_strength", "l1_regularization_strength"),
        ("_l2_regularization_strength", "l2_regularization_strength"),
    )
    _returns_op = True

    def __init__(
        self, learning_rate, l1_regularization_strength=0.0, l2_regularization_strength=0.0, use_locking=False, name="ProximalGradientDescent"
    ):
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength

    def _inputs(self, var):
        inputs = {
            "alpha": _Scalar("learning_rate", False),
            "l1": _Scalar("l1_regularization_strength", False),
            "l2": _Scalar("l2_regularization_strength", False),
            "delta": "grad",
        }
        return "ProximalGradientDescent", inputs, {}


class ProximalAdagradOptimizer(_Rule):
    """a += g*g, then the step of `ProximalGradientDescentOptimizer` with rate lr / sqrt(a).

    Slots: `accumulator`.

    Args:
      learning_rate: Float or tensor.
      initial_accumulator_value: Positive start of the accumulator.
      l1_regularization_strength: At least 0.
      l2_regularization_strength: At least 0.
      use_locking: Attr of the update nodes.
      name: Scope of the updates and name of the slot.

    Raises:
      ValueError: The start is not positive.
    """

    _hyper = ProximalGradientDescentOptimizer._hyper

    def __init__(
        self,
        learning_rate,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        use_locking=False,
        name="ProximalAdagrad",
    ):
        if initial_accumulator_value <= 0.0:
            raise ValueError(f"initial_accumulator_value must be positive: {initial_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_accumulator_value = initial_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength

    def _create_slots(self, var_list):
        for var in var_list:
            with colocate_with(var):
                start = constant(self._initial_accumulator_value, shape=var.shape, dtype=var.dtype.base_dtype)
            self._get_or_make_slot(var, start, "accumulator", self._name)

    def _inputs(self, var):
        inputs = {
            "accum": self.get_slot(var, "accumulator"),
            "lr": _Scalar("learning_rate", False),
            "l1": _Scalar("l1_regularization_strength", False),
            "l2": _Scalar("l2_regularization_strength", False),
            "grad": "grad",
        }
        return "ProximalAdagrad", inputs, {}


class AdagradDAOptimizer(_Rule):
    """Dual averaging with Adagrad: gradients and their squares are accumulated, the step follows from both and from the step number.

    Slots: `gradient_accumulator`, `gradient_squared_accumulator`.

    Args:
      learning_rate: Float or tensor.
      global_step: Variable that counts the steps.
      initial_gradient_squared_accumulator_value: Positive start.
      l1_regularization_strength: At least 0.
      l2_regularization_strength: At least 0.
      use_locking: Attr of the update nodes.
      name: Scope of the updates and name of the slots.

    Raises:
      ValueError: The start is not positive.
    """

    def __init__(
        self,
        learning_rate,
        global_step,
        initial_gradient_squared_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        use_locking=False,
        name="AdagradDA",
    ):
        if initial_gradient_squared_accumulator_value <= 0.0:
            raise ValueError(f"initial_gradient_squared_accumulator_value must be positive: {initial_gradient_squared_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._global_step = global_step
        self._initial_gradient_squared_accumulator_value = initial_gradient_squared_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength

    def _create_slots(self, var_list):
        for var in var_list:
            dtype = var.dtype.base_dtype
            with colocate_with(var):
                sums = constant(0.0, shape=var.shape, dtype=dtype)
                squares = constant(self._initial_gradient_squared_accumulator_value, shape=var.shape, dtype=dtype)
            self._get_or_make_slot(var, sums, "gradient_accumulator", self._name)
            self._get_or_make_slot(var, squares, "gradient_squared_accumulator", self._name)

    def _prepare(self):
        self._tensors = {"learning_rate": convert_to_tensor(self._learning_rate, name="learning_rate")}
        # The step number is read before it is incremented.
        with colocate_with(self._tensors["learning_rate"]):
            self._step = identity(self._global_step) + 1

    def _inputs(self, var):
        with device(var.device):
            step = identity(self._step)
        inputs = {
            "gradient_accumulator": self.get_slot(var, "gradient_accumulator"),
            "gradient_squared_accumulator": self.get_slot(var, "gradient_squared_accumulator"),
            "grad": "grad",
            "lr": _Scalar("learning_rate"),
            "l1": _Scalar(self._l1_regularization_strength),
            "l2": _Scalar(self._l2_regularization_strength),
            "global_step": _Scalar(step, False),
        }
        return "AdagradDA", inputs, {}
