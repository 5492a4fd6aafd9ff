"""The frame of images: checks of their shape, flips, crops and pads, patches."""

from graphpb import dtypes
from graphpb.deprecation import argument
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.graph.static import constant_value
from graphpb.ops import raw
from graphpb.ops.array import concat, expand_dims, pad, reshape, reverse, slice, squeeze, stack, transpose, unstack, where
from graphpb.ops.cast import cast
from graphpb.ops.checks import Assert, assert_greater_equal, assert_positive
from graphpb.ops.compare import equal, greater_equal, less
from graphpb.ops.dependencies import with_dependencies
from graphpb.ops.fill import zeros
from graphpb.ops.math import maximum, minimum
from graphpb.ops.random import random_uniform
from graphpb.ops.shape import rank, shape
from graphpb.ops.unary import round


def is_tensor(x):
    """Tell whether a size is known at run time only."""
    return hasattr(x, "graph")


def check(condition, message):
    """Return the assertions of a condition: none for a Python bool that holds; ValueError for one that does not."""
    if is_tensor(condition):
        return [Assert(condition, [message])]
    if not condition:
        raise ValueError(message)
    return []


def dimensions(image, ndims):
    """Return the sizes of an image: integers where static, scalar tensors otherwise."""
    if image.shape.is_fully_defined():
        return image.shape.as_list()
    static = image.shape.with_rank(ndims).as_list()
    dynamic = unstack(shape(image), ndims)
    return [d if s is None else s for s, d in zip(static, dynamic)]


def check_rank(image):
    """Return the assertions that an image has at least three dimensions, none of the last three empty.

    Raises:
      ValueError: Its static shape says otherwise.
    """
    try:
        known = image.shape.with_rank(3) if image.shape.ndims is None else image.shape.with_rank_at_least(3)
    except ValueError:
        raise ValueError(f"'image' (shape {image.shape}) must be at least three-dimensional.") from None
    inner = known.as_list()[-3:]
    if any(size == 0 for size in inner):
        raise ValueError(f"inner 3 dims of 'image.shape' must be > 0: {known}")
    if None not in inner:
        return []
    return [
        assert_positive(shape(image)[-3:], ["inner 3 dims of 'image.shape' must be > 0."]),
        assert_greater_equal(rank(image), 3, message="'image' must be at least three-dimensional."),
    ]


def checked(image):
    """Return the image behind the assertions of `check_rank`."""
    return with_dependencies(check_rank(image), image)


def as_batch(image):
    """Return a batch of images and whether it was one: [height, width, channels] becomes a batch of one.

    Raises:
      ValueError: The rank is known and neither 3 nor 4.
    """
    if image.shape.ndims == 3:
        return expand_dims(image, 0), False
    if image.shape.ndims is None:
        image = expand_dims(image, 0)
        image.set_shape([None] * 4)
        return image, False
    if image.shape.ndims != 4:
        raise ValueError(f"'image' (shape {image.shape}) must have either 3 or 4 dimensions.")
    return image, True


def _rank_of(image):
    ndims = image.shape.ndims
    if ndims not in (3, 4):
        raise ValueError(f"'image' (shape {image.shape}) must have either 3 or 4 dimensions.")
    return ndims


def _flip(image, axis, scope):
    with name_scope(None, scope, [image]):
        image = checked(convert_to_tensor(image, name="image"))
        flipped = reverse(image, [axis + _rank_of(image) - 3])
        if image.shape.ndims == 3:
            flipped.set_shape(image.shape)
        return flipped


def flip_left_right(image):
    """Mirror images: [height, width, channels] or a batch of them, of known rank."""
    return _flip(image, 1, "flip_left_right")


def flip_up_down(image):
    """Turn images upside down: [height, width, channels] or a batch of them, of known rank."""
    return _flip(image, 0, "flip_up_down")


def _random_flip(image, axis, seed, scope):
    with name_scope(None, scope, [image]):
        image = checked(convert_to_tensor(image, name="image"))
        if _rank_of(image) == 3:
            flips = less(random_uniform([], 0, 1.0, seed=seed), 0.5)
            result = where(flips, reverse(image, [axis]), image)
            result.set_shape(image.shape)
            return result
        count = shape(image)[0]
        flips = round(reshape(random_uniform([count], 0, 1.0, seed=seed), [count, 1, 1, 1]))
        flips = cast(flips, image.dtype)
        return flips * reverse(image, [axis + 1]) + (1 - flips) * image


def random_flip_left_right(image, seed=None):
    """Mirror each image with probability one half; arguments as `flip_left_right`."""
    return _random_flip(image, 1, seed, "random_flip_left_right")


def random_flip_up_down(image, seed=None):
    """Turn each image upside down with probability one half; arguments as `flip_up_down`."""
    return _random_flip(image, 0, seed, "random_flip_up_down")


