"""Choosing a table's columns, dealing with missing cells, and making the data set to learn from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from gdcli.arrays import Array
from gdcli.data.categories import missing_texts
from gdcli.data.cells import data_error, is_gap, printable, quoted
from gdcli.data.dataset import Dataset
from gdcli.data.inspection import option_of_another
from gdcli.data.lookalikes import hold_nearly_numbers, holds_dates, moments, nearly
from gdcli.data.missing import MISSING, Rows, Used
from gdcli.data.tables import Table
from gdcli.data.warning import as_option
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError, OptionError, did_you_mean
from gdcli.said import enumerated, say

__all__ = [
    "ColumnOptions",
    "choose",
    "class_numbers",
    "classification",
    "expand",
    "find",
    "first_code",
    "inputs",
    "label_text",
    "mostly_gaps",
    "mostly_missing",
    "regression",
    "target_of",
]

_LIST = r'(?:^|(?<=,))(\s*"(?:[^"]|"")*"\s*(?=,|$)|[^,]*)'

TARGET_NAMES = ("y", "target", "label", "class")
"""A column with one of these names is the target, unless another is asked for."""

_FEW = 1000  # cells that tell what a column holds
_CODE = "0[0-9]+"
_TRUTHS = (["false", "true"], ["0", "1"])
"""The two truth values, in their order as classes."""
_CLOCK_DIGITS = 3


@dataclass(frozen=True)
class ColumnOptions:
    """Which columns to learn from.

    Args:
        x: The inputs, by name or by number counted from 1, also several in one text with commas between them
            (`"a,b"`); empty for all numeric columns but the target that are not mostly gaps.
        y: The target; None for the only column called y, target, label or class, else the last.
        missing: What to do with rows in which a used cell is missing: a name in `MISSING`.

    Raises:
        OptionError: If there is no such way of dealing with missing cells.
    """

    x: tuple[str, ...] = ()
    y: str | None = None
    missing: str = "fail"

    def __post_init__(self) -> None:
        if self.missing not in MISSING:
            raise OptionError(
                say("no way {quoted} of dealing with missing cells", quoted=quoted(self.missing)),
                did_you_mean(self.missing, MISSING),
            )


def choose(table: Table, columns: ColumnOptions) -> tuple[tuple[str, ...], str]:
    """The names of the input columns, in order, and of the target column.

    Raises:
        OptionError: If a column does not exist, or is asked for twice.
        DataError: If no column is left to be the target, or an input.
    """
    x = expand(table, columns.x)
    y = target_of(table, x) if columns.y is None else find(table, columns.y)
    times = Counter(x)
    twice = next((name for name in x if times[name] > 1), None)
    if twice is not None:
        what = say(
            "{printable}: column {quoted} is asked for twice", printable=printable(table.source), quoted=quoted(twice)
        )
        raise OptionError(what, say("name each input once"))
    if y in x:
        what = say(
            "{printable}: column {quoted} is both an input and the target",
            printable=printable(table.source),
            quoted=quoted(y),
        )
        raise OptionError(what, say("leave it out of --x, or choose another --y"))
    return x or _default_inputs(table, y), y


def expand(table: Table, columns: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns that a user means, who may name several at once with commas between them.

    A name that holds commas is known as a whole; one in quotes is taken as it is.

    Raises:
        OptionError: If a column does not exist.
    """
    return tuple(find(table, name) for text in columns for name in _cut(table, text))


def _cut(table: Table, text: str) -> list[str]:
    """The names in a text, the longest that exist first: `size, sqft,age` may be two."""
    if text in table.names:
        return [text]
    parts = re.findall(_LIST, text)
    names: list[str] = []
    while parts:
        ends = range(len(parts), 0, -1)
        whole = (end for end in ends if (",".join(parts[:end])).strip() in table.names)
        end = next(whole, 1)
        names.append(",".join(parts[:end]).strip() if end > 1 else _unquoted(parts[0].strip()))
        parts = parts[end:]
    return names


def _unquoted(part: str) -> str:
    return part[1:-1].replace('""', '"') if len(part) > 1 and part[0] == part[-1] == '"' else part


def regression(table: Table, columns: ColumnOptions) -> Dataset:
    """A data set of numbers to predict, in float64.

    Raises:
        OptionError: As `choose`.
        DataError: As `choose`; and at a cell that is no number, or missing where that is refused.
    """
    names, target = choose(table, columns)
    targets = _numbers(table, target)
    values, kept = MISSING[columns.missing](Used(table, names, table.matrix(names), target, np.isnan(targets)))
    return Dataset(values, targets[kept], names, target)


def _numbers(table: Table, target: str) -> Array:
    """The target's numbers; one of labels is refused with the way on."""
    try:
        return table.numbers(target)
    except DataError as error:
        cells = table.first_texts(target, _FEW)
        if table.is_numeric(target) or holds_dates(cells) or hold_nearly_numbers(cells):
            raise
        words = say("{message}: gdcli train tells classes apart, gdcli fit needs numbers", message=error.message)
        option = option_of_another(table)
        another = say("or predict another column: {option}", option=option)
        raise DataError(words, another if option else say("no other column can be predicted from the rest")) from None


