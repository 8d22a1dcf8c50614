"""What `fit --by` does: one fit for each group of rows, ranked."""

from __future__ import annotations

import typer

from gdcli.cli.interrupts import interruptible
from gdcli.cli.invoked import invocation
from gdcli.cli.options import OutputOptions, SaveOptions, StreamOptions
from gdcli.cli.output import check, emit, format_of, layout
from gdcli.cli.running import note_all, reading
from gdcli.cli.terminal import Terminal
from gdcli.errors import INTERRUPTED, OptionError
from gdcli.experiments.group_result import GroupsResult
from gdcli.experiments.groups import group_experiment
from gdcli.experiments.spec import Spec
from gdcli.render.reports.groups import answer_lines, report
from gdcli.render.showing import shown
from gdcli.said import say


def fit_each(
    context: typer.Context, asked: Spec, by: str, saving: SaveOptions, stream: StreamOptions, output: OutputOptions
) -> None:
    """Fits each group at the terminal; options as `gdcli.cli.fitting.fit` has them."""
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    for name, given in {"--save": saving.save is not None, "--timing": stream.timing}.items():
        if given:
            raise OptionError(
                say("--by: {name} does not go with it", name=name), say("leave it out: csv has all figures")
            )
    source = asked.data.source or ("-" if terminal.piped_in() else None)
    if source is None:
        raise OptionError(say("--by: there are no rows to read"), say("give DATA, or pipe rows in"))
    spec = asked.replace(source=source)
    with reading(terminal) as rows:
        experiment = group_experiment(spec, by, rows)
    note_all([*rows.notes, *experiment.notes()], terminal)
    form, again = format_of(output), invocation(context, spec.data.source).with_options(**experiment.chosen)
    with interruptible() as interrupted:
        result = GroupsResult(experiment, experiment.run(interrupted), again)
        stopped = interrupted()
    screen = layout(stream.plot, output, terminal, f"rerun: {again}")
    most = screen.table_rows(answer_lines(result), pictured=False)
    keep = shown(stream.every, form.usual_rows, len(result) - 1, most)
    emit(report(result, form, keep, screen), output, terminal)
    terminal.note(f"rerun: {again}")
    if stopped:
        raise typer.Exit(INTERRUPTED)
    result.check(spec.stop.require_converged)