def transpose_image(image, name=None):
    """Exchange rows and columns: [height, width, channels] or a batch of them, of known rank."""
    with name_scope(name, "transpose", [image]):
        image = checked(convert_to_tensor(image, name="image"))
        return transpose(image, [1, 0, 2] if _rank_of(image) == 3 else [0, 2, 1, 3], name=name)


def rot90(image, k=1, name=None):
    """Turn images counter-clockwise by 90 degrees, k times.

    Args:
      image: [height, width, channels] or a batch of them, of known rank.
      k: Python integer.
      name: Scope of the nodes; default `rot90`.

    Raises:
      TypeError: `k` is a tensor.
    """
    known = constant_value(k) if is_tensor(k) else k
    if known is None:
        raise TypeError("rot90: k must be known while the graph is built")
    with name_scope(name, "rot90", [image]):
        image = checked(convert_to_tensor(image, name="image"))
        first = _rank_of(image) - 3
        order = [1, 0, 2] if first == 0 else [0, 2, 1, 3]
        match int(known) % 4:
            case 1:
                return transpose(reverse(image, [first + 1]), order)
            case 2:
                return reverse(image, [first, first + 1])
            case 3:
                return reverse(transpose(image, order), [first + 1])
        return image


def central_crop(image, central_fraction):
    """Keep the centre of images.

    Args:
      image: [height, width, channels] or a batch of them, of known rank.
      central_fraction: Python number in (0, 1]: which part of height and width stays.

    Raises:
      ValueError: The fraction or the rank is another one.
    """
    with name_scope(None, "central_crop", [image]):
        image = convert_to_tensor(image, name="image")
        if central_fraction <= 0.0 or central_fraction > 1.0:
            raise ValueError("central_fraction must be within (0, 1]")
        if central_fraction == 1.0:
            return image
        checked(image)
        ndims = image.shape.ndims
        if ndims not in (3, 4):
            raise ValueError(f"`image` should either be a Tensor with rank = 3 or rank = 4. Had rank = {ndims}.")
        first = ndims - 3
        starts, sizes, static = [], [], image.shape.as_list()
        for axis in (first, first + 1):
            if static[axis] is not None:
                size = static[axis]
                start = int((float(size) - float(size) * central_fraction) / 2)
                static[axis] = size - start * 2
            else:
                size = shape(image)[axis]
                wide = cast(size, dtypes.float64)
                start = cast((wide - wide * cast(central_fraction, dtypes.float64)) / 2, dtypes.int32)
            starts.append(start)
            sizes.append(size - start * 2)
        begin = stack([0] * first + [*starts, 0])
        image = slice(image, begin, stack([-1] * first + [*sizes, -1]))
        image.set_shape(static)
        return image


def pad_to_bounding_box(image, offset_height, offset_width, target_height, target_width):
    """Set images into a larger frame of zeros.

    Args:
      image: [height, width, channels] or a batch of them.
      offset_height, offset_width: Rows above and columns to the left.
      target_height, target_width: The new size.

    Raises:
      ValueError: The image does not fit, or has another rank.
    """
    with name_scope(None, "pad_to_bounding_box", [image]):
        image, batch = as_batch(convert_to_tensor(image, name="image"))
        count, height, width, depth = dimensions(image, 4)
        right = target_width - offset_width - width
        below = target_height - offset_height - height
        asserts = check_rank(image)
        asserts += check(offset_height >= 0, "offset_height must be >= 0")
        asserts += check(offset_width >= 0, "offset_width must be >= 0")
        asserts += check(right >= 0, "width must be <= target - offset")
        asserts += check(below >= 0, "height must be <= target - offset")
        image = with_dependencies(asserts, image)
        paddings = reshape(stack([0, 0, offset_height, below, offset_width, right, 0, 0]), [4, 2])
        padded = pad(image, paddings)
        padded.set_shape([None if is_tensor(i) else i for i in (count, target_height, target_width, depth)])
        return padded if batch else squeeze(padded, axis=[0])