def classification(table: Table, columns: ColumnOptions, classes: Sequence[str] = ()) -> Dataset:
    """A data set of classes to tell apart: targets are class numbers from 0, `classes` their labels.

    Labels that are numbers are sorted as numbers, others as text. Inputs come as the table keeps them, not rounded.

    Args:
        table: Where the columns are.
        columns: Which of them to use.
        classes: The labels to number by (those of a model, or of the training set); empty for those in the table.

    Raises:
        OptionError: As `choose`.
        DataError: As `choose`; and at a cell that is no number, or missing where that is refused, or a label
            that is not among the classes given.
    """
    names, target = choose(table, columns)
    labels, codes, missing = _labels(table, target)
    values, kept = MISSING[columns.missing](Used(table, names, table.inputs(names), target, missing))
    used, targets = np.unique(codes[kept], return_inverse=True)
    present = tuple(labels[code] for code in used)
    numbered = _renumber(table, target, present, targets, kept, classes) if classes else targets
    return Dataset(values, numbered.astype(np.int64), names, target, tuple(classes) or present)


def inputs(table: Table, names: Sequence[str], missing: str = "fail") -> tuple[Array, Rows]:
    """The named columns alone, for a model to predict from, as the table keeps them.

    Args:
        table: Where the columns are.
        names: The columns, by name or number.
        missing: What to do with rows in which a cell is missing.

    Returns:
        The inputs (k, d) of the k rows kept, and for each of the table's rows whether it was.

    Raises:
        OptionError: If a column does not exist.
        DataError: At a cell that is no number, or missing where that is refused.
    """
    chosen = tuple(find(table, name) for name in names)
    return MISSING[missing](Used(table, chosen, table.inputs(chosen), "", np.zeros(len(table), bool)))


def find(table: Table, column: str) -> str:
    """The name of the column that a user means: its name, its name in another case, or its number."""
    word = column.strip()
    exact = [name for name in (column, word) if name in table.names]
    alike = exact[:1] or [name for name in table.names if name.lower() == word.lower()]
    if len(alike) > 1:
        hint = printable(say("choose from {names}", names=enumerated(alike)))
        raise OptionError(
            say("{printable}: which column is {quoted}?", printable=printable(table.source), quoted=quoted(column)),
            hint,
        )
    if alike:
        return alike[0]
    if re.fullmatch("[0-9]{1,9}", word) and 1 <= int(word) <= len(table.names):
        return table.names[int(word) - 1]
    raise OptionError(
        say("{printable}: no column {quoted}", printable=printable(table.source), quoted=quoted(column)),
        _column_hint(word, table.names),
    )


def _column_hint(word: str, names: Sequence[str]) -> str:
    hint = did_you_mean(word, names)
    few = say("choose from {names}, ... ({count} columns)", names=enumerated(names[:10]), count=len(names))
    return printable(few if hint.startswith("choose") and len(names) > 12 else hint)


def target_of(table: Table, x: Sequence[str]) -> str:
    """The only column called as targets are, else the last that is not mostly gaps; none that is asked for as input."""
    if table.unlabelled:
        hint = say("--labels FILE names the labels of IDX images")
        raise data_error(table.source, say("inputs without targets"), hint)
    rest = [name for name in table.names if name not in x]
    if not rest:
        hint = say("leave one out of --x, or check --delimiter")
        raise data_error(table.source, say("no column is left to be the target"), hint)
    called = [name for name in rest if name.lower() in TARGET_NAMES]
    if len(called) == 1:
        return called[0]
    return next((name for name in reversed(rest) if not mostly_missing(table, name)), rest[-1])


def _default_inputs(table: Table, y: str) -> tuple[str, ...]:
    """All numeric columns but the target, without those that are mostly gaps."""
    numeric = tuple(name for name in table.names if name != y and table.is_numeric(name))
    names = tuple(name for name in numeric if not mostly_gaps(table, name)) or numeric
    if not names:
        raise _no_inputs(table, y)
    return names


def mostly_missing(table: Table, name: str) -> bool:
    """Whether more than half of the cells of a column, of numbers or of text, are gaps, as those of remarks are."""
    if table.is_numeric(name):
        return mostly_gaps(table, name)
    return 2 * int(missing_texts(table, name).sum()) > len(table)


def mostly_gaps(table: Table, name: str) -> bool:
    """Whether more than half of a numeric column's cells are gaps."""
    try:
        values = table.kept([name])
    except DataError:  # a bad cell is named when the column is used
        return False
    return values.dtype.kind == "f" and 2 * int(np.isnan(values).sum()) > len(values)


