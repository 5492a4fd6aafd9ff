"""Command-line flags: `tf.flags.DEFINE_integer("steps", 100, "…")`, then `tf.flags.FLAGS.steps`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


class Error(Exception):
    """A flag is defined twice, unknown, or has a value that cannot be read."""


class IllegalFlagValueError(Error):
    """A value does not fit the flag's type or was refused by a validator."""


class UnrecognizedFlagError(Error):
    """A flag on the command line is not defined."""


class DuplicateFlagError(Error):
    """Two flags have one name."""


class _Flag:
    def __init__(self, name: str, default: Any, help_text: str, parse: Callable[[str], Any], boolean: bool = False):
        self.name, self.default, self.help, self.parse, self.boolean = name, default, help_text or "", parse, boolean
        self.value = self.read(default) if isinstance(default, str) else default
        self.present = False
        self.required = False
        self.validators: list[tuple[Callable[[Any], bool], str]] = []

    def read(self, text: str) -> Any:
        try:
            return self.parse(text)
        except ValueError as error:
            raise IllegalFlagValueError(f"flag --{self.name}={text}: {error}") from None


class FlagValues:
    """The flags of the program as attributes; the command line is parsed at the first access."""

    def __init__(self) -> None:
        self.__dict__["_flags"] = {}
        self.__dict__["_parsed"] = False

    def _define(self, flag: _Flag) -> None:
        if flag.name in self._flags:
            raise DuplicateFlagError(f"The flag '{flag.name}' is defined twice.")
        self._flags[flag.name] = flag

    def __call__(self, argv: list[str], known_only: bool = False) -> list[str]:
        """Parse a command line (program name first); return it without the flags. UnrecognizedFlagError unless `known_only`."""
        self.__dict__["_parsed"] = True
        rest, i = list(argv[:1]), 1
        while i < len(argv):
            text = argv[i]
            i += 1
            if text == "--":
                rest.extend(argv[i:])
                break
            if not text.startswith("-") or text == "-":
                rest.append(text)
                continue
            name, equals, value = text.lstrip("-").partition("=")
            if name in ("help", "h", "helpfull", "helpshort") and name not in self._flags:
                print(self.get_help())
                sys.exit(1)
            flag = self._flags.get(name)
            if flag is None and name.startswith("no") and name[2:] in self._flags and self._flags[name[2:]].boolean and not equals:
                flag = self._flags[name[2:]]
                flag.value, flag.present = False, True
                continue
            if flag is None:
                if not known_only:
                    raise UnrecognizedFlagError(f"Unknown command line flag '{name}'")
                rest.append(text)
                continue
            if not equals:
                if flag.boolean:
                    value = "true"
                elif i < len(argv):
                    value = argv[i]
                    i += 1
                else:
                    raise Error(f"Missing value for flag --{name}")
            flag.value, flag.present = flag.read(value), True
        for flag in self._flags.values():
            if flag.required and flag.value is None:
                raise IllegalFlagValueError(f"flag --{flag.name}=None: Flag --{flag.name} must have a value other than None.")
            for check, message in flag.validators:
                if not check(flag.value):
                    raise IllegalFlagValueError(f"flag --{flag.name}={flag.value}: {message}")
        return rest

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self._flags:
            raise AttributeError(f"Unknown flag {name!r}")
        if not self._parsed:
            self(sys.argv, known_only=True)
        return self._flags[name].value

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._flags:
            raise AttributeError(f"Unknown flag {name!r}")
        self._flags[name].value = value

    def __delattr__(self, name: str) -> None:
        if name not in self._flags:
            raise AttributeError(name)
        del self._flags[name]

    def __contains__(self, name: str) -> bool:
        return name in self._flags

    def __iter__(self) -> Any:
        return iter(sorted(self._flags))

    def __len__(self) -> int:
        return len(self._flags)

    def __getitem__(self, name: str) -> Any:
        return self._flags[name]

    def __dir__(self) -> list[str]:
        return sorted(self._flags)

    def is_parsed(self) -> bool:
        """Whether the command line was parsed."""
        return self._parsed

    def mark_as_parsed(self) -> None:
        """Take the defaults for what the command line says."""
        self.__dict__["_parsed"] = True

    def unparse_flags(self) -> None:
        """Parse again at the next access."""
        self.__dict__["_parsed"] = False

    def flag_values_dict(self) -> dict[str, Any]:
        """All values by name."""
        return {name: flag.value for name, flag in self._flags.items()}

    def get_help(self) -> str:
        """The flags, their meaning and defaults."""
        return "\n".join(f"  --{f.name}: {f.help} (default: {f.default!r})" for _, f in sorted(self._flags.items()))


FLAGS = FlagValues()


def _boolean(text: str) -> bool:
    if text.lower() in ("true", "t", "1", "yes", "y"):
        return True
    if text.lower() in ("false", "f", "0", "no", "n"):
        return False
    raise ValueError(f"Non-boolean argument to boolean flag: {text}")


def _number(kind: type, low: Any, high: Any) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        value = kind(text, 0) if kind is int else kind(text)
        if (low is not None and value < low) or (high is not None and value > high):
            raise ValueError(f"{value} is not in the range [{low}, {high}]")
        return value

    return parse


def DEFINE_string(name: str, default: Any, help: str, **_: Any) -> None:  # noqa: N802
    """Define a flag whose value is a string."""
    FLAGS._define(_Flag(name, default, help, str))


def DEFINE_integer(name: str, default: Any, help: str, lower_bound: Any = None, upper_bound: Any = None, **_: Any) -> None:  # noqa: N802
    """Define a flag whose value is an int."""
    FLAGS._define(_Flag(name, default, help, _number(int, lower_bound, upper_bound)))


def DEFINE_float(name: str, default: Any, help: str, lower_bound: Any = None, upper_bound: Any = None, **_: Any) -> None:  # noqa: N802
    """Define a flag whose value is a float."""
    FLAGS._define(_Flag(name, float(default) if isinstance(default, int) else default, help, _number(float, lower_bound, upper_bound)))


def DEFINE_boolean(name: str, default: Any, help: str, **_: Any) -> None:  # noqa: N802
    """Define a flag that is true (`--name`, `--name=true`) or false (`--noname`, `--name=false`)."""
    FLAGS._define(_Flag(name, default, help, _boolean, boolean=True))


DEFINE_bool = DEFINE_boolean


def DEFINE_enum(name: str, default: Any, enum_values: list[str], help: str, **_: Any) -> None:  # noqa: N802
    """Define a flag whose value is one of some strings."""

    def parse(text: str) -> str:
        if text not in enum_values:
            raise ValueError(f"value should be one of <{'|'.join(enum_values)}>")
        return text

    FLAGS._define(_Flag(name, default, help, parse))


def DEFINE_list(name: str, default: Any, help: str, **_: Any) -> None:  # noqa: N802
    """Define a flag whose value is a list of strings, separated by commas."""
    FLAGS._define(_Flag(name, default, help, lambda text: [part.strip() for part in text.split(",")] if text else []))


def mark_flag_as_required(flag_name: str) -> None:
    """Let parsing fail when the flag has no value."""
    FLAGS[flag_name].required = True


def mark_flags_as_required(flag_names: list[str]) -> None:
    """Let parsing fail when one of the flags has no value."""
    for name in flag_names:
        mark_flag_as_required(name)


def register_validator(flag_name: str, checker: Callable[[Any], bool], message: str = "Flag validation failed") -> None:
    """Let parsing fail with `message` when `checker(value)` is false."""
    FLAGS[flag_name].validators.append((checker, message))


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
