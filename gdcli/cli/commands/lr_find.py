"""`gdcli lr-find`: a learning rate by the range test, for what `fit` or `train` would run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gdcli.cli import lr_finding, parse, value
from gdcli.cli.commands.fit import plots
from gdcli.cli.grouping import grouped
from gdcli.cli.interrupts import interruptible
from gdcli.cli.lr_finding import Subject
from gdcli.cli.lr_found import FindOptions, RangeTest
from gdcli.cli.options import (
    DataOptions,
    LineOptions,
    LoopOptions,
    LossOptions,
    NetworkOptions,
    OptimizerOptions,
    OutputOptions,
)
from gdcli.cli.output import emit, exact, rerun
from gdcli.cli.terminal import Terminal
from gdcli.errors import INTERRUPTED, OptionError

MOST = 1_000_000
ONLY = {"fit": LineOptions._fields, "train": NetworkOptions._fields}
WhatArgument = Annotated[str, typer.Argument(metavar="fit|train", help="What is to be run.", show_default=False)]


@grouped
def command(
    context: typer.Context,
    what: WhatArgument,
    data: DataOptions,
    asked: FindOptions,
    line: LineOptions,
    network: NetworkOptions,
    loop: LoopOptions,
    optimizer: OptimizerOptions,
    loss: LossOptions,
    output: OutputOptions,
) -> None:
    """Find a learning rate by the range test.

    A short run of what `fit` or `train` would run, with a rate that grows at every step until the loss runs away.
    --format value prints the suggestion alone: gdcli fit DATA --lr $(gdcli lr-find fit DATA --format value).
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    bare = value.asked(output)
    what = parse.one_of("lr-find", what, tuple(ONLY))
    _check(context, what, asked)
    if what == "fit":
        subject = lr_finding.line(data, line, loop, optimizer, loss, asked.validation, terminal)
    else:
        subject = lr_finding.network(data, network, loop, optimizer, loss, asked.validation, terminal)
    terminal.note(f"{subject.header}   {asked.steps} rates from {exact(asked.low)} to {exact(asked.high)}")
    with interruptible() as interrupted:
        probes = subject.test(asked.low, asked.high, asked.steps, asked.smooth, interrupted)
        stopped = interrupted()
    if not probes:
        raise typer.Exit(INTERRUPTED)
    test = RangeTest(what, subject, probes, asked, _again(context, what, subject))
    if bare:
        value.put(test.rate(), output, terminal)
        return
    emit(test.report(output, plots(asked.plot, output, terminal)), output, terminal)
    if stopped:
        terminal.note("interrupted")
        raise typer.Exit(INTERRUPTED)
    if test.chosen is not None:
        terminal.note(f"use it: {_use(context, what, subject)} --lr {test.rate():.3g}")
    terminal.note(f"rerun: {test.again}")
    test.rate()


def _check(context: Any, what: str, asked: FindOptions) -> None:
    """Refuses what cannot be asked for.

    Raises:
        OptionError: If the range is empty, or an option belongs to the other command.
    """
    if not asked.low < asked.high:
        raise OptionError(
            f"--from {exact(asked.low)} is not below --to {exact(asked.high)}", "as in --from 1e-6 --to 10"
        )
    if not 1 < asked.steps <= MOST:
        raise OptionError(f"--steps: {asked.steps} is not from 2 to {MOST:,}", "as in --steps 100")
    if asked.smooth is not None and asked.smooth > 1:
        raise OptionError(f"--smooth: {exact(asked.smooth)} is above 1, which is no smoothing", "as in --smooth 0.05")
    asked.chosen()
    other = "train" if what == "fit" else "fit"
    for name in ONLY[other]:
        if context.get_parameter_source(name).name == "COMMANDLINE":
            raise OptionError(f"--{name.replace('_', '-')} goes with gdcli lr-find {other}", f"leave it out of {what}")


def _again(context: Any, what: str, subject: Subject) -> str:
    """The same command again."""
    program, itself, rest = rerun(context, data=subject.name, what=None, **subject.named).split(" ", 2)
    return f"{program} {itself} {what} {rest}"


def _use(context: Any, what: str, subject: Subject) -> str:
    """The run that the rate is for, but for --lr."""
    own = dict.fromkeys((*FindOptions._fields, "format", "output", "color", "what"))
    kept = {"validation": context.params["validation"]}
    words = rerun(context, **own | kept | subject.named, data=subject.name).split(" ", 2)
    return " ".join(["gdcli", what, *words[2:]])
