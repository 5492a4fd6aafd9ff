"""Names that help programs run on several versions: strings and bytes, number types; `install` lets `import tensorflow` mean graphpb."""

import numbers
import os

import numpy as np

integral_types = (numbers.Integral, np.integer)
real_types = (numbers.Real, np.integer, np.floating)
complex_types = (numbers.Complex, np.number)
bytes_or_text_types = (bytes, str)


def as_bytes(bytes_or_text, encoding="utf-8"):
    """Return bytes: text is encoded, bytes (and bytearrays) stay.

    Raises:
      TypeError: The argument is neither.
    """
    if isinstance(bytes_or_text, (bytes, bytearray)):
        return bytes(bytes_or_text)
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


def as_text(bytes_or_text, encoding="utf-8"):
    """Return text: bytes are decoded, text stays.

    Raises:
      TypeError: The argument is neither.
    """
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


as_str = as_text


def as_str_any(value, encoding="utf-8"):
    """Return text: bytes are decoded, everything else goes through `str`."""
    return as_text(value, encoding) if isinstance(value, bytes) else str(value)


def path_to_str(path):
    """Return the text of a path object; other values stay."""
    return as_str_any(os.fspath(path)) if hasattr(path, "__fspath__") else path


def forward_compatible(year, month, day):
    """Tell whether a graph may use ops newer than the date: never, as graphs are TensorFlow 1's."""
    return False


def install():
    """Let `import tensorflow` and imports below it give graphpb, in this process, until it ends.

    Raises:
      RuntimeError: TensorFlow itself is imported already.
    """
    from graphpb.compat import tensorflow

    tensorflow.install()


def __getattr__(name):
    if name == "v1":
        import graphpb

        return graphpb
    from graphpb.ledger import absent

    raise absent(__name__, name)
