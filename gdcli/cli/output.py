"""Getting a report out: to stdout or, all or nothing, to a file; and the command that makes it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, cast

from gdcli.atomic_write import replaced
from gdcli.cli import plugins
from gdcli.cli.options import OutputOptions
from gdcli.cli.terminal import Terminal
from gdcli.definitions import FORMAT, definitions, named
from gdcli.errors import DataError, OptionError
from gdcli.render import Report
from gdcli.render.formats import Format

NOT_REPEATED = {"quiet", "debug", "data"}


def format_of(options: OutputOptions) -> Format:
    """The format asked for.

    Raises:
        OptionError: If there is none of that name.
    """
    chosen: Format = named(FORMAT, "--format", options.format)
    return chosen


def emit(report: Report, options: OutputOptions, terminal: Terminal) -> None:
    """Renders a report in the format asked for, to where it was asked for."""
    render = format_of(options)
    if render.rows_only and report.records == ():
        others = [name for name, one in definitions(FORMAT).items() if not one.rows_only]
        raise OptionError(
            f"--format: {options.format} is for rows, and there are none here", f"use {', '.join(others)}"
        )
    with destination(options.output, terminal) as out:
        screen = terminal.screen(out)
        render(report, out, screen)


def check(options: OutputOptions) -> None:
    """Finds out before the work whether the result will have somewhere to go.

    Raises:
        OptionError: If the format is unknown.
        DataError: If the output's folder is missing or is no folder, or the output is one.
    """
    format_of(options)
    if options.output is None:
        return
    path = Path(options.output)
    if not options.output or path.is_dir():
        raise DataError(f"{options.output or '-o'}: is a folder, not a file", "give -o the name of a file")
    if not path.parent.is_dir():
        raise DataError(f"{path}: there is no folder '{path.parent}'", "make it first, or write somewhere else")


def check_place(save: str | None) -> None:
    """Finds out before the work whether the model will have somewhere to go."""
    if save is None:
        return
    path = Path(save)
    if path.suffix != ".safetensors":
        raise OptionError(
            f"--save: '{save}' does not end in .safetensors", f"as in --save {path.stem or 'model'}.safetensors"
        )
    if path.is_dir() or not path.parent.is_dir():
        raise DataError(f"{save}: there is no folder '{path.parent}' to write a file in", "make it first")


@contextmanager
def destination(output: str | None, terminal: Terminal) -> Iterator[TextIO]:
    """stdout, or a file that appears only when all is written."""
    if output is None:
        yield terminal.stdout
        return
    with replaced(Path(output)) as file:
        yield cast("TextIO", file)


def rerun(context: Any, **forced: Any) -> str:
    """The command line that does the same again: what was given, and what `forced` names, in a fixed order.

    Args:
        context: The command's typer context.
        **forced: Values to name even if they were not given.
    """
    words = ["gdcli", context.info_name, *_data(context, forced)]
    for parameter in context.command.params:
        name = parameter.name
        if name in NOT_REPEATED or name in context.help_option_names:
            continue
        given = context.get_parameter_source(name).name == "COMMANDLINE"
        if name in forced or given:
            words += _words(parameter, forced.get(name, context.params.get(name)))
    return " ".join([*words, *plugins.words()])


def _data(context: Any, forced: dict[str, Any]) -> list[str]:
    data = forced.get("data", context.params.get("data"))
    if data is None:
        return []
    return [shlex.quote(f"./{data}" if data.startswith("-") and data != "-" else data)]


def _words(parameter: Any, value: Any) -> list[str]:
    """An option as given: its first long name, and its value."""
    name = next((word for word in parameter.opts if word.startswith("--")), parameter.opts[0])
    if value is None:
        return []
    if isinstance(value, bool):
        return [name if value else next(iter(parameter.secondary_opts), name)]
    text = exact(value) if isinstance(value, float) else str(value)
    quoted = shlex.quote(text)
    return [f"{name}={quoted}"] if text.startswith("-") and not isinstance(value, float | int) else [name, quoted]


def exact(value: float) -> str:
    """The shortest text that reads back as the same number.

    >>> exact(0.1), exact(-1.0), exact(1e-30)
    ('0.1', '-1', '1e-30')
    """
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def reject_together(options: dict[str, Any]) -> None:
    """Refuses options that say two things about one.

    Raises:
        OptionError: If more than one of them is given.
    """
    given = [name for name, value in options.items() if value]
    if len(given) > 1:
        raise OptionError(f"{given[0]} and {given[1]} cannot both be given", f"leave out one of {', '.join(given)}")
