"""Reads the four MNIST files of a folder into data sets that hand out batches, as TensorFlow 1's tutorial module does."""

from __future__ import annotations

import collections
import gzip
import os
from typing import Any

import numpy as np

from graphpb import dtypes

Datasets = collections.namedtuple("Datasets", ["train", "validation", "test"])

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"

_IMAGES_MAGIC, _LABELS_MAGIC = 2051, 2049


def _read_idx(stream: Any, magic: int, what: str) -> np.ndarray:
    """The unsigned bytes of an IDX file (big-endian: magic number, sizes, data)."""
    name = getattr(stream, "name", "the file")
    with gzip.GzipFile(fileobj=stream) as data:
        head = np.frombuffer(data.read(4), dtype=">u4")
        if len(head) != 1 or head[0] != magic:
            raise ValueError(f"Invalid magic number {int(head[0]) if len(head) else None} in MNIST {what} file: {name}")
        rank = magic & 0xFF
        sizes = np.frombuffer(data.read(4 * rank), dtype=">u4")
        if len(sizes) != rank:
            raise ValueError(f"MNIST {what} file ends within its header: {name}")
        dims = [int(d) for d in sizes]
        count = int(np.prod(dims, dtype=np.int64))
        values = np.frombuffer(data.read(count), dtype=np.uint8)
        if len(values) != count:
            raise ValueError(f"MNIST {what} file holds {len(values)} values instead of {count}: {name}")
        return values.reshape(dims)


def extract_images(f: Any) -> np.ndarray:
    """The images of an open `.gz` file: uint8 [count, rows, columns, 1]."""
    return _read_idx(f, _IMAGES_MAGIC, "image")[..., np.newaxis]


def dense_to_one_hot(labels_dense: np.ndarray, num_classes: int) -> np.ndarray:
    """Class numbers [n] as rows with a single one: float64 [n, num_classes]."""
    return np.eye(num_classes)[labels_dense]


def extract_labels(f: Any, one_hot: bool = False, num_classes: int = 10) -> np.ndarray:
    """The labels of an open `.gz` file: uint8 [count], or float64 [count, num_classes] when `one_hot`."""
    labels = _read_idx(f, _LABELS_MAGIC, "label")
    return dense_to_one_hot(labels, num_classes) if one_hot else labels


class DataSet:
    """Images and labels, handed out in batches.

    Args:
      images: uint8 [n, rows, columns, 1].
      labels: [n] or [n, classes].
      fake_data: hand out constant examples instead.
      dtype: uint8 leaves pixels in 0…255, float32 scales them to 0…1.
      reshape: make the images rows: [n, rows·columns].
      seed: of the shuffling; numpy's global generator when None.
    """

    def __init__(
        self,
        images: Any,
        labels: Any,
        fake_data: bool = False,
        one_hot: bool = False,
        dtype: Any = dtypes.float32,
        reshape: bool = True,
        seed: Any = None,
    ):
        self._rng = np.random if seed is None else np.random.RandomState(seed)
        dtype = dtypes.as_dtype(dtype).base_dtype
        if dtype not in (dtypes.uint8, dtypes.float32):
            raise TypeError(f"Invalid image dtype {dtype!r}, expected uint8 or float32")
        self._fake, self.one_hot = fake_data, one_hot
        if fake_data:
            self._num_examples = 10000
        else:
            if images.shape[0] != labels.shape[0]:
                raise AssertionError(f"images.shape: {images.shape} labels.shape: {labels.shape}")
            self._num_examples = images.shape[0]
            if reshape:
                images = images.reshape(images.shape[0], images.shape[1] * images.shape[2])
            if dtype == dtypes.float32:
                images = np.multiply(images.astype(np.float32), 1.0 / 255.0)
        self._images, self._labels = images, labels
        self._epochs_completed = 0
        self._index_in_epoch = 0

    @property
    def images(self) -> Any:
        return self._images

    @property
    def labels(self) -> Any:
        return self._labels

    @property
    def num_examples(self) -> int:
        return self._num_examples

    @property
    def epochs_completed(self) -> int:
        return self._epochs_completed

    def _shuffle(self) -> None:
        order = np.arange(self._num_examples)
        self._rng.shuffle(order)
        self._images, self._labels = self._images[order], self._labels[order]

    def next_batch(self, batch_size: int, fake_data: bool = False, shuffle: bool = True) -> tuple[Any, Any]:
        """The next `batch_size` images and labels; a batch across the end of an epoch takes the rest of it and starts the next."""
        if fake_data or self._fake:
            label: Any = [1] + [0] * 9 if self.one_hot else 0
            return [[1] * 784 for _ in range(batch_size)], [label for _ in range(batch_size)]
        start = self._index_in_epoch
        if self._epochs_completed == 0 and start == 0 and shuffle:
            self._shuffle()
        if start + batch_size > self._num_examples:
            self._epochs_completed += 1
            rest = self._num_examples - start
            images_rest, labels_rest = self._images[start:], self._labels[start:]
            if shuffle:
                self._shuffle()
            self._index_in_epoch = batch_size - rest
            end = self._index_in_epoch
            return np.concatenate((images_rest, self._images[:end]), axis=0), np.concatenate((labels_rest, self._labels[:end]), axis=0)
        self._index_in_epoch += batch_size
        return self._images[start : start + batch_size], self._labels[start : start + batch_size]


