"""One pass over rows of many groups: each group's are condensed, on their way, to what its fit needs."""

from __future__ import annotations

from dataclasses import field, replace

import numpy as np

from gdcli.arrays import Array, NDArray
from gdcli.data.categories import categories, refuse_unknown
from gdcli.data.cells import is_missing, quoted
from gdcli.data.column_table import LARGEST
from gdcli.data.columns import find
from gdcli.data.examine import examine
from gdcli.data.grouping import GroupCondenser, GroupScatter
from gdcli.data.hiding import HidingTable
from gdcli.data.report import Gaps, ReadReport
from gdcli.data.selection import with_categories
from gdcli.data.source import Divisible, Source, TableSource
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError, OptionError
from gdcli.experiments.passing import held_out
from gdcli.experiments.reading import Reader, columns, read_options
from gdcli.experiments.spec import Spec
from gdcli.formatting import exact
from gdcli.said import say

__all__ = ["GroupRows", "read_groups"]

_GAP_HINT = say("--missing drop leaves rows with gaps out, or choose other columns with --x, --y and --by")


@dataclass(frozen=True, eq=False)
class GroupRows:
    """What is left of the rows of all groups.

    Args:
        by: The column of the groups.
        labels: The groups, in the order in which they come first.
        names: The inputs.
        target: The target.
        train: Of the rows to train on.
        held: Of those held out; None if none are.
        report: What was read.
    """

    by: str
    labels: tuple[str, ...]
    names: tuple[str, ...]
    target: str
    train: GroupScatter
    held: GroupScatter | None
    report: ReadReport


def read_groups(spec: Spec, by: str, reader: Reader) -> GroupRows:
    """Reads the rows of a spec by groups.

    Raises:
        DataError: If they cannot be read, hold what is no number, or make too many groups.
        OptionError: If an option asks for a column that is not there, or for the groups' column as something else.
    """
    rows = reader.rows(str(spec.data.source), spec.data)
    if isinstance(rows, Table):
        source: Source = rows.source_of_blocks() if isinstance(rows, Divisible) else TableSource(rows)
    else:
        source = rows
    whole = rows if isinstance(rows, Table) else source.head
    column = find(whole, by)
    asked = columns(spec.data)
    if column in asked.x or column == asked.y:
        raise OptionError(
            say("--by: column {quoted} is also an input or the target", quoted=quoted(column)),
            say("name another column"),
        )
    if len(whole.names) < 3:
        what = say("{source}: {count} columns", source=whole.source, count=len(whole.names))
        raise DataError(what, say("--by takes three: the groups, an input, the target"))
    head, report = examine(HidingTable.of(whole, column), asked, categorical=None, task="regression")
    reader.say([source.tip] * bool(source.tip))
    found = _GroupPass(source, head, report, column, spec).result(reader)
    reader.take(found.report)
    return found


