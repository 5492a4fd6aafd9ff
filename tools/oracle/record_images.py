"""Write small image files, and what TensorFlow decodes from them, to tests/data/images.

`python record_images.py files` writes the files with Pillow; without an argument, TensorFlow's Python adds two of its own and writes
`decoded.npz`: one array per call, named `file|op|arguments as JSON`.
"""

import io
import json
import pathlib
import struct
import sys
import zlib

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tests/data/images"


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def picture():
    y, x = np.mgrid[:19, :23]
    return np.stack([x * 11, y * 13, (x + y) * 6], -1).astype(np.uint8), x, y


def interlaced(rows, kind, depth, palette=None):
    """An Adam7 PNG file of rows of samples: integers of `depth` bits, [height, width, channels]."""
    height, width, _ = rows.shape
    body = b""
    for y0, x0, dy, dx in [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]:
        for row in rows[y0::dy, x0::dx]:
            if row.size:
                bits = (row.reshape(-1, 1).astype(int) >> np.arange(depth - 1, -1, -1)) & 1
                body += b"\0" + np.packbits(bits.reshape(-1).astype(np.uint8)).tobytes()
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 1))]
    chunks += [(b"PLTE", palette.astype(np.uint8).tobytes())] if palette is not None else []
    chunks += [(b"IDAT", zlib.compress(body)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)


def files():
    from PIL import Image

    draw = np.random.RandomState(5)
    smooth, x, y = picture()
    noise = draw.randint(0, 256, (9, 10, 3)).astype(np.uint8)
    rgb, alpha = Image.fromarray(smooth), Image.fromarray((x * y % 256).astype(np.uint8))
    gray = rgb.convert("L")
    rgba = rgb.copy()
    rgba.putalpha(alpha)
    yield "rgb.png", saved(rgb, "PNG")
    yield "noise.png", saved(Image.fromarray(noise), "PNG")
    yield "gray.png", saved(gray, "PNG")
    yield "gray_alpha.png", saved(rgba.convert("LA"), "PNG")
    yield "rgba.png", saved(rgba, "PNG")
    yield "bits1.png", saved(gray.convert("1"), "PNG")
    yield "palette.png", saved(rgb.quantize(7), "PNG")
    yield "palette_clear.png", saved(rgb.quantize(7), "PNG", transparency=2)
    yield "gray_clear.png", saved(gray, "PNG", transparency=60)
    yield "interlaced.png", interlaced(smooth, 2, 8)
    yield "interlaced16.png", interlaced(np.dstack([smooth.astype(int) * 257, x * y * 100]), 6, 16)
    yield "interlaced_palette.png", interlaced((x + y)[..., None] % 4, 3, 2, np.arange(12).reshape(4, 3) * 20)
    yield "interlaced_gray4.png", interlaced((x + 2 * y)[..., None] % 16, 0, 4)
    yield "gray16.png", saved(Image.fromarray((x * 2600 + y).astype(np.uint16)), "PNG")
    yield "rgb.jpg", saved(rgb, "JPEG", quality=92, subsampling=0)
    yield "half.jpg", saved(rgb, "JPEG", quality=80, subsampling=2)
    yield "wide.jpg", saved(rgb, "JPEG", quality=80, subsampling=1)
    yield "gray.jpg", saved(gray, "JPEG", quality=90)
    yield "progressive.jpg", saved(rgb, "JPEG", quality=90, progressive=True)
    yield "noise.jpg", saved(Image.fromarray(noise), "JPEG", quality=95, subsampling=0)
    yield "cmyk.jpg", saved(rgb.convert("CMYK"), "JPEG", quality=90)
    frames = [Image.fromarray(np.roll(smooth[::2, ::2], k, 1)).quantize(16) for k in range(3)]
    frames[2] = Image.fromarray(np.vstack([np.roll(smooth[::2, ::2], 1, 1)[:6], smooth[12::2, ::2] // 2])).quantize(16)
    yield "moving.gif", saved(frames[0], "GIF", save_all=True, append_images=frames[1:], optimize=False)
    yield "still.gif", saved(frames[0], "GIF")
    yield "rgb.bmp", saved(rgb, "BMP")
    yield "rgba.bmp", saved(rgba, "BMP")
    yield "gray.bmp", saved(gray, "BMP")


def calls(name):
    kind = name.rsplit(".", 1)[1]
    if kind == "png":
        for channels in (0, 1, 3, 4):
            yield "DecodePng", dict(channels=channels)
        yield "DecodePng", dict(channels=0, dtype="uint16")
        yield "DecodeImage", dict(channels=0, dtype="float32")
        yield "DecodeImage", dict(channels=3, dtype="uint16", expand_animations=False)
    elif kind == "jpg":
        for channels in (0, 1, 3):
            yield "DecodeJpeg", dict(channels=channels, dct_method="INTEGER_ACCURATE")
        for ratio in (2, 4, 8):
            yield "DecodeJpeg", dict(channels=0, ratio=ratio, dct_method="INTEGER_ACCURATE")
        yield "ExtractJpegShape", {}
    elif kind == "gif":
        yield "DecodeGif", {}
        yield "DecodeImage", dict(expand_animations=False)
        yield "DecodeImage", dict(dtype="float32")
    else:
        yield "DecodeBmp", dict(channels=0)
        yield "DecodeImage", dict(dtype="uint16")


def main():
    FOLDER.mkdir(exist_ok=True)
    if sys.argv[1:] == ["files"]:
        for name, data in files():
            (FOLDER / name).write_bytes(data)
        return
    from tf1 import tf

    with tf.Graph().as_default(), tf.Session() as session:
        (FOLDER / "rgb16.png").write_bytes(session.run(tf.image.encode_png(picture()[0].astype(np.uint16) * 251)))
        (FOLDER / "tf.jpg").write_bytes(session.run(tf.image.encode_jpeg(picture()[0])))
    decoded = {}
    for path in sorted(p for p in FOLDER.iterdir() if p.suffix != ".npz"):
        for op, arguments in calls(path.name):
            with tf.Graph().as_default(), tf.Session() as session:
                given = {k: tf.as_dtype(v) if k == "dtype" else v for k, v in arguments.items()}
                out = getattr(tf.raw_ops, op)(contents=path.read_bytes(), **given)
                try:
                    decoded[f"{path.name}|{op}|{json.dumps(arguments)}"] = session.run(out)
                except tf.errors.InvalidArgumentError as error:
                    print(path.name, op, arguments, [line for line in error.message.splitlines() if "node" not in line][-1][:120])
    np.savez_compressed(FOLDER / "decoded.npz", **decoded)
    total = sum(f.stat().st_size for f in FOLDER.iterdir())
    print(len(decoded), "calls,", total, "bytes")


if __name__ == "__main__":
    main()
