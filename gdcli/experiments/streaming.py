"""Rows for a network that stay on disk: one pass over the source, then batches from a shuffled buffer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from pathlib import Path

import numpy as np

from gdcli.arrays import Array, NDArray
from gdcli.data.array_source import ArraySource, array_source
from gdcli.data.bulk import narrow
from gdcli.data.categories import categories, refuse_absent, refuse_unknown
from gdcli.data.columns import ColumnOptions, classification
from gdcli.data.dataset import Dataset
from gdcli.data.examine import examine
from gdcli.data.formats import format_of
from gdcli.data.idx import is_mnist_folder, mnist_table
from gdcli.data.labels import Labels
from gdcli.data.layout import ReadOptions
from gdcli.data.opening import as_source, open_source
from gdcli.data.place import is_pipe, place_of
from gdcli.data.reading import parts_of, table_at
from gdcli.data.report import Gaps, ReadReport
from gdcli.data.selection import with_categories
from gdcli.data.source import Divisible, Source
from gdcli.data.store import PairStore, Spool, Store
from gdcli.data.stored import Portion, StoredDataset
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError, OptionError
from gdcli.experiments.building import batch_size
from gdcli.experiments.reading import Examples, Reader, Values, columns, read_like, read_options
from gdcli.experiments.spec import DataSpec, NetworkSpec, Spec
from gdcli.said import say
from gdcli.training.rules import Tolerance

__all__ = ["LARGE_BYTES", "LARGE_NUMBERS", "in_blocks", "refuse_stored", "shuffled", "stored_examples", "streams"]

LARGE_NUMBERS, LARGE_BYTES = 1 << 28, 1 << 30
"""Numbers (rows x columns) of arrays and tables, and bytes of other files, from which rows stay on disk."""

SHUFFLED_NUMBERS = 1 << 24
"""Numbers in the rows that are shuffled at a time, unless --shuffle-rows says how many rows."""

_BLOCK = 1 << 20
_GAP_HINT = say("--missing drop leaves rows with gaps out, --missing mean fills them, or choose other inputs with --x")


def streams(data: DataSpec, network: NetworkSpec, reader: Reader) -> bool:
    """Whether a network's rows stay on disk: where that is asked for, and where they are very large."""
    name = str(data.source)
    if network.shuffle_rows is not None:
        return True
    if name in reader.tables or name == "-" or name.startswith("sample:") or is_pipe(name):
        return False
    options = read_options(data)
    if is_mnist_folder(name):
        arrays = array_source(name, options)
        return arrays is not None and arrays.numbers > LARGE_NUMBERS
    parts = parts_of(name, options)
    found = (
        [Path(place_of(name, options).path or name)]
        if parts is None
        else [Path(str(part.place.path)) for part in parts]
    )
    size = sum(file.stat().st_size for file in found if file.is_file())
    if size < LARGE_NUMBERS // 16:  # nothing that is read is packed as tightly
        return False
    return size >= LARGE_BYTES or (parts is None and _numbers(name, options, network.labels) > LARGE_NUMBERS)


def _numbers(name: str, options: ReadOptions, labels: str | None) -> int:
    """How many numbers there are, where the file tells without being read."""
    arrays = array_source(name, options, labels)
    if arrays is not None:
        return arrays.numbers
    place = place_of(name, options)
    reader = format_of(place)
    if place.is_packed or reader is None or reader.stream:
        return 0
    table = table_at(place)
    return len(table) * len(table.names) if isinstance(table, Divisible) else 0


