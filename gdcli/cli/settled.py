"""Settings at the edge: they stand in for the options of a command that are not given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from gdcli.cli.terminal import Terminal
from gdcli.errors import GdcliError
from gdcli.experiments.settings import SETTINGS, Settings
from gdcli.lessons.language import asked_in, language_of


def settings_of(environ: Mapping[str, str]) -> Settings:
    """The settings in force where the program runs."""
    folder = None
    with suppress(OSError):  # removed since
        folder = Path.cwd()
    return Settings(environ, folder)


def set_early(name: str, environ: Mapping[str, str]) -> str:
    """A setting before the command is known; none of a file that is wrong: the command will say so."""
    with suppress(GdcliError, OSError):
        return str(settings_of(environ).of(name).value or "")
    return ""


def speaking(terminal: Terminal, words: Sequence[str]) -> Terminal:
    """The terminal in the language that the command line, a setting or the system asks for."""
    asked = asked_in(words) or set_early("lang", terminal.environ)
    language = language_of(asked, terminal.environ, terminal.screen().unicode)
    if not language.is_chinese:
        return replace(terminal, language=language)
    from gdcli.render.translation import speaker  # English needs no catalogue

    return replace(terminal, language=language, speak=speaker(language.code))


def settle(context: Any) -> None:
    """Puts settings where options are not given, and keeps which: `rerun:` has them."""
    from gdcli.cli.invoked import SETTLED, given_options  # a run's: help needs none

    known = {one.name for one in SETTINGS} & context.params.keys()
    if not known or context.obj is None:  # no terminal: a recorded command line, which had its own
        return
    values = settings_of(context.obj.environ).standing_in(context.info_name, given_options(context))
    settled = {name: value for name, value in values if name in known and value != context.params[name]}
    context.params.update(settled)
    context.meta[SETTLED] = tuple(settled)
