"""`gdcli sweep fit` and `gdcli sweep train`: many runs side by side, every option a list or a range.

The two commands are made of the options of `fit` and `train`: what takes a value there takes values here.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_command

from gdcli.cli.app import COMMANDS, load
from gdcli.cli.helping import Command
from gdcli.cli.options import option
from gdcli.cli.typer_internals import STRING
from gdcli.said import say

if TYPE_CHECKING:
    from gdcli.cli.terminal import Terminal
    from gdcli.experiments.invocation import Invocation
    from gdcli.experiments.spec import Spec
    from gdcli.experiments.sweep.executors import Finished, InProcess
    from gdcli.experiments.sweep.grid import Choice, Grid
    from gdcli.experiments.sweep.planning import Plan
    from gdcli.experiments.sweep.result import SweepResult
    from gdcli.experiments.sweep.swept_run import SweptRun
    from gdcli.render.progress import ProgressBar

KINDS = {"fit": "Compare many fits of a linear model.", "train": "Compare many networks, or many ways to train one."}
"""Each sub-command's name and its line in `gdcli sweep --help`."""
ABOUT = """

All runs have the same start and the same order of the rows. Runs that differ only in numbers (learning rate,
schedule, momentum, penalties) are computed together, as one.

\b
  --lr 0.01,0.1,0.3      a list
  --lr 1e-4..1:log20     20 values at equal ratios
  --degree 1..9:lin9     9 at equal distances
  --optimizer sgd,adam   names, too
  --hidden '4;8;16,8'    a ';' where values have commas of their own
"""
SETTINGS = {"help_option_names": ["-h", "--help"]}
OF_ONE_RUN = {"by", "resume", "show", "timing", "workers", "cluster"}
"""Options of the command, beside those of its spec, that are about one run."""


class SweepOptions(NamedTuple):
    """What is run of a grid, and where."""

    random: Annotated[
        int | None, option("--random", accepts="count", metavar="N", help="Take N of the grid's runs, by the seed.")
    ] = None
    yes: Annotated[bool, option("--yes", help="Run more than 10,000 runs.")] = False
    workers: Annotated[
        int, option("--workers", accepts="count", metavar="N", help="Processes for runs that are no stack. [1]")
    ] = 1
    cluster: Annotated[
        str | None, option("--cluster", metavar="tcp://HOST:PORT", help="A Dask cluster to run on instead.")
    ] = None
    timeout: Annotated[
        float | None,
        option("--timeout", accepts="positive", metavar="SECONDS", help="Of one run; a stack has that for each."),
    ] = None


def group(name: str) -> TyperGroup:
    """The two sub-commands under one name."""
    return Sweep(
        name=name,
        help=COMMANDS.get(name, "") + ABOUT,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help", "--help-all"]},
        rich_markup_mode=None,
    )


class Sweep(TyperGroup):
    """A group that makes its sub-commands when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        """In the order of the table."""
        return list(KINDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer's signature
        """`fit` or `train`, made of the command of that name."""
        return subcommand(cmd_name) if cmd_name in KINDS else None

    def get_help_option_names(self, ctx: Any) -> list[str]:
        """The short one first; click has them in a set."""
        return sorted(super().get_help_option_names(ctx), key=len)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's signature
        """The table's own lines."""
        with formatter.section("Commands"):
            formatter.write_dl(list(KINDS.items()))


def subcommand(kind: str) -> Command:
    """A command with all options of `fit` or `train`, as lists, and the sweep's own."""
    from gdcli.cli.grouping import grouped
    from gdcli.experiments.sweep.grid import SINGLE, sweepable

    def own(asked: SweepOptions) -> None:
        """The sweep's own options."""

    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(grouped(own))
    mine, single, own_names = get_command(app).params, load(kind), set(SweepOptions._fields)
    params: list[Any] = [one for one in single.params if one.name not in SINGLE | OF_ONE_RUN | own_names]
    for parameter in params:
        if parameter.name in sweepable(kind):
            parameter.type, parameter.multiple, parameter.default = STRING, True, None
    swept = Swept(
        name=kind,
        params=[*params[:1], *mine, *params[1:]],
        help=KINDS[kind] + ABOUT,
        context_settings=SETTINGS,
        rich_markup_mode=None,
    )
    swept.titles = {**single.titles, **dict.fromkeys(SweepOptions._fields, SweepOptions.__doc__ or "")}
    return swept