@dataclass(eq=False)
class _GroupPass:
    """The pass itself.

    Args:
        source: Gives the rows.
        head: The first ones, without the column of the groups.
        report: What is learned from.
        by: That column.
        spec: What is done about gaps, and which rows are held out.
    """

    source: Source
    head: Table
    report: ReadReport
    by: str
    spec: Spec
    numbers: dict[str, int] = field(default_factory=dict)
    rows: int = 0
    kept: int = 0
    dropped: int = 0

    def __post_init__(self) -> None:
        self.names = (*self.report.inputs, self.report.target.name)
        self.known = {name: categories(self.head, name) for name in self.report.values}
        self.gaps = np.zeros(len(self.names), np.int64)
        self._known: dict[float, int] = {}
        self.unnamed = 0
        fraction = self.spec.stop.validation
        self.fraction = fraction if isinstance(fraction, float) else 0.0
        self.train, self.held = GroupCondenser(len(self.names)), GroupCondenser(len(self.names))
        self.most = read_options(self.spec.data).limits

    def result(self, reader: Reader) -> GroupRows:
        """What is left of all groups.

        Raises:
            DataError: At a cell that is no number, or missing where that is refused; if no row is left.
        """
        behind = dict.fromkeys((*map(self.head.column_behind, self.names), self.by))
        for block in self.source.blocks(tuple(behind), reader.progress):
            self._take(block)
        if not self.kept:
            hint = say("choose other columns with --x, --y and --by")
            raise DataError(say("{source}: no row is left: each has a missing cell", source=self.report.source), hint)
        count = len(self.numbers)
        held = self.held.result(count) if self.fraction else None
        inputs, target = self.names[:-1], self.names[-1]
        train = self.train.result(count)
        return GroupRows(self.by, tuple(self.numbers), inputs, target, train, held, self._reported())

    def _take(self, block: Table) -> None:
        """Hands a block's rows to the condensers."""
        groups = self._groups(block)
        refuse_unknown(block, self.known)
        values = with_categories(block, self.report.values).matrix(self.names)
        missing = np.isnan(values)
        incomplete = missing.any(axis=1) | (groups < 0)
        self.rows += len(values)
        if incomplete.any():
            self._leave_out(block, groups, missing, incomplete)
            groups, values = groups[~incomplete], values[~incomplete]
        if self.fraction:
            out = held_out(self.kept, len(values), self.fraction, self.spec.loop.seed)
            self.held.add(groups[out], values[out])
            self.train.add(groups[~out], values[~out])
        else:
            self.train.add(groups, values)
        self.kept += len(values)

    def _leave_out(self, block: Table, groups: NDArray[np.int64], missing: Array, incomplete: Array) -> None:
        """Counts rows with gaps.

        Raises:
            DataError: Where gaps are refused.
        """
        if self.report.missing == "fail":
            row = int(np.argmax(incomplete))
            unnamed = groups[row] < 0
            name = self.by if unnamed else self.names[int(np.argmax(missing[row]))]
            table = with_categories(block, self.report.values)
            error = table.error(row, name, say("empty cell"), "") if unnamed else table.problem(row, name)
            raise DataError(error.message, _GAP_HINT)
        self.gaps += missing.sum(axis=0)
        self.unnamed += int((groups < 0).sum())
        self.dropped += int(incomplete.sum())

    def _groups(self, block: Table) -> NDArray[np.int64]:
        """The number of each row's group, -1 where its cell is missing.

        Raises:
            DataError: If there are too many groups.
        """
        values = self._numeric(block)
        if values is not None:
            different, inverse = np.unique(values, return_inverse=True)
            numbers = np.array([self._number(value) for value in different.tolist()], np.int64)[inverse]
        else:
            cells = block.texts(self.by)
            places = {cell: self._place("" if is_missing(cell) else cell.strip()) for cell in dict.fromkeys(cells)}
            numbers = np.fromiter(map(places.__getitem__, cells), np.int64, len(cells))
        if len(self.numbers) > self.most.groups:
            what = say(
                "{source}: more than {groups:,} groups in column {quoted}",
                source=block.source,
                groups=self.most.groups,
                quoted=quoted(self.by),
            )
            raise DataError(what, self.most.raised("groups"))
        result: NDArray[np.int64] = numbers
        return result

    def _numeric(self, block: Table) -> Array | None:
        """The groups' cells as numbers; None where one is something else, or a float64 is not told from the next."""
        try:
            values = block.numbers(self.by)
        except DataError:
            return None
        return None if (np.abs(values) >= LARGEST).any() else values

    def _number(self, value: float) -> int:
        """The group of a number, -1 for a gap."""
        if value not in self._known:
            self._known[value] = self._place("" if value != value else exact(value))
        return self._known[value]

    def _place(self, label: str) -> int:
        """The group's place, -1 for a gap."""
        return self.numbers.setdefault(label, len(self.numbers)) if label else -1

    def _reported(self) -> ReadReport:
        """The report, of all rows."""
        behind = map(self.head.column_behind, self.names)
        columns_ = {name: int(count) for name, count in zip(behind, self.gaps, strict=True) if count}
        columns_ |= {self.by: self.unnamed} if self.unnamed else {}
        return replace(self.report, rows=self.rows, gaps=Gaps(columns_, self.dropped, self.dropped, 0))
