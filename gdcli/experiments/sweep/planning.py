"""Planning: a grid on its rows, parted into stacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gdcli.data.report import ReadReport
from gdcli.data.sources import title
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError
from gdcli.experiments.building import optimizer_config
from gdcli.experiments.experiment import Experiment
from gdcli.experiments.invocation import Invocation
from gdcli.experiments.line import refuse_unfit
from gdcli.experiments.reading import Examples, Reader, read_examples
from gdcli.experiments.result import plain
from gdcli.experiments.spec import DataSpec, LineSpec, Spec, options_of
from gdcli.experiments.sweep.batching import Batch, Job, Measuring, Rows, batches, prepare
from gdcli.experiments.sweep.grid import Choice, Grid, joined, sweepable
from gdcli.experiments.sweep.measuring import asked_of
from gdcli.optim.optimizers import Optimizer
from gdcli.said import say

__all__ = ["Plan", "plan", "sweep_invocation"]

NOT_A_SETTING = {*(one.name for one in DataSpec.options()), "threads", "labels", "test", "test_labels", "folds"}
"""Options that say how the data is read, or how fast."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A sweep, ready to run.

    Args:
        grid: Its runs, as asked for.
        tables: Which rows each run is about.
        rows: The rows read, once for each way of reading them.
        jobs: The stacks.
        specs: The runs, with their learning rates and epochs as numbers.
        optimizers: The runs' optimizers.
        reading: What was read first and how it is understood.
    """

    grid: Grid
    tables: Sequence[int]
    rows: Sequence[Rows]
    jobs: Sequence[Job]
    specs: Sequence[Spec]
    optimizers: Sequence[Optimizer]
    reading: ReadReport | None = None

    @property
    def command(self) -> str:
        """`fit` or `train`."""
        return self.grid.base.command

    @property
    def measuring(self) -> Measuring | None:
        """How the runs are measured; None where their own losses compare them."""
        return self.jobs[0].measuring if self.jobs else None

    @property
    def source(self) -> str:
        """What the rows are called."""
        return title(str(self.grid.base.data.source))

    def chosen(self, number: int) -> dict[str, Choice]:
        """A run's values of the options in which runs differ."""
        combination = self.grid.combinations[number]
        return {name: combination[name] for name in self.grid.differing}

    def config(self, number: int) -> dict[str, Any]:
        """All settings of a run, but how the data is read."""
        spec, known = self.specs[number], {one.name: one for one in options_of(self.command)}
        asked = self.grid.specs[number].values()
        values = {name: plain(known[name], value) for name, value in asked.items()}
        values |= {name: choice.plain for name, choice in self.grid.combinations[number].items()}
        values |= {"epochs": spec.epochs.epochs, "min_delta": spec.stop.rule("min_delta", 0.0)}
        usual = {"loss": "mse"} if isinstance(spec.model, LineSpec) else {}
        left_out = NOT_A_SETTING | {"require_converged"}
        given = {name: value for name, value in values.items() if name not in left_out and value is not None}
        return usual | given | optimizer_config(self.optimizers[number]) | _resolved(spec)

    def invocation(self, number: int) -> Invocation:
        """The command that is one run alone, with its learning rate, epochs and seed."""
        spec, choices = self.specs[number], self.grid.combinations[number]
        typed = {name: choice.plain for name, choice in choices.items()}
        return Invocation.of(spec).with_options(**typed | _resolved(spec))

    def experiment(self, number: int) -> Experiment:
        """One run on its rows."""
        table = self.tables[number]
        return prepare(Job(table, (number,), (self.specs[number],)), self.rows[table]).first


def _resolved(spec: Spec) -> dict[str, Any]:
    return {"lr": spec.rate.lr, "epochs": spec.epochs.epochs, "seed": spec.loop.seed}


def sweep_invocation(grid: Grid, **more: Any) -> Invocation:
    """The command that is a whole sweep, with its seed, and further options after the runs' own."""
    spec, known = grid.base, sweepable(grid.base.command)
    order = [one.name for one in options_of(spec.command)]
    lists = {name: joined(known[name], listed) for name, listed in grid.lists.items()}
    own = Invocation.of(spec).with_options(**{"seed": spec.loop.seed} | lists | more)
    return own.to(f"sweep {spec.command}", (*order, *more, "plugin"))


def plan(grid: Grid, reader: Reader) -> Plan:
    """Reads the rows of a grid and parts its runs into stacks.

    Raises:
        OptionError: If an option cannot be.
        DataError: If the rows cannot be read, or cannot be learned from.
    """
    tables, rows = _read(grid.specs, reader)
    _refuse_both_kinds(rows)
    measuring = asked_of(grid, rows)
    found = batches(grid.specs, tables, rows, measuring.folds if measuring else 0)
    jobs = [batch.job._replace(measuring=measuring) for batch in found]
    return Plan(grid, tables, rows, jobs, *_in_order(found), reader.reading)


def _refuse_both_kinds(rows: Sequence[Rows]) -> None:
    """Refuses runs that predict classes beside runs that predict numbers: no measure is common to them.

    Raises:
        OptionError: If there are both.
    """
    if len({bool(each.data.classes) for each in rows if isinstance(each, Examples)}) > 1:
        raise OptionError(
            say("--task: runs that predict classes and runs that predict numbers have no measure in common"),
            say("sweep with one --task, then with the other"),
        )


def _in_order(found: Sequence[Batch]) -> tuple[list[Spec], list[Optimizer]]:
    """The runs and their optimizers, in the order of the runs."""
    runs = [run for job, optimizers in found for run in zip(job.numbers, job.specs, optimizers, strict=True)]
    runs.sort(key=lambda run: run[0])
    return [spec for _, spec, _ in runs], [optimizer for _, _, optimizer in runs]


def _read(specs: Sequence[Spec], reader: Reader) -> tuple[list[int], list[Rows]]:
    """Reads the data once for each way in which it is to be read."""
    known: dict[Any, int] = {}
    rows: list[Rows] = []
    tables = []
    for spec in specs:
        key = spec.data.missing, getattr(spec.model, "dtype", None), getattr(spec.model, "task", None)
        if key not in known:
            if rows and spec.data.source == "-" and "-" not in reader.tables:
                raise OptionError(
                    say("standard input can be read only once"), say("write it to a file, and give its name")
                )
            known[key] = len(rows)
            rows.append(_table(spec, reader))
        tables.append(known[key])
    return tables, rows


def _table(spec: Spec, reader: Reader) -> Rows:
    if not isinstance(spec.model, LineSpec):
        return read_examples(spec.data, spec.model, reader)
    rows = reader.numbers(str(spec.data.source), spec.data)
    refuse_unfit(rows, spec.name)
    return rows
