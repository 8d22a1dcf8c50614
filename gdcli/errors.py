"""What can go wrong, as kinds. The one boundary in `gdcli.cli` turns each into a line and an exit code."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from gdcli.said import enumerated, say

INTERRUPTED = 130
"""The exit code after Ctrl-C, as a shell has it: 128 and the signal's number."""

REASONS = (
    say("no such file or directory"),
    say("permission denied"),
    say("is a directory"),
    say("not a directory"),
    say("file exists"),
    say("no space left on device"),
    say("read-only file system"),
    say("bad file descriptor"),
    say("broken pipe"),
    say("input/output error"),
    say("file too large"),
    say("file name too long"),
    say("too many open files"),
    say("address already in use"),
)
"""What systems mostly say."""


class GdcliError(Exception):
    """A failure with a message for the user and, where there is one, a hint: what to do about it.

    Args:
        message: One line: where (file, line, column) and what.
        hint: What to do; printed indented under the message.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class OptionError(GdcliError):
    """The command line asks for something that cannot be (exit 2)."""

    exit_code = 2


class DataError(GdcliError):
    """Bad data, or a file that cannot be read or written (exit 3)."""

    exit_code = 3


class NoRowsError(DataError):
    """A table without a row."""


class DivergedError(GdcliError):
    """Descent ran away from the minimum (exit 4)."""

    exit_code = 4


class NotConvergedError(GdcliError):
    """Convergence was required and not reached (exit 5)."""

    exit_code = 5


def reason(error: OSError) -> str:
    """Why the system refused something, in lower case."""
    text = (error.strerror or str(error)).lower()
    return next((one for one in REASONS if one == text), text)


def install_hint(extra: str) -> str:
    """A hint how to install an optional extra; the distribution's name comes from the installed metadata.

    Args:
        extra: Its name in `pyproject.toml`, as in `web`.
    """
    from importlib.metadata import entry_points  # loaded only when something is missing

    package = __name__.partition(".")[0]
    scripts = entry_points(group="console_scripts", name=package)
    owners = [script.dist.name for script in scripts if script.dist and script.module == f"{package}.__main__"]
    return say("pip install '.[{extra}]' in a checkout of {owners}", extra=extra, owners=(owners or [package])[0])


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint naming the nearest known words, else all of them.

    >>> did_you_mean("adm", ["sgd", "adam"])
    "did you mean 'adam'?"
    >>> did_you_mean("zzz", ["sgd", "adam"])
    'choose from sgd, adam'
    """
    import difflib  # loaded only when something is wrong

    names = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), names, n=1)
    if near:
        return say("did you mean '{names}'?", names=names[near[0]])
    return say("choose from {names}", names=enumerated(names.values())) if names else ""


@contextmanager
def unwrapped() -> Iterator[None]:
    """What ends a run, as it was: where it falls into the making of a class, Python 3.11 makes another error of it."""
    try:
        yield
    except RuntimeError as error:
        if isinstance(error.__cause__, KeyboardInterrupt | SystemExit | MemoryError):
            raise error.__cause__ from None
        raise
