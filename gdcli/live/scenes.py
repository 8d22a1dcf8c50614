"""Where everything stands: the pictures of both scenes on any size of screen, with header, dial and footer.

The file is long because every place on the screen stands beside the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gdcli.live.headers import figures_in_words, header, large_figures, mood, names, parameters, step_words
from gdcli.live.help_pages import draw_help
from gdcli.live.keys import KEYS, Key
from gdcli.live.messages import rate_warning
from gdcli.live.momentum import kept
from gdcli.live.page import Area, Page
from gdcli.live.panels.arithmetic import Arithmetic
from gdcli.live.panels.base import Panel
from gdcli.live.panels.confusion import Confusion
from gdcli.live.panels.curves import Accuracy, Losses
from gdcli.live.panels.data import DataAndLine
from gdcli.live.panels.diagram import Diagram
from gdcli.live.panels.dial import DialPanel
from gdcli.live.panels.landscape import LossSurface
from gdcli.live.panels.local_limit import LocalLimitCurve
from gdcli.live.panels.momentum import MomentumDial
from gdcli.live.panels.regions import Regions
from gdcli.live.projector import PEN, draw_figures, draw_header
from gdcli.live.race_scene import race_pictures, race_places
from gdcli.live.session import Session
from gdcli.live.setup import LineScene
from gdcli.render import theme
from gdcli.render.flow import broken
from gdcli.render.layout import SENTENCE
from gdcli.render.screen import Screen, columns, fit
from gdcli.render.theme import Meaning
from gdcli.said import say

__all__ = ["LEAST", "Scenes", "TooSmall"]

LEAST = (60, 20)
WIDE, HIGH = 100, 30  # from here on all pictures have room
TOP, BOTTOM, ROOMY = 5, 2, 24  # rows of header and dial, of message and footer; from here on messages have two
GAP, BETWEEN = 2, 3
LOW = 7  # rows of a curve at least
TURNS = 2  # frames in which each picture is drawn anew once, where a run is not to wait for them
LAST_TO_GO = ("show_help", "quit", "toggle", "other_picture")  # from the footer, where it is narrow
NEXT_TOO = 72  # columns from which the footer names the next picture
TWO_DIALS, MOMENTUM = 76, 26  # columns from which there are two dials, and those of the second


class TooSmall(NamedTuple):
    """A terminal in which nothing can be shown."""

    width: int
    height: int

    def message(self) -> str:
        """The reason, and what to do."""
        return say(
            "live needs {least} x {least2} characters, and this terminal has {width} x {height}: "
            "enlarge it, or use --plain",
            least=LEAST[0],
            least2=LEAST[1],
            width=self.width,
            height=self.height,
        )


class Picture(NamedTuple):
    """A picture of the walk.

    Args:
        name: What it shows.
        panel: What draws it.
        numbers: Whether a line's parameters have to stand beside it, as they do not stand in it.
    """

    name: str
    panel: Panel
    numbers: bool = True


class Drawn(NamedTuple):
    """A page of pictures, of which the next may keep some.

    Args:
        page: The page.
        places: Its panels and their areas.
        about: What else they depend on beside the run's steps.
    """

    page: Page
    places: Sequence[tuple[Panel, Area]]
    about: tuple[object, ...]

    def follows(self, other: Drawn) -> bool:
        """Whether the pictures of another page stand in the same places, and show the same but for steps made since."""
        size = self.page.width, self.page.height, self.page.screen, self.page.pen
        same = size == (other.page.width, other.page.height, other.page.screen, other.page.pen)
        kept = zip(self.about, other.about, strict=True)
        return same and self.places == other.places and all(ours is theirs for ours, theirs in kept)


class Scenes:
    """Draws a session on a page of any size. Panels keep what is costly to make.

    Args:
        keys: Those that the footer and the help show.
    """

    def __init__(self, keys: Sequence[Key] = KEYS) -> None:
        self.keys = keys
        self.dial, self.surface = DialPanel(), LossSurface()
        self._data, self._losses, self._accuracy = DataAndLine(), Losses(), Accuracy()
        self._limits, self._momentum = LocalLimitCurve(), MomentumDial()
        self._arithmetic, self._regions, self._diagram = Arithmetic(), Regions(), Diagram()
        self._confusion = Confusion()
        self.dial_area = Area(0, 0, 0, 0)
        self.footer: list[tuple[Area, str]] = []
        self._before: Drawn | None = None
        self._frames = 0

    @np.errstate(all="ignore")
    def draw(self, session: Session, width: int, height: int, screen: Screen) -> Page:
        """A page with everything on it."""
        page = Page(width, height, screen, PEN if _is_projected(session, width) else 1)
        if width < LEAST[0] or height < LEAST[1]:
            words = broken(screen.speak(TooSmall(width, height).message()), max(width, 1))
            for row, line in enumerate(words[:height]):
                page.write(0, row, line, theme.HEADING)
            self.dial_area, self.footer = Area(0, 0, 0, 0), []
            return page
        self.surface.view = self._data.view = session.view
        self.surface.moving = session.running
        before, self._before = self._before, None
        if session.help:
            self._diagram.leave()
            draw_help(page, session.help, self.keys)
        elif _is_projected(session, width):
            self._diagram.leave()
            self._project(page, session)
        else:
            self._draw_all(page, session, before)
        return page

    def point(self, column: int, row: int) -> bool:
        """Points at a cell; True if what is seen changes by that."""
        return self._diagram.point(column, row)

    def _draw_all(self, page: Page, session: Session, before: Drawn | None) -> None:
        """As many pictures as there is room for, with header, dial, message and footer.

        While it runs as fast as it can, the pictures are drawn anew in turns: each is half as often, and twice as many
        frames cost no more.
        """
        width, height = page.width, page.height
        self._header(page, session)
        self._dials(page, session)
        body = Area(0, TOP, width, height - TOP - BOTTOM - (height >= ROOMY))
        places = self._places(session, body)
        shown = Drawn(page, [*places], (session.run, session.run.setup, session.view, session.ghost))
        kept = before if session.at_full_speed and before is not None and shown.follows(before) else None
        self._frames, self._before = self._frames + 1, shown
        if self._diagram not in [panel for panel, _ in places]:
            self._diagram.leave()
        for at, (panel, area) in enumerate(places):
            if kept is not None and (at + self._frames) % TURNS:
                page.take(area, kept.page)
                continue
            if panel is self._diagram:
                self._diagram.leave()
            panel.draw(page, area, session.run, session.ghost)
        _message(page, _message_lines(session, page.screen, width, 2), session)
        self._footer(page, session)

    def _project(self, page: Page, session: Session) -> None:
        """One picture, the figures that matter in large, and all of what is said."""
        walk = self._walk(session)
        picture = walk[session.picture % len(walk)]
        beside = parameters(session) if picture.numbers else []
        top = draw_figures(page, draw_header(page, header(session)), large_figures(session), beside)
        said = _message_lines(session, page.screen, page.width, page.height)
        below = page.height - 1 - max(len(said), 2)
        self.dial_area = Area(0, 0, 0, 0)
        picture.panel.draw(page, Area(0, top, page.width, below - top), session.run, session.ghost)
        _message(page, said, session)
        self._footer(page, session)

    def _walk(self, session: Session) -> list[Picture]:
        """The pictures in the order in which Tab shows them one by one."""
        run = session.run
        scene, metrics = run.setup.scene, run.setup.problem.metrics
        if session.lanes:
            return [Picture(*one) for one in race_pictures(session, self.surface, self._regions)]
        if isinstance(scene, LineScene):
            surface = [Picture(say("loss surface"), self.surface)] if scene.landscape is not None else []
            data = say("data and line") if scene.data.inputs.shape[1] == 1 else say("predictions")
            losses = Picture(say("loss curve"), self._losses)
            step = Picture(say("the step"), self._arithmetic, numbers=False)
            return [*surface, Picture(data, self._data, numbers=False), losses, step]
        first = say("confusion") if run.setup.classes and scene.data.inputs.shape[1] != 2 else say("regions")
        walk = [Picture(say("images"), self._regions)] if scene.side else []
        walk += [
            Picture(first, self._confusion if scene.side else self._regions),
            Picture(say("network"), self._diagram),
            Picture(say("loss curve"), self._losses),
        ]
        walk += [Picture(say("accuracy"), self._accuracy)] if "accuracy" in metrics else []
        walk += [Picture(say("edge of stability"), self._limits)] if len(run.limits.curve) > 1 else []
        return walk

    def _dials(self, page: Page, session: Session) -> None:
        """The rate's dial, and where there is room and a momentum the second one."""
        run, second = session.run, MOMENTUM if page.width >= TWO_DIALS else 0
        second = 0 if kept(run.setup.optimizer) is None else second
        self.dial_area = Area(1, 1, page.width - 2 - second, 3)
        self.dial.draw(page, self.dial_area, run, session.ghost)
        if second:
            area = Area(page.width + 2 - second, 1, second - 3, 3)
            self._momentum.draw(page, area, run, session.ghost)

    def _places(self, session: Session, body: Area) -> Sequence[tuple[Panel, Area]]:
        """The pictures and their areas."""
        if session.lanes:
            of_line: list[Panel] = [self._arithmetic, self._data]
            others: list[Panel] = [self._diagram, self._limits]
            others = of_line if isinstance(session.run.setup.scene, LineScene) else others
            return race_places(session, body, self.dial_area, self.surface, self._regions, others)
        full = body.width >= WIDE and body.height >= HIGH - TOP - BOTTOM
        if isinstance(session.run.setup.scene, LineScene):
            return self._line(session, body) if full else self._small_line(session, body)
        return self._network(session, body) if full else self._small_network(session, body)

    def _line(self, session: Session, body: Area) -> list[tuple[Panel, Area]]:
        left = body._replace(width=round(body.width * 0.45))
        right = body.inside(left=left.width + GAP)
        last = 10 + _state_rows(session)
        upper = (right.height - last) // 2
        return [
            (self.surface, left),
            (self._data, right._replace(height=upper)),
            (self._losses, right.inside(top=upper, bottom=last)),
            (self._arithmetic, right.inside(top=right.height - last + 1)),
        ]

    def _small_line(self, session: Session, body: Area) -> list[tuple[Panel, Area]]:
        """Two pictures above, the arithmetic below: Tab puts another in the second place."""
        last = 6 + _state_rows(session)
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
        """Regions on the left; on the right the curves, or by Tab the network, or the local limit."""
        left = body._replace(width=(body.width - GAP) // 2)
        right = body.inside(left=left.width + GAP)
        return [
            (self._regions, left),
            *(self._curves(session, right), [(self._diagram, right)], [(self._limits, right)])[session.picture % 3],
        ]

    def _curves(self, session: Session, area: Area) -> list[tuple[Panel, Area]]:
        if "accuracy" not in session.run.setup.problem.metrics:
            return [(self._losses, area)]
        panels: list[Panel] = [self._losses, self._accuracy]
        panels += [self._limits] if len(session.run.limits.curve) > 1 and area.height >= 3 * LOW else []
        heights = [area.height * at // len(panels) for at in range(len(panels) + 1)]
        return [
            (panel, area.inside(top=top)._replace(height=end - top))
            for panel, top, end in zip(panels, heights, heights[1:], strict=False)
        ]

    def _header(self, page: Page, session: Session) -> None:
        """Data, model, optimizer, step and loss; in two lines, around the dial, where one is too short."""
        about = names(session)
        step = step_words(session, page.width)
        figures = [(step, theme.HEADING), (figures_in_words(session, page.width), theme.RESULT)]
        one_line = [*about, *figures, mood(session)]
        if _length(one_line, page.screen) <= page.width:
            _words(page, 0, one_line)
            return
        _words(page, 0, [about[0], *figures] if _length([about[0], *figures], page.screen) <= page.width else figures)
        (model, *settings), last = about[1:], mood(session)
        whole = _length([model, *settings, last], page.screen) <= page.width
        _words(page, TOP - 1, [model, *(settings if whole else ()), last])

    def _footer(self, page: Page, session: Session) -> None:
        """The keys that matter most, each to be clicked as well."""
        keys = [key for key in self.keys if key.footer]
        words = {key: _footer_word(key, session) for key in keys}
        if walk := self._where(session, page):
            words = {**{key: walk for key in self.keys if key.action == "other_picture"}, **words}
        keys = list(words)
        widths = {key: len(_written(key, page)) + columns(page.screen.speak(words[key])) + 3 for key in keys}
        while sum(widths[key] for key in keys) > page.width:
            keys.remove(next(key for key in reversed(keys) if key.action not in LAST_TO_GO))
        column, row = 0, page.height - 1
        self.footer = []
        for key in keys:
            end = page.write(column, row, f" {_written(key, page)} ", theme.BUTTON)
            page.write(end, row, words[key])
            self.footer.append((Area(column, row, widths[key], 1), key.action))
            column += widths[key]

    def _where(self, session: Session, page: Page) -> str:
        """Which of the pictures is shown and which is next, where not all have room."""
        if not _is_projected(session, page.width):
            return ""
        walk = self._walk(session)
        at = session.picture % len(walk)
        coming = say(", next: {name}", name=walk[(at + 1) % len(walk)].name) if page.width >= NEXT_TOO else ""
        return say("picture {at} of {count}{coming}", at=at + 1, count=len(walk), coming=coming)


def _is_projected(session: Session, width: int) -> bool:
    """Whether one picture is shown at a time; a race, whose table is read beside them, only where that is asked for."""
    return bool(session.view.projector) if session.lanes else session.view.projects(width)


def _state_rows(session: Session) -> int:
    """Lines of the optimizer's state in the arithmetic: the parameters' names, and one each."""
    scene = session.run.maker.scene
    return len(scene.state) + 1 if isinstance(scene, LineScene) and scene.state else 0


def _written(key: Key, page: Page) -> str:
    """A key as the footer writes it."""
    return "↑↓" if key.shown == "↓" and page.screen.unicode else "up/dn" if key.shown == "↓" else key.shown


def _footer_word(key: Key, session: Session) -> str:
    return say("pause") if key.action == "toggle" and session.running else key.footer


def _length(words: Sequence[tuple[str, Meaning]], screen: Screen) -> int:
    return sum(columns(screen.speak(text)) + BETWEEN for text, _ in words) - BETWEEN


def _words(page: Page, row: int, words: Sequence[tuple[str, Meaning]]) -> None:
    """Words in their meanings' colours, side by side."""
    column = 0
    for text, meaning in words:
        column = page.write(column, row, text, meaning) + BETWEEN


def _message_lines(session: Session, screen: Screen, width: int, most: int) -> list[str]:
    """What is said, in so many rows at most: whole sentences, where one at least has room."""
    text = screen.speak(session.line())
    lines = broken(text, width)
    if len(lines) <= most:
        return lines or [""]
    ends = [found.end() for found in SENTENCE.finditer(text)]
    shorter = (broken(text[:end].rstrip(), width) for end in reversed(ends))
    return next(
        (one for one in shorter if len(one) <= most), [*lines[: most - 1], f"{fit(lines[most - 1], width - 4)} ..."]
    )


def _message(page: Page, lines: Sequence[str], session: Session) -> None:
    text = session.line()
    bad = session.run.diverged or rate_warning(session.run) or text.startswith("Overshoot")
    meaning = theme.PROMPT if session.typing is not None else theme.WARNING if bad else theme.HEADING
    for row, line in enumerate(lines, start=page.height - 1 - len(lines)):
        page.write(0, row, line + " " * (page.width - columns(line)), meaning)
