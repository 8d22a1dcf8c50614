"""Axes with few, round ticks, and the frame that puts them around a picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from gdcli.arrays import ArrayLike
from gdcli.definitions.dataclass import dataclass
from gdcli.render import theme
from gdcli.render.raster.cells import Cells
from gdcli.render.raster.geometry import Floats
from gdcli.render.screen import Screen, columns, fit, paint, plain

Ticks = list[tuple[float, str]]
SPREAD, THREE = 0.65, 3  # of a log axis, at least, lies between its first and its last tick; ticks without decades
MANY = 7  # digits that are no shorter with an exponent
FINER = 12  # ticks more, at most, that are tried where a range has but one round value
LARGEST, TINIEST = 1.5e308, 1e-280  # what is drawn: room for arithmetic on both sides


def decimal_text(digits: int, exponent: int) -> str:
    """The number digits x 10^exponent, written without noise: never -0, never 1e+00.

    >>> decimal_text(25, -1), decimal_text(-5, 3), decimal_text(1, -7), decimal_text(25, 8), decimal_text(0, 9)
    ('2.5', '-5000', '1e-7', '2.5e9', '0')
    >>> decimal_text(100000002, -2)  # so many digits are no shorter with an exponent
    '1000000.02'
    """
    size = len(str(abs(digits))) + exponent
    many = size - exponent >= MANY
    if digits == 0:
        return "0"
    if -4 < size < (17 if many else 7) and (many or exponent > -6):
        return f"{digits * 10 ** max(exponent, 0) / 10 ** max(-exponent, 0):.{max(-exponent, 0)}f}"
    text = str(abs(digits)).rstrip("0")
    point = f"{text[0]}.{text[1:]}" if text[1:] else text
    return f"{'-' if digits < 0 else ''}{point}e{size - 1}"


def compact(value: float, digits: int = 3) -> str:
    """A number to a few significant digits, without trailing zeros.

    >>> compact(0.09570000001), compact(112.5), compact(-0.0), compact(2.5e-12), compact(float("nan"))
    ('0.0957', '112', '0', '2.5e-12', 'nan')
    """
    if not math.isfinite(value):
        return str(value)
    mantissa, exponent = f"{value + 0.0:.{digits - 1}e}".split("e")
    whole = mantissa.replace(".", "").rstrip("0") or "0"
    return decimal_text(int(whole), int(exponent) + 1 - len(whole.lstrip("-")))


def ticks(low: float, high: float, count: int) -> Ticks:
    """About `count` round values in a range, in steps of 1, 2 or 5, with their text.

    >>> [text for _, text in ticks(0, 1.1, 3)]
    ['0', '0.5', '1.0']
    """
    wanted = min(high / count - low / count, 1e308) or math.ulp(0.0)
    exponent = math.floor(math.log10(wanted))
    lead = 10 ** (math.log10(wanted) - exponent)
    factor = next((f for f, upto in ((1, 1.5), (2, 3.2), (5, 7.1)) if lead < upto), 0)
    factor, exponent = (factor, exponent) if factor else (1, exponent + 1)
    step = float(f"{factor}e{exponent}")
    if step == 0 or max(abs(low), abs(high)) / step > 2**52:
        return [(low, f"{low:.3g}")]
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(float(f"{k * factor}e{exponent}"), decimal_text(k * factor, exponent)) for k in range(first, last + 1)]


def log_ticks(low: float, high: float, count: int) -> Ticks:
    """Ticks for an axis in powers of ten, over all of its length: decades, or 1-2-5, or round values in a short range.

    >>> log_ticks(-6, 0, 3)
    [(-6, '1e-6'), (-4, '1e-4'), (-2, '0.01'), (0, '1')]
    >>> [text for _, text in log_ticks(-0.9, 1.9, 4)]
    ['0.2', '1', '2', '10', '50']
    """
    decades: Ticks = [(k, _power(k)) for k in range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)]
    if len(decades) > 2 and (chosen := _every_nth(decades, max(count, 1) + 1, high - low)):
        return chosen
    steps = [(k, f) for k in range(math.floor(low), math.ceil(high) + 1) for f in (1, 2, 5)]
    marks = [(k + math.log10(f), decimal_text(f, k)) for k, f in steps]
    inside = [tick for tick in marks if low - 1e-9 <= tick[0] <= high + 1e-9]
    most = max(count + 1, THREE)
    if len(inside) < THREE or inside[-1][0] - inside[0][0] < SPREAD * (high - low):
        inside = _round_values(low, high, most) or inside
    return inside if len(inside) <= most else _thinned(inside, most)


def _power(exponent: int) -> str:
    return decimal_text(1, exponent) if -3 < exponent < 4 else f"1e{exponent}"


def _every_nth(decades: Ticks, most: int, length: float) -> Ticks:
    """Decades at equal distances, few enough, and such that they reach over the axis; none if none do."""
    least = -(-len(decades) // most)
    for stride in range(least, max(len(decades), least + 1)):
        starts = sorted(range(stride), key=lambda at: (int(decades[0][0]) + at) % stride != 0)
        for start in starts:
            chosen = decades[start::stride]
            if len(chosen) > 1 and chosen[-1][0] - chosen[0][0] >= SPREAD * length:
                return chosen
    return []


def _round_values(low: float, high: float, count: int) -> Ticks:
    """Round values between powers of ten, in steps fine enough to reach over the axis."""
    if low < -300 or high > 308:  # beyond what ordinary floats can distinguish
        return []
    found: Ticks = []
    for finer in (1, 2, 4, 8):
        values = ticks(10.0**low, 10.0**high, finer * count)
        found = [(math.log10(value), text) for value, text in values if value > 0]
        if len(found) >= THREE and found[-1][0] - found[0][0] >= SPREAD * (high - low):
            break
    return found


def _thinned(found: Ticks, most: int) -> Ticks:
    """The first, the last, and those between that stand nearest to equal distances; decades first."""
    first, last = found[0][0], found[-1][0]
    wanted = [first + (last - first) * at / (most - 1) for at in range(most)]
    near = (last - first) / (most - 1) / 6
    chosen = {
        min(found, key=lambda tick: abs(tick[0] - spot) - near * (abs(tick[0] - round(tick[0])) < 1e-9))
        for spot in wanted[1:-1]
    }
    return sorted({found[0], *chosen, found[-1]})


@dataclass(frozen=True)
class Axis:
    """A range and its ticks, in the axis' own units (powers of ten on a log axis).

    Args:
        low: The value at the left or lower edge.
        high: The value at the right or upper edge; larger than `low`.
        ticks: Value and text of each tick.
        label: What the axis measures.
        log: Whether its units are powers of ten.
    """

    low: float
    high: float
    ticks: Ticks
    label: str = ""
    log: bool = False

    def fraction(self, values: Floats) -> Floats:
        """How far along the axis values lie: 0 at `low`, 1 at `high`; far away is cut to +-1e9."""
        with np.errstate(over="ignore", under="ignore"):
            far = (values / 4 - self.low / 4) / (self.high / 4 - self.low / 4)
        return np.clip(far, -1e9, 1e9)

    def ways(self) -> Iterator[Axis]:
        """The axis, and of a log axis the same with other ticks, for where these do not have room side by side."""
        yield self
        for count in range(1, FINER) if self.log else ():
            yield replace(self, ticks=log_ticks(self.low, self.high, count))

    def tells(self, words: Iterable[str]) -> bool:
        """Whether these of its ticks' texts say its scale: two; on a log axis two decades, or three, far apart."""
        shown = {*words}
        if not self.log:
            return len(shown) >= min(2, len(self.ticks))
        values = [value for value, text in self.ticks if text in shown]
        decades = sum(abs(value - round(value)) < 1e-9 for value in values)
        enough = decades > 1 or len(values) >= THREE
        return enough and values[-1] - values[0] >= SPREAD * (self.high - self.low)

    def places(self, cells: int) -> list[tuple[int, str]]:
        """The cell of each tick, counted from `low`, and its text."""
        at = self.fraction(np.array([value for value, _ in self.ticks], dtype=np.float64))
        return [
            (min(int(where * cells), cells - 1), text)
            for where, (_, text) in zip(at.tolist(), self.ticks, strict=True)
            if -1e-9 <= where <= 1 + 1e-9
        ]


