"""The loss surface on a terminal: the heat map with contours and paths, its axes and its colour bar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from gdcli.definitions.namedtuple import NamedTuple
from gdcli.experiments.surface import DescentPath, Drawing, Scene
from gdcli.formatting import short
from gdcli.render import Report, theme
from gdcli.render.blocks import side_by_side
from gdcli.render.charts.axes import axis, frame_picture, gutter
from gdcli.render.formats import Format
from gdcli.render.layout import Layout, Picture
from gdcli.render.raster.canvas import PixelMark, half_blocks, scale_bar
from gdcli.render.raster.geometry import Floats
from gdcli.render.raster.pictures import draw_heat_map, draw_path, fractions_of, pixels_at
from gdcli.render.reports.surface_marks import describe_path, describe_scene, wrap_words
from gdcli.render.screen import Screen, paint
from gdcli.said import say, together

NARROWEST = 34  # columns of a picture beside others
ASPECT = 2.2  # a picture is at most so many times as wide as high
CONTOURS, FEW = 8, 5  # few in a picture narrower than WIDE
WIDE = 50
AROUND = 11  # lines on the screen besides one picture
LARGEST, LEAST = 60, 8  # lines of a picture
FRAME = 3  # lines of the axes
GUTTER = 10  # columns of the y axis, about
BAR = 72
LINES = 6  # above and below the picture, about
GAP = 2
APART = 16  # pixels between a path's numbers


def report(drawing: Drawing, form: Format, layout: Layout) -> Report:
    """A loss surface, for any format.

    Args:
        drawing: The surface and what lies on it.
        form: Rows have the grid point by point, kv its outline, json all of it.
        layout: What there is of the screen.
    """
    return Report(
        schema="gdcli.surface/1",
        records=drawing.rows() if form.rows_only else (),
        rows_name="",
        summary=drawing.figures if form.nested or form.for_people else drawing.outline,
        blocks=lambda screen: (_fitted if layout.fits else _blocks)(drawing, screen, layout),
        pictures=lambda screen: [Picture.of(lambda: SurfacePicture(drawing), screen)],
        words=lambda _: (),
        title=say(
            "{loss_name} over {names}",
            loss_name=drawing.scene.loss_name,
            names=together(say(" and "), drawing.scene.names),
        ),
    )


class SurfacePicture(NamedTuple):
    """A loss surface with its paths as data; what there is to say stands below it.

    Args:
        drawing: The surface and what lies on it.
    """

    drawing: Drawing

    def draw(self, screen: Screen, width: int, height: int) -> str:
        """The picture as text, on at most so many columns and lines."""
        room = replace(screen, width=width, height=height + AROUND)
        columns, lines = picture_size(self.drawing.scene, room)
        return "\n".join(draw_surface(self.drawing.scene, self.drawing.values(columns, 2 * lines), room, width))


def _blocks(drawing: Drawing, screen: Screen, layout: Layout) -> Iterator[str]:
    columns, lines = picture_size(drawing.scene, screen)
    yield from draw_surface(drawing.scene, drawing.values(columns, 2 * lines), screen, layout.width)


def _fitted(drawing: Drawing, screen: Screen, layout: Layout) -> Iterator[str]:
    """Pictures as large as the screen has room for, the colour bar, and what there is to say."""
    scene = drawing.scene
    panels = scene.panels() or [[]]
    several, paths = len(panels) > 1, max(map(len, panels))
    pictures = [
        Picture(
            partial(_fitted_panel, drawing, trails, several, screen),
            width=NARROWEST,
            height=7 + 3 * several * max(1, paths),
            rank=at,
        )
        for at, trails in enumerate(panels)
    ]
    bar = scale_bar(drawing.values(NARROWEST, NARROWEST), screen, width=min(screen.width, BAR), label=scene.loss_name)
    words = wrap_words(describe_scene(scene), layout.width, screen)
    legend = [] if several or paths < 2 else [*write_legend(scene, panels[0], screen, layout.width)]
    return layout.compose(pictures, [bar, *words, *legend], 0, screen)


def _fitted_panel(
    drawing: Drawing, trails: Sequence[DescentPath], several: bool, screen: Screen, width: int, height: int
) -> str:
    """A picture with its axes in so many columns and lines; of several, under its rate and above how it went."""
    scene = drawing.scene
    words = _below(scene, trails, width - GUTTER, screen) if several else []
    rows = height - FRAME - several - len(words)
    indent = _indent(scene, rows)
    columns = min(width - indent, round(2 * rows * ASPECT))
    values = resample(drawing.values(columns, 2 * rows), columns, 2 * rows)
    if several:
        return _panel(scene, trails, values, indent, screen, words)
    return _picture(scene, trails, values, screen)


def picture_size(scene: Scene, screen: Screen) -> tuple[int, int]:
    """Columns and lines of each picture, such that one, or a row of several, fits the screen."""
    panels = scene.panels()
    count, legend = max(1, len(panels)), max([0, *(len(panel) for panel in panels)])
    beside = max(1, min(count, (screen.width + GAP) // (NARROWEST + GAP)))
    beside = -(-count // -(-count // beside))  # as many in the last row as can be
    around = AROUND + (legend if legend > 1 else 2 * (count > 1))
    if scene.remark:
        around += len(wrap_words(describe_scene(scene), screen.width, screen)) - 1
    rows = min(max(screen.height - around, LEAST), LARGEST)
    room = (screen.width + GAP) // beside - GAP - _indent(scene, rows)
    width = min(room, round(2 * rows * ASPECT))
    return width, min(rows, max(LEAST, width // 2))


def draw_surface(scene: Scene, values: Floats, screen: Screen, width: int) -> Iterator[str]:
    """The surface with its paths, the colour bar, and what there is to say.

    Args:
        scene: What is on the surface.
        values: The surface, `(height, width)`, lowest row first.
        screen: What the terminal can do.
        width: Columns to keep text to.
    """
    columns, rows = picture_size(scene, screen)
    values = resample(values, columns, 2 * rows)
    indent = _indent(scene, rows)
    panels = scene.panels()
    if len(panels) > 1:
        drawn = [
            _panel(scene, trails, values, indent, screen, _below(scene, trails, columns, screen)) for trails in panels
        ]
        yield from side_by_side(drawn, screen, GAP).split("\n")
        yield ""
    else:
        yield from _picture(scene, next(iter(panels), []), values, screen).split("\n")
    bar = min(screen.width - indent, BAR)
    yield " " * indent + scale_bar(values, screen, width=bar, label=scene.loss_name)
    yield ""
    yield from wrap_words(describe_scene(scene), width, screen)
    if len(panels) == 1 and len(panels[0]) > 1:
        yield from write_legend(scene, panels[0], screen, width)


def _indent(scene: Scene, rows: int) -> int:
    """Columns that the y axis takes."""
    return gutter(axis(*scene.y_range, min(rows // 3, 8)))


def _panel(
    scene: Scene, trails: Sequence[DescentPath], values: Floats, indent: int, screen: Screen, below: Sequence[str]
) -> str:
    """One of several pictures: its rate above, how it went below."""
    title = paint(say("lr {rate}", rate=short(trails[0].rate, 6)), theme.HEADING, screen)
    picture = _picture(scene, trails, values, screen)
    return "\n".join([" " * indent + title, picture, *(" " * indent + line for line in below)])


def _below(scene: Scene, trails: Sequence[DescentPath], width: int, screen: Screen) -> list[str]:
    """How the paths of a picture went."""
    if len(trails) > 1:
        return [*write_legend(scene, trails, screen, width)]
    return wrap_words(describe_path(scene, trails[0]), width, screen)


def write_legend(scene: Scene, trails: Sequence[DescentPath], screen: Screen, width: int) -> Iterator[str]:
    """Of each path its number in its colour, its optimizer, and how it went."""
    broad = max(len(trail.optimizer) for trail in trails)
    rates = len({trail.rate for trail in trails}) > 1
    for meaning, trail in zip(theme.TRAILS, trails, strict=False):
        rate = say("lr {rate}  ", rate=short(trail.rate, 6)) if rates else ""
        path = describe_path(scene, trail)
        words = say("{name:<{broad}}  {rate}{path}", name=trail.optimizer, broad=broad, rate=rate, path=path)
        first, *others = wrap_words(words, width - 2, screen)
        yield f"{_swatch(meaning, screen)} {first}"
        yield from (" " * 2 + line for line in others)


def _swatch(meaning: theme.Meaning, screen: Screen) -> str:
    """A path's number, reversed, so that its colour is seen on any ground."""
    return paint(meaning.sign(screen.unicode), replace(meaning, reverse=True), screen)


