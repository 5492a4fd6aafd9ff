"""Normalization of tf.nn: moments, batch normalization, local response, unit length; and dropout."""

import math
import numbers

from graphpb import dtypes
from graphpb.deprecation import argument
from graphpb.graph.convert import constant, convert_to_tensor, is_tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw
from graphpb.ops.array import squeeze, stop_gradient, where_v2
from graphpb.ops.cast import cast
from graphpb.ops.fill import zeros_like
from graphpb.ops.gather import gather
from graphpb.ops.math import add, div_no_nan, maximum, multiply, squared_difference, subtract
from graphpb.ops.random import get_seed, random_uniform
from graphpb.ops.reduce import reduce_mean, reduce_prod, reduce_sum
from graphpb.ops.shape import rank, shape
from graphpb.ops.unary import complex, imag, real, reciprocal, rsqrt, square
from graphpb.shapes import TensorShape


def moments(x, axes, shift=None, name=None, keep_dims=None, keepdims=None):
    """Compute mean and variance over axes; float16 is computed in float32.

    Args:
      x: float [...].
      axes: List of integers.
      shift: Has no effect.
      name: Scope of the nodes; default `moments`.
      keep_dims: Keep the axes with size 1.
      keepdims: Newer name of `keep_dims`.

    Returns:
      (mean, variance); the variance is mean((x - mean)^2).
    """
    keep = bool(argument("keepdims", keepdims, "keep_dims", keep_dims))
    with name_scope(name, "moments", [x, axes]):
        narrow = x.dtype == dtypes.float16
        y = cast(x, dtypes.float32) if narrow else x
        mean = reduce_mean(y, axes, keepdims=True, name="mean")
        variance = reduce_mean(squared_difference(y, stop_gradient(mean)), axes, keepdims=True, name="variance")
        if not keep:
            mean = squeeze(mean, axes)
            variance = squeeze(variance, axes)
        return (cast(mean, dtypes.float16), cast(variance, dtypes.float16)) if narrow else (mean, variance)


def weighted_moments(x, axes, frequency_weights, name=None, keep_dims=None, keepdims=None):
    """Compute mean and variance over axes with a weight for each element.

    Args:
      x: float [...].
      axes: List of integers.
      frequency_weights: A tensor that broadcasts with `x`.
      name: Scope of the nodes; default `weighted_moments`.
      keep_dims: Keep the axes with size 1.
      keepdims: Newer name of `keep_dims`.

    Returns:
      (mean, variance); 0 where the weights add up to 0.
    """
    keep = bool(argument("keepdims", keepdims, "keep_dims", keep_dims))
    with name_scope(name, "weighted_moments", [x, frequency_weights, axes]):
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(frequency_weights, name="frequency_weights")
        narrow = x.dtype == dtypes.float16
        if narrow:
            x = cast(x, dtypes.float32)
        weights = cast(weights, x.dtype)
        total = reduce_sum(weights * x, axes, name="weighted_input_sum", keepdims=True)
        spread = weights + zeros_like(x)
        weight_sum = reduce_sum(spread, axes, name="sum_of_weights", keepdims=True)
        mean = div_no_nan(total, weight_sum)
        squares = reduce_sum(weights * squared_difference(x, mean), axes, name="weighted_distsq", keepdims=True)
        variance = div_no_nan(squares, weight_sum)
        if not keep:
            mean = squeeze(mean, axis=axes)
            variance = squeeze(variance, axis=axes)
        return (cast(mean, dtypes.float16), cast(variance, dtypes.float16)) if narrow else (mean, variance)


def sufficient_statistics(x, axes, shift=None, keep_dims=None, name=None, keepdims=None):
    """Compute (count, sum, sum of squares, shift) over axes, of x - shift; `normalize_moments` ends the computation.

    Args:
      x: float [...].
      axes: List of integers.
      shift: A value near the mean that keeps the sums small, or None.
      keep_dims: Keep the axes with size 1.
      name: Scope of the nodes; default `sufficient_statistics`.
      keepdims: Newer name of `keep_dims`.
    """
    axes = list(set(axes))
    keep = bool(argument("keepdims", keepdims, "keep_dims", keep_dims))
    with name_scope(name, "sufficient_statistics", [x, shift]):
        x = convert_to_tensor(x, name="x")
        sizes = None if x.shape.ndims is None else [x.shape.as_list()[axis] for axis in axes]
        if sizes is not None and None not in sizes:
            counts = constant(math.prod(sizes), dtype=x.dtype)
        else:
            ndims = rank(x)
            positive = [axis + ndims if axis < 0 else axis for axis in axes]
            counts = reduce_prod(gather(cast(shape(x), x.dtype), positive), name="count")
        if shift is None:
            first, second = x, square(x)
        else:
            shift = convert_to_tensor(shift, name="shift")
            first, second = subtract(x, shift), squared_difference(x, shift)
        first = reduce_sum(first, axes, keepdims=keep, name="mean_ss")
        second = reduce_sum(second, axes, keepdims=keep, name="var_ss")
    return counts, first, second, shift


