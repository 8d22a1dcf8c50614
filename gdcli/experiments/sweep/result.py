"""What a sweep came to: its runs, their ranks, the best of them, and the model size to keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import Any, ClassVar, TypeVar, overload

import numpy as np

from gdcli.analysis.comparison import Choice, compare, keep_smallest, tends_higher
from gdcli.analysis.confident_errors import gradients_of_errors
from gdcli.analysis.evidence import Verdict
from gdcli.data.dataset import Dataset
from gdcli.definitions.dataclass import dataclass
from gdcli.experiments.folds import Measured
from gdcli.experiments.invocation import Invocation
from gdcli.experiments.network import NetworkExperiment
from gdcli.experiments.result import described
from gdcli.experiments.sweep.executors import Finished
from gdcli.experiments.sweep.measuring import KINDS, SIZES
from gdcli.experiments.sweep.planning import Plan
from gdcli.experiments.sweep.swept_run import SweptRun, standing
from gdcli.nn import losses
from gdcli.said import say
from gdcli.training.stacked import Outcome

T = TypeVar("T")
POINTS = 200
"""Of a curve."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve through the data, or the data.

    Args:
        label: Its name.
        x: Positions.
        y: Heights.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True, eq=False)
class SweepResult(Sequence[SweptRun]):
    """What a sweep came to: a sequence of its runs, the best first.

    Args:
        plan: The runs asked for.
        invocation: The command that is the whole sweep.
        finished: The runs that have ended, in any order.
    """

    plan: Plan = field(repr=False)
    invocation: Invocation
    finished: Sequence[SweptRun] = field(repr=False)

    def __len__(self) -> int:
        return len(self.finished)

    @overload
    def __getitem__(self, index: int) -> SweptRun: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SweptRun]: ...
    def __getitem__(self, index: int | slice) -> SweptRun | Sequence[SweptRun]:
        return self.ranked[index]

    @cached_property
    def ranked(self) -> Sequence[SweptRun]:
        """The runs in the order of their ranks."""
        return [replace(run, rank=rank) for rank, run in enumerate(sorted(self.finished, key=standing), 1)]

    @property
    def numbered(self) -> list[SweptRun]:
        """The runs in the order of the grid, with their ranks."""
        return sorted(self.ranked, key=lambda run: run.number)

    @property
    def rerun(self) -> str:
        """The command line that is the whole sweep."""
        return str(self.invocation)

    @property
    def best(self) -> SweptRun | None:
        """The first in rank that came to anything."""
        return next((run for run in self.ranked if run.outcome is not None), None)

    @cached_property
    def limit(self) -> float | None:
        """The largest stable rate, where it is one for all."""
        return _common([run.finished.limit for run in self.finished])

    @property
    def near(self) -> float | None:
        """The loss at which a run has arrived, where it is one for all."""
        goal = _common([run.finished.goal for run in self.finished])
        return None if goal is None else goal.optimum + goal.near

    @property
    def ranked_by(self) -> dict[str, str] | None:
        """The common measure and the rows it is of; None where runs are ranked by their own losses."""
        one = next((run.measured for run in self.ranked if run.measured is not None), None)
        return None if one is None else {"metric": one.metric, "of": one.of}

    @property
    def size_option(self) -> str:
        """The option that makes models larger, if runs differ in it: `degree` or `hidden`."""
        return next((name for name in SIZES if name in self.plan.grid.differing), "")

    @cached_property
    def choice(self) -> Choice | None:
        """The size to keep, not shown to be worse; None if sizes are no question, or no rows are held out."""
        if not self.size_option:
            return None
        scores = [run.measured for run in self.by_size]
        rows = {0 if one is None or not one.held_out else len(one.losses) for one in scores}
        if len(rows) != 1 or rows == {0}:
            return None
        losses = np.array([one.compared for one in scores if one is not None])
        return keep_smallest([self.size(run) for run in self.by_size], losses, self.size_option)

    @property
    def keep(self) -> SweptRun | None:
        """The smallest size not shown to be worse on rows held out; None if sizes are no question."""
        return None if self.choice is None else self.by_size[self.choice.kept]

    @cached_property
    def overfitted(self) -> SweptRun | None:
        """The size that fits the training rows best of those that do rows held out worse than the size to keep."""
        keep = self.keep
        if keep is None or keep.measured is None:
            return None
        found = [
            (run.measured.training, run)
            for run in self.by_size
            if run.measured is not None and self.size(run) > self.size(keep) and overfits(keep.measured, run.measured)
        ]
        return min(found, key=lambda pair: pair[0])[1] if found else None

    @property
    def is_mixed(self) -> bool:
        """Whether the runs' own losses are numbers of different kinds."""
        return bool(KINDS.intersection(self.plan.grid.differing))

    @cached_property
    def gradients(self) -> dict[str, tuple[float, ...]]:
        """Where losses of classes are compared: each one's pull at a row by the probability of its true class."""
        found = dict[str, tuple[float, ...]]()
        for run in self.ranked if "loss" in self.plan.grid.differing else ():
            name, one = str(run.differs["loss"]), run.measured
            if name not in found and one is not None and one.right is not None:
                experiment = run.experiment
                assert isinstance(experiment, NetworkExperiment)  # noqa: S101 - classes are a network's
                loss = losses.classifier(experiment.loss)
                found[name] = gradients_of_errors(loss, experiment.network.sizes[-1] == 1)
        return found

    @cached_property
    def comparison(self) -> Verdict | None:
        """The best run beside the next by the common measure, and whether that is a difference."""
        two = [run for run in self.ranked if run.learned and run.measured is not None][:2]
        if len(two) < 2 or two[0].measured is None or two[1].measured is None:
            return None
        first, second = two[0].measured, two[1].measured
        if len(first.losses) != len(second.losses):
            return None
        what = say("squared error") if first.right is None else first.title
        return compare(first.losses, second.losses, (two[0].label, two[1].label), what=what)

    @cached_property
    def by_size(self) -> list[SweptRun]:
        """The best run of each model size, the smallest first."""
        found = dict[str, SweptRun]()
        for run in self.ranked:
            if run.outcome is not None and not run.diverged:
                found.setdefault(str(run.differs[self.size_option]), run)
        return sorted(found.values(), key=self.size)

    def size(self, run: SweptRun) -> float:
        """A run's degree, or its number of parameters."""
        return float(run.differs["degree"] if self.size_option == "degree" else len(_outcome(run).parameters))

    @property
    def curves(self) -> list[Curve]:
        """The data, and the smallest, the kept and the largest model's curves through it, where there is one input."""
        rows, keep = self.plan.rows[0], self.keep
        data = rows if isinstance(rows, Dataset) else rows.data
        if keep is None or data.inputs.shape[1] != 1 or data.classes:
            return []
        sized = self.by_size
        x = data.inputs[:, 0].astype(float)
        grid = np.linspace(x.min(), x.max(), POINTS)
        chosen = {run.number: run for run in (sized[0], keep, sized[-1])}.values()
        fitted = [Curve(run.label, grid.tolist(), run.predict(grid[:, None]).tolist()) for run in chosen]
        return [Curve("data", x.tolist(), data.targets.tolist()), *fitted]

    def _common_figures(self) -> dict[str, Any]:
        """What runs are ranked by where their own losses do not compare them, and what that shows."""
        if self.ranked_by is None:
            return {}
        gradients = {name: list(slopes) for name, slopes in self.gradients.items()}
        comparison = None if self.comparison is None else self.comparison.row()
        return {"ranked_by": self.ranked_by, "gradients": gradients or None, "comparison": comparison}

    FIGURES: ClassVar[str] = (
        "command data swept.* count finished stacks lr_max reading.* best ranked_by.* gradients.* comparison.* keep.* "
        "rerun"
    )
    """Their names."""

    def figures(self) -> dict[str, Any]:
        """The object of `gdcli.sweep/1`, without its runs."""
        plan, best, keep = self.plan, self.best, self.keep
        combinations, differing = plan.grid.combinations, plan.grid.differing
        return {
            "command": plan.command,
            "data": plan.source,
            "swept": {name: list(dict.fromkeys(one[name].plain for one in combinations)) for name in differing},
            "count": len(plan.specs),
            "finished": sum(run.finished.ended for run in self.finished),
            "stacks": len(plan.jobs),
            "lr_max": self.limit,
            "reading": described(plan.reading),
            "best": None if best is None else best.number,
            **self._common_figures(),
            "keep": None if keep is None else {**keep.differs, "run": keep.number, **keep.losses, "rerun": keep.rerun},
            "rerun": self.rerun,
        }


