"""The Textual application: it shows a session, hands it the keys, and gives it time to run."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from textual import events
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from gdcli.errors import GdcliError, reason
from gdcli.live.help_pages import help_pages
from gdcli.live.keys import KEYS
from gdcli.live.page import Page
from gdcli.live.scenes import Scenes
from gdcli.live.session import Session
from gdcli.live.setup import LineScene
from gdcli.render.screen import Screen
from gdcli.said import say

__all__ = ["LiveApp", "Stage"]

SLICE = 0.016  # seconds of training between two looks at the keyboard
BREATH = 0.001  # seconds in which keys and paint get their turn
LOOPS = 12  # turns that they get between two slices of a run at full speed, which does not wait for them
FRAME = 0.028  # seconds from frame to frame at least
HURRY = 0.045  # seconds between frames of a run at full speed at least
ANSWER = 0.03  # seconds that a key's answer has to be painted in
DRAWING = 5  # a frame of a run at full speed costs at most a part in so many of the time
MEASURING = 40  # a measurement beside a run is at most a part in so many of the time
FONT = re.compile(r"@font-face\s*\{.*?\}", re.DOTALL)
ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]
ALWAYS = ("ctrl+c", "ctrl+q")  # end it, whatever is going on
ACTIONS = {name: key.action for key in KEYS for name in key.keys}


class Stage(Widget, can_focus=True):
    """One widget over the whole screen, which shows the last page drawn; of rows that stay the strips stay."""

    class Resized(Message):
        """There is another size to draw for."""

    DEFAULT_CSS = "Stage { width: 100%; height: 100%; }"

    def __init__(self) -> None:
        super().__init__()
        self.page: Page | None = None
        self._strips: list[Strip] = []

    def on_resize(self) -> None:
        """Another size: the same on another page."""
        self.post_message(self.Resized())

    def show(self, page: Page) -> None:
        """Shows a page."""
        before, self.page = self.page, page
        if before is None or (before.width, before.height) != (page.width, page.height):
            self._strips = page.strips(range(page.height))
        else:
            changed = page.rows_unlike(before)
            for row, strip in zip(changed, page.strips(changed), strict=True):
                self._strips[row] = strip
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Rows of the page, as they are: with no borders or styles around them there is nothing to add."""
        rows = self._strips[crop.y : crop.bottom]
        rows = rows + [Strip.blank(self.size.width)] * (crop.height - len(rows))
        return rows if (crop.x, crop.width) == (0, self.size.width) else [row.crop(crop.x, crop.right) for row in rows]


