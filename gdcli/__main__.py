"""`python -m gdcli`, and the console script."""

import atexit
import os
import sys

from gdcli import cli

BY_SIGNAL, UNREADABLE = 130, 3
NO_MEMORY = "gdcli: there is not enough memory for this\n"


def main() -> None:
    """Runs the program and ends the process, without taking its modules apart first, which takes a sixth of the time.

    All else that is done at a process's end is done: threads are waited for, and what other modules registered runs
    before, for what is registered first runs last.
    """
    code = 1  # as after a traceback

    def leave() -> None:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError, AttributeError, MemoryError):  # gone, closed, or never there
                continue
        os._exit(code)

    atexit.register(leave)
    try:
        cli.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        raise
    except MemoryError:  # before or after what else says so
        sys.stderr.write(NO_MEMORY)
        code = UNREADABLE
    except KeyboardInterrupt:
        code = BY_SIGNAL
        raise


if __name__ == "__main__":
    main()
