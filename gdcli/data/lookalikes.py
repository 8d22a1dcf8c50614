"""Cells that look like numbers and are none, and what to do about each kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from gdcli.data.cells import PADDING, is_gap, is_missing, is_written_as_number, number, quoted
from gdcli.data.warning import as_option
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.said import say

__all__ = ["complaint", "hold_nearly_numbers", "holds_dates", "in_place", "kind", "moments", "mostly_numbers", "nearly"]

MISSING_HINT = say("--missing drop leaves such rows out, --missing mean fills in the column's mean")
_LONGEST_GAP = 24
"""Characters of a word that may stand for a missing value."""
_OTHER_COLUMNS = say("choose other columns with --x and --y")
_OTHERWISE = say("correct the cell, or {other_columns}", other_columns=_OTHER_COLUMNS)
_NOT_FINITE = {sign + word for sign in ("", "+", "-") for word in ("inf", "infinity")}

_AMOUNT = r"[0-9]+([.,' ][0-9]{3})*([.,][0-9]+)?"
_MONEY_SIGN = r"([A-Z]{0,3}[$€£¥₹]|CHF|USD|EUR|GBP)"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?[AaPp][Mm])?"
_ZONE = r"( ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?"
_ADDRESS = r"((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\.(?!$)|$)){4}"
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
        "a time",
        say("turn times into numbers (hours or seconds), or choose other columns with --x and --y"),
    ),
)
_NUMBERS = (
    Lookalike(
        r"\u00a0+[+-]?[0-9.,]+([eE][+-]?[0-9]+)?\u00a0*|[+-]?[0-9.,]+([eE][+-]?[0-9]+)?\u00a0+",
        "",
        say(
            "delete the no-break space beside it, as sed 's/{bytes}//g' does ({byte} in a file that is not UTF-8); or "
            "{other_columns}",
            bytes=r"\xc2\xa0",
            byte=r"\xa0",
            other_columns=_OTHER_COLUMNS,
        ),
    ),
    *(
        Lookalike(
            rf"{dash} ?[0-9.,'\u2019 \u00a0\u202f]+([eE][0-9]+)?",
            "",
            say("write an ASCII hyphen for the minus: -5, as sed 's/{dash}/-/g' does", dash=dash),
        )
        for dash in "\u2212\u2010\u2011\u2012\u2013\u2014\u2015"
    ),
    Lookalike(r"[+-]?[0-9.,]+_[0-9_.,]+([eE][0-9]+)?", "", say("write numbers without underscores")),
    Lookalike(
        r"[+-]?[0-9]{1,3},[0-9]{3}",
        "",
        say("--thousands , if the comma separates thousands; --decimal , if it is the decimal sign"),
    ),
    Lookalike(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", "", say("--thousands , reads numbers written so")),
    *(
        Lookalike(
            rf"[+-]?[0-9]{{1,3}}({sign}[0-9]{{3}})+{rest}",
            "",
            say("{decimal}--thousands {word} reads numbers written so", decimal=decimal, word=word),
        )
        for sign, word in (("'", '"\'"'), ("\u2019", "\u2019"), (r"[ \u00a0\u202f]", "space"))
        for rest, decimal in ((r"(\.[0-9]+)?", ""), (",[0-9]+", "--decimal , "))
    ),
    Lookalike(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+", "", say("--decimal , --thousands . reads numbers written so")),
    Lookalike(
        rf"(?!{_ADDRESS}$)[+-]?[0-9]{{1,3}}(\.[0-9]{{3}}){{2,}}",
        "",
        say("--decimal , --thousands . reads numbers written so"),
    ),
    Lookalike(r"[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)?", "", say("--decimal , if the comma is the decimal sign")),
    Lookalike(
        r"[+-]?[0-9]{1,3}\.[0-9]{3}",
        "",
        say("--thousands . if the point separates thousands; leave --decimal out if it is the decimal sign"),
    ),
    Lookalike(
        r"[+-]?[0-9]*\.[0-9]+([eE][+-]?[0-9]+)?", "", say("leave --decimal out if the point is the decimal sign")
    ),
    Lookalike(
        rf"[+-]?{_AMOUNT} ?%", "a percentage", say("write the number alone, without the % sign, as sed 's/ *%//g' does")
    ),
    Lookalike(
        rf"\({_MONEY_SIGN} ?{_AMOUNT}\)|-{_MONEY_SIGN} ?{_AMOUNT}|{_MONEY_SIGN} ?-{_AMOUNT}|-{_AMOUNT} ?{_MONEY_SIGN}",
        say("an amount of money"),
        say("write the number alone, with a minus: -1200.50 for -$1,200.50 or ($1,200.50)"),
    ),
    Lookalike(
        rf"\(?[+-]?{_MONEY_SIGN} ?[+-]?{_AMOUNT}\)?|[+-]?{_AMOUNT} ?{_MONEY_SIGN}",
        say("an amount of money"),
        say("write the number alone, without a sign or unit: 1200.50 for $1,200.50"),
    ),
)

_NEARLY = (
    Lookalike(r"\([0-9.,' ]+\)", "", say("write a minus for a number in brackets: -12 for (12)")),
    Lookalike(
        r"[<>~\u2248\u2264\u2265=]+ ?[+-]?[0-9].*", "", say("write one number, without a sign such as < before it")
    ),
    Lookalike(r"[+-]?[0-9.,]+ ?(\u00b1|\+/-|\+-) ?[0-9].*", "", say("write the number alone, without its error")),
    Lookalike(
        rf"[+-]?{_AMOUNT} ?(?-i:k|M|[Bb]n|[Mm]n|[Mm]io|[Mm]rd|[Tt]sd)\.?",
        "",
        say("write the number out: 1100 for 1.1k, 1200000 for 1.2M"),
    ),
    Lookalike(rf"{_AMOUNT} ?(st|nd|rd|th)", "", say("write the number alone: 1 for 1st")),
    Lookalike(
        rf"[+-]?{_AMOUNT} ?[^\W\d_][^\s\d]*", "", say("write the number alone, and its unit into the column's name")
    ),
    Lookalike(r"[+-]?[\d.,\u066b\u066c\uff0e\uff0c]+", "", say("write the digits as 0 to 9")),
)
"""Ways of writing that are taken for text, as labels are; what to do if numbers are meant."""


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


def moments(cells: Sequence[str]) -> tuple[str, str] | None:
    """What is said of a column of dates, or of times of day, and what to do; None of any other.

    >>> moments(["06:00", "07:30"])[0], moments(["2023-01-31", "May"])
    ('times', None)
    """
    if not holds_dates(cells):
        return None
    given = [cell.strip() for cell in cells if not is_gap(cell)]
    if 2 * sum(_DATES[1].fits(cell) for cell in given) > len(given):
        return say("times"), say("turn times into numbers: hours or seconds")
    return say("dates"), say("turn dates into numbers: days since the first one")


def holds_dates(cells: Sequence[str]) -> bool:
    """Whether at least nine in ten of the cells that are not missing are dates or times.

    >>> holds_dates(["2023-01-31", "", "2023-02-28 12:30"]), holds_dates(["May", "June"])
    (True, False)
    """
    given = [cell.strip() for cell in cells if not is_gap(cell)]
    dates = sum(any(alike.fits(cell) for alike in _DATES) for cell in given)
    return dates > 0 and 10 * dates >= 9 * len(given)


def hold_nearly_numbers(cells: Sequence[str]) -> bool:
    """Whether most cells may be meant as numbers, and most are different, as labels are not.

    >>> hold_nearly_numbers(["1 kg", "2 kg", "3 kg"]), hold_nearly_numbers(["1st", "2nd", "1st", "2nd"])
    (True, False)
    """
    return 2 * sum(map(bool, map(nearly, cells))) > len(cells) < 2 * len(set(cells))


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


def complaint(cell: str, decimal: str = ".", gaps: Sequence[str] = ()) -> tuple[str, str]:
    """What is wrong with a cell that should be a number, and what to do about it; `gaps` stand for one already.

    >>> complaint("3,5")
    ("'3,5' is not a number", '--decimal , if the comma is the decimal sign')
    >>> complaint("5%")[0], complaint("")[0], complaint("nan")[0]
    ("'5%' is a percentage, not a number", 'empty cell', "'nan' is not a finite number")
    >>> complaint("-999")[0], complaint("1e999")[0]
    ("'-999' stands for a missing value", "'1e999' is not a finite number")
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
    if number(text, decimal) is not None:  # a number, and one that --na names
        return say("{quoted} {what}", quoted=quoted(text), what=say("stands for a missing value")), MISSING_HINT
    if text.lower() in _NOT_FINITE or is_written_as_number(text, decimal):
        hint = say(
            "correct the cell; or --na {as_option} --missing drop leaves the row out",
            as_option=as_option([*gaps, text]),
        )
        return say("{quoted} is not a finite number", quoted=quoted(text)), hint
    alike = _match(text)
    if alike is None:
        meant = nearly(text)
        return say("{quoted} is not a number", quoted=quoted(text)), say(
            "{meant}, or {other_columns}", meant=meant, other_columns=_OTHER_COLUMNS
        ) if meant else _OTHERWISE
    return (
        say("{quoted} is {kind}, not a number", quoted=quoted(text), kind=alike.kind)
        if alike.kind
        else say("{quoted} is not a number", quoted=quoted(text)),
        alike.hint,
    )


