"""The values of images: types, brightness, contrast, hue, saturation, colour spaces, standardization."""

import numpy as np

from graphpb import dtypes
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw
from graphpb.ops.array import concat, expand_dims, identity, pad, reshape, tile
from graphpb.ops.cast import cast, saturate_cast
from graphpb.ops.dependencies import with_dependencies
from graphpb.ops.fill import ones
from graphpb.ops.image_frame import checked
from graphpb.ops.math import add, divide, floordiv, maximum, multiply, squared_difference, subtract
from graphpb.ops.product import tensordot
from graphpb.ops.random import random_uniform
from graphpb.ops.reduce import reduce_mean, reduce_prod, reduce_std, reduce_sum
from graphpb.ops.shape import rank, shape
from graphpb.ops.unary import abs, log, rsqrt


def convert_image_dtype(image, dtype, saturate=False, name=None):
    """Convert images to another type and its range: integers from 0 to their largest, floats from 0 to 1.

    Args:
      image: integer or floating [...].
      dtype: The new type.
      saturate: Clip what the new type cannot hold.
      name: Scope of the nodes; default `convert_image`.

    Raises:
      AttributeError: Either type is neither integer nor floating.
    """
    image = convert_to_tensor(image, name="image")
    dtype = dtypes.as_dtype(dtype)
    for kind, what in ((dtype, "dtype"), (image.dtype, "image dtype")):
        if not (kind.is_floating or kind.is_integer):
            raise AttributeError(f"{what} must be either floating point or integer")
    if dtype == image.dtype:
        return identity(image, name=name)
    convert = saturate_cast if saturate else cast
    with name_scope(name, "convert_image", [image]) as scope:
        if image.dtype.is_floating and dtype.is_floating:
            return cast(image, dtype, name=scope)
        if image.dtype.is_floating:
            # Half a step more, so that the cast, which cuts off, rounds 1.0 to the largest integer.
            return convert(multiply(image, dtype.max + 0.5), dtype, name=scope)
        if dtype.is_floating:
            return multiply(cast(image, dtype), 1.0 / image.dtype.max, name=scope)
        most, most_new = image.dtype.max, dtype.max
        if most > most_new:
            return convert(floordiv(image, (most + 1) // (most_new + 1)), dtype, name=scope)
        return multiply(convert(image, dtype), (most_new + 1) // (most + 1), name=scope)


def _as_float(image):
    return image if image.dtype in (dtypes.float16, dtypes.float32) else convert_image_dtype(image, dtypes.float32)


def adjust_brightness(image, delta):
    """Add to every pixel.

    Args:
      image: integer or floating [...].
      delta: Number or scalar tensor, on the scale from 0 to 1.
    """
    with name_scope(None, "adjust_brightness", [image, delta]) as scope:
        image = convert_to_tensor(image, name="image")
        light = _as_float(image)
        return convert_image_dtype(add(light, cast(delta, light.dtype), name=scope), image.dtype, saturate=True)


def adjust_contrast(images, contrast_factor):
    """Move every pixel from the mean of its channel: (x - mean) · factor + mean.

    Args:
      images: integer or floating [..., height, width, channels].
      contrast_factor: Number or scalar tensor.
    """
    with name_scope(None, "adjust_contrast", [images, contrast_factor]) as scope:
        images = convert_to_tensor(images, name="images")
        adjusted = raw.AdjustContrastv2(images=_as_float(images), contrast_factor=contrast_factor, name=scope)
        return convert_image_dtype(adjusted, images.dtype, saturate=True)


def adjust_gamma(image, gamma=1, gain=1):
    """Compute gain · image ^ gamma on the scale from 0 to 1.

    Args:
      image: integer or floating [...].
      gamma, gain: Numbers; gamma not negative.
    """
    with name_scope(None, "adjust_gamma", [image, gamma, gain]):
        image = convert_to_tensor(image, name="image")
        if gamma < 0:
            raise ValueError("Gamma should be a non-negative real number.")
        return convert_image_dtype(gain * _as_float(image) ** gamma, image.dtype, saturate=True)


def adjust_hue(image, delta, name=None):
    """Turn the hue of RGB images.

    Args:
      image: integer or floating [..., 3].
      delta: Number or scalar tensor in [-1, 1]; 1 is the whole circle.
      name: Scope of the nodes; default `adjust_hue`.
    """
    with name_scope(name, "adjust_hue", [image]):
        image = convert_to_tensor(image, name="image")
        return convert_image_dtype(raw.AdjustHue(images=_as_float(image), delta=delta), image.dtype)


def adjust_saturation(image, saturation_factor, name=None):
    """Multiply the saturation of RGB images, up to 1.

    Args:
      image: integer or floating [..., 3].
      saturation_factor: Number or scalar tensor.
      name: Scope of the nodes; default `adjust_saturation`.
    """
    with name_scope(name, "adjust_saturation", [image]):
        image = convert_to_tensor(image, name="image")
        return convert_image_dtype(raw.AdjustSaturation(images=_as_float(image), scale=saturation_factor), image.dtype)


def random_brightness(image, max_delta, seed=None):
    """Adjust the brightness by a random number in [-max_delta, max_delta)."""
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_brightness(image, random_uniform([], -max_delta, max_delta, seed=seed))


def _factor(lower, upper, seed):
    if upper <= lower:
        raise ValueError("upper must be > lower.")
    if lower < 0:
        raise ValueError("lower must be non-negative.")
    return random_uniform([], lower, upper, seed=seed)


def random_contrast(image, lower, upper, seed=None):
    """Adjust the contrast by a random factor in [lower, upper)."""
    return adjust_contrast(image, _factor(lower, upper, seed))


def random_hue(image, max_delta, seed=None):
    """Turn the hue by a random number in [-max_delta, max_delta), at most 0.5."""
    if max_delta > 0.5:
        raise ValueError("max_delta must be <= 0.5.")
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_hue(image, random_uniform([], -max_delta, max_delta, seed=seed))


def random_saturation(image, lower, upper, seed=None):
    """Adjust the saturation by a random factor in [lower, upper)."""
    return adjust_saturation(image, _factor(lower, upper, seed))


def per_image_standardization(image):
    """Give each image mean 0 and standard deviation 1 (the deviation counts as at least 1 / √pixels).

    Args:
      image: numeric [..., height, width, channels]; the result is float32.
    """
    with name_scope(None, "per_image_standardization", [image]) as scope:
        image = cast(checked(convert_to_tensor(image, name="image")), dtype=dtypes.float32)
        pixels = reduce_prod(shape(image)[-3:])
        mean = reduce_mean(image, axis=[-1, -2, -3], keepdims=True)
        deviation = reduce_std(image, axis=[-1, -2, -3], keepdims=True)
        least = rsqrt(cast(pixels, dtypes.float32))
        deviation = maximum(deviation, least)
        return divide(image - mean, deviation, name=scope)


def rgb_to_grayscale(images, name=None):
    """Take the luminance of RGB images.

    Args:
      images: integer or floating [..., 3].
      name: Scope of the nodes; default `rgb_to_grayscale`.

    Returns:
      [..., 1], the type of images.
    """
    with name_scope(name, "rgb_to_grayscale", [images]) as scope:
        images = convert_to_tensor(images, name="images")
        gray = tensordot(convert_image_dtype(images, dtypes.float32), [0.2989, 0.587, 0.114], [-1, -1])
        return convert_image_dtype(expand_dims(gray, -1), images.dtype, name=scope)


def grayscale_to_rgb(images, name=None):
    """Repeat the one channel of images three times.

    Args:
      images: numeric [..., 1].
      name: Scope of the nodes; default `grayscale_to_rgb`.

    Raises:
      ValueError: The last dimension is known and not 1.
    """
    with name_scope(name, "grayscale_to_rgb", [images]) as scope:
        images = convert_to_tensor(images, name="images")
        if images.shape.ndims is not None and images.shape.as_list()[-1] not in (None, 1):
            raise ValueError("Last dimension of a grayscale image should be size 1.")
        images = with_dependencies([], images)
        before = expand_dims(rank(images) - 1, 0)
        result = tile(images, concat([ones(before, dtype=dtypes.int32), expand_dims(3, 0)], 0), name=scope)
        result.set_shape(images.shape[:-1].concatenate([3]))
        return result


def rgb_to_hsv(images, name=None):
    """Convert RGB to hue, saturation and value, all from 0 to 1: floating [..., 3]."""
    return raw.RGBToHSV(images=images, name=name)


def hsv_to_rgb(images, name=None):
    """Convert hue, saturation and value to RGB: floating [..., 3]."""
    return raw.HSVToRGB(images=images, name=name)


_YIQ = np.array([[0.299, 0.59590059, 0.2115], [0.587, -0.27455667, -0.52273617], [0.114, -0.32134392, 0.31119955]])
_YIQ_BACK = np.array([[1, 1, 1], [0.95598634, -0.27201283, -1.10674021], [0.6208248, -0.64720424, 1.70423049]])
_YUV = np.array([[0.299, -0.14714119, 0.61497538], [0.587, -0.28886916, -0.51496512], [0.114, 0.43601035, -0.10001026]])
_YUV_BACK = np.array([[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]])


def _colors(kernel, what):
    def function(images):
        images = convert_to_tensor(images, name="images")
        matrix = convert_to_tensor(kernel.astype(images.dtype.as_numpy_dtype), name="kernel")
        return tensordot(images, matrix, axes=[[images.shape.ndims - 1], [0]])

    function.__doc__ = f"Convert {what} by a linear map: floating [..., 3] of known rank."
    return function


rgb_to_yiq = _colors(_YIQ, "RGB to YIQ")
yiq_to_rgb = _colors(_YIQ_BACK, "YIQ to RGB")
rgb_to_yuv = _colors(_YUV, "RGB to YUV")
yuv_to_rgb = _colors(_YUV_BACK, "YUV to RGB")


def total_variation(images, name=None):
    """Sum the absolute differences of neighbouring pixels.

    Args:
      images: [height, width, channels], or a batch of them.
      name: Scope of the nodes; default `total_variation`.

    Returns:
      A scalar, or one number for each image of a batch.

    Raises:
      ValueError: The rank is neither 3 nor 4.
    """
    with name_scope(name, "total_variation"):
        if images.shape.ndims == 3:
            down = images[1:, :, :] - images[:-1, :, :]
            across = images[:, 1:, :] - images[:, :-1, :]
            axis = None
        elif images.shape.ndims == 4:
            down = images[:, 1:, :, :] - images[:, :-1, :, :]
            across = images[:, :, 1:, :] - images[:, :, :-1, :]
            axis = [1, 2, 3]
        else:
            raise ValueError("'images' must be either 3 or 4-dimensional.")
        return reduce_sum(abs(down), axis=axis) + reduce_sum(abs(across), axis=axis)


def psnr(a, b, max_val, name=None):
    """Compute the peak signal-to-noise ratio of two images in decibel: 10 · log10(max² / mean squared difference).

    Args:
      a, b: [..., height, width, channels] of one type and shape.
      max_val: The largest value a pixel can have.
      name: Scope of the nodes; default `PSNR`.
    """
    with name_scope(name, "PSNR", [a, b]):
        a, b = convert_to_tensor(a), convert_to_tensor(b)
        a.shape.assert_is_compatible_with(b.shape)
        peak = convert_image_dtype(cast(max_val, a.dtype), dtypes.float32)
        a, b = convert_image_dtype(a, dtypes.float32), convert_image_dtype(b, dtypes.float32)
        mean = reduce_mean(squared_difference(a, b), [-3, -2, -1])
        ratio = subtract(20 * log(peak) / log(10.0), np.float32(10 / np.log(10)) * log(mean), name="psnr")
        return identity(ratio)


def sobel_edges(image):
    """Filter images with the Sobel kernels: float32 [batch, height, width, channels] to [..., 2] (down, across)."""
    from graphpb.nn.conv import depthwise_conv2d

    size = shape(image)
    kernels = np.array([[[-1, -2, -1], [0, 0, 0], [1, 2, 1]], [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]], image.dtype.as_numpy_dtype)
    filters = tile(convert_to_tensor(np.transpose(kernels, (1, 2, 0))[:, :, None]), [1, 1, size[-1], 1], name="sobel_filters")
    padded = pad(image, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
    edges = reshape(depthwise_conv2d(padded, filters, [1, 1, 1, 1], "VALID"), concat([size, [2]], 0))
    edges.set_shape(image.shape.concatenate([2]))
    return edges
