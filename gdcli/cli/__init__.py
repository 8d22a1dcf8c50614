"""The command line: one file per command, shared options, one boundary for errors."""

from __future__ import annotations

import gc
import os
import signal
import sys


def main() -> None:
    """Runs the program on `sys.argv` and exits with its code."""
    from gdcli.cli.threads import limit_threads

    gc.disable()  # nothing that is imported goes away again: collecting garbage meanwhile finds none
    limit_threads(sys.argv[1:], os.environ)  # before anything imports NumPy
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that half-written files are taken away
    from gdcli.cli.boundary import run

    sys.exit(run(sys.argv[1:]))
