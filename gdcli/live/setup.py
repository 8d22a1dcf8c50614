"""The parts of a run on the screen. The command line builds them; the playground shows and runs them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np

from gdcli.analysis.curvature import BATCH_FORMULAS, FORMULAS
from gdcli.analysis.descent import Descent
from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.data.preparation import Preparation, largest_pixel
from gdcli.definitions.dataclass import dataclass
from gdcli.experiments.notation import Setting
from gdcli.experiments.stepping import StepReport
from gdcli.experiments.surface import Spot
from gdcli.nn.networks import Network
from gdcli.optim.optimizers import Optimizer
from gdcli.optim.schedules import Schedule
from gdcli.said import say
from gdcli.training.loop import Problem
from gdcli.training.pace import Pace
from gdcli.training.records import Epoch, Step
from gdcli.training.segments import Segment, pace_of
from gdcli.training.stopping import Stopping

__all__ = ["SCALED", "Choice", "LineScene", "LossLandscape", "NetworkScene", "Setup", "SetupFactory", "Turns"]

SCALED = "_s"
"""What ends the names of parameters of scaled inputs."""

Turns = Sequence[tuple[int, float]]
"""(updates made before it, rate): the turns of the dial."""


Range = tuple[float, float]


class LossLandscape(NamedTuple):
    """A loss over two parameters.

    Args:
        names: Of both.
        x_range: Of the first, across.
        y_range: Of the second, up.
        values: Asked for a width and a height, the losses, lowest row first.
        over: Where the two stand among the parameters.
        minimum: The lowest point, if it is known.
        seen: The same on other ranges, across and up; through a point where there are more than two parameters.
        others: Parameters besides the two, which have to stay somewhere.
    """

    names: tuple[str, str]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    values: Callable[[int, int], Array]
    over: tuple[int, int]
    minimum: Spot | None
    seen: Callable[[Range, Range, Array | None], LossLandscape]
    others: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class LineScene:
    """What the line scene shows besides the run.

    Args:
        data: The rows as read.
        names: The parameters' names.
        terms: What each parameter multiplies; "" for the bias.
        raw: Parameters in the data's own units.
        outputs: Predictions for rows as read.
        describe_step: A step with all its arithmetic, from the record before it.
        landscape: The loss over two parameters; None where there is only one.
        state: What the arithmetic shows of the optimizer's state: "velocity".
    """

    data: Dataset
    names: tuple[str, ...]
    terms: tuple[str, ...]
    raw: Callable[[Array], Array]
    outputs: Callable[[Array, Dataset], Array]
    describe_step: Callable[[Step | Epoch, Step], StepReport]
    landscape: LossLandscape | None
    state: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class NetworkScene:
    """What the network scene shows besides the run.

    Args:
        data: The training rows as read.
        held_out: The validation rows as read, or None.
        network: The model.
        preparation: From rows to inputs, from outputs to answers.
        loss_unit: What a loss is multiplied by to be in the target's own units.
    """

    data: Dataset
    held_out: Dataset | None
    network: Network
    preparation: Preparation
    loss_unit: float

    @property
    def seen(self) -> Dataset:
        """The rows that its answers are shown on: those held out, or the training rows."""
        return self.data if self.held_out is None else self.held_out

    @cached_property
    def side(self) -> int:
        """Pixels of a side, where each row is a square image and belongs to a class; else 0."""
        side = math.isqrt(self.data.inputs.shape[1])
        square = side * side == self.data.inputs.shape[1]
        return side if square and self.preparation.classes and largest_pixel(self.data) is not None else 0

    def predict(self, parameters: Array, raw: Array) -> Array:
        """The network's answers to raw inputs: class indices, or numbers in the target's units."""
        with np.errstate(all="ignore"):
            outputs = self.network(parameters, self.preparation.inputs(raw, parameters.dtype))[0]
            return self.preparation.predicted(outputs)


@dataclass(frozen=True, eq=False)
class Setup:
    """A run before it begins.

    Args:
        name: What the data is called.
        model: The model in a few words: "y = mx + b".
        problem: What is minimised.
        optimizer: From gradient to update.
        schedule: The learning rate by step, before the dial is turned.
        start: Initial parameters.
        batch_size: Rows a step; None = all.
        seed: Of the shuffling.
        shuffle: Whether rows are shuffled.
        epochs: After how many the schedule is over; None if it never is.
        rate: The learning rate as given.
        limit: The largest stable learning rate, where a closed form is known.
        loss_name: The loss as people write it.
        stopping: What ends a run; without rules, a flat gradient or 20 epochs without a gain count as converged.
        settings: What is set, by name, in words: optimizer, batch, activation, ...
        descent: What can be said of a line's way; None of a network's.
        judged: The problem on the rows that verdicts are about, where those are not its own.
        row_unit: What a row's loss is multiplied by to be in the target's own units.
        weights: How much each class counts, where that is not alike.
        classes: The labels of classes; none of numbers.
        chosen: Options that were not given and what was chosen for them, but for the rate and what ends a run.
        scene: What is shown.
        later: What changes in mid-run: updates made before it, and what holds from there on.
        changed: The same run with changes made by hand; None where there are none to make.
    """

    name: str
    model: str
    problem: Problem
    optimizer: Optimizer
    schedule: Schedule
    start: Array
    batch_size: int | None
    seed: int
    shuffle: bool
    epochs: int | None
    rate: float
    limit: float | None
    loss_name: str
    stopping: Stopping
    scene: LineScene | NetworkScene
    settings: Mapping[str, str] = field(default_factory=dict)
    descent: Descent | None = None
    judged: Problem | None = None
    row_unit: float = 1.0
    weights: Array | None = None
    classes: tuple[str, ...] = ()
    chosen: Mapping[str, Any] = field(default_factory=dict)
    later: tuple[tuple[int, Setup], ...] = ()
    changed: Callable[[Sequence[Setting]], Setup] | None = None

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """What its updates are made by, from which one on."""
        chain = ((0, self), *self.later)
        return tuple(Segment(after, one.problem, one.optimizer, one.batch_size) for after, one in chain)

    @cached_property
    def pace(self) -> Pace:
        """The batch size by the step."""
        return pace_of(self.segments)

    def after(self, step: int) -> Setup:
        """What holds after so many updates."""
        return next((one for at, one in reversed(self.later) if at <= step), self)

    @cached_property
    def steps_per_epoch(self) -> int:
        """Updates in one pass that begins with it."""
        return 1 if self.batch_size is None else -(-len(self.problem.data) // self.batch_size)

    @property
    def limit_formula(self) -> str:
        """The formula of the limit, as `limit` writes it: 2(1 + u)/L with momentum."""
        formulas = FORMULAS if self.batch_size is None else BATCH_FORMULAS
        return formulas.get(type(self.optimizer), say("the limit"))


class Choice(NamedTuple):
    """A setting that keys change.

    Args:
        name: Its name: "optimizer".
        direction: 1 for the next or larger, -1 for the one before or smaller; of "straight", which optimizer.
    """

    name: str
    direction: int


class SetupFactory(Protocol):
    """Sets up runs: the command line's side of the playground."""

    @property
    def setup(self) -> Setup:
        """The run as it is set up now."""

    def value(self, choice: Choice, now: Setup) -> tuple[str, str] | None:
        """A setting that can change in mid-run: the option and its next value; None of another one.

        Args:
            choice: Which, and how.
            now: What holds.
        """

    def change(self, choice: Choice, rate: float | None, changes: Sequence[Setting] = ()) -> str:
        """Sets up another run, with one setting changed.

        Args:
            choice: Which, and how.
            rate: The learning rate it begins with; None for that of the one before, or of the data's own command.
            changes: Made by hand in the run before it, which it begins with.

        Returns:
            What was changed, in words.

        Raises:
            GdcliError: If that setting cannot be changed here.
        """

    def with_options(self, **changes: Any) -> SetupFactory:
        """Another factory that sets up the same run with some options changed; this one stays as it is."""

    def set_options(self, changes: Sequence[Setting], rate: float | None) -> str:
        """Sets up the same run with options of other values from the start."""

    def restart_from(self, x: float, y: float, rate: float | None, changes: Sequence[Setting] = ()) -> str:
        """Sets up the same run from another start: two parameters, in the data's own units."""

    def again(self, rate: float | None, changes: Sequence[Setting] = ()) -> str:
        """Sets up the same run, to begin at another learning rate if one is given, and with what was changed."""

    def rerun(self, turns: Turns, step: int, changes: Sequence[Setting] = ()) -> str:
        """The command that ends where the screen does after `step` updates, with the dial turned and changes made."""

    def saved(self) -> dict[str, Any]:
        """All that is needed to set up the same again: for a recording."""
