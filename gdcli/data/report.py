"""What was read: what is predicted from which columns, what was left out or filled, and what is worth knowing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, field, replace
from typing import Protocol

from gdcli.data.cells import printable
from gdcli.data.columns import ColumnOptions
from gdcli.data.dataset import Dataset
from gdcli.data.warning import ReadWarning, column_name, columns_listed, count
from gdcli.definitions.dataclass import dataclass
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.said import enumerated, say, together

__all__ = ["Gaps", "LeftOut", "ReadReport", "Remarked", "Remarks", "Target", "report_of"]


MOST_LEFT_OUT = 4
"""Columns left out that are all named; of more, one less."""
PREDICTS, LEFT_OUT = say("predicts"), say("left out")
LABELS: dict[str, str] = {PREDICTS: PREDICTS, LEFT_OUT: say("left out:")}


@dataclass(frozen=True)
class Target:
    """What is predicted.

    Args:
        name: The column.
        task: `classification` or `regression`.
        classes: How many classes; 0 for numbers.
        why: Why this column: `asked for`, `called 'y'`, `the last column`.
        option: What to add to take it as the other kind; empty where it was asked for, or cannot be.

    >>> print(Target("quality", "classification", 6, "the last column", "--task regression"))
    quality as 6 classes (the last column; --task regression for numbers)
    >>> print(Target("price", "regression", 0, "asked for"))
    price as a number
    """

    name: str
    task: str
    classes: int
    why: str
    option: str = ""

    def __str__(self) -> str:
        other = say("numbers") if self.classes else say("classes")
        kind = count(self.classes, "class") if self.classes else say("a number")
        why = (
            "" if self.why in ("asked for", say("called '{name}'", name=self.name)) else printable(self.why)
        )  # the name says it
        instead = say("{option} for {other}", option=self.option, other=other) if self.option else ""
        about = together(say("; "), (part for part in (why, instead) if part))
        return say("{column_name} as {kind}", column_name=column_name(self.name), kind=kind) + (
            say(" ({about})", about=about) if about else ""
        )


@dataclass(frozen=True)
class Gaps:
    """The missing cells of the columns used, and what becomes of them.

    Args:
        columns: How many rows have one in each column; only columns with gaps, the target's last.
        rows: How many rows have at least one.
        dropped: Rows left out for one.
        filled: Inputs that are filled with their column's mean, or will be.
    """

    columns: Mapping[str, int]
    rows: int = 0
    dropped: int = 0
    filled: int = 0

    def lines(self, rows: int, target: str) -> Iterator[str]:
        """What is said of rows left out, and of inputs filled."""
        if self.dropped:
            have, verb = ("has", "is") if self.dropped == 1 else ("have", "are")
            yield say(
                "{dropped:,} of {count} {have} a gap and {verb} left out",
                dropped=self.dropped,
                count=count(rows, "row"),
                have=have,
                verb=verb,
            )
        if self.filled:
            gaps = say("1 gap is") if self.filled == 1 else say("{filled:,} gaps are", filled=self.filled)
            names = [name for name in self.columns if name != target]
            yield say(
                "{gaps} filled with the column's mean, in {columns_listed}",
                gaps=gaps,
                columns_listed=columns_listed(names),
            )


@dataclass(frozen=True)
class LeftOut:
    """A column that is not learned from.

    Args:
        column: Its name.
        reason: Why.
        option: What to add to take it; empty where no option does.
    """

    column: str
    reason: str
    option: str = ""

    def __str__(self) -> str:
        takes = say("; {option} takes it", option=self.option) if self.option else ""
        return say(
            "{column_name} ({reason}{takes})", column_name=column_name(self.column), reason=self.reason, takes=takes
        )


class Remarks(NamedTuple):
    """What is said of rows above a run.

    Args:
        texts: The sentences, the most important first.
        kinds: What some of them are about; each of the others is of a kind of its own.
    """

    texts: Sequence[str]
    kinds: Mapping[str, str]


class Remarked(Protocol):
    """What has read rows, or was made of them."""

    def remarks(self) -> Remarks:
        """All that there is to remark on."""


@dataclass(frozen=True)
class ReadReport:
    """What was read from a table, and how it is understood.

    Args:
        source: What the table is called.
        rows: Its rows.
        header: Whether a line of names was seen; None for what is no text.
        delimiter: What stands between cells; None for what is no text.
        target: What is predicted.
        inputs: The names of the inputs.
        left_out: The columns not learned from.
        gaps: The missing cells of the columns used.
        values: The values of text columns taken as 0 and 1; of two values, the one that is 1.
        missing: What is done about gaps.
        warnings: What is worth knowing.
        texts: All texts of those text columns: others are refused where the same is read of further rows.
    """

    source: str
    rows: int
    header: bool | None
    delimiter: str | None
    target: Target
    inputs: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    gaps: Gaps
    values: Mapping[str, tuple[str, ...]]
    missing: str
    warnings: tuple[ReadWarning, ...]
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> ColumnOptions:
        """The inputs and the target, as `regression` and `classification` take them."""
        return ColumnOptions(self.inputs, self.target.name, self.missing)

    @property
    def is_plain(self) -> bool:
        """Whether every column and every row is used as it is, and nothing is worth a remark."""
        return not (self.left_out or self.warnings or self.gaps.rows)

    def warned(self, warnings: Iterable[ReadWarning]) -> ReadReport:
        """The same report with further warnings."""
        return replace(self, warnings=(*self.warnings, *warnings))

    def notes(self) -> list[str]:
        """What a run says above its header; nothing of a sample of the project whose reading is plain."""
        return [] if self.is_plain and self.source.startswith("sample:") else [*self.lines()]

    def remarks(self) -> Remarks:
        """The notes, and what each warning among them is about."""
        return Remarks(self.notes(), {warning.sentence: warning.kind for warning in self.warnings})

    def as_dict(self) -> dict[str, object]:
        """All of it, as json has it."""
        return {
            "source": self.source,
            "rows": self.rows,
            "header": self.header,
            "delimiter": self.delimiter,
            "target": asdict(self.target),
            "inputs": list(self.inputs),
            "left_out": [asdict(column) for column in self.left_out],
            "gaps": {**asdict(self.gaps), "columns": dict(self.gaps.columns)},
            "missing": self.missing,
            "values": {name: list(values) for name, values in self.values.items()},
            "warnings": [warning.as_dict() for warning in self.warnings],
        }

    def lines(self) -> Iterator[str]:
        """What every run says: the target and the inputs; what was left out or filled; then each warning."""
        for label, text in self.labelled():
            yield say("{label} {text}", label=LABELS[label], text=text) if label else text

    def labelled(self) -> Iterator[tuple[str, str]]:
        """The same lines, as a label, if they have one, and a text."""
        inputs = columns_listed(self.inputs)
        yield PREDICTS, say("{target}, from {inputs}", target=str(self.target), inputs=inputs)
        if self.left_out:
            few = len(self.left_out) if len(self.left_out) <= MOST_LEFT_OUT else MOST_LEFT_OUT - 1
            shown = [str(column) for column in self.left_out[:few]]
            more = [say("{count} more columns", count=len(self.left_out) - few)] * (len(self.left_out) > few)
            yield LEFT_OUT, enumerated([*shown, *more])
        said = {self.target.option} - {""}  # by the first line
        for line in self.gaps.lines(self.rows, self.target.name):
            yield "", line
        for warning in self.warnings:
            if warning.option not in said:
                yield "", warning.sentence


def report_of(data: Dataset, source: str) -> ReadReport:
    """The report of rows that come without a table, as images with their labels do."""
    task = "classification" if data.classes else "regression"
    return ReadReport(
        source=source,
        rows=len(data),
        header=None,
        delimiter=None,
        target=Target(data.target_name, task, len(data.classes), say("asked for")),
        inputs=data.input_names,
        left_out=(),
        gaps=Gaps({}),
        values={},
        missing="fail",
        warnings=(),
    )
