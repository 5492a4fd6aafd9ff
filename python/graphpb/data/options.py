"""tf.data.Options: attributes that programs set. They are kept; elements are always made in order, and nothing is tuned."""

from __future__ import annotations

from typing import Any


class _Group:
    """A group of options: any attribute may be set, and reads as None before."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


class ThreadingOptions(_Group):
    """Options about threads."""


class Options(_Group):
    """Options of a dataset, for `Dataset.with_options`. Every attribute may be set and changes nothing."""

    def __init__(self) -> None:
        self.threading = self.experimental_threading = ThreadingOptions()
        self.experimental_optimization = _Group()
        self.experimental_distribute = _Group()
        self.autotune = _Group()

    def merge(self, options: Options) -> Options:
        """Return options with the attributes of both; those of `options` win."""
        made = Options()
        made.__dict__.update(self.__dict__)
        made.__dict__.update({k: v for k, v in options.__dict__.items() if v is not None})
        return made

    def _serialized(self) -> bytes:
        return b""
