"""Normal and uniform distributions of numbers."""

import math

from graphpb import dtypes
from graphpb.distributions.base import Distribution, RegisterKL
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops.array import concat, identity, reshape, where
from graphpb.ops.checks import assert_same_float_dtype
from graphpb.ops.compare import less, logical_or
from graphpb.ops.fill import ones_like, zeros_like
from graphpb.ops.math import squared_difference
from graphpb.ops.random import random_normal, random_uniform
from graphpb.ops.shape import broadcast_dynamic_shape, shape
from graphpb.ops.unary import erf, log, square


def lead(sample_shape):
    """A shape given as an integer, a list, a tuple or a tensor, as int32 [rank]."""
    value = list(sample_shape) if isinstance(sample_shape, tuple) else sample_shape
    return reshape(convert_to_tensor(value, dtype=dtypes.int32), [-1])


def sizes(sample_shape, *parameters):
    """The shape of samples: sample_shape, then what the parameters broadcast to."""
    batch = shape(parameters[0])
    for other in parameters[1:]:
        batch = broadcast_dynamic_shape(batch, shape(other))
    return concat([lead(sample_shape), batch], 0)


class Normal(Distribution):
    """Numbers with density exp(-(x - loc)² / (2 scale²)) / (scale √(2π)).

    Args:
      loc: float [...], the means.
      scale: float, the standard deviations; shapes broadcast.
      validate_args, allow_nan_stats: Without effect.
      name: Scope of the nodes.
    """

    def __init__(self, loc, scale, validate_args=False, allow_nan_stats=True, name="Normal"):
        with name_scope(name, values=[loc, scale]) as scope:
            self._loc = identity(convert_to_tensor(loc), name="loc")
            self._scale = identity(convert_to_tensor(scale), name="scale")
            assert_same_float_dtype([self._loc, self._scale])
        super().__init__(self._loc.dtype, scope)

    @property
    def loc(self):
        """The means."""
        return self._loc

    @property
    def scale(self):
        """The standard deviations."""
        return self._scale

    def _sample(self, sample_shape, seed):
        drawn = random_normal(sizes(sample_shape, self._loc, self._scale), mean=0.0, stddev=1.0, dtype=self._dtype, seed=seed)
        return drawn * self._scale + self._loc

    def _z(self, value):
        return (value - self._loc) / self._scale

    def _log_prob(self, value):
        return -0.5 * square(self._z(value)) - (0.5 * math.log(2.0 * math.pi) + log(self._scale))

    def _cdf(self, value):
        return 0.5 * (1.0 + erf(self._z(value) * (1.0 / math.sqrt(2.0))))

    def _entropy(self):
        return 0.5 * math.log(2.0 * math.pi) + 0.5 + log(self._scale * ones_like(self._loc))

    def _mean(self):
        return self._loc * ones_like(self._scale)

    def _variance(self):
        return square(self._scale * ones_like(self._loc))

    _mode = _mean


@RegisterKL(Normal, Normal)
def _between_normals(a, b, name=None):
    with name_scope(name, "kl_normal_normal", [a.loc, b.loc]):
        ratio = square(a.scale) / square(b.scale)
        return squared_difference(a.loc, b.loc) / (2.0 * square(b.scale)) + 0.5 * (ratio - 1.0 - log(ratio))


class Uniform(Distribution):
    """Numbers in [low, high), all with the same density.

    Args:
      low, high: float, shapes that broadcast.
      validate_args, allow_nan_stats: Without effect.
      name: Scope of the nodes.
    """

    def __init__(self, low=0.0, high=1.0, validate_args=False, allow_nan_stats=True, name="Uniform"):
        with name_scope(name, values=[low, high]) as scope:
            self._low = identity(convert_to_tensor(low), name="low")
            self._high = identity(convert_to_tensor(high), name="high")
            assert_same_float_dtype([self._low, self._high])
        super().__init__(self._low.dtype, scope)

    @property
    def low(self):
        """The lower ends."""
        return self._low

    @property
    def high(self):
        """The upper ends."""
        return self._high

    def range(self, name="range"):
        """Compute high - low."""
        return self._in_scope(name, lambda: self._high - self._low)

    def _sample(self, sample_shape, seed):
        return self._low + (self._high - self._low) * random_uniform(sizes(sample_shape, self._low, self._high), dtype=self._dtype, seed=seed)

    def _log_prob(self, value):
        inside = -log(self._high - self._low) * ones_like(value)
        outside = logical_or(less(value, self._low * ones_like(value)), less(self._high * ones_like(value), value))
        return where(outside, zeros_like(value) - math.inf, inside)

    def _cdf(self, value):
        from graphpb.ops.math import maximum, minimum

        return minimum(maximum((value - self._low) / (self._high - self._low), 0.0), 1.0)

    def _entropy(self):
        return log(self._high - self._low)

    def _mean(self):
        return (self._low + self._high) / 2.0

    def _variance(self):
        return square(self._high - self._low) / 12.0
