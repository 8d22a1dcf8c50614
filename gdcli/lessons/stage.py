"""Where a chapter's commands run: a folder that is gone afterwards, for so long and no longer."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType

from gdcli.definitions.namedtuple import NamedTuple
from gdcli.errors import GdcliError
from gdcli.lessons.chapter import Chapter, Command
from gdcli.lessons.lecture import Lesson
from gdcli.said import say

__all__ = ["LIMIT", "PICTURE", "Ran", "clock", "failure", "scratch", "variables"]

LIMIT = 60.0
"""Seconds that a command of a lesson may take."""
PICTURE = "lesson-picture.svg"
"""Where a command leaves its picture for a handout."""
OURS = "gdcli: "
OUTSIDE = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "HOME", "USERPROFILE", "XDG_CONFIG_HOME", "APPDATA")
"""Variables that change what a command shows, or lead to settings that do."""

AGAIN = 0.25
"""Seconds after which a command that goes on is interrupted once more."""


class Ran(NamedTuple):
    """What became of a command.

    Args:
        code: Its exit code.
        lines: Its output.
        errors: What it said of what went wrong.
        late: Whether it was ended because it took too long.
        svg: Its picture, where it has one and that was asked for.
    """

    code: int
    lines: list[str]
    errors: str = ""
    late: bool = False
    svg: str = ""


@contextlib.contextmanager
def scratch(lesson: Lesson) -> Iterator[None]:
    """Within it the current folder is a new one, gone afterwards, with the files that a lesson's commands name."""
    with tempfile.TemporaryDirectory(prefix="gdcli-") as place:
        if lesson.home is not None:
            for pair in lesson.pairs:
                _link(Path(place), lesson.home, pair.english)
        with contextlib.chdir(place):
            yield


def _link(place: Path, home: Path, chapter: Chapter) -> None:
    """Puts each file of a lesson's folder that its commands name where the name leads to it."""
    for word in sorted({word.rpartition("=")[2] for one in chapter.every_command() for word in one.words}):
        file, target = home / word, place / word
        inside = file != home and file.is_relative_to(home) and ".." not in file.parts
        if inside and _exists(file) and not _exists(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(file)


def _exists(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110 - Path's raises where a formula is longer than a name may be


@contextlib.contextmanager
def clock(seconds: float) -> Iterator[list[bool]]:
    """Within it, what takes longer is interrupted as by Ctrl-C, and the list that it yields is no longer empty."""
    late: list[bool] = []

    def interrupt(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's signature
        late.append(True)
        signal.raise_signal(signal.SIGINT)

    if not hasattr(signal, "setitimer"):  # Windows
        yield late
        return
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield late
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def variables(environ: Mapping[str, str], depth: int, language: str) -> dict[str, str]:
    """The environment of a lesson's commands: no settings of the reader's, so that all see the same.

    Args:
        environ: The reader's variables.
        depth: Of the colours; 0 for none.
        language: That the commands speak.
    """
    kept = {name: value for name, value in environ.items() if name not in OUTSIDE and not name.startswith("GDCLI_")}
    kept |= {"GDCLI_LANG": language, ("FORCE_COLOR" if depth else "NO_COLOR"): "1"}
    return kept | ({"COLORTERM": "truecolor"} if depth == 24 else {})


def failure(command: Command, ran: Ran, seconds: float = LIMIT) -> GdcliError | None:
    """What is wrong with a command that was run; None if nothing is.

    Args:
        command: The command.
        ran: What became of it.
        seconds: The limit.
    """
    start = say("{place}: '{command}'", place=command.place, command=command.run)
    if ran.late:
        return GdcliError(
            say("{start} takes longer than {seconds:g} seconds", start=start, seconds=seconds),
            say("fewer rows or epochs make it shorter"),
        )
    if ran.code != command.exit:
        said = next((line for line in ran.errors.splitlines() if line.startswith("gdcli: ")), "").removeprefix(
            "gdcli: "
        )
        return GdcliError(
            say(
                "{start} ends with exit code {code}, not {exit}{more}{said}",
                start=start,
                code=ran.code,
                exit=command.exit,
                more=say(": ") * bool(said),
                said=said,
            ),
            say("mend it; a command that is to end so has exit = {code} under its run", code=ran.code),
        )
    return None