def nearly(cell: str) -> str:
    """What to do about a text that may be meant as a number; nothing of any other.

    >>> nearly("12 kg"), nearly("kg")
    ("write the number alone, and its unit into the column's name", '')
    """
    text = cell.strip(PADDING)
    known = _NEARLY if any(map(str.isdecimal, text)) else ()
    return next((alike.hint for alike in known if alike.fits(text)), "")


def in_place(cell: str, name: str, is_numeric: bool, decimal: str = ".", gaps: Sequence[str] = ()) -> tuple[str, str]:
    """The same as `complaint`, of a cell in a column; `gaps` are the words that stand for one already.

    >>> in_place("missing", "x", True)[1]
    '--na missing makes it a gap; or correct the cell, or choose other columns with --x and --y'
    >>> in_place("x", "x", True)[0]
    "'x' is not a number: the line repeats the names"
    """
    what, hint = complaint(cell, decimal, gaps)
    text = cell.strip(PADDING)
    if hint != _OTHERWISE:
        return what, hint
    if text == name.strip():
        return say("{what}: the line repeats the names", what=what), say(
            "delete the line; files of one table can be named one by one"
        )
    if is_numeric and len(text) <= _LONGEST_GAP and text.isprintable() and not any(map(str.isdecimal, text)):
        return what, say(
            "--na {as_option} makes it a gap; or {otherwise}", as_option=as_option([*gaps, text]), otherwise=_OTHERWISE
        )
    return what, hint


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
