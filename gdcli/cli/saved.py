"""The rows that a saved model is put to, by the command line."""

from __future__ import annotations

from gdcli.cli.terminal import Terminal
from gdcli.errors import OptionError
from gdcli.experiments.spec import DataSpec
from gdcli.said import say


def refuse_target(data: DataSpec) -> None:
    """Refuses a target where only inputs are read.

    Raises:
        OptionError: If one is named.
    """
    if data.y is not None:
        raise OptionError(
            say("--y: only the inputs are read here, no target"), say("leave it out; gdcli evaluate compares")
        )


def rows_named(source: str | None, terminal: Terminal, model: str = "") -> str:
    """What DATA stands for, after a model.

    Raises:
        OptionError: If nothing is given and nothing is piped in, or the model is.
    """
    if model == "-" and source in (None, "-"):
        raise OptionError(
            say("a model and its rows cannot both come by standard input"), say("name a file of rows after -")
        )
    if source is not None:
        return source
    if terminal.piped_in():
        return "-"
    raise OptionError(say("there are no rows to read"), say("give DATA after MODEL, or pipe rows in"))
