"""Random values: cells, columns, tables, names, and changes of bytes and of JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

Row = list[str]
ODD_NUMBERS = (
    *("0", "-0", "1e308", "-1e308", "1.7976931348623157e308", "5e-324", "1e-300", "1e400", "-1e400", "1e16"),
    *("9007199254740993", "1e-16", "0x10", "1_0", "1,5", "1.5e", "+3", ".5", "5.", "1e5", "١٢", "³", "½", "1'000"),
    *("$5", "50%", "1 000"),
)  # fmt: skip
NO_NUMBERS = (
    *("nan", "inf", "-inf", "NaN", "Infinity", "", "NA", "#N/A", "?", "-", ".", "null", "None", "\\N", "TRUE", "no"),
    *("2024-01-31", "12:30", "abc", "a b", "é", "\x1b[31mred", "\x9b31m", "\u202eevil", "a\tb", '"', "'", "=1+1", "#x"),
    *("\u2028", "\ufeff", "\x00", "\x7f", "x" * 300, "日本", "🙂", "-999", "1:2", "{", "[1]", "\\", ","),
)  # fmt: skip
NAMES = (
    *("x", "y", "a", "b", "x1", "x2", "z", "m", "target", "label", "class", "id", "", " ", "1", "2", "x,y", 'q"q'),
    *("PATH", "x.1", "w_x", "epoch", "loss", "run", "lr", "\x1b]0;t\x07", "\u202ex", "é", "日本語", "a b", "-o"),
    *("status", "--x", "=1"),
    *("prediction", "residual", "parameters", "_", "x^2", "x=1", "A;B", "x" * 200, "\x9b", "$(id)", "`id`", "%s", "{}"),
)  # fmt: skip
FILE_NAMES = (
    *("data.csv", "data.csv", "data.csv", "a b.csv", "é.csv", "-x.csv", "q'q.csv", 'q"q.csv', "a;b.csv", "$(id).csv"),
    *("\x1b[31m.csv", "\u202efdp.csv", "n\nl.csv", "t\tb.csv", "b\udcff\udcfe.csv", "*.csv", "[a].csv", "\x9b.csv"),
)  # fmt: skip


def number(rng: Random) -> str:
    """A number, mostly one that is usual."""
    kind = rng.random()
    if kind < 0.5:
        return f"{rng.gauss(0, 3):.{rng.randrange(5)}f}"
    if kind < 0.8:
        return str(rng.randrange(-5, 30))
    if kind < 0.92:
        return repr(rng.uniform(-1, 1) * 10 ** rng.randrange(-12, 13))
    if kind < 0.98:
        return repr(rng.uniform(-1, 1) * 10.0 ** rng.randrange(-307, 308))
    return rng.choice(ODD_NUMBERS)


def numbers(rng: Random, rows: int) -> list[str]:
    """Numbers of one scale."""
    start, scale = rng.gauss(0, 10), 10.0 ** rng.randrange(-6, 7)
    return [f"{start + rng.gauss(0, 1) * scale:.{rng.randrange(1, 8)}g}" for _ in range(rows)]


def column(rng: Random, rows: int) -> list[str]:
    """Cells of one kind."""
    kind = rng.randrange(14)
    if kind < 5:
        return numbers(rng, rows)
    if kind == 5:
        start = rng.randrange(-20, 20)
        return [str(start + at) for at in range(rows)]
    if kind == 6:
        return [str(rng.randrange(2)) for _ in range(rows)]
    if kind == 7:
        return [rng.choice(("3", "3", "3", "0"))] * rows
    if kind == 8:
        words = rng.sample(("red", "blue", "Yes", "no", "007", "é", "a b", "0"), rng.randrange(1, 4))
        return [rng.choice(words) for _ in range(rows)]
    if kind == 9:
        return [f"{1e9 + at * 86400 + rng.random():.1f}" for at in range(rows)]
    if kind == 10:
        factor = 10.0 ** rng.randrange(-300, 300)
        return [repr(rng.gauss(0, 1) * factor) for _ in range(rows)]
    return [number(rng) for _ in range(rows)]


def table(rng: Random, most: int = 24) -> tuple[Row, list[Row]]:
    """Names and rows."""
    rows, width = rng.choice((2, 3, 5, 8, 12, most)), rng.choice((2, 2, 2, 3, 3, 4, 6))
    if rng.random() < 0.06:
        rows, width = rng.choice((0, 1, rows)), rng.choice((1, width))
    columns = [column(rng, rows) if rng.random() < 0.6 else numbers(rng, rows) for _ in range(width)]
    if rng.random() < 0.2 and width > 1:
        columns[0] = columns[1]
    if rng.random() < 0.15 and width > 2:
        columns[0] = [repr(2 * float(cell)) if _is_number(cell) else cell for cell in columns[1]]
    for _ in range(rng.choice((0, 0, 0, 0, 0, 1, 3)) if rows else 0):
        rng.choice(columns)[rng.randrange(rows)] = rng.choice(NO_NUMBERS if rng.random() < 0.7 else ODD_NUMBERS)
    usual = [f"x{at}" for at in range(1, width)] + ["y"]
    names = usual if rng.random() < 0.8 else [rng.choice(NAMES) for _ in range(width)]
    return names, [list(row) for row in zip(*columns, strict=True)]


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def damaged(rng: Random, content: bytes) -> bytes:
    """Bytes with some changed, cut, doubled or put in."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(6)
        if kind == 0 and data:
            data[at % len(data)] = rng.randrange(256)
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            data[at:at] = rng.choice(NO_NUMBERS + ODD_NUMBERS).encode("utf-8", "surrogateescape")
        elif kind == 3:
            data[at:at] = data[at : at + rng.randrange(1, 200)]
        elif kind == 4:
            del data[at : at + rng.randrange(1, 40)]
        elif data:
            data[at % len(data)] ^= 1 << rng.randrange(8)
    return bytes(data)


