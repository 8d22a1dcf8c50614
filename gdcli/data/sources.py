"""Several sources as one: their names, a line each."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["is_sample", "joined_names", "names_in", "title"]


def joined_names(names: Iterable[str]) -> str:
    r"""The name that several sources go by together.

    >>> joined_names(["a.csv", "b.csv"]), joined_names(["a.csv"])
    ('a.csv\nb.csv', 'a.csv')
    """
    return "\n".join(names)


def names_in(source: str) -> tuple[str, ...]:
    r"""The names of the sources that a name stands for.

    >>> names_in("a.csv\nb.csv")
    ('a.csv', 'b.csv')
    """
    return tuple(source.split("\n"))


def is_sample(source: str) -> bool:
    """Whether a name stands for one sample data set."""
    return source.startswith("sample:") and len(names_in(source)) == 1


def title(source: str) -> str:
    r"""What a source is called in a sentence.

    >>> title("a.csv\nb.csv"), title("a.csv")
    ('a.csv and b.csv', 'a.csv')
    """
    from gdcli.data.warning import listed  # knows cells, which need NumPy: help does without

    return listed(names_in(source))
