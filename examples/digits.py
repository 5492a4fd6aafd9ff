"""Write the handwritten digits that scikit-learn ships (UCI, 8×8) as the four MNIST files, scaled to 28×28."""

import gzip
import os
import struct

import numpy as np


def _enlarge(images):
    """Scale images [n, 8, 8] bilinearly to [n, 28, 28]; pixel centres are aligned, borders repeat."""
    at = np.clip((np.arange(28) + 0.5) * 8 / 28 - 0.5, 0, 7)
    low = np.minimum(at.astype(int), 6)
    weights = np.zeros((28, 8))
    weights[np.arange(28), low] = 1 - (at - low)
    weights[np.arange(28), low + 1] = at - low
    return np.einsum("yi,nij,xj->nyx", weights, images, weights)


def _write_idx(path, array):
    """Write a uint8 array in the IDX format (magic 0x08, rank, big-endian sizes, bytes), gzipped."""
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    partial = path + ".partial"
    with gzip.GzipFile(partial, "wb", mtime=0) as f:
        f.write(header + array.astype(np.uint8).tobytes())
    os.replace(partial, path)


def write(folder, test=360):
    """Write the data set into `folder`: 1,437 training and 360 test images, in a fixed random order."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.RandomState(0).permutation(len(digits.target))
    images = np.rint(_enlarge(digits.images[order]) * 255 / 16)
    labels = digits.target[order]
    os.makedirs(folder, exist_ok=True)
    _write_idx(os.path.join(folder, "train-images-idx3-ubyte.gz"), images[test:])
    _write_idx(os.path.join(folder, "train-labels-idx1-ubyte.gz"), labels[test:])
    _write_idx(os.path.join(folder, "t10k-images-idx3-ubyte.gz"), images[:test])
    _write_idx(os.path.join(folder, "t10k-labels-idx1-ubyte.gz"), labels[:test])
