"""`gdcli lr-find`: a learning rate by the range test, for what `fit` or `train` would run."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import typer

from gdcli.analysis.suggestions import NAMES
from gdcli.cli import value
from gdcli.cli.commands.train import with_rows
from gdcli.cli.example import or_example
from gdcli.cli.interrupts import interruptible
from gdcli.cli.invoked import invocation, is_given
from gdcli.cli.options import OutputOptions, SaveOptions, option
from gdcli.cli.output import emit, format_of, layout
from gdcli.cli.running import note_read, reader
from gdcli.cli.terminal import Terminal
from gdcli.errors import INTERRUPTED, OptionError
from gdcli.experiments.experiment import Experiment
from gdcli.experiments.invocation import Invocation
from gdcli.experiments.line import read_line
from gdcli.experiments.lr_find import Asked, RangeTestResult, Subject
from gdcli.experiments.notation import one_of, validation
from gdcli.experiments.options import Group
from gdcli.experiments.reading import Reader
from gdcli.experiments.spec import (
    DataSpec,
    EpochSpec,
    LineSpec,
    LoopSpec,
    LossSpec,
    NetworkSpec,
    OptimizerSpec,
    RateSpec,
    Spec,
    StopSpec,
    options_of,
)
from gdcli.render.reports.headers import range_test_header
from gdcli.render.reports.range_test import report
from gdcli.render.showing import shown
from gdcli.said import say

ONLY: dict[str, type[Group]] = {"fit": LineSpec, "train": NetworkSpec}
WhatArgument = Annotated[str, typer.Argument(metavar="fit|train", help="What is to be run.", show_default=False)]


class FindOptions(NamedTuple):
    """The rates tried, and which suggestion counts."""

    low: Annotated[
        float | None,
        option("--from", accepts="positive", metavar="LR", help="The first learning rate. [1e-6; lower if need be]"),
    ] = None
    high: Annotated[float | None, option("--to", accepts="positive", metavar="LR", help="The last one. [10]")] = None
    steps: Annotated[int, option("--steps", accepts="count", metavar="N", help="Steps, one a rate. [100]")] = 100
    smooth: Annotated[
        float | None,
        option("--smooth", accepts="positive", metavar="S", help="Part a new loss is of the mean. [0.05; full: 1]"),
    ] = None
    suggest: Annotated[
        str | None, option("--suggest", metavar="NAME", help="two-thirds, valley, steepest or minimum/10. [the first]")
    ] = None
    validation: Annotated[
        str | None,
        option("--validation", metavar="FRACTION|FILE", help="Rows held out, as the run would. [none; train: 0.1]"),
    ] = None
    plot: Annotated[
        bool | None, typer.Option("--plot/--no-plot", help="The chart. [on a terminal]", show_default=False)
    ] = None

    def asked(self) -> Asked:
        """What is tried.

        Raises:
            OptionError: If it cannot be.
        """
        wanted = self.suggest
        if wanted is not None:
            wanted = one_of("--suggest", "minimum/10" if wanted.lower() == "minimum" else wanted, NAMES)
        low, high = self.low or 1e-6, self.high or 10.0
        return Asked(low, high, self.steps, self.smooth, wanted).checked()


def command(
    context: typer.Context,
    what: WhatArgument,
    data: DataSpec,
    asked: FindOptions,
    line: LineSpec,
    network: NetworkSpec,
    loop: LoopSpec,
    optimizer: OptimizerSpec,
    loss: LossSpec,
    saving: SaveOptions,
    output: OutputOptions,
) -> None:
    """Find a learning rate by the range test.

    A short run of what `fit` or `train` would run, with a rate that grows at every step until the loss runs away.
    --format value prints the suggestion alone: gdcli fit DATA --lr $(gdcli lr-find fit DATA --format value).
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    bare = value.asked(output, saving)
    what = one_of("lr-find", what, tuple(ONLY))
    tried = asked.asked()
    _refuse_others(context, what)
    held = StopSpec(validation=None if asked.validation is None else validation(asked.validation))
    model = line if what == "fit" else network
    # with a rate, nothing else is chosen: rows and batches are those of a run to which the suggestion is given
    spec = Spec(model, data, RateSpec(lr=1.0), loop, EpochSpec(1), optimizer, loss, held)
    experiment, start, rows = _experiment(spec, terminal)
    subject = Subject.of(experiment)
    if asked.low is None:
        tried = subject.lowered(tried, asked.high)
    header = range_test_header(experiment, tried)
    room = None if bare else layout(asked.plot, output, terminal, header, *[""] * 4).remarks()
    note_read(rows, experiment.spec, terminal, room, [header])
    with interruptible() as interrupted:
        probes = subject.test(tried, interrupted)
        stopped = interrupted()
    if not probes:
        raise typer.Exit(INTERRUPTED)
    again = _again(context, what, experiment, start)
    result = RangeTestResult(subject, tried, probes, str(again))
    if bare:
        value.put(result.rate(), output, terminal)
        return
    end = len(probes) - 1
    form = format_of(output)
    keep = shown(None, form.usual_rows, end)
    listed = [one for at, one in enumerate(probes) if keep(at) or at == end]
    use = (
        ""
        if result.chosen is None
        else say("use it: {use} --lr {rate:.3g}", use=_use(again, what, asked), rate=result.rate())
    )
    screen = layout(asked.plot, output, terminal, use, f"rerun: {again}")
    emit(report(result, [] if screen.plotted and form.for_people else listed, screen), output, terminal, saving)
    if stopped:
        terminal.note(say("interrupted"))
        raise typer.Exit(INTERRUPTED)
    if use:
        terminal.note(use)
    terminal.note(f"rerun: {again}")
    result.rate()


def _experiment(spec: Spec, terminal: Terminal) -> tuple[Experiment, dict[str, Any], Reader]:
    """What the command would run; the start to name in `rerun:` if it is the lecture's; and who has read the rows."""
    rows, start = reader(terminal), dict[str, Any]()
    if spec.command == "fit":
        spec, start = or_example(spec, terminal)
        experiment: Experiment = read_line(spec, rows)
    else:
        from gdcli.experiments.network import read_network  # knows saved models: not needed for a line

        experiment = read_network(with_rows(spec, terminal, "lr-find train"), rows)
    return experiment, start, rows


def _refuse_others(context: Any, what: str) -> None:
    """Refuses options that belong to the other command."""
    other = "train" if what == "fit" else "fit"
    for one in ONLY[other].options():
        if is_given(context, one.name):
            raise OptionError(
                say("--{name} goes with gdcli lr-find {other}", name=one.name.replace("_", "-"), other=other),
                say("leave it out of {what}", what=what),
            )


def _again(context: Any, what: str, experiment: Experiment, start: dict[str, Any]) -> Invocation:
    """The same command again."""
    again = invocation(context, what, experiment.spec.data.source)
    return again.with_options(**start, seed=experiment.spec.loop.seed)


def _use(again: Invocation, what: str, asked: FindOptions) -> Invocation:
    """The run that the rate is for, but for --lr."""
    order = [name for name in again.order if name in {one.name for one in options_of(what)}]
    return again.on(*again.arguments[1:]).to(what, order).with_options(validation=asked.validation)
