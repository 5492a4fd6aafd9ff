"""How similar two images are: the structural similarity index."""

from graphpb import dtypes
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.scopes import control_dependencies, name_scope
from graphpb.ops import raw
from graphpb.ops.array import concat, identity, reshape, tile
from graphpb.ops.cast import cast
from graphpb.ops.checks import Assert
from graphpb.ops.image_color import convert_image_dtype
from graphpb.ops.math import range as count
from graphpb.ops.reduce import reduce_all, reduce_mean
from graphpb.ops.shape import shape
from graphpb.ops.unary import square


def _gaussian(size, sigma):
    """A normalized Gaussian window [size, size, 1, 1]."""
    places = cast(count(size), sigma.dtype)
    places -= cast(size - 1, sigma.dtype) / 2.0
    weights = square(places) * (-0.5 / square(sigma))
    weights = reshape(weights, [1, -1]) + reshape(weights, [-1, 1])
    return reshape(raw.Softmax(logits=reshape(weights, [1, -1])), [size, size, 1, 1])


def ssim(img1, img2, max_val, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03, return_index_map=False):
    """Compute the structural similarity of images (Wang, Bovik, Sheikh and Simoncelli 2004), the mean over places and channels.

    Args:
      img1, img2: [..., height, width, channels] of one type.
      max_val: The largest value a pixel can have.
      filter_size: Side of the Gaussian window, at most the height and the width.
      filter_sigma: Its width.
      k1, k2: Constants that keep the quotients apart from 0 / 0.
      return_index_map: Leave out the mean over places.

    Returns:
      float32 [...], from -1 to 1.
    """
    from graphpb.nn.conv import depthwise_conv2d

    with name_scope(None, "SSIM", [img1, img2]):
        img1, img2 = convert_to_tensor(img1, name="img1"), convert_to_tensor(img2, name="img2")
        img1.shape[-3:].assert_is_compatible_with(img2.shape[-3:])
        largest = convert_image_dtype(cast(max_val, img1.dtype), dtypes.float32)
        img1, img2 = convert_image_dtype(img1, dtypes.float32), convert_image_dtype(img2, dtypes.float32)
        size, sigma = constant(filter_size, dtypes.int32), constant(filter_sigma, dtypes.float32)
        sizes = [shape(image) for image in (img1, img2)]
        checks = [Assert(reduce_all(raw.GreaterEqual(x=all_sizes[-3:-1], y=size)), [all_sizes, size], summarize=8) for all_sizes in sizes]
        with control_dependencies(checks):
            img1 = identity(img1)
        window = tile(_gaussian(size, sigma), [1, 1, sizes[0][-1], 1])

        def local(x):
            whole = shape(x)
            flat = reshape(x, concat([[-1], whole[-3:]], 0))
            means = depthwise_conv2d(flat, window, strides=[1, 1, 1, 1], padding="VALID")
            return reshape(means, concat([whole[:-3], shape(means)[1:]], 0))

        c1, c2 = (k1 * largest) ** 2, (k2 * largest) ** 2
        mean1, mean2 = local(img1), local(img2)
        product, squares = mean1 * mean2 * 2.0, square(mean1) + square(mean2)
        luminance = (product + c1) / (squares + c1)
        covariance, variances = local(img1 * img2) * 2.0, local(square(img1) + square(img2))
        contrast = (covariance - product + c2) / (variances - squares + c2)
        similarity = luminance * contrast
        if not return_index_map:
            similarity = reduce_mean(similarity, [-3, -2])
        return reduce_mean(similarity, [-1])
