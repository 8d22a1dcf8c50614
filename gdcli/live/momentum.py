"""How much of the velocity an optimizer keeps, which has a dial of its own: its momentum, or Adam's beta1."""

from __future__ import annotations

from typing import NamedTuple

from gdcli.errors import OptionError
from gdcli.optim.optimizers import Optimizer
from gdcli.said import say

__all__ = ["LADDER", "Kept", "kept", "next_kept"]

NAMES = ("momentum", "beta1")
LADDER = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)


class Kept(NamedTuple):
    """A hyperparameter from 0 to below 1.

    Args:
        name: Its name.
        value: What it is.
    """

    name: str
    value: float


def kept(optimizer: Optimizer) -> Kept | None:
    """What an optimizer keeps; None of one that keeps no velocity.

    >>> from gdcli import SGD, Adam
    >>> kept(Adam()), kept(SGD())
    (Kept(name='beta1', value=0.9), None)
    """
    return next((Kept(name, getattr(optimizer, name)) for name in NAMES if hasattr(optimizer, name)), None)


def next_kept(optimizer: Optimizer, direction: int) -> Kept:
    """The rung above (1) or below (-1); at the ends where it is.

    Raises:
        OptionError: If it keeps no velocity.

    >>> from gdcli import Momentum
    >>> next_kept(Momentum(momentum=0.85), 1).value, next_kept(Momentum(momentum=0.85), -1).value
    (0.9, 0.8)
    """
    now = kept(optimizer)
    if now is None:
        name = type(optimizer).__name__
        raise OptionError(say("{name} has no momentum: 2 takes Momentum, 7 takes Adam with its beta1", name=name))
    rungs = [rung for rung in LADDER if (rung - now.value) * direction > 1e-9]
    return Kept(now.name, (min if direction > 0 else max)(rungs, default=now.value))
