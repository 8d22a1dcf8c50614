"""Contour lines of a grid: where it crosses a level, as polylines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gdcli.render.raster.geometry import Floats

Graph = dict[int, list[int]]


def contour(values: Floats, level: float) -> list[Floats]:
    """The lines along which a grid has a value, by marching squares.

    Args:
        values: `(height, width)`; squares with a corner that is not finite are left out.
        level: The value.

    Returns:
        Each line as `(n, 2)` points: column and row, as fractions of a cell; a closed one ends where it began.

    >>> [line.tolist() for line in contour(np.array([[0.0, 1.0], [0.0, 1.0]]), 0.25)]
    [[[0.25, 0.0], [0.25, 1.0]]]

    Source: Lorensen & Cline 1987, Marching Cubes, in two dimensions.
    """
    edges = _crossings(values, level)
    return [np.array([edges[key] for key in line]) for line in _walks(_joined(values, level))]


def _crossings(values: Floats, level: float) -> dict[int, tuple[float, float]]:
    """Where each edge of the grid is crossed; edges along a row are numbered first, then those along a column."""
    height, width = values.shape
    crossings = {}
    for first, (step_x, step_y) in ((0, (1, 0)), (height * width, (0, 1))):
        a, b = values[: height - step_y, : width - step_x], values[step_y:, step_x:]
        for row, column in np.argwhere((a > level) != (b > level)).tolist():
            along = (level - a[row, column]) / (b[row, column] - a[row, column])
            crossings[first + row * width + column] = (column + along * step_x, row + along * step_y)
    return crossings


def _joined(values: Floats, level: float) -> Graph:
    """Which crossed edges are next to each other: in each square two, or at a saddle two pairs."""
    height, width = values.shape
    above = values > level
    corners = np.stack([above[:-1, :-1], above[:-1, 1:], above[1:, 1:], above[1:, :-1]])
    crossed = corners != np.roll(corners, -1, axis=0)  # lower, right, upper, left edge
    finite = np.isfinite(values)
    whole = finite[:-1, :-1] & finite[:-1, 1:] & finite[1:, 1:] & finite[1:, :-1]
    graph: Graph = {}
    for row, column in np.argwhere(crossed.any(axis=0) & whole).tolist():
        at = row * width + column
        edges = np.array([at, height * width + at + 1, at + width, height * width + at])
        chosen = edges[crossed[:, row, column]].tolist()
        for one, other in zip(chosen[::2], chosen[1::2], strict=True):
            graph.setdefault(one, []).append(other)
            graph.setdefault(other, []).append(one)
    return graph


def _walks(graph: Graph) -> Iterator[list[int]]:
    """The graph's lines: first those with ends, then the closed ones."""
    for begin in [*(key for key, near in graph.items() if len(near) == 1), *graph]:
        if graph.get(begin):
            yield _walk(graph, begin)


def _walk(graph: Graph, begin: int) -> list[int]:
    """A line from there on; its links are taken out of the graph."""
    line = [begin]
    while graph[line[-1]]:
        following = graph[line[-1]].pop()
        graph[following].remove(line[-1])
        line.append(following)
    return line
