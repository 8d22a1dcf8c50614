"""What `predict` shows: rows as they came, with what is added to each; or rows as pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from gdcli.data.dataset import Dataset
from gdcli.data.tables import Table
from gdcli.experiments.row_predictions import Predicted, Written, predicted_answers
from gdcli.experiments.saved import Model
from gdcli.experiments.spec import DataSpec
from gdcli.formatting import short
from gdcli.render.reports.images import images
from gdcli.render.screen import Screen, align_right, columns, plain

LARGE = 1e5


class Lines:
    """Rows as aligned text, each as it comes."""

    def __init__(self) -> None:
        self._widths: list[int] = []

    def __call__(self, record: Predicted, screen: Screen) -> Iterator[str]:
        row = record.row()
        if not self._widths:
            self._widths = [max(columns(name), 10) for name in row]
            yield self._line(row, screen)
        cells = [
            value if isinstance(value, str) else str(value) if isinstance(value, Written) else _number(value)
            for value in row.values()
        ]
        yield self._line(cells, screen)

    def _line(self, cells: Iterable[str], screen: Screen) -> str:
        return "  ".join(align_right(plain(cell, screen), w) for cell, w in zip(cells, self._widths, strict=True))


def _number(value: float) -> str:
    """A prediction; a large one with digits enough to tell it from those of other rows.

    >>> _number(217.48123), _number(10000018.926769644)
    ('217.48', '10000018.9268')
    """
    return short(value, 5) if abs(value) < LARGE or not math.isfinite(value) else f"{value:.12g}"


def pictures(saved: Model, table: Table, count: int, options: DataSpec, screen: Screen) -> Iterator[str]:
    """Rows as pictures, with what the network makes of them and how sure it is."""
    prepared = saved.saved.preparation
    values, kept = saved.complete_rows(table, options)
    out = saved.row_outputs(values[:count])
    answers = [str(answer) for answer in predicted_answers(saved, out)]
    if prepared.classes:
        sure = prepared.probabilities(out).max(axis=1)
        answers = [f"{answer}  {100 * float(part):.0f} %" for answer, part in zip(answers, sure, strict=True)]
    if prepared.target_name in table.names:
        truth = [table.texts(prepared.target_name)[row] for row in np.flatnonzero(kept)[:count].tolist()]
        answers = [f"{true}: {answer}" for true, answer in zip(truth, answers, strict=True)]
    yield from images(Dataset(values[:count], np.zeros(len(answers))), count, screen, answers)
