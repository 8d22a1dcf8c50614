"""Data sets made from a formula, some noise and a seed: small problems whose answer can be seen.

`noise` is the standard deviation of what is added: to y for numbers, to both inputs for classes. Without
noise the rows follow the formula exactly. Classes are as even as the number of rows allows; their rows are
shuffled.
"""

import math
from collections.abc import Callable
from typing import Protocol, cast

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.definitions import TOY, Kind
from gdcli.errors import OptionError
from gdcli.said import say

# In order of difficulty.
__all__ = ["line", "ravine", "saddle", "polynomial", "trend", "blobs", "xor", "circles", "moons", "spiral"]  # noqa: RUF022


class Toy(Protocol):
    """A generator of a data set, which knows a command to try it with."""

    __name__: str
    __doc__: str | None
    kind: Kind
    command: str

    def __call__(self, rows: int = ..., noise: float = ..., rng: np.random.Generator | None = None) -> Dataset:
        """Makes the rows."""


def toy(command: str) -> Callable[[Callable[..., Dataset]], Toy]:
    """Marks a function `(rows, noise, rng) -> Dataset` as a toy data set.

    Args:
        command: A command that shows something with it.
    """

    def mark(make: Callable[..., Dataset]) -> Toy:
        made = cast("Toy", make)
        made.kind, made.command = TOY, command
        return made

    return mark


@toy("gdcli fit sample:line --lr 0.02")
def line(rows: int = 200, noise: float = 1.0, rng: np.random.Generator | None = None) -> Dataset:
    """A line: y = 2x + 1, x evenly from 0 to 10.

    Args:
        rows: How many.
        noise: Standard deviation of what is added to y.
        rng: The generator to draw from; seed 0 unless given.

    Returns:
        One input, numbers as targets, in order of x.

    Raises:
        OptionError: If rows < 1, or the noise is negative or not finite.

    >>> line(rows=3, noise=0).targets
    array([ 1., 11., 21.])

    Source: the lecture's line, How a Neural Network Trains.
    """
    rng = _checked(rows, noise, rng)
    x = np.linspace(0, 10, rows)
    return Dataset(x, 2 * x + 1 + rng.normal(scale=noise, size=rows))


@toy("gdcli sweep fit sample:ravine --lr 0.004 --optimizer sgd,momentum,adam")
def ravine(rows: int = 200, noise: float = 1.0, rng: np.random.Generator | None = None) -> Dataset:
    """A line whose MSE surface is a long ravine: y = 2x - 10, x evenly from 10 to 20, far from 0.

    The largest curvature of the MSE over (m, b) is 6,527 times the smallest: a rate that the steep walls bear hardly
    moves along the floor. Standardised inputs make it round.

    Args:
        rows: How many.
        noise: Standard deviation of what is added to y.
        rng: The generator to draw from; seed 0 unless given.

    Returns:
        One input, numbers as targets, in order of x.

    Raises:
        OptionError: If rows < 1, or the noise is negative or not finite.

    >>> ravine(rows=3, noise=0).targets
    array([10., 20., 30.])

    Source: Goodfellow, Bengio & Courville 2016, Deep Learning, section 4.3.1, on poor conditioning.
    """
    rng = _checked(rows, noise, rng)
    x = np.linspace(10, 20, rows)
    return Dataset(x, 2 * x - 10 + rng.normal(scale=noise, size=rows))


@toy(
    "gdcli train sample:saddle --hidden 1 --activation linear --optimizer sgd --lr 0.1 --batch-size full"
    " --seed 17 --epochs 60"
)
def saddle(rows: int = 200, noise: float = 0.1, rng: np.random.Generator | None = None) -> Dataset:
    """A saddle for one linear hidden neuron, y = v(wx), at w = v = 0: y = x, x evenly from -1 to 1.

    Without noise and standardised the loss is (vw - 1)^2: from the saddle it falls where the signs of w and v agree,
    and rises where they differ.

    Args:
        rows: How many.
        noise: Standard deviation of what is added to y.
        rng: The generator to draw from; seed 0 unless given.

    Returns:
        One input, numbers as targets, in order of x.

    Raises:
        OptionError: If rows < 1, or the noise is negative or not finite.

    >>> saddle(rows=3, noise=0).targets
    array([-1.,  0.,  1.])

    Source: Baldi & Hornik 1989, Neural Networks and Principal Component Analysis: Learning from Examples Without
    Local Minima.
    """
    rng = _checked(rows, noise, rng)
    x = np.linspace(-1, 1, rows)
    return Dataset(x, x + rng.normal(scale=noise, size=rows))


