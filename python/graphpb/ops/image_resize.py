"""Images of another size, by four methods."""

from graphpb import dtypes
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.graph.static import constant_value_as_shape
from graphpb.ops import raw
from graphpb.ops.array import expand_dims, squeeze
from graphpb.ops.cast import cast
from graphpb.ops.dependencies import with_dependencies
from graphpb.ops.image_frame import as_batch, check, check_rank, dimensions, pad_to_bounding_box
from graphpb.ops.math import maximum, minimum
from graphpb.ops.unary import floor, round


class ResizeMethod:
    """How new pixels follow from old ones."""

    BILINEAR = 0
    NEAREST_NEIGHBOR = 1
    BICUBIC = 2
    AREA = 3


_OPS = {
    ResizeMethod.BILINEAR: "ResizeBilinear",
    ResizeMethod.NEAREST_NEIGHBOR: "ResizeNearestNeighbor",
    ResizeMethod.BICUBIC: "ResizeBicubic",
    ResizeMethod.AREA: "ResizeArea",
    "bilinear": "ResizeBilinear",
    "nearest": "ResizeNearestNeighbor",
    "bicubic": "ResizeBicubic",
    "area": "ResizeArea",
}


def resize_images(images, size, method=ResizeMethod.BILINEAR, align_corners=False, preserve_aspect_ratio=False, name=None):
    """Resize images.

    Args:
      images: numeric [batch, height, width, channels] or [height, width, channels].
      size: int32 [2], the new height and width.
      method: A `tf.image.ResizeMethod`.
      align_corners: Let the corner pixels keep their values.
      preserve_aspect_ratio: Take the largest size of the same proportions that fits.
      name: Scope of the nodes; default `resize`.

    Returns:
      float32 (the type of images for nearest neighbours); images themselves when they have the size already.

    Raises:
      ValueError: The rank is neither 3 nor 4, `size` has not two elements, or the method is none.
    """
    with name_scope(name, "resize", [images, size]):
        images = convert_to_tensor(images, name="images")
        if images.shape.ndims is None:
            raise ValueError("'images' contains no shape.")
        batch = images.shape.ndims != 3
        if not batch:
            images = expand_dims(images, 0)
        elif images.shape.ndims != 4:
            raise ValueError("'images' must have either 3 or 4 dimensions.")
        _, height, width, _ = images.shape.as_list()
        try:
            size = convert_to_tensor(size, dtypes.int32, name="size")
        except (TypeError, ValueError):
            raise ValueError("'size' must be a 1-D int32 Tensor") from None
        if not size.shape.is_compatible_with([2]):
            raise ValueError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
        if preserve_aspect_ratio:
            size = _fitting(images, size)
        new_height, new_width = (dim.value for dim in constant_value_as_shape(size).dims)
        if None not in (height, width) and (height, width) == (new_height, new_width):
            return images if batch else squeeze(images, axis=[0])
        if method not in _OPS:
            raise ValueError(f"Resize method is not implemented: {method}")
        images = raw.apply_op(_OPS[method], images=images, size=size, align_corners=align_corners)
        images.set_shape([None, new_height, new_width, None])
        return images if batch else squeeze(images, axis=[0])


def _fitting(images, size):
    _, height, width, _ = dimensions(images, 4)
    down = cast(size[0], dtypes.float32) / _float(height)
    across = cast(size[1], dtypes.float32) / _float(width)
    scale = minimum(down, across)
    return convert_to_tensor([cast(round(scale * _float(side)), dtypes.int32) for side in (height, width)], dtypes.int32, name="size")


def _float(size):
    return cast(size, dtypes.float32)


def _resizer(op, what):
    def function(images, size, align_corners=False, name=None, half_pixel_centers=False):
        return raw.apply_op(op, name=name, images=images, size=size, align_corners=align_corners, half_pixel_centers=half_pixel_centers)

    function.__name__ = function.__qualname__ = op
    function.__doc__ = f"""Resize images: {what}.

    Args:
      images: numeric [batch, height, width, channels].
      size: int32 [2], the new height and width.
      align_corners: Let the corner pixels keep their values.
      name: Name of the node; default `{op}`.
      half_pixel_centers: Take the middle of a pixel as its place.
    """
    return function


resize_bilinear = _resizer("ResizeBilinear", "the weighted mean of the four nearest pixels, float32")
resize_nearest_neighbor = _resizer("ResizeNearestNeighbor", "the nearest pixel, of the type of images")
resize_bicubic = _resizer("ResizeBicubic", "a cubic through the sixteen nearest pixels, float32")


def resize_area(images, size, align_corners=False, name=None):
    """Resize images: the mean of the pixels that a new one covers, float32; arguments as `resize_bilinear`."""
    return raw.ResizeArea(images=images, size=size, align_corners=align_corners, name=name)


def resize_image_with_pad(image, target_height, target_width, method=ResizeMethod.BILINEAR, align_corners=False):
    """Resize images to the largest size of the same proportions that fits, and pad with zeros.

    Args:
      image: numeric [batch, height, width, channels] or [height, width, channels].
      target_height, target_width: The new size.
      method: A `tf.image.ResizeMethod`.
      align_corners: Let the corner pixels keep their values.

    Raises:
      ValueError: A size is not positive, or the rank another one.
    """
    with name_scope(None, "resize_image_with_pad", [image]):
        image, batch = as_batch(convert_to_tensor(image, name="image"))
        asserts = check_rank(image)
        asserts += check(target_width > 0, "target_width must be > 0.")
        asserts += check(target_height > 0, "target_height must be > 0.")
        image = with_dependencies(asserts, image)
        _, height, width, _ = dimensions(image, 4)
        height, width, full_height, full_width = _float(height), _float(width), _float(target_height), _float(target_width)
        ratio = maximum(width / full_width, height / full_height)
        new_height, new_width = height / ratio, width / ratio
        size = [cast(floor(side), dtypes.int32) for side in (new_height, new_width)]
        above, left = (full_height - new_height) / 2, (full_width - new_width) / 2
        above, left = floor(above), floor(left)
        above = maximum(0, cast(above, dtypes.int32))
        left = maximum(0, cast(left, dtypes.int32))
        resized = resize_images(image, size, method, align_corners=align_corners)
        padded = pad_to_bounding_box(resized, above, left, target_height, target_width)
        return padded if batch else squeeze(padded, axis=[0])
