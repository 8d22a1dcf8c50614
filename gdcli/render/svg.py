"""The loss surface as a picture file: a standalone SVG without scripts, styles or anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from textwrap import wrap

import numpy as np

from gdcli.render.axes import axis
from gdcli.render.canvas import limits
from gdcli.render.colormap import scale_colors
from gdcli.render.contours import contour
from gdcli.render.geometry import Floats, pieces
from gdcli.render.numbers import short
from gdcli.render.screen import Screen, plain
from gdcli.render.surface import Scene, Trail, outcome, sentence

PIXELS = (161, 121)  # columns and rows of a surface that looks smooth
BANDS = 64  # colours
CONTOURS = 10
ALONE, BESIDE = (640, 440), (300, 300)  # the size of a picture, alone and beside others
LEFT, TOP, BELOW, GAP, BAR = 64, 44, 52, 30, 100  # room around a picture
LETTER = 6.4  # a letter's width at the size of the text
INK, PALE = "#333", "#777"
DENSE = 2.0  # dots of a path nearer than this are one


def svg(scene: Scene, values: Floats) -> str:
    """The picture as the text of an SVG file.

    Args:
        scene: What is on the surface.
        values: The surface, `(height, width)`, lowest row first.
    """
    trails: list[Trail | None] = [*scene.trails] or [None]
    box = ALONE if len(trails) == 1 else BESIDE
    lefts = [LEFT + at * (box[0] + LEFT + GAP) for at in range(len(trails))]
    width = lefts[-1] + box[0] + BAR
    words = wrap(_text(sentence(scene)), int((width - 2 * GAP) / LETTER))
    foot = TOP + box[1] + BELOW + (36 if len(trails) > 1 else 0)
    height = foot + 18 * len(words) + 8
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="sans-serif" font-size="13">',
        f"<title>{escape(_text(scene.loss_name))} over {escape(_text(' and '.join(scene.names)))}</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for left, trail in zip(lefts, trails, strict=True):
        body += [f'<g transform="translate({left} {TOP})">', *_panel(scene, trail, values, box), "</g>"]
    body += _bar(scene, values, lefts[-1] + box[0] + 22, box[1])
    body += [_label(word, GAP, foot + 18 * at, "start") for at, word in enumerate(words)]
    return "\n".join([*body, "</svg>", ""])


def _panel(scene: Scene, trail: Trail | None, values: Floats, box: tuple[int, int]) -> Iterator[str]:
    """One picture: colours, contours, path and marks, axes."""
    yield from _colours(values, box)
    yield from _contours(values, box)
    if trail is not None:
        yield from _path(scene, trail, box)
    for spot, mark in ((scene.start, _start), (scene.minimum, _cross)):
        if spot is not None and scene.inside(spot[:2]).all():
            yield mark(*_place(scene, np.array([spot[:2]]), box)[0].tolist())
    yield from _axes(scene, box)
    if trail is not None and len(scene.trails) > 1:
        yield _label(f"lr {short(trail.rate, 6)}", box[0] / 2, -14, "middle", INK, 'font-weight="bold"')
        for at, line in enumerate(wrap(_text(outcome(scene, trail)), int(box[0] / LETTER))):
            yield _label(line, 0, box[1] + 54 + 16 * at, "start", INK, 'font-size="12"')


def _levels(values: Floats) -> Floats:
    """0 to 1 on the log scale of the colours; NaN where there is no value."""
    low, high = limits(values, "log")
    values = np.where(np.isfinite(values), values, np.nan)
    with np.errstate(all="ignore"):
        scaled = np.log(np.clip(values, low, None) / low) / np.log(high / low)
    return np.asarray(np.nan_to_num(scaled, nan=0.0) if high <= low else scaled.clip(0, 1))


def _colours(values: Floats, box: tuple[int, int]) -> Iterator[str]:
    """Rectangles of one colour: the neighbours in a row are one, and those of a colour share a path."""
    levels = _levels(values)[::-1]
    bands = np.where(np.isfinite(levels), np.rint(np.nan_to_num(levels) * (BANDS - 1)), -1).astype(int)
    height, width = bands.shape
    runs: dict[int, list[str]] = {}
    for row, line in enumerate(bands.tolist()):
        at = 0
        for band, cells in groupby(line):
            count = len(list(cells))
            runs.setdefault(band, []).append(f"M{at} {row}h{count}v1h-{count}z")
            at += count
    scale = f"scale({box[0] / width:.5g} {box[1] / height:.5g})"
    yield f'<g transform="{scale}" shape-rendering="crispEdges">'
    yield from (f'<path fill="{_colour(band)}" d="{"".join(parts)}"/>' for band, parts in sorted(runs.items()))
    yield "</g>"


def _colour(band: int) -> str:
    """Low is bright; what has no value is grey."""
    if band < 0:
        return "#808080"
    red, green, blue = scale_colors()[255 - round(band * 255 / (BANDS - 1))].tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def _contours(values: Floats, box: tuple[int, int]) -> Iterator[str]:
    """Lines at equal steps of log loss."""
    levels = _levels(values)
    scale = np.array([box[0], box[1]]) / (np.array(levels.shape[::-1]) - 1)
    lines = [line * scale * [1, -1] + [0, box[1]] for k in range(1, CONTOURS) for line in contour(levels, k / CONTOURS)]
    drawn = "".join(_polyline(line) for line in lines)
    if drawn:
        yield f'<path fill="none" stroke="#000" stroke-opacity=".28" stroke-width="1" d="{drawn}"/>'


def _polyline(points: Floats) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points.tolist())


def _place(scene: Scene, points: Floats, box: tuple[int, int]) -> Floats:
    """Points in the picture's own units, y downwards."""
    return _fractions(scene, points) * [box[0], -box[1]] + [0, box[1]]


