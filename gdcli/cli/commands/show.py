"""`gdcli show`: looks at data without training: columns, ranges, gaps, pictures, the split."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import typer

from gdcli.cli.invoked import invocation
from gdcli.cli.options import OutputOptions, SaveOptions, ShowOptions, option
from gdcli.cli.output import check, emit, layout
from gdcli.cli.running import reader
from gdcli.cli.terminal import Terminal
from gdcli.data.warning import count
from gdcli.experiments.lecture import NOTE, SOURCE
from gdcli.experiments.looking import Look, look, names_of_classes
from gdcli.experiments.spec import DataSpec, LoopSpec, NetworkSpec, Spec, StopSpec
from gdcli.render.reports.show import report
from gdcli.said import enumerated, say

SEPARATORS = {
    "\t": say("separated by tabs"),
    " ": say("separated by blanks"),
    ";": say("separated by ;"),
    "|": say("separated by |"),
}
"""How cells that no comma separates are written."""


class LookOptions(NamedTuple):
    """What is predicted, how the rows are parted, and what is drawn."""

    task: Annotated[
        str | None, option("--task", accepts="task", metavar="classification|regression", help="[as the target looks]")
    ] = None
    categorical: Annotated[
        Any,  # a tuple of names, which typer would take for as many words
        option("--categorical", accepts="columns", metavar="A,B", help="Text columns to take as inputs, one-hot."),
    ] = None
    labels: Annotated[str | None, option("--labels", metavar="FILE", help="Labels of IDX images.")] = None
    test: Annotated[str | None, option("--test", metavar="FILE", help="Rows to test on at the end.")] = None
    validation: Annotated[
        str | None,
        option("--validation", accepts="validation", metavar="FRACTION|FILE", help="Rows held out, as train would."),
    ] = None
    shuffle: Annotated[
        bool,
        typer.Option("--shuffle/--no-shuffle", help="Choose the rows held out by chance. [yes]", show_default=False),
    ] = True
    seed: Annotated[int, option("--seed", accepts="whole", metavar="N", help="Of the split. [0]")] = 0
    classes: Annotated[
        str | None,
        option("--classes", metavar="A,B,C|FILE", help="Names for the classes, by their numbers from 0."),
    ] = None
    plot: Annotated[
        bool | None, typer.Option("--plot/--no-plot", help="A scatter. [on a terminal]", show_default=False)
    ] = None


def command(
    context: typer.Context,
    data: DataSpec,
    asked: LookOptions,
    show: ShowOptions,
    saving: SaveOptions,
    output: OutputOptions,
) -> None:
    """Look at data without training: columns, ranges, gaps, pictures, the split.

    What is predicted from which columns, what is left out and why, and the rows that train would learn from and hold
    out. Images are shown as pictures. Without DATA and with nothing piped in, it shows the lecture's example.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output, saving)
    source = data.source or ("-" if terminal.piped_in() else SOURCE)
    if data.source is None and source == SOURCE:
        terminal.note(NOTE)
    model = NetworkSpec(task=asked.task, categorical=asked.categorical, labels=asked.labels, test=asked.test)
    loop, stop = LoopSpec(seed=asked.seed, shuffle=asked.shuffle), StopSpec(validation=asked.validation)
    seen = look(Spec(model, data, loop=loop, stop=stop).replace(source=source), reader(terminal))
    again = invocation(context, source).with_options(seed=asked.seed)
    known = seen.data.classes if seen.data is not None else ()
    names = {} if asked.classes is None else names_of_classes(asked.classes, known)
    terminal.note(header(seen))
    screen = layout(asked.plot, output, terminal, f"rerun: {again}")
    emit(report(seen, screen, show.show, names, str(again)), output, terminal, saving)
    terminal.note(f"rerun: {again}")


def header(seen: Look) -> str:
    """How many rows and columns there are, how they are written, and the seed of the split."""
    table, layout = seen.table, seen.table.layout
    separated = SEPARATORS.get(layout.delimiter or "", "") if len(table.names) > 1 else ""
    named = say("names in the first line") if layout.header else say("no line of names")
    parts = [
        say(
            "{count}, {count2} from {name}",
            count=count(len(table), "row"),
            count2=count(len(table.names), "column"),
            name=seen.spec.name,
        ),
        separated,
        "" if layout.header is None else named,
    ]
    return say("{names}   seed {seed}", names=enumerated(part for part in parts if part), seed=seen.spec.loop.seed)
