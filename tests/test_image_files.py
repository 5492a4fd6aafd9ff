"""Image files: decoded as TensorFlow does, encoded so that another reader gets the same pixels."""

import json
import pathlib
import struct
import zlib

import graphpb as tf
import numpy as np
import png_reader
import pytest

FOLDER = pathlib.Path(__file__).resolve().parent / "data" / "images"
RECORDED = np.load(FOLDER / "decoded.npz")


def run(build):
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(build())


def content(name):
    return (FOLDER / name).read_bytes()


@pytest.mark.parametrize("call", [c for c in RECORDED.files if ".jpg" not in c or "Shape" in c])
def test_lossless_files_are_decoded_as_by_tensorflow(call):
    name, op, arguments = call.split("|", 2)
    expected = RECORDED[call]
    got = run(lambda: getattr(tf.raw_ops, op)(contents=content(name), **json.loads(arguments)))
    assert got.dtype == expected.dtype and got.shape == expected.shape
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("call", [c for c in RECORDED.files if ".jpg" in c and "Shape" not in c])
def test_jpeg_files_are_decoded_nearly_as_by_tensorflow(call):
    name, op, arguments = call.split("|", 2)
    expected = RECORDED[call].astype(float)
    got = run(lambda: getattr(tf.raw_ops, op)(contents=content(name), **json.loads(arguments))).astype(float)
    assert got.shape == expected.shape
    difference = np.abs(got - expected)
    # Upsampled colours and conversions round differently; TensorFlow's own fast and accurate transforms differ by up to 8 levels here.
    most, mean = (5, 1.3) if "ratio" in arguments else (4, 0.8)
    if "wide" in name and json.loads(arguments).get("ratio", 1) > 2:
        # Colours stored at half the width: libjpeg keeps one value for 8 or 16 columns, here the picture is what is made smaller.
        most, mean = (30, 14)
    assert difference.max() <= most and difference.mean() < mean, (difference.max(), difference.mean())


def test_jpeg_as_16_bits_and_floats():
    levels = run(lambda: tf.io.decode_jpeg(JPG)).astype(int)
    assert np.array_equal(run(lambda: tf.io.decode_image(JPG, dtype=tf.uint16)), levels * 256)
    np.testing.assert_allclose(run(lambda: tf.io.decode_image(JPG, dtype=tf.float32)), levels / 255, rtol=1e-6)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("compression", [-1, 0, 9])
def test_png_files_hold_the_pixels(channels, compression):
    pixels = np.random.RandomState(channels).randint(0, 256, (7, 5, channels)).astype(np.uint8)
    data = run(lambda: tf.io.encode_png(pixels, compression=compression))
    np.testing.assert_array_equal(png_reader.pixels(data), pixels)
    if channels != 2:
        np.testing.assert_array_equal(run(lambda: tf.io.decode_png(data)), pixels)


def test_png_batches_and_16_bits():
    pixels = np.random.RandomState(0).randint(0, 65536, (2, 4, 3, 3)).astype(np.uint16)
    files = run(lambda: tf.io.encode_png(pixels))
    assert files.shape == (2,)
    for file, expected in zip(files, pixels):
        np.testing.assert_array_equal(run(lambda: tf.io.decode_png(file, dtype=tf.uint16)), expected)
        assert struct.unpack(">B", file[24:25]) == (16,)


@pytest.mark.parametrize("options", [{}, dict(progressive=True), dict(optimize_size=True), dict(chroma_downsampling=False), dict(quality=30)])
def test_jpeg_files_hold_the_picture(options):
    y, x = np.mgrid[:32, :40]
    picture = np.stack([x * 6, y * 7, 200 - x * 3], -1).astype(np.uint8)
    data = run(lambda: tf.io.encode_jpeg(picture, xmp_metadata="<x/>", **options))
    assert data[:4] == b"\xff\xd8\xff\xe0" and data[-2:] == b"\xff\xd9" and b"http://ns.adobe.com/xap/1.0/\0<x/>" in data
    assert data[6:11] == b"JFIF\0" and struct.unpack(">BHH", data[13:18]) == (1, 300, 300)
    back = run(lambda: tf.io.decode_jpeg(data)).astype(int)
    assert np.abs(back - picture).mean() < (6 if "quality" in options else 2.5)
    sampling = {0xC0: None, 0xC2: None}
    at = 2
    while data[at + 1] not in sampling:
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    assert data[at + 1] == (0xC2 if options.get("progressive") else 0xC0)
    assert data[at + 11] == (0x11 if options.get("chroma_downsampling") is False else 0x22)
    assert run(lambda: tf.io.extract_jpeg_shape(data)).tolist() == [32, 40, 3]
    assert run(lambda: tf.io.is_jpeg(data)) and not run(lambda: tf.io.is_jpeg(b"no"))
    np.testing.assert_array_equal(run(lambda: tf.raw_ops.DecodeAndCropJpeg(contents=data, crop_window=[3, 5, 7, 9])), back[3:10, 5:14])


