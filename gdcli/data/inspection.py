"""What is worth knowing about numeric columns: counters, ids, timestamps, constants, twins, stand-ins for gaps.

Every test looks at so many rows at most, and its sentence says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import numpy as np

from gdcli.arrays import Array, distinct
from gdcli.data.cells import printable
from gdcli.data.tables import Table
from gdcli.data.warning import ReadWarning, as_option, listed
from gdcli.definitions.dataclass import dataclass
from gdcli.said import say

__all__ = ["Column", "columns_of", "counting", "input_warnings", "option_of_another", "sentinel_warnings"]

_MOST_ROWS, _LEAST_ROWS, _MOST_CELLS = 100_000, 1000, 5_000_000
_ENOUGH = 10  # rows that chance does not put in order
_FEW_ROWS = 5  # rows that count up from 0 or 1
_TWIN_COLUMNS, _TWIN_ROWS = 200, 10_000
_MOST_TWINS = 5
_STEPS = 1000  # of float64 between the least and the largest value
_MOST_NAMES = 10
_PAIR = 2  # texts of a column that is taken as 0 and 1
_ID_WORDS = "id|ids|idx|index|uuid|guid|nr|no|key|serial|account|phone|zip|row|rownames?|obs|unnamed"
_ID_NAME = rf"(?i:(^|[_\W])({_ID_WORDS})([_\W0-9]|$))|[a-z]I[dD]$"
_TIME_NAME = r"(?i:(^|[_\W])(t|time|year|month|week|day|hour|minute|second|step|epoch|date)s?([_\W]|$))"
_SENTINELS = (-99999, -9999, -999, -99, 99, 999, 9999, 99999)
_DAYS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


@dataclass(frozen=True, eq=False)
class Column:
    """The first rows of a numeric column.

    Args:
        name: Its name.
        nameless: What it is called instead if it has no name: `number 1`.
        values: Its values, without gaps, in float64.
        rows: How many rows were looked at.
        all_rows: Whether those are all.
    """

    name: str
    nameless: str
    values: Array
    rows: int
    all_rows: bool

    @property
    def shown(self) -> str:
        """Its name in a sentence."""
        return (
            say("column '' ({nameless})", nameless=self.nameless)
            if self.nameless
            else say("column '{printable}'", printable=printable(self.name))
        )

    @property
    def where(self) -> str:
        """What a sentence adds if not all rows were looked at."""
        return "" if self.all_rows else say(" in the first {rows:,} rows", rows=self.rows)

    @cached_property
    def distinct(self) -> Array:
        """The different values, in order."""
        return distinct(self.values)

    @cached_property
    def whole(self) -> bool:
        """Whether all values are whole numbers."""
        return bool(self.values.size and (self.values == np.rint(self.values)).all())

    @cached_property
    def each_once(self) -> bool:
        """Whether there are enough whole numbers, another in each row."""
        return self.whole and self.rows >= _ENOUGH and len(self.distinct) == len(self.values) == self.rows

    @property
    def spans(self) -> bool:
        """Whether the different values are all whole numbers from the smallest to the largest."""
        return bool(self.distinct[-1] - self.distinct[0] == len(self.distinct) - 1)

    def within(self, low: float, high: float) -> bool:
        """Whether all values are whole numbers of a range."""
        return self.whole and low <= float(self.distinct[0]) and float(self.distinct[-1]) <= high


def columns_of(table: Table, names: Sequence[str]) -> list[Column]:
    """The first rows of numeric columns: at most 100,000, fewer of many columns."""
    most = min(_MOST_ROWS, max(_LEAST_ROWS, _MOST_CELLS // max(1, len(names))))
    return [_column(table, name, most) for name in names]


def _column(table: Table, name: str, most: int) -> Column:
    values = table.kept([name])[:most, 0].astype(np.float64)
    place = table.names.index(name) + 1
    nameless = say("number {place}", place=place) if table.layout.header and name == str(place) else ""
    return Column(
        name, nameless, values[~np.isnan(values)], len(values), table.layout.whole and len(values) == len(table)
    )


def input_warnings(columns: Sequence[Column], inputs: Sequence[str]) -> list[ReadWarning]:
    """What is worth knowing about inputs, a line for each kind and column.

    Args:
        columns: Those of numbers.
        inputs: The names of all.
    """
    constants = _constants(columns, inputs)
    useful = [name for name in inputs if not any(name in warning.columns for warning in constants)]
    varied = [column for column in columns if column.values.size and len(column.distinct) > 1]
    first = _told(varied, useful)
    doubted = {name for warning in first if warning.option for name in warning.columns}
    rest = [name for name in useful if name not in doubted]  # one hint that leaves out all of them, not each in turn
    return [*constants, *(_told(varied, rest) if rest else first), *_twins(columns)]


def _told(columns: Sequence[Column], others: Sequence[str]) -> list[ReadWarning]:
    """What is worth knowing of each column by itself, the first thing only; `others` are taken without it."""
    found = []
    for column in columns:
        without = [name for name in others if name != column.name]
        tests = (test(column, without) for test in _TESTS)
        found += [warning for warning in tests if warning is not None][:1]
    return found


def _constants(columns: Sequence[Column], inputs: Sequence[str]) -> list[ReadWarning]:
    names = [column for column in columns if column.rows > 1 and column.values.size and len(column.distinct) == 1]
    if not names:
        return []
    alike = {column.name for column in names}
    rest = [name for name in inputs if name not in alike]
    option = _without(rest)
    where = names[0].where or say(" in every row")
    one = say("{shown} is {distinct:g}{where}", shown=names[0].shown, distinct=names[0].distinct[0], where=where)
    many = say(
        "{count} columns hold one value each{where}: {listed}",
        count=len(names),
        where=where,
        listed=listed([printable(column.name) for column in names]),
    )
    what = one if len(names) == 1 else many
    leaves = (
        say(": {option} leaves {them} out", option=option, them="it" if len(names) == 1 else "them") if option else ""
    )
    sentence = say("{what}, which tells nothing{leaves}", what=what, leaves=leaves)
    return [ReadWarning("constant", tuple(column.name for column in names), sentence, option)]


def _counter(column: Column, without: Sequence[str]) -> ReadWarning | None:
    """Rows numbered from 0 or 1, unless they are a time, or the only input."""
    what = _counts(column) if without else ""
    return _leave_out(say("row counter"), column, what, without) if what else None


def _identifier(column: Column, without: Sequence[str]) -> ReadWarning | None:
    """A whole number that is another in each row, called as ids are, or one number after the other without a gap."""
    what = _identifies(column) if without else ""
    return _leave_out("id", column, what, without) if what else None


def _unresolved(column: Column, without: Sequence[str]) -> ReadWarning | None:
    """Numbers so large, and so close together, that rounding to float64 shows: ids of sixteen digits and more."""
    low, high = float(column.distinct[0]), float(column.distinct[-1])
    step = float(np.spacing(max(abs(low), abs(high))))
    if step <= 1 or high - low > _STEPS * step:
        return None
    what = say(
        "{shown} holds numbers near {high:.4g}, which a float64 keeps in steps of {step:.0f}",
        shown=column.shown,
        high=high,
        step=step,
    )
    return _leave_out(say("too large"), column, what, without)


def counting(column: Column) -> str:
    """That a column numbers the rows, or holds their ids; nothing of any other."""
    return _counts(column) or _identifies(column) if column.values.size else ""


def option_of_another(table: Table) -> str:
    """The option that predicts the first column of numbers, but for those that number the rows.

    Nothing where there is none, or no other column that it can be predicted from: numbers, or two texts.
    """
    own = [name for name in table.names if table.column_behind(name) == name]
    numeric = [name for name in own if table.is_numeric(name)]
    name = next((name for name in numeric if not counting(columns_of(table, [name])[0])), None)
    others = (one for one in own if one != name)
    if name is None or not any(one in numeric or len({*table.texts(one)} - {""}) == _PAIR for one in others):
        return ""
    return f"--y {as_option([name])}"


def _counts(column: Column) -> str:
    least = _FEW_ROWS if column.nameless or re.search(_ID_NAME, column.name) else _ENOUGH
    if column.rows < least or len(column.values) < column.rows or re.search(_TIME_NAME, column.name):
        return ""
    if column.values[0] not in (0, 1) or not (np.diff(column.values) == 1).all():
        return ""
    return say("{shown} counts the rows{where}", shown=column.shown, where=column.where)


def _identifies(column: Column) -> str:
    if not column.each_once or column.within(1500, 2200):
        return ""
    named = re.search(_ID_NAME, column.name)
    if not named and (re.search(_TIME_NAME, column.name) or not column.spans or _is_timestamp(column)):
        return ""
    return say("{shown} is another whole number in each row{where}, as ids are", shown=column.shown, where=column.where)


def _leave_out(kind: str, column: Column, what: str, without: Sequence[str]) -> ReadWarning:
    option = _without(without)
    return ReadWarning(
        kind,
        (column.name,),
        say("{what}: {option} leaves it out", what=what, option=option) if option else what,
        option,
    )


def _without(others: Sequence[str]) -> str:
    """The option that takes the other columns alone, if they are few."""
    return f"--x {as_option(others)}" if 0 < len(others) <= _MOST_NAMES else ""


def _is_timestamp(column: Column) -> float:
    """How many of its units a second has, if it looks like a time since 1970; else 0."""
    units = (unit for unit in (1.0, 1e3, 1e6, 1e9) if column.within(9.4e8 * unit, 2.2e9 * unit))
    return next(units, 0.0) if 2 * len(column.distinct) > len(column.values) and column.rows >= _FEW_ROWS else 0.0


def _timestamp(column: Column, _without: Sequence[str]) -> ReadWarning | None:
    unit = _is_timestamp(column)
    if not unit:
        return None
    begin, end = (
        str(np.datetime64(int(value / unit), "s"))[:10] for value in (column.distinct[0], column.distinct[-1])
    )
    names = {1.0: say("seconds"), 1e3: say("milliseconds"), 1e6: say("microseconds")}
    days = begin if begin == end else say("{begin} to {end}", begin=begin, end=end)
    what = say(
        "{shown} looks like {name} since 1970 ({days}): large numbers, close together",
        shown=column.shown,
        name=names.get(unit, say("nanoseconds")),
        days=days,
    )
    return ReadWarning(
        "timestamps",
        (column.name,),
        say("{what}, best centred by --scale standard", what=what),
        say("--scale standard"),
    )


def _date_number(column: Column, _without: Sequence[str]) -> ReadWarning | None:
    """Dates written as one number, 20230131."""
    if column.rows < _FEW_ROWS or not column.within(1900_01_01, 2100_12_31):
        return None
    month, day = (column.values // 100 % 100).astype(int), (column.values % 100).astype(int)
    if not ((month >= 1) & (month <= 12) & (day >= 1)).all() or (day > _DAYS[month - 1]).any():
        return None
    what = say(
        "{shown} holds dates written as numbers, such as {values:.0f}", shown=column.shown, values=column.values[0]
    )
    return ReadWarning("dates", (column.name,), say("{what}: their differences are not days", what=what), "")


_TESTS: tuple[Callable[[Column, Sequence[str]], ReadWarning | None], ...] = (
    _unresolved,
    _counter,
    _identifier,
    _timestamp,
    _date_number,
)


def sentinel_warnings(columns: Sequence[Column], gaps: Sequence[str] = ()) -> Iterator[ReadWarning]:
    """Numbers such as -999 that stand for a gap, as the words of `gaps` do: far from all others."""
    for column in columns:
        for value in _sentinels(column):
            times = int((column.values == value).sum())
            stands = say("stands once") if times == 1 else say("stands {times:,} times", times=times)
            what = say(
                "{value} {stands} in {shown}{where}, far from the rest",
                value=value,
                stands=stands,
                shown=column.shown,
                where=column.where,
            )
            option = f"--na {as_option([*gaps, str(value)])}"
            yield ReadWarning(
                "sentinel", (column.name,), say("{what}: {option} makes it a gap", what=what, option=option), option
            )


def _sentinels(column: Column) -> list[int]:
    suspects = [value for value in _SENTINELS if value in column.distinct]
    rest = column.distinct[~np.isin(column.distinct, suspects)]
    if len(rest) < _FEW_ROWS or column.rows < _ENOUGH:
        return []
    low, high = float(rest[0]), float(rest[-1])
    far = [value for value in suspects if max(low - value, value - high) > high - low]
    enough = [value for value in far if abs(value) >= 999 or (column.values == value).sum() > 1]
    return [*enough, *([-1] if _is_minus_one_apart(column) else [])]


def _is_minus_one_apart(column: Column) -> bool:
    """Whether -1 is the one negative number and far more frequent than the others are."""
    if column.distinct[0] != -1 or column.distinct[1] < 0 or len(column.distinct) <= _FEW_ROWS:
        return False
    counts = np.unique(column.values, return_counts=True)[1]
    return bool(counts[0] >= 10 * np.median(counts[1:]) and counts[0] >= 2 * counts[1:].max())


def _twins(columns: Sequence[Column]) -> list[ReadWarning]:
    """Pairs of columns of which one is a straight function of the other, up to the rounding of its digits."""
    usable = [one for one in columns[:_TWIN_COLUMNS] if len(one.values) == one.rows and len(one.distinct) >= _FEW_ROWS]
    if len(usable) < 2:
        return []
    part = np.column_stack([one.values[:_TWIN_ROWS] for one in usable])
    part = part - part.mean(axis=0)
    with np.errstate(all="ignore"):
        unit = part / np.sqrt((part * part).sum(axis=0))
        alike = np.abs(unit.T @ unit)
    loose = 5e-5 if len(part) >= _ENOUGH else 1e-12
    pairs = [
        (usable[i], usable[j], float(1 - alike[i, j])) for i, j in np.argwhere(np.triu(1 - alike < loose, 1)).tolist()
    ]
    if len(pairs) > _MOST_TWINS:
        such = say("{name} and {name2}", name=pairs[0][0].name, name2=pairs[0][1].name)
        what = say(
            "{count} pairs of columns carry the same information, or nearly so, such as {such}",
            count=len(pairs),
            such=such,
        )
        return [ReadWarning("twins", tuple({one.name: 0 for pair in pairs for one in pair[:2]}), printable(what))]
    return [_twin(first, second, apart, columns) for first, second, apart in pairs]


def _twin(first: Column, second: Column, apart: float, columns: Sequence[Column]) -> ReadWarning:
    option = _without([one.name for one in columns if one is not second])
    how = say("carry the same information") if apart < 1e-12 else say("carry nearly the same information")
    what = say(
        "columns {printable} and {printable2} {how}{ratio}{where}",
        printable=printable(first.name),
        printable2=printable(second.name),
        how=how,
        ratio=_ratio(first, second),
        where=first.where,
    )
    leaves = say(": {option} leaves one out", option=option) if option else ""
    return ReadWarning("twins", (first.name, second.name), what + leaves, option)


def _ratio(first: Column, second: Column) -> str:
    """What the one is of the other, if they are equal or proportional to the last digits."""
    rows = first.values != 0
    if not rows.any() or second.values[: len(rows)][~rows].any():
        return ""
    ratios = second.values[rows] / first.values[rows]
    middle = float(np.median(ratios))
    if np.abs(ratios - middle).max() > 1e-12 * abs(middle):
        return ""
    return (
        say(" (they are equal)")
        if middle == 1
        else f" ({printable(second.name)} = {middle:.6g} {printable(first.name)})"
    )
