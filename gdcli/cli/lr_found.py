"""What `gdcli lr-find` tells of a range test, in any format."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, NamedTuple

import typer

from gdcli.analysis.range_test import Probe, Suggestion, suggestions
from gdcli.cli import parse
from gdcli.cli.lr_finding import Subject, configuration
from gdcli.cli.options import OutputOptions, option
from gdcli.cli.output import exact
from gdcli.cli.showing import shown
from gdcli.errors import GdcliError
from gdcli.render import Report
from gdcli.render.numbers import short
from gdcli.render.reports.range_test import (
    RangeTestReport,
    draw_range_test,
    explain_suggestion,
    range_test_columns,
    summarize_range_test,
)
from gdcli.render.screen import Screen

NAMES = ("valley", "steepest", "minimum/10")
WIDER = "go higher, with --to, or begin elsewhere"


class FindOptions(NamedTuple):
    """The rates tried, and which suggestion counts."""

    low: Annotated[
        float, option("--from", parser=parse.positive, metavar="LR", help="The first learning rate. [1e-6]")
    ] = 1e-6
    high: Annotated[float, option("--to", parser=parse.positive, metavar="LR", help="The last one. [10]")] = 10.0
    steps: Annotated[int, option("--steps", parser=parse.count, metavar="N", help="Steps, one a rate. [100]")] = 100
    smooth: Annotated[
        float | None,
        option("--smooth", parser=parse.positive, metavar="S", help="Part a new loss is of the mean. [0.05; full: 1]"),
    ] = None
    suggest: Annotated[
        str | None, option("--suggest", metavar="NAME", help="valley, steepest or minimum/10. [the first with grounds]")
    ] = None
    validation: Annotated[
        str | None,
        option("--validation", metavar="FRACTION|FILE", help="Rows held out, as the run would. [none; train: 0.1]"),
    ] = None
    plot: Annotated[
        bool | None, typer.Option("--plot/--no-plot", help="The chart. [on a terminal]", show_default=False)
    ] = None

    def chosen(self) -> str | None:
        """The name of the suggestion asked for, or None.

        Raises:
            OptionError: If there is no such suggestion.
        """
        if self.suggest is None:
            return None
        text = "minimum/10" if self.suggest.lower() == "minimum" else self.suggest
        return parse.one_of("--suggest", text, NAMES)


@dataclass(frozen=True)
class RangeTest:
    """A range test that was made, to be told in any format."""

    what: str
    subject: Subject
    probes: Sequence[Probe]
    asked: FindOptions
    again: str

    @cached_property
    def all_found(self) -> dict[str, Suggestion]:
        """The suggestions, and those that would be but for the limit."""
        return suggestions(self.probes)

    @cached_property
    def found(self) -> dict[str, Suggestion]:
        """The suggestions."""
        limit = self.subject.limit
        bound = limit.rate if limit is not None and limit.strict else math.inf
        return {name: one for name, one in self.all_found.items() if one.learning_rate < bound}

    @property
    def left_out(self) -> dict[str, Suggestion]:
        """What would be suggested, were it below the limit."""
        return {name: one for name, one in self.all_found.items() if name not in self.found}

    @property
    def chosen(self) -> str | None:
        """The suggestion asked for, or the first there is; None if it is not there."""
        name = self.asked.chosen() or next(iter(self.found), None)
        return name if name in self.found else None

    def rate(self) -> float:
        """The rate suggested.

        Raises:
            GdcliError: If there is none.
        """
        if self.chosen is not None:
            return self.found[self.chosen].learning_rate
        if self.found:
            raise GdcliError(f"no suggestion '{self.asked.suggest}' here", f"there is {', '.join(self.found)}")
        low, high, last = self.asked.low, self.asked.high, self.probes[-1]
        hint = WIDER
        if last.ran_away:
            hint = f"it ran away at {short(last.learning_rate, 2)}: start lower, with --from, or --standardize"
        if self.subject.limit is not None and self.subject.limit.rate <= low:
            hint = f"the largest stable one is {short(self.subject.limit.rate)}: start below it, with --from"
        raise GdcliError(f"no learning rate from {exact(low)} to {exact(high)} makes the loss fall", hint)

    def report(self, output: OutputOptions, drawn: bool) -> Report:
        """For any format."""
        keep = shown("auto" if output.format == "table" else "1", output.format, len(self.probes) - 1)
        end = len(self.probes) - 1
        rows = [one for at, one in enumerate(self.probes) if keep(at) or at == end]
        return Report(
            schema="gdcli.lr-find/1",
            records=[] if drawn and output.format == "table" else rows,
            summary=self.figures,
            columns=range_test_columns(),
            blocks=lambda screen: self.blocks(screen, drawn),
        )

    def figures(self) -> dict[str, Any]:
        """The object of `gdcli.lr-find/1`, without its history."""
        asked, last, limit = self.asked, self.probes[-1], self.subject.limit
        tried = {"from": asked.low, "to": asked.high, "steps": asked.steps}
        return {
            "suggestion": None if self.chosen is None else self.rate(),
            "suggested_by": self.chosen,
            "suggestions": {
                name: {"lr": one.learning_rate, "reason": explain_suggestion(name, one)}
                for name, one in self.found.items()
            },
            "left_out": {name: {"lr": one.learning_rate} for name, one in self.left_out.items()},
            "lr_max": None if limit is None else limit.rate,
            "ran_away": last.ran_away,
            "last_lr": last.learning_rate,
            "config": {"run": self.what, **tried, "smooth": self.subject.smoothing(asked.smooth)}
            | configuration(self.subject),
            "rerun": self.again,
        }

    def blocks(self, screen: Screen, drawn: bool) -> Iterator[str]:
        """Under the table, or in its place."""
        limit = self.subject.limit
        told = RangeTestReport(
            self.probes, self.found, self.left_out, self.chosen, limit and limit[:2], self.subject.loss_name
        )
        yield from draw_range_test(told, screen) if drawn else ("",)
        yield from summarize_range_test(told, screen)
