"""A PNG decoder of its own for the tests: 8-bit, not interlaced, no palette."""

import struct
import zlib

import numpy as np


def pixels(data):
    """The image in a PNG file as uint8 [height, width, channels]."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, body = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        chunk = data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + chunk)
        if kind == b"IHDR":
            width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", chunk)
            channels = {0: 1, 2: 3, 4: 2, 6: 4}[color]
            assert depth == 8 and not interlaced
        elif kind == b"IDAT":
            body += chunk
        at += 12 + length
    raw = np.frombuffer(zlib.decompress(body), np.uint8).reshape(height, 1 + width * channels)
    rows = np.zeros((height, width * channels), np.uint8)
    for y in range(height):
        above = rows[y - 1] if y else np.zeros(width * channels, np.uint8)
        for x in range(width * channels):
            a = int(rows[y, x - channels]) if x >= channels else 0
            b = int(above[x])
            c = int(above[x - channels]) if x >= channels else 0
            p = a + b - c
            paeth = a if abs(p - a) <= abs(p - b) and abs(p - a) <= abs(p - c) else b if abs(p - b) <= abs(p - c) else c
            rows[y, x] = (int(raw[y, 1 + x]) + (0, a, b, (a + b) // 2, paeth)[raw[y, 0]]) % 256
    return rows.reshape(height, width, channels)
