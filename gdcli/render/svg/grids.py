"""Confusion matrices, decision regions and rows of images as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np

from gdcli.arrays import Array
from gdcli.render import theme
from gdcli.render.charts.axes import axis, fractions
from gdcli.render.raster.colormap import hues, oklch
from gdcli.render.raster.geometry import within
from gdcli.render.reports.confusion import Matrix
from gdcli.render.reports.images import Gallery
from gdcli.render.reports.regions import Regions
from gdcli.render.svg.ink import BOLD, LETTER, SHAPES, Fragment, Ink, extent, label, shape
from gdcli.said import say

TOP, BELOW = 44, 40
LARGEST, READABLE = 44, 13  # of a matrix' cells; the size from which a number is written into one
FINE = 150  # points across decision regions
IMAGE, GAP = 84, 12
TITLE = f'{BOLD} font-size="14"'


def draw_matrix(matrix: Matrix, width: float, height: float, ink: Ink) -> Fragment:  # noqa: ARG001 - as high as it is
    """A confusion matrix: green on the diagonal, red beside it, the stronger the larger the part of its row."""
    counts = np.asarray(matrix.counts, dtype=np.int64)
    names = [str(one) for one in matrix.labels]
    left = 10 + max(map(extent, names))
    cell = min(LARGEST, (width - left) / len(names))
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    title = say("{title}, rows: truth, columns: predicted", title=matrix.title)
    body = [label(ink.speak(title), 0, 15, more=TITLE)]
    across = max(map(extent, names)) <= cell
    for at, name in enumerate(names):
        middle = TOP + at * cell + cell / 2 + 4
        body.append(label(name, left - 6, middle, "end"))
        short = name if across else str(at + 1)
        body.append(label(short, left + at * cell + cell / 2, TOP - 6, "middle"))
        body += _row(counts[at].tolist(), share[at].tolist(), at, (left, TOP + at * cell, cell), ink)
    return Fragment("\n".join(body), left + cell * len(names), TOP + cell * len(names) + 14)


def _row(
    counts: list[int], share: list[float], truth: int, place: tuple[float, float, float], ink: Ink
) -> Iterator[str]:
    """The cells of one true class."""
    left, top, size = place
    for at, (count, part) in enumerate(zip(counts, share, strict=True)):
        meaning = theme.BEST if at == truth else theme.WRONG
        box = f'x="{left + at * size:.1f}" y="{top:.1f}" width="{size:.1f}" height="{size:.1f}"'
        fill = f'fill="{ink.of(meaning)}" fill-opacity="{0.08 + 0.62 * part if count else 0:.2f}"'
        yield f'<rect {box} {fill} stroke="{ink.of(theme.AXIS)}" stroke-opacity=".35"/>'
        if count and size >= READABLE:
            text = min(13.0, size / (0.62 * len(str(count)) + 0.4))
            more = f'font-size="{text:.1f}"' + f" {BOLD}" * (at == truth)
            yield label(str(count), left + (at + 0.5) * size, top + size / 2 + text / 3, "middle", more)


def draw_regions(regions: Regions, width: float, height: float, ink: Ink) -> Fragment:
    """Which class each point of the plane gets, with the rows on top, each class with a mark of its own."""
    x, y = (axis(*each, 6, name) for each, name in zip(regions.ranges(), regions.names, strict=True))
    left = 12 + LETTER * max(len(text) for _, text in y.ticks)
    ratio = (x.high - x.low) / (y.high - y.low)
    tall = min(height - TOP - BELOW, (width - left) / (ratio if 0.2 <= ratio <= 5 else 1.4))
    wide = min(width - left, tall * (ratio if 0.2 <= ratio <= 5 else 1.4))
    kinds = regions.grid(FINE, max(2, round(FINE * tall / wide)))[::-1]
    ground, marks = _colors(len(regions.classes), ink)
    title = ink.speak(regions.title)
    body = [label(title, 0, 15, more=TITLE), *_legend(title, regions, marks)]
    body.append(f'<g transform="translate({left:.1f} {TOP})">')
    scale = f"scale({wide / kinds.shape[1]:.5g} {tall / kinds.shape[0]:.5g})"
    body.append(f'<g transform="{scale}" shape-rendering="crispEdges">{_areas(kinds, ground)}</g>')
    body.append(f'<rect width="{wide:.1f}" height="{tall:.1f}" fill="none" stroke="{ink.of(theme.AXIS)}"/>')
    spots = fractions(regions.rows, x, y)
    inside = within(spots)
    for (across, up), kind in zip(
        spots[inside].tolist(), np.asarray(regions.labels, int)[inside].tolist(), strict=True
    ):
        body.append(shape(SHAPES[kind % len(SHAPES)], across * wide, tall - up * tall, 2.6, marks[kind]))
    for one, at, size in ((x, 0, wide), (y, 1, tall)):
        for value, text in one.ticks:
            spot = float(one.fraction(np.array(value))) * size
            body.append(label(text, -6, tall - spot + 4, "end") if at else label(text, spot, tall + 16, "middle"))
    body += [label(regions.names[0], wide, tall + 33, "end"), label(regions.names[1], 4, -6), "</g>"]
    return Fragment("\n".join(body), width, TOP + tall + BELOW)


def _legend(title: str, regions: Regions, marks: list[str]) -> Iterator[str]:
    at = 24 + 1.27 * extent(title)
    for kind, name in enumerate(regions.classes):
        yield shape(SHAPES[kind % len(SHAPES)], at, 11, 3.2, marks[kind]) + label(name, at + 9, 15)
        at += 30 + extent(name)


def _colors(count: int, ink: Ink) -> tuple[list[str], list[str]]:
    """The colours of the classes' ground and of their points."""
    light, chroma = (0.36, 0.09) if ink.dark else (0.91, 0.05)
    marks = (0.82, 0.15) if ink.dark else (0.47, 0.16)
    each = oklch(light, chroma, hues(count)), oklch(*marks, hues(count))
    ground, points = ([f"#{r:02x}{g:02x}{b:02x}" for r, g, b in one.tolist()] for one in each)
    return ground, points