def normalize_moments(counts, mean_ss, variance_ss, shift, name=None):
    """Compute (mean, variance) from what `sufficient_statistics` returned."""
    with name_scope(name, "normalize", [counts, mean_ss, variance_ss, shift]):
        divisor = reciprocal(counts, name="divisor")
        if shift is None:
            shifted = mean = multiply(mean_ss, divisor, name="mean")
        else:
            shifted = multiply(mean_ss, divisor, name="shifted_mean")
            mean = add(shifted, shift, name="mean")
        variance = subtract(multiply(variance_ss, divisor), square(shifted), name="variance")
    return mean, variance


def batch_normalization(x, mean, variance, offset, scale, variance_epsilon, name=None):
    """Compute (x - mean) / sqrt(variance + epsilon) * scale + offset.

    Args:
      x: float [...].
      mean: A tensor that broadcasts with `x`.
      variance: A tensor that broadcasts with `x`.
      offset: A tensor that broadcasts with `x`, or None.
      scale: A tensor that broadcasts with `x`, or None.
      variance_epsilon: Small float.
      name: Scope of the nodes; default `batchnorm`.
    """
    with name_scope(name, "batchnorm", [x, mean, variance, scale, offset]):
        factor = rsqrt(variance + variance_epsilon)
        if scale is not None:
            factor *= scale
        scaled = x * cast(factor, x.dtype)
        return scaled + cast(offset - mean * factor if offset is not None else -mean * factor, x.dtype)


def fused_batch_norm(
    x, scale, offset, mean=None, variance=None, epsilon=0.001, data_format="NHWC", is_training=True, name=None, exponential_avg_factor=1.0
):
    """Normalize images by channel, as one node.

    Args:
      x: float [batch, height, width, channels].
      scale: float32 [channels].
      offset: float32 [channels].
      mean: float32 [channels], the mean that is used when not training.
      variance: float32 [channels], the variance that is used when not training.
      epsilon: Added to the variance.
      data_format: "NHWC" or "NCHW".
      is_training: Use the mean and variance of the batch.
      name: Name of the node; default `FusedBatchNormV3`.
      exponential_avg_factor: Share of the batch in the mean and variance that are returned.

    Returns:
      (y, mean, variance); the variance that is returned when training is unbiased.

    Raises:
      ValueError: Not training, and mean or variance is missing.
    """
    if (not is_training or exponential_avg_factor != 1.0) and (mean is None or variance is None):
        raise ValueError(
            "Both `mean` and `variance` must be a 1D tensor when `is_training` is False or `exponential_avg_factor` != 1.0. "
            f"Received: `mean` {mean!r} and `variance` {variance!r}"
        )
    x = convert_to_tensor(x, name="input")
    scale = convert_to_tensor(scale, name="scale")
    offset = convert_to_tensor(offset, name="offset")
    mean = constant([]) if mean is None else mean
    variance = constant([]) if variance is None else variance
    outputs = raw.FusedBatchNormV3(
        x=x,
        scale=scale,
        offset=offset,
        mean=mean,
        variance=variance,
        epsilon=epsilon,
        exponential_avg_factor=exponential_avg_factor,
        data_format=data_format,
        is_training=is_training,
        name=name,
    )
    return tuple(outputs[:3])


def batch_norm_with_global_normalization(
    t=None,
    m=None,
    v=None,
    beta=None,
    gamma=None,
    variance_epsilon=None,
    scale_after_normalization=None,
    name=None,
    input=None,
    mean=None,
    variance=None,
):
    """Apply `batch_normalization`; gamma only with `scale_after_normalization`."""
    t = argument("input", input, "t", t)
    m = argument("mean", mean, "m", m)
    v = argument("variance", variance, "v", v)
    return batch_normalization(t, m, v, beta, gamma if scale_after_normalization else None, variance_epsilon, name)


