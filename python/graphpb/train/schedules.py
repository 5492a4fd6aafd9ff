"""Learning rates as functions of the step; each returns a scalar tensor of the dtype of the first rate."""

import math

from graphpb import dtypes
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops.array import where_v2
from graphpb.ops.cast import cast
from graphpb.ops.compare import equal
from graphpb.ops.math import add, divide, minimum, multiply, pow
from graphpb.ops.random import random_normal
from graphpb.ops.unary import ceil, cos, exp, floor, log, negative, sqrt


def _rate(learning_rate):
    rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
    return rate, rate.dtype


def _half_wave(fraction, factor=0.5):
    return factor * (1.0 + cos(constant(math.pi) * fraction))


def exponential_decay(learning_rate, global_step, decay_steps, decay_rate, staircase=False, name=None):
    """Compute learning_rate * decay_rate ^ (global_step / decay_steps).

    Args:
      learning_rate: float scalar.
      global_step: numeric scalar, the step.
      decay_steps: numeric scalar, steps for one factor.
      decay_rate: float scalar.
      staircase: Round the exponent down.
      name: Scope and name of the result; default `ExponentialDecay`.
    """
    with name_scope(name or "ExponentialDecay") as scope:
        rate, dtype = _rate(learning_rate)
        decay_steps, decay_rate, step = cast(decay_steps, dtype), cast(decay_rate, dtype), cast(global_step, dtype)
        power = step / decay_steps
        if staircase:
            power = floor(power)
        return multiply(rate, pow(decay_rate, power), name=scope)


def natural_exp_decay(learning_rate, global_step, decay_steps, decay_rate, staircase=False, name=None):
    """Compute learning_rate * exp(-decay_rate * global_step / decay_steps); arguments as `exponential_decay`."""
    return exponential_decay(learning_rate, global_step, decay_steps, exp(negative(decay_rate)), staircase=staircase, name=name)


def inverse_time_decay(learning_rate, global_step, decay_steps, decay_rate, staircase=False, name=None):
    """Compute learning_rate / (1 + decay_rate * global_step / decay_steps); arguments as `exponential_decay`."""
    with name_scope(name or "InverseTimeDecay") as scope:
        rate, dtype = _rate(learning_rate)
        decay_steps, decay_rate, step = cast(decay_steps, dtype), cast(decay_rate, dtype), cast(global_step, dtype)
        fraction = step / decay_steps
        if staircase:
            fraction = floor(fraction)
        one = cast(constant(1), dtype)
        return divide(rate, add(one, multiply(decay_rate, fraction)), name=scope)


def polynomial_decay(learning_rate, global_step, decay_steps, end_learning_rate=0.0001, power=1.0, cycle=False, name=None):
    """Compute (learning_rate - end) * (1 - min(step, decay_steps) / decay_steps) ^ power + end.

    Args:
      learning_rate: float scalar.
      global_step: numeric scalar, the step.
      decay_steps: numeric scalar, the steps after which the end is reached.
      end_learning_rate: float scalar.
      power: float scalar.
      cycle: Stretch `decay_steps` to its first multiple that is not yet passed, so that the rate rises again.
      name: Scope and name of the result; default `PolynomialDecay`.
    """
    with name_scope(name or "PolynomialDecay") as scope:
        rate, dtype = _rate(learning_rate)
        end, power, step, total = cast(end_learning_rate, dtype), cast(power, dtype), cast(global_step, dtype), cast(decay_steps, dtype)
        if cycle:
            times = where_v2(equal(step, 0), 1.0, ceil(step / decay_steps))
            total = multiply(total, times)
        else:
            step = minimum(step, total)
        fraction = divide(step, total)
        span = multiply(rate - end, pow(1 - fraction, power))
        return add(span, end, name=scope)


def piecewise_constant(x, boundaries, values, name=None):
    """Return values[i] for boundaries[i-1] < x <= boundaries[i], and the last value beyond the last boundary.

    Args:
      x: numeric scalar, the step.
      boundaries: Rising numbers of the dtype of `x`; int32 for an int64 `x` too.
      values: One number more than boundaries, of one dtype.
      name: Scope of the nodes; default `PiecewiseConstant`.

    Raises:
      ValueError: The dtypes or lengths do not fit.
    """
    from graphpb.graph.control import case

    boundaries = [convert_to_tensor(b) for b in boundaries]
    values = [convert_to_tensor(v) for v in values]
    step = convert_to_tensor(x)
    for i, bound in enumerate(boundaries):
        if bound.dtype.base_dtype != step.dtype.base_dtype:
            if bound.dtype.base_dtype != dtypes.int32 or step.dtype.base_dtype != dtypes.int64:
                raise ValueError(f"Boundaries ({bound.dtype.base_dtype}) must have the same dtype as x ({step.dtype.base_dtype}).")
            boundaries[i] = cast(bound, step.dtype.base_dtype)
    for value in values[1:]:
        if value.dtype.base_dtype != values[0].dtype.base_dtype:
            raise ValueError(f"Values must have elements all with the same dtype ({values[0].dtype.base_dtype} vs {value.dtype.base_dtype}).")
    if len(boundaries) != len(values) - 1:
        raise ValueError("The length of boundaries should be 1 less than the length of values")
    with name_scope(name or "PiecewiseConstant"):
        step = convert_to_tensor(x)
        pairs = [(step <= boundaries[0], lambda: values[0]), (step > boundaries[-1], lambda: values[-1])]
        for low, high, value in zip(boundaries[:-1], boundaries[1:], values[1:-1], strict=True):
            pairs.append(((step > low) & (step <= high), lambda value=value: value))
        return case(pairs, lambda: values[0], exclusive=True)


