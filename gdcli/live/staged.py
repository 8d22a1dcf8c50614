"""Commands run within a lesson: on a terminal of a page's size, whose output is kept."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from gdcli.definitions.namedtuple import NamedTuple
from gdcli.errors import INTERRUPTED
from gdcli.lessons.chapter import Command
from gdcli.lessons.stage import LIMIT, PICTURE, Ran, clock, failure, variables
from gdcli.render.lessons.pages import Run
from gdcli.render.screen import ESCAPE, Screen

__all__ = ["Program", "Staged"]

OURS = re.compile(rf" ?(?:--save )?{re.escape(PICTURE)}| --save(?=</text>)")
"""What the command of a picture has that is not the reader's."""

Program = Callable[[Sequence[str], TextIO, TextIO, Mapping[str, str], tuple[int, int]], int]
"""The program: words, where results and notes go, the environment, columns and lines; gives the exit code."""


class Sheet(io.StringIO):
    """A stream that is a terminal to who writes on it."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute there
        """What the real terminal can show."""
        return self._encoding

    def isatty(self) -> bool:
        """It is one."""
        return True


class Staged(NamedTuple):
    """What a lesson's commands run with.

    Args:
        program: The program.
        environ: The reader's variables.
        language: That the commands speak.
    """

    program: Program
    environ: Mapping[str, str]
    language: str

    def on(self, screen: Screen) -> Run:
        """What runs a command for a page of so many lines of a screen, and raises what is wrong with it."""

        def shown(command: Command, height: int) -> Ran:
            ran = self._ran(command, screen, height)
            if problem := failure(command, ran):
                raise problem
            return ran

        return shown

    def _ran(self, command: Command, screen: Screen, height: int) -> Ran:
        """Runs a command, and reads the picture that it leaves."""
        out, err = Sheet("utf-8" if screen.unicode else "ascii"), io.StringIO()
        environ = variables(self.environ, screen.depth if screen.color else 0, self.language)
        with clock(LIMIT) as late, contextlib.redirect_stdout(out):  # where help goes
            code = self.program(command.words, out, err, environ, (screen.width, height + 1))
        if code == INTERRUPTED and not late:
            raise KeyboardInterrupt
        picture = Path(PICTURE)
        svg = OURS.sub("", picture.read_text(encoding="utf-8")) if picture.exists() else ""
        picture.unlink(missing_ok=True)
        lines = out.getvalue().rstrip("\n").split("\n")
        return Ran(code, lines, ESCAPE.sub("", err.getvalue()), bool(late), svg)
