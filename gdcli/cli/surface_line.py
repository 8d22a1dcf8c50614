"""`gdcli surface` of a linear model: the loss over two of its parameters, and the paths of descent."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gdcli.analysis import curvature
from gdcli.analysis.surfaces import Plane, Span, span_around
from gdcli.arrays import Array
from gdcli.cli import telling
from gdcli.cli.commands.fit import header, progress_bar, refuse_unfit
from gdcli.cli.drawing import Drawing, Landscape, Way, span
from gdcli.cli.options import (
    DataOptions,
    LineOptions,
    LoopOptions,
    LossOptions,
    OptimizerOptions,
    RateOptions,
    StopOptions,
)
from gdcli.cli.output import exact, reject_together
from gdcli.cli.plan import Plan, plan
from gdcli.cli.reading import read
from gdcli.cli.surface_options import RatesOptions, SurfaceOptions
from gdcli.cli.terminal import Terminal
from gdcli.errors import OptionError, did_you_mean
from gdcli.render.reports.surface_marks import DescentPath, Scene, Spot, coordinate
from gdcli.training import streams
from gdcli.training.records import Epoch, Status


def drawn(
    name: str,
    data: DataOptions,
    asked: SurfaceOptions,
    line: LineOptions,
    rate: RatesOptions,
    loop: LoopOptions,
    optimizer: OptimizerOptions,
    loss: LossOptions,
    *,
    terminal: Terminal,
    again: str,
    stop: Callable[[], bool],
) -> Drawing:
    """Descends at each rate until `stop()` is true, and lays out what is drawn."""
    rows = read(name, data, terminal)
    refuse_unfit(rows, name)
    plans = [
        plan(rows, None, line, one, loop, asked.epochs, optimizer, loss, StopOptions()).compressed()
        for one in (RateOptions(each, rate.schedule, rate.warmup, rate.lr_at) for each in rate.rates)
    ]
    names = plans[0].experiment.names
    over = _over(asked.over, names)
    spans = _asked(asked, names[over[0]], names[over[1]])
    terminal.note(_header(plans, name, loop))
    ways = [_way(one, terminal, stop) for one in plans]
    descents = Descents(plans[0], ways, over)
    if len(names) > 2:
        terminal.note(f"over {names[over[0]]} and {names[over[1]]}, the others fixed: {descents.told_fixed()}")
    config = telling.configuration(plans[0], scale=telling.scale_name(loop), schedule=rate.schedule)
    rates = {"lr": plans[0].rate if len(plans) == 1 else [one.rate for one in plans]}
    return descents.drawing(spans, {"seed": loop.seed, "config": config | rates, "rerun": again})


def _header(plans: Sequence[Plan], name: str, loop: LoopOptions) -> str:
    """What is about to happen, with all the rates."""
    rates = ", ".join(exact(one.rate) for one in plans)
    return header(plans[0], name, loop).replace(f"lr {exact(plans[0].rate)},", f"lr {rates},")


def _over(asked: str | None, names: tuple[str, ...]) -> tuple[int, int]:
    """Positions of the two parameters asked for, else of the first two.

    Raises:
        OptionError: If there are not two, or no such ones.
    """
    if len(names) < 2:
        raise OptionError(
            f"a surface needs two parameters, and this model has only {names[0]}",
            "leave out --no-intercept, or take more inputs",
        )
    if asked is None:
        return 0, 1
    words = [word.strip() for word in asked.split(",")]
    for word in words:
        if word not in names:
            raise OptionError(f"--over: there is no parameter '{word}'", did_you_mean(word, names))
    if len(words) != 2 or words[0] == words[1]:
        what = f"'{words[0]}' twice" if len(words) == 2 else f"{len(words)} of them"
        raise OptionError(f"--over takes two parameters, not {what}", f"as in --over {names[0]},{names[1]}")
    return names.index(words[0]), names.index(words[1])


def _asked(asked: SurfaceOptions, x: str, y: str) -> tuple[Span | None, Span | None]:
    """The ranges asked for, by axis or by the parameter on it."""
    named = {"m": asked.m_range, "b": asked.b_range}
    for name, text in named.items():
        if text is not None and name not in (x, y):
            raise OptionError(f"--{name}-range: the axes are {x} and {y}", "use --x-range and --y-range")
    return _span("x", asked.x_range, x, named.get(x)), _span("y", asked.y_range, y, named.get(y))


def _span(axis: str, by_axis: str | None, name: str, by_name: str | None) -> Span | None:
    reject_together({f"--{axis}-range": by_axis is not None, f"--{name}-range": by_name is not None})
    flag, text = (f"--{axis}-range", by_axis) if by_name is None else (f"--{name}-range", by_name)
    return None if text is None else span(flag, text)


def _way(plan_: Plan, terminal: Terminal, interrupted: Callable[[], bool]) -> Way:
    """One run, as `fit` makes it."""
    bar, experiment = progress_bar(plan_, terminal), plan_.experiment
    records = streams.reported(plan_.records(interrupted, bar.watching), experiment.names, experiment.basis.raw)
    return Way(plan_.rate, [record._replace(gradient=None, state=None) for record in bar.clearing(records)])


@dataclass(frozen=True, eq=False)
class Descents:
    """Runs of one model from one start, over two of its parameters.

    Args:
        plan: The first run's plan.
        ways: All runs.
        over: Positions of the two parameters.
    """

    plan: Plan
    ways: Sequence[Way]
    over: tuple[int, int]

    @cached_property
    def optimum(self) -> tuple[Array, float] | None:
        """The exact minimum in raw units, and the loss and penalty there, where there is a formula."""
        if telling.optimum(self.plan) is None:
            return None
        problem = self.plan.experiment.problem
        found, _ = curvature.optimum(problem)
        loss = float(problem.data_loss(found, problem.data)) + float(problem.penalty(found) or 0.0)
        return np.array(telling.raw(self.plan, found)), loss

    @cached_property
    def held(self) -> Array:
        """Where the other parameters stay: at the optimum, else at the end of the best path."""
        if self.optimum is not None:
            return self.optimum[0]
        return min((way.records[-1] for way in self.ways), key=_height).parameters

    def told_fixed(self) -> str:
        """The other parameters' values, in words."""
        pairs = [f"{name} = {coordinate(value)}" for name, value in self.fixed().items()]
        return ", ".join(pairs[:4]) + (f" and {len(pairs) - 4} more" if len(pairs) > 4 else "")

    def fixed(self) -> dict[str, float]:
        """The other parameters."""
        names = self.plan.experiment.names
        return {name: float(self.held[at]) for at, name in enumerate(names) if at not in self.over}

    def plane(self) -> Plane:
        """The plane in the units that the model sees."""
        basis, unit = self.plan.experiment.basis, np.eye(len(self.held))
        origin = self.held.copy()
        origin[list(self.over)] = 0.0
        return Plane(basis.scaled(origin), *(basis.scaled(unit[at]) for at in self.over))

    def spans(self) -> tuple[Span, Span]:
        """Ranges in which start, minimum and path lie, as far as the path does not climb."""
        first = self.ways[0].records[0]
        shown = [record.parameters for way in self.ways for record in way.records if record.loss <= first.loss]
        likely = (
            self.optimum[0]
            if self.optimum
            else self.plan.experiment.basis.raw(curvature.optimum(self.plan.experiment.problem)[0])
        )
        x, y = ([float(point[at]) for point in (first.parameters, likely, *shown)] for at in self.over)
        return span_around(x), span_around(y)

    def drawing(self, asked: tuple[Span | None, Span | None], more: dict[str, Any]) -> Drawing:
        """All of it on the ranges asked for, or on those that suit."""
        x, y = (given or usual for given, usual in zip(asked, self.spans(), strict=True))
        landscape = Landscape(self.plan.experiment.problem, self.plane(), (x, y))
        fixed = {"fixed": fixed} if (fixed := self.fixed()) else {}
        interrupted = any(way.records[-1].status is Status.INTERRUPTED for way in self.ways)
        scene = self._scene(landscape)
        more = fixed | {"lr_max": self.plan.limit} | more
        return Drawing(landscape, scene, self.over, self.ways, more, self.optimum is not None, interrupted)

    def _scene(self, landscape: Landscape) -> Scene:
        first, (x, y), names = self.ways[0].records[0], landscape.spans, self.plan.experiment.names
        start, minimum, name = self._spot(first.parameters, _height(first)), None, "minimum"
        if self.optimum is not None:
            minimum = self._spot(*self.optimum)
        elif (lowest := landscape.grid.lowest) is not None:
            minimum, name = Spot(*lowest), "lowest on the grid"
        return Scene(
            (names[self.over[0]], names[self.over[1]]),
            self.plan.loss_name + (" + penalty" if first.penalty is not None else ""),
            (x.low, x.high),
            (y.low, y.high),
            start,
            minimum,
            [self._trail(way) for way in self.ways],
            minimum_name=name,
        )

    def _spot(self, parameters: Array, height: float) -> Spot:
        return Spot(float(parameters[self.over[0]]), float(parameters[self.over[1]]), height)

    def _trail(self, way: Way) -> DescentPath:
        points = np.array([record.parameters[list(self.over)] for record in way.records], dtype=np.float64)
        steps, heights = [record.step for record in way.records], [_height(record) for record in way.records]
        return DescentPath(way.rate, steps, points, heights, way.records[-1].status)


def _height(record: Epoch) -> float:
    """Loss and penalty; a run that left the numbers behind counts as infinitely high."""
    height = float(record.loss) + float(record.penalty or 0.0)
    return math.inf if math.isnan(height) else height
