"""`gdcli train`: a network for classification or regression, one row an epoch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import typer

from gdcli.cli.interrupts import interruptible
from gdcli.cli.invoked import given_options, invocation
from gdcli.cli.options import OutputOptions, ResumeOptions, SaveOptions, ShowOptions, StreamOptions
from gdcli.cli.output import check, emit, format_of, layout
from gdcli.cli.running import finish, note_read, progress_bar, reading, resolved
from gdcli.cli.terminal import Terminal
from gdcli.errors import OptionError
from gdcli.experiments.checkpoint import load
from gdcli.experiments.network import read_network
from gdcli.experiments.network_result import NetworkResult
from gdcli.experiments.resuming import continued_spec
from gdcli.experiments.saving import Saving
from gdcli.experiments.spec import (
    ChangeSpec,
    DataSpec,
    EpochSpec,
    FoldSpec,
    LoopSpec,
    LossSpec,
    NetworkSpec,
    OptimizerSpec,
    RateSpec,
    Spec,
    StopSpec,
)
from gdcli.render.reports.headers import network_notes
from gdcli.render.reports.train import answer_lines, report
from gdcli.render.showing import Stopwatch, shown
from gdcli.said import say
from gdcli.training import streams
from gdcli.training.streams import Run


def command(
    context: typer.Context,
    data: DataSpec,
    network: NetworkSpec,
    rate: RateSpec,
    loop: LoopSpec,
    epochs: EpochSpec,
    optimizer: OptimizerSpec,
    loss: LossSpec,
    stop: StopSpec,
    folds: FoldSpec,
    changes: ChangeSpec,
    saving: SaveOptions,
    going_on: ResumeOptions,
    show: ShowOptions,
    stream: StreamOptions,
    output: OutputOptions,
) -> None:
    """Train a network for classification or regression.

    DATA is a table, IDX images with --labels, or a folder with MNIST's four files. Without --hidden it is logistic
    or softmax regression; a tenth of the rows is held out to watch.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output, saving, with_model=True)
    spec = with_rows(Spec(network, data, rate, loop, epochs, optimizer, loss, stop, folds, changes), terminal, "train")
    past = None if going_on.resume is None else load(going_on.resume)
    if past is not None:
        spec = continued_spec(past, spec, given_options(context))
    with reading(terminal) as rows:
        experiment = read_network(spec, rows, past)
    form = format_of(output)
    repeated = resolved(experiment, form, saving.model is not None)
    again = invocation(context, spec.data.source).with_options(**repeated)
    shown(stream.every, form.usual_rows, experiment.passes)  # refused before anything is said
    table, said, after = form.for_people, network_notes(experiment), f"rerun: {again}"
    room = layout(stream.plot, output, terminal, *said, after).remarks(answer_lines(experiment))
    note_read(rows, experiment.spec, terminal, room, said)
    screen = layout(stream.plot, output, terminal, after)
    most = screen.table_rows(answer_lines(experiment))
    all_of_them = table and screen.rows is None and experiment.passes <= 60
    keep = shown(stream.every, form.usual_rows, 0 if all_of_them else experiment.passes, most)
    kept = Saving(saving.model)
    with kept.settled(), interruptible() as interrupted:
        bar = progress_bar(experiment, terminal)
        watch = Stopwatch()
        run = Run(watch.watching(experiment.records(interrupted, bar.watching)), spec.stop.rule("min_delta", 0.0))
        result = NetworkResult(run, again, experiment=experiment, interrupted=interrupted, saving=kept)
        records = result.saved_after(streams.thin(run, keep, best=table and not stream.every))
        stamped: Any = watch.stamped(records) if stream.timing or table else records
        emit(report(result, bar.clearing(stamped), screen, show.show), output, terminal, saving)
        terminal.note(after)
    finish(result, spec.stop.require_converged)


def with_rows(spec: Spec, terminal: Terminal, words: str) -> Spec:
    """The spec on the rows given, or piped in.

    Raises:
        OptionError: If there are none.
    """
    if spec.data.source is not None:
        return spec
    if terminal.piped_in():
        return replace(spec, data=replace(spec.data, source="-"))
    raise OptionError(
        say("there is nothing to train on"),
        say("give DATA, as in gdcli {words} sample:digits --hidden 32", words=words),
    )
