"""Which columns of a design carry the same information: a rank test whose answer does not depend on units."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

import numpy as np

from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.said import enumerated, say

__all__ = ["Dependence", "Rank", "near_twins", "rank", "unit_columns"]

ROUNDING = 16.0
"""Times the rounding of the columns that make up a sum: what is left of the sum below it is rounding."""

NEAR = 0.9995
"""Two columns with at least this correlation carry almost the same information."""

AT_ONCE = 256
"""Columns compared with all others at a time."""

MOST = 0.5
"""A column of which at least this part is left is no sum of others, however roughly its values are known."""

TAKES_PART = 1e-6
"""A column's least share of a combination, beside the largest share, for it to be named."""


@dataclass(frozen=True)
class Dependence:
    """One column that says nothing new: it is a sum of multiples of others.

    Args:
        column: Its name.
        others: The names of the columns that it is made of; empty for a column of zeros.
        kind: `zero`, `constant`, `twin` (a multiple of one column, but for a shift), `combination`, or `near`.
        correlation: Of near twins.
    """

    column: str
    others: tuple[str, ...]
    kind: str
    correlation: float = 1.0

    @property
    def sentence(self) -> str:
        """The fact, in words."""
        if self.kind == "zero":
            return say("column {column} is constant: its weight changes nothing", column=self.column)
        if self.kind == "constant":
            return say("column {column} is constant: it carries the same information as the bias", column=self.column)
        if self.kind == "near":
            almost = say("almost the same information (correlation {correlation:.5f})", correlation=self.correlation)
            return say(
                "columns {others} and {column} carry {almost}", others=self.others[0], column=self.column, almost=almost
            )
        names = [other for other in self.others if other]
        if self.kind == "twin":
            return say("columns {names} and {column} carry the same information", names=names[0], column=self.column)
        names += [say("the bias")] * ("" in self.others)
        return say(
            "column {column} is a combination of {names} and {names2}",
            column=self.column,
            names=enumerated(names[:-1]),
            names2=names[-1],
        )


@dataclass(frozen=True, eq=False)
class Rank:
    """What a design's columns tell apart.

    Args:
        independent: The columns that carry all the information, by number.
        dependences: Each of the others, and what it is made of.
        shares: What each of the others is made of: multiples of the independent columns found before it, all of
            length 1.
        order: The independent columns in the order in which they were found.
        size: The columns' lengths, (P,).
    """

    independent: tuple[int, ...]
    dependences: tuple[Dependence, ...]
    shares: Mapping[int, Array]
    order: tuple[int, ...]
    size: Array

    @property
    def full(self) -> bool:
        """Whether every column says something of its own, so that the best parameters are unique."""
        return not self.dependences

    @property
    def is_wide(self) -> bool:
        """Whether more directions change nothing than something: the others are then the few to count in."""
        return len(self.shares) > len(self.order)

    @cached_property
    def null(self) -> Array:
        """Orthonormal directions (P, k) in which the parameters move without any change of the outputs."""
        return _null(self.shares, self.order, self.size)

    @cached_property
    def row_space(self) -> Array:
        """Orthonormal directions (P, P - k) in which every move changes an output."""
        return _row_space(self.shares, self.order, self.size)

    def flat_part(self, parameters: Array) -> Array:
        """The part of a vector (P,) that changes no output."""
        if self.is_wide:
            return np.asarray(parameters - self.row_space @ (self.row_space.T @ parameters))
        return np.asarray(self.null @ (self.null.T @ parameters))


@np.errstate(all="ignore")
def rank(design: Array, names: Sequence[str], noise: Array | None = None) -> Rank:
    """The columns of a design that are independent, by Gram-Schmidt on columns of length 1.

    The bias comes first, so that a constant column is the one that is named. A column counts as dependent where what
    is left of it, once the earlier ones are taken out, is rounding beside the multiples of them that it takes. The
    length of a column plays no part, so metres and millimetres give the same answer.

    Args:
        design: Shape (n, P), finite.
        names: P names of the columns; "" for the bias.
        noise: Rounding of each column's entries, shape (P,), where it is more than the entries' own: a column that
            was centred has that of its values before.

    >>> import numpy as np
    >>> x = np.array([1.0, 2.0, 4.0])
    >>> result = rank(np.column_stack([x, 2.54 * x, np.ones(3)]), ("inch", "cm", ""))
    >>> result.independent, result.dependences[0].sentence
    ((0, 2), 'columns inch and cm carry the same information')

    Source: Golub & Van Loan 2013, Matrix Computations, section 5.5 (rank determination after column scaling).
    """
    scaled, size = unit_columns(design)
    rounding = np.full(len(size), np.finfo(float).eps)
    if noise is not None:
        rounding = np.maximum(rounding, noise * math.sqrt(len(design)) / np.where(size > 0, size, 1.0))
    if len(scaled) > scaled.shape[1]:
        scaled = np.asarray(np.linalg.qr(scaled, mode="r"))
    order = sorted(range(scaled.shape[1]), key=lambda at: names[at] != "")
    kept: list[int] = []
    basis = np.zeros((len(scaled), min(scaled.shape)))
    shares: dict[int, Array] = {}
    for at in order:
        rest, share = _rest(scaled, basis[:, : len(kept)], kept, at)
        length = float(np.linalg.norm(rest))
        lost = ROUNDING * float(rounding[at] + np.abs(share) @ rounding[kept])
        if size[at] > 0 and length > min(lost, MOST) and len(kept) < basis.shape[1]:
            basis[:, len(kept)] = rest / length
            kept.append(at)
        else:
            shares[at] = share
    facts = tuple(_dependence(at, share, kept, names, bool(size[at] > 0)) for at, share in sorted(shares.items()))
    return Rank(tuple(sorted(kept)), facts, shares, tuple(kept), size)


