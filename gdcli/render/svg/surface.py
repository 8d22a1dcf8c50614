"""The loss surface as SVG, without scripts, styles or anything from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import numpy as np

from gdcli.definitions.dataclass import dataclass
from gdcli.experiments.surface import DescentPath, Range, Scene
from gdcli.formatting import short
from gdcli.render.charts.axes import Ticks, axis, fractions
from gdcli.render.raster.colormap import scale_colors
from gdcli.render.raster.contours import contour
from gdcli.render.raster.geometry import Floats, pieces
from gdcli.render.raster.pictures import scale_levels, value_limits
from gdcli.render.reports.surface import resample
from gdcli.render.reports.surface_marks import TIE, describe_path, describe_scene, wrap_words
from gdcli.render.screen import Screen, english
from gdcli.render.svg.ink import BOLD, Fragment, clean, label
from gdcli.render.theme import AXIS, EDGE, LIGHT, MISSING, PATH, START, STEP, TRAILS, Meaning
from gdcli.said import say, together

PIXELS = (129, 97)  # columns and rows of a surface that looks smooth
BANDS, CONTOURS = 56, 10
ACROSS = 4  # pictures in a row
LEFT, TOP, BELOW, BAR = 64, 44, 54, 104  # room around a picture
LINE, LETTER = 17, 6.6  # a line's height and a letter's width, at the size of the text
NEAREST = 2.0  # dots of a path nearer than this are one


@dataclass(frozen=True)
class _Box:
    """A picture's size, and the widths of a path and of its dark edge."""

    width: int
    height: int
    stroke: float
    edge: float


ALONE, BESIDE = _Box(640, 440, 2, 4), _Box(300, 300, 1.2, 2.6)


def draw_svg(scene: Scene, values: Floats, speak: Callable[[str], str] = english) -> str:
    """The picture as the text of an SVG file on a light ground.

    Args:
        scene: What is on the surface.
        values: The surface, `(height, width)`, lowest row first.
        speak: Says a text in the reader's language.
    """
    body, width, height = draw_scene(scene, values, speak)
    title = say("{name} over {x} and {y}", name=scene.loss_name, x=scene.names[0], y=scene.names[1])
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}"'
        f' width="{width:g}" height="{height:g}"'
        f' color="{LIGHT.ink}" font-family="sans-serif" font-size="13">',
        f"<title>{clean(speak(title))}</title>",
        f'<rect width="{width:g}" height="{height:g}" fill="{LIGHT.paper}"/>',
        body,
    ]
    return "\n".join([*lines, "</svg>", ""])


