"""Looking at data without training: the columns, how they are understood, and the split that `train` makes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gdcli.data.dataset import Dataset
from gdcli.data.examine import examine
from gdcli.data.idx import is_mnist_folder, mnist_table
from gdcli.data.parts import class_counts, missing_classes
from gdcli.data.report import ReadReport
from gdcli.data.summary import ColumnSummary, is_image, summarize, summarize_images
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError, OptionError
from gdcli.experiments import building
from gdcli.experiments.defaults import FEW_ROWS, VALIDATION, before_split
from gdcli.experiments.network import refuse_unfit
from gdcli.experiments.reading import Examples, Reader, columns, dataset_of, read_like
from gdcli.experiments.result import described
from gdcli.experiments.spec import NetworkSpec, Spec
from gdcli.said import enumerated, say, together

__all__ = ["Look", "look", "names_of_classes"]


class Part(NamedTuple):
    """Rows with one purpose: how many, and how many of each class."""

    rows: int
    classes: dict[str, int] | None


@dataclass(frozen=True, eq=False)
class Look:
    """What is to be seen of a table.

    Args:
        spec: How the rows are read, and how they are parted.
        table: The rows.
        columns: Each column in figures.
        report: How they are understood; None where nothing can be learned from them.
        parts: The rows of train, validation and test, as `train` has them; none where it refuses them.
        refusal: Why it refuses them, and what to do.
        images: Whether each row is a picture.
    """

    spec: Spec
    table: Table
    columns: tuple[ColumnSummary, ...]
    report: ReadReport | None
    parts: dict[str, Dataset]
    refusal: str | None
    images: bool

    @property
    def data(self) -> Dataset | None:
        """The training rows."""
        return self.parts.get("train")

    @property
    def split(self) -> dict[str, Part]:
        """Rows of each part, and of each class in it."""
        return {
            name: Part(len(data), class_counts(data) if data.classes else None) for name, data in self.parts.items()
        }

    def figures(self) -> dict[str, object]:
        """The object of `gdcli.show/1`, without its columns."""
        return {
            "source": self.spec.name,
            "rows": len(self.table),
            "reading": described(self.report),
            "split": {name: part._asdict() for name, part in self.split.items()} or None,
            "refusal": self.refusal,
        }


def look(spec: Spec, reader: Reader) -> Look:
    """Reads the rows of a spec and looks at them.

    Args:
        spec: A network's spec: its data, task, text columns, labels, validation and seed count.
        reader: Reads them.

    Raises:
        DataError: If they cannot be read.
        OptionError: If an option asks for what is not there.
    """
    model = spec.model
    assert isinstance(model, NetworkSpec)  # noqa: S101 - for the type checker
    name = str(spec.data.source)
    folder = name not in reader.tables and name != "-" and is_mnist_folder(name)
    table = mnist_table(name) if folder else reader.table(name, spec.data, model.labels)
    try:
        wide, report = examine(table, columns(spec.data), model.categorical or (), model.task)
    except DataError as error:
        return Look(spec, table, tuple(summarize(table, {})), None, {}, _words(error), images=False)
    images = is_image(table, report.inputs)
    summary = _images(table, report) if images else _columns(table, report)
    try:
        parts = _parts(spec, wide, report, mnist_table(name, "test") if folder else None, reader)
    except DataError as error:
        return Look(spec, table, summary, report, {}, _words(error), images)
    how = "given" if isinstance(spec.stop.validation, str) else "shuffled" if spec.loop.shuffle else say("in order")
    warned = report.warned(missing_classes(parts, how)) if parts["train"].classes else report
    return Look(spec, table, summary, warned, parts, None, images)


def _words(error: DataError) -> str:
    """What is wrong, and what to do."""
    return together(say("; "), (part for part in (error.message, error.hint) if part))


def _columns(table: Table, report: ReadReport) -> tuple[ColumnSummary, ...]:
    roles = dict.fromkeys((*report.inputs, *report.values), "input") | {report.target.name: "target"}
    return tuple(summarize(table, roles))


def _images(table: Table, report: ReadReport) -> tuple[ColumnSummary, ...]:
    others = summarize(table, {report.target.name: "target"}, report.inputs)
    return (summarize_images(table, report.inputs), *others)


def _parts(spec: Spec, wide: Table, report: ReadReport, test: Table | None, reader: Reader) -> dict[str, Dataset]:
    """The rows that `train` has for each purpose."""
    model = spec.model
    assert isinstance(model, NetworkSpec)  # noqa: S101 - for the type checker
    examples = Examples(dataset_of(wide, report, ()), None, dict(report.values), report, dict(report.texts))
    data = examples.data
    refuse_unfit(examples, spec.name)

    def further(name: str) -> Dataset:
        return read_like(name, None, examples, spec.data, reader)

    few = len(data) < FEW_ROWS or before_split(spec, len(data), len(data.classes))
    usual = None if few else VALIDATION
    train, validation = building.held_out(data, spec, further, usual)
    if model.test is not None:
        tested: Dataset | None = further(model.test)
    else:
        tested = None if test is None else dataset_of(test, report, data.classes)
    parts = {"train": train, "validation": validation, "test": tested}
    return {name: rows for name, rows in parts.items() if rows is not None}


def names_of_classes(text: str, classes: Sequence[str]) -> dict[str, str]:
    """What classes are called: a letter or word for each label that the rows have.

    Args:
        text: Names with commas between them; or a file with a name a line, or a label and its name, or json.
        classes: The labels. Where all are whole numbers and there are names enough, label k has name k, from 0.

    Raises:
        OptionError: If a label has no name.

    >>> names_of_classes("A,B,C", ["0", "2"]), names_of_classes("no,yes", ["1", "2"])
    ({'0': 'A', '2': 'C'}, {'1': 'no', '2': 'yes'})
    """
    path = Path(text)
    named = (
        _of_file(path, classes) if path.is_file() else _numbered([name.strip() for name in text.split(",")], classes)
    )
    for label in classes:
        if label not in named:
            raise OptionError(
                say("--classes: class '{label}' has no name", label=label),
                say("the classes are {names}", names=enumerated(classes[:20])),
            )
    return {label: named[label] for label in classes}


def _of_file(path: Path, classes: Sequence[str]) -> dict[str, str]:
    """Names from a file.

    Raises:
        DataError: If it is no text.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".json":
            found = json.loads(text)
            pairs = found.items() if isinstance(found, dict) else enumerate(found)
            return {str(label): str(name) for label, name in pairs}
    except (ValueError, TypeError) as error:
        raise DataError(
            say("{path}: {error}", path=path, error=error), say("--classes takes names, or a text file of them")
        ) from None
    words = [re.split(r"[,;:\t ]+", line.strip(), maxsplit=1) for line in text.splitlines() if line.strip()]
    if all(len(pair) == 2 for pair in words):
        return dict(words)
    return _numbered([line.strip() for line in text.splitlines() if line.strip()], classes)


def _numbered(names: Sequence[str], classes: Sequence[str]) -> dict[str, str]:
    """Names by the number that a label is; or, of as many names as labels, in their order."""
    counted = {str(at): name for at, name in enumerate(names)}
    by_order = len(names) == len(classes) and not set(classes) <= counted.keys()
    return dict(zip(classes, names, strict=True)) if by_order else counted
