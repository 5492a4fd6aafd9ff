"""Stores recorded arrays compactly, and compares arrays with them: tolerances and messages."""

import json

import numpy as np

TOLERANCE = {"float16": (2e-3, 2e-3), "float32": (1e-5, 1e-6), "float64": (1e-11, 1e-12), "complex64": (1e-5, 1e-6), "complex128": (1e-11, 1e-12)}
"""dtype: (relative, absolute); the absolute part is scaled by the largest expected magnitude. Other types are compared exactly."""


def difference(label, actual, expected, slack=1.0):
    """Say how two arrays differ, or None. `slack` multiplies the tolerance of floating types."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    if expected.dtype.kind == "S":
        actual = np.array([bytes(item) for item in actual.ravel()], dtype="S").reshape(actual.shape)
    elif actual.dtype != expected.dtype:
        return f"{label}: dtype {actual.dtype}, expected {expected.dtype}"
    if actual.shape != expected.shape:
        return f"{label}: shape {actual.shape}, expected {expected.shape}"
    if expected.dtype.name in TOLERANCE:
        relative, absolute = TOLERANCE[expected.dtype.name]
        finite = np.abs(expected[np.isfinite(expected)])
        scale = max(1.0, float(finite.max())) if finite.size else 1.0
        same = np.isclose(actual, expected, rtol=relative * slack, atol=absolute * slack * scale, equal_nan=True)
    else:
        same = actual == expected
    if np.all(same):
        return None
    where = tuple(int(i) for i in np.argwhere(~np.asarray(same))[0]) if expected.ndim else ()
    return (
        f"{label}: {int(np.sum(~np.asarray(same)))} of {expected.size} elements differ, first at {list(where)}: "
        f"{actual[where]!r}, expected {expected[where]!r}"
    )


def store(path, values):
    """Write {key: array} as an npz with one flat member per dtype, in order of the index; strings become fixed-width bytes."""
    flat, index = {}, []
    for key, value in values.items():
        if value.dtype == object:
            value = np.array([bytes(item) for item in value.ravel()]).reshape(value.shape)
        flat.setdefault(value.dtype.str[1:], []).append(value.ravel())
        index.append([key, value.dtype.str[1:], list(value.shape)])
    members = {name: np.concatenate(parts) for name, parts in sorted(flat.items())}
    np.savez_compressed(path, index=np.frombuffer(json.dumps(index).encode(), np.uint8), **members)


def load(path):
    """Read what `store` wrote: {key: array} in the same order."""
    values, used = {}, {}
    with np.load(path) as file:
        members = {name: file[name] for name in file.files}
    for key, dtype, shape in json.loads(members["index"].tobytes()):
        start, size = used.get(dtype, 0), int(np.prod(shape, dtype=np.int64))
        values[key] = members[dtype][start : start + size].reshape(shape)
        used[dtype] = start + size
    return values
