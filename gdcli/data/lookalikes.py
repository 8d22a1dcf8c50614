"""Cells that look like numbers and are none, and what to do about each kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from gdcli.data.cells import PADDING, is_gap, is_missing, is_written_as_number, number, quoted
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.said import say

__all__ = ["complaint", "holds_dates", "kind", "mostly_numbers"]

MISSING_HINT = say("--missing drop leaves such rows out, --missing mean fills in the column's mean")
_OTHERWISE = say("correct the cell, or choose other columns with --x and --y")
_NOT_FINITE = {sign + word for sign in ("", "+", "-") for word in ("inf", "infinity")}

_AMOUNT = r"[0-9]+([.,' ][0-9]{3})*([.,][0-9]+)?"
_MONEY_SIGN = r"([A-Z]{0,3}[$€£¥₹]|CHF|USD|EUR|GBP)"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?[AaPp][Mm])?"
_ZONE = r"( ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?"
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY = "|".join(
    (
        r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}",
        r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{4}|[0-9]{2})",
        rf"[0-9]{{1,2}}[-/. ]+{_MONTH}[-/., ]+[0-9]{{2,4}}",
        rf"{_MONTH}[- ][0-9]{{1,2}},? [0-9]{{4}}",
        rf"{_MONTH}[- ][0-9]{{2,4}}",
        r"(19|20)[0-9]{2}[-/](0[1-9]|1[0-2])",
        r"(19|20)[0-9]{2}[- ]?Q[1-4]",
    )
)


class Lookalike(NamedTuple):
    """A way of writing that is meant as a number, or comes close.

    Args:
        pattern: Of the whole cell, capital or not; `re` compiles it when a cell is first compared.
        kind: What it is, with its article; empty for a number written in another way.
        hint: What to do.
    """

    pattern: str
    kind: str
    hint: str

    def fits(self, cell: str) -> bool:
        """Whether a cell is written so."""
        return re.fullmatch(self.pattern, cell, re.IGNORECASE) is not None


_DATES = (
    Lookalike(
        rf"({_DAY})([T ]+{_CLOCK}{_ZONE})?",
        "a date",
        say("turn dates into numbers (days since the first one), or choose other columns with --x and --y"),
    ),
    Lookalike(
        _CLOCK + _ZONE,
        say("a time of day"),
        say("turn times into numbers (hours or seconds), or choose other columns with --x and --y"),
    ),
)
_NUMBERS = (
    Lookalike(r"[\u2010-\u2015\u2212] ?[0-9.,]+([eE][0-9]+)?", "", say("write an ASCII hyphen for the minus: -5")),
    Lookalike(r"[+-]?[0-9.,]+_[0-9_.,]+([eE][0-9]+)?", "", say("write numbers without underscores")),
    Lookalike(
        r"[+-]?[0-9]{1,3},[0-9]{3}",
        "",
        say("--thousands , if the comma separates thousands; --decimal , if it is the decimal sign"),
    ),
    Lookalike(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", "", say("--thousands , reads numbers written so")),
    Lookalike(r"[+-]?[0-9]{1,3}('[0-9]{3})+([.,][0-9]+)?", "", say('--thousands "\'" reads numbers written so')),
    Lookalike(r"[+-]?[0-9]{1,3}(\u2019[0-9]{3})+([.,][0-9]+)?", "", say("--thousands ’ reads numbers written so")),
    Lookalike(
        r"[+-]?[0-9]{1,3}([ \u00a0\u202f][0-9]{3})+([.,][0-9]+)?", "", say("--thousands space reads numbers written so")
    ),
    Lookalike(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+", "", say("--decimal , --thousands . reads numbers written so")),
    Lookalike(r"[+-]?[0-9]{1,3}(\.[0-9]{3}){2,}", "", say("--decimal , --thousands . reads numbers written so")),
    Lookalike(r"[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)?", "", say("--decimal , if the comma is the decimal sign")),
    Lookalike(
        r"[+-]?[0-9]{1,3}\.[0-9]{3}",
        "",
        say("--thousands . if the point separates thousands; leave --decimal out if it is the decimal sign"),
    ),
    Lookalike(
        r"[+-]?[0-9]*\.[0-9]+([eE][+-]?[0-9]+)?", "", say("leave --decimal out if the point is the decimal sign")
    ),
    Lookalike(rf"[+-]?{_AMOUNT} ?%", "a percentage", say("write the number alone, without the % sign")),
    Lookalike(
        rf"\(?[+-]?{_MONEY_SIGN} ?[+-]?{_AMOUNT}\)?|[+-]?{_AMOUNT} ?{_MONEY_SIGN}",
        say("an amount of money"),
        say("write the number alone, without a sign or unit: 1200.50 for $1,200.50"),
    ),
)


def kind(cell: str, decimal: str = ".") -> str:
    """What a cell holds: `gap`, `number`, `word`, or a lookalike's kind.

    >>> [kind(cell) for cell in ("", "1.5", "3,500", "5%", "2023-01-31", "setosa")]
    ['gap', 'number', 'number', 'a percentage', 'a date', 'word']
    """
    if is_gap(cell):
        return "gap"
    if number(cell, decimal) is not None or cell.strip().lower() in _NOT_FINITE:
        return "number"
    alike = _match(cell.strip(PADDING))
    return "word" if alike is None else alike.kind or "number"


def holds_dates(cells: Sequence[str]) -> bool:
    """Whether at least nine in ten of the cells that are not missing are dates or times.

    >>> holds_dates(["2023-01-31", "", "2023-02-28 12:30"]), holds_dates(["May", "June"])
    (True, False)
    """
    given = [cell.strip() for cell in cells if not is_gap(cell)]
    dates = sum(any(alike.fits(cell) for alike in _DATES) for cell in given)
    return dates > 0 and 10 * dates >= 9 * len(given)


def mostly_numbers(cells: Sequence[str], decimal: str = ".") -> bool:
    """Whether at least half of the cells that are not gaps are numbers, or meant as such: `3,5`, `1 000`, `inf`.

    Such a column is one of numbers with bad cells in it, which are to be named; any other holds text.

    >>> mostly_numbers(["1", "", "x"]), mostly_numbers(["a", "b", "3"]), mostly_numbers(["", "NA"])
    (True, False, False)
    >>> mostly_numbers(["3,5", "4,5"])
    True
    """
    counts = Counter(cells)
    given = [cell for cell in counts if not is_gap(cell)]
    numeric = sum(counts[cell] for cell in given if _meant_as_number(cell.strip(PADDING), decimal))
    return numeric > 0 and 2 * numeric >= sum(counts[cell] for cell in given)


def complaint(cell: str, decimal: str = ".") -> tuple[str, str]:
    """What is wrong with a cell that should be a number, and what to do about it.

    >>> complaint("3,5")
    ("'3,5' is not a number", '--decimal , if the comma is the decimal sign')
    >>> complaint("5%")[0], complaint("")[0], complaint("nan")[0]
    ("'5%' is a percentage, not a number", 'empty cell', "'nan' is not a finite number")
    """
    text = cell.strip(PADDING)
    if is_gap(text):
        what = (
            say("is not a finite number")
            if is_missing(text) and "nan" in text.lower()
            else say("stands for a missing value")
        )
        return say("{quoted} {what}", quoted=quoted(text), what=what) if text.strip() else say(
            "empty cell"
        ), MISSING_HINT
    if text.lower() in _NOT_FINITE or is_written_as_number(text, decimal):
        return say("{quoted} is not a finite number", quoted=quoted(text)), say("correct the cell or leave the row out")
    alike = _match(text)
    if alike is None:
        return say("{quoted} is not a number", quoted=quoted(text)), _OTHERWISE
    return (
        say("{quoted} is {kind}, not a number", quoted=quoted(text), kind=alike.kind)
        if alike.kind
        else say("{quoted} is not a number", quoted=quoted(text)),
        alike.hint,
    )


def _match(text: str) -> Lookalike | None:
    known = (*_DATES, *_NUMBERS) if _has_digit(text) else ()
    return next((alike for alike in known if alike.fits(text)), None)


def _has_digit(text: str) -> bool:
    """Whether a cell can fit a pattern at all: most words cannot."""
    return any(digit in text for digit in "0123456789")


def _meant_as_number(text: str, decimal: str) -> bool:
    if is_written_as_number(text, decimal) or text.lower() in _NOT_FINITE:
        return True
    return _has_digit(text) and any(alike.fits(text) for alike in _NUMBERS)
