"""One thing worth knowing about a table that was read: a sentence, and the option that changes it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import accumulate

from gdcli.data.cells import printable
from gdcli.definitions.dataclass import dataclass
from gdcli.said import enumerated, say

__all__ = ["ReadWarning", "as_option", "column_name", "columns_listed", "count", "listed"]

_FEW_PIXELS = 48
ROOM = 80  # letters of names that are listed
_PIXEL = "p[0-9]+|(pixel|pix|px)_?[0-9]+(x[0-9]+)?"

COUNTED: dict[str, Callable[[int], str]] = {
    "row": lambda n: say("{n} row", n=n),
    "column": lambda n: say("{n} column", n=n),
    "file": lambda n: say("{n} file", n=n),
    "class": lambda n: say("{n} class", n=n),
    "label": lambda n: say("{n} label", n=n),
}
SEVERAL: dict[str, Callable[[int], str]] = {
    "row": lambda n: say("{n:,} rows", n=n),
    "column": lambda n: say("{n:,} columns", n=n),
    "file": lambda n: say("{n:,} files", n=n),
    "class": lambda n: say("{n:,} classes", n=n),
    "label": lambda n: say("{n:,} labels", n=n),
}


@dataclass(frozen=True)
class ReadWarning:
    """One observation about a table.

    Args:
        kind: What it is about, in a word or two: `row counter`, `sentinel`, ...
        columns: The columns concerned.
        sentence: One line of plain English.
        option: What to add to the command line to change it; empty where no option does.
    """

    kind: str
    columns: tuple[str, ...]
    sentence: str
    option: str = ""

    def as_dict(self) -> dict[str, object]:
        """kind, columns, sentence, option: as json has it."""
        return {**asdict(self), "columns": list(self.columns)}


def listed(words: Sequence[str], most: int = 4) -> str:
    """Words as a sentence has them; of many, the first ones and how many more there are.

    >>> listed(["sex", "mass"]), listed(["a", "b", "c"]), listed(list("abcdefg"))
    ('sex and mass', 'a, b and c', 'a, b, c, d and 3 more')
    """
    few = [*words] if len(words) <= most else [*words[:most], say("{count} more", count=len(words) - most)]
    if len(few) < 2:
        return few[0] if few else ""
    return say("{first} and {last}", first=enumerated(few[:-1]), last=few[-1])


def column_name(name: str) -> str:
    """A column's name in a sentence: one that is a number, or holds a comma, must not be taken for something else.

    >>> print(column_name("age"), column_name("3"), column_name("size, sqft"), sep="; ")
    age; column 3; 'size, sqft'
    """
    plain = printable(name)
    return (
        say("column {plain}", plain=plain)
        if plain.isdigit()
        else f"'{plain}'"
        if "," in plain or not plain.strip()
        else plain
    )


def columns_listed(names: Sequence[str]) -> str:
    """Columns as a sentence has them; the pixels of an image by their number.

    >>> print(columns_listed(["1", "2", "3"]), columns_listed(["a", "2"]), sep="; ")
    columns 1, 2 and 3; a and column 2
    >>> columns_listed([f"p{place}" for place in range(784)])
    '784 pixels'
    >>> columns_listed(["average daily temperature at the northern station", "rain", "snowfall in centimetres", *"ab"])
    'average daily temperature at the northern station, rain, snowfall in centimetres, a and 1 more'
    """
    if len(names) > 1 and all(name.isdigit() for name in names[:4]):
        return say("columns {listed}", listed=listed(names))
    if len(names) > _FEW_PIXELS and all(re.fullmatch(_PIXEL, name) for name in names):
        return say("{count} pixels", count=len(names))
    words = [column_name(name) for name in names]
    room = sum(end <= ROOM for end in accumulate(map(len, words)))
    return listed(words) if len(words) <= 2 or room >= min(4, len(words)) else listed(words, max(room, 1))


def count(number: int, one: str) -> str:
    """A number of things: rows, columns, files, classes, labels.

    >>> count(1, "row"), count(1200, "row"), count(2, "class")
    ('1 row', '1,200 rows', '2 classes')
    """
    return (COUNTED if number == 1 else SEVERAL)[one](number)


def as_option(names: Sequence[str]) -> str:
    """Names as --x and --categorical take them, in quotes for a shell where it needs them.

    >>> print(as_option(["x", "y"]), as_option(["size, sqft", "age"]), as_option(["Price ($)"]))
    x,y '"size, sqft",age' 'Price ($)'
    """
    return shlex.quote(",".join(f'"{name}"' if "," in name else name for name in names))
