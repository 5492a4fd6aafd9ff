"""`tf.gfile`: files and folders of the local disk, with TensorFlow's names, arguments and errors."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from typing import Any

from graphpb import _native, errors

_ERRORS = {
    errno.ENOENT: errors.NotFoundError,
    errno.EEXIST: errors.AlreadyExistsError,
    errno.EACCES: errors.PermissionDeniedError,
    errno.EPERM: errors.PermissionDeniedError,
    errno.ENOTEMPTY: errors.FailedPreconditionError,
    errno.EISDIR: errors.FailedPreconditionError,
    errno.ENOTDIR: errors.FailedPreconditionError,
    errno.ENOSPC: errors.ResourceExhaustedError,
    errno.EINVAL: errors.InvalidArgumentError,
}


def _raise(error: OSError, path: str) -> Any:
    kind = _ERRORS.get(error.errno or 0, errors.UnknownError)
    raise kind(None, None, f"{path}; {error.strerror or error}") from None


def _path(name: Any) -> str:
    name = os.fspath(name)
    text = name.decode() if isinstance(name, bytes) else name
    return text.removeprefix("file://")


class GFile:
    """A file, opened when it is first read or written.

    Args:
      name: its path.
      mode: `r`, `w`, `a`, `r+`, `w+` or `a+`; with `b` contents are bytes, otherwise text.

    NotFoundError: no such file. PermissionDeniedError: it may not be opened that way, or was opened for the other use.
    """

    def __init__(self, name: Any, mode: str = "r"):
        if mode.replace("b", "") not in ("r", "w", "a", "r+", "w+", "a+"):
            raise errors.InvalidArgumentError(None, None, "mode is not 'r' or 'w' or 'a' or 'r+' or 'w+' or 'a+'")
        self._name = _path(name)
        self._mode = mode
        self._stream: Any = None
        self._failed = False

    @property
    def name(self) -> str:
        """The path."""
        return self._name

    @property
    def mode(self) -> str:
        """The mode that it was made with."""
        return self._mode

    def _open(self, writing: bool) -> Any:
        allowed = "+" in self._mode or ("r" not in self._mode) == writing
        if not allowed:
            raise errors.PermissionDeniedError(None, None, f"File isn't open for {'writing' if writing else 'reading'}")
        if self._stream is None:
            try:
                self._stream = open(self._name, self._mode.replace("b", "") + "b")  # noqa: SIM115
            except OSError as error:
                self._failed = True
                _raise(error, self._name)
        return self._stream

    def _given(self, data: bytes) -> Any:
        return data if "b" in self._mode else data.decode()

    def read(self, n: int = -1) -> Any:
        """Up to `n` bytes (as text in text mode, where a character may not be cut); everything for -1."""
        stream = self._open(False)
        if n is not None and n < -1:
            raise errors.InvalidArgumentError(None, None, f"Can't read a negative number of bytes: {n}")
        try:
            return self._given(stream.read(None if n == -1 else n))
        except OSError as error:
            return _raise(error, self._name)

    def readline(self) -> Any:
        """The next line with its end; empty at the end of the file."""
        return self._given(self._open(False).readline())

    def readlines(self) -> list[Any]:
        """All lines with their ends."""
        return [self._given(line) for line in self._open(False).readlines()]

    def __iter__(self) -> GFile:
        return self

    def __next__(self) -> Any:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    next = __next__

    def write(self, file_content: Any) -> None:
        """Append text or bytes."""
        stream = self._open(True)
        try:
            stream.write(file_content.encode() if isinstance(file_content, str) else file_content)
        except OSError as error:
            _raise(error, self._name)

    def seek(self, offset: int | None = None, whence: int = 0, position: int | None = None) -> None:
        """Go to a place, counted from the start (0), from here (1) or from the end (2).

        InvalidArgumentError: before the start. OutOfRangeError: behind the end of a file that is read.
        """
        if offset is None and position is None:
            raise TypeError("seek(): offset argument required")
        stream = self._open("r" not in self._mode)
        if whence not in (0, 1, 2):
            raise errors.InvalidArgumentError(None, None, f"Invalid whence argument: {whence}. Valid values are 0, 1, or 2.")
        offset = position if offset is None else offset
        try:
            target = offset + {0: 0, 1: stream.tell(), 2: os.fstat(stream.fileno()).st_size}[whence]
            if target < 0:
                raise errors.InvalidArgumentError(None, None, f"Seeking to a negative position: {target}")
            if "r" in self._mode and target > os.fstat(stream.fileno()).st_size:
                raise errors.OutOfRangeError(None, None, "reached end of file")
            stream.seek(target)
        except OSError as error:
            _raise(error, self._name)

    def tell(self) -> int:
        """The place in bytes from the start."""
        return self._open("r" not in self._mode).tell()

    def size(self) -> int:
        """The length in bytes."""
        self.flush()
        return stat(self._name).length

    def flush(self) -> None:
        """Hand what was written to the system."""
        if self._stream is not None:
            self._stream.flush()

    def seekable(self) -> bool:
        """True."""
        return True

    def close(self) -> None:
        """Close the file; writing nothing still makes an empty one."""
        if self._stream is None and self._mode.startswith("w") and not self._failed:
            self._open(True)
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def __enter__(self) -> GFile:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


class FastGFile(GFile):
    """A GFile, opened for reading unless another mode is given."""


class FileStatistics:
    """Length in bytes, time of the last change in nanoseconds since 1970, and whether it is a folder."""

    def __init__(self, length: int, mtime_nsec: int, is_directory: bool):
        self.length, self.mtime_nsec, self.is_directory = length, mtime_nsec, is_directory

    def __repr__(self) -> str:
        return f"<FileStatistics length={self.length} mtime_nsec={self.mtime_nsec} is_directory={self.is_directory}>"


def exists(path: Any) -> bool:
    """Tell whether there is a file or folder."""
    return os.path.exists(_path(path))


def isdir(path: Any) -> bool:
    """Tell whether there is a folder."""
    return os.path.isdir(_path(path))


def listdir(path: Any) -> list[str]:
    """The names in a folder, in no particular order. NotFoundError: there is no such folder."""
    path = _path(path)
    if not os.path.isdir(path):
        raise errors.NotFoundError(None, None, f"Could not find directory {path}")
    return os.listdir(path)


def mkdir(path: Any) -> None:
    """Make a folder; nothing happens when it exists. NotFoundError: its parent is missing."""
    try:
        os.mkdir(_path(path))
    except FileExistsError:
        pass
    except OSError as error:
        _raise(error, _path(path))


def makedirs(path: Any) -> None:
    """Make a folder and its parents where they are missing. FailedPreconditionError: one of them is a file."""
    if not _path(path):
        return
    try:
        os.makedirs(_path(path), exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        at = _path(path)
        while not os.path.lexists(at):
            at = os.path.dirname(at)
        raise errors.FailedPreconditionError(None, None, f"{at} is not a directory") from None
    except OSError as error:
        _raise(error, _path(path))


def remove(path: Any) -> None:
    """Delete a file. NotFoundError: there is none."""
    try:
        os.remove(_path(path))
    except OSError as error:
        _raise(error, _path(path))


def rmtree(path: Any) -> None:
    """Delete a folder with everything in it, or a file. NotFoundError: there is none."""
    if not os.path.lexists(_path(path)):
        raise errors.NotFoundError(None, None, f"{_path(path)} not found")
    if os.path.islink(_path(path)) or not os.path.isdir(_path(path)):
        return remove(path)
    try:
        shutil.rmtree(_path(path))
    except OSError as error:
        _raise(error, _path(path))


def rename(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Rename a file or folder. AlreadyExistsError: the new name is taken and `overwrite` is False."""
    source, target = _path(src), _path(dst)
    if not overwrite and os.path.exists(target):
        raise errors.AlreadyExistsError(None, None, "file already exists")
    try:
        os.replace(source, target)
    except OSError as error:
        _raise(error, source)


