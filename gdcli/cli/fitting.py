"""What `fit` does: reads the rows, shows what is about to happen, and writes the run as it goes."""

from __future__ import annotations

import typer

from gdcli.cli.example import or_example
from gdcli.cli.interrupts import interruptible
from gdcli.cli.invoked import invocation
from gdcli.cli.options import OutputOptions, SaveOptions, StreamOptions, WorkerOptions
from gdcli.cli.output import check, emit, format_of, layout
from gdcli.cli.running import employed, finish, note_read, progress_bar, reading, resolved
from gdcli.cli.terminal import Terminal
from gdcli.experiments.line import read_line
from gdcli.experiments.line_result import LineResult
from gdcli.experiments.saving import Saving
from gdcli.experiments.spec import Spec
from gdcli.render.reports.fit import answer_lines, report
from gdcli.render.reports.headers import line_notes
from gdcli.render.showing import Stopwatch, shown
from gdcli.training import streams
from gdcli.training.streams import Run


def fit(
    context: typer.Context,
    asked: Spec,
    saving: SaveOptions,
    stream: StreamOptions,
    output: OutputOptions,
    working: WorkerOptions,
) -> None:
    """Runs a fit at the terminal.

    Args:
        context: The command line.
        asked: What is to be run; without a source, what is piped in or the lecture's example.
        saving: Where the model goes.
        stream: Which rows are shown.
        output: Where results go and in what form.
        working: Who reads the rows.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output, saving, with_model=True)
    spec, start = or_example(asked, terminal)
    with employed(working, terminal) as workers, reading(terminal) as rows:
        experiment = read_line(spec, rows, workers).compressed()
    form = format_of(output)
    repeated = resolved(experiment, form, saving.model is not None)
    again = invocation(context, spec.data.source).with_options(**start, **repeated)
    shown(stream.every, form.usual_rows, experiment.passes)  # refused before anything is said
    said, after = line_notes(experiment), [f"rerun: {again}", *[""] * (2 * spec.stop.require_converged)]
    screen = layout(stream.plot, output, terminal, *said, *after)
    note_read(rows, experiment.spec, terminal, screen.remarks(answer_lines(experiment, screen)), said)
    screen = layout(stream.plot, output, terminal, *after)
    most = screen.table_rows(answer_lines(experiment, screen))
    keep = shown(stream.every, form.usual_rows, experiment.passes, most)
    kept = Saving(saving.model)
    with kept.settled(), interruptible() as interrupted:
        bar = progress_bar(experiment, terminal)
        watch, going = Stopwatch(), (interrupted, bar.watching)
        passing = watch.watching(experiment.records(*going)) if stream.timing else experiment.passing(*going)
        run = Run(passing, spec.stop.rule("min_delta", 0.0), keep)
        result = LineResult(run, again, experiment=experiment, interrupted=interrupted, saving=kept)
        thinned = streams.thin(run, keep, best=(stream.every or form.usual_rows) == "auto")
        records = bar.clearing(experiment.reported(result.saved_after(thinned)))
        rows_shown = watch.stamped(records) if stream.timing else records
        emit(report(result, rows_shown, screen, stream.timing), output, terminal, saving)
        terminal.note(f"rerun: {again}")
    finish(result, spec.stop.require_converged)
