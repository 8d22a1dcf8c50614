"""What `predict` shows: rows as they came, with what is added to each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gdcli.definitions.dataclass import dataclass
from gdcli.formatting import short
from gdcli.render.screen import Screen, plain


@dataclass(frozen=True)
class Predicted:
    """A row as it came, and what is added to it."""

    cells: dict[str, Any]
    added: dict[str, Any]

    def row(self) -> dict[str, Any]:
        """The cells, then prediction and probabilities."""
        return self.cells | self.added


class Written(float):
    """A number that is printed as it was written, and is a number to json."""

    text: str

    @classmethod
    def of(cls, value: float, text: str) -> Written:
        """The value and its text."""
        made = cls(value)
        made.text = text
        return made

    def __str__(self) -> str:
        return self.text


class Lines:
    """Rows as aligned text, each as it comes."""

    def __init__(self) -> None:
        self._widths: list[int] = []

    def __call__(self, record: Predicted, screen: Screen) -> Iterator[str]:
        row = record.row()
        if not self._widths:
            self._widths = [max(len(name), 10) for name in row]
            yield "  ".join(plain(name, screen).rjust(w) for name, w in zip(row, self._widths, strict=True))
        cells = [
            value if isinstance(value, str) else str(value) if isinstance(value, Written) else short(value, 5)
            for value in row.values()
        ]
        yield "  ".join(plain(cell, screen).rjust(w) for cell, w in zip(cells, self._widths, strict=True))
