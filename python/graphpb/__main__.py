"""The `graphpb` command: the Rust program, run in this process."""

import signal
import sys

from graphpb import _native


def main() -> int:
    """Run the command line and return the exit code. Ctrl-C ends the process, as it ends the program without Python."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _native.run_command(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
