"""Results of many parts merged in pairs, in one order, whatever order they come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Tree"]

T = TypeVar("T")


class Tree(Generic[T]):
    """Merges neighbours, then neighbours of those, as soon as both are there: the order depends on the count alone.

    Args:
        count: How many parts there are.
        merge: Merges a part with the one after it.

    >>> tree = Tree(5, "({} {})".format)
    >>> for at in (4, 1, 0, 3, 2):
    ...     tree.add(at, "abcde"[at])
    >>> tree.result
    '(((a b) (c d)) e)'
    """

    def __init__(self, count: int, merge: Callable[[T, T], T]) -> None:
        self._count, self._merge = count, merge
        self._waiting: dict[tuple[int, int], T] = {}

    def add(self, at: int, part: T) -> None:
        """Takes a part, with its number."""
        count, level = self._count, 0
        while count > 1:
            if at ^ 1 < count:  # it has a neighbour
                other = self._waiting.pop((level, at ^ 1), None)
                if other is None:
                    break
                part = self._merge(other, part) if at % 2 else self._merge(part, other)
            at, count, level = at // 2, -(-count // 2), level + 1
        self._waiting[level, at] = part

    @property
    def result(self) -> T:
        """What all parts came to."""
        (whole,) = self._waiting.values()
        return whole