def json_value(rng: Random) -> Any:
    """A value that JSON can hold, or Python's reader takes."""
    plain = (None, True, False, 0, 1, -1, 2, 3, 0.5, -0.5, 1e308, 1e-320, 2**53, 2**64, -(2**70), math.nan, math.inf)
    texts = ("", "x", "y", "relu", "adam", "mse", "auto", "standard", "\x1b[31m", "\u202e", "1", "nan", "fit", "train")
    others: tuple[Callable[[], Any], ...] = (
        list,
        dict,
        lambda: [json_value(rng) for _ in range(rng.randrange(1, 4))],
        lambda: {rng.choice(NAMES): json_value(rng)},
        lambda: [[1, 2], [3]],
        lambda: "x" * 5000,
    )
    kind = rng.random()
    return rng.choice(plain) if kind < 0.5 else rng.choice(texts) if kind < 0.75 else rng.choice(others)()


def crafted(rng: Random, value: Any) -> Any:
    """JSON with something in it that is not as it was; what is around it stays valid."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        value = _changed(rng, value)
    return value


def _changed(rng: Random, value: Any) -> Any:
    if isinstance(value, dict) and value and rng.random() < 0.9:
        name = rng.choice(list(value))
        kind = rng.random()
        if kind < 0.1:
            return {key: one for key, one in value.items() if key != name}
        if kind < 0.15:
            return value | {rng.choice(NAMES): json_value(rng)}
        return value | {name: _changed(rng, value[name])}
    if isinstance(value, list) and value and rng.random() < 0.85:
        at, kind = rng.randrange(len(value)), rng.random()
        if kind < 0.15:
            return value[:at] + value[at + 1 :]
        if kind < 0.3:
            return value[:at] + [value[at]] + value[at:]
        return [*value[:at], _changed(rng, value[at]), *value[at + 1 :]]
    if isinstance(value, bool) or value is None:
        return json_value(rng)
    if isinstance(value, int | float) and rng.random() < 0.5:
        return rng.choice((value + 1, value - 1, -value, value * 2, float(value), 0, 10**6, 0.5, 1e300, -1e-300))
    return json_value(rng)


def weighted(rng: Random, choices: Sequence[tuple[int, Any]]) -> Any:
    """One of some, by weight."""
    return rng.choices([one for _, one in choices], [weight for weight, _ in choices])[0]
