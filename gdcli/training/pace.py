"""Pace: how many rows each update takes, and so where in which epoch an update stands."""

from __future__ import annotations

from collections.abc import Iterator

from gdcli.definitions.namedtuple import NamedTuple

__all__ = ["Pace", "Place"]


class Place(NamedTuple):
    """Where a run stands after some updates.

    Args:
        step: Updates made.
        passes: Epochs that are over.
        within: Updates made in the epoch that is not over; else 0.
        taken: Rows that these used.
    """

    step: int = 0
    passes: int = 0
    within: int = 0
    taken: int = 0


class Pace(NamedTuple):
    """The batch size by the step. An epoch takes each row once; where the size changes in one, its rest is cut anew.

    Args:
        rows: Of the training set.
        sizes: (updates made before, rows of a batch from there on) in the order of the steps, the first from 0.

    >>> pace = Pace(10, ((0, 4), (4, 2)))
    >>> pace.place(4), pace.place(6)
    (Place(step=4, passes=1, within=1, taken=4), Place(step=6, passes=1, within=3, taken=8))
    >>> pace.steps(2)
    7
    """

    rows: int
    sizes: tuple[tuple[int, int], ...]

    def place(self, step: int, since: Place = Place()) -> Place:  # noqa: B008 - a frozen value
        """Where a run stands after so many updates.

        Args:
            step: Updates made.
            since: Where it is known to have stood before.
        """
        for end, size in self._parts(since.step):
            since = self._on(since, size, min(step, end) - since.step)
            if since.step >= step:
                break
        return since

    def steps(self, passes: int, since: Place = Place()) -> int:  # noqa: B008 - a frozen value
        """Updates made when so many epochs are over."""
        for end, size in self._parts(since.step):
            rest = self._rest(since, size) if since.taken else 0
            needed = rest + (passes - since.passes - bool(rest)) * -(-self.rows // size)
            if since.step + needed <= end:
                return since.step + max(0, needed)
            since = self._on(since, size, int(end) - since.step)
        return since.step

    def taken(self, step: int, within: int) -> int:
        """Rows that the last `within` of so many updates used, all of one epoch."""
        return min(self.rows, sum(self.size(made) for made in range(step - within, step)))

    def size(self, step: int) -> int:
        """Rows of the update after so many."""
        return next(size for at, size in reversed(self.sizes) if at <= step)

    def _parts(self, step: int) -> Iterator[tuple[float, int]]:
        """(updates made at its end, batch size) of each part of the run after a step."""
        ends = [*(at for at, _ in self.sizes[1:]), float("inf")]
        return ((end, size) for end, (_, size) in zip(ends, self.sizes, strict=True) if end > step)

    def _rest(self, place: Place, size: int) -> int:
        """Updates that the epoch at hand still takes."""
        return -(-(self.rows - place.taken) // size)

    def _on(self, place: Place, size: int, updates: float) -> Place:
        """The place some updates of one size later."""
        made, rest = int(updates), self._rest(place, size)
        step = place.step + made
        if place.taken and made < rest:
            return Place(step, place.passes, place.within + made, place.taken + made * size)
        left = made - rest if place.taken else made
        more, within = divmod(left, -(-self.rows // size))
        return Place(step, place.passes + bool(place.taken) + more, within, within * size)
