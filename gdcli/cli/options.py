"""Options of commands that say nothing about a run: where results go, which rows are shown, files beside them."""

from typing import Annotated, Any

import typer

from gdcli.cli.grouping import parser_of
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.experiments.options import Option
from gdcli.render.svg.names import models


def option(*names: str, help: str, accepts: str = "", metavar: str | None = None) -> Any:  # noqa: A002
    """A typer option whose default, if worth saying, is said in its help; `accepts` names its reader."""
    parser = parser_of(Option("", None, help, accepts=accepts)) if accepts else None
    return typer.Option(*names, help=help, parser=parser, metavar=metavar, show_default=False)


ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="A file written by --save; - for stdin.", show_default=False)
]


GET = option("--get", metavar="NAME", help="Print one value of the result alone, as train.r2 or history.-1.loss.")
PREFIX = option("--prefix", metavar="TEXT", help="kv: put it before each variable's name, as gd_. [nothing]")


SAVE_HELP = "Pictures: svg png html txt; model: safetensors."
THEME_HELP = "Of saved pictures. [light; html: the reader's]"


LANG = option("--lang", metavar="en|zh-TW", help="The language to speak. [the system's, else en]")


class SaveOptions(NamedTuple):
    """Pictures and models as files."""

    save: Annotated[list[str] | None, option("--save", metavar="FILE", help=SAVE_HELP)] = None
    theme: Annotated[str | None, option("--theme", metavar="light|dark", help=THEME_HELP)] = None

    @property
    def model(self) -> str | None:
        """The file that a model goes to."""
        return next(iter(models(self.save or ())), None)


class ByOptions(NamedTuple):
    """Groups of rows."""

    by: Annotated[str | None, option("--by", metavar="COLUMN", help="One fit for each value of that column.")] = None


class ResumeOptions(NamedTuple):
    """A run to go on with."""

    resume: Annotated[
        str | None, option("--resume", metavar="MODEL", help="Go on with a saved run, as if it had never stopped.")
    ] = None


class ShowOptions(NamedTuple):
    """Pictures of the data."""

    show: Annotated[
        int | None, option("--show", accepts="count", metavar="N", help="Show N rows of image data as pictures.")
    ] = None


class WorkerOptions(NamedTuple):
    """Who reads rows that are too many for one process."""

    workers: Annotated[
        int | None, option("--workers", accepts="count", metavar="N", help="Processes that read many rows. [1]")
    ] = None
    cluster: Annotated[
        str | None, option("--cluster", metavar="tcp://HOST:PORT", help="A Dask cluster that reads them instead.")
    ] = None


class OutputOptions(NamedTuple):
    """Where results go and in what form."""

    format: Annotated[str, option("--format", "-f", metavar="NAME", help="{format}. [table]")] = "table"
    output: Annotated[
        str | None,
        option(
            "--output", "-o", accepts="place", metavar="FILE", help="Write results there, all or nothing; - = stdout."
        ),
    ] = None
    get: Annotated[str | None, GET] = None
    prefix: Annotated[str | None, PREFIX] = None
    lang: Annotated[str | None, LANG] = None
    quiet: Annotated[bool, option("--quiet", "-q", help="No notes on stderr.")] = False
    color: Annotated[str, option("--color", metavar="auto|always|never", help="[auto]")] = "auto"
    debug: Annotated[bool, option("--debug", help="Show a traceback with an error.")] = False


class StreamOptions(NamedTuple):
    """Which rows of a run are shown, and what else."""

    every: Annotated[
        str | None,
        option(
            "--every",
            metavar="N|xK|auto",
            help="Rows shown: each Nth; 1, K, K^2, ...; about 20. [auto; csv, json: 1]",
        ),
    ] = None
    plot: Annotated[
        bool | None, typer.Option("--plot/--no-plot", help="Pictures. [on a terminal]", show_default=False)
    ] = None
    timing: Annotated[bool, option("--timing", help="Add seconds to each row.")] = False


class RangeOptions(NamedTuple):
    """Where functions are evaluated."""

    low: Annotated[
        float | None,
        option("--from", accepts="number", metavar="X", help="Where x begins. [-5; loss: p 0.01, residual -3]"),
    ] = None
    high: Annotated[
        float | None, option("--to", accepts="number", metavar="X", help="Where x ends. [5; loss: p 0.99, residual 3]")
    ] = None
    points: Annotated[
        int | None,
        option("--points", accepts="count", metavar="N", help="How many x for each function. [csv, json: 41]"),
    ] = None
    plot: Annotated[
        bool | None, typer.Option("--plot/--no-plot", help="Pictures. [on a terminal]", show_default=False)
    ] = None

    def given(self) -> dict[str, Any]:
        """Low, high and points, as far as given."""
        asked = {"low": self.low, "high": self.high, "points": self.points}
        return {name: value for name, value in asked.items() if value is not None}
