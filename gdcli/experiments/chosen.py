"""What was chosen for a run because it was not given, and how."""

from __future__ import annotations

from typing import Any

from gdcli.definitions.dataclass import dataclass
from gdcli.said import say

__all__ = ["Choice", "Chosen", "read_note"]


@dataclass(frozen=True)
class Choice:
    """An option that was not given, and what was chosen.

    Args:
        name: The option.
        value: Its value.
        why: How it was found.
    """

    name: str
    value: Any
    why: str


@dataclass(frozen=True)
class Chosen:
    """All that was chosen for a run.

    Args:
        choices: Each option by itself.
        line: The same in a line for people.
    """

    choices: tuple[Choice, ...] = ()
    line: str = ""

    def __bool__(self) -> bool:
        """Whether anything was chosen."""
        return bool(self.choices)

    @property
    def options(self) -> dict[str, Any]:
        """The values chosen, by the names of their options."""
        return {one.name: one.value for one in self.choices}

    @property
    def note(self) -> str:
        """The names of the options, and the line, as `rerun:` has them: what is given there was chosen once.

        >>> Chosen((Choice("lr", 0.03, ""), Choice("epochs", 400, "")), "lr 0.03 by range test").note
        'lr,epochs: lr 0.03 by range test'
        """
        return say("{names}: {line}", names=",".join(self.options), line=self.line) if self else ""


def read_note(note: str) -> tuple[list[str], str]:
    """The names and the line of a note.

    >>> read_note("lr,epochs: lr 0.03 by range test")
    (['lr', 'epochs'], 'lr 0.03 by range test')
    """
    names, _, line = note.partition(": ")
    return (names.split(","), line) if note else ([], "")
