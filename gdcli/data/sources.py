"""Several sources as one: their names, with a sign between them that no file's name can hold."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["is_sample", "joined_names", "names_in", "title"]

BETWEEN = "\0"


def joined_names(names: Iterable[str]) -> str:
    r"""The name that several sources go by together.

    >>> joined_names(["a.csv", "b.csv"]), joined_names(["a.csv"])
    ('a.csv\x00b.csv', 'a.csv')
    """
    return BETWEEN.join(names)


def names_in(source: str) -> tuple[str, ...]:
    r"""The names of the sources that a name stands for.

    >>> names_in("a.csv\0b.csv")
    ('a.csv', 'b.csv')
    """
    return tuple(source.split(BETWEEN))


def is_sample(source: str) -> bool:
    """Whether a name stands for one sample data set."""
    return source.startswith("sample:") and len(names_in(source)) == 1


def title(source: str) -> str:
    r"""What a source is called in a sentence.

    >>> title("a.csv\0b.csv"), title("a.csv")
    ('a.csv and b.csv', 'a.csv')
    """
    from gdcli.data.warning import listed  # knows cells, which need NumPy: help does without

    return listed(names_in(source))
