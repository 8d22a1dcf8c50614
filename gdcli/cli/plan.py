"""A linear run, resolved from its options: what is minimised, how, and what ends it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gdcli.analysis import curvature
from gdcli.analysis.curvature import Spectrum
from gdcli.cli import experiment as build
from gdcli.cli.experiment import LinearExperiment
from gdcli.cli.options import LineOptions, LoopOptions, LossOptions, OptimizerOptions, RateOptions, StopOptions
from gdcli.data.dataset import Dataset, compress
from gdcli.errors import OptionError
from gdcli.nn import losses
from gdcli.optim.optimizers import SGD, Optimizer
from gdcli.optim.schedules import Constant, Schedule
from gdcli.training import streams
from gdcli.training.loop import descend
from gdcli.training.records import Epoch
from gdcli.training.streams import Stream

REQUIRED_TOLERANCE = 1e-6
EXPLODED_FLOOR = 1e-16  # of the baseline's loss: rounding, from which no explosion is measured
COMPRESSED_FROM = 64  # rows; below it, they cost no more than their factor does


class Plan(NamedTuple):
    """What a run will do.

    Args:
        experiment: The model on its data.
        optimizer: From gradient to update.
        schedule: The learning rate by step.
        rate: The learning rate as given.
        epochs: Passes over the data.
        batch_size: Rows a step; None = all.
        stop: When to stop.
        seed: Of the shuffling.
        shuffle: Whether rows are shuffled.
    """

    experiment: LinearExperiment
    optimizer: Optimizer
    schedule: Schedule
    rate: float
    epochs: int
    batch_size: int | None
    stop: StopOptions
    seed: int
    shuffle: bool

    @property
    def loss_name(self) -> str:
        """The loss as people write it."""
        return losses.title(self.experiment.problem.loss)

    @property
    def steps_per_epoch(self) -> int:
        """Updates in one pass."""
        return 1 if self.batch_size is None else -(-len(self.experiment.data) // self.batch_size)

    @property
    def steps(self) -> int:
        """Updates that are made at most."""
        return self.stop.updates(self.epochs * self.steps_per_epoch)

    @property
    def passes(self) -> int:
        """Epochs that are begun at most."""
        return -(-self.steps // self.steps_per_epoch)

    @property
    def keeps_best(self) -> bool:
        """Whether the best epoch's parameters count, not the last one's."""
        return self.experiment.validation is not None and self.stop.keep == "best"

    @property
    def floor(self) -> float:
        """The least loss to measure explosions by: rounding, beside what the mean scores."""
        targets = self.experiment.data.targets
        return EXPLODED_FLOOR * float(losses.mse(targets * 0 + targets.mean(), targets)[0])

    @property
    def limit(self) -> float | None:
        """The largest constant rate at which this descent is stable, where a formula tells."""
        return curvature.largest_stable_rate(
            self.experiment.problem, self.optimizer, batches=self.batch_size is not None
        )

    @property
    def spectrum(self) -> Spectrum:
        """The curvature that this descent sees, weight decay included."""
        return curvature.spectrum(self.experiment.problem, self.optimizer.weight_decay)

    @property
    def is_textbook(self) -> bool:
        """Gradient descent on MSE, full batch, constant rate: what the formulas are exact for."""
        return (
            type(self.optimizer) is SGD
            and isinstance(self.schedule, Constant)
            and self.batch_size is None
            and self.experiment.problem.loss is losses.mse
            and not self.experiment.problem.l1
        )

    def compressed(self) -> Plan:
        """The same run on the few rows that are equivalent to all of them, where there are such."""
        problem = self.experiment.problem
        if problem.loss is not losses.mse or self.batch_size is not None or len(problem.data) < COMPRESSED_FROM:
            return self
        problem = dataclasses.replace(problem, data=compress(problem.data))
        return self._replace(experiment=self.experiment._replace(problem=problem))

    def above_limit(self) -> bool:
        """Whether the constant rate is known to be too large."""
        limit = self.limit
        constant = isinstance(self.schedule, Constant) and self.batch_size is None
        return constant and limit is not None and self.rate > limit

    def records(self, interrupted: Callable[[], bool], watch: Callable[[Stream], Stream]) -> Iterator[Epoch]:
        """The run itself: the one training stream, with this plan's stopping rules around it."""
        problem, stop = self.experiment.problem, self.stop
        stream: Stream = descend(
            problem,
            self.optimizer,
            learning_rate=self.schedule,
            epochs=self.epochs,
            start=self.experiment.start,
            batch_size=self.batch_size,
            seed=self.seed,
            shuffle=self.shuffle,
        )
        if stop.max_steps is not None:
            stream = streams.until_step(stream, stop.max_steps)
        stream = watch(streams.until_interrupted(stream, interrupted))
        epochs = streams.epochs(streams.until_diverged(stream, self.floor))
        epochs = streams.with_gradient(epochs, problem)
        if stop.tolerance is not None or stop.require_converged:
            chosen = REQUIRED_TOLERANCE if stop.tolerance is None else stop.tolerance
            if stop.tolerance is not None or stop.target_loss is None:
                epochs = streams.until_flat(epochs, chosen)
        if stop.target_loss is not None:
            epochs = streams.until_loss(epochs, stop.target_loss)
        if stop.patience is not None:
            epochs = streams.early_stopping(epochs, stop.patience, stop.min_delta)
        return streams.diverged_if_higher(epochs) if self.above_limit() else epochs


def plan(
    data: Dataset,
    held_out: Dataset | None,
    line: LineOptions,
    rate: RateOptions,
    loop: LoopOptions,
    epochs: int,
    optimizer: OptimizerOptions,
    loss: LossOptions,
    stop: StopOptions,
) -> Plan:
    """Resolves the options on these rows.

    Raises:
        OptionError: If an option cannot be.
    """
    if stop.patience is not None and held_out is None:
        raise OptionError("--patience needs rows held out to watch", "add --validation 0.2")
    batch = build.batch_size(loop, len(data))
    learning_rate = build.rate_of(rate)
    steps = epochs * (1 if batch is None else -(-len(data) // batch))
    experiment = build.linear_experiment(data, line, build.loss_named(loss), loss, loop, held_out)
    schedule = build.schedule(rate, learning_rate, steps)
    made = build.optimizer(optimizer)
    return Plan(experiment, made, schedule, learning_rate, epochs, batch, stop.checked(), loop.seed, loop.shuffle)


def standardized(plan_: Plan) -> float | None:
    """The largest stable rate this plan would have on standardised inputs; None where no formula tells."""
    experiment = plan_.experiment
    line = LineOptions(degree=experiment.basis.degree, no_intercept=not experiment.basis.intercept)
    problem = experiment.problem
    scaled = build.linear_experiment(
        experiment.data,
        line,
        problem.loss,
        LossOptions(l1=problem.l1, l2=problem.l2),
        LoopOptions(standardize=True),
    )
    return plan_._replace(experiment=scaled).limit
