"""Where everything stands: the pictures of both scenes on any size of screen, with header, dial and footer."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from gdcli.live.keys import KEYS
from gdcli.live.page import Area, Page
from gdcli.live.panels.arithmetic import Arithmetic
from gdcli.live.panels.base import Panel
from gdcli.live.panels.curves import Accuracy, Losses
from gdcli.live.panels.data import DataAndLine
from gdcli.live.panels.diagram import Diagram
from gdcli.live.panels.dial import Dial
from gdcli.live.panels.landscape import LossSurface
from gdcli.live.panels.regions import Regions
from gdcli.live.session import Session
from gdcli.live.setup import Line
from gdcli.render.numbers import short
from gdcli.render.screen import Screen

__all__ = ["LEAST", "Scenes", "TooSmall"]

LEAST = (60, 20)
WIDE, HIGH = 100, 30  # from here on all pictures have room
TOP, BOTTOM = 5, 2  # rows of header and dial, of message and footer
GAP, BETWEEN = 2, 3


class TooSmall(NamedTuple):
    """A terminal in which nothing can be shown."""

    width: int
    height: int

    def told(self) -> str:
        """What to say of it."""
        return (
            f"gdcli live needs {LEAST[0]} x {LEAST[1]} characters, and this terminal has {self.width} x {self.height}:"
            " enlarge it, or use --plain"
        )


class Scenes:
    """Draws a session on a page of any size. Panels keep what is costly to make."""

    def __init__(self) -> None:
        self.dial, self.surface = Dial(), LossSurface()
        self._data, self._losses, self._accuracy = DataAndLine(), Losses(), Accuracy()
        self._arithmetic, self._regions, self._diagram = Arithmetic(), Regions(), Diagram()
        self.dial_area = Area(0, 0, 0, 0)
        self.footer: list[tuple[Area, str]] = []

    def draw(self, session: Session, width: int, height: int, screen: Screen) -> Page:
        """A page with everything on it."""
        page = Page(width, height, screen)
        if width < LEAST[0] or height < LEAST[1]:
            words = textwrap.wrap(TooSmall(width, height).told(), max(width, 1))
            for row, line in enumerate(words[:height]):
                page.write(0, row, line, "bold")
            return page
        if session.help:
            _help(page)
            return page
        self._header(page, session)
        self.dial_area = Area(1, 1, width - 2, 3)
        self.dial.draw(page, self.dial_area, session.run, session.ghost)
        body = Area(0, TOP, width, height - TOP - BOTTOM)
        for panel, area in self._places(session, body):
            panel.draw(page, area, session.run, session.ghost)
        _message(page, session)
        self._footer(page, session)
        return page

    def _places(self, session: Session, body: Area) -> Sequence[tuple[Panel, Area]]:
        """The pictures and their areas."""
        full = body.width >= WIDE and body.height >= HIGH - TOP - BOTTOM
        if isinstance(session.run.setup.scene, Line):
            return self._line(body) if full else self._small_line(session, body)
        return self._network(session, body) if full else self._small_network(session, body)

    def _line(self, body: Area) -> list[tuple[Panel, Area]]:
        left = body._replace(width=round(body.width * 0.45))
        right = body.inside(left=left.width + GAP)
        last = 10
        upper = (right.height - last) // 2
        return [
            (self.surface, left),
            (self._data, right._replace(height=upper)),
            (self._losses, right.inside(top=upper, bottom=last)),
            (self._arithmetic, right.inside(top=right.height - last + 1)),
        ]

    def _small_line(self, session: Session, body: Area) -> list[tuple[Panel, Area]]:
        """Two pictures above, the arithmetic below: Tab puts another in the second place."""
        last = 6
        above = body.inside(bottom=last)
        left = above._replace(width=(above.width - GAP) // 2)
        second: list[Panel] = [self._losses, self._data]
        return [
            (self.surface, left),
            (second[session.picture % 2], above.inside(left=left.width + GAP)),
            (self._arithmetic, body.inside(top=above.height)),
        ]

    def _network(self, session: Session, body: Area) -> list[tuple[Panel, Area]]:
        first = round(body.width * 0.38)
        second = round(body.width * 0.33)
        left = body._replace(width=first)
        middle = body.inside(left=first + GAP)._replace(width=second)
        right = body.inside(left=first + second + 2 * GAP)
        curves = self._curves(session, right)
        return [(self._regions, left), (self._diagram, middle), *curves]

    def _small_network(self, session: Session, body: Area) -> list[tuple[Panel, Area]]:
        """Regions on the left; on the right the curves, or by Tab the network."""
        left = body._replace(width=(body.width - GAP) // 2)
        right = body.inside(left=left.width + GAP)
        return [
            (self._regions, left),
            *([(self._diagram, right)] if session.picture % 2 else self._curves(session, right)),
        ]

    def _curves(self, session: Session, area: Area) -> list[tuple[Panel, Area]]:
        if "accuracy" not in session.run.setup.problem.metrics:
            return [(self._losses, area)]
        half = area.height // 2
        return [(self._losses, area._replace(height=half)), (self._accuracy, area.inside(top=half))]

    def _header(self, page: Page, session: Session) -> None:
        """Data, model, optimizer, step and loss; in two lines, around the dial, where one is too short."""
        run, setup = session.run, session.run.setup
        now = f"step {run.now.number:,}"
        if setup.batch_size is not None:
            now += f" epoch {run.now.epoch:,}"
        state = "running" if session.running else "replay" if session.replaying else "paused"
        about = [(setup.name, "bold"), (setup.model, ""), (", ".join(setup.settings.values()), "gray")]
        figures = [(now, "bold"), (_figures(session, page.width), "blue bold")]
        told = f"{state}, {session.speed_told()}" if session.running else state
        mood = [(told, "green" if session.running else "gray")]
        one_line = [*about, *figures, *mood]
        if _length(one_line) <= page.width:
            _words(page, 0, one_line)
            return
        _words(page, 0, [about[0], *figures] if _length([about[0], *figures]) <= page.width else figures)
        _words(page, TOP - 1, [*about[1:], *mood])

    def _footer(self, page: Page, session: Session) -> None:
        """The keys that matter most, each to be clicked as well."""
        column, row = 0, page.height - 1
        self.footer = []
        for key in KEYS:
            if not key.footer or column + len(key.shown) + len(key.footer) + 3 > page.width:
                continue
            word = "pause" if key.action == "toggle" and session.running else key.footer
            shown = key.shown if page.screen.unicode else {"↓": "up/down"}.get(key.shown, key.shown)
            shown = "↑↓" if shown == "↓" else shown
            end = page.write(column, row, f" {shown} ", "reverse")
            end = page.write(end, row, f"{word} ", "")
            self.footer.append((Area(column, row, end - column, 1), key.action))
            column = end


def _length(words: Sequence[tuple[str, str]]) -> int:
    return sum(len(text) + BETWEEN for text, _ in words) - BETWEEN


def _words(page: Page, row: int, words: Sequence[tuple[str, str]]) -> None:
    """Words with their styles, side by side."""
    column = 0
    for text, style in words:
        column = page.write(column, row, text, style) + BETWEEN


def _figures(session: Session, width: int) -> str:
    """The parameters of a line and its loss; losses and accuracies of a network."""
    run, setup = session.run, session.run.setup
    scene = setup.scene
    if isinstance(scene, Line):
        loss = short(float(run.losses.values[-1, 0]), 6)
        raw = scene.raw(run.now.parameters).tolist()
        names = scene.names if len(raw) <= 3 else ()
        pairs = [f"{name} = {short(value, 6)}" for name, value in zip(names, raw, strict=False)]
        return "  ".join([*pairs, f"{setup.loss_name} {loss}"])
    loss, held_out, accuracy, held_accuracy = run.losses.values[-1].tolist()
    other = "validation" if width >= WIDE else "val."
    told = [f"loss {short(loss * scene.loss_unit)}", f"{other} {short(held_out * scene.loss_unit)}"]
    told += [f"  accuracy {accuracy:.3f}", f"{other} {held_accuracy:.3f}"]
    return "  ".join(one for one in told if not one.endswith("nan"))


def _message(page: Page, session: Session) -> None:
    text = session.line()
    bad = session.run.diverged or session.warning() or text.startswith("Overshoot")
    style = "reverse bold" if session.typing is not None else "red bold" if bad else "bold"
    lines = textwrap.wrap(text, page.width) or [""]
    for row, line in enumerate(lines[-2:] if len(lines) > 1 else lines):
        page.write(0, page.height - 1 - min(len(lines), 2) + row, f"{line:<{page.width}}", style)


def _help(page: Page) -> None:
    """All keys, in groups, in as many columns as there is room for."""
    lines: list[tuple[str, str, str]] = []
    group = ""
    for key in KEYS:
        if not key.about:
            continue
        if key.group != group:
            lines += [("", "", "")] * bool(lines) + [("", key.group, "bold")]
            group = key.group
        shown = key.shown if page.screen.unicode else {"↑": "up", "↓": "down"}.get(key.shown, key.shown)
        lines.append((shown, key.about, ""))
    room = page.height - 3
    page.write(0, 0, "The keys of gdcli live. Any key leaves this page.", "bold")
    mouse = "Mouse: click the dial for a rate, the loss surface for a start, the footer for its keys."
    page.write(0, page.height - 1, mouse, "gray", page.width)
    wide = page.width // -(-len(lines) // room)
    for at, (shown, about, style) in enumerate(lines):
        column, row = at // room * wide, 2 + at % room
        page.write(column, row, f"{shown:>5}", "blue bold")
        page.write(column + (7 if shown else 0), row, about, style, wide - 8)
