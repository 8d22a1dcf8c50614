"""Commands run within a lesson: on a terminal of a page's size, whose output is kept."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from gdcli.cli.boundary import run
from gdcli.cli.terminal import Terminal
from gdcli.errors import INTERRUPTED
from gdcli.lessons.chapter import Command
from gdcli.lessons.stage import LIMIT, PICTURE, Ran, clock, failure, variables
from gdcli.render.lessons.pages import Run
from gdcli.render.screen import ESCAPE, Screen


class Sheet(io.StringIO):
    """A stream that is a terminal to who writes on it."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """What the real terminal can show."""
        return self._encoding

    def isatty(self) -> bool:
        """It is one."""
        return True


def staged(environ: Mapping[str, str], language: str) -> Callable[[str, Screen], Run]:
    """Makes what runs a lesson's commands on a screen, for pages of so many lines, and names one that fails."""

    def made(place: str, screen: Screen) -> Run:
        outside = variables(environ, screen.depth if screen.color else 0, language)

        def shown(command: Command, height: int) -> Ran:
            ran = _ran(command, screen, height, outside)
            if problem := failure(place, command, ran):
                raise problem
            return ran

        return shown

    return made


def _ran(command: Command, screen: Screen, height: int, environ: dict[str, str]) -> Ran:
    """Runs a command, and reads the picture that it leaves."""
    out, err = Sheet("utf-8" if screen.unicode else "ascii"), io.StringIO()
    terminal = Terminal(None, out, err, environ, size=os.terminal_size((screen.width, height + 1)))
    with clock(LIMIT) as late:
        code = run(command.words, terminal)
    if code == INTERRUPTED and not late:
        raise KeyboardInterrupt
    picture = Path(PICTURE)
    svg = picture.read_text(encoding="utf-8") if picture.exists() else ""
    picture.unlink(missing_ok=True)
    return Ran(code, out.getvalue().rstrip("\n").split("\n"), ESCAPE.sub("", err.getvalue()), bool(late), svg)
