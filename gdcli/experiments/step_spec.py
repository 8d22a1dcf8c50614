"""The options of `step`: how many steps, how closely, and a network in place of a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError
from gdcli.experiments.options import Group, option
from gdcli.experiments.spec import FEATURES_HELP, LineSpec, NetworkSpec
from gdcli.said import say

__all__ = ["BlackboardSpec", "SmallNetworkSpec", "StepSpec", "refuse_line"]

WITH_HIDDEN = say("add --hidden 2 for a network, or --hidden none for one without hidden layers")


@dataclass(frozen=True)
class StepSpec(Group):
    """How many steps, and how closely."""

    steps: int = option(1, "How many steps. [1]", "K", "count")
    trace: bool = option(False, "Show the optimizer's inner state.")
    derive: bool = option(False, "Show how the gradient's formula comes about. [where the screen has room]")

    def refuse_derivation(self, network: bool, rows_only: bool) -> None:
        """Refuses a derivation where there is none, or no place for words.

        Raises:
            OptionError: If it is asked for there.
        """
        if self.derive and network:
            raise OptionError(
                say("--derive is of a line; of a network the chain rule is shown anyway"), say("leave it out")
            )
        if self.derive and rows_only:
            raise OptionError(
                say("--derive: rows, as csv has them, hold no words"), say("use --format table, json or kv")
            )


@dataclass(frozen=True)
class SmallNetworkSpec(Group):
    """A network in place of a line."""

    hidden: tuple[int, ...] | None = option(None, "Neurons of each hidden layer; none: no such layer.", "N,N", "hidden")
    activation: tuple[str, ...] | None = option(
        None, "{activation}: one for all hidden layers, or one for each. [relu]", "NAME,...", "names"
    )
    init: str | None = option(None, "{initializer}. [what suits the activation]", "NAME", "text")
    task: str | None = option(
        None, "[as the target looks: text or few whole numbers]", "classification|regression", "task"
    )

    features: tuple[str, ...] | None = option(None, FEATURES_HELP, "x1^2,x1x2,sin(x1)", "names")

    @property
    def is_network(self) -> bool:
        """Whether there is one.

        Raises:
            OptionError: If only what goes with it is given.
        """
        idle = next((one.name for one in fields(self) if getattr(self, one.name) is not None), None)
        if self.hidden is None and idle is not None:
            raise OptionError(say("--{idle} goes with a network", idle=idle), WITH_HIDDEN)
        return self.hidden is not None

    def network(self) -> NetworkSpec:
        """The network's form, in float64."""
        return NetworkSpec(
            self.hidden, self.activation, self.init, dtype="float64", task=self.task, features=self.features
        )


@dataclass(frozen=True)
class BlackboardSpec(SmallNetworkSpec):
    """A network in place of a line, and what of it is shown."""

    row: int | None = option(None, "The row shown; without --batch-size the step is on it alone. [1]", "N", "count")
    neuron: str | None = option(
        None, "The neuron shown, as 1:2; else all of a small network, or the first.", "LAYER:N", "text"
    )


def refuse_line(line: object, others: Mapping[str, object] | None = None) -> None:
    """Refuses what a network has not: options of a line's model, and others by their flags.

    Raises:
        OptionError: If an option of a line is given.
    """
    assert isinstance(line, LineSpec)  # noqa: S101 - for the type checker
    usual: dict[str, Any] = LineSpec().values()
    given = next((name for name, value in line.values().items() if value != usual[name]), None)
    given = given or next((name for name, value in (others or {}).items() if value is not None), None)
    if given is not None:
        raise OptionError(
            say("--{given} is of a line, and --hidden asks for a network", given=given.replace("_", "-")),
            say("leave one of them out"),
        )
