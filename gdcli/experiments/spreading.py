"""A linear fit's one pass, by workers: each condenses partitions of its own, and only R factors travel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from gdcli.arrays import NDArray
from gdcli.data.condensing import Condenser, Factor
from gdcli.data.dataset import Dataset
from gdcli.data.examine import examine
from gdcli.data.line_range import QuotedCellsError
from gdcli.data.partition import Partition, partitions
from gdcli.data.source import Divisible, Source
from gdcli.data.tables import Table
from gdcli.errors import DataError, OptionError
from gdcli.experiments.merging import Tree
from gdcli.experiments.passing import (
    Columns,
    Complete,
    Passed,
    are_few,
    held_out,
    needs_rows,
    no_row_left,
    part_held_out,
    passed_rows,
    reported,
)
from gdcli.experiments.reading import Reader, columns, read_options
from gdcli.experiments.spec import DataSpec, Spec
from gdcli.experiments.workers import Workers
from gdcli.said import say

__all__ = ["divided", "on_partitions", "spread_rows"]

SAMPLE, LEAST = 10_000, 32
"""Rows to draw, of all partitions together and of each."""

R = TypeVar("R")
S = TypeVar("S")


class Pass(NamedTuple):
    """What is done with every partition.

    Args:
        columns: What is taken of its rows.
        fraction: The part held out.
        seed: Of that choice.
        sample: How many of its rows are kept to be drawn.
    """

    columns: Columns
    fraction: float
    seed: int
    sample: int


class Task(NamedTuple):
    """A partition, and the number of its first row that has no gap, among all of those."""

    partition: Partition
    at: int = 0


class Share(NamedTuple):
    """What is left of one partition, or of several.

    Args:
        rows: How many rows they have,
        dropped: and how many of those are left out.
        gaps: Each column's gaps.
        train: Of the rows to train on; None if there are none.
        held: Of those held out.
    """

    rows: int
    dropped: int
    gaps: NDArray[np.int64]
    train: Factor | None
    held: Factor | None

    def merged(self, other: Share) -> Share:
        """What is left of these rows and of others below them."""
        return Share(
            self.rows + other.rows,
            self.dropped + other.dropped,
            self.gaps + other.gaps,
            _merged(self.train, other.train),
            _merged(self.held, other.held),
        )


def _merged(one: Factor | None, other: Factor | None) -> Factor | None:
    return one.merged(other) if one is not None and other is not None else one or other


def spread_rows(spec: Spec, reader: Reader, workers: Workers) -> Dataset | Passed:
    """What `passed_rows` gives, read by workers where there is more than one partition.

    Raises:
        DataError: If rows cannot be read, or hold what is no number.
        OptionError: If the fit needs its rows themselves, or they come through a pipe.
    """
    option = needs_rows(spec)
    if option is not None:
        what = say(
            "{option}: with {option2} a fit needs the rows themselves, and only sums of them travel",
            option=workers.option,
            option2=option,
        )
        raise OptionError(what, say("leave out {option}, or {option2}", option=workers.option, option2=option))
    rows = divided(spec.data, reader, workers)
    if rows is None:
        return passed_rows(spec, reader)
    head, report = examine(rows.head, columns(spec.data), categorical=None, task="regression")
    names = (*report.inputs, report.target.name)
    share = _share(Columns.of(head, report), spec, rows, reader, workers)
    kept = share.rows - share.dropped
    if kept and are_few(kept, len(names)):
        return passed_rows(spec, reader)
    reader.take(reported(report, head, names, share.rows, share.gaps, share.dropped))
    if share.train is None:
        raise no_row_left(report)
    held = None if share.held is None else share.held.condensed()
    return Passed(names[:-1], names[-1], share.train.condensed(), held, say(" by {words}", words=workers.words))


def divided(spec: DataSpec, reader: Reader, workers: Workers) -> Source | None:
    """Rows that workers can read; None where they are so few that they are read here.

    Raises:
        DataError: If they cannot be read.
        OptionError: If they come through a pipe.
    """
    name = str(spec.source)
    if name == "-" or (Path(name).exists() and not Path(name).is_file() and not Path(name).is_dir()):
        raise OptionError(
            say("{option}: what comes through a pipe cannot be divided", option=workers.option), say("name files")
        )
    rows = reader.rows(name, spec)
    if isinstance(rows, Divisible):
        rows = rows.source_of_blocks()
    if isinstance(rows, Table) or len(partitions(name, rows, rows.head.names, read_options(spec))) < 2:
        workers.note(say("{option}: the rows are few, and are read here", option=workers.option))
        return None
    return rows


def on_partitions(
    work: Callable[[S, Task], R],
    shared: S,
    tasks: Sequence[Task],
    workers: Workers,
    reader: Reader,
) -> Iterator[tuple[int, R]]:
    """Each task's number and result as they come in, and how many bytes have been read by then.

    Raises:
        DataError: At a row that cannot be read; the first one, where there are several.
    """
    total, done = sum(task.partition.size for task in tasks), 0
    for at, result in workers.run(work, shared, tasks):
        done += tasks[at].partition.size
        reader.progress(done, total)
        yield at, result


def cut(name: str, spec: DataSpec, rows: Source, run: Callable[[Sequence[Task]], R]) -> R:
    """What a run on all partitions gives; a file with quoted cells, which are met on the way, is read in one piece."""
    uncut: set[str] = set()
    while True:
        parts = partitions(name, rows, rows.head.names, read_options(spec), uncut)
        try:
            return run([Task(part) for part in parts])
        except QuotedCellsError as error:
            uncut.add(error.path)


def on_blocks(work: Callable[[Iterator[Table]], R], partition: Partition, names: Sequence[str]) -> R:
    """What some work makes of a partition's blocks; an error about a row names its line in the file.

    Lines before a partition are counted only where that is asked for: after an error, and then it is read once more.
    """
    try:
        return work(partition.blocks(names))
    except DataError:
        return work(partition.located(names))


def _share(columns: Columns, spec: Spec, rows: Source, reader: Reader, workers: Workers) -> Share:
    """What is left of all rows."""

    def run(tasks: Sequence[Task]) -> Share:
        fraction, sample = part_held_out(spec), max(LEAST, -(-SAMPLE // len(tasks)))
        shared, tree = Pass(columns, fraction, spec.loop.seed, sample), Tree(len(tasks), Share.merged)
        numbered = _numbered(tasks, shared, workers, reader) if fraction else tasks
        for at, share in on_partitions(condense, shared, numbered, workers, reader):
            tree.add(at, share)
        return tree.result

    return cut(str(spec.data.source), spec.data, rows, run)


def _numbered(tasks: Sequence[Task], shared: Pass, workers: Workers, reader: Reader) -> list[Task]:
    """The same tasks with their first row's number: rows are held out by it, so all are counted first."""
    counts = dict(on_partitions(count, shared, tasks, workers, reader))
    before = accumulate((counts[at] for at in range(len(tasks))), initial=0)
    return [task._replace(at=at) for task, at in zip(tasks, before, strict=False)]


def count(shared: Pass, task: Task) -> int:
    """How many rows without gaps a partition has: of a file that knows its rows, if none may have any, at once."""
    known = task.partition.count() if shared.columns.missing == "fail" else None
    if known is not None:
        return known
    complete = Complete(shared.columns)
    return on_blocks(
        lambda blocks: sum(len(complete(block)) for block in blocks), task.partition, complete.columns.behind
    )


def condense(shared: Pass, task: Task) -> Share:
    """What is left of a partition."""

    def share(blocks: Iterable[Table]) -> Share:
        complete, width, at = Complete(shared.columns), len(shared.columns.names), task.at
        train, held = Condenser(width, shared.sample), Condenser(width, shared.sample)
        for block in blocks:
            values = complete(block)
            if shared.fraction:
                out = held_out(at, len(values), shared.fraction, shared.seed)
                held.add(values[out])
                values, at = values[~out], at + len(values)
            train.add(values)
        return Share(complete.rows, complete.dropped, complete.gaps, train.factor(), held.factor())

    return on_blocks(share, task.partition, shared.columns.behind)
