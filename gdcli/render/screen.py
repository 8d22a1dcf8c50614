"""What a terminal can show, and text coloured and measured for it."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import takewhile

from gdcli.definitions.dataclass import dataclass
from gdcli.render.theme import Hue, Meaning
from gdcli.said import say

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
RESET = "\x1b[0m"
LAST_WORD = re.compile(r"[^\W_]+$")

_SPELLED = str.maketrans({"×": "x", "—": "-", "–": "-", "−": "-", "·": ".", "…": ".", "²": "2", "→": ">"})


def english(text: str) -> str:
    """A text as it is."""
    return text


@dataclass(frozen=True)
class Screen:
    """What the terminal can do; decided elsewhere and passed in.

    Args:
        width: Columns.
        height: Rows.
        color: Whether colour may be used at all.
        unicode: False for pure ASCII output: no braille, no boxes, no blocks.
        depth: Colour depth in bits: 24 (true colour), 8 (256 colours) or 4 (16 colours).
        speak: Says a text in the language of the reader.
    """

    width: int = 80
    height: int = 24
    color: bool = True
    unicode: bool = True
    depth: int = 24
    speak: Callable[[str], str] = english


def language(speak: Callable[[str], str]) -> str:
    """The code of the language that texts are said in, as a page of HTML names it: a catalogue's own.

    >>> language(english)
    'en'
    """
    return speak(say("en"))


def _escape(meaning: Meaning, screen: Screen) -> str:
    """The escape sequences that switch colour and emphasis on; none without colour."""
    if not screen.color:
        return ""
    color = _color(meaning.hue, screen.depth) if meaning.hue else ""
    return color + "\x1b[1m" * meaning.bold + "\x1b[7m" * meaning.reverse


def _color(hue: Hue, depth: int) -> str:
    if depth >= 24:
        red, green, blue = hue.rgb
        return f"\x1b[38;2;{red};{green};{blue}m"
    return f"\x1b[38;5;{hue.number}m" if depth >= 8 else f"\x1b[{hue.code}m"


def paint(text: str, meaning: Meaning, screen: Screen) -> str:
    """Text in the colour of what it means, and back to normal after it.

    >>> from gdcli.render.theme import ERROR
    >>> paint("loss", ERROR, Screen(depth=4))
    '\\x1b[91mloss\\x1b[0m'
    >>> paint("loss", ERROR, Screen(color=False))
    'loss'
    """
    start, text = _escape(meaning, screen), screen.speak(text)
    return f"{start}{text}{RESET}" if start and text else text


def plain(text: str, screen: Screen) -> str:
    """Text from outside (labels, column names, paths) made safe to print: no escapes, ASCII where needed.

    >>> plain("a\\x1b[31m\\nb", Screen())
    'a?[31m b'
    >>> plain("x² — y", Screen(unicode=False))
    'x2 - y'
    """
    text = screen.speak(text)
    if text.isprintable() and screen.unicode:
        return text  # which may be a sentence still to be spoken
    text = " ".join(text.splitlines())
    text = text if text.isprintable() else "".join("?" if is_control(char) else char for char in text)
    return text if screen.unicode else text.translate(_SPELLED).encode("ascii", "replace").decode()


def guarded(line: str, screen: Screen) -> str:
    """A line as it goes to the screen: colours pass where there are colours, and nothing else that a terminal obeys.

    >>> guarded("a\x1b[31mb\x1b]0;c\x07", Screen()), guarded("a\x1b[31mb", Screen(color=False))
    ('a\x1b[31mb?]0;c?', 'a?[31mb')
    """
    line = screen.speak(line)
    if line.isprintable():
        return line
    colours = ESCAPE.findall(line) if screen.color else []
    parts = ESCAPE.split(line) if screen.color else [line]
    texts = ["".join("?" if is_control(char) else char for char in part) for part in parts]
    return "".join(text + colour for text, colour in zip(texts, [*colours, ""], strict=True))


def is_control(char: str) -> bool:
    """Whether a terminal may obey a character in place of showing it: controls of all kinds, bidi marks, line ends.

    >>> [is_control(char) for char in "a\x1b\x9b\u202e\u2028"]
    [False, True, True, True, True]
    """
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def split_cells(text: str) -> list[str]:
    """Plain text as one string a column; a wide character is followed by an empty one.

    >>> split_cells("a漢")
    ['a', '漢', '']
    """
    if text.isascii():
        return list(text)
    cells: list[str] = []
    for char in text:
        if cells and unicodedata.category(char) in ("Mn", "Me"):
            cells[-1 if cells[-1] else -2] += char
        else:
            cells += [char, ""] if unicodedata.east_asian_width(char) in "WF" else [char]
    return cells


def columns(text: str) -> int:
    """The columns a line takes on the screen; escape sequences take none.

    >>> from gdcli.render.theme import ERROR
    >>> columns(paint("loss", ERROR, Screen()))
    4
    """
    return len(text) if text.isascii() and "\x1b" not in text else len(split_cells(ESCAPE.sub("", text)))


def align_right(text: str, width: int) -> str:
    """Plain text at the right end of some columns."""
    return " " * (width - columns(text)) + text


def fit(text: str, width: int) -> str:
    """Plain text cut to at most `width` columns.

    >>> fit("validation", 5)
    'valid'
    """
    cells = split_cells(text)
    if len(cells) <= width:
        return text
    kept = cells[: max(width, 0)]
    if kept and cells[len(kept)] == "":
        kept[-1] = " "
    return "".join(kept)


def clip(text: str, width: int) -> str:
    """Plain text in at most `width` columns, with a sign at its end where some of it is missing.

    >>> clip("validation", 5), clip("loss", 5)
    ('vali…', 'loss')
    """
    return text if width < 2 or columns(text) <= width else fit(text, width - 1).rstrip() + "…"


def clip_apart(names: Sequence[str], width: int) -> list[str]:
    """Names in at most so many columns; of those that would look the same, what they have in common gives way.

    >>> clip_apart(["length of the left wing", "length of the right wing", "age"], 12)
    ['le…left wing', 'le…right wi…', 'age']
    """
    cut = [clip(name, width) for name in names]
    for text in {one for one in cut if cut.count(one) > 1}:
        alike = [at for at, one in enumerate(cut) if one == text]
        pairs = zip(min(names[at] for at in alike), max(names[at] for at in alike), strict=False)
        begin = "".join(char for char, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        begin = LAST_WORD.sub("", begin) or begin
        for at in alike:
            head = fit(begin, max(1, width // 6)).rstrip()
            cut[at] = clip(f"{head}…{names[at][len(begin) :]}", width)
    return cut
