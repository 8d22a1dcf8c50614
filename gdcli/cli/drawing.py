"""What `gdcli surface` draws and lists, whatever the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from gdcli.analysis.surfaces import Plane, Span, Surface, surface
from gdcli.arrays import Array
from gdcli.cli import parse
from gdcli.cli.output import exact
from gdcli.errors import OptionError
from gdcli.render.reports.surface_marks import Scene, Spot
from gdcli.training.loop import Problem
from gdcli.training.records import Epoch, Row

AFFORDABLE = 2e10  # multiplications: a second or two
COUNT, COARSE, MOST = 41, 21, 1000
RANGE = "as in {} -3:5:41"


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


class Way(NamedTuple):
    """One run: its rate, and its records in raw units."""

    rate: float
    records: Sequence[Epoch]


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
    """All there is to tell.

    Args:
        landscape: The loss over the plane.
        scene: What is on it.
        over: Positions of both parameters among the model's.
        ways: The runs on it.
        more: Further figures.
        exact: Whether the minimum is the exact one, from a formula.
        interrupted: Whether a run was.
    """

    landscape: Landscape
    scene: Scene
    over: tuple[int, int] = (0, 1)
    ways: Sequence[Way] = ()
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

    def figures(self) -> dict[str, Any]:
        """The object of `gdcli.surface/1`."""
        grid, names = self.grid, self.scene.names
        penalty = {} if grid.penalty is None else {"penalty_grid": grid.penalty.tolist()}
        return {
            "over": list(names),
            "start": self._spot(self.scene.start),
            "minimum": self._spot(self.scene.minimum),
            "minimum_is": "exact" if self.exact else "lowest on the grid",
            "axes": {names[0]: grid.x.tolist(), names[1]: grid.y.tolist()},
            "grid": grid.loss.tolist(),
            **penalty,
            "paths": [
                {"lr": way.rate, "status": str(way.records[-1].status), "points": [*map(self._point, way.records)]}
                for way in self.ways
            ],
            **self.more,
        }

    def outline(self) -> dict[str, Any]:
        """The same without the grid, and of the paths only their ends."""
        paths = [
            {"lr": way.rate, "status": str(way.records[-1].status), **self._point(way.records[-1])} for way in self.ways
        ]
        told = {"path": paths[0]} if len(paths) == 1 else {"paths": paths} if paths else {}
        return {
            "over": list(self.scene.names),
            "start": self._spot(self.scene.start),
            "minimum": self._spot(self.scene.minimum),
            "minimum_is": "exact" if self.exact else "lowest on the grid",
            **told,
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


def span(flag: str, text: str, count: int = COUNT) -> Span:
    """`LOW:HIGH:COUNT`, or `LOW:HIGH`.

    Raises:
        OptionError: Naming what is wrong with it.
    """
    parts = text.split(":")
    if len(parts) not in (2, 3):
        raise OptionError(f"{flag}: '{text}' is not LOW:HIGH:COUNT", RANGE.format(flag))
    low, high = (parse.numbers(flag, part, RANGE.format(flag))[0] for part in parts[:2])
    if not low < high:
        raise OptionError(f"{flag}: {exact(low)} is not below {exact(high)}", RANGE.format(flag))
    if not 1e-9 * max(abs(low), abs(high)) < high - low < 1e300:
        raise OptionError(f"{flag}: {exact(low)} and {exact(high)} are too near or too far apart", RANGE.format(flag))
    return Span(low, high, _count(flag, parts[2]) if len(parts) == 3 else count)


def _count(flag: str, text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdecimal()) or int(text[:9]) < 2:
        raise OptionError(f"{flag}: '{text}' is not a count of 2 or more points", RANGE.format(flag))
    if len(text) > 9 or int(text) > MOST:
        raise OptionError(f"{flag}: {text} points are more than {MOST}", RANGE.format(flag))
    return int(text)