class Swept(Command):
    """The command of one sweep."""

    def invoke(self, ctx: Any) -> None:
        """Runs it."""
        from gdcli.cli.grouping import quiet

        gc.enable()  # all is imported: see gdcli.cli.main
        with quiet():
            _run(ctx, str(self.name))


def _run(context: Any, command: str) -> None:
    """Options to a grid, a grid on its rows, its runs as they end to a report."""
    from gdcli.cli.interrupts import interruptible
    from gdcli.cli.options import OutputOptions, SaveOptions
    from gdcli.cli.output import check, emit, format_of, layout
    from gdcli.cli.running import note_all, note_read, reader
    from gdcli.experiments.sweep.planning import plan
    from gdcli.experiments.sweep.result import RunningSweep
    from gdcli.render.reports.sweep import report
    from gdcli.render.reports.sweep_lines import command_lines, header

    asked = SweepOptions(*(context.params[name] for name in SweepOptions._fields))
    output = OutputOptions(*(context.params[name] for name in OutputOptions._fields))
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    saving = SaveOptions(*(context.params[name] for name in SaveOptions._fields))
    check(output, saving)
    _check(asked, context.params["every"])
    grid, rows = _grid(context, command, asked, terminal), reader(terminal)
    planned = plan(grid, rows)
    room = layout(context.params["plot"], output, terminal, header(planned), *[""] * 4).remarks()
    note_read(rows, planned.specs[0], terminal, room)
    with interruptible() as interrupted:
        executor = _executor(asked, interrupted, terminal)
        terminal.note(header(planned))
        finished = _finished(planned, executor, terminal)
        form, again = format_of(output), _invocation(context, grid)
        plot = context.params["plot"]
        if form.for_people and len(planned.jobs) > 1 and not layout(plot, output, terminal).fits:
            finished = _noted(finished, planned, terminal)
        sweep = RunningSweep(planned, again, finished)
        after = command_lines(sweep.result) if form.for_people else []
        screen = layout(plot, output, terminal, *after, *["interrupted"] * interrupted())
        emit(report(sweep, form, screen, partial(_shown, context.params["every"])), output, terminal, saving)
        stopped = interrupted()
    note_all(command_lines(sweep.result), terminal)
    finish(sweep.result, stopped, terminal)


def _check(asked: SweepOptions, every: str | None) -> None:
    """Refuses what can be refused before the work."""
    from gdcli.experiments.spec import reject_together
    from gdcli.render.showing import shown

    reject_together({"--cluster": asked.cluster, "--workers": asked.workers > 1})
    shown(every, "auto", 1)


def _grid(context: Any, command: str, asked: SweepOptions, terminal: Terminal) -> Grid:
    """The runs that the options ask for."""
    from gdcli.experiments.spec import Spec, options_of
    from gdcli.experiments.sweep.grid import MOST, choices_of_texts, expand, sweepable

    params, known = context.params, sweepable(command)
    lists = {name: choices_of_texts(one, params[name]) for name, one in known.items() if params[name]}
    names = [one.name for one in options_of(command) if one.name in params and one.name not in known]
    base = Spec.of(command, params["source"], {name: params[name] for name in names})
    base, start = _with_rows(base, lists, terminal)
    return expand(base, lists | start, asked.random, math.inf if asked.yes else MOST)


