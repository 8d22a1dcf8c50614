"""What an SVG picture is drawn with: colours on a light or a dark ground, text, and shapes that need no colour."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from gdcli.definitions.namedtuple import NamedTuple
from gdcli.render.screen import Screen, columns, english, plain
from gdcli.render.theme import DARK, LIGHT, Ground, Hue, Meaning

SANS = "system-ui, 'DejaVu Sans', Arial, sans-serif"
MONO = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
LETTER = 6.7  # a letter's width in SANS at SIZE, about
SIZE = 12
BOLD = 'font-weight="bold"'


class Fragment(NamedTuple):
    """A drawn picture, from its upper left corner.

    Args:
        body: SVG elements.
        width: Its width in pixels.
        height: Its height.
    """

    body: str
    width: float
    height: float


class Ink(NamedTuple):
    """The colours of one ground, and the reader's language.

    Args:
        dark: Whether the ground is dark.
        speak: Says a text in that language.
    """

    dark: bool = False
    speak: Callable[[str], str] = english

    @property
    def ground(self) -> Ground:
        """Paper, ink and outline."""
        return DARK if self.dark else LIGHT

    def of(self, meaning: Meaning) -> str:
        """The colour of a meaning; the text's own where it has none."""
        return "currentColor" if meaning.hue is None else self.hue(meaning.hue)

    def hue(self, hue: Hue) -> str:
        """A colour on this ground."""
        return hue.dark if self.dark else hue.light


def extent(text: str) -> float:
    """The width of a text in SANS at SIZE, about."""
    return LETTER * columns(text)


def label(text: str, x: float, y: float, anchor: str = "start", more: str = "") -> str:
    """A line of text in the ground's ink, unless `more` has a fill of its own."""
    fill = "" if "fill=" in more else ' fill="currentColor"'
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{fill}'
    return f"<text {where}{' ' * bool(more)}{more}>{clean(text)}</text>"


def clean(text: str) -> str:
    """Text without what XML cannot hold."""
    return escape(plain(text, Screen()))


def group(body: str, x: float, y: float) -> str:
    """Elements moved to a place."""
    return f'<g transform="translate({x:.1f} {y:.1f})">\n{body}\n</g>'


SHAPES = ("circle", "ring", "square", "cross", "plus")
"""Marks of points, in the order of the terminal's."""


def shape(kind: str, x: float, y: float, size: float, color: str) -> str:
    """A mark at a point."""
    if kind == "square":
        return f'<rect x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size}" height="{2 * size}" fill="{color}"/>'
    if kind in ("circle", "ring"):
        paint = f'fill="{color}"' if kind == "circle" else f'fill="none" stroke="{color}" stroke-width="1.5"'
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" {paint}/>'
    step = 2 * size
    ways = (
        f"M{x - size:.1f} {y - size:.1f}l{step} {step}m-{step} 0l{step}-{step}"
        if kind == "cross"
        else f"M{x - size:.1f} {y:.1f}h{step}m-{size}-{size}v{step}"
    )
    return f'<path fill="none" stroke="{color}" stroke-width="1.6" d="{ways}"/>'