def crop_to_bounding_box(image, offset_height, offset_width, target_height, target_width):
    """Cut a box out of images.

    Args:
      image: [height, width, channels] or a batch of them.
      offset_height, offset_width: The first row and column.
      target_height, target_width: The size of the box.

    Raises:
      ValueError: The box is not inside the image, or the rank another one.
    """
    with name_scope(None, "crop_to_bounding_box", [image]):
        image, batch = as_batch(convert_to_tensor(image, name="image"))
        asserts = check_rank(image)
        count, height, width, depth = dimensions(image, 4)
        asserts += check(offset_width >= 0, "offset_width must be >= 0.")
        asserts += check(offset_height >= 0, "offset_height must be >= 0.")
        asserts += check(target_width > 0, "target_width must be > 0.")
        asserts += check(target_height > 0, "target_height must be > 0.")
        asserts += check(greater_equal_of(width, target_width + offset_width), "width must be >= target + offset.")
        asserts += check(greater_equal_of(height, target_height + offset_height), "height must be >= target + offset.")
        image = with_dependencies(asserts, image)
        begin = stack([0, offset_height, offset_width, 0])
        cropped = slice(image, begin, stack([shape(image)[0], target_height, target_width, shape(image)[3]]))
        cropped.set_shape([None if is_tensor(i) else i for i in (count, target_height, target_width, depth)])
        return cropped if batch else squeeze(cropped, axis=[0])


def greater_equal_of(x, y):
    """x >= y of Python numbers or tensors."""
    return greater_equal(x, y) if is_tensor(x) or is_tensor(y) else x >= y


def _larger(x, y):
    return maximum(x, y) if is_tensor(x) or is_tensor(y) else max(x, y)


def _smaller(x, y):
    return minimum(x, y) if is_tensor(x) or is_tensor(y) else min(x, y)


def _same(x, y):
    return equal(x, y) if is_tensor(x) or is_tensor(y) else x == y


def resize_image_with_crop_or_pad(image, target_height, target_width):
    """Crop or pad images around their centre to a size.

    Args:
      image: [height, width, channels] or a batch of them.
      target_height, target_width: The new size.

    Raises:
      ValueError: A size is not positive, or the rank another one.
    """
    with name_scope(None, "resize_image_with_crop_or_pad", [image]):
        image, batch = as_batch(convert_to_tensor(image, name="image"))
        asserts = check_rank(image)
        asserts += check(target_width > 0, "target_width must be > 0.")
        asserts += check(target_height > 0, "target_height must be > 0.")
        image = with_dependencies(asserts, image)
        target_height = with_dependencies(asserts, target_height) if is_tensor(target_height) else target_height
        target_width = with_dependencies(asserts, target_width) if is_tensor(target_width) else target_width
        _, height, width, _ = dimensions(image, 4)
        wider = target_width - width
        crop_left, pad_left = _larger(-wider // 2, 0), _larger(wider // 2, 0)
        higher = target_height - height
        crop_above, pad_above = _larger(-higher // 2, 0), _larger(higher // 2, 0)
        cropped = crop_to_bounding_box(image, crop_above, crop_left, _smaller(target_height, height), _smaller(target_width, width))
        result = pad_to_bounding_box(cropped, pad_above, pad_left, target_height, target_width)
        _, height, width, _ = dimensions(result, 4)
        asserts = check(_same(height, target_height), "resized height is not correct.")
        asserts += check(_same(width, target_width), "resized width is not correct.")
        result = with_dependencies(asserts, result)
        return result if batch else squeeze(result, axis=[0])


def extract_image_patches(images, ksizes=None, strides=None, rates=None, padding=None, name=None, sizes=None):
    """Lay the patches of images, as a convolution sees them, along the channels.

    Args:
      images: numeric [batch, rows, columns, channels].
      ksizes: [1, rows, columns, 1] of a patch; also `sizes`.
      strides: [1, rows, columns, 1] between patches.
      rates: [1, rows, columns, 1] between the pixels of a patch.
      padding: "SAME" or "VALID".
      name: Name of the node; default `ExtractImagePatches`.
      sizes: The same as ksizes.

    Returns:
      [batch, patch rows, patch columns, rows · columns · channels].
    """
    return raw.ExtractImagePatches(
        images=images, ksizes=argument("sizes", sizes, "ksizes", ksizes), strides=strides, rates=rates, padding=padding, name=name
    )


def extract_patches(images, sizes, strides, rates, padding, name=None):
    """Lay the patches of images along the channels, as `extract_image_patches`."""
    return extract_image_patches(images, sizes, strides, rates, padding, name)


def image_gradients(image):
    """Return the differences of neighbouring rows and of neighbouring columns, each of the image's shape with zeros at the end.

    Args:
      image: float32 [batch, height, width, channels].
    """
    if image.shape.ndims != 4:
        raise ValueError(f"image_gradients expects a 4D tensor [batch_size, h, w, d], not {image.shape}.")
    size = shape(image)
    batch, height, width, depth = unstack(size)
    dy = image[:, 1:, :, :] - image[:, :-1, :, :]
    dx = image[:, :, 1:, :] - image[:, :, :-1, :]
    dy = reshape(concat([dy, zeros(stack([batch, 1, width, depth]), image.dtype)], 1), size)
    dx = reshape(concat([dx, zeros(stack([batch, height, 1, depth]), image.dtype)], 2), size)
    return dy, dx
