"""`tf.app.run`: parse the flags and call `main`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NoReturn

from graphpb import flags as flags


def run(main: Callable[..., Any] | None = None, argv: list[str] | None = None) -> NoReturn:
    """Parse the flags of the command line, call `main(rest)` and exit with what it returns.

    Args:
      main: `main` of the program's module when None. It gets the program's name and the arguments that are no flags.
      argv: the command line; `sys.argv` when None.
    """
    rest = flags.FLAGS(sys.argv if argv is None else argv, known_only=True)
    main = main or sys.modules["__main__"].main
    sys.exit(main(rest))


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
