"""What a target is: classes to tell apart, or numbers."""

from __future__ import annotations

import re

import numpy as np

from gdcli.arrays import Array
from gdcli.data.tables import Table

__all__ = ["CLASS_NAME", "MOST_CLASSES", "guess_task", "looks_like_labels"]

MOST_CLASSES = 30
"""More different whole numbers than this are quantities, not classes."""

CLASS_NAME = re.compile(r"(^|[\W_])(class|label|target|species|category|diagnosis)([\W_]|$)", re.IGNORECASE)
"""What columns of classes are called."""

_VERY_FEW, _FEW_CLASSES = 4, 10
_ROWS_EACH = 3  # rows of a class, on average, where there are many classes
_RARE = 0.02


def guess_task(table: Table, target: str) -> str:
    """`classification` for text and few different whole numbers that do not look like a quantity, else `regression`.

    Of more than ten whole numbers, those that begin with 0 or 1 and come about equally often are classes;
    others are ages, counts and the like. So are numbers that hardly come again.

    >>> from gdcli.data.tables import read_table
    >>> rows = b"".join(b"%d,%d\\n" % (30 + i % 25, i % 3) for i in range(100))
    >>> table = read_table(b"age,kind\\n" + rows, "data.csv")
    >>> guess_task(table, "age"), guess_task(table, "kind")
    ('regression', 'classification')
    """
    if not table.is_numeric(target):
        return "classification"
    values = table.numbers(target)
    return "classification" if looks_like_labels(values[~np.isnan(values)]) else "regression"


def looks_like_labels(values: Array) -> bool:
    """Whether numbers look like the labels of classes."""
    if not len(values) or not (values == np.rint(values)).all():
        return False
    distinct, counts = np.unique(values, return_counts=True)
    classes, rows = len(distinct), len(values)
    if classes > MOST_CLASSES or _is_each_once(distinct, rows) or (classes > _VERY_FEW and rows < 2 * classes):
        return False
    if classes <= _FEW_CLASSES:
        return True
    return bool(distinct[0] in (0, 1) and counts.min() >= _RARE * counts.max() and rows >= _ROWS_EACH * classes)


def _is_each_once(distinct: Array, rows: int) -> bool:
    """Whether every row has a number of its own, but for the two rows of two classes, 0 and 1, or 1 and 2."""
    return len(distinct) == rows and (rows > 2 or distinct[0] not in (0, 1))
