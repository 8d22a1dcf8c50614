"""A sheet: a title, the pictures of a report, what is said of them, and the command that makes it, as one SVG."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from textwrap import wrap
from typing import Any

from gdcli.definitions.namedtuple import NamedTuple
from gdcli.render import Drawable
from gdcli.render.charts.plots import Chart
from gdcli.render.flow import broken
from gdcli.render.reports.confusion import Matrix
from gdcli.render.reports.images import Gallery
from gdcli.render.reports.regions import Regions
from gdcli.render.reports.surface import SurfacePicture
from gdcli.render.screen import Screen
from gdcli.render.svg.charts import draw_chart
from gdcli.render.svg.grids import draw_gallery, draw_matrix, draw_regions
from gdcli.render.svg.ink import BOLD, MONO, SANS, SIZE, Fragment, Ink, clean, group, label
from gdcli.render.svg.surface import PIXELS, draw_scene
from gdcli.render.svg.words import CELL, draw_words

WIDTH, EDGE, GAP = 960, 32, 28
ALONE, BESIDE, MANY = 400, 320, 250
"""Heights of a chart alone, of one beside another, and of one among more than four."""
BLANKS = re.compile(" {2,}")
COLUMNS = int((WIDTH - 2 * EDGE) / CELL)
WORDS = Screen(width=COLUMNS)
"""What words are written for before they are drawn."""


class Sheet(NamedTuple):
    """All that one file shows.

    Args:
        title: What it is about.
        pictures: The pictures as data.
        words: Lines of text as they stand on a terminal.
        rerun: The command that makes it.
    """

    title: str
    pictures: Sequence[Drawable]
    words: Sequence[str]
    rerun: str


def draw_sheet(sheet: Sheet, ink: Ink) -> str:
    """The sheet as the text of an SVG file.

    Args:
        sheet: What it shows, its title and its words in the reader's language.
        ink: The ground's colours, and that language.
    """
    height, parts = float(EDGE), []
    for one in _fragments(sheet, ink):
        parts.append(group(one.body, EDGE, height))
        height += one.height + GAP / 2
    width, ground = WIDTH, ink.ground
    size = f'viewBox="0 0 {width:g} {height + EDGE / 2:.0f}" width="{width:g}" height="{height + EDGE / 2:.0f}"'
    font = f'font-family="{SANS}" font-size="{SIZE}" color="{ground.ink}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>',
        f"<title>{clean(sheet.title)}</title>",
        f'<rect width="100%" height="100%" fill="{ground.paper}"/>',
    ]
    return "\n".join([*head, *parts, "</svg>", ""])


def _fragments(sheet: Sheet, ink: Ink) -> Iterator[Fragment]:
    """From top to bottom."""
    lines = broken(BLANKS.sub("  \N{MIDDLE DOT}  ", sheet.title), 100)
    title = [part for line in lines for part in wrap(line, 100)]
    yield Fragment(
        "".join(label(line, 0, 16 + 22 * at, more=f'{BOLD} font-size="16"') for at, line in enumerate(title)),
        0,
        22 * len(title) + 6,
    )
    yield from _rows(sheet.pictures, ink)
    if sheet.words:
        yield draw_words(sheet.words, ink)
    rerun = wrap(sheet.rerun, 125, subsequent_indent="    ", break_long_words=True, break_on_hyphens=False)
    more = f'font-family="{MONO}" font-size="11" opacity=".7"'
    yield Fragment(
        "".join(label(line, 0, 12 + 15 * at, more=more) for at, line in enumerate(rerun)), 0, 15 * len(rerun)
    )


def _rows(pictures: Sequence[Drawable], ink: Ink) -> Iterator[Fragment]:
    """Pictures in rows of one or two."""
    room = WIDTH - 2 * EDGE
    across = 1 if len(pictures) == 1 else 2
    wide = (room - GAP * (across - 1)) / across
    high = ALONE if across == 1 else BESIDE if len(pictures) <= 4 else MANY
    for at in range(0, len(pictures), across):
        drawn = [_draw(one, wide, high, ink) for one in pictures[at : at + across]]
        body = "\n".join(group(one.body, (wide + GAP) * place, 0) for place, one in enumerate(drawn))
        yield Fragment(body, room, max(one.height for one in drawn))


def _draw(picture: Drawable, width: float, height: float, ink: Ink) -> Fragment:
    return WAYS[type(picture)](picture, width, height, ink)


def _surface(picture: SurfacePicture, width: float, height: float, ink: Ink) -> Fragment:  # noqa: ARG001 - as high as it is
    """A surface at its own size, made narrower where it has to be."""
    body, wide, high = draw_scene(picture.drawing.scene, picture.drawing.values(*PIXELS), ink.speak)
    scale = min(1.0, width / wide)
    return Fragment(f'<g transform="scale({scale:.4g})">{body}</g>', wide * scale, high * scale)


WAYS: dict[Any, Callable[[Any, float, float, Ink], Fragment]] = {
    Chart: draw_chart,
    Matrix: draw_matrix,
    Regions: draw_regions,
    Gallery: draw_gallery,
    SurfacePicture: _surface,
}
"""How each kind of picture is drawn."""
