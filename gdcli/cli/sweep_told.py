"""What a sweep tells: each run as it ends, their ranks, and what follows from them."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np
import typer

from gdcli.cli import stacks
from gdcli.cli.commands.fit import output_width, plots
from gdcli.cli.grid import Grid, hyperparameters
from gdcli.cli.options import DataOptions, OutputOptions
from gdcli.cli.output import rerun
from gdcli.cli.runs import Finished
from gdcli.cli.showing import shown
from gdcli.cli.stacks import Job
from gdcli.cli.terminal import Terminal
from gdcli.data.dataset import Dataset
from gdcli.errors import INTERRUPTED, GdcliError
from gdcli.render import Report
from gdcli.render.numbers import short
from gdcli.render.reports.sweep import TABLE_ROWS, FittedCurve, RankedRun, draw_sweep, summarize_sweep, sweep_columns
from gdcli.render.screen import Screen
from gdcli.training.records import RISE
from gdcli.training.stacked import Outcome

SIZES = ("degree", "hidden")
"""Options that make a model larger."""
LONG_NUMBER = re.compile(r"-?[\d.]{8,}(?:e-?\d+)?")
GRID = 200
"""Points of a curve."""


@dataclass(frozen=True, eq=False)
class Ran:
    """A run as it is told.

    Args:
        finished: What it came to.
        texts: Its values of the options in which runs differ, as they are shown.
        differs: The same, as they are.
        config: All its settings.
        again: The command that is this run alone.
        shown: Which epochs its history shows.
        ranks: All ranks, once they are known.
    """

    finished: Finished
    texts: Mapping[str, str]
    differs: Mapping[str, Any]
    config: Mapping[str, Any]
    again: str
    shown: Any
    ranks: dict[int, int] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """Its number, from 1."""
        return self.finished.number + 1

    @property
    def rank(self) -> int | None:
        """Its rank, from 1."""
        return self.ranks.get(self.finished.number)

    @property
    def label(self) -> str:
        """What it is called: the values in which it differs."""
        return next(iter(self.texts.values())) if len(self.texts) == 1 else self.name

    @property
    def name(self) -> str:
        """The same in full."""
        return ", ".join(f"{name.replace('_', '-')} {text}" for name, text in self.texts.items())

    @property
    def losses(self) -> dict[str, Any]:
        """At the best epoch and at the end."""
        outcome = self.finished.outcome
        if outcome is None:
            return {"best_loss": None, "best_epoch": None, "final_loss": None}
        best = outcome.best_epoch
        told = {"best_loss": float(outcome.losses[best]), "best_epoch": best, "final_loss": float(outcome.losses[-1])}
        if outcome.validation is not None:
            told["best_validation_loss"] = float(outcome.validation[best])
            told["final_validation_loss"] = float(outcome.validation[-1])
        return told | self.finished.figures

    def row(self) -> dict[str, Any]:
        """Flat scalars."""
        finished, outcome = self.finished, self.finished.outcome
        told = {"status": finished.status, "verdict": finished.verdict, **self.losses}
        told |= {"epochs": outcome.epoch if outcome else None, "steps": outcome.step if outcome else None}
        return {"run": self.number, **self.differs, **told, "arrived": finished.arrived, "lr_max": finished.limit}

    def nested(self) -> dict[str, Any]:
        """The object of one run."""
        told: dict[str, Any] = {"run": self.number}
        if self.rank is not None:
            told["rank"] = self.rank
        told |= {"config": dict(self.config), "differs": dict(self.differs)}
        row = self.row()
        told |= {name: value for name, value in row.items() if name not in self.differs and name != "run"}
        return told | {"rerun": self.again, "history": list(self._history())}

    def _history(self) -> Iterator[dict[str, Any]]:
        outcome, pace = self.finished.outcome, self.finished.pace
        for epoch in range(len(outcome.losses)) if outcome else ():
            assert outcome is not None  # noqa: S101 - for the type checker
            last = epoch == outcome.epoch
            if self.shown(epoch) or last or epoch == outcome.best_epoch:
                row = {"epoch": epoch, "step": outcome.step if last else epoch * pace, "loss": outcome.losses[epoch]}
                row["loss"] = float(outcome.losses[epoch])
                if outcome.validation is not None:
                    row["validation_loss"] = float(outcome.validation[epoch])
                yield row


class Told:
    """What is told of a sweep, in any format.

    Args:
        context: The sweep's typer context.
        sweep: All its runs.
        jobs: The stacks they are.
        output: Where it goes.
        terminal: What it is told on.
    """

    def __init__(
        self, context: Any, sweep: Grid, jobs: Sequence[Job], output: OutputOptions, terminal: Terminal
    ) -> None:
        self._context, self._sweep, self._jobs = context, sweep, jobs
        self._output, self._terminal = output, terminal
        self._ran: list[Ran] = []
        self._ranks: dict[int, int] = {}
        self._columns: list[Any] = []  # laid out when all rows are known
        self._width = output_width(output, terminal)
        self._hidden = 0
        self._every = context.params["every"]
        shown(self._every, "table", 1)  # refused now, if at all

    @property
    def waits(self) -> bool:
        """Whether what has ended is told on stderr meanwhile: a table is ranked, and so waits for the last."""
        return self._output.format == "table" and len(self._jobs) > 1

    def header(self) -> str:
        """What is about to happen, in a line."""
        sweep = self._sweep
        runs, count = len(sweep.runs), len(self._jobs)
        lists = [f"{name.replace('_', '-')} {_list(sweep.given[name])}" for name in sweep.differing]
        rows = stacks.len_of(sweep.rows[0])
        parts = [
            f"{runs:,} run{'s' * (runs > 1)} of gdcli {sweep.kind}" + (f" in {count:,} stacks" if count < runs else ""),
            *lists,
            f"{rows:,} rows from {'standard input' if sweep.name == '-' else sweep.name}",
            f"seed {sweep.runs[0]['seed']}" if "seed" not in sweep.differing else "",
        ]
        return "   ".join(part for part in parts if part).replace(" in 1 stacks", " as one stack")

    def line(self, finished: Finished) -> str:
        """A run that has ended."""
        ran = self._of(finished)
        best = ran.losses.get("best_validation_loss", ran.losses["best_loss"])
        name = f"{ran.name}: " if ran.name else ""
        kind = "validation loss" if "best_validation_loss" in ran.losses else "loss"
        return f"{name}{finished.verdict}" + (f", best {kind} {best:.4g}" if best is not None else "")

    def report(self, finished: Iterator[Finished]) -> Report:
        """For any format: rows as they end, or ranked where all are waited for."""
        table, listing = self._output.format == "table", self._output.format in ("table", "json", "kv")
        return Report(
            schema="gdcli.sweep/1",
            records=self._all(finished, ranked=table) if listing else map(self._add, finished),
            summary=self.figures,
            rows_name="runs",
            rows_in_kv=True,
            columns=self._columns,
            nested=lambda ran: ran.nested(),
            blocks=self.blocks,
        )

    def _add(self, finished: Finished) -> Ran:
        self._ran.append(self._of(finished))
        return self._ran[-1]

    def _all(self, finished: Iterator[Finished], ranked: bool) -> Iterator[Ran]:
        for one in finished:
            self._add(one)
        self._ran.sort(key=lambda ran: ran.number)
        order = sorted(self._ran, key=_place)
        self._ranks.update({ran.finished.number: rank for rank, ran in enumerate(order, 1)})
        if ranked:
            self._columns += self._layout()
            self._hidden = max(0, len(order) - TABLE_ROWS) if self._width < sys.maxsize else 0
        yield from order[: len(order) - self._hidden] if ranked else self._ran

    def _of(self, finished: Finished) -> Ran:
        sweep, number = self._sweep, finished.number
        settings, texts = sweep.runs[number], sweep.texts[number]
        resolved = {"lr": stacks.learning_rate(sweep.kind, settings)}
        resolved |= {"epochs": settings["epochs"], "seed": settings["seed"]}
        return Ran(
            finished=finished,
            texts={name: _brief(texts[name]) for name in sweep.differing},
            differs={name: settings[name] for name in sweep.differing},
            config=self._config(settings) | resolved,
            again=sweep.again(number, **resolved),
            shown=shown(self._every, "table", settings["epochs"]),
            ranks=self._ranks,
        )

    def _config(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """A run's settings, without those that say how the data is read."""
        left_out = {*DataOptions._fields, "threads", "labels", "test", "test_labels", "require_converged"}
        given = {name: value for name, value in settings.items() if name not in left_out and value is not None}
        given = {"loss": "mse"} | given if self._sweep.kind == "fit" else given
        return given | hyperparameters(self._sweep.kind, dict(settings))

    @property
    def best(self) -> Ran | None:
        """The first in rank that came to anything."""
        order = sorted((ran for ran in self._ran if ran.finished.outcome is not None), key=_place)
        return order[0] if order else None

    @cached_property
    def _limit(self) -> float | None:
        """The largest stable rate, where it is one for all."""
        limits = {ran.finished.limit for ran in self._ran}
        return limits.pop() if len(limits) == 1 else None

    @cached_property
    def _near(self) -> float | None:
        """The loss at which a run has arrived, where it is one for all."""
        goals = {ran.finished.goal for ran in self._ran}
        goal = goals.pop() if len(goals) == 1 else None
        return None if goal is None else goal.optimum + goal.near

    def figures(self) -> dict[str, Any]:
        """The object of `gdcli.sweep/1`, without its runs."""
        sweep, best, keep = self._sweep, self.best, self.keep
        return {
            "command": sweep.kind,
            "data": sweep.name,
            "swept": {name: list(dict.fromkeys(run[name] for run in sweep.runs)) for name in sweep.differing},
            "count": len(sweep.runs),
            "finished": sum(ran.finished.ended for ran in self._ran),
            "stacks": len(self._jobs),
            "lr_max": self._limit,
            "best": None if best is None else best.number,
            "keep": None if keep is None else {**keep.differs, "run": keep.number, **keep.losses, "rerun": keep.again},
            "rerun": self._again(),
        }

    def _again(self) -> str:
        """The whole sweep's command."""
        context, sweep = self._context, self._sweep
        words = {name: ";".join(values) for name, values in sweep.given.items() if values != [""]}
        given = {name: _once(context.params[name], words[name]) for name in words if name in context.params}
        seed = {} if "seed" in given else {"seed": "0"}
        shadow = SimpleNamespace(
            info_name=f"sweep {sweep.kind}",
            command=context.command,
            params=context.params,
            help_option_names=context.help_option_names,
            get_parameter_source=context.get_parameter_source,
        )
        return rerun(shadow, **given | seed, data=sweep.name)

    @property
    def keep(self) -> Ran | None:
        """The size to keep: the smallest that no other beats by 5 % on rows held out; None if sizes are no question."""
        best = self.best
        if best is None or not self._size_name() or _outcome(best).validation is None:
            return None
        if best.finished.status == "diverged":
            return None
        near = RISE * best.losses["best_validation_loss"]
        return min((ran for ran in self._sized() if ran.losses["best_validation_loss"] <= near), key=self._size)

    def _sized(self) -> list[Ran]:
        """The best run of each model size, by size."""
        name, found = self._size_name(), dict[str, Ran]()
        for ran in sorted(self._ran, key=_place):
            if ran.finished.outcome is not None and ran.finished.status != "diverged":
                found.setdefault(str(ran.differs[name]), ran)
        return sorted(found.values(), key=self._size)

    def _size(self, ran: Ran) -> float:
        """The degree, or the number of parameters."""
        return float(ran.differs["degree"]) if self._size_name() == "degree" else float(len(_outcome(ran).parameters))

    def _layout(self) -> Sequence[Any]:
        return sweep_columns(
            [name.replace("_", "-") for name in self._sweep.differing],
            [_look(ran) for ran in self._ran],
            self._width,
        )

    def blocks(self, screen: Screen) -> Iterator[str]:
        """Under the table."""
        if self.best is None:
            return
        if self._hidden:
            yield f" ... {self._hidden} more: --format csv has them all"
        order = [_look(ran) for ran in sorted(self._ran, key=_place)]
        if plots(self._context.params["plot"], self._output, self._terminal):
            yield from draw_sweep(order, self._sizes(), self._fits(), self._size_name(), screen)
        keep = self.keep
        yield ""
        yield from summarize_sweep(order, self._limit, self._near, None if keep is None else _look(keep), screen)

    def _size_name(self) -> str:
        return next((name for name in SIZES if name in self._sweep.differing), "")

    def _sizes(self) -> list[tuple[float, RankedRun]]:
        """For the chart of error over model size."""
        return [] if self.keep is None else [(self._size(ran), _look(ran)) for ran in self._sized()]

    def _fits(self) -> list[FittedCurve]:
        """The smallest, the kept and the largest model's curves through the data, where there is one input."""
        rows, keep = self._sweep.rows[0], self.keep
        data: Dataset = getattr(rows, "data", rows)
        if keep is None or data.inputs.shape[1] != 1 or data.classes:
            return []
        sized = self._sized()
        x = data.inputs[:, 0].astype(float)
        grid = np.linspace(x.min(), x.max(), GRID)
        found = [FittedCurve("data", x, data.targets)]
        for ran in {id(ran): ran for ran in (sized[0], keep, sized[-1])}.values():
            number = ran.finished.number
            job = Job(self._sweep.kind, 0, (number,), (self._sweep.runs[number],))
            found.append(FittedCurve(ran.label, grid, stacks.curve(job, rows, _outcome(ran).parameters, grid)))
        return found

    def finish(self, stopped: bool) -> None:
        """The exit code.

        Raises:
            typer.Exit: With 130, if it was interrupted.
            GdcliError: If not one run came to anything.
        """
        if stopped:
            missing = len(self._sweep.runs) - sum(ran.finished.ended for ran in self._ran)
            self._terminal.note(f"interrupted: {missing} of {len(self._sweep.runs)} runs had not ended")
            raise typer.Exit(INTERRUPTED)
        if self._ran and all(ran.finished.status == "failed" for ran in self._ran):
            raise GdcliError("every run failed", "each row says why; one of them alone, with --debug, says more")


