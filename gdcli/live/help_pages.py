"""The keys on the screen: as many a page as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from gdcli.live.keys import KEYS, Key
from gdcli.live.page import Page
from gdcli.render import theme
from gdcli.render.theme import Meaning
from gdcli.said import say

__all__ = ["draw_help", "help_pages"]

HELP_WIDE = 60  # columns of a key and what it does


def help_pages(height: int, width: int, keys: Sequence[Key] = KEYS) -> list[list[tuple[str, str, Meaning]]]:
    """The lines of the help, as many a page as there is room for: key, what it does, meaning."""
    lines: list[tuple[str, str, Meaning]] = []
    group = ""
    for key in keys:
        if key.about and key.group != group:
            lines += [("", "", theme.PLAIN)] * bool(lines) + [("", key.group, theme.HEADING)]
            group = key.group
        if key.about:
            lines.append((key.shown, key.about, theme.PLAIN))
    room = (height - 4) * max(1, width // HELP_WIDE)
    lines = lines if len(lines) <= room else [line for line in lines if any(line[:2])]
    return [lines[begin : begin + room] for begin in range(0, len(lines), room)]


def draw_help(page: Page, number: int, keys: Sequence[Key]) -> None:
    """All keys, in groups; on a small screen on several pages."""
    pages = help_pages(page.height, page.width, keys)
    last = number >= len(pages)
    where = "" if len(pages) == 1 else say(" Page {min} of {count}.", min=min(number, len(pages)), count=len(pages))
    what = say("leaves") if last else say("goes on")
    title = say("The keys of gdcli live.{where} Any key {what}.", where=where, what=what)
    page.write(0, 0, title, theme.HEADING, page.width)
    mouse = say("Mouse: click dial, surface (start), footer; wheel zooms; a weight says its value")
    page.write(0, page.height - 1, mouse, theme.NOTE, page.width)
    for at, (shown, about, meaning) in enumerate(pages[min(number, len(pages)) - 1]):
        column, row = at // (page.height - 4) * HELP_WIDE, 2 + at % (page.height - 4)
        key = shown if page.screen.unicode else {"↑": "up", "↓": "down"}.get(shown, shown)
        page.write(column, row, f"{key:>5}", theme.KEY)
        page.write(column + (7 if shown else 0), row, about, meaning)
