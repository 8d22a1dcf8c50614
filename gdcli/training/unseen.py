"""Epochs that nobody looks at: the same updates in a tight loop, in which no record is made."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from gdcli.optim.optimizers import Optimizer, Rate
from gdcli.training.problem import Problem
from gdcli.training.records import Epoch, Step, Stretch

__all__ = ["unseen_epochs"]

MOST, MOST_NUMBERS = 256, 2**16
"""Epochs of a stretch, and parameters that it holds, at most: between two stretches an interrupt is heard."""

Made = tuple[Any, ...]
"""What an epoch makes: the rate of its update; the loss, the parameters, the gradient and the state after it."""


def unseen_epochs(
    problem: Problem,
    optimizer: Optimizer,
    rate: Callable[[int], Rate],
    epochs: int,
    seen: Callable[[int], bool] | None,
) -> Callable[[Epoch], Stretch | None]:
    """What makes the epochs after a record up to the next one that is looked at, or some of them; None if it is next.

    Args:
        problem: What is minimised, by one update an epoch; where rows are held out, every epoch is looked at.
        optimizer: Turns gradients into updates.
        rate: The learning rate by the number of updates made.
        epochs: The last epoch, which is looked at.
        seen: Whether another is, by its number; None for all.
    """
    if seen is None or problem.validation is not None:
        return _none
    most = min(MOST, max(1, MOST_NUMBERS // problem.model.size))
    update, gradient_at = optimizer.update, problem.of_parameters()

    def unseen(before: Epoch) -> Stretch | None:
        if before.gradient is None or before.parameters.ndim > 1:
            return None
        epoch, end, step = before.epoch + 1, min(epochs, before.epoch + 1 + most), before.step
        made: list[Made] = [(before.learning_rate, before.loss, before.parameters, before.gradient, before.state)]
        parameters, gradient, state = made[0][2:]
        with np.errstate(all="ignore"):
            while epoch < end and not seen(epoch):
                learning = rate(step)
                change, state = update(gradient, state, parameters, learning)
                parameters = np.add(parameters, change, change)
                loss, gradient = gradient_at(parameters)
                made.append((learning, loss, parameters, gradient, state))
                epoch, step = epoch + 1, step + 1
        return _stretch(problem, before, made) if len(made) > 1 else None

    return unseen


def _none(_: Epoch) -> None:
    """Every epoch is looked at."""


def _stretch(problem: Problem, before: Epoch, made: list[Made]) -> Stretch:
    """The epochs after a record, from what it and each of them made."""

    def epoch_of(at: int) -> Epoch:
        learning, loss, parameters, gradient, state = made[at + 1]
        number, step, penalty = before.epoch + 1 + at, before.step + 1 + at, problem.penalty(parameters)
        return Epoch(number, step, learning, loss, parameters, before.names, penalty, None, gradient, state=state)

    def update_of(at: int) -> Step:
        (_, loss, _, gradient, _), (learning, _, parameters, _, state) = made[at : at + 2]
        number, step, now = before.epoch + 1 + at, before.step + 1 + at, partial(epoch_of, at)
        return Step(step, number, learning, loss, gradient, parameters, state, slice(None), now)

    losses = [loss for _, loss, *_ in made[1:]]
    return Stretch(before.epoch + 1, before.step + len(losses), losses, epoch_of, update_of)
