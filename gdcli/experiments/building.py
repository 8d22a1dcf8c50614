"""From a spec's values to what a run is made of: optimizer, schedule, loss, scaling, batches, start, rows held out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import itemgetter
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.data import scaling
from gdcli.data.dataset import Dataset
from gdcli.data.missing import Fill
from gdcli.definitions import LOSS, OPTIMIZER, SCHEDULE, flag_name, named
from gdcli.errors import OptionError, did_you_mean
from gdcli.experiments.notation import RANDOM, SETTINGS, one_of
from gdcli.experiments.spec import LineSpec, LoopSpec, LossSpec, OptimizerSpec, RateSpec, Spec, reject_together
from gdcli.formatting import exact
from gdcli.nn import losses
from gdcli.nn.losses import LossDefinition, Task
from gdcli.optim import schedules
from gdcli.optim.optimizers import Optimizer
from gdcli.optim.schedules import Schedule
from gdcli.said import enumerated, say

UNCENTRED: dict[scaling.Scaling, scaling.Scaling] = {scaling.standard: scaling.rms, scaling.minmax: scaling.max_abs}
SCALINGS: dict[str, scaling.Scaling] = {
    "none": scaling.none,
    "standard": scaling.standard,
    "minmax": scaling.minmax,
}
WANTED = {"every": say("a whole number above 0"), "final": say("0 or above")}


def optimizer(spec: OptimizerSpec, usual: str) -> Optimizer:
    """The optimizer asked for, with the hyperparameters given.

    Raises:
        OptionError: If there is no such optimizer, or it has no such hyperparameter.
    """
    chosen = spec.optimizer or usual
    kind = named(OPTIMIZER, "--optimizer", chosen)
    known = {field.name for field in dataclasses.fields(kind)}
    given = dict(spec.settings)
    for field_name in sorted(given.keys() - known):
        flags = ", ".join(f"--{field.replace('_', '-')}" for field in sorted(known))
        raise OptionError(
            say(
                "{option}: {what}",
                option=f"--{field_name.replace('_', '-')}",
                what=say("{chosen} has none", chosen=chosen),
            ),
            say("it takes {flags}", flags=flags),
        )
    result: Optimizer = kind(**given)
    return result


def optimizer_config(optimizer: Optimizer) -> dict[str, Any]:
    """An optimizer's name and hyperparameters."""
    return {"optimizer": flag_name(type(optimizer).__name__), **vars(optimizer)}


def schedule(spec: RateSpec, rate: float, steps: int) -> Schedule:
    """The learning rate as a function of the step: a schedule, after a warm-up, with the changes asked for.

    Raises:
        OptionError: If there is no such schedule or setting.
    """
    name, pairs = spec.schedule
    settings = dict(pairs)
    kind = named(SCHEDULE, "--schedule", name)
    known = [field for field in kind._fields if field not in ("rate", "steps")]
    for key in settings.keys() - set(known):
        raise OptionError(
            say("--schedule: {name} has no setting '{key}'", name=name, key=key),
            did_you_mean(key, known) or say("it takes none"),
        )
    for key, value in settings.items():
        if not (value > 0 or (key == "final" and value == 0)) or (key == "every" and value != int(value)):
            raise OptionError(
                say(
                    "--schedule: {key}={value} is not {wanted}",
                    key=key,
                    value=exact(value),
                    wanted=WANTED.get(key, "above 0"),
                ),
                SETTINGS,
            )
    result: Schedule = kind(rate, max(1, steps - spec.warmup), **settings)
    if spec.warmup:
        result = schedules.Warmup(result, spec.warmup)
    turns = tuple(sorted(((max(0, one.step - 1), one.rate) for one in spec.lr_at or ()), key=itemgetter(0)))
    return schedules.Dial(result, turns) if turns else result


def loss_named(spec: LossSpec, usual: str = "mse", *tasks: Task) -> LossDefinition:
    """The loss asked for.

    Raises:
        OptionError: If there is no such loss, or not here.
    """
    among = losses.suited(*(tasks or ("regression",)))
    name = one_of("--loss", (spec.loss or usual).replace("_", "-"), among)
    found: LossDefinition = named(LOSS, "--loss", name)
    return found


def batch_size(spec: LoopSpec, rows: int, usual: int | None = None) -> int | None:
    """Rows a step; None for all of them."""
    size = spec.batch_size
    if size == "full":
        return None
    wanted = usual if size is None else int(size)
    return wanted if wanted is not None and wanted < rows else None


def scaling_for(spec: LoopSpec, usual: scaling.Scaling, uncentred: bool = False) -> scaling.Scaling:
    """The scaling asked for; for a model without an intercept, one that leaves 0 where it is.

    Raises:
        OptionError: If two are asked for.
    """
    wanted = spec.scaling
    if wanted is None:
        return usual
    if not isinstance(wanted, str):
        return scaling.by(wanted)
    kind = SCALINGS[wanted]
    return UNCENTRED.get(kind, kind) if uncentred else kind


