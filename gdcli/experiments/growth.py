"""What an epoch makes of the error of a linear run that diverged, by the learning rate."""

from __future__ import annotations

import math

import numpy as np

from gdcli.arrays import Array
from gdcli.experiments.line_result import LineResult


def growth(result: LineResult) -> tuple[Array, Array] | None:
    """The error's factor an epoch by the rate, max |1 - lr lambda| over the eigenvalues, where a run diverged.

    Returns:
        Rates around the limit and their factors; None where the run did not diverge or no limit is known.
    """
    experiment = result.experiment
    limit = experiment.limit
    if not result.diverged or limit is None or not math.isfinite(limit) or not experiment.is_textbook:
        return None
    rates = np.geomspace(limit / 30, 3 * max(limit, experiment.rate), 400)
    curvature = np.asarray(experiment.spectrum.eigenvalues)
    return rates, np.abs(1 - rates[:, None] * curvature[curvature > 0]).max(axis=1)
