"""How the target is understood, and what speaks for another reading of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from gdcli.arrays import Array, distinct
from gdcli.data.categories import categories
from gdcli.data.cells import is_gap, is_missing, printable, quoted
from gdcli.data.columns import TARGET_NAMES, has_codes, mostly_missing
from gdcli.data.inspection import columns_of, counting, option_of_another
from gdcli.data.lookalikes import complaint, hold_nearly_numbers, holds_dates
from gdcli.data.report import ReadReport, Target
from gdcli.data.selection import Selection
from gdcli.data.tables import Table
from gdcli.data.tasks import CLASS_NAME, MOST_CLASSES, guess_task, looks_like_labels
from gdcli.data.warning import ReadWarning, as_option, count, listed
from gdcli.errors import DataError
from gdcli.said import say

__all__ = ["describe_target", "refuse_own_labels", "target_warnings"]

_MOST_LABELS = 200  # of a text column whose spelling is compared
_MANY_CLASSES = 10
_FEW = 1000  # cells that tell what a column holds
_MANY = 100_000  # values that tell what a column holds


def describe_target(selected: Selection, asked: bool, task: str | None) -> Target:
    """What is predicted, as what, and why."""
    table, name = selected.base, selected.target
    why = (
        say("asked for")
        if asked
        else say("called '{name}'", name=name)
        if name.lower() in TARGET_NAMES
        else _where(table, name)
    )
    kind = task or guess_task(table, name)
    if kind == "classification":
        numeric = task is None and table.is_numeric(name) and not has_codes(table, name)
        classes = _classes(table, name)
        return Target(name, kind, classes, why, say("--task regression") if numeric and classes > 2 else "")
    values = _values(table, name) if table.is_numeric(name) else np.empty(0)
    few = task is None and len(distinct(values[:_MANY])) <= MOST_CLASSES and bool((values == np.rint(values)).all())
    return Target(name, kind, 0, why, say("--task classification") if few and len(values) > MOST_CLASSES else "")


def _where(table: Table, name: str) -> str:
    if name == table.names[-1]:
        return say("the last column")
    later = table.names[table.names.index(name) + 1 :]
    if all(mostly_missing(table, after) for after in later):
        return say("the last column that is not mostly gaps")
    return say("the last that is no input")


def _classes(table: Table, name: str) -> int:
    if table.is_numeric(name) and not has_codes(table, name):
        return len(distinct(_values(table, name)))
    return len(_spellings(table, name))


def _spellings(table: Table, name: str) -> list[str]:
    """A column's distinct labels as they are written, sorted, without missing cells."""
    return sorted({cell.strip() for cell in set(table.texts(name)) if not is_missing(cell)})


def _values(table: Table, name: str) -> Array:
    values = table.numbers(name)
    return values[~np.isnan(values)]


def target_warnings(
    selected: Selection, target: Target, left_out: Sequence[str], task: str | None
) -> Iterator[ReadWarning]:
    """What speaks for another reading of the target, and labels that are spelled in several ways."""
    yield from _other_task(selected.base, target, task)
    if target.why not in ("asked for", f"called '{target.name}'"):
        yield from _first_column(selected.base, target)
        yield from _counting(selected.base, target)
    texts = [target.name] if target.classes else []
    for name in dict.fromkeys([*texts, *selected.values, *left_out]):
        if not selected.base.is_numeric(name):
            labels = _spellings(selected.base, name) if name == target.name else categories(selected.base, name)
            yield from _spelled_alike(name, labels)


def _counting(table: Table, target: Target) -> Iterator[ReadWarning]:
    """That a target which nobody asked for numbers the rows."""
    others = [name for name in table.names if name != target.name]
    what = counting(columns_of(table, [target.name])[0]) if table.is_numeric(target.name) and others else ""
    if what:
        option = f"--y {as_option(others[-1:])}"
        sentence = say("{what}: {option} predicts that instead", what=what, option=option)
        yield ReadWarning("row counter as target", (target.name,), sentence, option)


def _other_task(table: Table, target: Target, task: str | None) -> Iterator[ReadWarning]:
    """Classes that look like a quantity, or numbers that look like classes."""
    name = printable(target.name)
    if not table.is_numeric(target.name):
        yield from _own_labels(table, target)
        return
    if target.classes > _MANY_CLASSES and target.option and not CLASS_NAME.search(target.name):
        what = say(
            "{name} is read as {classes} classes: {option} reads it as a number",
            name=name,
            classes=target.classes,
            option=target.option,
        )
        yield ReadWarning("quantity as classes", (target.name,), what, target.option)
    if target.task == "classification":
        return
    values = _values(table, target.name)
    known = distinct(values[:_MANY])
    if len(known) == 1 and len(values) > 1 and len(values) <= _MANY:
        what = say("{name} is {known:g} in every row: there is nothing to learn", name=name, known=known[0])
        yield ReadWarning("constant target", (target.name,), what)
    if len(known) == 2 and len(values) > 4 and bool((known == np.rint(known)).all()):
        what = say(
            "{name} holds only {known:g} and {known2:g}: gdcli train tells the two classes apart",
            name=name,
            known=known[0],
            known2=known[1],
        )
        yield ReadWarning("classes as a quantity", (target.name,), what, _train(task))
    elif CLASS_NAME.search(target.name) and 5 * len(known) <= len(values) and looks_like_labels(known.repeat(2)):
        what = say(
            "{name} holds {count} different whole numbers and is read as a number, not as classes",
            name=name,
            count=len(known),
        )
        yield ReadWarning("classes as a quantity", (target.name,), what, _train(task))


