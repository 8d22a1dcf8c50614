"""Output formats: one file each, with a function `render(report, out, screen)`; the folder is the list of them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TextIO, cast

from gdcli.definitions import FORMAT, Kind
from gdcli.render import Report
from gdcli.render.screen import Screen

__all__ = sorted(file.stem for file in Path(__file__).parent.glob("[!_]*.py"))

Render = Callable[[Report, TextIO, Screen], None]


class Format(Protocol):
    """A function that writes a report, with what a command must know to fill one."""

    kind: Kind
    for_people: bool
    """Whether it is read by people: rows are thinned and ranked, words and pictures stand under them."""
    rows_only: bool
    """Whether it writes the rows and nothing of the summary."""
    nested: bool
    """Whether it can hold a value that is a list or an object."""
    verbatim: bool
    """Whether a table that is csv already is written as it is."""
    usual_rows: str
    """Which rows are written where `--every` does not say: `auto`, or `1`."""

    def __call__(self, report: Report, out: TextIO, screen: Screen, /) -> None: ...


def output_format(
    *, for_people: bool = False, rows_only: bool = True, nested: bool = False, verbatim: bool = False
) -> Callable[[Render], Format]:
    """Marks a function `(report, out, screen)` as an output format; unless told otherwise, one of plain rows.

    Args:
        for_people: Whether it is read by people: rows are thinned and ranked, words and pictures stand under them.
        rows_only: Whether it writes the rows and nothing of the summary.
        nested: Whether it can hold a value that is a list or an object.
        verbatim: Whether a table that is csv already is written as it is.
    """

    def mark(render: Render) -> Format:
        made = cast("Format", render)
        made.kind, made.for_people, made.rows_only = FORMAT, for_people, rows_only
        made.nested, made.verbatim, made.usual_rows = nested, verbatim, "auto" if for_people else "1"
        return made

    return mark


def __getattr__(name: str) -> Any:
    if name.startswith("_") or name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
