"""`gdcli sweep fit` and `gdcli sweep train`: many runs side by side, every option a list or a range.

The two commands are made of the options of `fit` and `train`: what takes a value there takes values here.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import typer
from typer._click.types import STRING
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from gdcli.cli.app import COMMANDS, load

if TYPE_CHECKING:
    from gdcli.cli.grid import Grid, SweepOptions
    from gdcli.cli.runs import Event_, Finished, Place
    from gdcli.cli.stacks import Job
    from gdcli.cli.terminal import Terminal
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


def group(name: str) -> TyperGroup:
    """The two sub-commands under one name."""
    return Sweep(
        name=name,
        help=COMMANDS.get(name, "") + ABOUT,
        no_args_is_help=True,
        context_settings=SETTINGS,
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

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's signature
        """The table's own lines."""
        with formatter.section("Commands"):
            formatter.write_dl(list(KINDS.items()))


def subcommand(kind: str) -> TyperCommand:
    """A command with all options of `fit` or `train`, as lists, and the sweep's own."""
    from gdcli.cli.grid import LEFT_OUT, swept
    from gdcli.cli.grouping import grouped

    def own(asked: SweepOptions) -> None:
        """The sweep's own options."""

    own.__annotations__["asked"] = _options()
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(grouped(own))
    mine = cast("TyperCommand", get_command(app)).params
    params: list[Any] = [one for one in load(kind).params if one.name not in LEFT_OUT]
    for parameter in params:
        if swept(parameter):
            parameter.type, parameter.multiple, parameter.default = STRING, True, None
    return Swept(
        name=kind,
        params=[*params[:1], *mine, *params[1:]],
        help=KINDS[kind] + ABOUT,
        context_settings=SETTINGS,
        rich_markup_mode=None,
    )


def _options() -> Any:
    from gdcli.cli.grid import SweepOptions

    return SweepOptions


class Swept(TyperCommand):
    """The command of one sweep."""

    def invoke(self, ctx: Any) -> None:
        """Runs it."""
        from gdcli.cli.grouping import quiet

        gc.enable()  # all is imported: see gdcli.cli.main
        with quiet():
            _run(ctx, str(self.name))


def _run(context: Any, kind: str) -> None:
    """Expands, runs, tells."""
    from gdcli.cli.grid import SweepOptions, grid
    from gdcli.cli.interrupts import interruptible
    from gdcli.cli.options import OutputOptions
    from gdcli.cli.output import check, emit
    from gdcli.cli.stacks import jobs
    from gdcli.cli.sweep_told import Told

    asked = SweepOptions(*(context.params[name] for name in SweepOptions._fields))
    output = OutputOptions(*(context.params[name] for name in OutputOptions._fields))
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    _check(asked)
    sweep = grid(context, kind, load(kind), asked, terminal)
    stacks = jobs(kind, sweep.runs, sweep.tables, sweep.rows)
    told = Told(context, sweep, stacks, output, terminal)
    with interruptible() as interrupted:
        place = _place(asked, interrupted, terminal)
        terminal.note(told.header())
        finished = _finished(sweep, stacks, place, terminal)
        emit(told.report(_noted(finished, told, terminal)), output, terminal)
        stopped = interrupted()
    if told.best is not None:
        terminal.note(f"rerun: {told.best.again}")
    if told.keep not in (None, told.best):
        terminal.note(f"keep: {told.keep.again}")
    told.finish(stopped)


def _check(asked: SweepOptions) -> None:
    from gdcli.cli.output import reject_together

    reject_together({"--cluster": asked.cluster, "--workers": asked.workers > 1})


def _place(asked: SweepOptions, interrupted: Any, terminal: Terminal) -> Place:
    from gdcli.cli.runs import Cluster, Place, Processes

    common = asked.timeout, interrupted, terminal.note
    if asked.cluster is not None:
        return Cluster(asked.cluster, *common)
    return Processes(asked.workers, *common) if asked.workers > 1 else Place(*common)


def _finished(sweep: Grid, stacks: list[Job], place: Place, terminal: Terminal) -> Iterator[Finished]:
    """The runs as they end, with a bar beside them."""
    from gdcli.cli.runs import Finished, run

    bar = _bar(sweep, terminal)
    events = bar.watching(run(stacks, sweep.rows, place))
    return bar.clearing(event for event in events if isinstance(event, Finished))


def _bar(sweep: Grid, terminal: Terminal) -> ProgressBar:
    """A bar over all epochs of all runs."""
    from gdcli.cli.runs import Finished
    from gdcli.render.progress import ProgressBar

    each = [int(settings["epochs"]) for settings in sweep.runs]
    running: dict[int, int] = {}
    ended: set[int] = set()

    def done(event: Event_ | object) -> int:
        if isinstance(event, Finished):
            ended.add(event.number)
        else:
            stack, passes = cast("tuple[int, int]", event)
            running[stack] = passes
        return min(sum(each), max(sum(running.values()), sum(each[number] for number in ended)))

    visible = terminal.stderr.isatty() and not terminal.quiet
    return ProgressBar(terminal.stderr, sum(each), "epochs", visible, done, terminal.screen(terminal.stderr).color)


def _noted(finished: Iterator[Finished], told: Any, terminal: Terminal) -> Iterator[Finished]:
    """The same, each told on stderr as it ends, where the table is to wait for the last."""
    for one in finished:
        if told.waits:
            terminal.note(told.line(one))
        yield one