def l2_normalize(x, axis=None, epsilon=1e-12, name=None, dim=None):
    """Divide by the L2 norm along axes: x * rsqrt(max(sum(x^2), epsilon)).

    Args:
      x: float or complex [...].
      axis: Integer or list of integers.
      epsilon: Least sum of squares.
      name: Scope and name of the nodes; default `l2_normalize`.
      dim: Older name of `axis`.
    """
    axis = argument("axis", axis, "dim", dim)
    with name_scope(name, "l2_normalize", [x]) as name:
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            squares = real(reduce_sum(square(real(x)) + square(imag(x)), axis, keepdims=True))
            inverse = rsqrt(maximum(squares, epsilon))
            return complex(multiply(real(x), inverse), multiply(imag(x), inverse), name=name)
        squares = reduce_sum(square(x), axis, keepdims=True)
        return multiply(x, rsqrt(maximum(squares, epsilon)), name=name)


def local_response_normalization(input, depth_radius=5, bias=1, alpha=1, beta=0.5, name=None):
    """Divide each element by (bias + alpha * sum of squares of near channels)^beta (Krizhevsky et al. 2012).

    Args:
      input: float [batch, height, width, channels].
      depth_radius: How many channels on each side count.
      bias: Float.
      alpha: Float.
      beta: Float.
      name: Name of the node; default `LRN`.
    """
    return raw.LRN(input=input, depth_radius=depth_radius, bias=bias, alpha=alpha, beta=beta, name=name)


lrn = local_response_normalization


def dropout(x, keep_prob=None, noise_shape=None, seed=None, name=None, rate=None):
    """Set elements to zero at random and scale the others by 1 / (1 - rate).

    Args:
      x: float [...].
      keep_prob: 1 - rate; the older way to say it.
      noise_shape: Shape of the draws, which broadcasts to that of `x`; default the shape of `x`.
      seed: Integer, see `tf.set_random_seed`.
      name: Scope of the nodes; default `dropout`.
      rate: Probability that an element is dropped, a float or scalar tensor in [0, 1).

    Raises:
      ValueError: Both or none of rate and keep_prob are given, the rate is out of range, or `x` is not float.
    """
    try:
        from_keep = None if keep_prob is None else 1.0 - keep_prob
    except TypeError:
        raise ValueError(f"`keep_prob` must be a floating point number or Tensor. Received: keep_prob={keep_prob}") from None
    rate = argument("rate", rate, "keep_prob", from_keep)
    if rate is None:
        raise ValueError(f"`rate` must be provided. Received: rate={rate}")
    with name_scope(name, "dropout", [x]):
        number = isinstance(rate, numbers.Real)
        if number and not 0 <= rate < 1:
            raise ValueError(f"`rate` must be a scalar tensor or a float in the range [0, 1). Received: rate={rate}")
        x = convert_to_tensor(x, name="x")
        if not x.dtype.is_floating:
            raise ValueError(f"`x.dtype` must be a floating point tensor as `x` will be scaled. Received: x_dtype={x.dtype}")
        if number and rate == 0:
            # Seeds of later ops are the same whether or not elements are dropped here.
            get_seed(seed)
            return x
        if number:
            scaled = multiply(x, convert_to_tensor(1 / (1 - rate), dtype=x.dtype))
        elif is_tensor(rate):
            rate.shape.assert_has_rank(0)
            if rate.dtype.base_dtype != x.dtype.base_dtype:
                raise ValueError(f"`x.dtype` must be compatible with `rate.dtype`. Received: x.dtype={x.dtype} and rate.dtype={rate.dtype}")
            scaled = raw.RealDiv(x=x, y=subtract(constant(1, dtype=x.dtype), rate))
        else:
            raise ValueError(f"`rate` must be a scalar or scalar tensor. Received: rate={rate}")
        draws = random_uniform(shape=_noise_shape(x, noise_shape), seed=seed, dtype=x.dtype)
        kept = draws >= rate
        result = where_v2(kept, scaled, constant(0, dtype=x.dtype))
        result.set_shape(x.shape)
        return result


def _noise_shape(x, noise_shape):
    """The shape of the draws: sizes that are None in the noise shape are those of x where known."""
    if noise_shape is None:
        return shape(x)
    try:
        given = TensorShape(noise_shape)
    except (TypeError, ValueError):
        return noise_shape
    if x.shape.ndims is not None and x.shape.ndims == given.ndims:
        return TensorShape([mine if wanted is None else wanted for mine, wanted in zip(x.shape.as_list(), given.as_list(), strict=True)])
    return noise_shape
