"""The command line: one file per command, shared options, one boundary for errors."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Runs the program on `sys.argv` and exits with its code."""
    from gdcli.cli.signals import begin

    begin()
    if "_GDCLI_COMPLETE" in os.environ:
        from gdcli.render.completion.answer import answer

        sys.stdout.buffer.write(os.fsencode(answer(os.environ, sys.argv[1:])))
        sys.exit(0)
    from gdcli.cli.settled import set_early
    from gdcli.experiments.threads import limit_threads

    gc.disable()  # nothing that is imported goes away again: collecting garbage meanwhile finds none
    limit_threads(sys.argv[1:], os.environ, set_early("threads", os.environ))  # before anything imports NumPy
    from gdcli.cli.boundary import run

    sys.exit(run(sys.argv[1:]))