def copy(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Copy a file. AlreadyExistsError: the new name is taken and `overwrite` is False."""
    source, target = _path(src), _path(dst)
    if not overwrite and os.path.exists(target):
        raise errors.AlreadyExistsError(None, None, "file already exists")
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        _raise(error, source)


def glob(pattern: Any) -> list[str]:
    """The paths that match a pattern (`*`, `?`, `[a-z]`, `[^a]`), or one of a list of patterns, sorted.

    What a pattern without a folder finds begins with `./`, as in TensorFlow.
    """
    patterns = [pattern] if isinstance(pattern, (str, bytes, os.PathLike)) else pattern
    return [found for one in patterns for found in _native.expand_glob(_path(one))]


def walk(top: Any, topdown: bool = True, onerror: Any = None) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield (folder, names of folders in it, names of files in it) for a folder and everything below it, by name."""
    top = _path(top)
    try:
        names = sorted(os.listdir(top))
    except OSError as error:
        if onerror:
            onerror(errors.NotFoundError(None, None, f"{top}; {error.strerror}"))
        return
    folders = [name for name in names if os.path.isdir(os.path.join(top, name))]
    files = [name for name in names if name not in set(folders)]
    if topdown:
        yield top, folders, files
    for name in folders:
        yield from walk(os.path.join(top, name), topdown, onerror)
    if not topdown:
        yield top, folders, files


def stat(path: Any) -> FileStatistics:
    """What is known of a file or folder. NotFoundError: there is none."""
    try:
        found = os.stat(_path(path))
    except OSError as error:
        return _raise(error, _path(path))
    return FileStatistics(found.st_size, found.st_mtime_ns, os.path.isdir(_path(path)))


def join(path: Any, *paths: Any) -> str:
    """Join parts of a path."""
    return os.path.join(_path(path), *map(_path, paths))


def Exists(filename: Any) -> bool:
    """As `tf.io.gfile.exists`."""
    return exists(filename)


def IsDirectory(dirname: Any) -> bool:
    """As `tf.io.gfile.isdir`."""
    return isdir(dirname)


def ListDirectory(dirname: Any) -> list[str]:
    """As `tf.io.gfile.listdir`."""
    return listdir(dirname)


def MkDir(dirname: Any) -> None:
    """As `tf.io.gfile.mkdir`."""
    mkdir(dirname)


def MakeDirs(dirname: Any) -> None:
    """As `tf.io.gfile.makedirs`."""
    makedirs(dirname)


def Remove(filename: Any) -> None:
    """As `tf.io.gfile.remove`."""
    remove(filename)


def DeleteRecursively(dirname: Any) -> None:
    """As `tf.io.gfile.rmtree`."""
    rmtree(dirname)


def Rename(oldname: Any, newname: Any, overwrite: bool = False) -> None:
    """As `tf.io.gfile.rename`."""
    rename(oldname, newname, overwrite)


def Copy(oldpath: Any, newpath: Any, overwrite: bool = False) -> None:
    """As `tf.io.gfile.copy`."""
    copy(oldpath, newpath, overwrite)


def Glob(filename: Any) -> list[str]:
    """As `tf.io.gfile.glob`."""
    return glob(filename)


def Walk(top: Any, in_order: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
    """As `tf.io.gfile.walk`."""
    return walk(top, in_order)


def Stat(filename: Any) -> FileStatistics:
    """As `tf.io.gfile.stat`."""
    return stat(filename)


Open = GFile
"""The class under its other name."""


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
