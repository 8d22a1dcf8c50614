"""`--format value`: one bare number, for `--lr $(gdcli ... --format value)`."""

from __future__ import annotations

from gdcli.cli.options import OutputOptions, SaveOptions
from gdcli.cli.output import check, destination
from gdcli.cli.terminal import Terminal
from gdcli.definitions import FORMAT, names
from gdcli.errors import OptionError, did_you_mean
from gdcli.experiments.spec import reject_together
from gdcli.render.formats._one_value import VALUE
from gdcli.said import say


def asked(output: OutputOptions, saving: SaveOptions) -> bool:
    """Whether a bare number is wanted; finds out before the work whether any result will have somewhere to go.

    Raises:
        OptionError: If the format is unknown.
        DataError: If the output cannot be written.
    """
    known = (VALUE, *names(FORMAT))
    if output.format not in known:
        raise OptionError(
            say("--format: there is no format '{format}' here", format=output.format),
            did_you_mean(output.format, known),
        )
    bare = output.format == VALUE and output.get is None
    check(output._replace(format="kv") if bare else output, saving)
    reject_together({"--format value": bare, "--save": saving.save})
    return bare


def put(value: float, output: OutputOptions, terminal: Terminal) -> None:
    """Writes the number, at full precision."""
    with destination(output.output, terminal) as out:
        out.write(f"{value!r}\n")
