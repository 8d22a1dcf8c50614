"""Blocks of text that need no plot: bars, and several blocks side by side."""

from collections.abc import Mapping, Sequence

import numpy as np

from gdcli.render import theme
from gdcli.render.charts.axes import compact
from gdcli.render.screen import Screen, columns, fit, paint, plain

EIGHTHS = " ▏▎▍▌▋▊▉"


def side_by_side(blocks: Sequence[str], screen: Screen, gap: int = 2) -> str:
    """Blocks next to each other as far as the screen is wide, the others below.

    >>> print(side_by_side(["one", "two", "three"], Screen(width=8)))
    one  two
    <BLANKLINE>
    three
    """
    rows: list[list[list[str]]] = []
    for block in (block.split("\n") for block in blocks if block):
        used = sum(_width(other) + gap for other in rows[-1]) if rows else screen.width + 1
        if used + _width(block) <= screen.width:
            rows[-1].append(block)
        else:
            rows.append([block])
    return "\n\n".join("\n".join(_joined(row, gap)) for row in rows)


def _width(block: Sequence[str]) -> int:
    return max(map(columns, block))


def _joined(blocks: Sequence[Sequence[str]], gap: int) -> list[str]:
    widths = [_width(block) for block in blocks]
    lines = []
    for at in range(max(map(len, blocks))):
        cells = [block[at] if at < len(block) else "" for block in blocks]
        padded = [cell + " " * (width - columns(cell)) for cell, width in zip(cells, widths, strict=True)]
        lines.append((" " * gap).join(padded).rstrip(" "))
    return lines


def draw_bars(values: Mapping[str, float], screen: Screen, *, title: str, width: int) -> str:
    """One horizontal bar a value, drawn from a common zero; what is not finite gets no bar.

    >>> print(draw_bars({"a": 4, "b": 2}, Screen(color=False, unicode=False), title="hits", width=10))
    hits
    a 4 ######
    b 2 ###
    """
    names = {name: fit(plain(name, screen), width // 3) for name in values}
    numbers = {name: compact(value) for name, value in values.items()}
    left = max(map(columns, names.values()), default=0)
    right = max(map(len, numbers.values()), default=0)
    room = width - left - right - 2
    finite = [value for value in values.values() if np.isfinite(value)]
    low, high = min([0.0, *finite]), max([0.0, *finite])
    lines = [paint(fit(plain(title, screen), width), theme.HEADING, screen)]
    for name, value in values.items():
        head = names[name] + " " * (left - columns(names[name])) + f" {numbers[name]:>{right}} "
        bar = _bar(value, low, high, room, screen) if np.isfinite(value) and room > 0 else ""
        lines.append(fit(head, width) if not bar else head + paint(bar, theme.VALUE, screen))
    return "\n".join(line.rstrip(" ") for line in lines)


def _bar(value: float, low: float, high: float, room: int, screen: Screen) -> str:
    """A bar from zero to the value, with blanks before it when some values are negative."""
    per_cell = (high / room - low / room) or 1.0
    start, end = sorted((-low / per_cell, value / per_cell - low / per_cell))
    if not screen.unicode or low < 0:
        full = "█" if screen.unicode else "#"
        return " " * round(start) + full * (round(end) - round(start))
    cells, eighths = divmod(round(end * 8), 8)
    return "█" * cells + EIGHTHS[eighths].strip()
