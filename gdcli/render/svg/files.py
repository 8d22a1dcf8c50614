"""A sheet as a file: SVG, PNG, HTML or text, by the name's ending, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from importlib import import_module
from pathlib import Path

from gdcli.data.atomic_write import replaced
from gdcli.render import Report
from gdcli.render.formats.table import render as render_table
from gdcli.render.screen import ESCAPE, Screen, english, guarded, language, plain
from gdcli.render.svg.ink import Ink
from gdcli.render.svg.names import RASTERIZER, THEMES
from gdcli.render.svg.sheet import WORDS, Sheet, draw_sheet
from gdcli.render.theme import DARK, LIGHT
from gdcli.said import say

TEXT = Screen(width=100, height=40, color=False)
HEIGHT = 18
"""Lines of a picture in a text file."""
MOST = 60
"""Lines of text that a sheet shows."""
SHARP = 2
"""Pixels of a PNG for each of the SVG's."""
STYLE = f""":root {{ color-scheme: light dark }}
body {{ margin: 0; background: {LIGHT.paper} }}
svg {{ display: block; margin: auto; max-width: 100%; height: auto }}
.dark {{ display: none }}
@media (prefers-color-scheme: dark) {{
body {{ background: {DARK.paper} }} .light {{ display: none }} .dark {{ display: block }}
}}
@media print {{ .light {{ display: block }} .dark {{ display: none }} }}"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def save_pictures(
    report: Report, names: list[str], rerun: str, theme: str | None, speak: Callable[[str], str] = english
) -> None:
    """Writes what a report shows into files.

    Args:
        report: The report, after its rows have passed.
        names: The files.
        rerun: The command that makes them.
        theme: light or dark; None for light, and in HTML for what the reader's system has.
        speak: Says a text in the reader's language.
    """
    text, words = replace(TEXT, speak=speak), replace(WORDS, speak=speak)
    sheets: dict[bool, Sheet] = {}
    for name in names:
        path = Path(name)
        as_text = path.suffix.lower() == ".txt"
        if as_text not in sheets:
            sheets[as_text] = sheet_of(report, rerun, text if as_text else words)
        content = WRITERS[path.suffix.lower()](sheets[as_text], theme, text)
        with replaced(path, "wb") as file:
            file.write(content)


def sheet_of(report: Report, rerun: str, screen: Screen) -> Sheet:
    """What a report shows, as data."""
    drawn = [one.content() for one in report.pictures(screen) if one.content is not None]
    said = transcript(report, screen) if report.words is None else report.words(screen)
    words = [guarded(line, screen) for line in said]
    left_out = say("... {count:,} lines more", count=len(words) - MOST)
    more = [screen.speak(left_out)] if len(words) > MOST else []
    return Sheet(plain(report.title, screen), drawn, [*words[:MOST], *more], f"rerun: {rerun}")


def transcript(report: Report, screen: Screen) -> list[str]:
    """All that a table shows."""
    from io import StringIO

    out = StringIO()
    render_table(report, out, screen)
    lines = out.getvalue().strip("\n").split("\n")
    return lines[1:] if ESCAPE.sub("", lines[0]) == report.title else lines


def as_svg(sheet: Sheet, theme: str | None, screen: Screen) -> bytes:
    """An SVG file."""
    return draw_sheet(sheet, Ink(theme == "dark", screen.speak)).encode()


def as_html(sheet: Sheet, theme: str | None, screen: Screen) -> bytes:
    """A page that follows the reader's colours, unless a theme is given."""
    grounds = [one for one in THEMES if theme in (None, one)]
    both = [f'<div class="{one}">{draw_sheet(sheet, Ink(one == "dark", screen.speak))}</div>' for one in grounds]
    style = (
        STYLE if theme is None else f"body {{ margin: 0; background: {(DARK if theme == 'dark' else LIGHT).paper} }}"
    )
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    view = '<meta name="viewport" content="width=device-width">'
    top = (
        f'<!doctype html>\n<html lang="{language(screen.speak)}"><head>{head}{view}<title>{escape(sheet.title)}</title>'
    )
    return f"{top}\n<style>{style}</style></head><body>\n{''.join(both)}</body></html>\n".encode()


def as_png(sheet: Sheet, theme: str | None, screen: Screen) -> bytes:
    """A PNG, drawn by resvg."""
    rasterizer = import_module(RASTERIZER)
    return bytes(rasterizer.svg_to_bytes(svg_string=as_svg(sheet, theme, screen).decode(), zoom=SHARP))


def as_text(sheet: Sheet, theme: str | None, screen: Screen) -> bytes:  # noqa: ARG001 - text has no ground
    """What a terminal shows, without colour."""
    drawn = [one.draw(screen, screen.width, HEIGHT) for one in sheet.pictures]
    blocks = [sheet.title, *drawn, *["\n".join(sheet.words)] * bool(sheet.words), sheet.rerun]
    return ("\n\n".join(blocks) + "\n").encode()


WRITERS: Mapping[str, Callable[[Sheet, str | None, Screen], bytes]] = {
    ".svg": as_svg,
    ".png": as_png,
    ".html": as_html,
    ".txt": as_text,
}
"""The kinds of files, by their ending."""