def cosine_decay(learning_rate, global_step, decay_steps, alpha=0.0, name=None):
    """Compute learning_rate * ((1 - alpha) * (1 + cos(pi * min(step, decay_steps) / decay_steps)) / 2 + alpha).

    Args:
      learning_rate: float scalar.
      global_step: numeric scalar, the step.
      decay_steps: numeric scalar.
      alpha: Python float, the share that remains at the end.
      name: Scope of the nodes; default `CosineDecay`.
    """
    with name_scope(name or "CosineDecay"):
        rate, dtype = _rate(learning_rate)
        total, step = cast(decay_steps, dtype), cast(global_step, dtype)
        wave = _half_wave(minimum(step, total) / total)
        return multiply(rate, (1 - alpha) * wave + alpha)


def cosine_decay_restarts(learning_rate, global_step, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0, name=None):
    """Compute cosine decays that restart, each t_mul times as long and m_mul times as high as the one before (arxiv 1608.03983).

    Args:
      learning_rate: float scalar.
      global_step: numeric scalar, the step.
      first_decay_steps: numeric scalar, the length of the first.
      t_mul: float scalar.
      m_mul: float scalar.
      alpha: float scalar, the share that remains at the end of each.
      name: Scope and name of the result; default `SGDRDecay`.
    """
    from graphpb.graph.control import cond

    with name_scope(name or "SGDRDecay") as scope:
        rate, dtype = _rate(learning_rate)
        first, alpha, t_mul, m_mul, step = [cast(value, dtype) for value in (first_decay_steps, alpha, t_mul, m_mul, global_step)]
        fraction = step / first

        def even():
            restarts = floor(fraction)
            return restarts, fraction - restarts

        def growing():
            restarts = floor(log(1.0 - fraction * (1.0 - t_mul)) / log(t_mul))
            passed = (1.0 - t_mul**restarts) / (1.0 - t_mul)
            return restarts, (fraction - passed) / t_mul**restarts

        restarts, fraction = cond(equal(t_mul, 1.0), even, growing)
        height = m_mul**restarts
        wave = _half_wave(fraction, 0.5 * height)
        return multiply(rate, (1 - alpha) * wave + alpha, name=scope)


def _linear_cosine(scope, learning_rate, global_step, decay_steps, scalars, shape_linear):
    with name_scope(scope) as scope:
        rate, dtype = _rate(learning_rate)
        total = cast(decay_steps, dtype)
        scalars = [cast(value, dtype) for value in scalars]
        num_periods, alpha, beta = scalars[-3:]
        step = minimum(cast(global_step, dtype), total)
        linear = shape_linear((total - step) / total, step, scalars)
        fraction = step / total
        wave = _half_wave(2.0 * num_periods * fraction)
        return multiply(rate, (alpha + linear) * wave + beta, name=scope)


def linear_cosine_decay(learning_rate, global_step, decay_steps, num_periods=0.5, alpha=0.0, beta=0.001, name=None):
    """Compute learning_rate * ((alpha + 1 - step/decay_steps) * (1 + cos(2*pi*num_periods*step/decay_steps)) / 2 + beta).

    Args:
      learning_rate: float scalar.
      global_step: numeric scalar, the step; not beyond `decay_steps`.
      decay_steps: numeric scalar.
      num_periods: float scalar.
      alpha: float scalar.
      beta: float scalar.
      name: Scope and name of the result; default `LinearCosineDecay`.
    """
    return _linear_cosine(
        name or "LinearCosineDecay", learning_rate, global_step, decay_steps, (num_periods, alpha, beta), lambda linear, step, scalars: linear
    )


def noisy_linear_cosine_decay(
    learning_rate, global_step, decay_steps, initial_variance=1.0, variance_decay=0.55, num_periods=0.5, alpha=0.0, beta=0.001, name=None
):
    """Compute `linear_cosine_decay` with normal noise of variance initial_variance / (1 + step)^variance_decay on its linear part."""

    def noisy(linear, step, scalars):
        variance = scalars[0] / pow(1.0 + step, scalars[1])
        return linear + random_normal(linear.shape, stddev=sqrt(variance))

    scalars = (initial_variance, variance_decay, num_periods, alpha, beta)
    return _linear_cosine(name or "NoisyLinearCosineDecay", learning_rate, global_step, decay_steps, scalars, noisy)
