"""What both ways of telling a limit share: the options, and what is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from gdcli.cli import parse
from gdcli.cli.options import option
from gdcli.optim.optimizers import Momentum, Optimizer
from gdcli.render import Report


class LimitOptions(NamedTuple):
    """What is to be foretold."""

    lr: Annotated[
        float | None,
        option("--lr", "--learning-rate", parser=parse.positive, metavar="LR", help="A rate to tell more about."),
    ] = None
    target_loss: Annotated[
        float | None,
        option("--target-loss", parser=parse.number, metavar="L", help="Tell how many steps it takes to this loss."),
    ] = None
    on: Annotated[
        str | None, option("--on", metavar="FILE", help="Rows to measure a saved model on; DATA is then the model.")
    ] = None


@dataclass(frozen=True)
class Found:
    """What was found out.

    Args:
        lr_max: The one natural number, or None.
        why: Why it is None.
        again: The command line that does it again.
        report: What there is to say; given what tells of a Ctrl-C.
    """

    lr_max: float | None
    why: str
    again: str
    report: Callable[[Callable[[], bool]], Report]


def label(optimizer: Optimizer) -> str:
    """The optimizer's name, with its momentum."""
    kept = f" {optimizer.momentum:g}" if isinstance(optimizer, Momentum) else ""
    return f"{type(optimizer).__name__}{kept}"
