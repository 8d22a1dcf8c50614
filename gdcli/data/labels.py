"""Class numbers of labels that are met one block after the other."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from gdcli.arrays import Array
from gdcli.data.categories import missing_texts
from gdcli.data.cells import data_error, quoted
from gdcli.data.columns import class_numbers, has_codes, label_text
from gdcli.data.missing import Rows
from gdcli.data.tables import Table
from gdcli.said import enumerated, say

__all__ = ["MOST_LABELS", "Labels"]

MOST_LABELS = 10_000
"""Classes of a column; more are a quantity, or names."""


class Labels:
    """The labels of a column, numbered as they are met.

    Args:
        table: The first rows, which tell whether labels are numbers.
        name: The column.
        known: The classes of a run that goes on; empty where they are still to be met.

    >>> from gdcli.data.tables import read_table
    >>> table = read_table(b"x,kind\\n1,b\\n2,a\\n3,b\\n", "data.csv")
    >>> labels = Labels(table, "kind")
    >>> labels.codes(table)[0].tolist(), labels.classes, labels.order.tolist()
    ([0, 1, 0], ('a', 'b'), [1, 0])
    """

    def __init__(self, table: Table, name: str, known: Sequence[str] = ()) -> None:
        self._name, self._source, self._known = name, table.source, tuple(known)
        self._numeric = table.is_numeric(name) and not has_codes(table, name)
        self._by_text = class_numbers(known) | {label: number for number, label in enumerate(known)}
        self._codes: dict[Hashable, int] = {}

    def add(self, numbers: Iterable[int]) -> None:
        """Numbers labels that stand elsewhere, too."""
        if not self._known:
            for number in map(float, numbers):
                self._codes.setdefault(number, len(self._codes))

    def codes_of_bytes(self, blocks: Iterable[Array]) -> Array:
        """The class number of each byte, (256,), where those are the labels of a column.

        Raises:
            DataError: At a label that is not known.
        """
        present = sorted({label for block in blocks for label in np.unique(block).tolist()})
        self.add(present)
        codes = np.zeros(256, np.int64)
        for label in present:
            if str(label) not in self.classes:
                raise data_error(self._source, *self._unknown(str(label)), column=self._name)
            codes[label] = self.classes.index(str(label))
        return codes

    def codes(self, table: Table) -> tuple[Array, Rows]:
        """The number of each row's label, by when it was met, and which rows have none.

        Raises:
            DataError: At a label that is not known, or is no number where labels are; or if there are too many.
        """
        cells: list[Hashable]
        if self._numeric:
            values = table.numbers(self._name)
            cells, missing = [*values.tolist()], np.isnan(values)
        else:
            cells, missing = [cell.strip() for cell in table.texts(self._name)], missing_texts(table, self._name)
        gaps = {cell for cell, is_missing in zip(cells, missing.tolist(), strict=True) if is_missing}
        for cell in dict.fromkeys(cells):
            if cell not in gaps and cell not in self._codes:
                self._codes[cell] = self._number(cell, cells, table)
        found = np.fromiter((self._codes.get(cell, 0) for cell in cells), np.int64, len(cells))
        return found, missing

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels in order."""
        return self._known or tuple(map(self._text, sorted(self._codes)))  # type: ignore[type-var]  # of one type

    @property
    def order(self) -> Array:
        """The class number of each label by when it was met."""
        if self._known:
            return np.arange(len(self._known))
        order = np.empty(len(self._codes), np.int64)
        order[[self._codes[cell] for cell in sorted(self._codes)]] = np.arange(len(order))  # type: ignore[type-var]  # as above
        return order

    def _number(self, cell: Hashable, cells: list[Hashable], table: Table) -> int:
        """The number of a label that is met for the first time."""
        if not self._known:
            if len(self._codes) == MOST_LABELS:
                what = say("more than {most_labels:,} labels", most_labels=MOST_LABELS)
                hint = say("--task regression predicts a number; --y names another column")
                raise data_error(table.source, what, hint, column=self._name)
            return len(self._codes)
        if self._text(cell) not in self._by_text:
            raise table.error(cells.index(cell), self._name, *self._unknown(self._text(cell)))
        return self._by_text[self._text(cell)]

    def _unknown(self, label: str) -> tuple[str, str]:
        """What is wrong with a label that is not known, and what to do."""
        listed = say("{names}{more}", names=enumerated(self._known[:20]), more=", ..." * (len(self._known) > 20))
        return say("{quoted} is none of the classes", quoted=quoted(label)), say(
            "the classes are {listed}", listed=listed
        )

    @staticmethod
    def _text(cell: Hashable) -> str:
        return label_text(cell) if isinstance(cell, float) else str(cell)
