"""The loss's curvature at one point, without its Hessian: what a step along a direction does to the gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.training.problem import MEASURED, Problem

__all__ = ["Sharpness", "approach", "difference_error", "hessian_product", "sharpness"]

STEP = np.finfo(float).eps ** (1 / 3)
"""The relative step at which a central difference's two errors, of rounding and of truncation, are alike."""


ASIDE = 0.1
"""How far a search begins from the direction that it is told to begin near."""


@dataclass(frozen=True, eq=False)
class Sharpness:
    """The largest eigenvalue of a loss's Hessian at one point.

    Args:
        value: The eigenvalue; below 0 at a summit, 0 where the loss is flat or straight.
        direction: Its eigenvector, shape (P,), of length 1.
        residual: |H direction - value direction|: how far off they can be.
        products: How many Hessian-vector products it took.
    """

    value: float
    direction: Array
    residual: float
    products: int

    @property
    def largest_stable_rate(self) -> float:
        """2 / value: the rate above which gradient descent is thrown out of a minimum this sharp."""
        return 2 / self.value if self.value > 0 else math.inf


def hessian_product(problem: Problem, parameters: Array, step: float = STEP) -> Callable[[Array], Array]:
    """v -> H v at some parameters: (g(w + h v) - g(w - h v)) / 2h, g the gradient over all training rows.

    Exact, up to rounding, where the loss is quadratic. All is done in float64.

    Args:
        problem: A model, its loss (penalties included) and its rows.
        parameters: Where, shape (P,); they are left as they are.
        step: h |v|, beside the parameters' length or 1 if that is more.

    Returns:
        A function from a direction (P,) to H times it, shape (P,).

    >>> import numpy as np
    >>> from gdcli import Dataset, Linear, mse
    >>> product = hessian_product(Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0])), np.array([-1.0, 5.0]))
    >>> product(np.array([1.0, 0.0])).round(6).tolist()
    [5.0, 3.0]

    Source: Pearlmutter 1994, Fast Exact Multiplication by the Hessian, section 2 (and what its R-operator replaces).
    """
    w = np.array(parameters, np.float64)
    gradient = partial(_gradient, problem)
    reach = step * max(1.0, float(np.linalg.norm(w)))

    def product(direction: Array) -> Array:
        h = reach / max(float(np.linalg.norm(direction)), np.finfo(float).tiny)
        result: Array = (gradient(w + h * direction) - gradient(w - h * direction)) / (2 * h)
        return result

    return product


@np.errstate(all="ignore")
def difference_error(problem: Problem, parameters: Array, found: Sharpness, step: float = STEP) -> float:
    """How far off the sharpness is because its derivatives are differences: d^T H d, by three sizes of the step.

    A central difference is off by a multiple of h^2, so half the step takes three quarters of that away: the
    difference of the two is what is left, three times over. With rounding, or over a kink of ReLU, the differences
    do not fall so; then the largest of them counts.

    Args:
        problem: A model, its loss and its rows.
        parameters: Where, shape (P,).
        found: The sharpness there.
        step: The one that it was found by.

    Source: Richardson 1911, The Approximate Arithmetical Solution by Finite Differences.
    """
    values = [
        float(found.direction @ hessian_product(problem, parameters, part * step)(found.direction))
        for part in (0.5, 1.0, 2.0)
    ]
    fine, coarse = abs(values[1] - values[0]), abs(values[2] - values[1])
    smooth = fine <= coarse / 2
    return coarse / 3 if smooth else max(fine, coarse)