class RunningSweep:
    """A sweep while it runs: iterate over its runs as they end, then ask for its result.

    Args:
        plan: The runs.
        invocation: The command that is the whole sweep.
        finished: The runs as they end.
    """

    FIGURES = SweepResult.FIGURES

    def __init__(self, plan: Plan, invocation: Invocation, finished: Iterable[Finished]) -> None:
        self.plan, self.invocation = plan, invocation
        self._runs = (SweptRun(one, plan) for one in finished)
        self._ended: list[SweptRun] = []

    def __iter__(self) -> Iterator[SweptRun]:
        """The runs that have not been seen yet, each as it ends."""
        for run in self._runs:
            self._ended.append(run)
            yield run

    def in_turn(self) -> Iterator[SweptRun]:
        """The same by stacks, in the plan's order: which worker was the quicker does not show."""
        jobs = self.plan.jobs
        stack_of = {number: at for at, job in enumerate(jobs) for number in job.numbers}
        held: list[list[SweptRun]] = [[] for _ in jobs]
        missing, turn = [len(job.numbers) for job in jobs], 0
        for run in self:
            at = stack_of[run.finished.number]
            missing[at] -= 1
            held[at].append(run)
            while turn < len(jobs):
                yield from _emptied(held[turn])
                if missing[turn]:
                    break
                turn += 1
        for rest in held[turn:]:  # interrupted: not all stacks have ended
            yield from _emptied(rest)

    @cached_property
    def result(self) -> SweepResult:
        """What it came to; waits for the runs that have not ended."""
        for _ in self:
            pass
        return SweepResult(self.plan, self.invocation, self._ended)


def _emptied(runs: list[SweptRun]) -> Iterator[SweptRun]:
    yield from runs
    runs.clear()


def _outcome(run: SweptRun) -> Outcome:
    assert run.outcome is not None  # noqa: S101 - asked only of runs that have one
    return run.outcome


def _common(values: Sequence[T]) -> T | None:
    """The one value that all are; None if they differ."""
    different = set(values)
    return different.pop() if len(different) == 1 else None


def overfits(keep: Measured, larger: Measured) -> bool:
    """Whether a larger model fits its training rows better and does rows it has not seen worse, in mean and in rank."""
    closer = larger.training < keep.training and not larger.diverged
    return closer and larger.value > keep.value and tends_higher(larger.losses, keep.losses)