@toy("gdcli fit sample:polynomial --degree 3 --standardize")
def polynomial(rows: int = 200, noise: float = 1.0, rng: np.random.Generator | None = None) -> Dataset:
    """A cubic, to overfit or underfit: y = x^3 / 2 - 2x + 1, x evenly from -3 to 3.

    Args:
        rows: How many.
        noise: Standard deviation of what is added to y.
        rng: The generator to draw from; seed 0 unless given.

    Returns:
        One input, numbers as targets, in order of x.

    Raises:
        OptionError: If rows < 1, or the noise is negative or not finite.

    >>> polynomial(rows=3, noise=0).targets
    array([-6.5,  1. ,  8.5])

    Source: "which trend line is better?", How a Neural Network Trains.
    """
    rng = _checked(rows, noise, rng)
    x = np.linspace(-3, 3, rows)
    return Dataset(x, x**3 / 2 - 2 * x + 1 + rng.normal(scale=noise, size=rows))


@toy("gdcli sweep fit sample:trend --degree 1,3,9 --standardize")
def trend(rows: int = 14, noise: float = 0.5, rng: np.random.Generator | None = None) -> Dataset:
    """A few points of a cubic, "which trend line is better?": y = x^3 - 3x, x evenly from -2 to 2.

    Args:
        rows: How many.
        noise: Standard deviation of what is added to y.
        rng: The generator to draw from; seed 0 unless given.

    Returns:
        One input, numbers as targets, in order of x.

    Raises:
        OptionError: If rows < 1, or the noise is negative or not finite.

    >>> trend(rows=5, noise=0).targets
    array([-2.,  2.,  0., -2.,  2.])

    Source: "which trend line is better?", How a Neural Network Trains.
    """
    rng = _checked(rows, noise, rng)
    x = np.linspace(-2, 2, rows)
    return Dataset(x, x**3 - 3 * x + rng.normal(scale=noise, size=rows))


@toy("gdcli train sample:blobs --epochs 40 --lr 0.05 --validation 0.3")
def blobs(rows: int = 200, noise: float = 0.5, rng: np.random.Generator | None = None) -> Dataset:
    """Three clouds a straight line can part: class k around 2 (cos t, sin t), t = π/2 + 2πk/3.

    Args:
        rows: How many.
        noise: Standard deviation of what is added to x1 and x2.
        rng: The generator to draw from; seed 0 unless given.

    Returns:
        Inputs x1 and x2, classes 0, 1 and 2.

    Raises:
        OptionError: If rows < 1, or the noise is negative or not finite.

    >>> blobs(rows=1, noise=0).inputs.round(4)
    array([[0., 2.]])

    Source: a mixture of three normals, for softmax regression.
    """
    rng = _checked(rows, noise, rng)
    angles = [np.full(n, math.pi / 2 + 2 * math.pi * k / 3) for k, n in enumerate(_shares(rows, 3))]
    return _classes([2 * _circle(angle) for angle in angles], noise, rng)


@toy("gdcli train sample:xor --hidden 16 --epochs 150 --lr 0.02 --validation 0.3")
def xor(rows: int = 200, noise: float = 0.03, rng: np.random.Generator | None = None) -> Dataset:
    """Exclusive or: 0.1 to 1 from either axis, class 1 where the signs of x1 and x2 differ.

    Args:
        rows: How many.
        noise: Standard deviation of what is added to x1 and x2, after the class is settled.
        rng: The generator to draw from; seed 0 unless given.

    Returns:
        Inputs x1 and x2, classes 0 and 1, which no straight line parts.

    Raises:
        OptionError: If rows < 1, or the noise is negative or not finite.

    >>> data = xor(noise=0)
    >>> np.array_equal(data.targets, data.inputs[:, 0] * data.inputs[:, 1] < 0)
    True

    Source: Minsky & Papert 1969, Perceptrons.
    """
    rng = _checked(rows, noise, rng)
    points = [rng.uniform(0.1, 1, size=(n, 2)) for n in _shares(rows, 2)]
    for k, quadrant in enumerate(points):
        quadrant[1::2] *= -1  # every other point to the opposite quadrant
        quadrant[:, 1] *= 1 - 2 * k
    return _classes(points, noise, rng)


