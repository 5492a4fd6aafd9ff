"""Exceptions: one class per status code, as `tf.errors` has them."""

from __future__ import annotations

from typing import Any

OK, CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, RESOURCE_EXHAUSTED = range(9)
FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS, UNAUTHENTICATED = range(9, 17)


class OpError(Exception):
    """A failure while a graph ran or a file was read.

    Attributes: `op` (the Operation, or None), `node_def`, `message`, `error_code`.
    """

    _code = UNKNOWN

    def __init__(self, node_def: Any = None, op: Any = None, message: str = "", error_code: int | None = None):
        super().__init__(message)
        self._node_def = node_def
        self._op = op
        self._message = message
        self._error_code = self._code if error_code is None else error_code

    @property
    def message(self) -> str:
        """What went wrong, with the node, the user's line and the hint."""
        return self._message

    @property
    def op(self) -> Any:
        """The Operation that failed, when it is known."""
        return self._op

    @property
    def node_def(self) -> Any:
        """The NodeDef of the operation that failed, when it is known."""
        if self._node_def is None and self._op is not None:
            self._node_def = self._op.node_def
        return self._node_def

    @property
    def error_code(self) -> int:
        """The status code."""
        return self._error_code

    def __str__(self) -> str:
        return self._message

    def __reduce__(self) -> tuple[Any, ...]:
        if type(self) is OpError:
            return OpError, (None, None, self._message, self._error_code)
        return type(self), (None, None, self._message)


class _Coded(OpError):
    def __init__(self, node_def: Any = None, op: Any = None, message: str = "", *_: Any):
        super().__init__(node_def, op, message, self._code)


class CancelledError(_Coded):
    """The run was cancelled, or a queue was closed under it."""

    _code = CANCELLED


class UnknownError(_Coded):
    """An error without a code, such as an exception in a `py_func`."""

    _code = UNKNOWN


class InvalidArgumentError(_Coded):
    """A kernel got an argument it cannot work with, such as shapes that do not fit."""

    _code = INVALID_ARGUMENT


class DeadlineExceededError(_Coded):
    """The time limit passed before the run was done."""

    _code = DEADLINE_EXCEEDED


class NotFoundError(_Coded):
    """A file, key or resource does not exist."""

    _code = NOT_FOUND


class AlreadyExistsError(_Coded):
    """Something that was to be made exists."""

    _code = ALREADY_EXISTS


class PermissionDeniedError(_Coded):
    """The caller may not do that."""

    _code = PERMISSION_DENIED


class ResourceExhaustedError(_Coded):
    """Memory (or another resource) is used up."""

    _code = RESOURCE_EXHAUSTED


class FailedPreconditionError(_Coded):
    """The system is not in the state that the operation needs; most often a variable is uninitialized."""

    _code = FAILED_PRECONDITION


class AbortedError(_Coded):
    """The operation was aborted, usually by another one."""

    _code = ABORTED


class OutOfRangeError(_Coded):
    """The input has ended."""

    _code = OUT_OF_RANGE


class UnimplementedError(_Coded):
    """The operation is not supported here."""

    _code = UNIMPLEMENTED


class InternalError(_Coded):
    """An invariant of the runtime is broken."""

    _code = INTERNAL


class UnavailableError(_Coded):
    """The runtime cannot be reached now."""

    _code = UNAVAILABLE


class DataLossError(_Coded):
    """A file is damaged."""

    _code = DATA_LOSS


class UnauthenticatedError(_Coded):
    """The caller did not identify itself."""

    _code = UNAUTHENTICATED


class OperatorNotAllowedInGraphError(TypeError):
    """A tensor of a graph was used where a Python value is needed (`if tensor:`, iteration)."""


class InaccessibleTensorError(ValueError):
    """A tensor inside a loop or branch was used from outside."""


_BY_CODE = {c._code: c for c in _Coded.__subclasses__()}


def exception_type_from_error_code(error_code: int) -> type[OpError]:
    """The exception class of a status code."""
    return _BY_CODE[error_code]


def error_code_from_exception_type(cls: type[OpError]) -> int:
    """The status code of an exception class."""
    return cls._code


def from_status(code: int, text: str, message: str, node: str | None, op_type: str | None) -> OpError:
    """The exception of an error of the runtime; `session` fills in the Operation."""
    error = _BY_CODE.get(code, UnknownError)(None, None, text)
    error._core = message  # type: ignore[attr-defined]
    error._node_name = node  # type: ignore[attr-defined]
    return error


def __getattr__(name: str) -> Any:
    if name == "raise_exception_on_not_ok_status":
        raise AttributeError(
            f"module {__name__!r} has no attribute {name!r}: it belongs to TensorFlow's C interface; graphpb raises tf.errors directly"
        )
    from graphpb.ledger import absent

    raise absent(__name__, name)