def _once(given: Any, joined: str) -> Any:
    """An option as it was given, if once; else all its values in one list."""
    if isinstance(given, tuple | list) and given:
        return given[0] if len(given) == 1 else joined
    return given if given is not None and given != () else joined


def _outcome(ran: Ran) -> Outcome:
    assert ran.finished.outcome is not None  # noqa: S101 - asked only of runs that have one
    return ran.finished.outcome


def _place(ran: Ran) -> tuple[Any, ...]:
    """What runs are ranked by: an end of their own, then the best loss, down to rounding; then how soon."""
    outcome = ran.finished.outcome
    if outcome is None:
        return 3, 0.0, 0.0, ran.number
    best = float(outcome.monitored[outcome.best_epoch])
    first = float(outcome.monitored[0])
    best = max(float(f"{best:.12g}"), 1e-28 * first) if math.isfinite(best) else math.inf
    order = {"diverged": 2, "interrupted": 1, "timed_out": 1}.get(ran.finished.status, 0)
    there = math.inf if ran.finished.arrived is None else ran.finished.arrived
    return order, best, there, ran.number


def _look(ran: Ran) -> RankedRun:
    outcome = ran.finished.outcome
    return RankedRun(
        number=ran.number,
        rank=ran.rank or 0,
        values=list(ran.texts.values()),
        label=ran.label,
        name=ran.name,
        verdict=ran.finished.verdict,
        losses=ran.losses,
        arrived=ran.finished.arrived,
        curve=() if outcome is None else outcome.monitored,
        diverged=ran.finished.status == "diverged",
    )


def _brief(text: str) -> str:
    """A value as it is, or a long number to four digits.

    >>> _brief("0.159662602210143"), _brief("0.2917"), _brief("16,8,8,8,8")
    ('0.1597', '0.2917', '16,8,8,8,8')
    """
    return short(float(text)) if LONG_NUMBER.fullmatch(text) else text


def _list(texts: Sequence[str]) -> str:
    """A list in a line: all of a few, the ends of many."""
    texts = [_brief(text) for text in texts]
    if len(texts) <= 6:
        return ("; " if any("," in text for text in texts) else ", ").join(texts)
    return f"{texts[0]}, {texts[1]}, ... {texts[-1]} ({len(texts)})"