def start(spec: LineSpec, names: tuple[str, ...], seed: int, scaled: Callable[[Array], Array]) -> Array:
    """The parameters to begin with, in the units that descent sees; `random` ones are standard normal there.

    Args:
        spec: What is asked for.
        names: The parameters' names.
        seed: Of random ones.
        scaled: From raw units to those of descent.

    Raises:
        OptionError: If they are asked for twice, or do not fit the model.
    """
    if spec.start != RANDOM:
        return scaled(_given_start(spec, names))
    reject_together({"--start": True, "--m/--b": spec.m is not None or spec.b is not None})
    return np.round(np.random.default_rng(seed).standard_normal(len(names)), 2)


def _given_start(spec: LineSpec, names: tuple[str, ...]) -> Array:
    """The parameters asked for by --m and --b or --start, in raw units; zeros unless given.

    Raises:
        OptionError: If they are asked for twice, or do not fit the model.
    """
    slope_and_bias = spec.m is not None or spec.b is not None
    reject_together({"--start": spec.start, "--m/--b": slope_and_bias})
    if spec.start is not None:
        if len(spec.start) != len(names):
            raise OptionError(
                say("--start: {count} numbers for {count2} parameters", count=len(spec.start), count2=len(names)),
                say("give one for each of {names}", names=enumerated(names)),
            )
        return np.array(spec.start)
    known = {"m": spec.m, "b": spec.b}
    for name, value in known.items():
        if value is not None and name not in names:
            raise OptionError(
                say("--{name}: this model has no {name}, but {names}", name=name, names=enumerated(names)),
                say("use --start W1,W2,...,B"),
            )
    return np.array([float(known.get(name) or 0.0) for name in names])


def held_out(
    data: Dataset, spec: Spec, read: Callable[[str], Dataset], usual: float | None = None
) -> tuple[Dataset, Dataset | None]:
    """Training and validation rows: a seeded part held out, or the rows of a file.

    Args:
        data: All rows.
        spec: What is asked for.
        read: Reads the file.
        usual: The part held out where nothing is asked for.

    Raises:
        OptionError: If so many rows cannot be parted so.
    """
    if spec.folds.folds is not None:
        from gdcli.data.splitting import check_folds

        check_folds(spec.folds.folds, len(data))
    wanted = usual if spec.stop.validation is None else spec.stop.validation
    if wanted is None or wanted == "none":
        return data, None
    if isinstance(wanted, str):
        return data, read(wanted)
    if not data.in_memory:
        from gdcli.data.stored import StoredDataset, split_stored

        assert isinstance(data, StoredDataset)  # noqa: S101 - for the type checker
        return split_stored(data, wanted, spec.loop.seed, spec.loop.shuffle)
    from gdcli.data.splitting import split

    return split(data, wanted, spec.loop.seed, spec.loop.shuffle)


def filling(spec: Spec, rows: Dataset, fill: Fill | None = None) -> Callable[[Dataset], Dataset]:
    """From rows to rows whose gaps are filled, where that is asked for.

    Args:
        spec: What is asked for.
        rows: Training rows, on which the fill is learnt unless it is given.
        fill: Of the run to go on with.
    """
    if spec.data.missing != "mean":
        return lambda data: data
    from gdcli.data.preparation import learned_fill

    means = fill or learned_fill(rows)

    def filled(data: Dataset) -> Dataset:
        return dataclasses.replace(data, inputs=means(data.inputs))

    return lambda data: data.mapped(filled)


def unfilled(spec: Spec, data: Dataset, held: Dataset | None) -> tuple[Dataset, Dataset | None] | None:
    """Training rows and rows held out as they are, where means are to fill them."""
    return (data, held) if spec.data.missing == "mean" else None


def check_stopping(spec: Spec, validation: Dataset | None, classes: int = 0) -> None:
    """Refuses stopping rules that cannot be.

    Raises:
        OptionError: If patience has nothing to watch, or a number goes with a rule that is not in force, or a rule
            asks about classes and there are none.
    """
    rules: tuple[Any, ...] = spec.stop.rules()
    for rule in rules:
        if rule.needs_classes and not classes:
            flag = dataclasses.fields(rule)[0].name.replace("_", "-")
            raise OptionError(
                say("--{flag} goes with classes, and the target is a number", flag=flag),
                say("leave out --{flag}", flag=flag),
            )
    if spec.stop.rule("patience") is not None and validation is None:
        raise OptionError(say("--patience needs rows held out to watch"), say("add --validation 0.2"))
