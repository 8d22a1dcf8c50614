"""What was chosen for a run because it was not given, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Choice", "Chosen"]


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

    def figures(self) -> dict[str, Any] | None:
        """The object that json has; None where all was given."""
        found = {one.name: {"value": one.value, "why": one.why} for one in self.choices}
        return {**found, "line": self.line} if found else None
