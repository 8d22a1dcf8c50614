"""What each page runs: the command that is served, with the settings of its address and a recording of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from gdcli.errors import DataError, OptionError
from gdcli.experiments.invocation import Invocation
from gdcli.experiments.spec import options_of
from gdcli.live.configuration import Configuration, Origin, Parser
from gdcli.live.race_setup import lane_factories
from gdcli.live.session_factory import SessionFactory
from gdcli.live.web.settings import Asked, query_of, settings_of
from gdcli.said import say

__all__ = ["Programs", "ServedCommand", "records"]

MOST = 10_000


class Programs(Protocol):
    """The programs of pages."""

    def check(self, asked: Asked) -> None:
        """Sets a run up as the page's program will.

        Raises:
            GdcliError: If there is none with these settings.
        """

    def command(self, asked: Asked) -> Sequence[str]:
        """The argument list of a page's program.

        Raises:
            DataError: If there is no file left to record in.
        """

    def query(self, settings: Mapping[str, str]) -> str:
        """The query of the address that leads to these settings."""


class ServedCommand:
    """A command of `gdcli live`, served to pages.

    Args:
        program: The words before its own.
        command: As it was typed.
        origin: The options of `fit` and `train` in it.
        parse: Reads the command of a sample.

    Raises:
        GdcliError: If it sets up no run.
    """

    def __init__(self, program: Sequence[str], command: Invocation, origin: Origin, parse: Parser) -> None:
        self._program, self._command, self._origin, self._parse = program, command, origin, parse
        self._base = None if command.options.get("replay") else self._set_up(origin)
        self._records = records(command.options.get("record"))

    def _set_up(self, origin: Origin) -> Configuration:
        factory = SessionFactory.from_origin(origin, self._parse)
        with np.errstate(all="ignore"):
            lane_factories(self._command.options.get("race"), factory, origin.given)
        return factory.configuration()

    def check(self, asked: Asked) -> None:
        """See `Programs`."""
        if asked.source is None and not asked.given:
            return
        if self._base is None:
            raise OptionError(
                say("a recording cannot be changed by an address"), say("open the address without settings")
            )
        self._set_up(self._asked(asked))

    def command(self, asked: Asked) -> Sequence[str]:
        """See `Programs`."""
        command = self._command.with_options(record=next(self._records))
        if asked.source is not None or asked.given:
            origin = self._asked(asked)
            options = dict.fromkeys(self._origin.given) | dict(origin.given)
            command = command.on(origin.source).with_options(**options)
        return [*self._program, *command.words()]

    def query(self, settings: Mapping[str, str]) -> str:
        """See `Programs`."""
        return "" if self._base is None else query_of(settings, settings_of(self._base, None))

    def _asked(self, asked: Asked) -> Origin:
        """The options together: those of the address go before those that are served."""
        origin = self._origin._replace(given={}) if asked.source is not None else self._served(asked)
        given = {name: value for name, value in {**origin.given, **dict(asked.given)}.items() if value is not None}
        return Origin(asked.source or origin.source, given)

    def _served(self, asked: Asked) -> Origin:
        """The options of what is served, a sample's own among them, unless the address asks for another model."""
        base = self._base
        if base is None or {name for name, _ in asked.given} - {one.name for one in options_of(base.spec.command)}:
            return self._origin
        values = base.spec.values()
        return Origin(base.spec.data.source, {name: values[name] for name in base.named})


def records(name: Any) -> Iterator[str | None]:
    """The file that each page records in: `a.jsonl` the first, `a-2.jsonl`, `a-3.jsonl` the next; None for none.

    The first file is the one that was named, and is written anew; the others are never one that is there already.

    Raises:
        DataError: If there is no file left to record in.
    """
    yield name
    for number in count(2):
        if name is None:
            yield None
        elif number >= MOST:
            raise DataError(
                say("{name}: {most:,} recordings are there already", name=name, most=MOST),
                say("record in another folder"),
            )
        elif _made(another := Path(name).with_name(f"{Path(name).stem}-{number}{Path(name).suffix}")):
            yield str(another)


def _made(path: Path) -> bool:
    """Makes an empty file; not where there is one."""
    try:
        path.open("x").close()
    except FileExistsError:
        return False
    return True
