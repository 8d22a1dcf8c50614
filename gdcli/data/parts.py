"""Classes that are missing from one part of a split, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gdcli.data.cells import printable
from gdcli.data.dataset import Dataset
from gdcli.data.warning import ReadWarning, listed
from gdcli.said import say

__all__ = ["PARTS", "class_counts", "missing_classes"]

PARTS = {
    "train": (say("to train on"), say("not learned")),
    "validation": (say("held out"), say("not measured")),
    "test": (say("to test on"), say("not measured")),
}
"""Each part of the rows: what its rows are for, and what becomes of a class that has none of them."""
MIXED = (say(": without --no-shuffle the rows are mixed first"), "--shuffle")
ADVICE = {
    ("train", "in order"): MIXED,
    ("validation", "in order"): MIXED,
    ("validation", "shuffled"): (say(": a larger --validation holds out more"), "--validation"),
}
"""What to do, by the part and by how rows were held out; and the option."""


def class_counts(data: Dataset) -> dict[str, int]:
    """How many rows each class has.

    >>> class_counts(Dataset([[1.0], [2.0], [3.0]], [0, 2, 2], classes=("a", "b", "c")))
    {'a': 1, 'b': 0, 'c': 2}
    """
    return dict(zip(data.classes, data.class_counts().tolist(), strict=True))


def missing_classes(parts: Mapping[str, Dataset], how: str) -> Iterator[ReadWarning]:
    """A warning for each part in which classes have no row.

    Args:
        parts: The rows of `train`, `validation` and `test`, as far as there are any.
        how: How rows were held out: `shuffled`, `in order`, or `given` as rows of their own.

    >>> few = Dataset([[1.0], [2.0]], [0, 0], classes=("common", "rare"))
    >>> print(next(missing_classes({"validation": few}, "shuffled")).sentence)
    class 'rare' has no row among the 2 held out, so it is not measured: a larger --validation holds out more
    """
    counts = {name: class_counts(data) for name, data in parts.items()}
    for name, data in parts.items():
        absent = [label for label, rows in counts[name].items() if not rows]
        if absent:
            learned = [counts.get("train", {}).get(label, 2) for label in absent]
            advice, option = _advice(name, how, max(learned))
            sentence = _sentence(absent, len(data), *PARTS[name]) + advice
            yield ReadWarning("class missing", (data.target_name,), sentence, option)


def _advice(name: str, how: str, learned: int) -> tuple[str, str]:
    """What to do, and the option; no fraction helps classes of which at most one row is learned from."""
    if (name, how) == ("validation", "shuffled") and learned < 2:
        return say(": one row cannot be in both parts"), ""
    return ADVICE.get((name, how), ("", ""))


def _sentence(absent: Sequence[str], rows: int, purpose: str, effect: str) -> str:
    labels = listed([f"'{printable(label)}'" for label in absent])
    one = len(absent) == 1
    who, so = (
        (say("class {labels} has", labels=labels), say("it is"))
        if one
        else (say("classes {labels} have", labels=labels), say("they are"))
    )
    return say(
        "{who} no row among the {rows:,} {purpose}, so {so} {effect}",
        who=who,
        rows=rows,
        purpose=purpose,
        so=so,
        effect=effect,
    )
