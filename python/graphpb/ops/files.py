"""Operations that read and write whole files, and find files by pattern."""

from __future__ import annotations

from typing import Any

from graphpb.ops import raw


def read_file(filename: Any, name: str | None = None) -> Any:
    """The content of a file: string scalar to string scalar. NotFoundError when it runs: no such file."""
    return raw.ReadFile(filename=filename, name=name)


def write_file(filename: Any, contents: Any, name: str | None = None) -> Any:
    """An operation that writes a string scalar to a file, making its folder."""
    return raw.WriteFile(filename=filename, contents=contents, name=name)


def matching_files(pattern: Any, name: str | None = None) -> Any:
    """The names of the files that match a pattern or a vector of patterns: string to string [files], sorted."""
    return raw.MatchingFiles(pattern=pattern, name=name)
