"""What is said of the rows above a run, in so many lines: one of each kind, and where the others are."""

from __future__ import annotations

from collections.abc import Callable

from gdcli.data.report import Remarks
from gdcli.said import say

__all__ = ["brief"]

URGENT = ("sentinel", "total", "row counter as target", "labels alike")
"""Kinds that make a run's numbers worthless where nobody heeds them: one of them is always said."""


def brief(remarks: Remarks, room: int | None, lines_of: Callable[[str], int], command: str) -> list[str]:
    """The remarks that have room, in their order; the first of each kind comes before a second one.

    Args:
        remarks: What there is to say.
        room: Lines for them; None where nothing has to fit.
        lines_of: Lines that one takes.
        command: Says all of them, and so those that have no room.

    >>> kinds = {"-999 in a": "sentinel", "-999 in b": "sentinel"}
    >>> said = Remarks(["predicts y", "-999 in a", "-999 in b", "c counts the rows"], kinds)
    >>> brief(said, 4, lambda _: 1, "gdcli show t.csv")
    ['predicts y', '-999 in a', '-999 in b', 'c counts the rows']
    >>> brief(said, 3, lambda _: 1, "gdcli show t.csv")
    ['predicts y', '-999 in a', 'and 2 more: gdcli show t.csv']
    >>> later = Remarks(["predicts y", "id counts the rows", "-999 in a", "-999 in b"], kinds)
    >>> brief(later, 3, lambda _: 1, "gdcli show t.csv")
    ['predicts y', '-999 in a', 'and 2 more: gdcli show t.csv']
    """
    texts = remarks.texts
    if room is None or sum(map(lines_of, texts)) <= room:
        return [*texts]
    room -= lines_of(_others(len(texts), command))
    kept: set[int] = set()
    for at in _by_kind(remarks):
        lines = lines_of(texts[at])
        if at == 0 or lines <= room or (remarks.kinds.get(texts[at]) in URGENT and len(kept) == 1):
            kept.add(at)
            room -= lines
    left = len(texts) - len(kept)
    return [texts[at] for at in sorted(kept)] + [_others(left, command)] * bool(left)


def _by_kind(remarks: Remarks) -> list[int]:
    """The remarks' numbers: the very first, the urgent ones, the first of each kind, the second of each, and so on."""
    seen: dict[str, int] = {}
    ranks: list[tuple[int, bool]] = []
    for at, text in enumerate(remarks.texts):
        kind = remarks.kinds.get(text, text)
        ranks.append((seen.get(kind, 0), at > 0 and kind not in URGENT))
        seen[kind] = seen.get(kind, 0) + 1
    return sorted(range(len(ranks)), key=lambda at: ranks[at])


def _others(count: int, command: str) -> str:
    """Where those are that have no room."""
    return say("and {count} more: {command}", count=count, command=command)
