"""What to learn from: a table's columns as they are asked for, text columns turned into numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gdcli.data.categories import TRUTHS, CategoryTable, categories, indicator_names, missing_texts, value_of
from gdcli.data.columns import ColumnOptions, choose, expand, find, target_of
from gdcli.data.lookalikes import holds_dates
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass

__all__ = ["Selection", "select", "two_values", "with_categories"]

_PROBE = 1000


@dataclass(frozen=True, eq=False)
class Selection:
    """A table with the columns to learn from.

    Args:
        base: The table as it was read.
        table: The same with a column of 0 and 1 for each value of a text column taken as input.
        columns: The inputs and the target, by name.
        values: The values that have such columns, for each text column; of two values, the one that is 1.
    """

    base: Table
    table: Table
    columns: ColumnOptions
    values: dict[str, tuple[str, ...]]

    @property
    def target(self) -> str:
        """The target's name."""
        return str(self.columns.y)

    def source_of(self, name: str) -> str:
        """The column of the table that an input was made from: `sex` for `sex=male`."""
        if name in self.base.names:
            return name
        return next(column for column, known in self.values.items() if name in indicator_names({column: known}))


def select(
    table: Table,
    columns: ColumnOptions,
    categorical: Sequence[str] = (),
    values: Mapping[str, tuple[str, ...]] | None = None,
) -> Selection:
    """The columns to learn from; text columns of two values are taken as 0 and 1, others if asked for.

    Args:
        table: As it was read.
        columns: What is asked for.
        categorical: Text columns to take one-hot, as `expand` understands them.
        values: The values of the text columns, where they are known from a model.

    Raises:
        OptionError: If a column does not exist, or is asked for twice.
        DataError: If no column is left to be the target, or an input; if one holds lists, or records.
    """
    asked = expand(table, columns.x)
    hot = tuple(find(table, name) for name in values) if values else expand(table, categorical)
    target = find(table, columns.y) if columns.y is not None else target_of(table, (*asked, *hot))
    for name in (*asked, *hot, target):
        if table.stranger(name):  # lists, which a text would stand for
            raise table.problem(0, name)
    if asked or hot:  # each once, none of them the target
        choose(table, replace(columns, x=(*asked, *(name for name in hot if name not in asked)), y=target))
    known = dict(values) if values else _values(table, asked, hot, target)
    wide = with_categories(table, known)
    x = _inputs(wide, asked, known, target)
    names, _ = choose(wide, replace(columns, x=x, y=target))
    return Selection(table, wide, replace(columns, x=names, y=target), known)


def with_categories(table: Table, values: Mapping[str, Sequence[str]]) -> Table:
    """The table with a column for each value of its text columns."""
    return CategoryTable.of(table, values) if values else table


def two_values(table: Table, name: str) -> tuple[str, str] | None:
    """The two values of a text column that holds no others, sorted; None for any other column.

    Each row may have its own name where few rows have few names, so at least one value must come again,
    but for truth values, which are no names.
    """
    if table.is_numeric(name) or table.stranger(name) or len({*map(value_of, table.first_texts(name, _PROBE))}) > 3:
        return None
    given = categories(table, name)
    if len(given) != 2 or (len(table) < 3 and given != TRUTHS) or holds_dates(given):
        return None
    return given[0], given[1]


def _values(table: Table, asked: Sequence[str], categorical: Sequence[str], target: str) -> dict[str, tuple[str, ...]]:
    """The values to make columns of: all of a text column asked for, the second of a column of two."""
    values = {name: categories(table, name) for name in categorical}
    for name in asked or (name for name in table.names if name != target):
        pair = None if name in values else two_values(table, name)
        if pair is not None and (asked or not _mostly_missing(table, name)):
            values[name] = pair[1:]
    return values


def _mostly_missing(table: Table, name: str) -> bool:
    return bool(2 * missing_texts(table, name).sum() > len(table))


def _inputs(wide: Table, asked: Sequence[str], values: Mapping[str, tuple[str, ...]], target: str) -> tuple[str, ...]:
    """The inputs asked for, with new columns in place of text; else all numeric ones, new columns last."""
    if not values:
        return tuple(asked)
    if not asked:
        names, _ = choose(wide, ColumnOptions(y=target))
        return names
    here = [new for name in asked for new in (indicator_names({name: values[name]}) if name in values else (name,))]
    rest = {name: known for name, known in values.items() if name not in asked}
    return (*here, *indicator_names(rest))
