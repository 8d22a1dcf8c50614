"""The playground behind a page: pictures go to the browser, the settings to its address, and a lesson may fix them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from textual import events
from textual.drivers.web_driver import WebDriver

from gdcli.live.app import LiveApp
from gdcli.live.keys import KEYS
from gdcli.live.page import Area
from gdcli.live.scenes import Scenes
from gdcli.live.session import Session
from gdcli.live.session_factory import SessionFactory
from gdcli.live.web.lifeline import end_with_server
from gdcli.live.web.settings import HIDDEN, VARIABLE, settings_of
from gdcli.render.screen import Screen
from gdcli.said import say

__all__ = ["DRIVER", "LessonApp", "PageApp", "app_in"]

DRIVER = "TEXTUAL_DRIVER"
"""The variable that is set where a page stands behind standard output."""
FREE_GROUPS = ("Run", "Look", "Look closer")
FREE = {key.action.rpartition("_")[0] or key.action for key in KEYS if key.group in FREE_GROUPS}
SETTINGS = frozenset(key.action for key in KEYS if (key.action.rpartition("_")[0] or key.action) not in FREE)
"""Actions that change a setting: all but those that are known to change none."""
FIXED = say("The settings are fixed in this lesson.")
Watcher = Callable[[Session], None]


def app_in(environ: Mapping[str, str]) -> Callable[[Session, Screen, Watcher | None], LiveApp]:
    """The application for where it is shown: a terminal, or a page, whose program ends with the page's server."""
    if DRIVER not in environ:
        return LiveApp
    end_with_server()
    return LessonApp if environ.get(VARIABLE) == HIDDEN else PageApp


class PageApp(LiveApp):
    """The playground in a page."""

    _pictures = 0
    _known: tuple[object, ...] = ()

    def on_app_focus(self, event: events.AppFocus) -> None:  # noqa: ARG002 - a handler's signature
        """All anew: the page may be another one, whose terminal is empty."""
        self.screen.refresh()

    def draw(self) -> None:
        """A frame; the address follows the settings."""
        super().draw()
        factory, run = self.session.factory, self.session.run
        if self.session.replaying or self.session.lanes or not isinstance(factory, SessionFactory):
            return  # an address has the settings of one run
        now = factory.configuration(), run.changes, run.rate if run.turns or run.changes else None
        if now != self._known:
            self._known = now
            self._tell("settings", values=settings_of(factory.configuration(run.changes), now[-1]))

    def _save_picture(self) -> None:
        """A picture of the screen, among the browser's downloads."""
        self._pictures += 1
        name = f"gdcli-live-{self._pictures}.svg"
        self._tell("picture", name=name, text=self.picture())
        self.session.say(f"{name} is among the browser's downloads.")

    def _tell(self, kind: str, **what: Any) -> None:
        """A message to the server."""
        if isinstance(self._driver, WebDriver):
            self._driver.write_meta({"type": kind, **what})


class LessonApp(PageApp):
    """The playground with its settings fixed: no key or click changes one, and none is shown that would."""

    def __init__(self, session: Session, screen: Screen, watcher: Watcher | None = None) -> None:
        super().__init__(session, screen, watcher)
        self.scenes = Scenes([key for key in KEYS if key.action not in SETTINGS])

    def draw(self) -> None:
        """A frame, in which the dial is a picture."""
        LiveApp.draw(self)
        self.scenes.dial_area = Area(0, 0, 0, 0)

    def _act(self, action: str) -> None:
        if action in SETTINGS:
            self.session.say(FIXED)
        else:
            super()._act(action)

    def _point(self, column: int, row: int) -> None:  # noqa: ARG002 - what it would point at is a setting
        self.session.say(FIXED)
