"""How a range test looks: the loss over the learning rate, and the rates it suggests, each with its reason."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gdcli.formatting import short
from gdcli.render import Column, Report
from gdcli.render.screen import Screen, paint

if TYPE_CHECKING:
    from gdcli.analysis.range_test import Probe, Suggestion
    from gdcli.experiments.lr_find import RangeTestResult

__all__ = ["layout", "picture", "reason", "report", "summary"]

ROOM = 12
"""Lines of a screen that the chart leaves to the words."""


def report(result: RangeTestResult, rows: Sequence[Probe], drawn: bool) -> Report:
    """A range test, for any format.

    Args:
        result: The test.
        rows: The rates that are listed.
        drawn: Whether the chart is drawn.
    """
    return Report(
        schema="gdcli.lr-find/1",
        records=rows,
        summary=lambda: result.figures({name: reason(name, one) for name, one in result.suggestions.items()}),
        columns=layout(),
        blocks=lambda screen: (*(picture(result, screen) if drawn else ("",)), *summary(result, screen)),
    )


def layout() -> list[Column]:
    """The table's columns."""
    return [
        Column("step", lambda probe: str(probe.step), 6),
        Column("lr", lambda probe: short(probe.learning_rate), 11),
        Column("loss", lambda probe: short(probe.loss), 11),
        Column("smoothed", lambda probe: short(probe.smoothed), 11),
        Column("", lambda probe: " ran away" if probe.ran_away else "", 9, left=True),
    ]


def reason(name: str, found: Suggestion) -> str:
    """Why a rate is suggested, in a line.

    Args:
        name: The suggestion's name.
        found: The suggestion.
    """
    begin, end = short(found.begin, 2), short(found.end, 2)
    return {
        "valley": f"2/3 along the loss's longest fall, {begin} to {end}",
        "steepest": f"the loss falls fastest here, {begin} to {end}",
        "minimum/10": f"a tenth of {end}, where the loss is lowest",
    }[name]


def summary(result: RangeTestResult, screen: Screen) -> Iterator[str]:
    """The suggestions, the limit beside them, and where the test ended."""
    for name, one in result.suggestions.items():
        color = "green" if name == result.chosen else ""
        yield from _line(name, one.learning_rate, reason(name, one), color, screen)
    for name, one in result.left_out.items():
        yield from _line(name, one.learning_rate, "left out: not below the limit", "gray", screen)
    bound = result.subject.bound
    if bound is not None:
        yield from _line("limit", bound.rate, bound.words, "", screen)
    last = result.probes[-1]
    ending = "the loss ran away" if last.ran_away else "the loss never ran away: a larger --to may tell more"
    yield from _line("end", last.learning_rate, ending, "", screen)


def _line(label: str, rate: float, text: str, color: str, screen: Screen) -> Iterator[str]:
    start = paint(f" {label:<11}", "bold", screen)
    yield f"{start}{paint(f'{short(rate):>11}', color, screen)}   {text}"


def picture(result: RangeTestResult, screen: Screen) -> Iterator[str]:
    """The losses over log10 of the rate, with the suggestions marked.

    Args:
        result: The test.
        screen: What can be shown.
    """
    from gdcli.render.charts.plots import Series, chart

    rates = [math.log10(probe.learning_rate) for probe in result.probes]
    losses, smoothed = [probe.loss for probe in result.probes], [probe.smoothed for probe in result.probes]
    curves = [Series(rates, smoothed, label="smoothed", color="orange")]
    if losses != smoothed:
        curves.insert(0, Series(rates, losses, label="loss", style="points", color="blue"))
    low, high = _range([*losses, *smoothed], smoothed)
    log = low > 0 and high > 20 * low
    marks = [(math.log10(one.learning_rate), name) for name, one in result.suggestions.items()]
    bound = result.subject.bound
    if bound is not None and rates[0] <= math.log10(bound.rate) <= rates[-1]:
        marks.append((math.log10(bound.rate), "limit"))
    yield from chart(
        curves,
        screen,
        title=f"{result.subject.experiment.loss_name}{' (log scale)' if log else ''} by log10(lr)",
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
