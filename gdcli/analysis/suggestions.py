"""The rates that a range test suggests, each under the name of what it is."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

from gdcli.analysis.range_test import FELL, Probe, Suggestion, minimum, steepest, two_thirds

__all__ = ["NAMES", "longest_fall", "named_suggestions", "valley"]

NAMES = ("two-thirds", "valley", "steepest", "minimum/10")

TRIMMED = 5
"""Losses at the end that fastai leaves out; at the beginning, it is a tenth of all."""


def named_suggestions(probes: Sequence[Probe]) -> dict[str, Suggestion]:
    """The suggestions by name; none where the loss never fell by a hundredth of its first value.

    `two-thirds` is two thirds along the longest fall, its flat beginning left out; `valley`, `steepest` and
    `minimum/10` are fastai's, but that `steepest` looks at stretches and not at single steps.

    Args:
        probes: The range test's records.
    """
    usable = [probe for probe in probes if math.isfinite(probe.smoothed)]
    if not usable or not min(probe.smoothed for probe in usable) < (1 - FELL) * usable[0].smoothed:
        return {}
    known = {"two-thirds": two_thirds(usable), "valley": valley(usable)}
    return {**known, "steepest": steepest(usable), "minimum/10": minimum(usable)}


def valley(probes: Sequence[Probe]) -> Suggestion:
    """fastai's valley: the middle third of the longest falling subsequence, counted in steps, and of that the middle.

    With the subsequence of length L ending at step e, that is step e - L + floor(L / 3) + floor(L / 6). The first
    tenth and the last five of the losses are left out, as there.

    Args:
        probes: Probes with finite losses.

    Source: fastai's `valley`, the default of `lr_find`, contributed by ESRI.
    """
    begin = len(probes) // 10
    kept = probes[begin:-TRIMMED] if len(probes) > 2 * TRIMMED + begin else probes
    end, length = longest_fall([probe.smoothed for probe in kept])
    start = max(0, end - length)
    at = start + int((end - start) / 3) + int((end - start) / 6)
    return Suggestion(kept[at].learning_rate, kept[start].learning_rate, kept[end].learning_rate)


def longest_fall(losses: Sequence[float]) -> tuple[int, int]:
    """Where the longest strictly falling subsequence ends, and its length; of equally long ones, the first to end.

    >>> longest_fall([5.0, 3.0, 4.0, 2.0, 6.0])
    (3, 3)

    Source: Fredman 1975, On computing the length of longest increasing subsequences.
    """
    tails: list[float] = []  # of the falls of 1, 2, 3, ... losses so far, the highest end each can have, negated
    end = 0
    for at, loss in enumerate(losses):
        length = bisect_left(tails, -loss)
        if length == len(tails):
            tails.append(-loss)
            end = at
        else:
            tails[length] = -loss
    return end, len(tails)