@np.errstate(all="ignore")
def sharpness(problem: Problem, parameters: Array, tolerance: float = 1e-6, most: int = 100) -> Sharpness:
    """The largest eigenvalue of the Hessian: power iteration that remembers all it has seen (Lanczos).

    Plain power iteration keeps only the last H^k v, and finds the eigenvalue of largest size, be it negative;
    the best vector in the span of v, H v, ..., H^k v gets to the largest itself, and much sooner. The first v is
    drawn from a seed of its own, so the result is a function of the arguments alone.

    Args:
        problem: A model, its loss and its rows.
        parameters: Where, shape (P,).
        tolerance: When to stop: residual / |value|. The value's own error is about its square.
        most: Hessian-vector products at most, each two gradients over all rows.

    Returns:
        The eigenvalue, its direction, and how sure they are; a value of nan where the gradient is not finite.

    >>> import numpy as np
    >>> from gdcli import Dataset, Linear, mse
    >>> found = sharpness(Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0])), np.array([-1.0, 5.0]))
    >>> round(found.value, 6), round(found.largest_stable_rate, 6)
    (6.854102, 0.291796)

    Source: Lanczos 1950, An Iteration Method for the Solution of the Eigenvalue Problem; Cohen et al. 2021,
    Gradient Descent on Neural Networks Typically Occurs at the Edge of Stability, for the name and its meaning.
    """
    found = Sharpness(math.nan, np.zeros(len(parameters)), math.inf, 0)
    for found in approach(hessian_product(problem, parameters), len(parameters), most=most):
        if found.residual <= tolerance * abs(found.value):
            break
    return found


def approach(
    product: Callable[[Array], Array], size: int, near: Array | None = None, most: int = 100
) -> Iterator[Sharpness]:
    """The largest eigenvalue of a symmetric map, ever nearer: one after each product, for whoever has little time.

    Args:
        product: v -> H v.
        size: P.
        near: A direction to begin near, as the eigenvector at a place close by, shape (P,).
        most: Products at most.

    Yields:
        The best so far; a value of nan, and no more, where a product is not finite.
    """
    start = np.random.default_rng(0).standard_normal(size)
    if near is not None:
        start = near + ASIDE * start / np.linalg.norm(start)  # its share of all directions finds another largest one
    for basis, diagonal, beside in _krylov(product, start, most):
        if not math.isfinite(diagonal[-1] + beside[-1]):
            yield Sharpness(math.nan, basis[0], math.inf, len(diagonal))
            return
        yield _best(basis, diagonal, beside)


def _gradient(problem: Problem, parameters: Array) -> Array:
    """The gradient over all rows, a part at a time, in float64."""
    data, total = problem.data, np.zeros(len(parameters))
    for begin in range(0, len(data), MEASURED):
        part = data.rows(slice(begin, begin + MEASURED))
        inputs, targets = part.inputs.astype(np.float64), _targets(problem, part.targets)
        total += problem.loss_and_gradient(parameters, inputs, targets)[1] * (len(part) / len(data))
    return total


def _targets(problem: Problem, targets: Array) -> Array:
    """Class indices as whole numbers where the model has an output for each class, else numbers in float64."""
    several = getattr(problem.model, "sizes", (1,))[-1] > 1
    return targets.astype(np.int64 if several and targets.ndim == 1 else np.float64)


def _krylov(
    product: Callable[[Array], Array], start: Array, most: int
) -> Iterator[tuple[list[Array], list[float], list[float]]]:
    """Orthonormal vectors that span v, H v, H^2 v, ..., and H seen in them: its diagonal and what stands beside it."""
    basis, diagonal, beside = [start / np.linalg.norm(start)], [], []
    for _ in range(min(most, len(start))):
        following = product(basis[-1])
        diagonal.append(float(basis[-1] @ following))
        known = np.array(basis)
        for _ in range(2):  # once leaves rounding behind
            following = following - known.T @ (known @ following)
        beside.append(float(np.linalg.norm(following)))
        yield basis, diagonal, beside
        if not beside[-1] > 1e-12 * max(map(abs, diagonal)):
            return
        basis.append(following / beside[-1])


def _best(basis: list[Array], diagonal: list[float], beside: list[float]) -> Sharpness:
    """The largest eigenvalue of H seen in the basis."""
    seen = np.diag(diagonal) + np.diag(beside[:-1], 1) + np.diag(beside[:-1], -1)
    values, vectors = np.linalg.eigh(seen)
    last = vectors[:, -1]
    return Sharpness(float(values[-1]), last @ np.array(basis), beside[-1] * abs(float(last[-1])), len(diagonal))