def _with_rows(
    base: Spec, lists: Mapping[str, tuple[Choice, ...]], terminal: Terminal
) -> tuple[Spec, dict[str, tuple[Choice, ...]]]:
    """The spec on the rows given; without any, on the lecture's, whose start is then a choice of its own."""
    from gdcli.cli.commands.train import with_rows
    from gdcli.cli.example import or_example
    from gdcli.experiments.spec import LineSpec
    from gdcli.experiments.sweep.grid import choices, first_spec, sweepable

    first, known = first_spec(base, lists), sweepable(base.command)
    line = isinstance(base.model, LineSpec)
    spec, start = or_example(first, terminal) if line else (with_rows(first, terminal, "sweep train"), {})
    more = {name: value for name, value in start.items() if value is not None and name not in lists}
    return base.replace(source=spec.data.source), {name: choices(known[name], value) for name, value in more.items()}


def _invocation(context: Any, grid: Grid) -> Invocation:
    """The whole sweep's command: lists as they were typed, and the seed."""
    from gdcli.cli.invoked import invocation
    from gdcli.experiments.sweep.grid import joined, sweepable

    given, known = invocation(context, grid.base.data.source), sweepable(grid.base.command)
    lists = {name: joined(known[name], listed) for name, listed in grid.lists.items()}
    typed = {name: given.options[name][0] for name in lists if len(given.options.get(name, ())) == 1}
    return given.to(f"sweep {grid.base.command}", given.order).with_options(
        **{"seed": grid.base.loop.seed} | lists | typed
    )


def _executor(asked: SweepOptions, interrupted: Any, terminal: Terminal) -> InProcess:
    from gdcli.experiments.sweep.executors import Cluster, InProcess, Processes

    common = asked.timeout, interrupted, terminal.note
    if asked.cluster is not None:
        return Cluster(asked.cluster, *common)
    return Processes(asked.workers, *common) if asked.workers > 1 else InProcess(*common)


def _finished(planned: Plan, executor: InProcess, terminal: Terminal) -> Iterator[Finished]:
    """The runs as they end, with a bar beside them."""
    from gdcli.experiments.sweep.executors import Finished
    from gdcli.experiments.sweep.running import run

    bar = _bar(planned, terminal)
    events = bar.watching(run(planned.jobs, planned.rows, executor))
    return bar.clearing(event for event in events if isinstance(event, Finished))


def _bar(planned: Plan, terminal: Terminal) -> ProgressBar:
    """A bar over all epochs of all runs."""
    from gdcli.render.progress import ProgressBar
    from gdcli.render.reports.sweep_lines import epochs_done

    epochs, done = epochs_done(planned)
    visible = terminal.stderr.isatty() and not terminal.quiet
    color = terminal.screen(terminal.stderr).color
    return ProgressBar(terminal.stderr, epochs, "epochs", visible, done, color, terminal.speak)


def _noted(finished: Iterator[Finished], planned: Plan, terminal: Terminal) -> Iterator[Finished]:
    """The same, each noted on stderr as it ends: a table is ranked, and so waits for the last."""
    from gdcli.experiments.sweep.swept_run import SweptRun
    from gdcli.render.reports.sweep_lines import outcome_line

    for one in finished:
        terminal.note(outcome_line(SweptRun(one, planned)))
        yield one


def _shown(every: str | None, run: SweptRun) -> Callable[[int], bool]:
    """Which epochs of a run its history has."""
    from gdcli.render.showing import shown

    return shown(every, "auto", int(run.spec.epochs.epochs or 0))


def finish(result: SweepResult, stopped: bool, terminal: Terminal) -> None:
    """The exit code.

    Raises:
        typer.Exit: With 130, if it was interrupted.
        GdcliError: If not one run came to anything.
    """
    from gdcli.errors import INTERRUPTED, GdcliError

    if stopped:
        count = len(result.plan.specs)
        missing = count - sum(run.finished.ended for run in result)
        terminal.note(say("interrupted: {missing} of {count} runs had not ended", missing=missing, count=count))
        raise typer.Exit(INTERRUPTED)
    if len(result) and all(run.status == "failed" for run in result):
        raise GdcliError(say("every run failed"), say("each row says why; one of them alone, with --debug, says more"))
