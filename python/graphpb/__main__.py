"""The `graphpb` command: the Rust program, run in this process."""

import sys

from graphpb import _native


def main() -> int:
    """Run the command line and return the exit code."""
    return _native.run_command(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
