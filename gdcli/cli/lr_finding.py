"""What a range test is run on: the problem that `fit` or `train` would descend on, and what to call it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

from gdcli.analysis.range_test import Probe, range_test
from gdcli.arrays import Array
from gdcli.cli import experiment as build
from gdcli.cli import parse
from gdcli.cli.commands.fit import equation_of, refuse_unfit
from gdcli.cli.examples import read_examples
from gdcli.cli.lecture import lecture, start_words
from gdcli.cli.network_plan import dtype_named, network_plan
from gdcli.cli.options import (
    DataOptions,
    LineOptions,
    LoopOptions,
    LossOptions,
    NetworkOptions,
    OptimizerOptions,
    RateOptions,
    StopOptions,
)
from gdcli.cli.plan import Plan, plan
from gdcli.cli.reading import read
from gdcli.cli.terminal import Terminal
from gdcli.errors import OptionError
from gdcli.optim.optimizers import Momentum, Nesterov, Optimizer
from gdcli.training.loop import Problem

SMOOTH = 0.05


class Limit(NamedTuple):
    """The largest stable rate that a formula tells.

    Args:
        rate: The rate.
        words: What it is.
        strict: Whether every rate above it diverges.
    """

    rate: float
    words: str
    strict: bool


class Subject(NamedTuple):
    """What a range test is run on.

    Args:
        name: What DATA stands for.
        model: The model, in words.
        rows: How many there are.
        problem: What is minimised; nothing held out, no metrics.
        optimizer: From gradient to update.
        start: Initial parameters.
        batch_size: Rows a step; None = all.
        loop: Seed and shuffling.
        loss: The loss as on the command line.
        loss_name: The loss as people write it.
        unit: What a loss is multiplied by to be in the target's units.
        limit: The largest stable rate, where a formula tells.
        named: Options to name in `rerun:` even if not given.
    """

    name: str
    model: str
    rows: int
    problem: Problem
    optimizer: Optimizer
    start: Array
    batch_size: int | None
    loop: LoopOptions
    loss: str
    loss_name: str
    unit: float
    limit: Limit | None
    named: dict[str, Any]

    @property
    def header(self) -> str:
        """What is about to happen, in a line."""
        where = "standard input" if self.name == "-" else self.name
        batch = "full batch" if self.batch_size is None else f"batches of {self.batch_size}"
        rows = f"{self.rows:,} rows from {where}"
        kind = f"{type(self.optimizer).__name__}, {batch}"
        return "   ".join([self.model, rows, self.loss_name, kind, f"seed {self.loop.seed}"])

    def smoothing(self, asked: float | None) -> float:
        """How much a new loss counts in the mean: all, where no chance is in it."""
        return asked or (1.0 if self.batch_size is None else SMOOTH)

    def test(
        self, low: float, high: float, steps: int, smooth: float | None, interrupted: Callable[[], bool]
    ) -> list[Probe]:
        """The range test itself."""
        found = range_test(
            self.problem,
            self.optimizer,
            low=low,
            high=high,
            steps=steps,
            smooth=self.smoothing(smooth),
            start=self.start,
            batch_size=self.batch_size,
            seed=self.loop.seed,
            shuffle=self.loop.shuffle,
            interrupted=interrupted,
        )
        return [one._replace(loss=one.loss * self.unit, smoothed=one.smoothed * self.unit) for one in found]


def line(
    data: DataOptions,
    line_: LineOptions,
    loop: LoopOptions,
    optimizer: OptimizerOptions,
    loss: LossOptions,
    validation: str | None,
    terminal: Terminal,
) -> Subject:
    """What `fit` would run."""
    name, line_ = lecture(data, line_, terminal)
    rows, _ = build.held_out(read(name, data, terminal), validation, loop, data, terminal)
    refuse_unfit(rows, name)
    made = plan(rows, None, line_, RateOptions(), loop, 1, optimizer, loss, StopOptions())
    few = made.compressed().experiment
    return Subject(
        name=name,
        model=equation_of(made),
        rows=len(rows),
        problem=made.experiment.problem if made.batch_size else few.problem,
        optimizer=made.optimizer,
        start=few.start,
        batch_size=made.batch_size,
        loop=loop,
        loss=made.experiment.problem.loss.__name__,
        loss_name=made.loss_name,
        unit=1.0,
        limit=_limit(made),
        named=start_words(line_, data) | {"seed": loop.seed},
    )


def _limit(made: Plan) -> Limit | None:
    rate = made.limit
    if rate is None:
        return None
    if made.batch_size is not None:
        return Limit(rate, "below it, no batch can upset the run", False)
    formulas: dict[type, str] = {Momentum: "2(1 + u)/L", Nesterov: "2(1 + u)/(1 + 2u)/L"}
    return Limit(rate, f"the largest stable lr: {formulas.get(type(made.optimizer), '2/L')}", True)


def network(
    data: DataOptions,
    options: NetworkOptions,
    loop: LoopOptions,
    optimizer: OptimizerOptions,
    loss: LossOptions,
    validation: str | None,
    terminal: Terminal,
) -> Subject:
    """What `train` would run.

    Raises:
        OptionError: If there is no DATA.
    """
    from gdcli.cli.train_told import architecture  # knows saved models: not needed for a line

    name = data.data or ("-" if terminal.piped_in() else None)
    if name is None:
        raise OptionError("there is nothing to train on", "give DATA, as in gdcli lr-find train sample:digits")
    examples = read_examples(name, data, options, dtype_named(options.dtype), terminal)
    stop = StopOptions(validation=validation)
    made = network_plan(name, examples, data, options, RateOptions(), loop, 1, optimizer, loss, stop, None, terminal)
    return Subject(
        name=name,
        model=architecture(made),
        rows=len(made.raw),
        problem=dataclasses.replace(made.problem, validation=None, metrics={}),
        optimizer=made.optimizer,
        start=made.start,
        batch_size=made.batch_size,
        loop=loop,
        loss=made.loss_name,
        loss_name=made.loss_name,
        unit=made.loss_unit,
        limit=None,
        named={"seed": loop.seed},
    )


def configuration(subject: Subject) -> dict[str, Any]:
    """The settings that were in force."""
    optimizer = subject.optimizer
    return {
        "optimizer": parse.flag_name(type(optimizer).__name__),
        **dataclasses.asdict(optimizer),  # type: ignore[call-overload]  # every optimizer is a dataclass
        "batch_size": subject.batch_size or "full",
        "loss": subject.loss,
        "l1": subject.problem.l1,
        "l2": subject.problem.l2,
        "seed": subject.loop.seed,
    }
