"""What a stream can show, from what terminals say of themselves."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["can_draw", "color_depth", "is_colored"]


def is_colored(wanted: str, environ: Mapping[str, str], is_terminal: bool) -> bool:
    """Whether there is colour: --color > NO_COLOR > FORCE_COLOR, CLICOLOR_FORCE > TERM=dumb > is it a terminal.

    >>> is_colored("auto", {"NO_COLOR": "1"}, True), is_colored("always", {"NO_COLOR": "1"}, False)
    (False, True)
    """
    if wanted != "auto":
        return wanted == "always"
    if environ.get("NO_COLOR"):
        return False
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        if environ.get(name):
            return environ[name] != "0"
    return environ.get("TERM") != "dumb" and is_terminal


def can_draw(encoding: str | None) -> bool:
    """Whether braille and boxes can be written.

    >>> can_draw("utf-8"), can_draw("latin-1")
    (True, False)
    """
    try:
        "⣿│▀".encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def color_depth(environ: Mapping[str, str]) -> int:
    """Colour depth in bits.

    >>> color_depth({"TERM": "xterm-256color"})
    8
    """
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return 24
    return 8 if "256" in environ.get("TERM", "") else 4