def _picture(scene: Scene, trails: Sequence[DescentPath], values: Floats, screen: Screen) -> str:
    """Heat, contours, paths, S and x, with axes around them."""
    ranges = scene.x_range, scene.y_range
    alone = scene.drawn(trails[0]) if len(trails) == 1 else ()
    contours = CONTOURS if values.shape[1] >= WIDE else FEW
    rgb = draw_heat_map(values, screen, contours=contours, path=alone, x_range=ranges[0], y_range=ranges[1])
    several = trails if len(trails) > 1 else ()
    for meaning, trail in zip(theme.TRAILS, several, strict=False):
        spots = fractions_of(scene.drawn(trail), *ranges)
        rgb = draw_path(rgb, spots, screen, line=meaning, dot=meaning)
    marks = [*_numbers(scene, several, rgb.shape), *_marks(scene, rgb.shape)]
    return frame_picture(half_blocks(rgb, screen, marks), *ranges, *scene.names, screen)


def _numbers(scene: Scene, trails: Sequence[DescentPath], shape: tuple[int, ...]) -> list[PixelMark]:
    """Each path's number at its end and here and there along it, where no other one stands."""
    found: list[PixelMark] = []
    for meaning, trail in zip(theme.TRAILS, trails, strict=False):
        points = scene.drawn(trail)
        points = points[scene.inside(points)]
        pixels = pixels_at(points[::-1], scene.x_range, scene.y_range, shape).tolist()
        for row, column in pixels[:1] + pixels[1:]:
            near = any(abs(row - y) < 4 and abs(column - x) < 3 for y, x, _ in found)
            own = any(abs(row - y) + abs(column - x) < APART for y, x, sign in found if sign == meaning.mark)
            if not (near or own):
                found.append((row, column, meaning.mark))
    return found


def _marks(scene: Scene, shape: tuple[int, ...]) -> list[PixelMark]:
    marks = scene.marks()
    where = pixels_at([spot[:2] for spot, _ in marks], scene.x_range, scene.y_range, shape)
    return [(row, column, letter) for (row, column), (_, letter) in zip(where.tolist(), marks, strict=True)]


def resample(values: Floats, width: int, height: int) -> Floats:
    """A surface with a value for each pixel, those between grid points on straight lines between them.

    >>> resample(np.array([[0.0, 2.0], [4.0, 6.0]]), 3, 2).tolist()
    [[0.0, 1.0, 2.0], [4.0, 5.0, 6.0]]
    """
    return _stretched(_stretched(values, height).T, width).T


def _stretched(values: Floats, count: int) -> Floats:
    """The same for the rows alone."""
    at = np.linspace(0, len(values) - 1, count)
    before = at.astype(np.intp)
    along = (at - before)[:, None]
    after = values[np.minimum(before + 1, len(values) - 1)]
    with np.errstate(invalid="ignore"):  # infinity minus infinity has no value, and is shown so
        return np.where(along == 0, values[before], values[before] * (1 - along) + after * along)