def _fractions(scene: Scene, points: Floats) -> Floats:
    points = points[np.isfinite(points).all(axis=1)]
    ranges = zip((scene.x_range, scene.y_range), points.T, strict=True)
    return np.stack([axis(*ends, 1).fraction(values) for ends, values in ranges], axis=1)


def _path(scene: Scene, trail: Trail, box: tuple[int, int]) -> Iterator[str]:
    """A bright line with a dot where each step landed, as far as they can be told apart."""
    fractions = _fractions(scene, trail.points)
    drawn = "".join(_polyline(_thin(piece * [box[0], -box[1]] + [0, box[1]], 0.3)) for piece in pieces(fractions))
    if drawn:
        line = f'fill="none" stroke-linejoin="round" stroke-linecap="round" d="{drawn}"'
        yield f'<path stroke="#000" stroke-opacity=".5" stroke-width="4" {line}/>'
        yield f'<path stroke="#fff" stroke-width="2" {line}/>'
    yield '<g fill="#e2283c">'
    dots = trail.points[scene.inside(trail.points)]
    for x, y in _thin(_place(scene, dots, box), DENSE).tolist():
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2"/>'
    yield "</g>"


def _thin(points: Floats, apart: float) -> Floats:
    """Points without those nearer than that to the one kept before; the last stays."""
    kept: list[int] = []
    for at, (x, y) in enumerate(points.tolist()):
        if not kept or np.hypot(x - points[kept[-1], 0], y - points[kept[-1], 1]) >= apart:
            kept.append(at)
    return points[sorted({*kept, len(points) - 1})] if len(points) else points


def _start(x: float, y: float) -> str:
    letter = _label("S", x, y + 4.5, "middle", "#111", 'font-weight="bold"')
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="#fff" stroke="#111"/>\n{letter}'


def _cross(x: float, y: float) -> str:
    lines = "".join(f"M{x - 6:.1f} {y - 6 * s:.1f}L{x + 6:.1f} {y + 6 * s:.1f}" for s in (1, -1))
    return (
        f'<path stroke="#fff" stroke-width="5" stroke-linecap="round" d="{lines}"/>\n'
        f'<path stroke="#111" stroke-width="2.4" stroke-linecap="round" d="{lines}"/>'
    )


def _axes(scene: Scene, box: tuple[int, int]) -> Iterator[str]:
    """The frame, round ticks, and what the axes are."""
    width, height = box
    yield f'<rect width="{width}" height="{height}" fill="none" stroke="{PALE}"/>'
    across, up = axis(*scene.x_range, width // 70), axis(*scene.y_range, height // 55)
    for where, text in _ticks(across.ticks, scene.x_range):
        x = where * width
        yield f'<path stroke="{PALE}" d="M{x:.1f} {height}v5"/>{_label(text, x, height + 20, "middle")}'
    for where, text in _ticks(up.ticks, scene.y_range):
        y = height - where * height
        yield f'<path stroke="{PALE}" d="M0 {y:.1f}h-5"/>{_label(text, -9, y + 4.5, "end")}'
    yield _label(scene.names[0], width, height + 38, "end", INK, 'font-weight="bold"')
    yield _label(scene.names[1], 0, -14, "end", INK, 'font-weight="bold"')


def _ticks(ticks: Sequence[tuple[float, str]], ends: tuple[float, float]) -> list[tuple[float, str]]:
    """Ticks as fractions of their axis."""
    spots = axis(*ends, 1).fraction(np.array([value for value, _ in ticks])).tolist()
    return [(spot, text) for spot, (_, text) in zip(spots, ticks, strict=True) if -1e-9 <= spot <= 1 + 1e-9]


def _bar(scene: Scene, values: Floats, left: int, height: int) -> Iterator[str]:
    """What the colours mean: a column of them, in units of the loss."""
    ends = np.log10(limits(values, "log")).tolist()
    part = height / BANDS
    yield f'<g transform="translate({left} {TOP})">'
    for band in range(BANDS):
        yield (
            f'<rect y="{height - (band + 1) * part:.2f}" width="16" height="{part + 0.3:.2f}" fill="{_colour(band)}"/>'
        )
    yield f'<rect width="16" height="{height}" fill="none" stroke="{PALE}"/>'
    for where, text in _ticks(axis(ends[0], ends[1], 6, log=True).ticks, (ends[0], ends[1])):
        y = height - where * height
        yield f'<path stroke="{PALE}" d="M16 {y:.1f}h5"/>{_label(text, 25, y + 4.5, "start")}'
    yield _label(scene.loss_name, 0, -14, "start", INK, 'font-weight="bold"')
    yield "</g>"


def _label(text: str, x: float, y: float, anchor: str, fill: str = INK, more: str = "") -> str:
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}"'
    return f"<text {where}{' ' * bool(more)}{more}>{escape(_text(text))}</text>"


def _text(text: str) -> str:
    """Names without what XML cannot hold."""
    return plain(text, Screen())
