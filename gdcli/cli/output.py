"""Getting a report out: to stdout or, all or nothing, to a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TextIO, cast

from gdcli.cli.lifetime import unwound
from gdcli.cli.options import OutputOptions, SaveOptions
from gdcli.cli.terminal import Terminal
from gdcli.data.atomic_write import replaced
from gdcli.definitions import FORMAT, definitions, named
from gdcli.errors import DataError, OptionError
from gdcli.experiments.saving import Lasting
from gdcli.render import Report
from gdcli.render.formats import Format
from gdcli.render.formats._one_value import HINT, VALUE, OneValue, one_value
from gdcli.render.formats._shell_variables import check_prefix
from gdcli.render.layout import LEAST, Layout
from gdcli.render.svg.names import check_names, pictures
from gdcli.said import enumerated, say

NOTHING = SaveOptions()


def format_of(options: OutputOptions) -> Format:
    """The format asked for.

    Raises:
        OptionError: If there is none of that name.
    """
    if (one := one_value(options.get, options.format)) is not None:
        return one
    if options.format == VALUE:
        raise OptionError(say("--format value goes with --get here"), HINT)
    chosen: Format = named(FORMAT, "--format", options.format)
    return chosen


def emit(
    report: Report, options: OutputOptions, terminal: Terminal, saving: SaveOptions = NOTHING, again: object = None
) -> None:
    """Renders a report in the format asked for, to where it was asked for, and saves its pictures.

    Args:
        report: The report.
        options: Where its text goes.
        terminal: The terminal.
        saving: Where its pictures go.
        again: The command that repeats it, if the report has none.
    """
    render = format_of(options)
    if render.rows_only and report.records == ():
        others = [name for name, one in definitions(FORMAT).items() if not one.rows_only]
        raise OptionError(
            say("--format: {format} is for rows, and there are none here", format=options.format),
            say("use {names}", names=enumerated(others)),
        )
    if isinstance(render, OneValue):
        render.check(report)
    report.kv_prefix = options.prefix or ""
    files = pictures(saving.save or ())
    if files and report.words is None:
        report.records = list(report.records)  # they are shown twice
    report.records = rows = Lasting(report.records)
    save = partial(_save_pictures, report, files, saving, again, terminal) if saving.save else None
    to = terminal if render.for_people else terminal.for_programs()
    with unwound(), rows.lasting(save), destination(options.output, to) as out:
        render(report, out, terminal.screen(out))


def _save_pictures(report: Report, files: list[str], saving: SaveOptions, again: object, terminal: Terminal) -> None:
    if files:
        from gdcli.render.svg.files import save_pictures  # loads NumPy

        save_pictures(report, files, str(again or report.summary()["rerun"]), saving.theme, terminal.speak)


def check(options: OutputOptions, saving: SaveOptions = NOTHING, with_model: bool = False) -> None:
    """Finds out before the work whether the result will have somewhere to go.

    Raises:
        OptionError: If the format is unknown.
        DataError: If the output's folder is missing or is no folder, or the output is one.
    """
    format_of(options)
    check_names(saving.save or [], saving.theme, with_model, options.output)
    check_prefix(options.prefix, options.format)
    if options.output is None:
        return
    path = Path(options.output)
    if not options.output or path.is_dir():
        raise DataError(
            say("{output}: is a folder, not a file", output=options.output or "-o"), say("give -o the name of a file")
        )
    if not path.parent.is_dir():
        raise DataError(
            say("{path}: there is no folder '{parent}'", path=path, parent=path.parent),
            say("make it first, or write somewhere else"),
        )


@contextmanager
def destination(output: str | None, terminal: Terminal) -> Iterator[TextIO]:
    """stdout, or a file that appears only when all is written."""
    if output is None:
        with unwound():
            yield terminal.stdout
        return
    with unwound(), replaced(Path(output)) as file:
        yield cast("TextIO", file)


def layout(asked: bool | None, output: OutputOptions, terminal: Terminal, *after: str) -> Layout:
    """What there is of the screen: on a terminal its lines but for the prompt, the notes and those to come `after`.

    Anywhere else nothing is left out, and pictures are drawn if asked for.
    """
    if output.output is not None or not terminal.stdout.isatty() or not format_of(output).for_people:
        return Layout(plotted=bool(asked))
    screen = terminal.screen()
    if asked:
        return Layout(screen.width, None, True, max(screen.height - 3, LEAST))
    return Layout(screen.width, screen.height - 1 - terminal.noted - sum(map(terminal.lines_of, after)), asked is None)
