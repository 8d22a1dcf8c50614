"""What a run's recent course says: whether it stands still, creeps, has its loss at zero, or goes round in a circle."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gdcli.analysis.claims import number
from gdcli.analysis.evidence import Verdict
from gdcli.analysis.verdicts import SOLVED, still_improving
from gdcli.arrays import Array
from gdcli.said import say

__all__ = ["limit_cycle", "standstill"]

LEAST = 100
"""Losses from which a course is judged."""

LEVEL = 0.05
"""A loss that changed by less than this part of itself, without a trend, stands still."""

CRAWLING = 5_000
"""Epochs for one half of the loss from which a run crawls."""

LONGEST = 8
"""Steps of a cycle at most."""

SAME = 1e-6
"""Two places are one where they lie apart by less than this part of a step."""


def standstill(losses: Sequence[float], epochs: float = 1.0, name: str = say("training loss")) -> Verdict | None:
    """Whether a loss is solved, stands still or creeps, by the last fifth of it; None while it falls at a good pace.

    solved: it is a thousandth of its first value. plateau: no falling trend by
    `still_improving`, and a twentieth of change at most. crawling: at its
    pace the next half takes more than 5,000 epochs.

    Args:
        losses: At equal distances, since the start.
        epochs: From one of them to the next.
        name: What it is called.

    >>> import numpy as np
    >>> standstill([0.7] * 100).sentence
    'Plateau: in the last 20 epochs the training loss did not fall, 0.7 to 0.7.'
    >>> standstill(0.97 ** np.arange(100)) is None
    True
    """
    known: Array = np.asarray(losses, float)
    if len(known) < LEAST or not np.isfinite(known).all():
        return None
    last = known[-(-4 * len(known) // 5) :]
    third = len(last) // 3
    before, now = float(np.mean(last[:third])), float(np.mean(last[-third:]))
    figures = {"loss": now, "fall": before - now}
    if now <= SOLVED * known[0]:
        sentence = say(
            "Solved: the {name} is {now}, less than a thousandth of what it was at the start.",
            name=name,
            now=number(now, 3),
        )
        return Verdict("solved", sentence, figures, len(last))
    fell = (
        say("fell by {before} %", before=number(100 * (before - now) / before, 2))
        if now < before
        else say("did not fall")
    )
    course = say(
        "in the last {count} epochs the {name} {fell}", count=number(round(len(last) * epochs)), name=name, fell=fell
    )
    if still_improving(known.tolist(), name) is None:
        if abs(before - now) > LEVEL * before:
            return None  # noise that hides a trend, if there is one
        sentence = say(
            "Plateau: {course}, {before} to {now}.", course=course, before=number(before, 4), now=number(now, 4)
        )
        return Verdict("plateau", sentence, figures, len(last))
    half = (len(last) - third) * epochs * math.log(2) / math.log(before / now)
    if half <= CRAWLING:
        return None
    sentence = say(
        "Crawling: {course}; at that pace its next half takes {value} epochs.",
        course=course,
        value=number(float(f"{half:.1g}")),
    )
    return Verdict("crawling", sentence, figures | {"epochs": half}, len(last))


def limit_cycle(points: Sequence[Array], losses: Sequence[float], name: str = say("training loss")) -> Verdict | None:
    """Whether full-batch steps come back to the same places again and again; None where they do not.

    w_k = w_(k - p) for a period p of 2 to 8, at four rounds one after the other, up to a millionth of a step. A
    spiral into a minimum does not pass for one: unless its steps shrink by less than that, it comes back nowhere.

    Args:
        points: The parameters after the last steps, the newest last, each of shape (P,).
        losses: The loss at each.
        name: What it is called.

    >>> import numpy as np
    >>> limit_cycle([np.array([x]) for x in [1.0, -1.0] * 5], [4.0, 9.0] * 5, "MSE").sentence
    'Limit cycle of 2 steps: the MSE goes round between 4 and 9, and does so for ever at this rate.'

    Source: Strogatz 2015, Nonlinear Dynamics and Chaos, section 10.1.
    """
    for period in range(2, LONGEST + 1):
        seen = np.asarray(points[-4 * period - 1 :], float)
        if len(seen) < 4 * period + 1 or not np.isfinite(seen).all():
            return None
        swing = float(np.abs(np.diff(seen[-period - 1 :], axis=0)).max())
        rounding = 8 * float(np.finfo(points[-1].dtype).eps) * float(np.abs(seen).max())
        if swing > 1000 * rounding and np.abs(seen[period:] - seen[:-period]).max() <= SAME * swing + rounding:
            low, high = min(losses[-period:]), max(losses[-period:])
            ends = number(low), number(high)
            between = (
                say("at {ends}", ends=ends[0])
                if ends[0] == ends[1]
                else say("between {ends} and {ends2}", ends=ends[0], ends2=ends[1])
            )
            round_ = say(
                "the {name} goes round {between}, and does so for ever at this rate", name=name, between=between
            )
            sentence = say("Limit cycle of {period} steps: {round}.", period=period, round=round_)
            return Verdict("limit cycle", sentence, {"period": period, "low": low, "high": high}, 0)
    return None
