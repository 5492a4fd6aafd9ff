"""optimize_loss: gradients, clipping, noise, learning rates and update operations in one call."""

from graphpb import dtypes
from graphpb.graph.collections import GraphKeys, get_collection
from graphpb.graph.composite import IndexedSlices
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.core import Tensor
from graphpb.initializers import Constant, Zeros
from graphpb.ops.array import where
from graphpb.ops.cast import cast
from graphpb.ops.checks import assert_scalar
from graphpb.ops.dependencies import with_dependencies
from graphpb.ops.fill import ones_like
from graphpb.ops.math import maximum, minimum
from graphpb.ops.random import truncated_normal
from graphpb.ops.unary import exp, log, sqrt, square
from graphpb.summary.ops import histogram, scalar
from graphpb.train.averages import assign_moving_average
from graphpb.train.clip import clip_by_global_norm, global_norm
from graphpb.train.global_step import assert_global_step, get_global_step
from graphpb.train.optimizer import Optimizer
from graphpb.train.rules import AdagradOptimizer, AdamOptimizer, FtrlOptimizer, GradientDescentOptimizer, MomentumOptimizer, RMSPropOptimizer
from graphpb.variables.scope import get_variable, variable_scope
from graphpb.variables.variable import trainable_variables

OPTIMIZER_CLS_NAMES = {
    "Adagrad": AdagradOptimizer,
    "Adam": AdamOptimizer,
    "Ftrl": FtrlOptimizer,
    "Momentum": lambda learning_rate: MomentumOptimizer(learning_rate, momentum=0.9),
    "RMSProp": RMSPropOptimizer,
    "SGD": GradientDescentOptimizer,
}

OPTIMIZER_SUMMARIES = ["learning_rate", "loss", "gradients", "gradient_norm", "global_gradient_norm"]


def _made(optimizer, rate):
    """The optimizer from a name, a class, an instance or a function."""
    if isinstance(optimizer, Optimizer):
        return optimizer
    if isinstance(optimizer, str):
        if rate is None:
            raise ValueError(f"Learning rate is None, but should be specified if optimizer is string ({optimizer}).")
        if optimizer not in OPTIMIZER_CLS_NAMES:
            raise ValueError(f"Optimizer name should be one of [{', '.join(OPTIMIZER_CLS_NAMES)}], you provided {optimizer}.")
        return OPTIMIZER_CLS_NAMES[optimizer](learning_rate=rate)
    if isinstance(optimizer, type) and issubclass(optimizer, Optimizer):
        if rate is None:
            raise ValueError(f"Learning rate is None, but should be specified if optimizer is class ({optimizer}).")
        return optimizer(learning_rate=rate)
    if not callable(optimizer):
        raise ValueError(
            "Unrecognized optimizer: should be string, subclass of Optimizer, instance of subclass of Optimizer or function with one argument. "
            f"Got {optimizer}."
        )
    made = optimizer() if rate is None else optimizer(rate)
    if not isinstance(made, Optimizer):
        raise ValueError(f"Unrecognized optimizer: function should return subclass of Optimizer. Got {made}.")
    return made


def _scaled(gradient, factor):
    """The gradient times a factor; None stays."""
    if isinstance(gradient, IndexedSlices):
        return IndexedSlices(gradient.values * factor, gradient.indices, gradient.dense_shape)
    return gradient if gradient is None else gradient * factor


def adaptive_clipping_fn(std_factor=2.0, decay=0.95, static_max_norm=None, global_step=None, report_summary=False, epsilon=1e-8, name=None):
    """Make a function that clips gradients whose global norm is far above its moving average (arxiv 1412.1602, section 3.2.1).

    A norm above exp(mean + std_factor * std) of the logarithms becomes exp(mean).

    Args:
      std_factor: Float or tensor.
      decay: Share of the old value in the averages.
      static_max_norm: Another limit of the norm, or None.
      global_step: Step counter: the averages move faster in the first steps.
      report_summary: Write the limit as a summary.
      epsilon: Least variance, and added to the norm.
      name: Variable scope of the averages; default `AdaptiveMaxNorm`.

    Returns:
      A function from (gradient, variable) pairs to such pairs, for `clip_gradients` of `optimize_loss`.
    """

    def limit(norm):
        with variable_scope(name, "AdaptiveMaxNorm", [norm]):
            logarithm = log(norm + epsilon)
            share = decay
            if global_step is not None:
                count = cast(global_step, dtypes.float32)
                share = minimum(decay, count / (count + 1.0))

            def average(name, value):
                variable = get_variable(name, shape=value.shape, dtype=value.dtype, initializer=Zeros(), trainable=False)
                return assign_moving_average(variable, value, share, zero_debias=False)

            mean = average("mean", logarithm)
            variance = average("sq_mean", square(logarithm)) - square(mean)
            return exp(mean + std_factor * sqrt(maximum(epsilon, variance))), mean

    def clip(pairs):
        gradients, variables = zip(*pairs, strict=True)
        norm = global_norm(gradients)
        largest, mean = limit(norm)
        if report_summary:
            _write(("limit",), ("limit",), "global_norm/adaptive_max_gradient_norm", lambda: largest)
        factor = where(norm < largest, ones_like(norm), exp(mean) / norm)
        if static_max_norm is not None:
            factor = minimum(static_max_norm / norm, factor)
        return list(zip([_scaled(gradient, factor) for gradient in gradients], variables, strict=True))

    return clip


def _multiplied(pairs, multipliers):
    result = []
    for gradient, variable in pairs:
        key = variable if variable in multipliers else variable.name
        if gradient is not None and key in multipliers:
            factor = multipliers[key]
            gradient = _scaled(gradient, factor if isinstance(gradient, IndexedSlices) else cast(factor, gradient.dtype))
        result.append((gradient, variable))
    return result