def _no_inputs(table: Table, y: str) -> DataError:
    """The error that says what the other columns hold instead."""
    others = [name for name in table.names if name != y]
    if not others:
        hint: str = say("--delimiter if columns ran together, else add a column of inputs")
        return data_error(
            table.source, say("{quoted} is the only column: nothing to learn it from", quoted=quoted(y)), hint
        )
    what = say("no column of numbers to learn {quoted} from", quoted=quoted(y))
    dated = {name: known for name in others if (known := moments(table.texts(name)[:_FEW])) is not None}
    units = any(nearly(cell) for name in others if name not in dated for cell in _first_given(table, name))
    if dated and not units:
        name, (holds, hint) = next(iter(dated.items()))
        what = say("{what}: {quoted} holds {moments}", what=what, quoted=quoted(name), moments=holds)
        return data_error(table.source, what, hint)
    plain = [name for name in others if name not in dated and not table.stranger(name)]
    if not plain:
        return table.problem(0, others[0])
    firsts = [(name, cell) for name in plain for cell in _first_given(table, name)]
    repeated = [one for one in firsts if len({*table.first_texts(one[0], _FEW)}) < min(len(table), _FEW)]
    name, cell = next((one for one in firsts if nearly(one[1])), [*repeated, *firsts, ("", "")][0])
    if not name:
        return data_error(table.source, what, say("name the inputs with --x; if columns ran together: --delimiter"))
    hint = nearly(cell) or say(
        "gdcli train --categorical {as_option} takes each text as an input of 0 and 1", as_option=as_option([name])
    )
    return data_error(
        table.source,
        say("{what}: {quoted} holds text, as {quoted2}", what=what, quoted=quoted(name), quoted2=quoted(cell.strip())),
        hint,
    )


def _first_given(table: Table, name: str) -> list[str]:
    """A column's first cell that is no gap, if there is one."""
    return next(([cell] for cell in table.first_texts(name, _FEW) if not is_gap(cell)), [])


def _labels(table: Table, name: str) -> tuple[list[str], Array, Rows]:
    """A column's distinct labels in order, the number of each row's label, and which rows have none."""
    if table.is_numeric(name) and not has_codes(table, name):
        values = table.numbers(name)
        distinct, codes = np.unique(values, return_inverse=True)
        return [label_text(value) for value in distinct.tolist()], codes, np.isnan(values)
    cells = table.texts(name)
    labels = sorted({cell.strip() for cell in set(cells)})
    numbers = {label: number for number, label in enumerate(labels)}
    known = {cell: numbers[cell.strip()] for cell in set(cells)}
    return labels, np.fromiter(map(known.__getitem__, cells), np.int64, len(cells)), missing_texts(table, name)


def has_codes(table: Table, name: str) -> bool:
    """Whether one of the first cells begins with a zero that a number would lose, as postal codes do: 02139."""
    return any(re.fullmatch(_CODE, cell.strip()) for cell in table.first_texts(name, _FEW))


def first_code(table: Table, name: str) -> str:
    """The first of the cells that begins with a zero, of a column whose cells all have as many digits, four at least.

    Fewer digits are those of a month or an hour.
    """
    cells = [cell.strip() for cell in table.first_texts(name, _FEW) if not is_gap(cell)]
    if len({len(cell) for cell in cells}) != 1 or len(cells[0]) <= _CLOCK_DIGITS or not all(map(str.isdigit, cells)):
        return ""
    return next((cell for cell in cells if cell[0] == "0"), "")


def label_text(value: float) -> str:
    """A number as a label: without a decimal point if it is whole."""
    return str(int(value)) if value.is_integer() else repr(value)


def _renumber(
    table: Table, target: str, present: Sequence[str], targets: Array, kept: Rows, classes: Sequence[str]
) -> Array:
    """Class numbers by the order of known classes."""
    known = class_numbers(classes) | {label: number for number, label in enumerate(classes)}
    numbers = np.array([known.get(label, -1) for label in present])[targets]
    if (numbers < 0).any():
        at = int(np.argmax(numbers < 0))
        hint = say("the classes are {names}{more}", names=enumerated(classes[:20]), more=", ..." * (len(classes) > 20))
        what = say("{quoted} is none of the classes", quoted=quoted(present[targets[at]]))
        raise table.error(int(np.flatnonzero(kept)[at]), target, what, hint)
    return numbers


def class_numbers(classes: Sequence[str]) -> dict[str, int]:
    """Class numbers by other ways of writing the labels, unless two are alike.

    That is what is left of one that was read as a number, `2139` for `02139`; and truth values in other capitals,
    or as 0 and 1.

    >>> class_numbers(["02139", "10115"])
    {'2139': 0}
    >>> class_numbers(["FALSE", "TRUE"])["true"], class_numbers(["0", "1"])["True"], class_numbers(["no", "yes"])
    (1, 1, {})
    """
    short = [label_text(float(label)) if re.fullmatch(_CODE, label) else "" for label in classes]
    if [*map(str.lower, classes)] in _TRUTHS:
        return {label: number for pair in _TRUTHS for number, word in enumerate(pair) for label in _spellings(word)}
    return {label: number for number, label in enumerate(short) if label and short.count(label) == 1}


def _spellings(word: str) -> tuple[str, ...]:
    return word, word.capitalize(), word.upper()
