"""The ``jetblob`` command."""

from __future__ import annotations

import signal
import sys

from . import _native


def main() -> int:
    """Run the command with the arguments of this process, and give its exit code."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _native.main(["jetblob", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
