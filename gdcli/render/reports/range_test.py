"""How a range test looks: the loss over the learning rate, and the rates it suggests, each with its reason."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from gdcli.render import Column, theme
from gdcli.render.numbers import short
from gdcli.render.screen import Screen, paint
from gdcli.render.theme import Meaning

if TYPE_CHECKING:
    from gdcli.analysis.range_test import Probe, Suggestion

__all__ = ["RangeTestReport", "draw_range_test", "explain_suggestion", "range_test_columns", "summarize_range_test"]

ROOM = 12
"""Lines of a screen that the chart leaves to the words."""


class RangeTestReport(NamedTuple):
    """The result of a range test, ready for a table.

    Args:
        probes: Each rate with its loss.
        suggestions: The rates suggested, by name.
        left_out: What would be suggested, were it not above the limit.
        chosen: The name of the one to take, or None.
        limit: The largest stable rate and what it is, where a closed form is known.
        loss_name: The loss as people write it.
    """

    probes: Sequence[Probe]
    suggestions: Mapping[str, Suggestion]
    left_out: Mapping[str, Suggestion]
    chosen: str | None
    limit: tuple[float, str] | None
    loss_name: str


def range_test_columns() -> list[Column]:
    """The table's columns."""
    return [
        Column("step", lambda probe: str(probe.step), 6),
        Column("lr", lambda probe: short(probe.learning_rate), 11),
        Column("loss", lambda probe: short(probe.loss), 11),
        Column("smoothed", lambda probe: short(probe.smoothed), 11),
        Column("", lambda probe: " ran away" if probe.ran_away else "", 9, left=True),
    ]


def explain_suggestion(name: str, suggestion: Suggestion) -> str:
    """Why a rate is suggested, in a line.

    Args:
        name: The suggestion's name.
        suggestion: The suggestion.
    """
    begin, end = short(suggestion.begin, 2), short(suggestion.end, 2)
    return {
        "valley": f"2/3 along the loss's longest fall, {begin} to {end}",
        "steepest": f"the loss falls fastest here, {begin} to {end}",
        "minimum/10": f"a tenth of {end}, where the loss is lowest",
    }[name]


def summarize_range_test(report: RangeTestReport, screen: Screen) -> Iterator[str]:
    """The suggestions, the limit beside them, and where the test ended."""
    for name, one in report.suggestions.items():
        meaning = theme.BEST if name == report.chosen else theme.PLAIN
        yield from _line(name, one.learning_rate, explain_suggestion(name, one), meaning, screen)
    for name, one in report.left_out.items():
        yield from _line(name, one.learning_rate, "left out: not below the limit", theme.NOTE, screen)
    if report.limit is not None:
        yield from _line("limit", report.limit[0], report.limit[1], theme.LIMIT, screen)
    last = report.probes[-1]
    ending = "the loss ran away" if last.ran_away else "the loss never ran away: a larger --to may tell more"
    yield from _line("end", last.learning_rate, ending, theme.PLAIN, screen)


def _line(label: str, rate: float, text: str, meaning: Meaning, screen: Screen) -> Iterator[str]:
    start = paint(f" {label:<11}", theme.HEADING, screen)
    yield f"{start}{paint(f'{short(rate):>11}', meaning, screen)}   {text}"


def draw_range_test(report: RangeTestReport, screen: Screen) -> Iterator[str]:
    """The losses over log10 of the rate, with the suggestions marked.

    Args:
        report: The test.
        screen: What can be shown.
    """
    from gdcli.render.charts.plots import Series, chart

    rates = [math.log10(probe.learning_rate) for probe in report.probes]
    losses, smoothed = [probe.loss for probe in report.probes], [probe.smoothed for probe in report.probes]
    curves = [Series(rates, smoothed, label="smoothed", meaning=theme.SMOOTHED)]
    if losses != smoothed:
        curves.insert(0, Series(rates, losses, label="loss", style="points", meaning=theme.TRAINING))
    low, high = _range([*losses, *smoothed], smoothed)
    log = low > 0 and high > 20 * low
    marks = [(math.log10(one.learning_rate), name) for name, one in report.suggestions.items()]
    if report.limit is not None and rates[0] <= math.log10(report.limit[0]) <= rates[-1]:
        marks.append((math.log10(report.limit[0]), "limit"))
    yield from chart(
        curves,
        screen,
        title=f"{report.loss_name}{' (log scale)' if log else ''} by log10(lr)",
        width=min(screen.width - 1, 118),
        height=max(8, min(screen.height - ROOM, 24)),
        x_label="log10(lr)",
        log_y=log,
        marks=marks,
        y_range=(low, high) if high > low else None,
    ).split("\n")
    yield ""


def _range(values: Sequence[float], smoothed: Sequence[float]) -> tuple[float, float]:
    """From the lowest loss to a little above where it began: what is higher has run away."""
    low = min((value for value in values if math.isfinite(value)), default=0.0)
    first = smoothed[0]
    return low, first + 0.3 * (first - low) if first > low else low
