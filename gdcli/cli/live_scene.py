"""Which scene the playground shows, and the command line that it began with."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gdcli.cli.app import load
from gdcli.cli.options import DataOptions, LineOptions, NetworkOptions
from gdcli.cli.output import rerun
from gdcli.cli.reading import columns, read_table_named
from gdcli.cli.terminal import Terminal
from gdcli.data.columns import choose
from gdcli.data.idx import is_mnist_folder
from gdcli.data.samples import samples
from gdcli.data.tables import Table
from gdcli.errors import GdcliError

__all__ = ["Origin", "embedded", "is_network", "recommended"]

MOST_CLASSES, ROWS_A_CLASS = 30, 10
LARGEST = 4 * 2**20  # bytes of rows that a recording holds itself
LABELS = ("class", "label", "species", "target", "digit")
OWN = ("record", "replay", "web", "port", "host", "plain", "quiet", "color", "debug")


class Origin(NamedTuple):
    """A command line: its options, and the names of those that were given.

    Args:
        options: The value of each.
        given: Which were given, or chosen by a key.
    """

    options: Mapping[str, Any]
    given: frozenset[str]

    @classmethod
    def of(cls, context: Any) -> Origin:
        """The command line of a context."""
        names = [parameter.name for parameter in context.command.params]
        given = {name for name in names if context.get_parameter_source(name).name == "COMMANDLINE"}
        return cls({name: context.params.get(name) for name in names}, frozenset(given - set(OWN)))

    def changed(self, **changed: Any) -> Origin:
        """The same with some options set; those set to None count as not given."""
        given = self.given | {name for name, value in changed.items() if value is not None}
        return Origin({**self.options, **changed}, frozenset(given - {n for n, v in changed.items() if v is None}))

    def command(self, name: str, forced: Mapping[str, Any]) -> str:
        """The command line of another command with the options given, as far as it has them."""
        command = load(name)
        context = command.make_context(name, [], resilient_parsing=True)
        known = {parameter.name for parameter in command.params}
        values = {option: self.options[option] for option in self.given if option in known}
        return rerun(context, **{**values, **forced})

    def words(self) -> list[str]:
        """What follows `gdcli live` on the command line."""
        return shlex.split(self.command("live", {}))[2:]

    @classmethod
    def parsed(cls, words: Sequence[str]) -> Origin:
        """The command line of the words that follow `gdcli live`."""
        return cls.of(load("live").make_context("live", [*words]))


def recommended(name: str, first: Origin) -> Origin:
    """The command line that a sample recommends for itself; of the first one only what it says of the program."""
    command = next(sample.command for sample in samples() if f"sample:{sample.name}" == name)
    made = Origin.parsed(shlex.split(command)[2:])
    own = {option: first.options[option] for option in OWN}
    return Origin({**made.options, **own}, made.given)


def is_network(origin: Origin, terminal: Terminal) -> bool:
    """Whether it is the network scene: by the flags given, else by what the target looks like."""
    if origin.given & (set(NetworkOptions._fields) - {"task"}) or origin.options["task"] == "classification":
        return True
    if origin.given & set(LineOptions._fields) or origin.options["task"] == "regression":
        return False
    name = str(origin.options["data"])
    if name.startswith("sample:"):
        base = name.split(":")[1]
        return any(one.name == base and one.command.startswith("gdcli train") for one in samples())
    if name != "-" and is_mnist_folder(name):
        return True
    data = DataOptions(**{field: origin.options[field] for field in DataOptions._fields})
    return _has_classes(read_table_named(name, data, terminal), data)


def _has_classes(table: Table, data: DataOptions) -> bool:
    """Whether the target is text, or a label by its name, or few whole numbers that come often."""
    try:
        _, target = choose(table, columns(data))
    except GdcliError:
        return False  # the line's own reading says what is wrong
    if not table.is_numeric(target):
        return True
    values = table.numbers(target)
    values = values[~np.isnan(values)]
    different = len(np.unique(values))
    if not (values == np.rint(values)).all() or different > MOST_CLASSES:
        return False
    return target.lower() in LABELS or len(values) >= ROWS_A_CLASS * different


def embedded(name: str, piped: bytes | None) -> str | None:
    """The rows themselves, as text, if they came from a pipe or a file that is not large."""
    if piped is None and not name.startswith("sample:") and Path(name).is_file():
        piped = Path(name).read_bytes() if Path(name).stat().st_size <= LARGEST else None
    return None if piped is None or len(piped) > LARGEST else base64.b64encode(piped).decode()
