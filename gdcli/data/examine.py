"""Looking at a table before it is learned from: which columns, as what, and what is worth knowing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from gdcli.data.categories import categories, missing_texts
from gdcli.data.columns import ColumnOptions, first_code
from gdcli.data.inspection import columns_of, input_warnings, sentinel_warnings
from gdcli.data.lookalikes import holds_dates
from gdcli.data.missing import Rows
from gdcli.data.report import Gaps, LeftOut, ReadReport, Target
from gdcli.data.selection import Selection, select
from gdcli.data.tables import Table
from gdcli.data.targets import describe_target, target_warnings
from gdcli.data.totals import total_warnings
from gdcli.data.warning import ReadWarning, as_option
from gdcli.said import say

__all__ = ["examine"]

_MOST_VALUES = 50  # of a text column to take one-hot
_MOST_ROWS = 100_000  # whose cells are read again as they are written
_IMAGE_COLUMNS = 49  # bytes side by side from which rows are images, whose pixels are alike and constant


def examine(
    table: Table,
    columns: ColumnOptions | None = None,
    categorical: Sequence[str] | None = (),
    task: str | None = None,
    values: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[Table, ReadReport]:
    """The table to learn from, and the report of what was read and how it is understood.

    Args:
        table: As it was read.
        columns: What is asked for.
        categorical: Text columns to take one-hot; None for a command that takes none.
        task: `classification` or `regression`, if asked for.
        values: The values of the text columns, where they are known from a model.

    Returns:
        The table with a column for each value of its text columns, of which the report's `columns` are learned from.

    Raises:
        OptionError: If a column does not exist, or is asked for twice.
        DataError: If no column is left to be the target, or an input; at a cell that is neither a number nor a gap.

    >>> from gdcli.data.tables import read_table
    >>> _, report = examine(read_table(b"id,size,fresh,price\\n7,1,no,3\\n9,2,yes,5\\n8,4,no,9\\n", "data.csv"))
    >>> next(report.lines())
    'predicts price as a number (the last column), from id, size and fresh=yes'
    """
    asked = columns or ColumnOptions()
    selected = select(table, asked, categorical or (), values)
    target = describe_target(selected, asked.y is not None, task)
    taking = "--categorical" if categorical is not None else "gdcli train --categorical"
    left_out = () if asked.x else tuple(_left_out(selected, taking))
    report = ReadReport(
        source=table.source,
        rows=len(table),
        header=table.layout.header,
        delimiter=table.layout.delimiter,
        target=target,
        inputs=selected.columns.x,
        left_out=left_out,
        gaps=count_gaps(selected),
        values=selected.values,
        missing=asked.missing,
        warnings=(*table.layout.notes, *_warnings(selected, target, left_out, task), *_codes(selected, taking)),
        texts={name: categories(selected.table, name) for name in selected.values},
    )
    return selected.table, report


def _left_out(selected: Selection, taking: str) -> Iterator[LeftOut]:
    """The columns that are neither the target nor behind an input, and why."""
    used = {*selected.columns.x, *selected.values, selected.target}
    table = selected.base
    for name in table.names:
        if name not in used:
            yield _numeric_left_out(selected, name) if table.is_numeric(name) else _text_left_out(table, name, taking)


def _numeric_left_out(selected: Selection, name: str) -> LeftOut:
    columns = dict.fromkeys((*map(selected.source_of, selected.columns.x), name), 0)
    option = f"--x {as_option(tuple(columns))}" if len(columns) <= 5 else ""
    return LeftOut(name, say("more than half of its cells are gaps"), option)


def _text_left_out(table: Table, name: str, taking: str) -> LeftOut:
    if strange := table.stranger(name):
        return LeftOut(name, say("{strange}, not numbers", strange=strange))
    given = categories(table, name)
    if not given:
        return LeftOut(name, say("every cell is a gap"))
    if holds_dates(given[:_MOST_VALUES]):
        return LeftOut(name, say("dates or times: turn them into numbers to use them"))
    if len(given) == 1:
        gaps = missing_texts(table, name).any()
        return LeftOut(name, say("one value, and gaps") if gaps else say("one value in every row"))
    if 2 * missing_texts(table, name).sum() > len(table):
        return LeftOut(name, say("more than half of its cells are gaps"), f"{taking} {as_option([name])}")
    if len(given) > _MOST_VALUES or len(given) == len(table) > 2:
        return LeftOut(name, say("text, {count:,} different values", count=len(given)))
    return LeftOut(name, say("text with {count} values", count=len(given)), f"{taking} {as_option([name])}")


def _warnings(
    selected: Selection, target: Target, left_out: Sequence[LeftOut], task: str | None
) -> Iterator[ReadWarning]:
    table, read = selected.base, set(selected.base.names)
    names = [name for name in selected.columns.x if name in read]
    yield from target_warnings(selected, target, [column.column for column in left_out], task)
    if _is_image(table, names):
        return
    numeric = [name for name in names if table.is_numeric(name)]
    columns = columns_of(table, numeric)
    yield from total_warnings(table, [*numeric, *[target.name] * table.is_numeric(target.name)])
    if target.task == "regression" and table.is_numeric(target.name):
        yield from sentinel_warnings(columns_of(table, [target.name]), table.layout.gaps)
    yield from sentinel_warnings(columns, table.layout.gaps)
    yield from input_warnings(columns, [*dict.fromkeys(map(selected.source_of, selected.columns.x))])


def _codes(selected: Selection, taking: str) -> Iterator[ReadWarning]:
    """Inputs of a fixed number of digits with zeros in front, as postal codes are: no quantities."""
    table = selected.base
    names = [name for name in selected.columns.x if name in table.names and table.is_numeric(name)]
    few = len(table) <= _MOST_ROWS and len(names) < _IMAGE_COLUMNS
    for column in columns_of(table, names) if few else ():
        whole = column.whole and 1 < len(column.distinct) <= _MOST_VALUES
        if whole and (code := first_code(table, column.name)):
            option = f"{taking} {as_option([column.name])}"
            what = say("{shown} is read as numbers, but {code} is written as codes are", shown=column.shown, code=code)
            sentence = say("{what}: {option} takes each as an input of 0 and 1", what=what, option=option)
            yield ReadWarning("codes as a quantity", (column.name,), sentence, option)


def _is_image(table: Table, names: Sequence[str]) -> bool:
    return len(names) >= _IMAGE_COLUMNS and table.kept(names[:1]).dtype == np.uint8


def count_gaps(selected: Selection) -> Gaps:
    """The missing cells of the columns used, and what becomes of them."""
    table, target, missing = selected.table, selected.target, selected.columns.missing
    inputs = {name: gaps for name in selected.columns.x if (gaps := _is_missing(table, name)).any()}
    untargeted = _is_missing(table, target)
    incomplete = np.logical_or.reduce([untargeted, *inputs.values()])
    behind = {table.column_behind(name): gaps for name, gaps in inputs.items()}
    columns = {name: int(gaps.sum()) for name, gaps in behind.items()}
    if untargeted.any():
        columns[target] = int(untargeted.sum())
    dropped = {"drop": int(incomplete.sum()), "mean": int(untargeted.sum()), "keep": int(untargeted.sum())}
    cells = sum(int((gaps & ~untargeted).sum()) for gaps in behind.values())
    filled = cells if missing in ("mean", "keep") else 0
    return Gaps(columns, int(incomplete.sum()), dropped.get(missing, 0), filled)


def _is_missing(table: Table, name: str) -> Rows:
    """Which cells of a column are gaps."""
    if not table.is_numeric(name):
        return missing_texts(table, name)
    values = table.kept([name])[:, 0]
    return np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), bool)