def _areas(kinds: Array, colors: list[str]) -> str:
    """Rectangles of one class: neighbours in a row are one, and those of a class share a path."""
    runs: dict[int, list[str]] = {}
    for row, line in enumerate(kinds.astype(int).tolist()):
        at = 0
        for kind, cells in groupby(line):
            count = len(list(cells))
            runs.setdefault(kind, []).append(f"M{at} {row}h{count}v1h-{count}z")
            at += count
    return "".join(f'<path fill="{colors[kind]}" d="{"".join(parts)}"/>' for kind, parts in sorted(runs.items()))


def draw_gallery(gallery: Gallery, width: float, height: float, ink: Ink) -> Fragment:  # noqa: ARG001 - as high as it is
    """Grey images with their captions: dark is 0, as on a terminal."""
    abreast = max(1, int((width + GAP) // (IMAGE + GAP)))
    body = []
    for at, (image, caption) in enumerate(zip(gallery.images, gallery.captions, strict=True)):
        x, y = at % abreast * (IMAGE + GAP), at // abreast * (IMAGE + 30)
        body.append(f'<g transform="translate({x} {y})">{_image(image)}{label(ink.speak(caption), 0, IMAGE + 16)}</g>')
    rows = -(-len(body) // abreast)
    return Fragment("\n".join(body), width, rows * (IMAGE + 30))


def _image(pixels: Array) -> str:
    """Rectangles of one grey."""
    greys = np.rint(pixels.clip(0, 1) * 31).astype(int)
    colors = [f"#{3 * f'{round(level * 255 / 31):02x}'}" for level in range(32)]
    scale = IMAGE / len(pixels)
    return f'<g transform="scale({scale:.5g})" shape-rendering="crispEdges">{_areas(greys, colors)}</g>'
