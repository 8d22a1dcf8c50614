"""Limits that stop a damaged or hostile file before memory is gone, and how they are raised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace

from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError, did_you_mean
from gdcli.formatting import whole_number
from gdcli.said import say

__all__ = ["ReadLimits"]


@dataclass(frozen=True)
class ReadLimits:
    """What a table may be, unless more is allowed.

    Args:
        columns: Columns.
        cell: Characters of one cell.
        unpacked: How many times larger than its file a compressed table may be.
        entries: Files and folders that are looked at below a folder.
        groups: Groups that are fitted apart.

    >>> ReadLimits.of(["columns=250000"]).columns, ReadLimits().raised("cell")
    (250000, '--allow cell=N raises that limit')
    """

    columns: int = 100_000
    cell: int = 131_072
    unpacked: int = 200
    entries: int = 10_000
    groups: int = 1_000_000

    @classmethod
    def of(cls, texts: Iterable[str]) -> ReadLimits:
        """The usual limits, some of them raised: `columns=250000`.

        Raises:
            OptionError: If there is no such limit, or its value is no whole number above 0.
        """
        limits, known = cls(), [one.name for one in fields(cls)]
        for text in texts:
            name, _, value = text.partition("=")
            if name not in known:
                raise OptionError(say("--allow: there is no limit '{name}'", name=name), did_you_mean(name, known))
            if not 0 < whole_number(value) < 1 << 31:
                raise OptionError(
                    say("--allow: {text}: not a whole number above 0", text=text),
                    say("as in {name}={getattr}", name=name, getattr=getattr(cls, name)),
                )
            limits = replace(limits, **{name: int(value)})
        return limits

    def raised(self, name: str) -> str:
        """The hint which option raises a limit."""
        return say("--allow {name}=N raises that limit", name=name)