def read_data_sets(
    train_dir: str,
    fake_data: bool = False,
    one_hot: bool = False,
    dtype: Any = dtypes.float32,
    reshape: bool = True,
    validation_size: int | None = None,
    seed: Any = None,
    source_url: str | None = None,
) -> Datasets:
    """Read `train-images-idx3-ubyte.gz`, `train-labels-idx1-ubyte.gz` and the two `t10k-…` files of a folder.

    Args:
      train_dir: the folder. Nothing is downloaded.
      one_hot: labels as rows with a single one.
      validation_size: examples at the start of the training files that become the validation set; 5000 by default, or a tenth of
        the training examples where there are fewer than 10000.

    Returns:
      Datasets(train, validation, test), each with `images`, `labels`, `num_examples` and `next_batch(n)`.

    FileNotFoundError: files are missing; the message lists them. ValueError: a file is not what its name says.
    """
    if fake_data:
        sets = [DataSet([], [], fake_data=True, one_hot=one_hot, dtype=dtype, seed=seed) for _ in range(3)]
        return Datasets(*sets)
    missing = [name for name in (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS) if not os.path.isfile(os.path.join(train_dir, name))]
    if missing:
        raise FileNotFoundError(
            f"The MNIST folder {train_dir!r} lacks {', '.join(missing)}.\n\nHint: "
            f"graphpb downloads nothing; put the four files of the MNIST data set "
            "there (gzip-compressed IDX files)."
        )

    def images(name: str) -> np.ndarray:
        with open(os.path.join(train_dir, name), "rb") as f:
            return extract_images(f)

    def labels(name: str) -> np.ndarray:
        with open(os.path.join(train_dir, name), "rb") as f:
            return extract_labels(f, one_hot=one_hot)

    train_images, train_labels = images(TRAIN_IMAGES), labels(TRAIN_LABELS)
    n = len(train_images)
    if validation_size is None:
        validation_size = 5000 if n >= 10000 else n // 10
    if not 0 <= validation_size <= n:
        raise ValueError(f"Validation size should be between 0 and {n}. Received: {validation_size}.")
    options = {"dtype": dtype, "reshape": reshape, "seed": seed}
    return Datasets(
        train=DataSet(train_images[validation_size:], train_labels[validation_size:], **options),
        validation=DataSet(train_images[:validation_size], train_labels[:validation_size], **options),
        test=DataSet(images(TEST_IMAGES), labels(TEST_LABELS), **options),
    )


def load_mnist(train_dir: str = "MNIST-data") -> Datasets:
    """`read_data_sets` of a folder."""
    return read_data_sets(train_dir)
