"""Functions of tf.image."""

from graphpb.ops.image_color import adjust_brightness as adjust_brightness
from graphpb.ops.image_color import adjust_contrast as adjust_contrast
from graphpb.ops.image_color import adjust_gamma as adjust_gamma
from graphpb.ops.image_color import adjust_hue as adjust_hue
from graphpb.ops.image_color import adjust_saturation as adjust_saturation
from graphpb.ops.image_color import convert_image_dtype as convert_image_dtype
from graphpb.ops.image_color import grayscale_to_rgb as grayscale_to_rgb
from graphpb.ops.image_color import hsv_to_rgb as hsv_to_rgb
from graphpb.ops.image_color import per_image_standardization as per_image_standardization
from graphpb.ops.image_color import psnr as psnr
from graphpb.ops.image_color import random_brightness as random_brightness
from graphpb.ops.image_color import random_contrast as random_contrast
from graphpb.ops.image_color import random_hue as random_hue
from graphpb.ops.image_color import random_saturation as random_saturation
from graphpb.ops.image_color import rgb_to_grayscale as rgb_to_grayscale
from graphpb.ops.image_color import rgb_to_hsv as rgb_to_hsv
from graphpb.ops.image_color import rgb_to_yiq as rgb_to_yiq
from graphpb.ops.image_color import rgb_to_yuv as rgb_to_yuv
from graphpb.ops.image_color import sobel_edges as sobel_edges
from graphpb.ops.image_color import total_variation as total_variation
from graphpb.ops.image_color import yiq_to_rgb as yiq_to_rgb
from graphpb.ops.image_color import yuv_to_rgb as yuv_to_rgb
from graphpb.ops.image_files import adjust_jpeg_quality as adjust_jpeg_quality
from graphpb.ops.image_files import decode_and_crop_jpeg as decode_and_crop_jpeg
from graphpb.ops.image_files import decode_bmp as decode_bmp
from graphpb.ops.image_files import decode_gif as decode_gif
from graphpb.ops.image_files import decode_image as decode_image
from graphpb.ops.image_files import decode_jpeg as decode_jpeg
from graphpb.ops.image_files import decode_png as decode_png
from graphpb.ops.image_files import encode_jpeg as encode_jpeg
from graphpb.ops.image_files import encode_png as encode_png
from graphpb.ops.image_files import extract_jpeg_shape as extract_jpeg_shape
from graphpb.ops.image_files import is_jpeg as is_jpeg
from graphpb.ops.image_files import random_jpeg_quality as random_jpeg_quality
from graphpb.ops.image_frame import central_crop as central_crop
from graphpb.ops.image_frame import crop_to_bounding_box as crop_to_bounding_box
from graphpb.ops.image_frame import extract_image_patches as extract_image_patches
from graphpb.ops.image_frame import extract_patches as extract_patches
from graphpb.ops.image_frame import flip_left_right as flip_left_right
from graphpb.ops.image_frame import flip_up_down as flip_up_down
from graphpb.ops.image_frame import image_gradients as image_gradients
from graphpb.ops.image_frame import pad_to_bounding_box as pad_to_bounding_box
from graphpb.ops.image_frame import random_flip_left_right as random_flip_left_right
from graphpb.ops.image_frame import random_flip_up_down as random_flip_up_down
from graphpb.ops.image_frame import resize_image_with_crop_or_pad as resize_image_with_crop_or_pad
from graphpb.ops.image_frame import resize_image_with_crop_or_pad as resize_with_crop_or_pad  # noqa: F401
from graphpb.ops.image_frame import rot90 as rot90
from graphpb.ops.image_frame import transpose_image as transpose  # noqa: F401
from graphpb.ops.image_frame import transpose_image as transpose_image
from graphpb.ops.image_resize import ResizeMethod as ResizeMethod
from graphpb.ops.image_resize import resize_area as resize_area
from graphpb.ops.image_resize import resize_bicubic as resize_bicubic
from graphpb.ops.image_resize import resize_bilinear as resize_bilinear
from graphpb.ops.image_resize import resize_image_with_pad as resize_image_with_pad
from graphpb.ops.image_resize import resize_images as resize  # noqa: F401
from graphpb.ops.image_resize import resize_images as resize_images
from graphpb.ops.image_resize import resize_nearest_neighbor as resize_nearest_neighbor
from graphpb.ops.image_similarity import ssim as ssim
from graphpb.ops.random import random_crop as random_crop


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