@toy("gdcli train sample:circles --hidden 8 --epochs 100 --lr 0.02 --validation 0.3")
def circles(rows: int = 200, noise: float = 0.05, rng: np.random.Generator | None = None) -> Dataset:
    """A ring within a ring: class 0 on radius 1, class 1 on radius 1/2, evenly around.

    Args:
        rows: How many.
        noise: Standard deviation of what is added to x1 and x2.
        rng: The generator to draw from; seed 0 unless given.

    Returns:
        Inputs x1 and x2, classes 0 and 1.

    Raises:
        OptionError: If rows < 1, or the noise is negative or not finite.

    >>> np.sort(np.hypot(*circles(rows=4, noise=0).inputs.T))
    array([0.5, 0.5, 1. , 1. ])

    Source: concentric rings, the usual example of a boundary that is closed.
    """
    rng = _checked(rows, noise, rng)
    angles = [2 * math.pi * np.arange(n) / max(n, 1) for n in _shares(rows, 2)]
    return _classes([_circle(angles[0]), _circle(angles[1]) / 2], noise, rng)


@toy("gdcli train sample:moons --hidden 16,16 --epochs 150 --lr 0.01 --validation 0.3")
def moons(rows: int = 200, noise: float = 0.1, rng: np.random.Generator | None = None) -> Dataset:
    """Two hooked half circles: class 0 (cos t, sin t), class 1 (1 - cos t, 1/2 - sin t), t evenly in 0..π.

    Args:
        rows: How many.
        noise: Standard deviation of what is added to x1 and x2.
        rng: The generator to draw from; seed 0 unless given.

    Returns:
        Inputs x1 and x2, classes 0 and 1.

    Raises:
        OptionError: If rows < 1, or the noise is negative or not finite.

    >>> moons(rows=1, noise=0).inputs
    array([[1., 0.]])

    Source: two half moons, the usual example of a boundary that bends.
    """
    rng = _checked(rows, noise, rng)
    upper, lower = (_circle(np.linspace(0, math.pi, n)) for n in _shares(rows, 2))
    return _classes([upper, [1, 0.5] - lower], noise, rng)


@toy("gdcli train sample:spiral --hidden 64,64 --epochs 200 --lr 0.01 --validation 0.2")
def spiral(rows: int = 200, noise: float = 0.02, rng: np.random.Generator | None = None) -> Dataset:
    """Two arms of one and a half turns: class k at r (cos t, sin t), t = 3πr + πk, r = 1/n, 2/n, ... 1.

    Args:
        rows: How many; n of them in the arm.
        noise: Standard deviation of what is added to x1 and x2.
        rng: The generator to draw from; seed 0 unless given.

    Returns:
        Inputs x1 and x2, classes 0 and 1.

    Raises:
        OptionError: If rows < 1, or the noise is negative or not finite.

    >>> spiral(rows=1, noise=0).inputs.round(4)
    array([[-1.,  0.]])

    Source: Lang & Witbrock 1988, Learning to Tell Two Spirals Apart (which has three turns).
    """
    rng = _checked(rows, noise, rng)
    radii = [np.arange(1, n + 1) / max(n, 1) for n in _shares(rows, 2)]
    arms = [r[:, None] * _circle(3 * math.pi * r + math.pi * k) for k, r in enumerate(radii)]
    return _classes(arms, noise, rng)


def _checked(rows: int, noise: float, rng: np.random.Generator | None) -> np.random.Generator:
    """The generator to draw from, once rows and noise are known to be possible."""
    if rows < 1:
        raise OptionError(say("rows: {rows} is not a number of rows", rows=rows), say("ask for 1 or more"))
    if not 0 <= noise < math.inf:
        raise OptionError(
            say("noise: {noise} is not a standard deviation", noise=noise), say("give 0 or a positive number")
        )
    return np.random.default_rng(0) if rng is None else rng


def _shares(rows: int, classes: int) -> list[int]:
    """How many rows each class gets."""
    return [len(range(k, rows, classes)) for k in range(classes)]


def _circle(angles: Array) -> Array:
    """Points on the unit circle, shape (n, 2)."""
    return np.column_stack([np.cos(angles), np.sin(angles)])


def _classes(points: list[Array], noise: float, rng: np.random.Generator) -> Dataset:
    """One class for each array of points (n_k, 2), with noise, in random order."""
    inputs = np.concatenate(points)
    inputs = inputs + rng.normal(scale=noise, size=inputs.shape)
    targets = np.repeat(np.arange(len(points)), [len(each) for each in points])
    order = rng.permutation(len(inputs))
    return Dataset(inputs[order], targets[order], classes=tuple(str(k) for k in range(len(points))))
