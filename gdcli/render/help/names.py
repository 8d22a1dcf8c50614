"""Help texts that list definitions by their names."""

from __future__ import annotations

from collections.abc import Iterable

from gdcli.definitions import ACTIVATION, FORMAT, INITIALIZER, LOSS, OPTIMIZER, SCHEDULE, Kind, definitions, names


class _Names:
    """A kind in a help text: `{optimizer}` is all its names, `{loss:regression}` those for that task."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    def __format__(self, tasks: str) -> str:
        known: Iterable[str] = names(self._kind)
        if tasks:
            wanted = set(tasks.split(","))
            known = [name for name, one in definitions(self._kind).items() if wanted & set(one.tasks)]
        return ", ".join(known)


LISTED = {kind.name.split()[-1]: _Names(kind) for kind in (OPTIMIZER, SCHEDULE, LOSS, ACTIVATION, INITIALIZER, FORMAT)}


def with_names(text: str) -> str:
    """A help text with the names that it asks for.

    >>> with_names("One of {schedule}.")
    'One of constant, step, exponential, cosine, inverse-time, one-cycle.'
    """
    return text.format_map(LISTED) if "{" in text else text
