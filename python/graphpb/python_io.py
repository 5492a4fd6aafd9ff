"""TFRecord files: records of bytes with checksums, plain or compressed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from graphpb import _native


class TFRecordCompressionType:
    """How a record file is compressed."""

    NONE = 0
    ZLIB = 1
    GZIP = 2


_NAMES = {TFRecordCompressionType.NONE: "", TFRecordCompressionType.ZLIB: "ZLIB", TFRecordCompressionType.GZIP: "GZIP"}


class TFRecordOptions:
    """Compression of a record file.

    Args:
      compression_type: `""`, `"GZIP"`, `"ZLIB"`, or a TFRecordCompressionType.
      compression_level: 0 to 9; the library's default when None.
      flush_mode, input_buffer_size, output_buffer_size, window_bits, compression_method, mem_level, compression_strategy: accepted as in
        TensorFlow, where they tune zlib's buffers; they change nothing here.

    ValueError for another `compression_type`.
    """

    compression_type_map = _NAMES

    def __init__(
        self,
        compression_type: Any = None,
        flush_mode: int | None = None,
        input_buffer_size: int | None = None,
        output_buffer_size: int | None = None,
        window_bits: int | None = None,
        compression_level: int | None = None,
        compression_method: int | None = None,
        mem_level: int | None = None,
        compression_strategy: int | None = None,
    ):
        self.get_compression_type_string(compression_type)
        self.compression_type = compression_type
        self.flush_mode, self.input_buffer_size, self.output_buffer_size = flush_mode, input_buffer_size, output_buffer_size
        self.window_bits, self.compression_level, self.compression_method = window_bits, compression_level, compression_method
        self.mem_level, self.compression_strategy = mem_level, compression_strategy

    @classmethod
    def get_compression_type_string(cls, options: Any) -> str:
        """Return `""`, `"GZIP"` or `"ZLIB"` for options, a name, a TFRecordCompressionType, or None."""
        if not options:
            return ""
        if isinstance(options, TFRecordOptions):
            return cls.get_compression_type_string(options.compression_type)
        if options in _NAMES:
            return _NAMES[options]
        if options in _NAMES.values():
            return options
        raise ValueError(f'Not a valid compression_type: "{options}"')


class TFRecordWriter:
    """Writes records to a file; a context manager that closes it.

    Args:
      path: the file, which is made or emptied.
      options: TFRecordOptions, or a compression type.

    >>> import graphpb as tf, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "two.tfrecord")
    >>> with tf.python_io.TFRecordWriter(path) as writer:
    ...     writer.write(b"one"); writer.write(b"two")
    >>> list(tf.python_io.tf_record_iterator(path))
    [b'one', b'two']
    """

    def __init__(self, path: Any, options: Any = None):
        level = options.compression_level if isinstance(options, TFRecordOptions) else None
        if level is not None and not 0 <= level <= 9:
            level = None
        self._writer = _native.RecordWriter(os.fspath(path), TFRecordOptions.get_compression_type_string(options), level)

    def write(self, record: Any) -> None:
        """Add a record of bytes (or of text, as UTF-8)."""
        if not isinstance(record, (str, bytes, bytearray, memoryview)):
            raise TypeError(f"a record is bytes or text, not {type(record).__name__}")
        self._writer.write(record.encode() if isinstance(record, str) else bytes(record))

    def flush(self) -> None:
        """Hand everything written so far to the system."""
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()

    def __enter__(self) -> TFRecordWriter:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.close()


def tf_record_iterator(path: Any, options: Any = None) -> Iterator[bytes]:
    """Iterate over the records of a file.

    Args:
      path: the file. options: TFRecordOptions, or a compression type.

    tf.errors.NotFoundError: there is no such file. tf.errors.DataLossError: a record is damaged, or the last one is cut short.
    """
    return iter(_native.RecordReader(os.fspath(path), TFRecordOptions.get_compression_type_string(options)))
