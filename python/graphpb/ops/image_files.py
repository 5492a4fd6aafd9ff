"""Image files and tensors: decode_png, decode_jpeg, decode_gif, decode_bmp, decode_image, encode_png, encode_jpeg and their kin."""

from __future__ import annotations

from typing import Any

from graphpb import dtypes
from graphpb.graph.convert import convert_to_tensor, is_tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw
from graphpb.ops.image_color import convert_image_dtype
from graphpb.ops.random import random_uniform


def decode_png(contents: Any, channels: int = 0, dtype: Any = dtypes.uint8, name: str | None = None) -> Any:
    """Decode a PNG file.

    Args:
      contents: string []. channels: 0 (those of the file), 1 (gray), 3 (RGB) or 4 (RGBA). dtype: tf.uint8 or tf.uint16.

    Returns: `dtype` [height, width, channels].

    tf.errors.InvalidArgumentError, when it runs: no PNG (or other still) image, or one that is damaged.
    """
    return raw.DecodePng(contents=contents, channels=channels, dtype=dtype, name=name)


def decode_jpeg(
    contents: Any,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Any:
    """Decode a JPEG file. Values may differ by a few levels from TensorFlow's: decoders round differently.

    Args:
      contents: string []. channels: 0 (those of the file), 1 or 3. ratio: 1, 2, 4 or 8: decode at that part of the size, rounded up.
      try_recover_truncated: decode what there is of a file that is cut short, instead of refusing it.
      fancy_upscaling, acceptable_fraction, dct_method: change nothing here.

    Returns: uint8 [height, width, channels].
    """
    return raw.DecodeJpeg(
        contents=contents,
        channels=channels,
        ratio=ratio,
        fancy_upscaling=fancy_upscaling,
        try_recover_truncated=try_recover_truncated,
        acceptable_fraction=acceptable_fraction,
        dct_method=dct_method,
        name=name,
    )


def decode_and_crop_jpeg(
    contents: Any,
    crop_window: Any,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Any:
    """Decode a part of a JPEG file: `crop_window` is int32 [4]: first row, first column, rows, columns. Others as of `decode_jpeg`."""
    return raw.DecodeAndCropJpeg(
        contents=contents,
        crop_window=crop_window,
        channels=channels,
        ratio=ratio,
        fancy_upscaling=fancy_upscaling,
        try_recover_truncated=try_recover_truncated,
        acceptable_fraction=acceptable_fraction,
        dct_method=dct_method,
        name=name,
    )


def decode_gif(contents: Any, name: str | None = None) -> Any:
    """Decode all frames of a GIF file, string [], as uint8 [frames, height, width, 3]."""
    return raw.DecodeGif(contents=contents, name=name)


def decode_bmp(contents: Any, channels: int = 0, name: str | None = None) -> Any:
    """Decode an uncompressed BMP file, string [], as uint8 [height, width, channels]; `channels` is 0 or what the file has."""
    return raw.DecodeBmp(contents=contents, channels=channels, name=name)


def decode_image(
    contents: Any, channels: int | None = None, dtype: Any = dtypes.uint8, name: str | None = None, expand_animations: bool = True
) -> Any:
    """Decode a BMP, GIF, JPEG or PNG file, whichever it is.

    Args:
      contents: string []. channels: as of the decoder of the format. dtype: tf.uint8, tf.uint16, or tf.float32 (0 to 1).
      expand_animations: whether a GIF gives all frames, [frames, height, width, 3], instead of the first.
    """
    return raw.DecodeImage(contents=contents, channels=channels or 0, dtype=dtype, expand_animations=expand_animations, name=name)


def extract_jpeg_shape(contents: Any, output_type: Any = dtypes.int32, name: str | None = None) -> Any:
    """Read height, width and channels of a JPEG file, string [], from its header."""
    return raw.ExtractJpegShape(contents=contents, output_type=output_type, name=name)


def encode_png(image: Any, compression: int = -1, name: str | None = None) -> Any:
    """Encode uint8 or uint16 [height, width, channels], 1 to 4 channels, as a PNG file, string []. `compression`: -1 (default) or 0 to 9."""
    return raw.EncodePng(image=image, compression=compression, name=name)


def encode_jpeg(
    image: Any,
    format: str = "",
    quality: int = 95,
    progressive: bool = False,
    optimize_size: bool = False,
    chroma_downsampling: bool = True,
    density_unit: str = "in",
    x_density: int = 300,
    y_density: int = 300,
    xmp_metadata: str = "",
    name: str | None = None,
) -> Any:
    """Encode uint8 [height, width, channels], 1 or 3 channels, as a JPEG file, string [].

    Args:
      format: "" (by the channels), "grayscale" or "rgb". quality: 0 to 100. chroma_downsampling: store colours at half the resolution.
      optimize_size: make tables for this image; has no effect on colours stored at half the resolution.
      density_unit: "in" or "cm", of x_density and y_density. xmp_metadata: put into the file.
    """
    return raw.EncodeJpeg(
        image=image,
        format=format,
        quality=quality,
        progressive=progressive,
        optimize_size=optimize_size,
        chroma_downsampling=chroma_downsampling,
        density_unit=density_unit,
        x_density=x_density,
        y_density=y_density,
        xmp_metadata=xmp_metadata,
        name=name,
    )


def is_jpeg(contents: Any, name: str | None = None) -> Any:
    """Tell whether a string [] starts as JPEG files do, bool []."""
    from graphpb.graph.scopes import name_scope
    from graphpb.ops.compare import equal

    with name_scope(name, "is_jpeg"):
        return equal(raw.Substr(input=contents, pos=0, len=3), b"\xff\xd8\xff", name=name)


def adjust_jpeg_quality(image: Any, jpeg_quality: Any, dct_method: str = "", name: str | None = None) -> Any:
    """Encode an image as JPEG and decode it, in its own type.

    Args:
      image: [height, width, 1 or 3 channels].
      jpeg_quality: Integer or int32 scalar from 0 to 100.
      dct_method: As `decode_jpeg`.
      name: Scope of the nodes; default `adjust_jpeg_quality`.
    """
    with name_scope(name, "adjust_jpeg_quality", [image]):
        image = convert_to_tensor(image, name="image")
        channels, dtype = image.shape.as_list()[-1], image.dtype
        image = convert_image_dtype(image, dtypes.uint8, saturate=True)
        if not is_tensor(jpeg_quality):
            jpeg_quality = convert_to_tensor(jpeg_quality, dtype=dtypes.int32)
        contents = raw.EncodeJpegVariableQuality(images=image, quality=jpeg_quality)
        image = raw.DecodeJpeg(contents=contents, channels=channels, dct_method=dct_method)
        return convert_image_dtype(image, dtype, saturate=True)


def random_jpeg_quality(image: Any, min_jpeg_quality: int, max_jpeg_quality: int, seed: int | None = None) -> Any:
    """Encode an image as JPEG with a random quality below `max_jpeg_quality`, and decode it.

    ValueError: a quality is not from 0 to 100, or the least is not below the largest.
    """
    if not 0 <= min_jpeg_quality <= 100 or not 0 <= max_jpeg_quality <= 100:
        raise ValueError("jpeg encoding range must be between 0 and 100.")
    if min_jpeg_quality >= max_jpeg_quality:
        raise ValueError("`min_jpeg_quality` must be less than `max_jpeg_quality`.")
    quality = random_uniform([], min_jpeg_quality, max_jpeg_quality, seed=seed, dtype=dtypes.int32)
    return adjust_jpeg_quality(image, quality)
