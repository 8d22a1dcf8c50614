"""Epochs in one piece: the same updates in a tight loop, in which no record is made."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from gdcli.optim.optimizers import Optimizer, Rate, adding
from gdcli.training.problem import Problem
from gdcli.training.records import Epoch, Step, Stretch

__all__ = ["stretches"]

Made = tuple[Any, ...]
"""What an epoch makes: the rate of its update; the loss, the parameters, the gradient and the state after it."""


def stretches(
    problem: Problem, optimizer: Optimizer, rate: Callable[[int], Rate], epochs: int, together: int
) -> Callable[[Epoch], Stretch | None]:
    """What makes some epochs after a record; None where the next one is to be made on its own.

    Args:
        problem: What is minimised, by one update an epoch; where rows are held out, each epoch is made on its own.
        optimizer: Turns gradients into updates.
        rate: The learning rate by the number of updates made.
        epochs: The last epoch, which is made on its own.
        together: How many epochs are made together at most.
    """
    if together < 2 or problem.validation is not None:
        return _none
    update, add, gradient_at = optimizer.update, adding(optimizer), problem.of_parameters()

    def stretch(before: Epoch) -> Stretch | None:
        end = min(epochs - 1, before.epoch + together)
        if before.gradient is None or before.parameters.ndim > 1 or end <= before.epoch:
            return None
        made: list[Made] = [(before.learning_rate, before.loss, before.parameters, before.gradient, before.state)]
        parameters, gradient, state = made[0][2:]
        with np.errstate(all="ignore"):
            for step in range(before.step, before.step + end - before.epoch):
                learning = rate(step)
                change, state = update(gradient, state, parameters, learning)
                parameters = add(parameters, change)
                loss, gradient = gradient_at(parameters)
                made.append((learning, loss, parameters, gradient, state))
        return _stretch(problem, before, made)

    return stretch


def _none(_: Epoch) -> None:
    """Every epoch is made on its own."""


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

    losses = [one[1] for one in made[1:]]
    return Stretch(before.epoch + 1, before.step + len(losses), losses, epoch_of, update_of)
