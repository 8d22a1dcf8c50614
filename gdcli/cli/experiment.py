"""From options to an experiment: the data as the model sees it, the problem, the start, the optimizer, the rate."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gdcli.arrays import Array
from gdcli.cli import parse
from gdcli.cli.options import (
    FIT_RATE,
    DataOptions,
    LineOptions,
    LoopOptions,
    LossOptions,
    OptimizerOptions,
    RateOptions,
)
from gdcli.cli.output import exact, reject_together
from gdcli.cli.reading import read
from gdcli.cli.terminal import Terminal
from gdcli.data import scaling
from gdcli.data.dataset import Dataset
from gdcli.data.scaling import Basis
from gdcli.definitions import LOSS, OPTIMIZER, SCHEDULE, named
from gdcli.errors import DataError, OptionError, did_you_mean
from gdcli.nn import losses
from gdcli.nn.linear import Linear, Proportional
from gdcli.nn.losses import Loss, LossDefinition, Task
from gdcli.optim import schedules
from gdcli.optim.optimizers import Optimizer
from gdcli.optim.schedules import Schedule
from gdcli.training.loop import Problem

UNCENTRED: dict[scaling.Scaling, scaling.Scaling] = {scaling.standard: scaling.rms, scaling.minmax: scaling.max_abs}


class LinearExperiment(NamedTuple):
    """A linear model on data, ready to descend.

    Args:
        data: Training rows, raw.
        validation: Rows held out, raw, or None.
        basis: From raw inputs to what the model sees, and back.
        problem: In the basis's units.
        start: Initial parameters, in the basis's units.
        names: The parameters' names, raw.
    """

    data: Dataset
    validation: Dataset | None
    basis: Basis
    problem: Problem
    start: Array
    names: tuple[str, ...]

    @property
    def terms(self) -> tuple[str, ...]:
        """What each parameter multiplies; "" for b."""
        bias = ("",) if self.basis.intercept else ()
        return (*self.basis.names(self.data.input_names), *bias)

    def outputs(self, parameters: Array, data: Dataset) -> Array:
        """Predictions for raw inputs, from parameters in the basis's units."""
        with np.errstate(all="ignore"):
            return self.problem.model(parameters, self.basis(data.inputs))[0]


LR_AT = "as in --lr-at 100:0.3,200:0.01"


def linear_experiment(
    data: Dataset,
    line: LineOptions,
    loss: Loss,
    penalties: LossOptions,
    loop: LoopOptions,
    validation: Dataset | None = None,
) -> LinearExperiment:
    """Builds the experiment; scaling is fitted on the training rows only."""
    scaling_ = scaling_named(loop, scaling.none, uncentred=line.no_intercept)
    basis = Basis.fit(data.inputs, scaling_, line.degree, not line.no_intercept)
    terms = basis.names(data.input_names)
    model = (Linear if basis.intercept else Proportional)(len(terms), terms)
    seen = dataclasses.replace(data, inputs=basis(data.inputs), input_names=terms)
    held_out = validation and dataclasses.replace(validation, inputs=basis(validation.inputs), input_names=terms)
    problem = Problem(model, loss, seen, held_out, penalties.l1, penalties.l2)
    start = basis.scaled(start_parameters(line, model.parameter_names))
    return LinearExperiment(data, validation, basis, problem, start, model.parameter_names)


def start_parameters(line: LineOptions, names: tuple[str, ...]) -> Array:
    """The parameters asked for by --m and --b or --start, in raw units; zeros unless given.

    Raises:
        OptionError: If they are asked for twice, or do not fit the model.
    """
    slope_and_bias = line.m is not None or line.b is not None
    reject_together({"--start": line.start, "--m/--b": slope_and_bias})
    if line.start is not None:
        values = parse.numbers("--start", line.start)
        if len(values) != len(names):
            raise OptionError(
                f"--start: {len(values)} numbers for {len(names)} parameters",
                f"give one for each of {', '.join(names)}",
            )
        return np.array(values)
    known = {"m": line.m, "b": line.b}
    for name, value in known.items():
        if value is not None and name not in names:
            raise OptionError(f"--{name}: this model has no {name}, but {', '.join(names)}", "use --start W1,W2,...,B")
    return np.array([float(known.get(name) or 0.0) for name in names])


def optimizer(options: OptimizerOptions, usual: str = "sgd") -> Optimizer:
    """The optimizer asked for, with the hyperparameters given.

    Raises:
        OptionError: If there is no such optimizer, or it has no such hyperparameter.
    """
    chosen = options.optimizer or usual
    kind = named(OPTIMIZER, "--optimizer", chosen)
    known = {field.name for field in dataclasses.fields(kind)}
    given = {name: value for name, value in options._asdict().items() if name != "optimizer" and value is not None}
    for field_name in sorted(given.keys() - known):
        flags = ", ".join(f"--{field.replace('_', '-')}" for field in sorted(known))
        raise OptionError(f"--{field_name.replace('_', '-')}: {chosen} has none", f"it takes {flags}")
    made: Optimizer = kind(**given)
    return made


