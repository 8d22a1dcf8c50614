"""One run of a sweep: its settings, its scores, its rank and the command that repeats it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import field
from functools import cached_property
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.experiments.experiment import Experiment
from gdcli.experiments.folds import Measured
from gdcli.experiments.invocation import Invocation
from gdcli.experiments.spec import Spec
from gdcli.experiments.sweep.executors import NOTHING, Finished
from gdcli.experiments.sweep.planning import Plan
from gdcli.formatting import short
from gdcli.said import say
from gdcli.training.records import Row
from gdcli.training.stacked import Outcome

LONG_NUMBER = re.compile(r"-?[\d.]{8,}(?:e-?\d+)?")
ORDER = {"interrupted": 1, "timed_out": 1, "diverged": 2, "failed": 3}
"""How a run's end ranks it; any other end comes first."""
ROUNDING = 1e-28
"""Of the first loss: a loss below is as good as none."""


def every_epoch(epoch: int) -> bool:  # noqa: ARG001 - the signature of a choice of epochs
    """All epochs."""
    return True


@dataclass(frozen=True, eq=False)
class SweptRun:
    """One run of a sweep.

    Args:
        finished: What it came to.
        plan: The sweep it is of.
        rank: Its place among all runs, from 1; None until all have ended.
    """

    finished: Finished
    plan: Plan = field(repr=False)
    rank: int | None = None

    @property
    def number(self) -> int:
        """Its number, from 1."""
        return self.finished.number + 1

    @property
    def spec(self) -> Spec:
        """What it is, with its learning rate and epochs as numbers."""
        return self.plan.specs[self.finished.number]

    @property
    def status(self) -> str:
        """How it ended: as `fit` and `train` have it, or timed_out, failed."""
        return self.finished.status

    @property
    def verdict(self) -> str:
        """The same in words: converged, oscillating, crawling, ..."""
        return self.finished.verdict

    @property
    def diverged(self) -> bool:
        """Whether it diverged."""
        return self.status == "diverged"

    @property
    def arrived(self) -> int | None:
        """The epoch from which it was as good as the optimum, or None."""
        return self.finished.arrived

    @property
    def outcome(self) -> Outcome | None:
        """What its training came to; None if it failed."""
        return self.finished.outcome

    @property
    def measured(self) -> Measured | None:
        """Its score by the sweep's common measure; None where the runs' own losses compare them."""
        return self.finished.measured

    @property
    def learned(self) -> bool:
        """Whether it came to an end better than where no input is known."""
        return self.outcome is not None and not self.diverged and self.verdict != NOTHING

    @property
    def curve(self) -> Array:
        """The loss after 0, 1, 2, ... epochs: the validation loss where rows are held out."""
        return np.empty(0) if self.outcome is None else self.outcome.monitored

    @cached_property
    def texts(self) -> dict[str, str]:
        """Its values of the options in which runs differ, as they are shown."""
        return {name: brief(choice.text) for name, choice in self.plan.chosen(self.finished.number).items()}

    @property
    def differs(self) -> dict[str, Any]:
        """The same as JSON has them."""
        return {name: choice.plain for name, choice in self.plan.chosen(self.finished.number).items()}

    @property
    def label(self) -> str:
        """Its name on a chart: the values in which it differs."""
        return next(iter(self.texts.values())) if len(self.texts) == 1 else self.name

    @property
    def name(self) -> str:
        """The same in full."""
        return ", ".join(f"{name.replace('_', '-')} {text}" for name, text in self.texts.items())

    @property
    def invocation(self) -> Invocation:
        """The command that is this run alone."""
        return self.plan.invocation(self.finished.number)

    @property
    def rerun(self) -> str:
        """The same as a command line."""
        return str(self.invocation)

    @property
    def losses(self) -> dict[str, Any]:
        """Losses at the best epoch and at the end, and further figures."""
        outcome = self.outcome
        if outcome is None:
            return {"best_loss": None, "best_epoch": None, "final_loss": None}
        best = outcome.best_epoch
        found = {"best_loss": float(outcome.losses[best]), "best_epoch": best, "final_loss": float(outcome.losses[-1])}
        if outcome.validation is not None:
            found["best_validation_loss"] = float(outcome.validation[best])
            found["final_validation_loss"] = float(outcome.validation[-1])
        common = {} if self.measured is None else self.measured.figures()
        return found | self.finished.figures | common

    @cached_property
    def experiment(self) -> Experiment:
        """It on its rows, prepared again."""
        return self.plan.experiment(self.finished.number)

    @property
    def parameters(self) -> dict[str, Any]:
        """Its parameters by name, in raw units; of a network the weights and biases. Of the best epoch where rows
        are held out, else of the last; none of a run that failed.
        """
        outcome = self.outcome
        return {} if outcome is None else self.experiment.named_parameters(outcome.parameters)

    def predict(self, rows: Any) -> Array:
        """Predictions for raw inputs (n, d): numbers, or indices of classes."""
        if self.outcome is None:
            raise ValueError(say("a run that failed predicts nothing: {verdict}", verdict=self.verdict))
        return self.experiment.predict(self.outcome.parameters, np.asarray(rows))

    @property
    def history(self) -> list[Row]:
        """A row for each epoch."""
        return list(self.history_at(every_epoch))

    def history_at(self, shown: Callable[[int], bool]) -> Iterator[Row]:
        """Rows of some epochs, of the best and of the last."""
        outcome, pace = self.outcome, self.finished.steps_per_epoch
        if outcome is None:
            return
        for epoch in range(len(outcome.losses)):
            last = epoch == outcome.epoch
            if last or epoch == outcome.best_epoch or shown(epoch):
                step = outcome.step if last else epoch * pace
                row: Row = {"epoch": epoch, "step": step, "loss": float(outcome.losses[epoch])}
                if outcome.validation is not None:
                    row["validation_loss"] = float(outcome.validation[epoch])
                yield row

    def row(self) -> dict[str, Any]:
        """Flat scalars."""
        finished, outcome = self.finished, self.outcome
        found = {"status": finished.status, "verdict": finished.verdict, **self.losses}
        found |= {"epochs": outcome.epoch if outcome else None, "steps": outcome.step if outcome else None}
        return {"run": self.number, **self.differs, **found, "arrived": finished.arrived, "lr_max": finished.limit}

    def figures(self, shown: Callable[[int], bool] = every_epoch) -> dict[str, Any]:
        """The object of one run; its history has the epochs shown."""
        rank = {} if self.rank is None else {"rank": self.rank}
        number = self.finished.number
        head = {"run": self.number, **rank, "config": self.plan.config(number), "differs": self.differs}
        return head | self.row() | {"rerun": self.rerun, "history": list(self.history_at(shown))}


def standing(run: SweptRun) -> tuple[float, float, float, int]:
    """What runs are ranked by: an end of their own, then the best loss, down to rounding; then how soon."""
    outcome = run.outcome
    if outcome is None:
        return ORDER["failed"], 0.0, 0.0, run.number
    first = float(outcome.monitored[0])
    best = float(outcome.monitored[outcome.best_epoch]) if run.measured is None else run.measured.rank
    best = max(float(f"{best:.12g}"), ROUNDING * first) if math.isfinite(best) else math.inf
    there = math.inf if run.arrived is None else run.arrived
    return ORDER.get(run.status, 0), best, there, run.number


def brief(text: str) -> str:
    """A value as it is, or a long number to four digits.

    >>> brief("0.159662602210143"), brief("0.2917"), brief("16,8,8,8,8")
    ('0.1597', '0.2917', '16,8,8,8,8')
    """
    return short(float(text)) if LONG_NUMBER.fullmatch(text) else text
