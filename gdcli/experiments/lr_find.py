"""The range test of a run: what `fit` or `train` would descend on, at a rate that grows at every step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

from gdcli.analysis.curvature import FORMULAS
from gdcli.analysis.range_test import Probe, Suggestion, range_test
from gdcli.analysis.suggestions import named_suggestions
from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import NotConvergedError, OptionError
from gdcli.experiments.building import optimizer_config
from gdcli.experiments.experiment import Experiment, never
from gdcli.experiments.line import LineExperiment
from gdcli.experiments.result import described
from gdcli.formatting import exact, short
from gdcli.said import enumerated, say
from gdcli.training.loop import Problem

SMOOTH = 0.05
WIDER = say("go higher, with --to, or begin elsewhere")
MOST = 1_000_000
NEAR, DECADES = 10.0, 1e6
"""How far above the largest stable rate a test ends and below it begins, where the usual rates are too large."""


class Bound(NamedTuple):
    """The largest stable rate, where a closed form is known.

    Args:
        rate: The rate.
        words: What it is.
        strict: Whether every rate above it diverges.
    """

    rate: float
    words: str
    strict: bool


class Asked(NamedTuple):
    """What is tried.

    Args:
        low: The first learning rate.
        high: The last one.
        steps: Steps, one a rate.
        smooth: What part of the running mean a new loss is, or None.
        suggest: The suggestion asked for, or None.
    """

    low: float = 1e-6
    high: float = 10.0
    steps: int = 100
    smooth: float | None = None
    suggest: str | None = None

    def checked(self) -> Asked:
        """The same.

        Raises:
            OptionError: If the range is empty, or anything else cannot be asked for.
        """
        if not self.low < self.high:
            raise OptionError(
                say("--from {low} is not below --to {high}", low=exact(self.low), high=exact(self.high)),
                say("as in --from 1e-6 --to 10"),
            )
        if not 1 < self.steps <= MOST:
            raise OptionError(
                say("--steps: {steps} is not from 2 to {most:,}", steps=self.steps, most=MOST), say("as in --steps 100")
            )
        if self.smooth is not None and self.smooth > 1:
            raise OptionError(
                say("--smooth: {smooth} is above 1, which is no smoothing", smooth=exact(self.smooth)),
                say("as in --smooth 0.05"),
            )
        return self


class Subject(NamedTuple):
    """What a range test is run on.

    Args:
        experiment: The run whose rate is looked for.
        problem: What is minimised; nothing held out, no metrics.
        start: Initial parameters.
        bound: The largest stable rate, where a closed form is known.
    """

    experiment: Experiment
    problem: Problem
    start: Array
    bound: Bound | None

    @classmethod
    def of(cls, experiment: Experiment) -> Subject:
        """What a range test for a run is run on."""
        seen, bound = experiment, None
        if isinstance(experiment, LineExperiment):
            seen, bound = experiment.compressed(), _bound(experiment)
        return cls(experiment, replace(seen.problem, validation=None, metrics={}), seen.start, bound)

    def lowered(self, asked: Asked, to: float | None) -> Asked:
        """The usual rates; lower ones where the largest stable rate is below them.

        Args:
            asked: The usual first rate.
            to: The last rate, as given, or None.
        """
        if self.bound is None or self.bound.rate > NEAR * asked.low:
            return asked
        low, high = self.bound.rate / DECADES, self.bound.rate * NEAR if to is None else to
        return asked._replace(low=float(f"{low:.1g}"), high=float(f"{high:.1g}") if to is None else to)

    def smoothing(self, asked: float | None) -> float:
        """How much a new loss counts in the mean: all, where no chance is in it."""
        return asked or (1.0 if self.experiment.batch_size is None else SMOOTH)

    def test(self, asked: Asked, interrupted: Callable[[], bool] = never) -> list[Probe]:
        """The range test itself, its losses in the target's units."""
        one, loop = self.experiment, self.experiment.spec.loop
        found = range_test(
            self.problem,
            one.optimizer,
            low=asked.low,
            high=asked.high,
            steps=asked.steps,
            smooth=self.smoothing(asked.smooth),
            start=self.start,
            batch_size=one.batch_size,
            seed=loop.seed,
            shuffle=loop.shuffle,
            interrupted=interrupted,
        )
        return [probe._replace(loss=probe.loss * one.unit, smoothed=probe.smoothed * one.unit) for probe in found]


