"""All answers of a student, marked: formulas, a function in a file, a column of predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError, OptionError, did_you_mean
from gdcli.experiments.reading import Reader
from gdcli.experiments.spec import DataSpec
from gdcli.lessons.checking import KINDS, NAMES, Answer, Line, Verdict, check, compare
from gdcli.lessons.expressions import parse
from gdcli.lessons.student_code import function_values, split_place
from gdcli.said import enumerated, say

__all__ = ["Marks", "line_of", "mark"]

ANSWERS = {one.name: one for one in KINDS}
PREDICTION = Answer("pred", say("the predictions"), lambda line: line.mse)
ALIKE = 1e-6
"""How far a prediction in a file may be from the line's, relative to the largest: people round."""


@dataclass(frozen=True)
class Marks:
    """What a student's answers come to.

    Args:
        verdicts: Each answer's.
        line: What formulas were compared with.
    """

    verdicts: tuple[Verdict, ...]
    line: Line

    @property
    def points(self) -> int:
        """How many points a formula was compared at."""
        return len(self.line.points)

    @property
    def right(self) -> int:
        """How many are right."""
        return sum(one.right for one in self.verdicts)

    @property
    def all_right(self) -> bool:
        """Whether all are."""
        return self.right == len(self.verdicts)

    def figures(self) -> dict[str, Any]:
        """status, correct, answers, points; the first point, the rate and the seed."""
        status = "right" if self.all_right else "wrong"
        head = {"status": status, "correct": self.right, "answers": len(self.verdicts), "points": self.points}
        start = dict(zip(("m", "b"), self.line.start, strict=True))
        return head | {"start": start, "lr": self.line.learning_rate, "seed": self.line.seed}


def line_of(rows: Dataset, start: tuple[float, float], learning_rate: float, seed: int) -> Line:
    """The truth on rows of one input.

    Raises:
        OptionError: If there are more inputs.
    """
    if len(rows.input_names) != 1:
        what = say(
            "a line has one input, and there are {count}: {names}",
            count=len(rows.input_names),
            names=enumerated(rows.input_names[:5]),
        )
        raise OptionError(what, say("choose one, as in --x {input_names}", input_names=rows.input_names[0]))
    return Line(rows.inputs[:, 0].astype(float), rows.targets.astype(float), start, learning_rate, seed)


def mark(
    line: Line,
    formulas: Mapping[str, str],
    python: tuple[str, str | None] | None = None,
    predictions: tuple[str, Array] | None = None,
) -> Marks:
    """Marks all answers.

    Args:
        line: The truth.
        formulas: By the answer's name.
        python: FILE:function, and what it is to be; None says that its name tells.
        predictions: A file's name, and its predictions of the rows at the start.

    Raises:
        OptionError: If there is nothing to mark, or a formula is none.
        DataError: If a function fails, or there are not as many predictions as rows.
    """
    found = tuple(_verdicts(line, formulas, python, predictions))
    if not found:
        flags = ", ".join(one.flag for one in KINDS)
        raise OptionError(
            say("there is nothing to check"), say("give {flags}, --python FILE:function or --pred FILE", flags=flags)
        )
    return Marks(found, line)


def _verdicts(
    line: Line,
    formulas: Mapping[str, str],
    python: tuple[str, str | None] | None,
    predictions: tuple[str, Array] | None,
) -> Iterator[Verdict]:
    for name, text in formulas.items():
        yield check(ANSWERS[name], parse(text, NAMES, ANSWERS[name].flag), line)
    if python is not None:
        answer = _asked(*python)
        yield compare(answer, python[0], function_values(python[0], line), line)
    if predictions is not None:
        yield _predicted(*predictions, line)


def _asked(place: str, wanted: str | None) -> Answer:
    """What a function is to be: as it is said, or as its name tells.

    Raises:
        OptionError: If it does not tell.
    """
    names = [one.name.replace("_", "-") for one in KINDS]
    if wanted is not None:
        known = wanted.lower().replace("-", "_")
        known = "loss" if known == "mse" else known
        if known not in ANSWERS:
            raise OptionError(say("--as: there is no '{wanted}' to check", wanted=wanted), did_you_mean(wanted, names))
        return ANSWERS[known]
    name = split_place(place)[1].lower().replace("mse", "loss").replace("rloss", "rmse")
    for known in sorted(ANSWERS, key=len, reverse=True):
        if known in name or known.replace("_", "") in name:
            return ANSWERS[known]
    raise OptionError(
        say("--python: '{place}' does not say what it is to be", place=place),
        say("add --as {names}", names="|".join(names)),
    )


def _predicted(file: str, given: Array, line: Line) -> Verdict:
    """The verdict on predictions of the rows at the start.

    Raises:
        DataError: If there are not as many as rows.
    """
    m, b = line.start
    truth = m * line.x + b
    if len(given) != len(truth):
        raise DataError(
            say("{file}: {count:,} predictions of {count2:,} rows", file=file, count=len(given), count2=len(truth)),
            say("give one for each row"),
        )
    wrong = ~(np.abs(given - truth) <= ALIKE * (abs(m) * line.reach + abs(b)))
    if not wrong.any():
        return Verdict(PREDICTION, file, True)
    row = int(np.argmax(wrong))
    told = say(
        "{wrong:,} of {count:,} rows differ, row {row} first", wrong=int(wrong.sum()), count=len(truth), row=row + 1
    )
    return Verdict(PREDICTION, file, False, (m, b), float(given[row]), float(truth[row]), told)


def read_predictions(file: str, data: DataSpec, reader: Reader) -> Array:
    """The last column of numbers of a file of predictions.

    Raises:
        DataError: If it cannot be read, or has no numbers.
    """
    table = reader.table(file, DataSpec(file, delimiter=data.delimiter, decimal=data.decimal))
    numeric = [name for name in table.names if table.is_numeric(name)]
    if not numeric:
        raise DataError(
            say("{file}: no column of numbers", file=file), say("give the predictions in a column of their own")
        )
    return np.asarray(table.numbers(numeric[-1]), dtype=float)