def _own_labels(table: Table, target: Target) -> Iterator[ReadWarning]:
    """A text that is another in most rows, as names are, taken for the class because it stands last."""
    cells = table.first_texts(target.name, _FEW)
    if holds_dates(cells) or hold_nearly_numbers(cells):
        cell = next(cell for cell in cells if not is_gap(cell))
        read = say(
            "{printable} is read as {classes:,} classes", printable=printable(target.name), classes=target.classes
        )
        what = say(
            "{read}, though {quoted} may be a number: {complaint}",
            read=read,
            quoted=quoted(cell),
            complaint=complaint(cell)[1],
        )
        yield ReadWarning("numbers as classes", (target.name,), what)
        return
    if target.why == "asked for" or target.classes <= MOST_CLASSES or 2 * target.classes < len(table):
        return
    option = option_of_another(table)
    what = say(
        "{printable} holds {classes:,} labels in {count:,} rows, as names do",
        printable=printable(target.name),
        classes=target.classes,
        count=len(table),
    )
    yield ReadWarning(
        "names as classes",
        (target.name,),
        say("{what}: {option} predicts another column", what=what, option=option),
        option,
    )


def refuse_own_labels(report: ReadReport) -> None:
    """Refuses a target that nobody asked for and with a label for every row or two, as names and dates have.

    Raises:
        DataError: With another column to predict, and with how to have this one all the same.
    """
    target = report.target
    if target.why == "asked for" or target.classes <= MOST_CLASSES or 2 * target.classes < report.rows:
        return
    warning = next((one for one in report.warnings if one.kind in ("names as classes", "numbers as classes")), None)
    if warning is None:
        return
    this = f"--y {as_option([target.name])}"
    raise DataError(
        say(
            "{source}: the target, {name} ({why}), holds {classes:,} labels in {rows:,} rows, as names and dates do",
            source=printable(report.source),
            name=printable(target.name),
            why=target.why,
            classes=target.classes,
            rows=report.rows,
        ),
        say("{option} predicts another column, {this} this one", option=warning.option, this=this)
        if warning.option
        else warning.sentence
        if warning.kind == "numbers as classes"
        else say("{this} predicts it all the same", this=this),
    )


def _train(task: str | None) -> str:
    return "gdcli train" if task else say("--task classification")


def _first_column(table: Table, target: Target) -> Iterator[ReadWarning]:
    """A first column of classes where the last, which is taken for the target, holds none."""
    first = table.names[0]
    unnamed = table.layout.header is False or table.names[-1] == str(len(table.names))
    if first == target.name or not (unnamed or CLASS_NAME.search(first)):
        return
    if not _like_classes(table, first) or _like_classes(table, target.name):
        return
    option = f"--y {1 if unnamed else as_option([first])}"
    what = say(
        "column {printable} looks like the class, and the last, {printable2}, does not",
        printable=printable(first),
        printable2=printable(target.name),
    )
    yield ReadWarning("first column", (first,), say("{what}: {option} predicts it", what=what, option=option), option)


def _like_classes(table: Table, name: str) -> bool:
    """Whether a column holds a few labels, each more than once: text, or whole numbers without a gap from 0 or 1."""
    if not table.is_numeric(name):
        cells = table.first_texts(name, _MANY)
        return 1 < len(set(cells)) <= min(MOST_CLASSES, len(cells) // 2)
    values = _values(table, name)[:_MANY]
    distinct, counts = np.unique(values, return_counts=True)
    if not 1 < len(distinct) <= MOST_CLASSES or not looks_like_labels(values) or counts.max() > 0.95 * len(values):
        return False
    return bool(distinct[0] in (0, 1) and distinct[-1] - distinct[0] < len(distinct) + 2 and counts.min() > 1)


def _spelled_alike(name: str, labels: Sequence[str]) -> Iterator[ReadWarning]:
    """Labels that are one but for capitals or blanks."""
    if len(labels) > _MOST_LABELS:
        return
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for label in labels:
        groups[re.sub(r"\s+", "", label).casefold()].append(label)
    for alike in groups.values():
        if len(alike) > 1:
            spellings = listed([f"'{printable(label)}'" for label in alike])
            what = say(
                "{spellings} in {printable} differ only in capitals or blanks",
                spellings=spellings,
                printable=printable(name),
            )
            sentence = say(
                "{what}, and count as {count}: write them alike to make them one",
                what=what,
                count=count(len(alike), "label"),
            )
            yield ReadWarning("labels alike", (name,), sentence)
