"""`tf.logging`: messages on stderr, with a verbosity of their own."""

from __future__ import annotations

import logging as _logging
import sys as _sys
from typing import Any

DEBUG, INFO, WARN, ERROR, FATAL = _logging.DEBUG, _logging.INFO, _logging.WARN, _logging.ERROR, _logging.FATAL

_NAMES = {FATAL: "FATAL", ERROR: "ERROR", WARN: "WARN", INFO: "INFO", DEBUG: "DEBUG"}


class _Stderr(_logging.StreamHandler):
    """Writes to what `sys.stderr` is at the time of the message."""

    def __init__(self) -> None:
        _logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        return _sys.stderr

    def setStream(self, stream: Any) -> Any:  # noqa: N802
        return None


def _get_logger() -> _logging.Logger:
    logger = _logging.getLogger("graphpb")
    if not logger.handlers:
        handler = _Stderr()
        handler.setFormatter(_logging.Formatter(_logging.BASIC_FORMAT, None))
        logger.addHandler(handler)
        logger.setLevel(WARN)
        logger.propagate = False
    return logger


get_logger = _get_logger


def log(level: int, msg: str, *args: Any, **kwargs: Any) -> None:
    """Write a message of any level."""
    _get_logger().log(level, msg, *args, **kwargs)


def debug(msg: str, *args: Any, **kwargs: Any) -> None:
    """Write a message of level DEBUG."""
    _get_logger().debug(msg, *args, **kwargs)


def info(msg: str, *args: Any, **kwargs: Any) -> None:
    """Write a message of level INFO."""
    _get_logger().info(msg, *args, **kwargs)


def warn(msg: str, *args: Any, **kwargs: Any) -> None:
    """Write a message of level WARN."""
    _get_logger().warning(msg, *args, **kwargs)


warning = warn


def error(msg: str, *args: Any, **kwargs: Any) -> None:
    """Write a message of level ERROR."""
    _get_logger().error(msg, *args, **kwargs)


def fatal(msg: str, *args: Any, **kwargs: Any) -> None:
    """Write a message of level FATAL."""
    _get_logger().fatal(msg, *args, **kwargs)


def vlog(level: int, msg: str, *args: Any, **kwargs: Any) -> None:
    """Write a message of any level."""
    _get_logger().log(level, msg, *args, **kwargs)


def log_if(level: int, msg: str, condition: Any, *args: Any) -> None:
    """Write a message when `condition` holds."""
    if condition:
        vlog(level, msg, *args)


_counts: dict[Any, int] = {}


def _count() -> int:
    frame = _sys._getframe(2)
    token = (frame.f_code, frame.f_lineno)
    _counts[token] = _counts.get(token, -1) + 1
    return _counts[token]


def log_every_n(level: int, msg: str, n: int, *args: Any) -> None:
    """Write the message at the first call of the line and every n-th after it."""
    log_if(level, msg, not _count() % n, *args)


def log_first_n(level: int, msg: str, n: int, *args: Any) -> None:
    """Write the message at the first n calls of the line."""
    log_if(level, msg, _count() < n, *args)


def set_verbosity(v: int | str) -> None:
    """Write messages of this level and above: `tf.logging.INFO`, …"""
    _get_logger().setLevel(v)


def get_verbosity() -> int:
    """The least level that is written."""
    return _get_logger().getEffectiveLevel()


def flush() -> None:
    """Kept for compatibility; messages are written at once."""


def TaskLevelStatusMessage(msg: str) -> None:  # noqa: N802
    """Write a message of level ERROR."""
    error(msg)


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
