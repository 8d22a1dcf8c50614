"""Loss surfaces: the loss over two parameters or two directions, and what lies on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from gdcli.analysis.surfaces import Plane, Span, Surface, surface
from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.said import say
from gdcli.training.loop import Problem
from gdcli.training.records import Epoch, Row, Status

AFFORDABLE = 2e10  # multiplications: a second or two
Range = tuple[float, float]


class Spot(NamedTuple):
    """A place on the surface, and the loss there."""

    x: float
    y: float
    loss: float


@dataclass(frozen=True, eq=False)
class DescentPath:
    """One run's path over the surface.

    Args:
        rate: Its learning rate.
        steps: Updates made at each point.
        points: x and y of each, shape (n, 2).
        losses: The loss at each.
        status: How it ended.
        optimizer: What took the steps.
    """

    rate: float
    steps: Sequence[int]
    points: Array
    losses: Sequence[float]
    status: Status
    optimizer: str = ""


@dataclass(frozen=True, eq=False)
class Scene:
    """What a picture of a surface shows besides the surface.

    Args:
        names: What x and y are.
        loss_name: What the colours measure.
        x_range: The x at the left and the right edge.
        y_range: The y at the lower and the upper edge.
        start: Marked S; where every trail begins.
        minimum: Marked x; None if there is no finite loss.
        trails: The paths; those of different rates in different pictures, those of different optimizers in one.
        start_name: What the start is.
        minimum_name: What the minimum is.
        remark: What else is to be known of the picture.
    """

    names: tuple[str, str]
    loss_name: str
    x_range: Range
    y_range: Range
    start: Spot
    minimum: Spot | None
    trails: Sequence[DescentPath] = ()
    start_name: str = "start"
    minimum_name: str = "minimum"
    remark: str = ""

    def panels(self) -> list[list[DescentPath]]:
        """The paths of each picture: one each, or, of several optimizers, one of each optimizer."""
        if len({trail.optimizer for trail in self.trails}) < 2:
            return [[trail] for trail in self.trails]
        if len({(trail.optimizer, trail.rate) for trail in self.trails}) == len({one.optimizer for one in self.trails}):
            return [list(self.trails)]  # each optimizer at a rate of its own
        return [
            [trail for trail in self.trails if trail.rate == rate]
            for rate in dict.fromkeys(trail.rate for trail in self.trails)
        ]

    def inside(self, points: Any) -> Array:
        """Which of `(n, 2)` points are in the picture."""
        low, high = np.array([self.x_range, self.y_range]).T
        xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        return np.asarray(((xy >= low) & (xy <= high)).all(axis=1))

    def marks(self) -> list[tuple[Spot, str]]:
        """What is marked in the picture, the start on top."""
        spots = [(self.minimum, "x"), (self.start, "S")]
        return [(spot, letter) for spot, letter in spots if spot is not None and self.inside(spot[:2]).all()]

    def left_at(self, trail: DescentPath) -> int | None:
        """The number of the first point outside the picture after one inside it; None if there is none."""
        outside = ~self.inside(trail.points)
        left = np.flatnonzero(outside[1:] & ~outside[:-1])
        return int(left[0]) + 1 if len(left) else None

    def drawn(self, trail: DescentPath) -> Array:
        """The points of a path that are drawn: a diverging one ends where it leaves the picture."""
        left = self.left_at(trail) if trail.status is Status.DIVERGED else None
        return trail.points if left is None else trail.points[: left + 1]


class PathRow(NamedTuple):
    """One point of the grid, or of a path, among those of several optimizers."""

    point: Row
    optimizer: str | None = None
    rate: float | None = None
    step: int | None = None

    def row(self) -> Row:
        """The point, then whose path it is on; nothing for a point of the grid."""
        return self.point | {"optimizer": self.optimizer, "lr": self.rate, "step": self.step}


class GridRow(NamedTuple):
    """One point of the grid."""

    names: tuple[str, str]
    x: float
    y: float
    loss: float
    penalty: float | None

    def row(self) -> Row:
        """Both parameters, loss, then penalty where there is one."""
        row: Row = {self.names[0]: self.x, self.names[1]: self.y, "loss": self.loss}
        return row if self.penalty is None else row | {"penalty": self.penalty}

    @classmethod
    def of(cls, grid: Surface, names: tuple[str, str]) -> Iterator[GridRow]:
        """Row by row, from the lowest y, and in each from the lowest x."""
        across = grid.x.tolist()
        for at, y in enumerate(grid.y.tolist()):
            losses = grid.loss[at].tolist()
            penalties = [None] * len(across) if grid.penalty is None else grid.penalty[at].tolist()
            for x, loss, penalty in zip(across, losses, penalties, strict=True):
                yield cls(names, x, y, loss, penalty)


class Descent(NamedTuple):
    """One run: its rate, its records in raw units, and its optimizer."""

    rate: float
    records: Sequence[Epoch]
    optimizer: str = ""


@dataclass(frozen=True, eq=False)
class Landscape:
    """A loss over a plane.

    Args:
        problem: Whose loss.
        plane: Over what.
        spans: The grid that is listed, across and up.
    """

    problem: Problem
    plane: Plane
    spans: tuple[Span, Span]

    @cached_property
    def grid(self) -> Surface:
        """The losses that are listed."""
        return surface(self.problem, self.plane, self.spans[0].values, self.spans[1].values)

    def values(self, width: int, height: int) -> Array:
        """The losses for a picture of that size; the grid's own where more would take too long."""
        if not affordable(self.problem, width * height):
            return self.grid.height
        x, y = (replace(span, count=count).values for span, count in zip(self.spans, (width, height), strict=True))
        return surface(self.problem, self.plane, x, y).height


