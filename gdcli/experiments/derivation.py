"""How a line's gradient comes about: the loss as a sum over the rows, its derivatives, the rows put in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError
from gdcli.experiments.line import LineExperiment
from gdcli.formatting import polynomial, short
from gdcli.nn.losses import mse
from gdcli.said import say

__all__ = ["Derivation", "derive", "derive_or_refuse"]

WRITTEN = 3
"""Rows up to which a sum is written out; of more, sums of x, x^2, xy stand in."""
DIGITS = 6


class Chain(NamedTuple):
    """A quantity, and what it equals, step by step."""

    left: str
    rights: Sequence[str]


@dataclass(frozen=True)
class Derivation:
    """From MSE = 1/n sum (mx + b - y)^2 to its two derivatives, row by row or by sums.

    Args:
        chains: The loss, its derivative by m, and by b.
    """

    chains: Sequence[Chain]

    def lines(self) -> list[tuple[str, ...]]:
        """Each chain as what is derived and its right-hand sides."""
        return [(chain.left, *chain.rights) for chain in self.chains]

    def in_words(self) -> dict[str, list[str]]:
        """The right-hand sides by what is derived."""
        return {chain.left: list(chain.rights) for chain in self.chains}


def derive(experiment: LineExperiment) -> Derivation | None:
    """The derivation of a run's gradient; None unless it is MSE over all rows of a line through one input.

    >>> from gdcli.experiments.line import on_rows
    >>> from gdcli.experiments.spec import DataSpec, LineSpec, Spec
    >>> from gdcli.data.dataset import Dataset
    >>> deck = on_rows(Spec(LineSpec(), DataSpec("deck")), Dataset([[1.0], [2.0]], [3.0, 5.0]))
    >>> for left, *rights in derive(deck).lines():
    ...     print(left, *rights, sep=" = ")
    MSE = 1/n sum (mx + b - y)^2 = 1/2 ((m + b - 3)^2 + (2m + b - 5)^2)
    dMSE/dm = 2/n sum x(mx + b - y) = 2/2 (1(m + b - 3) + 2(2m + b - 5)) = 5m + 3b - 13
    dMSE/db = 2/n sum (mx + b - y) = 2/2 ((m + b - 3) + (2m + b - 5)) = 3m + 2b - 8

    Source: the lecture, its appendix.
    """
    problem = experiment.problem
    plain = problem.loss is mse and not (problem.l1 or problem.l2) and experiment.batch_size is None
    if not plain or experiment.names != ("m", "b") or not np.isfinite(problem.data.inputs).all():
        return None
    x, y = problem.data.inputs[:, 0].astype(np.float64), problem.data.targets.astype(np.float64)
    return Derivation(_by_rows(x.tolist(), y.tolist()) if len(x) <= WRITTEN else _by_sums(x, y))


def derive_or_refuse(experiment: LineExperiment) -> Derivation:
    """The same.

    Raises:
        OptionError: If there is none.
    """
    found = derive(experiment)
    if found is None:
        raise OptionError(
            say("--derive writes out MSE over all rows of a line y = mx + b, and this is another"), say("leave it out")
        )
    return found


def _by_rows(x: list[float], y: list[float]) -> list[Chain]:
    """Each row's own term."""
    n = len(x)
    residuals = [polynomial([(at, "m"), (1, "b"), (-to, "")], DIGITS) for at, to in zip(x, y, strict=True)]
    squares = " + ".join(f"({residual})^2" for residual in residuals)
    times = " + ".join(f"{_factor(at)}({residual})" for at, residual in zip(x, residuals, strict=True))
    alone = " + ".join(f"({residual})" for residual in residuals)
    by_m, by_b = _derivatives(np.array(x), np.array(y))
    return [
        Chain("MSE", ["1/n sum (mx + b - y)^2", f"1/{n} ({squares})"]),
        Chain("dMSE/dm", ["2/n sum x(mx + b - y)", f"2/{n} ({times})", by_m]),
        Chain("dMSE/db", ["2/n sum (mx + b - y)", f"2/{n} ({alone})", by_b]),
    ]


def _factor(value: float) -> str:
    text = short(value, DIGITS)
    return f"({text})" if text.startswith("-") else text


def _by_sums(x: np.ndarray, y: np.ndarray) -> list[Chain]:
    """The sums over all rows."""
    n, by_m, by_b = len(x), *_derivatives(x, y)
    of_m = polynomial([(float(x @ x), "m"), (float(x.sum()), "b"), (-float(x @ y), "")], DIGITS)
    of_b = polynomial([(float(x.sum()), "m"), (n, "b"), (-float(y.sum()), "")], DIGITS)
    return [
        Chain("MSE", [f"1/n sum (mx + b - y)^2, n = {n:,}"]),
        Chain("dMSE/dm", ["2/n sum x(mx + b - y)", "2/n (m sum x^2 + b sum x - sum xy)", f"2/{n} ({of_m})", by_m]),
        Chain("dMSE/db", ["2/n sum (mx + b - y)", "2/n (m sum x + b n - sum y)", f"2/{n} ({of_b})", by_b]),
    ]


def _derivatives(x: np.ndarray, y: np.ndarray) -> tuple[str, str]:
    """Both derivatives as polynomials in m and b."""
    n = len(x)
    by_m = [(2 * float(x @ x) / n, "m"), (2 * float(x.sum()) / n, "b"), (-2 * float(x @ y) / n, "")]
    by_b = [(2 * float(x.sum()) / n, "m"), (2.0, "b"), (-2 * float(y.sum()) / n, "")]
    return polynomial(by_m, DIGITS), polynomial(by_b, DIGITS)
