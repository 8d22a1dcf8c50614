"""Settings at the edge: they stand in for the options of a command that are not given."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from gdcli.errors import GdcliError
from gdcli.experiments.settings import SETTINGS, Settings


def settings_of(environ: Mapping[str, str]) -> Settings:
    """The settings in force where the program runs."""
    folder = None
    with suppress(OSError):  # removed since
        folder = Path.cwd()
    return Settings(environ, folder)


def threads_set(environ: Mapping[str, str]) -> str:
    """The setting of threads; none of a file that is wrong: the command will say so."""
    with suppress(GdcliError, OSError):
        return str(settings_of(environ).of("threads").value or "")
    return ""


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
