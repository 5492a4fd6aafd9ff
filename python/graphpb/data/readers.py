"""Datasets over files: records, lines, records of one length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphpb import dtypes
from graphpb.data import change, make, structure
from graphpb.data.dataset import AUTOTUNE, Dataset, int64
from graphpb.graph.convert import convert_to_tensor
from graphpb.ops import raw

_STRING = structure.TensorSpec([], dtypes.string)


def _names(filenames: Any) -> Dataset:
    """The file names as a dataset of strings."""
    if isinstance(filenames, Dataset):
        if filenames.output_types != dtypes.string:
            raise TypeError(f"The `filenames` argument must contain `tf.string` elements. Got {filenames.output_types!r} elements.")
        return filenames
    filenames = convert_to_tensor(filenames, preferred_dtype=dtypes.string)
    if filenames.dtype != dtypes.string:
        raise TypeError(f"The `filenames` argument must contain `tf.string` elements. Got {filenames.dtype!r} elements.")
    flat = raw.Reshape(tensor=filenames, shape=[-1], name="flat_filenames")
    return make.from_tensor_slices_of(flat)


def _read(names: Dataset, reader: Callable[[Any], Dataset], parallel: Any) -> Dataset:
    def read_one_file(filename: Any) -> Dataset:
        return reader(convert_to_tensor(filename, dtype=dtypes.string, name="filename"))

    if parallel is None:
        return names.flat_map(read_one_file)
    if isinstance(parallel, int) and parallel == AUTOTUNE:
        return names.interleave(read_one_file, num_parallel_calls=parallel)
    return change.parallel_interleaved(names, read_one_file, parallel, 1, False, None, None)


def _compression(value: Any) -> Any:
    return convert_to_tensor("" if value is None else value, dtype=dtypes.string, name="compression_type")


class _Files(Dataset):
    def __init__(self, filenames: Any, reader: Callable[[Any], Dataset], parallel: Any, kind: str):
        names = _names(filenames)
        made = _read(names, reader, parallel)
        super().__init__(made._variant_tensor, _STRING, kind)


class TFRecordDataset(_Files):
    """The records of TFRecord files as string scalars.

    Args:
      filenames: string tensor, or a dataset of strings.
      compression_type: `"GZIP"`, `"ZLIB"`, or `""` for none.
      buffer_size: Accepted.
      num_parallel_reads: Files read in turns; their records are interleaved.

    Raises:
      tf.errors.NotFoundError: While running: a file does not exist.
      tf.errors.DataLossError: While running: a record is damaged; the next run goes on with the next file.
    """

    def __init__(
        self, filenames: Any, compression_type: Any = None, buffer_size: Any = None, num_parallel_reads: Any = None, name: str | None = None
    ):
        def reader(filename: Any) -> Dataset:
            kind = _compression(compression_type)
            size = int64(256 * 1024 if buffer_size is None else buffer_size, "buffer_size")
            return Dataset(raw.TFRecordDataset(filenames=filename, compression_type=kind, buffer_size=size), _STRING, "_TFRecordDataset")

        super().__init__(filenames, reader, num_parallel_reads, "TFRecordDatasetV2")


class TextLineDataset(_Files):
    """The lines of text files as string scalars, without their ends.

    Args:
      filenames: string tensor, or a dataset of strings.
      compression_type: `"GZIP"`, `"ZLIB"`, or `""` for none.
      buffer_size: Accepted.
      num_parallel_reads: Files read in turns; their lines are interleaved.

    Raises:
      tf.errors.NotFoundError: While running: a file does not exist.
    """

    def __init__(
        self, filenames: Any, compression_type: Any = None, buffer_size: Any = None, num_parallel_reads: Any = None, name: str | None = None
    ):
        def reader(filename: Any) -> Dataset:
            kind = _compression(compression_type)
            size = int64(256 * 1024 if buffer_size is None else buffer_size, "buffer_size")
            return Dataset(raw.TextLineDataset(filenames=filename, compression_type=kind, buffer_size=size), _STRING, "_TextLineDataset")

        super().__init__(filenames, reader, num_parallel_reads, "TextLineDatasetV2")


class FixedLengthRecordDataset(_Files):
    """The records of one length of binary files as string scalars.

    Args:
      filenames: string tensor, or a dataset of strings.
      record_bytes: The length of a record.
      header_bytes, footer_bytes: Bytes to leave out at the start and the end of a file.
      buffer_size: Accepted.
      compression_type: `"GZIP"`, `"ZLIB"`, or `""` for none.
      num_parallel_reads: Files read in turns; their records are interleaved.

    Raises:
      tf.errors.InvalidArgumentError: While running: the length of a file does not fit.
    """

    def __init__(
        self,
        filenames: Any,
        record_bytes: Any,
        header_bytes: Any = None,
        footer_bytes: Any = None,
        buffer_size: Any = None,
        compression_type: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ):
        def reader(filename: Any) -> Dataset:
            record = int64(record_bytes, "record_bytes")
            header = int64(0 if header_bytes is None else header_bytes, "header_bytes")
            footer = int64(0 if footer_bytes is None else footer_bytes, "footer_bytes")
            size = int64(256 * 1024 if buffer_size is None else buffer_size, "buffer_size")
            handle = raw.FixedLengthRecordDatasetV2(
                filenames=filename,
                header_bytes=header,
                record_bytes=record,
                footer_bytes=footer,
                buffer_size=size,
                compression_type=_compression(compression_type),
            )
            return Dataset(handle, _STRING, "_FixedLengthRecordDataset")

        super().__init__(filenames, reader, num_parallel_reads, "FixedLengthRecordDatasetV2")
