"""How a range test looks: the loss over the learning rate, and the rates it suggests, each with its reason."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from gdcli.formatting import short
from gdcli.render import Column, Report, theme
from gdcli.render.layout import Layout, Picture
from gdcli.render.reports.headers import range_test_header
from gdcli.render.screen import Screen, paint
from gdcli.render.theme import Meaning
from gdcli.said import say

if TYPE_CHECKING:
    from gdcli.analysis.range_test import Probe, Suggestion
    from gdcli.experiments.lr_find import RangeTestResult
    from gdcli.render.charts.plots import Chart

USUAL = 12
"""Lines of the chart where no screen limits it."""

__all__ = ["explain_suggestion", "range_test_chart", "range_test_columns", "report", "summarize_range_test"]


def report(result: RangeTestResult, rows: Sequence[Probe], layout: Layout) -> Report:
    """A range test, for any format.

    Args:
        result: The test.
        rows: The rates that are listed.
        layout: What there is of the screen.
    """

    def figures() -> dict[str, Any]:
        return result.figures({name: explain_suggestion(name, one) for name, one in result.suggestions.items()})

    def blocks(screen: Screen) -> Iterator[str]:
        answer = list(summarize_range_test(result, screen))
        return layout.compose(pictures(screen), answer, listed.lines, screen)

    def pictures(screen: Screen) -> list[Picture]:
        return [Picture.of(partial(range_test_chart, result), screen, usual=USUAL, wide=USUAL, height=7)]

    listed = layout.listed(rows, 8, pictured=False)
    columns = range_test_columns()
    return Report(
        schema="gdcli.lr-find/1",
        records=listed,
        summary=figures,
        columns=columns,
        blocks=blocks,
        pictures=pictures,
        words=partial(summarize_range_test, result),
        title=range_test_header(result.subject.experiment, result.asked),
    )


def range_test_columns() -> list[Column]:
    """The table's columns."""
    return [
        Column(say("step"), lambda probe: str(probe.step), 6),
        Column(say("lr"), lambda probe: short(probe.learning_rate), 11),
        Column(say("loss"), lambda probe: short(probe.loss), 11),
        Column(say("smoothed"), lambda probe: short(probe.smoothed), 11),
        Column("", lambda probe: say(" ran away") if probe.ran_away else "", 9, left=True),
    ]


def explain_suggestion(name: str, suggestion: Suggestion) -> str:
    """Why a rate is suggested, in a line.

    Args:
        name: The suggestion's name.
        suggestion: The suggestion.
    """
    begin, end = short(suggestion.begin, 2), short(suggestion.end, 2)
    return {
        "two-thirds": say("2/3 along the loss's longest fall, {begin} to {end}", begin=begin, end=end),
        "valley": say("as fastai has it: half-way, {begin} to {end}", begin=begin, end=end),
        "steepest": say("the loss falls fastest here, {begin} to {end}", begin=begin, end=end),
        "minimum/10": say("a tenth of {end}, where the loss is lowest", end=end),
    }[name]


def summarize_range_test(result: RangeTestResult, screen: Screen) -> Iterator[str]:
    """The suggestions, the limit beside them, and where the test ended."""
    for name, one in result.suggestions.items():
        meaning = theme.BEST if name == result.chosen else theme.PLAIN
        yield from _line(name, one.learning_rate, explain_suggestion(name, one), meaning, screen)
    for name, one in result.left_out.items():
        yield from _line(name, one.learning_rate, say("left out: not below the limit"), theme.NOTE, screen)
    bound = result.subject.bound
    if bound is not None:
        yield from _line(say("limit"), bound.rate, bound.words, theme.LIMIT, screen)
    last = result.probes[-1]
    ending = say("the loss ran away") if last.ran_away else say("the loss never ran away: a larger --to may tell more")
    yield from _line(say("end"), last.learning_rate, ending, theme.PLAIN, screen)


def _line(label: str, rate: float, text: str, meaning: Meaning, screen: Screen) -> Iterator[str]:
    start = paint(say(" {label:<11}", label=label), theme.HEADING, screen)
    yield say("{start}{value}   {text}", start=start, value=paint(f"{short(rate):>11}", meaning, screen), text=text)


def range_test_chart(result: RangeTestResult) -> Chart:
    """The losses over the rate, with the suggestions marked."""
    from gdcli.render.charts.plots import Chart, Series

    rates = [probe.learning_rate for probe in result.probes]
    losses, smoothed = [probe.loss for probe in result.probes], [probe.smoothed for probe in result.probes]
    curves = [Series(rates, smoothed, label=say("smoothed"), meaning=theme.SMOOTHED)]
    if losses != smoothed:
        curves.insert(0, Series(rates, losses, label=say("loss"), style="points", meaning=theme.TRAINING))
    low, high = _range([*losses, *smoothed], smoothed)
    log = low > 0 and high > 20 * low
    marks = [(one.learning_rate, name) for name, one in result.suggestions.items()]
    bound = result.subject.bound
    if bound is not None and rates[0] <= bound.rate <= rates[-1]:
        marks.append((bound.rate, say("limit")))
    return Chart(
        curves,
        say(
            "{loss_name}{what} by learning rate",
            loss_name=result.subject.experiment.loss_name,
            what=say(" (log scale)") if log else "",
        ),
        x_label=say("lr"),
        log_x=True,
        log_y=log,
        marks=marks,
        y_range=(low, high) if high > low else None,
    )


def _range(values: Sequence[float], smoothed: Sequence[float]) -> tuple[float, float]:
    """From the lowest loss to a little above where it began: what is higher has run away."""
    low = min((value for value in values if math.isfinite(value)), default=0.0)
    first = smoothed[0]
    return low, first + 0.3 * (first - low) if first > low else low