def shuffled(network: NetworkSpec, width: int) -> int:
    """How many rows are shuffled at a time."""
    return network.shuffle_rows or max(64, SHUFFLED_NUMBERS // (width + 1))


def stored_examples(
    spec: DataSpec,
    network: NetworkSpec,
    reader: Reader,
    classes: tuple[str, ...] = (),
    values: Values | None = None,
    texts: Values | None = None,
) -> Examples:
    """Training rows on disk, in memory if they all fit in the buffer; test rows as `read_examples` has them.

    Args:
        spec: Where they are and how to read them.
        network: What else there is to read.
        reader: Reads them.
        classes: The classes of the run to go on with, if any.
        values: Its text columns' values.
        texts: All texts of those columns.

    Raises:
        DataError: If they cannot be read.
        OptionError: If an option asks for what is not there.
    """
    name = str(spec.source)
    if network.test_labels is not None and network.test is None:
        raise OptionError(say("--test-labels goes with --test"), say("give --test the file of images"))
    source = _source(name, spec, network, reader)
    refuse_absent(source.head, values or {})
    task = "classification" if classes else network.task
    head, report = examine(source.head, columns(spec), network.categorical or (), task, values)
    known = texts or {column: categories(head, column) for column in report.values}
    labels = Labels(head, report.target.name, classes) if report.target.task == "classification" else None
    tests = mnist_table(name, "test") if network.test is None and _is_folder(name, reader) else None
    if labels is not None and tests is not None:  # a class may be among the test images alone
        labels.add(np.unique(tests.columns[0]))
    store, report = _store(source, head, report, labels, known, reader)
    data = _data(store, report, labels, shuffled(network, store.width))
    examples = Examples(data, None, dict(report.values), report, known)
    if network.test is not None:
        examples = replace(examples, test=read_like(network.test, network.test_labels, examples, spec, reader))
    elif tests is not None:
        examples = replace(examples, test=_like(tests, data))
    reader.take(report)
    return examples


def in_blocks(name: str, spec: DataSpec, reader: Reader, labels: str | None = None) -> Iterator[Table]:
    """All rows of a source: as one table, or in blocks where they are many.

    Raises:
        DataError: If they cannot be read.
    """
    in_memory = name in reader.tables or name == "-" or name.startswith("sample:")
    rows: Table | Source | None = None if in_memory else array_source(name, read_options(spec), labels)
    if not isinstance(rows, ArraySource) or rows.numbers <= SHUFFLED_NUMBERS:
        rows = reader.table(name, spec, labels) if in_memory or labels else reader.rows(name, spec)
    if isinstance(rows, Divisible) and isinstance(rows, Table) and len(rows) * len(rows.names) > SHUFFLED_NUMBERS:
        rows = rows.source_of_blocks()
    if isinstance(rows, Table):
        yield rows
    else:
        yield from rows.blocks(rows.head.names, reader.progress)


def refuse_stored(spec: Spec, data: Dataset, usual: int) -> None:
    """Refuses what rows on disk cannot be used for.

    Args:
        spec: What is asked for.
        data: The rows.
        usual: Rows of a batch unless told otherwise.

    Raises:
        OptionError: If all rows are needed at once.
    """
    if not isinstance(data, StoredDataset):
        return
    said = say("{count:,} rows stay on disk", count=len(data))
    size = batch_size(spec.loop, len(data), usual)
    if size is None:
        raise OptionError(
            say("--batch-size {batch_size}: {said}", batch_size=spec.loop.batch_size, said=said),
            say("give a smaller one, or a larger --shuffle-rows"),
        )
    if size > data.buffer:
        hint = say("give --shuffle-rows {size} or more, or a smaller --batch-size", size=size)
        raise OptionError(say("--shuffle-rows {buffer}: a batch has {size} rows", buffer=data.buffer, size=size), hint)
    if isinstance(spec.model, NetworkSpec) and spec.model.features:
        what = say("--features needs all rows in memory, and {said}", said=said)
        raise OptionError(what, say("write them as columns of the file"))
    if spec.folds.folds is not None:
        raise OptionError(
            say("--folds needs all rows in memory, and {said}", said=said),
            say("leave it out: --validation 0.1 holds rows out"),
        )
    if any(isinstance(rule, Tolerance) for rule in spec.stop.rules()):
        what = say("--tolerance and --require-converged need the gradient over all rows, and {said}", said=said)
        raise OptionError(what, say("--patience or --flat end such a run"))


def _source(name: str, spec: DataSpec, network: NetworkSpec, reader: Reader) -> Source:
    if name in reader.tables or name.startswith("sample:") or (name == "-" and reader.stdin is None):
        return as_source(reader.table(name, spec, network.labels))
    return open_source(name, read_options(spec), reader.stdin, network.labels)


def _is_folder(name: str, reader: Reader) -> bool:
    return name not in reader.tables and Path(name).is_dir() and is_mnist_folder(name)


def _like(tests: Table, data: Dataset) -> Dataset:
    """Images to test on."""
    return classification(tests, ColumnOptions(data.input_names, data.target_name), data.classes)


def _store(
    source: Source, head: Table, report: ReadReport, labels: Labels | None, known: Values, reader: Reader
) -> tuple[Store, ReadReport]:
    """The rows on disk, where they are if they can be read there; and the report of all of them."""
    files = source.files() if isinstance(source, ArraySource) else None
    if files is None or labels is None or (*report.inputs, report.target.name) != source.head.names:
        return _Pass(source, head, report, labels, known, Spool(len(report.inputs))).result(reader)
    images, numbers = files
    codes = labels.codes_of_bytes(numbers.read(begin, begin + _BLOCK) for begin in range(0, len(numbers), _BLOCK))
    target = replace(report.target, classes=len(labels.classes))
    return PairStore(images, numbers, codes), replace(report, rows=len(numbers), target=target)


def _data(store: Store, report: ReadReport, labels: Labels | None, buffer: int) -> Dataset:
    """All rows: in memory, if they fit in the buffer."""
    names, target = report.inputs, report.target.name
    classes = () if labels is None else labels.classes
    empty = Dataset(np.empty((0, len(names))), np.empty(0), names, target, classes)
    if len(store) > buffer:
        return StoredDataset.of(Portion(store, _all, len(classes)), buffer, empty)
    inputs, targets = store.read(0, len(store))
    return replace(empty, inputs=inputs if classes else inputs.astype(np.float64), targets=targets)


def _all(begin: int, end: int) -> NDArray[np.bool_]:
    return np.ones(end - begin, bool)


@dataclass(eq=False)
class _Pass:
    """One pass over all rows, which are written to disk as numbers.

    Args:
        source: Gives them.
        head: The first ones, with a column for each value of their text columns.
        report: What is learned from.
        labels: Numbers the labels of classes; None for numbers to predict.
        known: The texts of each text column that is an input.
        spool: Where they are written.
    """

    source: Source
    head: Table
    report: ReadReport
    labels: Labels | None
    known: Values
    spool: Spool
    rows: int = 0
    gaps: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    incomplete: int = 0
    dropped: int = 0

    def result(self, reader: Reader) -> tuple[Spool, ReadReport]:
        """The rows, and the report of all of them.

        Raises:
            DataError: At a cell that is no number, or missing where that is refused; if no row is left.
        """
        names = (*self.report.inputs, self.report.target.name)
        self.gaps = np.zeros(len(names), np.int64)
        behind = tuple(dict.fromkeys(map(self.head.column_behind, names)))
        reader.say([self.source.tip] * bool(self.source.tip))
        for block in self.source.blocks(behind, reader.progress):
            self._take(block)
        if not len(self.spool):
            hint = say("choose other columns with --x and --y")
            raise DataError(say("{source}: no row is left: each has a missing cell", source=self.report.source), hint)
        self.spool.order = None if self.labels is None else self.labels.order
        return self.spool, self._reported(names)

    def _take(self, block: Table) -> None:
        """Writes a block's rows, but for those that are left out."""
        refuse_unknown(block, self.known)
        table = with_categories(block, self.report.values)
        targets, untargeted = self._targets(table)
        inputs = narrow(table.inputs(self.report.inputs))
        self.rows += len(inputs)
        gaps = np.column_stack([np.isnan(inputs), untargeted])
        incomplete = gaps.any(axis=1)
        if not incomplete.any():
            self.spool.add(inputs, targets)
            return
        if self.report.missing == "fail":
            raise self._gap(table, gaps, int(np.argmax(incomplete)))
        out = untargeted if self.report.missing == "mean" else incomplete
        self.gaps += gaps.sum(axis=0)
        self.incomplete += int(incomplete.sum())
        self.dropped += int(out.sum())
        self.spool.add(inputs[~out], targets[~out])

    def _targets(self, table: Table) -> tuple[Array, NDArray[np.bool_]]:
        """Numbers of classes, or numbers; and which are missing."""
        if self.labels is not None:
            return self.labels.codes(table)
        values = table.numbers(self.report.target.name)
        return values, np.isnan(values)

    def _gap(self, table: Table, gaps: NDArray[np.bool_], row: int) -> DataError:
        names = (*self.report.inputs, self.report.target.name)
        return DataError(table.problem(row, names[int(np.argmax(gaps[row]))]).message, _GAP_HINT)

    def _reported(self, names: Sequence[str]) -> ReadReport:
        """The report, of all rows."""
        behind = map(self.head.column_behind, names)
        gapped = {name: int(count) for name, count in zip(behind, self.gaps, strict=True) if count}
        filled = int(self.gaps[:-1].sum()) if self.report.missing == "mean" else 0
        target = self.report.target
        target = target if self.labels is None else replace(target, classes=len(self.labels.classes))
        gaps = Gaps(gapped, self.incomplete, self.dropped, filled)
        return replace(self.report, rows=self.rows, gaps=gaps, target=target)
