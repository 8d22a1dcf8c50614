"""What the playground starts from: the options given, and the spec that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from gdcli.data.columns import choose
from gdcli.data.idx import is_mnist_folder
from gdcli.data.samples import samples
from gdcli.data.tables import Table
from gdcli.data.tasks import guess_task
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import GdcliError, OptionError
from gdcli.experiments import lecture
from gdcli.experiments.invocation import Invocation
from gdcli.experiments.reading import Reader, columns
from gdcli.experiments.spec import DataSpec, LineSpec, NetworkSpec, Spec, StopSpec, options_of
from gdcli.live.experiment_setup import has_end
from gdcli.said import say

__all__ = ["Configuration", "Origin", "Parser", "sample_configuration", "with_rows"]

ROWS_A_CLASS = 10
LABELS = ("class", "label", "species", "target", "digit")
ENDINGS = {one.name for one in StopSpec.options()} - {"validation"}

OF_THE_END = {
    "keep": say("the screen shows every step, and z goes back to the lowest loss"),
    "require_converged": say("a sitting is over when you quit it, and f runs until something can be said"),
}
"""Options of `fit` and `train` that say what the end of a run is worth, and why there is no such end here."""


class Origin(NamedTuple):
    """Options of `fit` and `train` together, before it is known which of the two they are for.

    Args:
        source: DATA.
        given: The values of those that are given, by name.
    """

    source: str | None
    given: Mapping[str, Any]

    @property
    def data(self) -> DataSpec:
        """Where the rows come from and how to read them."""
        known = {one.name for one in DataSpec.options()}
        return DataSpec.of({"source": self.source} | {name: self.given[name] for name in known & self.given.keys()})

    def refuse_endings(self) -> None:
        """Refuses options about the end of a run.

        Raises:
            OptionError: If one is given.
        """
        for name in OF_THE_END.keys() & self.given.keys():
            flag = f"--{name.replace('_', '-')}"
            raise OptionError(
                say("{flag} does nothing here: {of_the_end}", flag=flag, of_the_end=OF_THE_END[name]),
                say("leave out {flag}", flag=flag),
            )

    def configured(self, reader: Reader) -> Configuration:
        """The run of `fit` or of `train`: by the options given, else by the sample's own command or by the target.

        Raises:
            OptionError: If an option goes with the other command only.
            DataError: If the rows cannot be read.
        """
        return self.of_command(_command(self, reader))

    def of_command(self, command: str) -> Configuration:
        """The run of that command; `--task regression` is a line's as well.

        Raises:
            OptionError: If an option is none of its own.
        """
        known = {one.name for one in options_of(command)}
        for name in self.given.keys() - known - {"task"}:
            flag, model = f"--{name.replace('_', '-')}", "line" if command == "train" else "network"
            raise OptionError(
                say("{flag} goes with a {model}, and this is none", flag=flag, model=model),
                say("leave out {flag}", flag=flag),
            )
        given = {name: value for name, value in self.given.items() if name in known}
        return Configuration(Spec.of(command, self.source, given), frozenset(given))


Parser = Callable[[Sequence[str]], Origin]
"""Reads the words that follow `gdcli live`."""


@dataclass(frozen=True)
class Configuration:
    """A spec, and which of its options its command line names.

    Args:
        spec: The run.
        named: Options that were given, or changed by a key.
    """

    spec: Spec
    named: frozenset[str]

    @classmethod
    def of(cls, spec: Spec) -> Self:
        """A spec whose command line names what is not the default."""
        return cls(spec, frozenset(spec.given()))

    def changed(self, **changes: Any) -> Configuration:
        """The same with some options changed; those set to None are not named any more. `source` names other rows."""
        options = changes.keys() - {"source"}
        unset = {name for name in options if changes[name] is None}
        return Configuration(self.spec.replace(**changes), (self.named | options) - unset)

    def invocation(self, **more: Any) -> Invocation:
        """The command that runs it, with the options named and some more."""
        named = {name: value if name in self.named else None for name, value in self.spec.values().items()}
        return Invocation.of(self.spec).with_options(**named | more)

    def endless(self) -> Configuration:
        """The same without a number of epochs, unless its schedule ends somewhere."""
        return self if has_end(self.spec) else self.changed(epochs=None)

    def from_lecture_start(self) -> Configuration:
        """A line from the lecture's start, as far as no other is given."""
        model = self.spec.model
        if not isinstance(model, LineSpec):
            return self
        start = lecture.lecture_start(model)
        return self if start is model else self.changed(m=start.m, b=start.b)

    def without_endings(self) -> Configuration:
        """The same with nothing named that ends a run."""
        return Configuration(self.spec, self.named - ENDINGS)

    def words(self) -> list[str]:
        """What follows `gdcli live` to begin it."""
        return self.invocation().words()[1:]


def sample_configuration(source: str, parse: Parser) -> Configuration:
    """The run that a sample recommends for itself; it is over when it is quit, unless its schedule has an end."""
    words = next(sample.single_run() for sample in samples() if f"sample:{sample.name}" == source)
    return parse(words[2:]).configured(Reader()).endless()


def with_rows(origin: Origin, parse: Parser, reader: Reader) -> Configuration:
    """The run to begin with: without DATA the lecture's, with a sample alone what it recommends."""
    source = origin.source
    if source is None:
        return origin._replace(source=lecture.SOURCE).configured(reader).from_lecture_start()
    if not origin.given and source in [f"sample:{sample.name}" for sample in samples()]:
        return sample_configuration(source, parse)
    return origin.configured(reader)


def _command(origin: Origin, reader: Reader) -> str:
    """`train` or `fit`: by the options given, else by what the target looks like."""
    given, source = origin.given, str(origin.source)
    if given.keys() & ({one.name for one in NetworkSpec.options()} - {"task"}) or given.get("task") == "classification":
        return "train"
    if given.keys() & {one.name for one in LineSpec.options()} or given.get("task") == "regression":
        return "fit"
    if source.startswith("sample:"):
        name = source.split(":")[1]
        return next((one.single_run()[1] for one in samples() if one.name == name), "fit")
    if source != "-" and is_mnist_folder(source):
        return "train"
    return "train" if _has_classes(reader.table(source, origin.data), origin.data) else "fit"


def _has_classes(table: Table, data: DataSpec) -> bool:
    """Whether the target is text, or a label by its name, or few whole numbers that come often."""
    try:
        _, target = choose(table, columns(data))
    except GdcliError:
        return False  # the line's own reading says what is wrong
    if guess_task(table, target) != "classification":
        return False
    if not table.is_numeric(target) or target.lower() in LABELS:
        return True
    values = table.numbers(target)
    values = values[values == values]
    return bool(len(values) >= ROWS_A_CLASS * len(np.unique(values)))
