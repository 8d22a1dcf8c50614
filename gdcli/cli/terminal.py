"""The terminal as an object: streams, and what the screen can show. Tests hand in their own."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from typing import BinaryIO, TextIO

from gdcli.cli.lifetime import stalled
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError, did_you_mean
from gdcli.experiments.settings import COLOR_CHOICES
from gdcli.experiments.shell import ascii_only
from gdcli.lessons.language import Language
from gdcli.render import theme
from gdcli.render.capabilities import can_draw, color_depth, is_colored
from gdcli.render.flow import error_lines, wrapped
from gdcli.render.screen import Screen, columns, english, guarded, paint, plain
from gdcli.said import enumerated, say

COMMANDS = ("rerun:", "best run:", "keep:")
"""Remarks that are a command to copy, and so stay in one line."""
ENGLISH = Language("en")
MOST_TYPED = 10_000
"""Bytes of an answer that are read at once."""


@dataclass(eq=False, repr=False)
class Terminal:
    """Where input comes from and output goes.

    Args:
        stdin: Binary standard input; None when closed.
        stdout: Results.
        stderr: Progress, notes, warnings, errors.
        environ: The environment's variables.
        quiet: Silences notes.
        color: auto, always or never.
        unsent: Why results could not be sent out before a remark: a stream forgets it with the results.
        noted: Lines of the screen that notes have taken.
        size: Columns and lines; the system's unless given.
        language: What is spoken.
        speak: Says a text in it.
    """

    stdin: BinaryIO | None
    stdout: TextIO
    stderr: TextIO
    environ: Mapping[str, str] = field(default_factory=dict)
    quiet: bool = False
    color: str = "auto"
    unsent: list[OSError] = field(default_factory=list)
    noted: int = 0
    size: os.terminal_size | None = None
    language: Language = ENGLISH
    speak: Callable[[str], str] = english

    @classmethod
    def system(cls) -> Terminal:
        """The process's own."""
        sys.stdout = sys.stdout or Closed()  # typer's help goes there too
        stdout, stderr = sys.stdout, sys.stderr or io.StringIO()
        if isinstance(stdout, io.TextIOWrapper):
            stdout.reconfigure(errors="backslashreplace", line_buffering=False)
        return cls(sys.stdin.buffer if sys.stdin else None, stdout, stderr, os.environ)

    def for_programs(self) -> Terminal:
        """The same with a stdout for what programs read: UTF-8, whatever the locale says."""
        if isinstance(self.stdout, io.TextIOWrapper):
            self.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
        return self

    def piped_in(self) -> bool:
        """Whether standard input is a pipe or a redirected file: data someone meant to be read."""
        if self.stdin is None:
            return False
        try:
            mode = os.fstat(self.stdin.fileno()).st_mode
        except (OSError, ValueError):  # not a file of the system's: a test's own stream holds data
            return True
        return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)

    def ask(self) -> str | None:
        """The next line of standard input, without its end; None when there are no more."""
        if self.stdin is not None and self.stdout.isatty():
            self.stdout.write("> ")
        self.stdout.flush()
        line = b"" if self.stdin is None else self.stdin.readline(MOST_TYPED)
        return line.decode("utf-8", "replace").rstrip("\r\n") if line else None

    def screen(self, stream: TextIO | None = None) -> Screen:
        """What a stream (stdout unless given) can show."""
        stream = stream or self.stdout
        size = self.size or shutil.get_terminal_size((80, 24)) if stream.isatty() else os.terminal_size((80, 24))
        return Screen(
            width=max(40, size.columns),
            height=max(10, size.lines),
            color=is_colored(self.color, self.environ, stream.isatty()),
            unicode=can_draw(getattr(stream, "encoding", None)) and self.environ.get("TERM") != "dumb",
            depth=color_depth(self.environ),
            speak=self.speak,
        )

    def note(self, text: str) -> None:
        """A remark on stderr, unless quiet; lost if stderr cannot be written: results are not held up by it."""
        if self.quiet or not text:
            return
        self._flush_before()
        self.noted += self.lines_of(text)
        screen = self.screen(self.stderr)
        with self._if_it_can_be_written():
            self.stderr.writelines(
                f"{paint(plain(line, screen), theme.NOTE, screen)}\n" for line in self._note_lines(text, screen)
            )
            self.stderr.flush()

    def _note_lines(self, text: str, screen: Screen) -> list[str]:
        return [_in_ascii(text, screen)] if text.startswith(COMMANDS) else self._wrapped(plain(text, screen), screen)

    def lines_of(self, text: str) -> int:
        """Lines of the screen that a note takes."""
        if self.quiet or not self.stderr.isatty():
            return 0
        screen = self.screen(self.stderr)
        return sum(max(1, -(-columns(line) // screen.width)) for line in self._note_lines(text, screen))

    def error(self, message: str, hint: str = "") -> None:
        """One line that says what went wrong and where, then what to do; lost if stderr cannot be written."""
        with self._if_it_can_be_written():
            self._error(message, hint)

    def traceback(self) -> None:
        """Where the error being handled comes from."""
        import traceback

        with self._if_it_can_be_written():
            screen = self.screen(self.stderr)
            self.stderr.writelines(f"{guarded(line, screen)}\n" for line in traceback.format_exc().splitlines())

    @contextlib.contextmanager
    def _if_it_can_be_written(self) -> Iterator[None]:
        """What goes to stderr, and is lost from the first word on that cannot be written there."""
        try:
            yield
        except (OSError, ValueError):
            _point_at_nothing(self.stderr)

    def _error(self, message: str, hint: str) -> None:
        screen = self.screen(self.stderr)
        self._flush_before()
        start = paint("gdcli:", theme.ERROR, screen)
        width = screen.width if self.stderr.isatty() else sys.maxsize
        for at, line in enumerate(error_lines(plain(message, screen), screen.speak(hint), width)):
            text = plain(line, screen)
            self.stderr.write(f"{text if at else text.replace('gdcli:', start, 1)}\n")
        self.stderr.flush()

    def _flush_before(self) -> None:
        """Results that are already written come before what is said of them; if they cannot, `flush` says so."""
        try:
            self.stdout.flush()
        except OSError as error:
            self.unsent.append(error)
        except ValueError:  # it is closed
            return

    def _wrapped(self, text: str, screen: Screen) -> list[str]:
        """One line, broken between words to a terminal's width; elsewhere as it is."""
        return wrapped(text, screen.width) if self.stderr.isatty() else [text]

    def flush(self) -> None:
        """Sends out what is buffered, so that a full disk is an error here and not at exit."""
        self.stdout.flush()
        for error in self.unsent:
            raise error

    def settle(self) -> None:
        """Sends out what was written, unless the reader takes nothing: then it is left."""
        if stalled():
            _point_at_nothing(self.stderr)
            self.reader_has_gone()
        with contextlib.suppress(OSError, ValueError):
            self.stdout.flush()

    def reader_has_gone(self) -> None:
        """Points stdout at nothing, so that the interpreter's own flush at exit finds no broken pipe."""
        _point_at_nothing(self.stdout)

    def styled(self, color: str, quiet: bool) -> Terminal:
        """The same terminal with a command's own wishes.

        Raises:
            OptionError: If the colour is none of auto, always, never.
        """
        if color not in COLOR_CHOICES:
            raise OptionError(
                say("--color: '{color}' is not one of {names}", color=color, names=enumerated(COLOR_CHOICES)),
                did_you_mean(color, COLOR_CHOICES),
            )
        styled = replace(self, color=color, quiet=quiet)
        styled.note(self.language.note)
        return styled


class Closed(io.StringIO):
    """A standard output that was closed before the program began."""

    def write(self, text: str, /) -> int:  # noqa: ARG002 - a stream's signature
        """Fails, as it does for a program in C."""
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def _in_ascii(command: str, screen: Screen) -> str:
    """A command to copy, as it can be written on that screen."""
    return command if screen.unicode else ascii_only(command)


def _point_at_nothing(stream: TextIO) -> None:
    """Lets a stream that has failed swallow what is still to come, at exit too."""
    with contextlib.suppress(OSError, ValueError):  # a stream that is no file cannot fail at exit either
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)
