"""What a terminal can show, and text coloured and measured for it."""

import re
import unicodedata
from dataclasses import dataclass

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
RESET = "\x1b[0m"

# Each readable on a dark and on a light background: 24-bit, 256-colour number, 16-colour code.
PALETTE: dict[str, tuple[tuple[int, int, int], int, int]] = {
    "blue": ((60, 132, 240), 33, 94),
    "orange": ((214, 116, 20), 166, 33),
    "green": ((38, 148, 72), 28, 32),
    "red": ((226, 66, 66), 167, 91),
    "purple": ((158, 98, 224), 134, 95),
    "gray": ((128, 128, 128), 244, 90),
}

_SPELLED = str.maketrans({"×": "x", "—": "-", "–": "-", "−": "-", "·": ".", "…": ".", "²": "2", "→": ">"})


@dataclass(frozen=True)
class Screen:
    """What the terminal can do; decided elsewhere and passed in.

    Args:
        width: Columns.
        height: Rows.
        color: Whether colour may be used at all.
        unicode: False for pure ASCII output: no braille, no boxes, no blocks.
        depth: Colour depth in bits: 24 (true colour), 8 (256 colours) or 4 (16 colours).
    """

    width: int = 80
    height: int = 24
    color: bool = True
    unicode: bool = True
    depth: int = 24


def code(style: str, screen: Screen) -> str:
    """The escape sequence that switches a style on: "bold" or a colour's name; empty without colour."""
    if not (style and screen.color):
        return ""
    if style == "bold":
        return "\x1b[1m"
    (red, green, blue), number, short = PALETTE[style]
    if screen.depth >= 24:
        return f"\x1b[38;2;{red};{green};{blue}m"
    return f"\x1b[38;5;{number}m" if screen.depth >= 8 else f"\x1b[{short}m"


def paint(text: str, style: str, screen: Screen) -> str:
    """Text in a style, and back to normal after it.

    >>> paint("loss", "red", Screen(depth=4))
    '\\x1b[91mloss\\x1b[0m'
    >>> paint("loss", "red", Screen(color=False))
    'loss'
    """
    start = code(style, screen)
    return f"{start}{text}{RESET}" if start and text else text


def plain(text: str, screen: Screen) -> str:
    """Text from outside (labels, column names, paths) made safe to print: no escapes, ASCII where needed.

    >>> plain("a\\x1b[31m\\nb", Screen())
    'a?[31m b'
    >>> plain("x² — y", Screen(unicode=False))
    'x2 - y'
    """
    text = " ".join(text.splitlines())
    text = "".join("?" if unicodedata.category(char)[0] == "C" else char for char in text)
    return text if screen.unicode else text.translate(_SPELLED).encode("ascii", "replace").decode()


def split(text: str) -> list[str]:
    """Plain text as one string a column; a wide character is followed by an empty one.

    >>> split("a漢")
    ['a', '漢', '']
    """
    cells: list[str] = []
    for char in text:
        if cells and unicodedata.category(char) in ("Mn", "Me"):
            cells[-1 if cells[-1] else -2] += char
        else:
            cells += [char, ""] if unicodedata.east_asian_width(char) in "WF" else [char]
    return cells


def columns(text: str) -> int:
    """The columns a line takes on the screen; escape sequences take none.

    >>> columns(paint("loss", "red", Screen()))
    4
    """
    return len(split(ESCAPE.sub("", text)))


def fit(text: str, width: int) -> str:
    """Plain text cut to at most `width` columns.

    >>> fit("validation", 5)
    'valid'
    """
    cells = split(text)
    if len(cells) <= width:
        return text
    kept = cells[: max(width, 0)]
    if kept and cells[len(kept)] == "":
        kept[-1] = " "
    return "".join(kept)
