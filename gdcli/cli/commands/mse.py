"""`gdcli mse`: one bare number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NamedTuple

import typer

from gdcli.arrays import Array
from gdcli.cli.options import GET, LANG, PREFIX, WorkerOptions, option
from gdcli.cli.output import destination
from gdcli.cli.scoring import PredictionOptions, predictions
from gdcli.cli.terminal import Terminal
from gdcli.definitions import FORMAT, definitions, named
from gdcli.errors import OptionError, did_you_mean
from gdcli.experiments.spec import DataSpec, LineSpec
from gdcli.nn import metrics
from gdcli.render import Report
from gdcli.render.formats._one_value import one_value
from gdcli.render.formats._shell_variables import check_prefix
from gdcli.said import say


class NumberOptions(NamedTuple):
    """Where one number goes, and in what form."""

    format: Annotated[str, option("--format", "-f", metavar="NAME", help="value, json or kv. [value]")] = "value"
    output: Annotated[
        str | None, option("--output", "-o", accepts="place", metavar="FILE", help="Write it there; - is stdout.")
    ] = None
    get: Annotated[str | None, GET] = None
    prefix: Annotated[str | None, PREFIX] = None
    lang: Annotated[str | None, LANG] = None
    quiet: Annotated[bool, option("--quiet", "-q", help="No notes on stderr.")] = False
    color: Annotated[str, option("--color", metavar="auto|always|never", help="[auto]")] = "auto"
    debug: Annotated[bool, option("--debug", help="Show a traceback with an error.")] = False


def command(
    context: typer.Context,
    data: DataSpec,
    line: LineSpec,
    given: PredictionOptions,
    working: WorkerOptions,
    output: NumberOptions,
) -> None:
    """Print the mean squared error of a line or of predictions.

    The plain mean of (y_hat - y)^2, at full precision.
    """
    print_metric(metrics.mse, context.obj.styled(output.color, output.quiet), data, line, given, working, output)


def print_metric(
    metric: Callable[[Array, Array], float],
    terminal: Terminal,
    data: DataSpec,
    line: LineSpec,
    given: PredictionOptions,
    working: WorkerOptions,
    output: NumberOptions,
) -> None:
    """Prints a metric of the predictions as one bare number, or as an object of one field."""
    known = ["value", *(name for name, one in definitions(FORMAT).items() if not (one.rows_only or one.for_people))]
    if output.format not in known:
        raise OptionError(
            say("--format: there is no format '{format}' here", format=output.format),
            did_you_mean(output.format, known),
        )
    check_prefix(output.prefix, output.format)
    one = one_value(output.get, output.format)
    predicted, _ = predictions(data, line, given, working, terminal)
    name = metric.__name__
    value = predicted.metric(name)
    with destination(output.output, terminal.for_programs()) as out:
        if output.format == "value" and one is None:
            out.write(f"{value!r}\n")
            return
        report = Report(f"gdcli.{name}/1", summary=lambda: {name: value, "rows": predicted.count}, rows_name="")
        report.kv_prefix = output.prefix or ""
        (one or named(FORMAT, "--format", output.format))(report, out, terminal.screen(out))
