"""What would work in place of a rate at which a line diverged."""

from __future__ import annotations

import math

from gdcli.experiments.line import LineExperiment
from gdcli.formatting import exact, rounded_down, short
from gdcli.said import say

__all__ = ["advice"]


def advice(experiment: LineExperiment, last: float) -> list[str]:
    """What is wrong with a rate, and what would work, a line each.

    Args:
        experiment: What diverged.
        last: The rate of the last update.
    """
    if not math.isfinite(experiment.baseline):
        target = experiment.data.target_name
        return [say("The squares of column '{target}' are beyond float64: give it in another unit.", target=target)]
    limit = experiment.limit
    if limit is None or last <= limit:
        rate = exact(rounded_down(experiment.rate / 10, 1))
        if experiment.spec.loop.scaling is not None:
            return [say("Try a smaller rate: --lr {rate}.", rate=rate)]
        return [say("Try a smaller rate: --lr {rate}, or --standardize.", rate=rate)]
    given = {"rate": exact(last), "limit": short(limit), "digits": repr(limit)}
    start = say("lr {rate} is above the largest stable rate on this data, {limit} (to all digits {digits})", **given)
    if not experiment.is_textbook:
        return [say("{start}.", start=start), _instead(experiment, last, limit)]
    growth = short(1 - last * float(experiment.spectrum.eigenvalues[-1]))
    return [
        say("{start}:", start=start),
        say("each epoch multiplies the error along the steepest direction by {growth}.", growth=growth),
        _instead(experiment, last, limit),
    ]


def _instead(experiment: LineExperiment, last: float, limit: float) -> str:
    """Rates, or a scaling, to try."""
    if last > experiment.rate:  # a change by --lr-at, not --lr
        rate = say("Keep every rate of --lr-at up to {limit}", limit=exact(rounded_down(limit, 4)))
    elif experiment.is_textbook:
        best = exact(rounded_down(experiment.spectrum.best_rate, 4))
        rate = say("Try --lr {best_rate} (the fastest constant rate)", best_rate=best)
    else:
        rate = say("Try --lr {limit}", limit=exact(rounded_down(limit / 2, 2)))
    other = experiment.standardized().limit
    if not other or other <= 2 * limit:
        return say("{advice}.", advice=rate)
    reach = short(rounded_down(other, 4))
    scaled = (
        say("--standardize, where any rate up to {other} is stable", other=reach)
        if experiment.rate < other
        else say(
            "--standardize --lr {half}, as any rate up to {other} is stable there",
            half=exact(rounded_down(other / 2, 2)),
            other=reach,
        )
    )
    if _is_slow(experiment, last):
        return say("Try {scaled}.", scaled=scaled)
    return say("{advice}, or {scaled}.", advice=rate, scaled=scaled)


def _is_slow(experiment: LineExperiment, last: float) -> bool:
    """Whether no constant rate brings plain descent near the optimum in the epochs planned, as inputs are."""
    if last > experiment.rate:  # a change by --lr-at: the rate itself may do
        return False
    spectrum = experiment.spectrum
    return spectrum.steps_per_factor(spectrum.best_rate) > experiment.epochs