def near_twins(inputs: Array, names: Sequence[str], known: Collection[str] = ()) -> tuple[Dependence, ...]:
    """Pairs of columns with a correlation of 0.9995 or more, in size: they can hardly be distinguished.

    Args:
        inputs: Shape (n, d).
        names: d names.
        known: Names that are not asked for: of columns of which more is known.

    >>> import numpy as np
    >>> x = np.arange(10.0)
    >>> near_twins(np.column_stack([x, 2 * x + (x == 3) / 8]), ("a", "b"))[0].sentence
    'columns a and b carry almost the same information (correlation 0.99998)'
    """
    scaled = unit_columns(inputs - inputs.mean(axis=0))[0]
    asked = [at for at, name in enumerate(names) if name not in known]
    found: list[tuple[int, int, float]] = []
    for begin in range(0, len(asked), AT_ONCE):
        some = asked[begin : begin + AT_ONCE]
        table = scaled.T @ scaled[:, some]
        near = (np.abs(table) >= NEAR) & (np.arange(len(names))[:, None] < np.array(some))
        found += [(i, some[j], float(table[i, j])) for i, j in np.argwhere(near).tolist()]
    return tuple(Dependence(names[j], (names[i],), "near", value) for i, j, value in sorted(found))


def unit_columns(design: Array) -> tuple[Array, Array]:
    """A design's columns brought to length 1, and their lengths; columns of zeros stay as they are."""
    largest = np.abs(design).max(axis=0, initial=0.0)  # first by the largest, whose square may be too large
    safe = np.where(largest > 0, largest, 1.0)
    length = np.sqrt(((design / safe) ** 2).sum(axis=0))
    size = np.where(length > 0, length, 1.0) * safe
    return design / size, np.where(largest > 0, size, 0.0)


def _rest(scaled: Array, basis: Array, kept: list[int], at: int) -> tuple[Array, Array]:
    """What is left of a column without the ones kept, and the multiples of them that make up the rest."""
    column = scaled[:, at]
    rest = column - basis @ (basis.T @ column)
    rest = rest - basis @ (basis.T @ rest)  # once leaves rounding behind
    if not kept:
        return rest, np.zeros(0)
    triangle = np.triu(basis.T @ scaled[:, kept])
    return rest, np.linalg.solve(triangle, basis.T @ column)


def _dependence(at: int, share: Array, kept: list[int], names: Sequence[str], filled: bool) -> Dependence:
    if not filled:
        return Dependence(names[at], (), "zero")
    sizes = np.abs(share[: len(kept)])
    parts = [names[kept[i]] for i in np.flatnonzero(sizes > TAKES_PART * sizes.max(initial=0.0)).tolist()]
    if parts == [""]:
        return Dependence(names[at], ("",), "constant")
    return Dependence(names[at], tuple(parts), "twin" if _same(parts) else "combination")


def _same(parts: list[str]) -> bool:
    """Whether a combination is of one column, but for a shift by the bias."""
    return len([name for name in parts if name]) == 1


def _row_space(shares: Mapping[int, Array], kept: Sequence[int], size: Array) -> Array:
    """Orthonormal directions that no null direction has a part in: columns as sums of the independent ones."""
    made = np.zeros((len(size), len(kept)))
    made[list(kept), np.arange(len(kept))] = 1.0
    for column, share in shares.items():
        if size[column] > 0:
            made[column, : len(share)] = share * size[column] / size[list(kept[: len(share)])]
    return np.linalg.qr(unit_columns(made)[0])[0]


def _null(shares: Mapping[int, Array], kept: Sequence[int], size: Array) -> Array:
    """Orthonormal directions that change no output: each dependent column against what it is made of."""
    directions = np.zeros((len(size), len(shares)))
    for at, (column, share) in enumerate(sorted(shares.items())):
        directions[column, at] = 1 / size[column] if size[column] > 0 else 1.0
        if size[column] > 0:
            chosen = list(kept[: len(share)])
            directions[chosen, at] = -share / size[chosen]
    return np.linalg.qr(unit_columns(directions)[0])[0] if shares else directions
