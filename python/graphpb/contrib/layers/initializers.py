"""Initializers of tf.contrib.layers."""

import math

from graphpb import dtypes
from graphpb.initializers import fans
from graphpb.ops.random import random_uniform, truncated_normal


def xavier_initializer(uniform=True, seed=None, dtype=dtypes.float32):
    """Make an initializer of variance 2 / (fan_in + fan_out), uniform or truncated normal (Glorot and Bengio 2010)."""
    return variance_scaling_initializer(factor=1.0, mode="FAN_AVG", uniform=uniform, seed=seed, dtype=dtype)


xavier_initializer_conv2d = xavier_initializer


def variance_scaling_initializer(factor=2.0, mode="FAN_IN", uniform=False, seed=None, dtype=dtypes.float32):
    """Make an initializer with values on sqrt(3 * factor / n) * [-1, 1), or truncated normal of deviation sqrt(1.3 * factor / n).

    Args:
      factor: Float.
      mode: "FAN_IN", "FAN_OUT" or "FAN_AVG", what n is.
      uniform: Uniform and not normal.
      seed: Integer, see `tf.set_random_seed`.
      dtype: Float dtype.

    Raises:
      TypeError: The dtype is not float, or the mode another one.
    """
    if not dtype.is_floating:
        raise TypeError("Cannot create initializer for non-floating point type.")
    if mode not in ("FAN_IN", "FAN_OUT", "FAN_AVG"):
        raise TypeError(f"Unknown mode {mode} [FAN_IN, FAN_OUT, FAN_AVG]")

    def initializer(shape, dtype=dtype, partition_info=None):
        if not dtype.is_floating:
            raise TypeError("Cannot create initializer for non-floating point type.")
        fan_in, fan_out = fans(shape)
        count = {"FAN_IN": fan_in, "FAN_OUT": fan_out, "FAN_AVG": (fan_in + fan_out) / 2.0}[mode]
        if uniform:
            limit = math.sqrt(3.0 * factor / count)
            return random_uniform(shape, -limit, limit, dtype, seed=seed)
        return truncated_normal(shape, 0.0, math.sqrt(1.3 * factor / count), dtype, seed=seed)

    return initializer