def _bound(experiment: LineExperiment) -> Bound | None:
    rate = experiment.limit
    if rate is None:
        return None
    if experiment.batch_size is not None:
        return Bound(rate, say("below it, no batch can upset the run"), False)
    return Bound(
        rate, say("the largest stable lr: {formulas}", formulas=FORMULAS.get(type(experiment.optimizer), "2/L")), True
    )


@dataclass(frozen=True)
class RangeTestResult:
    """What a range test came to.

    Args:
        subject: What it was run on.
        asked: What was tried.
        probes: Each rate with its loss.
        rerun: The command that repeats it.
    """

    subject: Subject
    asked: Asked
    probes: Sequence[Probe]
    rerun: str

    @cached_property
    def all_suggestions(self) -> dict[str, Suggestion]:
        """The suggestions, and those that would be but for the limit."""
        return named_suggestions(self.probes)

    @cached_property
    def suggestions(self) -> dict[str, Suggestion]:
        """The rates suggested, by name."""
        bound = self.subject.bound
        most = bound.rate if bound is not None and bound.strict else math.inf
        return {name: one for name, one in self.all_suggestions.items() if one.learning_rate < most}

    @property
    def left_out(self) -> dict[str, Suggestion]:
        """What would be suggested, were it below the limit."""
        return {name: one for name, one in self.all_suggestions.items() if name not in self.suggestions}

    @property
    def chosen(self) -> str | None:
        """The suggestion asked for, or the first there is; None if it is not there."""
        name = self.asked.suggest or next(iter(self.suggestions), None)
        return name if name in self.suggestions else None

    def rate(self) -> float:
        """The rate suggested.

        Raises:
            NotConvergedError: If there is none.
        """
        if self.chosen is not None:
            return self.suggestions[self.chosen].learning_rate
        if self.suggestions:
            raise NotConvergedError(
                say("no suggestion '{suggest}' here", suggest=self.asked.suggest),
                say("there is {names}", names=enumerated(self.suggestions)),
            )
        low, high, last, bound = self.asked.low, self.asked.high, self.probes[-1], self.subject.bound
        hint = WIDER
        if last.ran_away:
            hint = say(
                "it ran away at {learning_rate}: start lower, with --from, or --standardize",
                learning_rate=short(last.learning_rate, 2),
            )
        if bound is not None and bound.rate <= low:
            hint = say("the largest stable one is {rate}: start below it, with --from", rate=short(bound.rate))
        raise NotConvergedError(
            say("no learning rate from {low} to {high} makes the loss fall", low=exact(low), high=exact(high)), hint
        )

    def figures(self, reasons: dict[str, str]) -> dict[str, Any]:
        """The object of `gdcli.lr-find/1`, without its history.

        Args:
            reasons: Why each rate is suggested, by name.
        """
        asked, last, bound = self.asked, self.probes[-1], self.subject.bound
        one = self.subject.experiment
        return {
            "suggestion": None if self.chosen is None else self.rate(),
            "suggested_by": self.chosen,
            "suggestions": {
                name: {"lr": found.learning_rate, "reason": reasons[name]} for name, found in self.suggestions.items()
            },
            "left_out": {name: {"lr": found.learning_rate} for name, found in self.left_out.items()},
            "lr_max": None if bound is None else bound.rate,
            "ran_away": last.ran_away,
            "last_lr": last.learning_rate,
            "config": {
                "run": one.spec.command,
                "from": asked.low,
                "to": asked.high,
                "steps": asked.steps,
                "smooth": self.subject.smoothing(asked.smooth),
                **optimizer_config(one.optimizer),
                "batch_size": one.batch_size or "full",
                "loss": one.loss_key,
                "l1": one.problem.l1,
                "l2": one.problem.l2,
                "seed": one.spec.loop.seed,
            },
            "reading": described(one.reading),
            "rerun": self.rerun,
        }