class LiveApp(App[None]):
    """The playground on a screen.

    Args:
        session: What is shown and driven.
        screen: What the terminal can show; its size is asked of Textual.
        watcher: Called with every frame, for a recording.
    """

    CSS = "Screen { background: ansi_default; color: ansi_default; }"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, session: Session, screen: Screen, watcher: Callable[[Session], None] | None = None) -> None:
        super().__init__(ansi_color=True)
        self.session, self.scenes, self._screen = session, Scenes(), screen
        self.stage = Stage()
        self.frames, self._watcher = 0, watcher
        self._busy_until, self._measure_at, self.ended_by = 0.0, 0.0, 0

    def compose(self) -> ComposeResult:
        """The stage alone."""
        yield self.stage

    def on_mount(self) -> None:
        """Draws, and begins to give the session its time."""
        self.stage.focus()
        for signal_ in ENDING:
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # not everywhere, not in a thread
                asyncio.get_running_loop().add_signal_handler(signal_, self._end_by, signal_)
        self.run_worker(self._live(), exclusive=True)

    def draw(self) -> None:
        """A frame."""
        width, height = self.stage.size
        self.stage.show(self.scenes.draw(self.session, width, height, self._screen))
        self.frames += 1
        self._watch()

    def _watch(self) -> None:
        """Tells the watcher of a frame; one that cannot go on is done without."""
        try:
            if self._watcher is not None:
                self._watcher(self.session)
        except GdcliError as error:
            self._watcher = None
            self.session.say(error.message)

    async def _live(self) -> None:
        """Slices of training, with frames and keys between them; a key's answer comes first."""
        due = cost = 0.0
        while not self.session.finished:
            if not self.session.running or perf_counter() < self._busy_until:
                if not self.session.running and self._measure():
                    self.draw()
                await asyncio.sleep(BREATH * (2 if self.session.running else 10))
                continue
            self._tick()
            now = perf_counter()
            if now >= due or not self.session.running:
                self.draw()
                cost = 0.8 * cost + 0.2 * (perf_counter() - now)
                due = perf_counter() + max(HURRY, DRAWING * cost) if self.session.at_full_speed else now + FRAME
            else:
                self._measure()
            pause = min(self.session.pause_until(), FRAME)
            for _ in range(1 if pause else LOOPS):
                await asyncio.sleep(max(BREATH, pause) if pause else 0)
        self.exit()

    def _measure(self) -> bool:
        """One part of a measurement, in a small part of the time and never in a frame; True if it is done by that."""
        begun = perf_counter()
        if begun < self._measure_at:
            return False
        done = self.session.measure()
        ended = perf_counter()
        self._measure_at = ended + MEASURING * (ended - begun) * self.session.running
        return done

    def _tick(self) -> None:
        """A slice of training; what cannot go on stops, and says why."""
        try:
            self.session.tick(perf_counter() + SLICE)
        except GdcliError as error:
            self.session.stop()
            self.session.say(error.message)

    def on_key(self, event: events.Key) -> None:
        """Hands a key to the session."""
        event.stop()
        event.prevent_default()
        session = self.session
        if event.key == "ctrl+z":
            self.action_suspend_process()
        elif event.key in ALWAYS:
            self._end_by(signal.SIGINT if event.key == "ctrl+c" else 0)
        elif session.help:
            self._turn_page()
        elif session.typing is not None:
            session.typed(event.key, event.character)
        else:
            self._act(ACTIONS.get(event.key) or ACTIONS.get(event.character or "", ""))
        self.draw()
        self._busy_until = perf_counter() + ANSWER

    def _turn_page(self) -> None:
        """The next page of the help; after the last one, back to the run."""
        width, height = self.stage.size
        pages = len(help_pages(height, width, self.scenes.keys))
        self.session.help = self.session.help + 1 if self.session.help < pages else 0

    def _end_by(self, signum: int) -> None:
        """Ends it, and remembers the signal for the exit code."""
        self.ended_by = int(signum)
        self._act("quit")

    def _act(self, action: str) -> None:
        if action == "save_picture":
            self._save_picture()
        elif action == "projector":
            self._projector()
        elif action:
            self.session.do(action)
        if self.session.finished:
            self.exit()

    def on_stage_resized(self) -> None:
        """The same on a page of another size."""
        self.draw()

    def on_click(self, event: events.Click) -> None:
        """The footer's words are keys; the dial and the surface take what is pointed at."""
        column, row = event.screen_x, event.screen_y
        self.session.typing = None
        if self.session.help:
            self._turn_page()
        elif action := next((action for area, action in self.scenes.footer if area.holds(column, row)), None):
            self._act(action)
        elif self.scenes.dial_area.holds(column, row):
            self.session.set_rate(self.scenes.dial.rate_at(column, self.scenes.dial_area))
        else:
            self._point(column, row)
        self.draw()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """What is pointed at in the network says its value."""
        if self.scenes.point(event.screen_x, event.screen_y):
            self.draw()

    def on_mouse_scroll_up(self) -> None:
        """The wheel zooms."""
        self._act("zoom_in")
        self.draw()

    def on_mouse_scroll_down(self) -> None:
        """The wheel zooms."""
        self._act("zoom_out")
        self.draw()

    def _point(self, column: int, row: int) -> None:
        scene = self.session.run.setup.scene
        if isinstance(scene, LineScene) and scene.landscape is not None:
            point = self.scenes.surface.point_at(column, row)
            if point is not None:
                self.session.restart_from(*point)

    def _projector(self) -> None:
        self.session.switch_projector(self.stage.size.width)

    def _save_picture(self) -> None:
        path = next(path for number in range(1, 10_000) if not (path := Path(f"gdcli-live-{number}.svg")).exists())
        try:
            path.write_text(self.picture(), encoding="utf-8")
        except OSError as error:
            self.session.say(say("{path}: cannot be written: {strerror}", path=path, strerror=reason(error)))
            return
        self.session.say(say("Saved {resolve}.", resolve=path.resolve()))

    def picture(self) -> str:
        """The screen as an SVG that asks no other host for anything."""
        return FONT.sub("", self.export_screenshot(title="gdcli live"))
