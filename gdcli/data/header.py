"""Whether a table's first line holds names, by comparing it with the kinds of the values below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count, pairwise

from gdcli.data.cells import data_error, is_gap, number
from gdcli.data.lookalikes import kind
from gdcli.said import say

__all__ = ["DATA", "NAMES", "all_numbers", "check_names", "has_row_names", "has_units", "unique_names", "verdict"]

Rows = Sequence[Sequence[str]]
NAMES, UNCLEAR, DATA = "names", "unclear", "data"
_FEW_ROWS, _MOST_CELLS = 3, 10_000


def all_numbers(cells: Sequence[str], decimal: str) -> bool:
    """Whether a line holds numbers alone, empty cells aside."""
    written = [cell for cell in cells if cell.strip()]
    return bool(written) and all(number(cell, decimal) is not None for cell in written)


def verdict(first: Sequence[str], below: Rows, decimal: str) -> str:
    """What a first line holds, by the kinds of the cells below it: `names`, `data`, or `unclear`.

    A word above numbers or dates is a name, and one name is enough. A number above numbers, a date above dates, and a
    word that stands among the words below are data. Whole numbers may be names, such as years: they count where they
    are no sequence and stand within the range of the numbers below.

    Args:
        first: The first line.
        below: Lines below it, as many cells in each.
        decimal: The decimal sign.

    >>> below = [["42", "Private", ">50K"], ["39", "State", "<=50K"], ["51", "Private", ">50K"]]
    >>> verdict(["40", "Private", "<=50K"], below, "."), verdict(["age", "work", "pay"], below, ".")
    ('data', 'names')
    >>> verdict(["country", "2019", "2020"], [["France", "3", "4"], ["Spain", "5", "6"]], ".")
    'unclear'
    """
    sequence = _is_sequence(first)
    few = below[: max(_FEW_ROWS, _MOST_CELLS // len(first))]
    so_far = UNCLEAR
    for cell, *column in zip(first, *few, strict=True):
        vote = _vote(cell, column, decimal, sequence)
        if vote == NAMES:
            return NAMES
        so_far = vote if so_far == UNCLEAR else so_far
    return so_far


def _vote(cell: str, below: Sequence[str], decimal: str, sequence: bool) -> str:
    """What one column says about the cell above it."""
    given = [value.strip() for value in below if not is_gap(value)]
    above = kind(cell, decimal)
    if above == "gap" or not given:
        return UNCLEAR
    common, times = Counter(kind(value, decimal) for value in given).most_common(1)[0]
    if 2 * times < len(given) or common == "word":
        return DATA if above == "word" and cell.strip() in given else UNCLEAR
    if above != common:
        return NAMES if above == "word" else UNCLEAR
    if cell.strip().isdigit():
        return DATA if not sequence and _within(cell, given, decimal) else UNCLEAR
    return DATA


def _within(cell: str, given: Sequence[str], decimal: str) -> bool:
    values = [value for text in given if (value := number(text, decimal)) is not None]
    return bool(values) and min(values) <= float(cell) <= max(values)


def _is_sequence(cells: Sequence[str]) -> bool:
    """Whether the whole numbers among some cells rise or fall by equal steps, as years do: 2018, 2019, 2020."""
    known = [cell.strip(" ") for cell in cells]
    whole = [int(cell) for cell in known if cell.isascii() and cell.isdigit() and len(cell) < 19]
    steps = {after - before for before, after in pairwise(whole)}
    return len(steps) == 1 and 0 not in steps and (len(whole) > 2 or steps <= {1, -1})


def check_names(names: Sequence[str], source: str, line: int, decimal: str) -> None:
    """Refuses a first line that holds numbers, unless some words make the whole ones names, as years are.

    Raises:
        DataError: If it looks like data.
    """
    written = [name.strip() for name in names if name.strip()]
    numbers = [name for name in written if number(name, decimal) is not None]
    if written and (len(numbers) == len(written) or not all(name.isdigit() for name in numbers)):
        hint = say("--no-header if the file has no line of names")
        raise data_error(source, say("line {line} looks like data, not names", line=line), hint)


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names without blanks around them, each once; a column without a name is called by its number.

    >>> unique_names(["score", "", "score "])
    ('score', '2', 'score_2')
    """
    called = [name.strip() or str(place) for place, name in enumerate(names, start=1)]
    taken: set[str] = set()
    written = set(called)
    unique = []
    for name in called:
        free = (
            name if name not in taken else next(new for n in count(2) if (new := f"{name}_{n}") not in written | taken)
        )
        taken.add(free)
        unique.append(free)
    return tuple(unique)


def has_row_names(width: int, below: Rows) -> bool:
    """Whether each row has one cell more than the line of names, and begins with a name or number of its own.

    This is how R's `write.table` writes a data frame.

    >>> has_row_names(2, [["Mazda", "21.0", "6"], ["Fiat", "32.4", "4"]]), has_row_names(2, [["1.5", "2", "3"]])
    (True, False)
    """
    if not below or any(len(row) != width + 1 for row in below) or not any(row[-1].strip() for row in below):
        return False
    first = [row[0].strip() for row in below]
    if first == [str(place) for place in range(1, len(first) + 1)]:
        return True
    return len(set(first)) == len(first) and all(kind(cell) == "word" for cell in first)


def has_units(below: Rows, decimal: str) -> bool:
    """Whether the first of the rows holds words alone where numbers follow: `s`, `volt`.

    >>> has_units([["s", "volt"], ["1", "3"], ["2", "5"]], "."), has_units([["x", "3"], ["1", "3"], ["2", "5"]], ".")
    (True, False)
    """
    if len(below) < 3 or any(number(cell, decimal) is not None for cell in below[0]):
        return False
    numeric = [place for place in range(len(below[0])) if _mostly_numbers_below(below, place, decimal)]
    kinds = {kind(below[0][place], decimal) for place in numeric}
    other = [place for place in range(len(below[0])) if place not in numeric]
    repeated = any(below[0][place].strip() in {row[place].strip() for row in below[1:]} - {""} for place in other)
    return len(numeric) > bool(other) and "word" in kinds <= {"word", "gap"} and not repeated


def _mostly_numbers_below(below: Rows, place: int, decimal: str) -> bool:
    given = [row[place] for row in below[1:] if not is_gap(row[place])]
    return 2 * sum(kind(cell, decimal) != "word" for cell in given) > len(given)
