"""The loss over two parameters of a line, and the paths of descent on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import cached_property
from typing import Any

import numpy as np

from gdcli.analysis import curvature
from gdcli.analysis.surfaces import Plane, Span, span_around
from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.definitions import OPTIMIZER, flag_name, named
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError, did_you_mean
from gdcli.experiments.experiment import Watch, never, unwatched
from gdcli.experiments.line import LineExperiment, on_rows, refuse_unfit
from gdcli.experiments.line_defaults import settled
from gdcli.experiments.line_result import line_config, optimum_of
from gdcli.experiments.notation import write
from gdcli.experiments.options import option
from gdcli.experiments.spec import OptimizerSpec, RateSpec, Spec
from gdcli.experiments.surface import Descent, DescentPath, Drawing, Landscape, Scene, Spot
from gdcli.formatting import coordinate
from gdcli.said import enumerated, say
from gdcli.training.records import Epoch, Status

PICTURES, PATHS = 12, 6


@dataclass(frozen=True)
class RatesSpec(RateSpec):
    """One learning rate or several, and how they move."""

    lr: tuple[float, ...] | None = option(  # type: ignore[assignment]  # several in place of one
        None, "Learning rate; of several, a picture each. [0.1]", "LR,...", "rates", ("--lr", "--learning-rate")
    )

    def each(self) -> Iterator[RateSpec]:
        """Each rate once.

        Raises:
            OptionError: If there are too many to draw.
        """
        rates: list[float | None] = [*dict.fromkeys(self.lr or (None,))]
        if len(rates) > PICTURES:
            raise OptionError(
                say("--lr: {count} pictures are more than {pictures}", count=len(rates), pictures=PICTURES),
                say("draw a few rates at a time"),
            )
        return (RateSpec(rate, self.schedule, self.warmup, self.lr_at) for rate in rates)


@dataclass(frozen=True)
class OptimizersSpec(OptimizerSpec):
    """One optimizer or several, and their hyperparameters as far as given."""

    optimizer: tuple[str, ...] | None = option(  # type: ignore[assignment]  # several in place of one
        None, "{optimizer}; of several, a path each. [sgd; networks: adam]", "NAME,...", "names"
    )

    def each(self) -> Iterator[OptimizerSpec]:
        """Each optimizer once, with the hyperparameters that it has.

        Raises:
            OptionError: If there is no such optimizer, too many for one picture, or a hyperparameter that none has.
        """
        chosen = list(dict.fromkeys(name.lower() for name in self.optimizer or ()))
        if len(chosen) > PATHS:
            raise OptionError(
                say("--optimizer: {count} paths are more than {paths}", count=len(chosen), paths=PATHS),
                say("draw a few at a time"),
            )
        if len(chosen) < 2:
            yield OptimizerSpec(self.settings, next(iter(chosen), None))
            return
        known = [{one.name for one in fields(named(OPTIMIZER, "--optimizer", name))} for name in chosen]
        for setting, _ in self.settings:
            if not any(setting in of for of in known):
                flag = setting.replace("_", "-")
                raise OptionError(
                    say("--{flag}: none of {names} has it", flag=flag, names=enumerated(chosen)),
                    say("leave out --{flag}", flag=flag),
                )
        for name, of in zip(chosen, known, strict=True):
            yield OptimizerSpec(tuple(pair for pair in self.settings if pair[0] in of), name)


def descent(
    experiment: LineExperiment,
    interrupted: Callable[[], bool] = never,
    watch: Watch = unwatched,
) -> Descent:
    """One run, as `fit` makes it."""
    records = experiment.reported(experiment.records(interrupted, watch))
    kept = [record._replace(gradient=None, state=None) for record in records]
    return Descent(experiment.rate, kept, flag_name(type(experiment.optimizer).__name__))


def axes(asked: str | None, names: tuple[str, ...]) -> tuple[int, int]:
    """Positions of the two parameters asked for, else of the first two.

    Raises:
        OptionError: If there are not two, or no such ones.
    """
    if len(names) < 2:
        raise OptionError(
            say("a surface needs two parameters, and this model has only {names}", names=names[0]),
            say("leave out --no-intercept, or take more inputs"),
        )
    if asked is None:
        return 0, 1
    words = [word.strip() for word in asked.split(",")]
    for word in words:
        if word not in names:
            raise OptionError(say("--over: there is no parameter '{word}'", word=word), did_you_mean(word, names))
    if len(words) != 2 or words[0] == words[1]:
        what = f"'{words[0]}' twice" if len(words) == 2 else say("{count} of them", count=len(words))
        raise OptionError(
            say("--over takes two parameters, not {what}", what=what),
            say("as in --over {names},{names2}", names=names[0], names2=names[1]),
        )
    return names.index(words[0]), names.index(words[1])


def line_runs(specs: Sequence[Spec], rows: Dataset) -> list[LineExperiment]:
    """A run of each spec; what the first leaves open of rate and scale is chosen as `fit` does, for all of them.

    Raises:
        DataError: If no line goes through the rows.
        OptionError: If an option cannot be.
    """
    refuse_unfit(rows, specs[0].name)
    first = settled(on_rows(specs[0], rows), lambda other: on_rows(other, rows))
    others = (on_rows(one.replace(**first.chosen.options), rows) for one in specs[1:])
    return [one.compressed() for one in (first, *others)]


def descents_config(
    runs: Sequence[LineExperiment], rates: Sequence[float], optimizers: Sequence[str | None]
) -> dict[str, Any]:
    """The settings that the descents have, lists of those in which they differ."""
    first = runs[0]
    config: dict[str, Any] = line_config(first) | {"scale": first.scale_name}
    config["schedule"] = write(first.spec.rate.schedule)
    config |= {"lr": rates[0] if len(rates) == 1 else list(rates)}
    return config | ({"optimizer": list(optimizers)} if len(optimizers) > 1 else {})


@dataclass(frozen=True, eq=False)
class Descents:
    """Runs of one model from one start, over two of its parameters.

    Args:
        experiment: The first run.
        descents: All runs.
        over: Positions of the two parameters.
    """

    experiment: LineExperiment
    descents: Sequence[Descent]
    over: tuple[int, int]

    @cached_property
    def optimum(self) -> tuple[Array, float] | None:
        """The exact minimum in raw units, and the loss and penalty there, where there is a formula."""
        if optimum_of(self.experiment) is None:
            return None
        problem = self.experiment.problem
        found, _ = curvature.optimum(problem)
        loss = float(problem.data_loss(found, problem.data)) + float(problem.penalty(found) or 0.0)
        return np.array(self.experiment.raw(found)), loss

    @cached_property
    def held(self) -> Array:
        """Where the other parameters stay: at the optimum, else at the end of the best path."""
        if self.optimum is not None:
            return self.optimum[0]
        return min((one.records[-1] for one in self.descents), key=_height).parameters

    def fixed_words(self) -> str:
        """The other parameters' values."""
        pairs = [f"{name} = {coordinate(value)}" for name, value in self.fixed().items()]
        return ", ".join(pairs[:4]) + (say(" and {count} more", count=len(pairs) - 4) if len(pairs) > 4 else "")

    def fixed(self) -> dict[str, float]:
        """The other parameters."""
        names = self.experiment.names
        return {name: float(self.held[at]) for at, name in enumerate(names) if at not in self.over}

    def plane(self, through: Array | None = None) -> Plane:
        """The plane in the units that the model sees.

        Args:
            through: A point in raw units that it goes through, if the other parameters are not to be where they stay.
        """
        basis = self.experiment.basis
        origin = (self.held if through is None else through).copy()
        origin[list(self.over)] = 0.0
        return Plane(basis.scaled(origin), *(basis.scaled(self._unit(at)) for at in self.over))

    def _unit(self, at: int) -> Array:
        """A step of one parameter."""
        unit = np.zeros(len(self.held))
        unit[at] = 1.0
        return unit

    def spans(self) -> tuple[Span, Span]:
        """Ranges in which start, minimum and path lie, as far as the path does not climb."""
        first = self.descents[0].records[0]
        shown = [record.parameters for one in self.descents for record in one.records if record.loss <= first.loss]
        likely = (
            self.optimum[0]
            if self.optimum is not None
            else self.experiment.basis.raw(curvature.optimum(self.experiment.problem)[0])
        )
        x, y = ([float(point[at]) for point in (first.parameters, likely, *shown)] for at in self.over)
        return span_around(x), span_around(y)

    def drawing(self, asked: tuple[Span | None, Span | None], more: dict[str, Any]) -> Drawing:
        """All of it on the ranges asked for, or on those that suit."""
        x, y = (given or usual for given, usual in zip(asked, self.spans(), strict=True))
        landscape = Landscape(self.experiment.problem, self.plane(), (x, y))
        fixed = {"fixed": fixed} if (fixed := self.fixed()) else {}
        interrupted = any(one.records[-1].status is Status.INTERRUPTED for one in self.descents)
        scene = self._scene(landscape)
        several = len({one.optimizer for one in self.descents}) > 1  # each with a limit of its own
        more = fixed | {"lr_max": None if several else self.experiment.limit} | more
        return Drawing(landscape, scene, self.over, self.descents, more, self.optimum is not None, interrupted)

    def _scene(self, landscape: Landscape) -> Scene:
        first, (x, y), names = self.descents[0].records[0], landscape.spans, self.experiment.names
        start, minimum, name = self._spot(first.parameters, _height(first)), None, "minimum"
        if self.optimum is not None:
            minimum = self._spot(*self.optimum)
        elif (lowest := landscape.grid.lowest) is not None:
            minimum, name = Spot(*lowest), say("lowest on the grid")
        return Scene(
            (names[self.over[0]], names[self.over[1]]),
            self.experiment.loss_name + (" + penalty" if first.penalty is not None else ""),
            (x.low, x.high),
            (y.low, y.high),
            start,
            minimum,
            [self._trail(one) for one in self.descents],
            minimum_name=name,
        )

    def _spot(self, parameters: Array, height: float) -> Spot:
        return Spot(float(parameters[self.over[0]]), float(parameters[self.over[1]]), height)

    def _trail(self, one: Descent) -> DescentPath:
        points = np.array([record.parameters[list(self.over)] for record in one.records], dtype=np.float64)
        steps, heights = [record.step for record in one.records], [_height(record) for record in one.records]
        return DescentPath(one.rate, steps, points, heights, one.records[-1].status, one.optimizer)


def _height(record: Epoch) -> float:
    """Loss and penalty; a run that left the numbers behind counts as infinitely high."""
    height = float(record.loss) + float(record.penalty or 0.0)
    return math.inf if math.isnan(height) else height