def _noisy(pairs, scale):
    result = []
    for gradient, variable in pairs:
        if gradient is not None:
            size = gradient.dense_shape if isinstance(gradient, IndexedSlices) else gradient.shape
            gradient = gradient + truncated_normal(size) * scale
        result.append((gradient, variable))
    return result


def optimize_loss(
    loss,
    global_step,
    learning_rate,
    optimizer,
    gradient_noise_scale=None,
    gradient_multipliers=None,
    clip_gradients=None,
    learning_rate_decay_fn=None,
    update_ops=None,
    variables=None,
    name=None,
    summaries=None,
    colocate_gradients_with_ops=False,
    increment_global_step=True,
):
    """Make a tensor whose evaluation trains one step and returns the loss.

    Args:
      loss: float scalar.
      global_step: Step counter; None takes the graph's.
      learning_rate: Float or scalar tensor, or None.
      optimizer: Name in `OPTIMIZER_CLS_NAMES`, class, instance, or function of the learning rate.
      gradient_noise_scale: Scale of truncated normal noise that is added to gradients, or None.
      gradient_multipliers: {variable or its name: factor}.
      clip_gradients: Largest global norm, or function from (gradient, variable) pairs to such pairs.
      learning_rate_decay_fn: Function of (learning rate, step).
      update_ops: Operations to run before; default the collection `update_ops`.
      variables: Variables to train; default the trainable ones.
      name: Variable scope; default `OptimizeLoss`.
      summaries: Which of `OPTIMIZER_SUMMARIES` to write; by default loss, learning rate and global gradient norm.
      colocate_gradients_with_ops: As `tf.gradients`.
      increment_global_step: Whether the step counts this.

    Raises:
      ValueError: An argument is none of these.
    """
    loss = convert_to_tensor(loss)
    assert_scalar(loss)
    if global_step is None:
        global_step = get_global_step()
    else:
        assert_global_step(global_step)
    with variable_scope(name, "OptimizeLoss", [loss, global_step]):
        update_ops = set(get_collection(GraphKeys.UPDATE_OPS)) if update_ops is None else update_ops
        if update_ops:
            loss = with_dependencies(list(update_ops), loss)
        rate = _learning_rate(learning_rate)
        summaries = ["loss", "learning_rate", "global_gradient_norm"] if summaries is None else summaries
        for summary in summaries:
            if summary not in OPTIMIZER_SUMMARIES:
                raise ValueError(f"Summaries should be one of [{', '.join(OPTIMIZER_SUMMARIES)}], you provided {summary}.")
        if learning_rate is not None and learning_rate_decay_fn is not None:
            if global_step is None:
                raise ValueError("global_step is required for learning_rate_decay_fn.")
            rate = learning_rate_decay_fn(rate, global_step)
            _write(summaries, ("learning_rate",), "learning_rate", lambda: rate)
        made = _made(optimizer, rate)
        variables = trainable_variables() if variables is None else variables
        pairs = made.compute_gradients(loss, variables, colocate_gradients_with_ops=colocate_gradients_with_ops)
        if gradient_noise_scale is not None:
            pairs = _noisy(pairs, gradient_noise_scale)
        if gradient_multipliers is not None:
            pairs = _multiplied(pairs, gradient_multipliers)
            if not pairs:
                raise ValueError(
                    "Empty list of (gradient, var) pairs encountered. This is most likely to be caused by an improper value of gradient_multipliers."
                )
        norms = ("global_gradient_norm", "gradient_norm")
        _write(summaries, norms, "global_norm/gradient_norm", lambda: global_norm([gradient for gradient, _ in pairs]))
        if isinstance(clip_gradients, float):
            clipped = clip_by_global_norm([gradient for gradient, _ in pairs], clip_gradients)[0]
            pairs = list(zip(clipped, [variable for _, variable in pairs], strict=True))
        elif callable(clip_gradients):
            pairs = clip_gradients(pairs)
        elif clip_gradients is not None:
            raise ValueError(f"Unknown type {type(clip_gradients)} for clip_gradients")
        _write(summaries, ("loss",), "loss", lambda: loss)
        for gradient, variable in pairs:
            values = gradient.values if isinstance(gradient, IndexedSlices) else gradient
            if values is not None:
                label = variable.name.replace(":", "_")
                if "gradients" in summaries:
                    histogram(f"gradients/{label}", values)
                if "gradient_norm" in summaries:
                    scalar(f"gradient_norm/{label}", global_norm([values]))
        if clip_gradients is not None:
            _write(summaries, norms, "global_norm/clipped_gradient_norm", lambda: global_norm([gradient for gradient, _ in pairs]))
        train = made.apply_gradients(pairs, global_step=global_step if increment_global_step else None, name="train")
        return with_dependencies([train], loss)


def _learning_rate(learning_rate):
    if learning_rate is None or isinstance(learning_rate, Tensor) and learning_rate.shape.ndims == 0:
        return learning_rate
    if not isinstance(learning_rate, float):
        raise ValueError(f"Learning rate should be 0d Tensor or float. Got {learning_rate} of type {type(learning_rate)}")
    if learning_rate < 0.0:
        raise ValueError(f"Invalid learning_rate {learning_rate}.")
    return get_variable("learning_rate", [], trainable=False, initializer=Constant(learning_rate))


def _write(wanted, kinds, name, make):
    """A scalar summary, where one of its kinds is wanted."""
    if any(kind in wanted for kind in kinds):
        scalar(name, make())
