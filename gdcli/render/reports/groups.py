"""How one fit for each group looks: the groups ranked, and how their parameters are spread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gdcli.arrays import Array
from gdcli.formatting import short
from gdcli.render import Column, Report, theme
from gdcli.render.formats import Format
from gdcli.render.layout import Layout
from gdcli.render.screen import Screen, columns, fit, paint, plain
from gdcli.render.vocabulary import word
from gdcli.said import enumerated, say

if TYPE_CHECKING:
    from gdcli.experiments.group_result import GroupFit, GroupsResult

BARS = "▁▂▃▄▅▆▇█"
BINS = 24
MANY = 200  # values of which the outermost are not drawn
NOTHING = 1e-12  # a difference of rounding, as a part
LONGEST = 24  # of a group's name in a table
NARROW = {"rows": 6, "epochs": 6}
FIRST, LATER = ("rows", "mse"), ("r2", "optimum_mse", "epochs")  # columns that stay, and those that go first
FEWEST = 3  # columns of numbers at least
TITLES = {"validation_mse": say("held out"), "optimum_mse": word("optimum")}


def report(result: GroupsResult, form: Format, keep: Callable[[int], bool], layout: Layout) -> Report:
    """The groups, for any format.

    Args:
        result: What came of them.
        form: The format.
        keep: Which ranks a table shows.
        layout: What there is of the screen.
    """
    shown = [one for at, one in enumerate(result.groups) if keep(at) or at == len(result) - 1]
    return Report(
        schema="gdcli.groups/1",
        records=shown,
        summary=result.figures,
        rows_name="groups",
        rows_in_kv=True,
        columns=_columns(result, shown, layout.width) if form.for_people else (),
        blocks=lambda screen: [
            part
            for line in _blocks(result, len(result) - len(shown), screen, layout.plotted)
            for part in layout.folded(line)
        ],
    )


def answer_lines(result: GroupsResult) -> int:
    """Lines that the answer takes, about."""
    return 3 + 2 * len(result.experiment.names)


def _columns(result: GroupsResult, shown: list[GroupFit], screen: int) -> list[Column]:
    """Group, rows, parameters, errors, how it ended; on a screen, as many as have room."""
    ranks = {one.group: at + 1 for at, one in enumerate(result.groups)}
    name = plain(result.experiment.rows.by, Screen())
    names = [name, *(plain(one.group, Screen()) for one in shown)]
    width = min(LONGEST, max(map(columns, names))) + 1
    first = [
        Column(say("rank"), lambda one: f"{ranks[one.group]:,}", len(f"{len(result):,}") + 2),
        Column(f" {fit(name, width)}", lambda one: f" {fit(plain(one.group, Screen()), width)}", width, left=True),
    ]
    numbers = [one for one in result.names if one != "status"]
    titles = {one: TITLES.get(one, word(one)) for one in numbers}
    middle = [
        Column(title, partial(_cell, name=one), max(NARROW.get(one, 9), columns(title) + 1))
        for one, title in titles.items()
    ]
    last = Column(
        say(" status"),
        lambda one: say(" {status}", status=word(str(one.figures["status"]).replace("_", " "))),
        10,
        left=True,
    )
    kept, spare = dict(zip(titles, middle, strict=True)), [*titles, *LATER]
    while len(kept) > FEWEST and sum(column.width + 1 for column in (*first, *kept.values(), last)) > screen:
        name = spare.pop()
        if name not in FIRST:
            kept.pop(name, None)
    return [*first, *kept.values(), last]


def _cell(one: GroupFit, name: str) -> str:
    value = one.figures[name]
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else short(float(value))


def _blocks(result: GroupsResult, left_out: int, screen: Screen, plotted: bool) -> Iterator[str]:
    if left_out:
        yield say(" ... {left_out:,} more: --every 1 shows all, and --format csv has them", left_out=left_out)
    yield ""
    counts = enumerated(
        (
            say("{number:,} {status}", number=number, status=word(status.replace("_", " ")))
            for status, number in result.counts().items()
        )
    )
    by = plain(result.experiment.rows.by, screen)
    yield say(
        " {value}     {count:,} by {by}: {counts}",
        value=paint(say("groups"), theme.HEADING, screen),
        count=len(result),
        by=by,
        counts=counts,
    )
    if len(result) == 1:  # its own figures say it
        return
    for name, values in zip(result.experiment.names, result.parameters.T, strict=True):
        yield from _spread(name, values[np.isfinite(values)], screen, plotted)


def _spread(name: str, values: Array, screen: Screen, plotted: bool) -> Iterator[str]:
    """A parameter's quartiles, and how it is spread between its ends but for one group in a hundred."""
    if not len(values):
        return
    low, first, middle, third, high = np.quantile(values, [0, 0.25, 0.5, 0.75, 1]).tolist()
    label = paint(say("{name:<9}", name=plain(name, screen)), theme.HEADING, screen)
    half = say(
        "half of them {first} to {third}, all {low} to {high}",
        first=short(first),
        third=short(third),
        low=short(low),
        high=short(high),
    )
    yield say(" {label}  median {middle}, {half}", label=label, middle=short(middle), half=half)
    if plotted and high - low > NOTHING * max(abs(low), abs(high)):
        ends = np.quantile(values, [0.005, 0.995]).tolist() if len(values) > MANY else None
        counts, edges = np.histogram(values, BINS, ends)
        yield f" {'':<9}  {short(float(edges[0]))} {bars(counts, screen)} {short(float(edges[-1]))}"


def bars(counts: Array, screen: Screen) -> str:
    """Counts as bars; in ASCII, as digits of tenths.

    >>> bars(np.array([0, 1, 8]), Screen(unicode=True))
    ' ▁█'
    """
    most = max(1, int(counts.max()))
    if not screen.unicode:
        return "".join(" " if not count else str(min(9, -(-9 * count // most))) for count in counts.tolist())
    return "".join(" " if not count else BARS[-(-(len(BARS)) * count // most) - 1] for count in counts.tolist())
