"""What workers do in tests: a module that a fresh process imports in no time."""

import contextlib
import os
import signal
from pathlib import Path

from gdcli.errors import DataError


def killed_once(marks, task):
    """The first process to begin task 3 is gone before it ends."""
    if task == 3:
        with contextlib.suppress(FileExistsError):
            (Path(marks) / "begun").touch(exist_ok=False)
            os.kill(os.getpid(), signal.SIGKILL)
    return task * task


def killed(marks, task):  # noqa: ARG001 - what is worked on
    """Each process is gone at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def fails(least, task):
    """A task from that one on cannot be done."""
    if task >= least:
        raise DataError(f"part {task}", "a hint")
    return task