def schedule(options: RateOptions, rate: float, steps: int) -> Schedule:
    """The learning rate as a function of the step: a schedule, after a warm-up, under a dial.

    Raises:
        OptionError: If there is no such schedule or setting, or --lr-at is malformed.
    """
    name, settings = parse.fields("--schedule", options.schedule)
    kind = named(SCHEDULE, "--schedule", name)
    known = [field for field in kind._fields if field not in ("rate", "steps")]
    for key in settings.keys() - set(known):
        raise OptionError(f"--schedule: {name} has no setting '{key}'", did_you_mean(key, known) or "it takes none")
    for key, value in settings.items():
        if not (value > 0 or (key == "final" and value == 0)) or (key == "every" and value != int(value)):
            raise OptionError(f"--schedule: {key}={exact(value)} is not {_WANTED.get(key, 'above 0')}", parse.SETTINGS)
    result: Schedule = kind(rate, max(1, steps - options.warmup), **settings)
    if options.warmup:
        result = schedules.Warmup(result, options.warmup)
    return schedules.Dial(result, _turns(options.lr_at)) if options.lr_at else result


_WANTED = {"every": "a whole number above 0", "final": "0 or above"}


def _turns(text: str) -> tuple[tuple[int, float], ...]:
    """`100:0.3,200:0.01` as (updates made before it, rate) pairs, in order: step 1 is the first update."""
    turns = []
    for part in text.split(","):
        at, colon, rate = part.partition(":")
        value = parse.numbers("--lr-at", rate, LR_AT)[0] if colon else math.nan
        if not at.strip().isdecimal() or not value > 0:
            raise OptionError(f"--lr-at: '{part}' is not STEP:LR", LR_AT)
        turns.append((max(0, int(at) - 1), value))
    return tuple(sorted(turns))


def loss_named(options: LossOptions, usual: str = "mse", *tasks: Task) -> LossDefinition:
    """The loss asked for.

    Raises:
        OptionError: If there is no such loss, or not here.
    """
    among = losses.suited(*(tasks or ("regression",)))
    name = parse.one_of("--loss", (options.loss or usual).replace("_", "-"), among)
    found: LossDefinition = named(LOSS, "--loss", name)
    return found


def batch_size(loop: LoopOptions, rows: int, usual: int | None = None) -> int | None:
    """Rows a step; None for all of them.

    Raises:
        OptionError: If it is neither `full` nor a whole number above 0.
    """
    text = loop.batch_size
    if text is None:
        return usual if usual is not None and usual < rows else None
    if text.lower() == "full":
        return None
    if not text.isdecimal() or int(text) == 0:
        raise OptionError(
            f"--batch-size: '{text}' is neither a whole number above 0 nor 'full'", "as in --batch-size 32"
        )
    return int(text) if int(text) < rows else None


def rate_of(options: RateOptions) -> float:
    """The learning rate asked for, or `fit`'s usual one."""
    return FIT_RATE if options.lr is None else options.lr


def held_out(
    data: Dataset, validation: str | None, loop: LoopOptions, options: DataOptions, terminal: Terminal
) -> tuple[Dataset, Dataset | None]:
    """Training and validation rows: a fraction held out, or another file with the same columns.

    Raises:
        OptionError: If it is a number that is no fraction.
        DataError: If it is a file that cannot be read.
    """
    if validation is None:
        return data, None
    try:
        fraction = float(validation)
    except ValueError:
        return data, _validation_file(validation, data, options, terminal)
    if not 0 < fraction < 1:
        raise OptionError(f"--validation: {validation} is not a fraction between 0 and 1", "as in --validation 0.2")
    from gdcli.data.splitting import split

    return split(data, fraction, loop.seed, loop.shuffle)


def _validation_file(name: str, data: Dataset, options: DataOptions, terminal: Terminal) -> Dataset:
    """The rows of a file, by the training data's column names."""
    if not name.startswith("sample:") and not Path(name).exists():
        raise DataError(f"{name}: no such file", "--validation takes a fraction, as 0.2, or a file of rows")
    same = options._replace(x=",".join(data.input_names), y=data.target_name)
    return read(name, same, terminal)


def scaling_named(loop: LoopOptions, usual: scaling.Scaling, uncentred: bool = False) -> scaling.Scaling:
    """The scaling asked for; for a model without an intercept, one that leaves 0 where it is.

    Raises:
        OptionError: If there is no such scaling, or two are asked for.
    """
    reject_together({"--standardize": loop.standardize, "--scale": loop.scale})
    name = "standard" if loop.standardize else loop.scale
    if name is None:
        return usual
    try:
        factor = float(name)
    except ValueError:
        known: dict[str, scaling.Scaling] = {
            "none": scaling.none,
            "standard": scaling.standard,
            "minmax": scaling.minmax,
        }
        kind = known[parse.one_of("--scale", name, tuple(known))]
        return UNCENTRED.get(kind, kind) if uncentred else kind
    if not (math.isfinite(factor) and factor > 0):
        raise OptionError(f"--scale: {name} is not a finite number above 0", "as in --scale 255")
    return scaling.by(factor)