def fractions(points: ArrayLike, x: Axis, y: Axis) -> Floats:
    """Points `(n, 2)` as fractions of the area between two axes; those that are not finite are left out."""
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    xy = xy[np.isfinite(xy).all(axis=1)]
    return np.stack([x.fraction(xy[:, 0]), y.fraction(xy[:, 1])], axis=1)


def axis(low: float, high: float, count: int, label: str = "", *, log: bool = False) -> Axis:
    """An axis over a range; a range without width is given one.

    Args:
        low: Smallest value (its log10 on a log axis).
        high: Largest value.
        count: About how many ticks.
        label: What it measures.
        log: Whether the range is in powers of ten.
    """
    size = max(abs(low), abs(high))
    if not high - low > max(1e-9 * size, TINIEST):
        pad = 0.5 if log else size / 2 if size > TINIEST else 1.0
        low, high = max(low - pad, -LARGEST), min(high + pad, LARGEST)
    return Axis(low, high, (log_ticks if log else several_ticks)(low, high, max(count, 1)), label, log)


def several_ticks(low: float, high: float, count: int) -> Ticks:
    """About `count` round values in a range, and no fewer than two: one number alone is no scale.

    >>> [text for _, text in several_ticks(0.01, 0.99, 2)]
    ['0.2', '0.6']
    """
    found = ticks(low, high, count)
    finer = (ticks(low, high, count + more) for more in range(1, FINER))
    if len(found) > 1 or not (more := next((one for one in finer if len(one) > 1), [])):
        return found
    return more[:: -(-len(more) // max(count + 1, 2))]


def gutter(y: Axis) -> int:
    """The columns that a y axis takes: its longest tick and the line."""
    return max((len(text) for _, text in y.ticks), default=0) + 2


def add_axes(lines: Sequence[str], x: Axis, y: Axis, width: int, screen: Screen) -> list[str]:
    """Lines of one width with a y axis before them and an x axis below.

    Args:
        lines: The picture's rows, top first.
        x: The axis along the picture.
        y: The axis up the picture.
        width: The columns that the x axis spans.
        screen: What the terminal can do.

    Returns:
        Two lines more, each `gutter(y)` columns wider.
    """
    left = [paint(side, theme.AXIS, screen) for side in y_axis(y, len(lines), screen)]
    below = [paint(row, theme.AXIS, screen) for row in x_axis(x, width, gutter(y) - 1, screen)]
    return [a + b for a, b in zip(left, lines, strict=True)] + below


def y_axis(y: Axis, rows: int, screen: Screen) -> list[str]:
    """The numbers and the line of a y axis, top first, each `gutter(y)` columns wide."""
    edge, tick = "│┤" if screen.unicode else "|+"
    wide = gutter(y) - 2
    ways = (one for one in y.ways() if all(len(text) <= wide for _, text in one.ticks))
    kept = next((one for one in ways if one.tells(dict(one.places(rows)).values())), y)
    at = {rows - 1 - place: text for place, text in kept.places(rows)}
    return [f"{at.get(row, ''):>{wide}} {tick if row in at else edge}" for row in range(rows)]


def x_axis(x: Axis, width: int, indent: int, screen: Screen) -> list[str]:
    """The line of an x axis, and below it the numbers that have room and the label; both begin with the indent."""
    corner, line, tick = "└─┬" if screen.unicode else "+-+"
    label = fit(plain(x.label, screen), width)
    reserved = (0,) if x.log else (columns(label), 0)  # few ticks say what a log axis is
    ways = ((one, _placed(one, width, indent, size)) for one in x.ways() for size in reserved)
    telling = (places for one, places in ways if one.tells(word for _, _, word in places))
    placed = next(telling, None) or _placed(x, width, indent, reserved[0])
    rule, text = Cells(width, 1), Cells(width + indent + 1, 1)
    rule.put(0, 0, line * width)
    for column, start, word in placed:
        rule.put(0, column, tick)
        text.put(0, start, word)
    _put_label(text, label)
    return [" " * indent + corner + rule.lines(screen)[0], text.lines(screen)[0]]


def _placed(x: Axis, width: int, indent: int, label: int) -> list[tuple[int, int, str]]:
    """The ticks that have room beside a label of so many columns: column, where the number begins, number."""
    room = Cells(width + indent + 1, 1)
    room.put(0, room.width - label, "x" * label)
    placed, places = [], x.places(width)
    for column, word in places if not x.log else [*places[:1], *places[1:][-1:], *places[1:-1]]:
        middle = column + indent + 1 - (len(word) - 1) // 2
        near = (0, -1, 1, -2, 2) if x.log else (0,)
        for start in (max(min(middle + shift, room.width - len(word)), 0) for shift in near):
            if all(room.free(0, at, 1) for at in range(max(start - 2, 0), min(start + len(word) + 2, room.width))):
                room.put(0, start, word)
                placed.append((column, start, word))
                break
    return placed


def _put_label(text: Cells, label: str) -> None:
    """Write a label as far to the right as it has room."""
    size = columns(label)
    for at in range(text.width - size, 0, -1):
        if all(text.free(0, spot, 1) for spot in range(at - 1, min(at + size + 1, text.width))):
            text.put(0, at, label)
            return


def frame_picture(
    lines: Sequence[str],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    x_label: str,
    y_label: str,
    screen: Screen,
) -> str:
    """A picture with axes in real units around it, the y label above its axis.

    Args:
        lines: The picture's rows, top first, all of one width (as `canvas.half_blocks` gives them).
        x_range: The values at the left and the right edge.
        y_range: The values at the lower and the upper edge.
        x_label: Written at the right end of the x axis.
        y_label: Written above the y axis.
        screen: What the terminal can do.

    Returns:
        The text, without a line break at the end.
    """
    if not lines:
        return ""
    y = axis(*y_range, min(len(lines) // 3, 8))
    width = columns(lines[0])
    head = fit(f"{plain(y_label, screen):>{gutter(y) - 1}}", gutter(y) + width)
    x = axis(*x_range, width // 10, x_label)
    return "\n".join([paint(head, theme.AXIS, screen), *add_axes(lines, x, y, width, screen)])
