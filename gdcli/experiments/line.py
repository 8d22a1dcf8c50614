"""Linear experiments: a line, several inputs or a polynomial."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gdcli.arrays import Array
from gdcli.data import scaling
from gdcli.data.dataset import Dataset, compress
from gdcli.data.scaling import Basis, Undoing, power_rounding
from gdcli.data.splitting import folds
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError
from gdcli.experiments import building, changes
from gdcli.experiments.experiment import (
    TOGETHER,
    Experiment,
    Interrupted,
    Watch,
    never,
    refuse_constant_inputs,
    refuse_single_row,
    unwatched,
)
from gdcli.experiments.line_defaults import settled
from gdcli.experiments.notation import write
from gdcli.experiments.passing import Passed, can_pass, passed_rows
from gdcli.experiments.reading import Reader, read_validation
from gdcli.experiments.spec import FIT_EPOCHS, FIT_RATE, LineSpec, Spec
from gdcli.formatting import column_term
from gdcli.nn import losses
from gdcli.nn.linear import Linear, Proportional
from gdcli.said import enumerated, say
from gdcli.training import streams
from gdcli.training.loop import Problem
from gdcli.training.records import Epoch, Stretch
from gdcli.training.segments import Segment, problem_after
from gdcli.training.stopping import LINE_FLOOR

if TYPE_CHECKING:
    from gdcli.analysis.descent import Descent
    from gdcli.experiments.workers import Workers

LETTERS = frozenset({"m", "b"})
"""What parameters of one input are called in words."""
STEEPEST = 1e300  # of slopes that descent, optimum and pictures leave within float64
_BY_ENDS = (scaling.minmax, scaling.max_abs)
"""Scalings that look at the smallest and the largest values alone."""

COMPRESSED_FROM = 64  # rows; below it, they cost no more than their factor does


@dataclass(frozen=True, eq=False)
class LineExperiment(Experiment):
    """A linear model on its rows.

    Args:
        basis: From raw inputs to what the model sees, and back.
        passed: What is left of rows that were too many to keep; `data` then holds the few that stand for them.
        whole: All rows as the model sees them, where the problem has the few that are equivalent; else None.
    """

    basis: Basis
    passed: Passed | None = field(default=None, kw_only=True)
    whole: Dataset | None = field(default=None, kw_only=True)

    @property
    def rows(self) -> int:
        """Rows to train on."""
        return len(self.data) if self.passed is None else self.passed.train.rows

    @property
    def held_rows(self) -> int:
        """Rows held out."""
        if self.passed is not None and self.passed.held is not None:
            return self.passed.held.rows
        return 0 if self.validation is None else len(self.validation)

    @property
    def shown(self) -> Dataset:
        """Rows to draw: of very many, some."""
        return self.data if self.passed is None else self.passed.train.sampled(self.passed.names, self.passed.target)

    @property
    def model(self) -> LineSpec:
        """The model's form and start."""
        assert isinstance(self.spec.model, LineSpec)  # noqa: S101 - for the type checker
        return self.spec.model

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names."""
        return self.problem.model.parameter_names

    @property
    def terms(self) -> tuple[str, ...]:
        """What each parameter multiplies; "" for b."""
        bias = ("",) if self.basis.intercept else ()
        return (*self.basis.names(self.data.input_names), *bias)

    @property
    def baseline(self) -> float:
        """The MSE of predicting the mean."""
        targets = self.data.targets
        return float(losses.mse(targets * 0 + targets.mean(), targets)[0])

    @property
    def floor(self) -> float:
        """The least loss that an explosion is measured by: rounding, beside what the mean scores."""
        return LINE_FLOOR * self.baseline

    @property
    def unit(self) -> float:
        """Targets are as they are."""
        return 1.0

    @property
    def model_words(self) -> str:
        """The model with letters for its parameters."""
        target, terms = self.data.target_name, [term for term in self.terms if term]
        if self.names[:1] == ("m",):
            x, bias = column_term(terms[0], LETTERS | {"y"}), " + b" if self.basis.intercept else ""
            return f"{column_term(target, LETTERS | {'x'})} = m{'' if len(x) == 1 else ' '}{x}{bias}"
        if len(terms) > 4 and len(self.data.input_names) == 1:
            terms = [terms[0], terms[1], "...", terms[-1]]
        inputs = enumerated(terms) if len(terms) <= 4 else say("{count} inputs", count=len(self.data.input_names))
        return say("{target} from {inputs}   {count} parameters", target=target, inputs=inputs, count=len(self.names))

    @property
    def scale_name(self) -> str:
        """The scaling asked for, in a word."""
        wanted = self.spec.loop.scaling
        return "none" if wanted is None else write(wanted)

    @cached_property
    def descent(self) -> Descent:
        """What can be said of it: its optimum, its limit, how far it is."""
        from gdcli.analysis.descent import Descent  # for what is said of a run, which few formats say

        problem = self._whole_problem()
        found = Descent(
            problem,
            self.segments[-1].optimizer,
            rate=self.rate if self.has_constant_rate else None,
            batches=self.segments[-1].batch_size is not None,
            loss_name=self.loss_name,
            back=self._back,
            noise=self.noise,
            compressed=len(problem.data) < len(self.data),
        )
        return found.beside(lambda: self.standardized().descent) if self.basis.degree > 1 else found

    @cached_property
    def _back(self) -> Array | Undoing | None:
        """M with raw parameters = M (the model's), shape (P, P); None where they are the same."""
        if isinstance(self.basis.undoing, Undoing):
            return None if self.basis.is_raw else self.basis.undoing
        matrix = np.asarray(self.basis.raw(np.eye(self.problem.model.size))).T
        return None if np.array_equal(matrix, np.eye(len(matrix))) else matrix

    def _whole_problem(self) -> Problem:
        """The problem on all its rows, where they are not very many: the compressed ones have lost a digit."""
        from gdcli.analysis.objective import SMALL

        if self.data.inputs.size * self.basis.degree > SMALL or len(self.problem.data) == len(self.data):
            return self.segments[-1].problem
        return replace(self.segments[-1].problem, data=_seen(self.data, self.basis, self.problem.data.input_names))

    @cached_property
    def noise(self) -> Array | None:
        """Rounding of each column of the design, of inputs that were centred before their powers were taken."""
        before, after = self.basis.before, self.basis.after
        if self._back is None or not before.offset.any():
            return None
        inputs = self.data.inputs if self.passed is None else self.passed.ends
        columns = power_rounding(inputs, before, before(inputs), self.basis.degree) / after.factor
        return np.append(columns, 0.0) if self.basis.intercept else columns

    def raw(self, parameters: Array) -> list[float]:
        """Parameters in raw units."""
        with np.errstate(all="ignore"):
            return [float(value) for value in self.basis.raw(parameters)]

    def named_parameters(self, parameters: Array) -> dict[str, float]:
        """Parameters by name, in raw units."""
        return dict(zip(self.names, self.raw(parameters), strict=True))

    def predict(self, parameters: Array, inputs: Array) -> Array:
        """Predictions for raw inputs, from parameters in the basis's units."""
        with np.errstate(all="ignore"):
            return self.problem.model(parameters, self.basis(inputs))[0]

    def compressed(self) -> LineExperiment:
        """The same run on the few rows that are equivalent to all of them, where there are such."""
        problem = self.problem
        if problem.loss is not losses.mse or self.batch_size is not None or len(problem.data) < COMPRESSED_FROM:
            return self
        return replace(self, problem=replace(problem, data=compress(problem.data)), whole=problem.data)

    def in_folds(self, count: int) -> Iterator[tuple[LineExperiment, Dataset]]:
        """The run on each fold's rows, with the rate and epochs it has, and the rows it does not see."""
        spec = self.spec.replace(lr=self.rate, epochs=self.epochs, folds=None)
        asked, held = spec.stop.validation, self.validation if self.unfilled is None else self.unfilled[1]
        apart = isinstance(asked, str) and asked != "none"
        for train, held_out in folds(self.all_rows, count, spec.loop.seed):
            yield on_rows(spec, train, held) if apart else line_experiment(spec, train), held_out

    @property
    def limit_in_folds(self) -> float | None:
        """The largest constant rate at which it is stable on all rows, and on those of each of its folds."""
        limit, count = self.limit, self.spec.folds.folds
        if limit is None or count is None:
            return limit
        known = (one.limit for one, _ in self.in_folds(count))
        return min([limit, *(one for one in known if one is not None)])

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What holds from which update on; from the first batches on, all rows."""
        made = super().segments
        first = next((at for at, one in enumerate(made) if one.batch_size is not None), len(made))
        if self.whole is None or first == len(made):
            return made
        all_rows = (replace(one, problem=replace(one.problem, data=self.whole)) for one in made[first:])
        return (*made[:first], *all_rows)

    def standardized(self) -> LineExperiment:
        """The same descent on standardised inputs, from zero."""
        return _with_rows(self, LineSpec(degree=self.basis.degree, no_intercept=not self.basis.intercept))

    def passing(
        self, interrupted: Interrupted = never, watch: Watch = unwatched, together: int = TOGETHER
    ) -> Iterator[Epoch | Stretch]:
        """The run itself, with the gradient of every epoch."""
        return streams.with_gradient(super().passing(interrupted, watch, together), problem_after(self.segments))

    def reported(self, records: Iterator[Epoch]) -> Iterator[Epoch]:
        """The same records with their parameters in raw units."""
        return streams.reported(records, self.names, self.basis.raw)


def read_line(spec: Spec, reader: Reader, workers: Workers | None = None) -> LineExperiment:
    """Reads the rows of a spec and makes the experiment.

    Args:
        spec: What is fitted.
        reader: Reads the rows, or what is small of them.
        workers: Who reads what is large, if not this process.

    Raises:
        DataError: If they cannot be read, or no line goes through them.
        OptionError: If an option cannot be.
    """
    if workers is not None:
        from gdcli.experiments.spreading import spread_rows  # knows every format, and few ask for it

        rows = spread_rows(spec, reader, workers)
    elif can_pass(spec):
        rows = passed_rows(spec, reader)
    else:
        rows = reader.numbers(str(spec.data.source), spec.data)
    made = passed_experiment(spec, rows, reader) if isinstance(rows, Passed) else line_experiment(spec, rows, reader)
    return replace(made, reading=reader.reading).checked()


def line_experiment(spec: Spec, rows: Dataset, reader: Reader | None = None) -> LineExperiment:
    """The experiment on rows already read; `reader` reads those of a --validation file.

    Raises:
        DataError: If no line goes through them.
        OptionError: If an option cannot be.
    """
    data, validation = building.held_out(
        rows, spec, lambda name: read_validation(name, rows, spec.data, reader or Reader())
    )
    refuse_unfit(building.filling(spec, data)(data), spec.name)
    building.check_stopping(spec, validation)
    return settled(on_rows(spec, data, validation), lambda other: on_rows(other, data, validation))


def passed_experiment(spec: Spec, passed: Passed, reader: Reader) -> LineExperiment:
    """The experiment on what is left of rows that were too many to keep; `reader` reads those of a --validation file.

    Raises:
        DataError: If no line goes through them.
        OptionError: If an option cannot be.
    """
    data, validation = passed.data, passed.validation
    if isinstance(spec.stop.validation, str) and spec.stop.validation != "none":
        validation = read_validation(spec.stop.validation, data, spec.data, reader)
    if (passed.ends[0] == passed.ends[1]).all():
        refuse_unfit(replace(data, inputs=np.vstack([passed.ends[:1]] * len(data))), spec.name)
    building.check_stopping(spec, validation)
    return settled(on_rows(spec, data, validation, passed), lambda other: on_rows(other, data, validation, passed))


def on_rows(
    spec: Spec, data: Dataset, validation: Dataset | None = None, passed: Passed | None = None
) -> LineExperiment:
    """The experiment on training rows and rows held out; fill and scaling are learnt on the training rows alone."""
    model_spec = spec.model
    assert isinstance(model_spec, LineSpec)  # noqa: S101 - for the type checker
    filled, unfilled = building.filling(spec, data), building.unfilled(spec, data, validation)
    data, validation = filled(data), None if validation is None else filled(validation)
    batch = building.batch_size(spec.loop, len(data))
    rate = FIT_RATE if spec.rate.lr is None else spec.rate.lr
    epochs = FIT_EPOCHS if spec.epochs.epochs is None else spec.epochs.epochs
    steps = changes.pace(spec, batch, len(data)).steps(epochs)
    loss = building.loss_named(spec.loss)
    scaling_ = building.scaling_for(spec.loop, scaling.none, uncentred=model_spec.no_intercept)
    seen = passed.ends if passed is not None and scaling_ in _BY_ENDS else data.inputs
    _refuse_powers(seen, model_spec.degree, data.input_names)
    _refuse_slopes(seen, data, model_spec.degree)
    basis = Basis.fit(seen, scaling_, model_spec.degree, not model_spec.no_intercept)
    terms = basis.names(data.input_names)
    model = (Linear if basis.intercept else Proportional)(len(terms), terms)
    held = None if validation is None else _refuse_beyond(_seen(validation, basis, terms), validation, terms)
    start = building.start(model_spec, model.parameter_names, spec.loop.seed, basis.scaled)
    return LineExperiment(
        spec=spec,
        data=data,
        validation=validation,
        problem=Problem(model, loss, _seen(data, basis, terms), held, spec.loss.l1, spec.loss.l2),
        start=start,
        optimizer=building.optimizer(spec.optimizer, "sgd"),
        schedule=building.schedule(changes.rates(spec), rate, steps),
        rate=rate,
        epochs=epochs,
        batch_size=batch,
        basis=basis,
        unfilled=unfilled,
        passed=passed,
    )


def _refuse_powers(inputs: Array, degree: int, names: tuple[str, ...]) -> None:
    """Refuses powers of the raw inputs that no number holds: their parameters would be none either."""
    largest = np.abs(inputs).max(axis=0, initial=0.0)
    with np.errstate(all="ignore"):
        power = largest**degree
        lost = ~np.isfinite(power) | ((power < np.finfo(float).tiny) & (largest > 0))
    if degree > 1 and lost.any():
        what = say(
            "column '{names}': its power {degree} is beyond float64", names=names[int(lost.argmax())], degree=degree
        )
        raise DataError(what, say("give the column in another unit, or lower --degree"))


def _refuse_slopes(inputs: Array, data: Dataset, degree: int) -> None:
    """Refuses columns so far apart in size that a weight from one to the other is beyond float64."""
    with np.errstate(all="ignore"):
        across = np.ptp(inputs, axis=0)
        up = data.targets.max() / 2 - data.targets.min() / 2
        lost = (across > 0) & (up / across**degree > STEEPEST)
    if lost.any():
        what = say(
            "columns '{name}' and '{target}': a slope from one to the other is beyond float64",
            name=data.input_names[int(lost.argmax())],
            target=data.target_name,
        )
        raise DataError(what, say("give one of them in another unit"))


def _seen(data: Dataset, basis: Basis, terms: tuple[str, ...]) -> Dataset:
    """Rows as the model sees them."""
    return dataclasses.replace(data, inputs=basis(data.inputs), input_names=terms)


def _refuse_beyond(held: Dataset, raw: Dataset, terms: tuple[str, ...]) -> Dataset:
    """Refuses rows held out that are no numbers once they are scaled as the training rows are."""
    lost = ~np.isfinite(held.inputs).all(axis=0) & np.isfinite(raw.inputs).all()
    if lost.any():
        name = terms[int(lost.argmax())]
        raise DataError(
            say("column '{name}': a row held out is beyond float64 on the scale of the training rows", name=name),
            say("correct the cell, or give the column in another unit"),
        )
    return held


def _with_rows(experiment: LineExperiment, model: LineSpec) -> LineExperiment:
    spec = replace(experiment.spec, model=model, loop=replace(experiment.spec.loop, scale=None, standardize=True))
    return on_rows(spec, experiment.data, passed=experiment.passed)


def refuse_unfit(data: Dataset, name: str) -> None:
    """Refuses rows through which there is no one line.

    Raises:
        DataError: If there is one row, or no input varies.
    """
    refuse_single_row(data, name, say(", and a line needs two"))
    refuse_constant_inputs(data, name, say("a slope needs an input that varies; choose another with --x"))