def test_gray_jpeg_and_variable_quality():
    picture = np.full((5, 6, 1), 77, np.uint8)
    data = run(lambda: tf.io.encode_jpeg(picture))
    assert np.abs(run(lambda: tf.io.decode_jpeg(data)).astype(int) - 77).max() <= 1
    noise = np.random.RandomState(0).randint(0, 256, (32, 32, 3)).astype(np.uint8)
    sizes = [len(run(lambda: tf.raw_ops.EncodeJpegVariableQuality(images=noise, quality=q))) for q in (10, 50, 90)]
    assert sizes == sorted(sizes)


PNG, JPG = content("rgb.png"), content("rgb.jpg")


def bomb():
    """A PNG of 60,000 by 60,000 pixels in a few hundred bytes."""
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 6, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(5000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)


def rows_of_zeros(width, height, length):
    """A GIF of width x height with one frame of 1 x 1 pixels, filled up to `length` bytes by comments."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02D\x01\0"
    comment = b"!\xfe\xff" + b"c" * 255 + b"\0"
    return head + frame + comment * (length // len(comment)) + b";"


def many_frames(width, height, frames):
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return head + (b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02D\x01\0") * frames + b";"


def tall(name, height, marker):
    """A JPEG file whose header says another height."""
    data = bytearray(content(name))
    at = data.index(b"\xff" + marker)
    data[at + 5 : at + 7] = struct.pack(">H", height)
    return bytes(data)


@pytest.mark.parametrize(
    "file",
    [
        # Found by libFuzzer: 275 x 19,735 pixels in 613 bytes, half a second (ten with checks) of decoding; TensorFlow decodes it.
        (FOLDER.parent / "hostile" / "slow.jpg").read_bytes(),
        tall("rgb.jpg", 60000, b"\xc0"),
        tall("progressive.jpg", 60000, b"\xc2"),
        tall("separate.jpg", 60000, b"\xc0"),
        rows_of_zeros(60000, 60000, 1000),
        many_frames(1000, 1000, 200),
        bomb(),
    ],
    ids=["found", "baseline", "progressive", "separate", "gif", "frames", "png"],
)
def test_sizes_that_the_bytes_cannot_hold_are_refused(file):
    for build in (tf.io.decode_image, lambda f: tf.io.decode_jpeg(f, try_recover_truncated=True)):
        with pytest.raises(tf.errors.InvalidArgumentError, match="too large for the file|Got 2.. frames"):
            run(lambda: build(file))


def test_sizes_that_the_bytes_can_hold_are_not_refused():
    """The largest flat pictures, in the fewest bytes: 2 bits for a JPEG block, a thousandth of a byte for PNG, long GIF codes."""
    flat = np.zeros((800, 800, 3), np.uint8)
    for encode, options in ((tf.io.encode_png, dict(compression=9)), (tf.io.encode_jpeg, dict(quality=1, optimize_size=True))):
        data = run(lambda: encode(flat, **options))
        assert run(lambda: tf.io.decode_image(data)).shape == flat.shape
    assert run(lambda: tf.io.decode_gif(many_frames(300, 300, 50))).shape == (50, 300, 300, 3)


@pytest.mark.parametrize(
    ("message", "build"),
    [
        ("`channels` must be 0, 1, 3 or 4 but got 5", lambda: tf.io.decode_png(PNG, channels=5)),
        ("Unknown image file format. One of JPEG, JPEG XL, PNG, GIF, BMP, WebP required.", lambda: tf.io.decode_png(b"hello")),
        ("Input is empty.", lambda: tf.io.decode_png(b"")),
        ("Invalid PNG data, size 50", lambda: tf.io.decode_png(PNG[:50])),
        ("jpeg::Uncompress failed. Invalid JPEG data or crop window.", lambda: tf.io.decode_jpeg(b"\xff\xd8\xffhello")),
        ("jpeg::Uncompress failed. Invalid JPEG data or crop window.", lambda: tf.io.decode_jpeg(JPG[:-100])),
        ("JPEG does not support 4 channels", lambda: tf.io.decode_jpeg(JPG, channels=4)),
        ("ratio must be 1, 2, 4, or 8, got 3", lambda: tf.io.decode_jpeg(JPG, ratio=3)),
        ("dct_method must be one of", lambda: tf.io.decode_jpeg(JPG, dct_method="X")),
        ("Trying to decode PNG format using DecodeBmp op. Use `decode_png` or `decode_image` instead.", lambda: tf.io.decode_bmp(PNG)),
        ("Trying to decode BMP format using a wrong op", lambda: tf.io.decode_png(content("rgb.bmp"))),
        ("Incomplete bmp content, requires at least 32 bytes", lambda: tf.io.decode_bmp(b"BM")),
        ("Incomplete bmp content", lambda: tf.io.decode_bmp(content("rgb.bmp")[:-40])),
        ("Invalid GIF data", lambda: tf.io.decode_gif(b"GIF89a")),
        ("Got 3 frames, but animated gifs can only be decoded", lambda: tf.io.decode_png(content("moving.gif"))),
        ("Invalid JPEG data, size 2", lambda: tf.io.extract_jpeg_shape(b"xx")),
        ("image must have 1, 2, 3, or 4 channels, got 5", lambda: tf.io.encode_png(np.zeros((2, 2, 5), np.uint8))),
        ("image must have 1 or 3 channels, got \\[2,2,4\\]", lambda: tf.io.encode_jpeg(np.zeros((2, 2, 4), np.uint8))),
        ("format grayscale expects 1 channels, got \\[2,2,3\\]", lambda: tf.io.encode_jpeg(np.zeros((2, 2, 3), np.uint8), format="grayscale")),
        ("quality must be in \\[0,100\\], got 101", lambda: tf.io.encode_jpeg(np.zeros((2, 2, 3), np.uint8), quality=101)),
        ("too large", lambda: tf.io.decode_png(bomb())),
    ],
)  # fmt: skip
def test_errors_have_the_words_of_tensorflow(message, build):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        run(build)


def test_names_of_both_modules_are_one():
    for name in ("decode_png", "decode_jpeg", "decode_gif", "decode_bmp", "decode_image", "encode_png", "encode_jpeg", "is_jpeg"):
        assert getattr(tf.image, name) is getattr(tf.io, name)


def test_static_shapes():
    with tf.Graph().as_default():
        assert str(tf.io.decode_png(PNG, channels=3).shape) == "(?, ?, 3)" and str(tf.io.decode_gif(PNG).shape) == "(?, ?, ?, 3)"
        assert tf.io.decode_image(PNG).shape.ndims is None and str(tf.io.decode_image(PNG, expand_animations=False).shape) == "(?, ?, ?)"
        with pytest.raises(ValueError, match="Shape must be rank 0 but is rank 1"):
            tf.io.decode_png([PNG])


def test_damaged_files_never_do_more_than_fail():
    """Every file, with bytes changed at random and cut at random, gives an image or InvalidArgumentError."""
    draw = np.random.RandomState(11)
    with tf.Graph().as_default(), tf.Session() as session:
        given = tf.placeholder(tf.string, [])
        ops = [tf.io.decode_image(given), tf.io.decode_gif(given), tf.io.decode_bmp(given), tf.io.decode_jpeg(given, try_recover_truncated=True)]
        failures = 0
        for path in sorted(p for p in FOLDER.iterdir() if p.suffix != ".npz"):
            whole = path.read_bytes()
            for _ in range(12):
                bad = bytearray(whole[: draw.randint(4, len(whole) + 1)])
                for at in draw.randint(3, len(bad), draw.randint(1, 6)) if len(bad) > 3 else []:
                    bad[at] = draw.randint(256)
                try:
                    session.run(ops[draw.randint(len(ops))], {given: bytes(bad)})
                except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError):
                    failures += 1
        assert failures > 50