@dataclass(frozen=True, eq=False)
class Drawing:
    """A loss surface with what lies on it.

    Args:
        landscape: The loss over the plane.
        scene: What is on it.
        over: Positions of both parameters among the model's.
        descents: The runs on it.
        more: Further figures.
        exact: Whether the minimum is the exact one, from a formula.
        interrupted: Whether a run was.
    """

    landscape: Landscape
    scene: Scene
    over: tuple[int, int] = (0, 1)
    descents: Sequence[Descent] = ()
    more: dict[str, Any] = field(default_factory=dict)
    exact: bool = False
    interrupted: bool = False

    @property
    def grid(self) -> Surface:
        """The losses that are listed."""
        return self.landscape.grid

    def values(self, width: int, height: int) -> Array:
        """The losses for a picture of that size."""
        return self.landscape.values(width, height)

    def rows(self) -> Iterator[GridRow | PathRow]:
        """The grid point by point; with several optimizers, the paths after it."""
        grid = GridRow.of(self.grid, self.scene.names)
        if len({one.optimizer for one in self.descents}) < 2:
            yield from grid
            return
        yield from (PathRow(one.row()) for one in grid)
        for one in self.descents:
            for record in one.records:
                point = self._point(record)
                step = record.step
                yield PathRow({name: point[name] for name in point if name != "step"}, one.optimizer, one.rate, step)

    @staticmethod
    def _run(one: Descent) -> dict[str, Any]:
        """What a path is of, and how it ended."""
        return {"optimizer": one.optimizer, "lr": one.rate, "status": str(one.records[-1].status)}

    def figures(self) -> dict[str, Any]:
        """The object of `gdcli.surface/1`."""
        grid, names = self.grid, self.scene.names
        penalty = {} if grid.penalty is None else {"penalty_grid": grid.penalty.tolist()}
        return {
            "over": list(names),
            "start": self._spot(self.scene.start),
            "minimum": self._spot(self.scene.minimum),
            "minimum_is": "exact" if self.exact else say("lowest on the grid"),
            "axes": {names[0]: grid.x.tolist(), names[1]: grid.y.tolist()},
            "grid": grid.loss.tolist(),
            **penalty,
            "paths": [{**self._run(one), "points": [*map(self._point, one.records)]} for one in self.descents],
            **self.more,
        }

    def outline(self) -> dict[str, Any]:
        """The same without the grid, and of the paths only their ends."""
        paths = [{**self._run(one), **self._point(one.records[-1])} for one in self.descents]
        path = {"path": paths[0]} if len(paths) == 1 else {"paths": paths} if paths else {}
        return {
            "over": list(self.scene.names),
            "start": self._spot(self.scene.start),
            "minimum": self._spot(self.scene.minimum),
            "minimum_is": "exact" if self.exact else say("lowest on the grid"),
            **path,
            **self.more,
        }

    def _spot(self, spot: Spot | None) -> dict[str, float] | None:
        name = "loss" if self.grid.penalty is None else "objective"  # with the penalty
        return None if spot is None else dict(zip((*self.scene.names, name), spot, strict=True))

    def _point(self, record: Epoch) -> Row:
        x, y = (float(record.parameters[at]) for at in self.over)
        names = self.scene.names
        row: Row = {"step": record.step, names[0]: x, names[1]: y, "loss": float(record.loss)}
        return row if record.penalty is None else row | {"penalty": float(record.penalty)}


def affordable(problem: Problem, points: int) -> bool:
    """Whether so many evaluations take about a second at most."""
    return points * len(problem.data) * problem.model.size <= AFFORDABLE
