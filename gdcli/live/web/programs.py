"""What each page runs: the same command, but for the file that it records in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from gdcli.errors import DataError

__all__ = ["Programs", "recording"]

MOST = 10_000
Programs = Iterator[Sequence[str]]
"""The argument list of each page's program, in the order in which pages are opened."""


def recording(command: Callable[[str], Sequence[str]], record: str) -> Programs:
    """Gives each page a recording of its own: `a.jsonl` to the first, `a-2.jsonl`, `a-3.jsonl` to the next.

    The first file is the one that was named, and is written anew; the others are never one that is there already.

    Args:
        command: The argument list that records in a file.
        record: The file named.

    Raises:
        DataError: If there is no file left to record in.
    """
    yield command(record)
    path = Path(record)
    for number in range(2, MOST):
        name = path.with_name(f"{path.stem}-{number}{path.suffix}")
        if _made(name):
            yield command(str(name))
    raise DataError(f"{record}: {MOST:,} recordings are there already", "record in another folder")


def _made(path: Path) -> bool:
    """Makes an empty file; not where there is one."""
    try:
        path.open("x").close()
    except FileExistsError:
        return False
    return True
