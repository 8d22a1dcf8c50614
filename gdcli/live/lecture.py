"""A recording as one page that plays it anywhere: its screens, a script, and nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from gdcli.data.atomic_write import replaced
from gdcli.errors import DataError, OptionError
from gdcli.live.page import BOLD, REVERSE, Page
from gdcli.live.replay import Replay
from gdcli.live.scenes import Scenes
from gdcli.render.screen import Screen, english, language
from gdcli.render.svg.words import HUES
from gdcli.said import say

__all__ = ["check_lecture", "lecture_data", "save_lecture"]

SIZE = 120, 40
APART = 0.04
"""Seconds between two screens at least: what was quicker is seen."""
MOST = 1500
"""Screens of a page; of more, some between are left out."""
PAGE = "lecture.html"
WORDS = {
    "play": say("Play"),
    "pause": say("Pause"),
    "space": say("space"),
    "left": say("left arrow"),
    "right": say("right arrow"),
    "back": say("One moment back"),
    "next": say("One moment on"),
    "moment": say("Moment"),
    "of": say("of"),
    "arrows": say("Arrows"),
    "speed": say("Speed"),
}
"""What stands on the page beside the screens."""


def check_lecture(name: str, replay: str | None) -> None:
    """Finds out before the work whether the page can be written.

    Raises:
        OptionError: If there is no recording, or the name is not a page's.
        DataError: If its folder is missing.
    """
    path = Path(name)
    if replay is None:
        raise OptionError(say("--save goes with --replay here"), say("gdcli live --replay FILE.jsonl --save FILE.html"))
    if path.suffix.lower() != ".html":
        raise OptionError(
            say("--save: '{name}' does not end in .html", name=name),
            say("as in --save {value}.html", value=path.stem or "lecture"),
        )
    if path.is_dir() or not path.parent.is_dir():
        raise DataError(
            say("{name}: there is no folder '{parent}' to write a file in", name=name, parent=path.parent),
            say("make it first"),
        )


def save_lecture(session: Replay, name: str, recording: str, speak: Callable[[str], str] = english) -> None:
    """Writes the page, all or nothing.

    Args:
        session: The recording.
        name: The page's file.
        recording: The recording's file.
        speak: Says a text in the reader's language.
    """
    data = json.dumps(lecture_data(session, speak), separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    template = files("gdcli.live").joinpath(PAGE).read_text(encoding="utf-8")
    title = say("{name}, as recorded in {file}", name=session.run.setup.name, file=Path(recording).name)
    words = {"language": language(speak), **{name: speak(word) for name, word in WORDS.items()}, "title": speak(title)}
    for word, text in words.items():
        template = template.replace(f"{{{{{word}}}}}", escape(text))
    with replaced(Path(name)) as file:
        file.write(template.replace("{{data}}", data))


def lecture_data(session: Replay, speak: Callable[[str], str] = english) -> dict[str, Any]:
    """All screens: each different row once, each style once, and of each moment the rows that changed.

    `bare` are the rows that are others without the next step's arrows. The last row, which has keys, is left out.
    """
    rows: dict[str, int] = {}
    styles: dict[tuple[int, int, int], int] = {}
    frames: list[dict[str, Any]] = []
    before: list[int] = []
    at = 0.0
    for seconds, caption, pages in _pages(session, Screen(*SIZE, speak=speak)):
        now, bare = ([_known(rows, _row(runs, styles)) for runs in page.runs()[:-1]] for page in pages)
        at = max(seconds, at + APART) if frames else seconds
        frames.append(
            {"t": round(at, 3), "say": speak(caption), "rows": _changed(before, now), "bare": _changed(now, bare)}
        )
        before = now
    return {
        "size": [SIZE[0], SIZE[1] - 1],
        "styles": [_style(*one) for one in styles],
        "rows": [json.loads(row) for row in rows],
        "frames": frames,
        "words": {name: speak(word) for name, word in WORDS.items()},
    }


def _changed(before: Sequence[int], now: Sequence[int]) -> dict[int, int]:
    """The rows that are others, by number."""
    return {at: row for at, row in enumerate(now) if before[at : at + 1] != [row]}


def _pages(session: Replay, screen: Screen) -> Iterator[tuple[float, str, list[Page]]]:
    """Seconds, caption, and screen with and without arrows of each moment; of very many, evenly few, and all
    that follow something done.
    """
    scenes = Scenes()
    stride = max(1, -(-session.count() // MOST))
    for at, (seconds, caption) in enumerate(session.moments()):
        if caption or at % stride == 0 or at == session.count() - 1:
            session.say(caption)
            pages = []
            for arrows in (True, False):
                session.view = session.view._replace(arrows=arrows)
                pages.append(scenes.draw(session, *SIZE, screen))
            yield seconds, caption, pages


def _row(runs: list[tuple[str, tuple[int, int, int]]], styles: dict[tuple[int, int, int], int]) -> str:
    """A row as text: what it says, and the number of its style."""
    return json.dumps([[text, styles.setdefault(look, len(styles))] for text, look in runs])


def _known(rows: dict[str, int], row: str) -> int:
    return rows.setdefault(row, len(rows))


def _style(front: int, back: int, attributes: int) -> list[Any]:
    """In front on a light and on a dark ground, behind, bold, reversed; null for the ground's own."""
    rgb = front >> 16, front >> 8 & 255, front & 255
    hue = HUES.get(rgb) if back < 0 else None
    plain = None if front < 0 else f"#{front:06x}"
    behind = None if back < 0 else f"#{back:06x}"
    light, dark = (hue.light, hue.dark) if hue else (plain, plain)
    return [light, dark, behind, int(bool(attributes & BOLD)), int(bool(attributes & REVERSE))]
