"""Experiments: a spec on its rows. Data prepared, the problem, the start, the planned steps, and the run itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field, replace
from typing import Any, Self

from gdcli.analysis import curvature
from gdcli.analysis.curvature import Spectrum
from gdcli.arrays import Array, np
from gdcli.data.dataset import Dataset
from gdcli.data.report import ReadReport
from gdcli.data.stored import StoredDataset
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError
from gdcli.experiments import changes
from gdcli.experiments.chosen import Chosen, read_note
from gdcli.experiments.remembered import remembered
from gdcli.experiments.spec import Spec
from gdcli.formatting import exact
from gdcli.nn import losses
from gdcli.optim.optimizers import SGD, Optimizer
from gdcli.optim.schedules import Constant, Schedule
from gdcli.said import say
from gdcli.training.loop import Problem
from gdcli.training.pace import Pace
from gdcli.training.records import Epoch, Step, Stretch
from gdcli.training.rules import Separated, StoppingRule, Tolerance
from gdcli.training.segments import Segment, descend_in_segments, problem_after
from gdcli.training.stopping import Stopping, stopped
from gdcli.training.streams import epochs, with_gradient

Interrupted = Callable[[], bool]
Passing = Iterable[Step | Epoch | Stretch]
Watch = Callable[[Passing], Passing]

TOGETHER, NUMBERS = 256, 2**16
"""Epochs made together at most, and numbers that these read: a stretch is over before Ctrl-C seems late."""


def never() -> bool:
    """Nobody interrupts."""
    return False


def unwatched(stream: Passing) -> Passing:
    """Nobody watches."""
    return stream


@dataclass(frozen=True, eq=False)
class Experiment(ABC):
    """A spec on its rows.

    Args:
        spec: What the run is.
        data: Training rows as read.
        validation: Rows held out as read, or None.
        problem: What is minimised, in the units that the model sees.
        start: Initial parameters, in the same units.
        optimizer: From gradient to update.
        schedule: The learning rate by step.
        rate: The learning rate at the start of the schedule.
        epochs: Passes over the data.
        batch_size: Rows a step; None = all.
        chosen: What of all this was not given, and so was chosen.
        reading: What was read and how it is understood, of a table.
        unfilled: Training rows and rows held out with their gaps; None unless means fill them.
    """

    spec: Spec
    data: Dataset
    validation: Dataset | None
    problem: Problem
    start: Array
    optimizer: Optimizer
    schedule: Schedule
    rate: float
    epochs: int
    batch_size: int | None
    chosen: Chosen = field(default=Chosen(), kw_only=True)
    reading: ReadReport | None = field(default=None, kw_only=True)
    unfilled: tuple[Dataset, Dataset | None] | None = field(default=None, kw_only=True)

    @property
    def loss_name(self) -> str:
        """The loss as people write it."""
        return losses.title(self.problem.loss)

    @property
    def loss_title(self) -> str:
        """The loss as people write it, in a title."""
        return self.loss_name

    @property
    def loss_key(self) -> str:
        """The loss as machines have it."""
        return str(getattr(self.problem.loss, "__name__", "loss"))

    @property
    def steps_per_epoch(self) -> int:
        """Updates in one pass."""
        return 1 if self.batch_size is None else -(-len(self.data) // self.batch_size)

    @property
    def pace(self) -> Pace:
        """The batch size by the step."""
        return changes.pace(self.spec, self.batch_size, len(self.data))

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What holds from which update on; one segment where nothing but the rate changes in mid-run."""
        return changes.segments(self.spec, Segment(0, self.problem, self.optimizer, self.batch_size), len(self.data))

    def checked(self) -> Self:
        """The same run.

        Raises:
            OptionError: If something cannot change in mid-run as it should, or would after the end.
        """
        changes.refuse_beyond(self.spec, self.pace.steps(self.epochs))
        _ = self.segments
        return self

    def in_force(self, segment: Segment) -> Self:
        """The same run as if it had begun with what a segment has."""
        spec, problem = self.spec.replace(at=None), segment.problem
        return replace(self, spec=spec, problem=problem, optimizer=segment.optimizer, batch_size=segment.batch_size)

    @property
    def steps(self) -> int:
        """Updates that are made at most."""
        planned = self.pace.steps(self.epochs)
        return min(planned, int(self.spec.stop.rule("max_steps", planned)))

    @property
    def passes(self) -> int:
        """Epochs that are begun at most."""
        place = self.pace.place(self.steps)
        return place.passes + bool(place.within)

    @property
    def keeps_best(self) -> bool:
        """Whether the best epoch's parameters count, not the last one's."""
        return self.validation is not None and self.spec.stop.keep != "last"

    @property
    def has_constant_rate(self) -> bool:
        """Whether every update is made alike: at the same rate, with nothing changed in mid-run."""
        return isinstance(self.schedule, Constant) and not self.spec.changes.at

    @property
    def is_textbook(self) -> bool:
        """Gradient descent on MSE, full batch, constant rate: what the formulas are exact for."""
        return (
            type(self.optimizer) is SGD
            and self.has_constant_rate
            and self.batch_size is None
            and self.problem.loss is losses.mse
            and not self.problem.l1
        )

    @property
    def limit(self) -> float | None:
        """The largest constant rate at which this descent is stable, where a closed form is known."""
        return curvature.largest_stable_rate(self.problem, self.optimizer, batches=self.batch_size is not None)

    @property
    def limit_in_folds(self) -> float | None:
        """The largest constant rate at which it is stable on all rows, and on those of each of its folds."""
        return self.limit

    @property
    def all_rows(self) -> Dataset:
        """The rows it was given: those it is trained on, and a part of them that it holds out."""
        data, held_out = self.unfilled or (self.data, self.validation)
        asked = self.spec.stop.validation
        if held_out is None or (isinstance(asked, str) and asked != "none"):
            return data
        pairs = ((data.inputs, held_out.inputs), (data.targets, held_out.targets))
        inputs, targets = (np.concatenate(pair) for pair in pairs)
        return replace(data, inputs=inputs, targets=targets)

    @property
    def spectrum(self) -> Spectrum:
        """The curvature that this descent sees, weight decay included."""
        return curvature.spectrum(self.problem, self.optimizer.weight_decay)

    @property
    def is_unstable(self) -> bool:
        """Whether the constant rate is known to be too large."""
        limit = self.limit
        return self.has_constant_rate and self.batch_size is None and limit is not None and self.rate > limit

    @property
    @abstractmethod
    def floor(self) -> float:
        """The least loss that an explosion is measured by."""

    @property
    @abstractmethod
    def unit(self) -> float:
        """What a loss is multiplied by to be in the target's own units."""

    @property
    @abstractmethod
    def model_words(self) -> str:
        """The model in a few words."""

    @property
    def disk_words(self) -> str:
        """Where rows are that might stay on disk; empty where nothing is asked for."""
        return ""

    @abstractmethod
    def named_parameters(self, parameters: Array) -> dict[str, Any]:
        """Parameters by name, in raw units."""

    @abstractmethod
    def predict(self, parameters: Array, inputs: Array) -> Array:
        """Predictions for raw inputs: numbers in the target's units, or class indices."""

    @property
    def resumed(self) -> Epoch | None:
        """The record that the run goes on from; None if it begins."""
        return None

    @property
    def choice_note(self) -> str:
        """What was chosen for this run, or once for the run that it repeats; empty where all was given."""
        return self.chosen.note or self.spec.epochs.chosen or ""

    @property
    def choices(self) -> dict[str, Any] | None:
        """The names of the options chosen and the line about them, as json has them."""
        names, line = read_note(self.choice_note)
        line = self.chosen.line if self.chosen.line == line else remembered(line)  # which other languages have
        return {"options": names, "line": line} if names else None

    @property
    def stopping(self) -> Stopping:
        """What ends the run."""
        return Stopping(tuple(map(self._informed, self.spec.stop.rules())), self.floor, self.unit, self.is_unstable)

    def _informed(self, rule: StoppingRule) -> StoppingRule:
        """A rule that knows what it is compared with: a tolerance, the loss whose optimum is known."""
        if isinstance(rule, Separated):
            return replace(rule, finite=self.has_finite_optimum)
        if not isinstance(rule, Tolerance):
            return rule
        from gdcli.analysis.objective import objective
        from gdcli.analysis.remaining import gradient_rounding

        last = self.segments[-1]
        known = objective(last.problem, last.optimizer, self.noise)
        return replace(
            rule, objective=known, rounding=0.0 if known is not None else gradient_rounding(last.problem, self.start)
        )

    @property
    def has_finite_optimum(self) -> bool:
        """Whether larger weights cost something even where all rows are right: by a penalty."""
        return bool(self.problem.l1 or self.problem.l2 or self.optimizer.weight_decay)

    @property
    def noise(self) -> Array | None:
        """Rounding of each column of the design, where it is more than the entries' own."""
        return None

    def records(self, interrupted: Interrupted = never, watch: Watch = unwatched) -> Iterator[Epoch]:
        """The run itself: the one training stream, up to where it ends.

        Args:
            interrupted: Asked at each step; True ends the run.
            watch: Sees every record that passes: a progress bar.
        """
        return (record for record in self.passing(interrupted, watch, 1) if isinstance(record, Epoch))

    def passing(
        self, interrupted: Interrupted = never, watch: Watch = unwatched, together: int = TOGETHER
    ) -> Iterator[Epoch | Stretch]:
        """The same run, in which epochs that take no time may pass as stretches.

        Args:
            interrupted: Asked at each step, or stretch; True ends the run.
            watch: Sees all that passes.
            together: Epochs of a stretch at most.
        """
        numbers = self.problem.data.inputs.size + self.problem.model.size
        segments, stopping = self.checked().segments, self.stopping
        stream = descend_in_segments(
            segments,
            learning_rate=self.schedule,
            epochs=self.epochs,
            start=self.start,
            seed=self.spec.loop.seed,
            shuffle=self.spec.loop.shuffle,
            resume=self.resumed,
            together=min(together, max(1, NUMBERS // numbers)),
        )
        past = self._before(stream)
        if len(segments) > 1 and any(one.needs_gradient for one in stopping.rules):
            stream = with_gradient(stream, problem_after(segments))
        return epochs(watch(stopped(stream, stopping, self.problem, interrupted, past)))

    def _before(self, stream: Iterator[Step | Epoch | Stretch]) -> Iterable[Epoch]:  # noqa: ARG002 - it takes the resumed record
        """The epochs of a run before it goes on."""
        return ()


def refuse_single_row(data: Dataset, name: str, needs: str) -> None:
    """Refuses rows that are too few to learn from.

    Raises:
        DataError: If there is one row.
    """
    if len(data) < 2:
        raise DataError(say("{name}: one row of data{needs}", name=name, needs=needs), say("add rows"))


def refuse_constant_inputs(data: Dataset, name: str, hint: str) -> None:
    """Refuses rows whose inputs are all alike: nothing can be learned from them.

    Raises:
        DataError: If no input varies.
    """
    if isinstance(data, StoredDataset) or not (_alike(data.inputs[-1:], data) and _alike(data.inputs, data)):
        return  # the last row, of which one need look at no other, tells nearly always
    column, value = data.input_names[0], exact(float(data.inputs[0, 0]))
    raise DataError(
        say("{name}: column '{column}' is constant: {value} in every row", name=name, column=column, value=value), hint
    )


def _alike(inputs: Array, data: Dataset) -> bool:
    return bool((inputs == data.inputs[0]).all())