def draw_scene(scene: Scene, values: Floats, speak: Callable[[str], str]) -> Fragment:
    """The picture with its colour bar and what there is to say.

    Args:
        scene: What is on the surface.
        values: The surface, `(height, width)`, lowest row first.
        speak: Says a text in the reader's language.
    """
    screen = Screen(speak=speak)
    panels = scene.panels() or [[]]
    box = ALONE if len(panels) == 1 else BESIDE
    columns = -(-len(panels) // -(-len(panels) // ACROSS))
    rows = -(-len(panels) // columns)
    below = BELOW + (3 * LINE * max(map(len, panels)) if len(panels) > 1 else 0)
    width, foot = columns * (LEFT + box.width) + BAR, rows * (TOP + box.height + below)
    words = wrap_words(describe_scene(scene), int((width - LEFT) / LETTER), screen)
    legend = (
        [*_legend(scene, panels[0], LEFT, foot + LINE * len(words), screen)]
        if len(panels) == 1 < len(panels[0])
        else []
    )
    height = foot + LINE * (len(words) + len(legend)) + 6
    lines = [f'<defs><g id="surface">{_ground(values, box)}</g></defs>']
    for at, trails in enumerate(panels):
        x, y = LEFT + at % columns * (LEFT + box.width), TOP + at // columns * (TOP + box.height + below)
        lines += [f'<g transform="translate({x} {y})">', *_panel(scene, trails, box, len(panels) > 1, screen), "</g>"]
    lines += _bar(scene, values, width - BAR + 22, box.height)
    lines += [label(word, LEFT, foot + LINE * at, "start") for at, word in enumerate(words)]
    return Fragment("\n".join([*lines, *legend]), width, height)


def _panel(scene: Scene, trails: Sequence[DescentPath], box: _Box, beside: bool, screen: Screen) -> Iterator[str]:
    """One picture: the surface, paths and marks, axes, and of several pictures what is said of it."""
    yield '<use href="#surface"/>'
    several = len(trails) > 1
    for meaning, trail in zip(TRAILS, trails, strict=False):
        yield from _path(scene, trail, box, *((meaning, meaning) if several else (PATH, STEP)))
    for meaning, trail in zip(TRAILS, trails if several else (), strict=False):
        yield from _number(scene, trail, box, meaning)
    for spot, letter in scene.marks():
        x, y = _to_pixels(_fractions(scene, np.array([spot[:2]])), box)[0].tolist()
        yield (_start if letter == START.mark else _cross)(x, y)
    yield from _axes(scene, box)
    if beside and trails:
        yield label(screen.speak(say("lr {rate}", rate=short(trails[0].rate, 6))), box.width / 2, -14, "middle", BOLD)
        if several:
            yield from _legend(scene, trails, 0, box.height + BELOW, screen)
        else:
            for at, line in enumerate(wrap_words(describe_path(scene, trails[0]), int(box.width / LETTER), screen)):
                yield label(line, 0, box.height + BELOW + LINE * at, "start")


def _legend(scene: Scene, trails: Sequence[DescentPath], x: float, y: float, screen: Screen) -> Iterator[str]:
    """Of each path its number on its colour, its optimizer, and how it went."""
    rates = len({trail.rate for trail in trails}) > 1
    for at, (meaning, trail) in enumerate(zip(TRAILS, trails, strict=False)):
        rate = say("lr {rate}  ", rate=short(trail.rate, 6)) if rates else ""
        below = y + LINE * at
        words = screen.speak(together("", [trail.optimizer, "  ", rate, describe_path(scene, trail)])).replace(TIE, " ")
        yield _badge(meaning, x + 7, below - 4.5) + label(words, x + 20, below, "start")


def _number(scene: Scene, trail: DescentPath, box: _Box, meaning: Meaning) -> Iterator[str]:
    """A path's number where it ends, or was last seen."""
    points = scene.drawn(trail)
    points = points[scene.inside(points)]
    if len(points):
        x, y = _to_pixels(_fractions(scene, points[-1:]), box)[0].tolist()
        yield _badge(meaning, x, y)


def _badge(meaning: Meaning, x: float, y: float) -> str:
    """A number in a circle of its colour."""
    fill = meaning.color.light
    ink = LIGHT.paper if fill == EDGE.color.light else EDGE.color.light
    circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="{fill}" stroke="{AXIS.color.light}"/>'
    where = f'x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle" font-size="11" fill="{ink}"'
    return f"{circle}<text {where} {BOLD}>{meaning.mark}</text>"


def _ground(values: Floats, box: _Box) -> str:
    """The colours, and lines at equal steps of log loss on them."""
    levels = scale_levels(resample(values, *PIXELS), "log")
    return "\n".join(["", *_colours(levels, box), *_contours(levels, box), ""])


def _colours(levels: Floats, box: _Box) -> Iterator[str]:
    """Rectangles of one colour: neighbours in a row are one, and those of a colour share a path."""
    known = np.isfinite(levels[::-1])
    bands = np.where(known, np.rint(np.nan_to_num(levels[::-1]) * (BANDS - 1)), -1).astype(int)
    runs: dict[int, list[str]] = {}
    for row, line in enumerate(bands.tolist()):
        at = 0
        for band, cells in groupby(line):
            count = len(list(cells))
            runs.setdefault(band, []).append(f"M{at} {row}h{count}v1h-{count}z")
            at += count
    scale = f"scale({box.width / bands.shape[1]:.6g} {box.height / bands.shape[0]:.6g})"
    yield f'<g transform="{scale}" shape-rendering="crispEdges">'
    yield from (f'<path fill="{_colour(band)}" d="{"".join(parts)}"/>' for band, parts in sorted(runs.items()))
    yield "</g>"


def _colour(band: int) -> str:
    """Low is bright; what has no value is grey."""
    if band < 0:
        return MISSING.color.light
    red, green, blue = scale_colors()[255 - round(band * 255 / (BANDS - 1))].tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def _contours(levels: Floats, box: _Box) -> Iterator[str]:
    """Lines between the bands."""
    last = np.maximum(np.array(levels.shape[::-1]) - 1, 1)
    lines = [line / last for k in range(1, CONTOURS) for line in contour(levels, k / CONTOURS)]
    drawn = "".join(_polyline(_to_pixels(line, box)) for line in lines)
    if drawn:
        yield f'<path fill="none" stroke="{EDGE.color.light}" stroke-opacity=".28" d="{drawn}"/>'


def _polyline(points: Floats) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points.tolist())


def _fractions(scene: Scene, points: Floats) -> Floats:
    return fractions(points, axis(*scene.x_range, 1), axis(*scene.y_range, 1))


def _to_pixels(fractions: Floats, box: _Box) -> Floats:
    """Fractions of the picture in its own units, y downwards."""
    return np.asarray(fractions * [box.width, -box.height] + [0, box.height], dtype=np.float64)


def _path(scene: Scene, trail: DescentPath, box: _Box, ink: Meaning, dot: Meaning) -> Iterator[str]:
    """A bright line with a dot where each step landed, as far as they can be distinguished."""
    points = scene.drawn(trail)
    drawn = "".join(_polyline(_thin(_to_pixels(piece, box), 0.3)) for piece in pieces(_fractions(scene, points)))
    if drawn:
        line = f'fill="none" stroke-linejoin="round" stroke-linecap="round" d="{drawn}"'
        yield f'<path stroke="{EDGE.color.light}" stroke-opacity=".5" stroke-width="{box.edge}" {line}/>'
        yield f'<path stroke="{ink.color.light}" stroke-width="{box.stroke}" {line}/>'
    yield f'<g fill="{dot.color.light}">'
    for x, y in _thin(_to_pixels(_fractions(scene, points[scene.inside(points)]), box), NEAREST).tolist():
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{1 + box.stroke / 2:g}"/>'
    yield "</g>"


def _thin(points: Floats, apart: float) -> Floats:
    """Points without those nearer than that to the one kept before; the last stays."""
    kept: list[int] = []
    for at, (x, y) in enumerate(points.tolist()):
        if not kept or np.hypot(x - points[kept[-1], 0], y - points[kept[-1], 1]) >= apart:
            kept.append(at)
    return points[sorted({*kept, len(points) - 1})] if len(points) else points


def _start(x: float, y: float) -> str:
    circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="{LIGHT.paper}" stroke="{LIGHT.outline}"/>'
    return circle + label(START.mark, x, y + 4.5, "middle", f'{BOLD} fill="{LIGHT.ink}"')


def _cross(x: float, y: float) -> str:
    strokes = f"M{x - 6:.1f} {y - 6:.1f}l12 12m-12 0l12-12"
    rounded = f'stroke-linecap="round" d="{strokes}"'
    lines = ((LIGHT.paper, 5), (LIGHT.outline, 2.4))
    return "".join(f'<path stroke="{color}" stroke-width="{width}" {rounded}/>' for color, width in lines)


def _axes(scene: Scene, box: _Box) -> Iterator[str]:
    """The frame, round ticks, and what the axes are."""
    yield f'<rect width="{box.width}" height="{box.height}" fill="none" stroke="{AXIS.color.light}"/>'
    for where, text in _ticks(axis(*scene.x_range, box.width // 70).ticks, scene.x_range):
        x = where * box.width
        yield _tick(f"M{x:.1f} {box.height}v5") + label(text, x, box.height + 20, "middle")
    for where, text in _ticks(axis(*scene.y_range, box.height // 55).ticks, scene.y_range):
        y = box.height - where * box.height
        yield _tick(f"M0 {y:.1f}h-5") + label(text, -9, y + 4.5, "end")
    yield label(scene.names[0], box.width, box.height + 36, "end", BOLD)
    yield label(scene.names[1], 0, -14, "middle", BOLD)


def _ticks(ticks: Ticks, ends: Range) -> Ticks:
    """Ticks as fractions of their axis."""
    spots = axis(*ends, 1).fraction(np.array([value for value, _ in ticks])).tolist()
    return [(spot, text) for spot, (_, text) in zip(spots, ticks, strict=True) if -1e-9 <= spot <= 1 + 1e-9]


def _tick(line: str) -> str:
    return f'<path stroke="{AXIS.color.light}" d="{line}"/>'


def _bar(scene: Scene, values: Floats, left: int, height: int) -> Iterator[str]:
    """What the colours mean: a column of them, in units of the loss."""
    low, high = np.log10(value_limits(values, "log")).tolist()
    part = height / BANDS
    yield f'<g transform="translate({left} {TOP})">'
    for band in range(BANDS):
        place = f'y="{height - (band + 1) * part:.2f}" width="16" height="{part + 0.3:.2f}"'
        yield f'<rect {place} fill="{_colour(band)}"/>'
    yield f'<rect width="16" height="{height}" fill="none" stroke="{AXIS.color.light}"/>'
    for where, text in _ticks(axis(low, high, 6, log=True).ticks, (low, high)):
        y = height - where * height
        yield _tick(f"M16 {y:.1f}h5") + label(text, 25, y + 4.5, "start")
    start = min(0.0, BAR - 30 - 1.15 * LETTER * len(scene.loss_name))  # a long name reaches to the left
    yield label(scene.loss_name, start, -14, "start", BOLD)
    yield "</g>"
