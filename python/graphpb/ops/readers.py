"""Readers of files whose names come from a queue: TextLineReader, TFRecordReader, WholeFileReader and their kin."""

from __future__ import annotations

from typing import Any

from graphpb.ops import raw


class ReaderBase:
    """What all readers share: records of files, one file after the other.

    Args:
      reader_ref: resource [], the reader's handle.
    """

    def __init__(self, reader_ref: Any, supports_serialize: bool = False):
        self._reader_ref = reader_ref
        self._supports_serialize = supports_serialize

    @property
    def reader_ref(self) -> Any:
        """The reader's handle: resource []."""
        return self._reader_ref

    @property
    def supports_serialize(self) -> bool:
        """Whether the reader's state can be taken out as a string: of none here."""
        return self._supports_serialize

    def read(self, queue: Any, name: str | None = None) -> Any:
        """Read the next record: (key, value), both string []. The key is the file's name, and where in it the record is.

        Args:
          queue: Queue of file names (string), or its handle.

        tf.errors.OutOfRangeError, when it runs: the files are at their end and the queue is closed and empty.
        """
        return raw.ReaderReadV2(reader_handle=self._reader_ref, queue_handle=_handle(queue), name=name)

    def read_up_to(self, queue: Any, num_records: Any, name: str | None = None) -> Any:
        """Read from one to `num_records` (int64 []) records of one file: (keys, values), both string [records]."""
        return raw.ReaderReadUpToV2(reader_handle=self._reader_ref, queue_handle=_handle(queue), num_records=num_records, name=name)

    def num_records_produced(self, name: str | None = None) -> Any:
        """The number of records that were read: int64 []."""
        return raw.ReaderNumRecordsProducedV2(reader_handle=self._reader_ref, name=name)

    def num_work_units_completed(self, name: str | None = None) -> Any:
        """The number of files that were read to their end: int64 []."""
        return raw.ReaderNumWorkUnitsCompletedV2(reader_handle=self._reader_ref, name=name)

    def reset(self, name: str | None = None) -> Any:
        """Make an operation that puts the reader back to its beginning."""
        return raw.ReaderResetV2(reader_handle=self._reader_ref, name=name)


def _handle(queue: Any) -> Any:
    return getattr(queue, "queue_ref", queue)


class IdentityReader(ReaderBase):
    """Gives each name itself, as key and as value."""

    def __init__(self, name: str | None = None):
        super().__init__(raw.IdentityReaderV2(name=name))


class WholeFileReader(ReaderBase):
    """Gives the content of each file; the key is its name."""

    def __init__(self, name: str | None = None):
        super().__init__(raw.WholeFileReaderV2(name=name))


class TextLineReader(ReaderBase):
    """Gives the lines of files, without their ends; keys are `name:line`, counted from 1.

    Args:
      skip_header_lines: Lines to leave out at the beginning of each file.
    """

    def __init__(self, skip_header_lines: int | None = None, name: str | None = None):
        super().__init__(raw.TextLineReaderV2(skip_header_lines=skip_header_lines or 0, name=name))


class FixedLengthRecordReader(ReaderBase):
    """Gives records of one length; keys are `name:number`, counted from 0.

    Args:
      record_bytes: Bytes of a record. header_bytes, footer_bytes: bytes of a file before and behind its records.
      hop_bytes: From the beginning of one record to that of the next; None or 0: record_bytes.
    """

    def __init__(
        self,
        record_bytes: int,
        header_bytes: int | None = None,
        footer_bytes: int | None = None,
        hop_bytes: int | None = None,
        name: str | None = None,
        encoding: str | None = None,
    ):
        ref = raw.FixedLengthRecordReaderV2(
            record_bytes=record_bytes,
            header_bytes=header_bytes or 0,
            footer_bytes=footer_bytes or 0,
            hop_bytes=hop_bytes or 0,
            encoding=encoding or "",
            name=name,
        )
        super().__init__(ref)


class TFRecordReader(ReaderBase):
    """Gives the records of TFRecord files; keys are `name:offset`.

    Args:
      options: tf.python_io.TFRecordOptions, for compressed files.
    """

    def __init__(self, name: str | None = None, options: Any = None):
        from graphpb.python_io import TFRecordOptions

        compression = TFRecordOptions.get_compression_type_string(options)
        super().__init__(raw.TFRecordReaderV2(compression_type=compression, name=name))
