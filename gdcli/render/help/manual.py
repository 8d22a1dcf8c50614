"""Manual pages, from the index of names and the examples: `python -m gdcli.render.help.manual FOLDER` writes them."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

from gdcli import __version__
from gdcli.render.completion.index import Entry, entries, owners
from gdcli.render.help.about import about

SPELLED = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "^": "\\(ha", "~": "\\(ti", "`": "\\(ga"}
EXITS = {
    "0": "Done.",
    "1": "A check failed, or a bug.",
    "2": "A wrong command line.",
    "3": "Bad data, or a file that cannot be read or written.",
    "4": "Descent diverged.",
    "5": "It did not converge and had to, or no answer was found.",
    "130": "Interrupted; what was reached is printed first.",
}
PROGRAM = "gdcli"
ABOUT = "gradient-descent experiments from a terminal"


def write(folder: Path) -> list[Path]:
    """Writes all pages into a folder."""
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())  # the former makes builds reproducible
    written = []
    for name, text in pages(__version__, time.strftime("%Y-%m-%d", time.gmtime(seconds))):
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def pages(version: str, date: str) -> Iterator[tuple[str, str]]:
    """Each page's file name, as `gdcli-sweep-fit.1`, and its text."""
    commands = [owner for owner in owners() if owner and not owner.endswith(":")]
    for command in ["", *commands]:
        lines = _page(command, commands, f'{date} "{PROGRAM} {version}"')
        yield f"{_name(command)}.1", "".join(f"{line}\n" for line in lines)


def _page(command: str, commands: list[str], origin: str) -> Iterator[str]:
    known = list(entries(command))
    own, name = about(command), _name(command)
    yield f'.TH {name.upper()} 1 {origin} "User Commands"'
    yield from (".SH NAME", f"{_plain(name)} \\-", *_filled(_line(known, "command") or ABOUT))
    yield from (".SH SYNOPSIS", f".B {_plain(f'{PROGRAM} {command}'.strip())}", _plain(_synopsis(known)))
    text = _line(known, "text")
    if text:
        yield ".SH DESCRIPTION"
        yield from _paragraphs(text)
    yield from _options(known)
    if not command:
        yield from _listed("COMMANDS", {one: _line(list(entries(one)), "command") for one in commands})
    if own.examples:
        yield from _listed("EXAMPLES", {one.command: f"{one.note[0].upper()}{one.note[1:]}." for one in own.examples})
    yield from _listed("EXIT STATUS", EXITS)
    yield ".SH SEE ALSO"
    others = [""] if command else commands
    yield from (f".BR {_plain(_name(one))} (1){',' * (one != others[-1])}" for one in others)


def _options(known: list[Entry]) -> Iterator[str]:
    """Arguments, then options under their groups."""
    arguments = {one.metavar: one.help for one in known if one.names[0].isdecimal()}
    if arguments:
        yield from _listed("ARGUMENTS", arguments)
    yield ".SH OPTIONS"
    group = None
    options = [one for one in known if one.names.startswith("-")]
    for one in [*(one for one in options if one.group), *(one for one in options if not one.group)]:
        if one.group != group:
            group = one.group
            yield f".SS {_plain(group or 'Of every command')}"
        yield from (".TP", ", ".join(f"\\fB{_plain(flag)}\\fR" for flag in one.names.split()) + _value(one))
        yield from _filled(one.help)


def _value(one: Entry) -> str:
    return f" \\fI{_plain(one.metavar)}\\fR" if one.metavar else ""


def _synopsis(known: list[Entry]) -> str:
    arguments = [one.metavar for one in known if one.names[0].isdecimal()]
    return " ".join(["[OPTIONS]", *arguments])


def _listed(title: str, rows: dict[str, str]) -> Iterator[str]:
    yield f".SH {title}"
    for name, text in rows.items():
        yield from (".TP", f".B {_plain(name)}", *_filled(text))


def _paragraphs(text: str) -> Iterator[str]:
    for at, paragraph in enumerate(text.split(" ¶ ")):
        if at:
            yield ".PP"
        yield from _filled(paragraph)


def _line(known: list[Entry], names: str) -> str:
    return next((one.help for one in known if one.names == names), "")


def _name(command: str) -> str:
    return "-".join([PROGRAM, *command.split()])


def _plain(text: str) -> str:
    r"""Text as roff takes it.

    >>> print(_plain("--lr 'x' \\n"))
    \-\-lr \(aqx\(aq \en
    """
    return "".join(SPELLED.get(sign, sign) for sign in text)


def _filled(text: str) -> Iterator[str]:
    """Text in lines of at most 64 letters; none begins like a request."""
    for line in textwrap.wrap(text, 64, break_long_words=False, break_on_hyphens=False):
        yield ("\\&" if line.startswith(".") else "") + _plain(line)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
