"""How data looks before anything is learned from it: columns in figures, the split, scatters, pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gdcli.arrays import Array
from gdcli.formatting import short
from gdcli.render import Report, theme
from gdcli.render.layout import Counted, Layout, Picture
from gdcli.render.reports.fit import wrap_remark
from gdcli.render.reports.images import Gallery, gallery
from gdcli.render.screen import Screen, clip, columns, paint, plain
from gdcli.render.vocabulary import sized, word
from gdcli.said import enumerated, say, together

if TYPE_CHECKING:
    from gdcli.data.dataset import Dataset
    from gdcli.data.summary import ColumnSummary
    from gdcli.experiments.looking import Look
    from gdcli.render.charts.plots import Chart

__all__ = ["histogram", "report"]

RAMP, ASCII_RAMP = " ▁▂▃▄▅▆▇█", " .:-=+*#@"
MOST_CLASSES = 40  # whose rows are counted one by one
MOST_VALUES = 4  # of a text
FIGURES = 8, 8, 4, 8  # columns of the smallest value, the largest, gaps, and different values, at least
NARROWEST, BARS = 6, 14  # columns of a name at least, and of a histogram
TAKEN = 59  # columns of the screen, besides a name and a kind
HEIGHT, HIGHEST = 12, 24  # lines of a scatter
FEW_IMAGES = 20  # in a file


def report(look: Look, layout: Layout, show: int | None, names: Mapping[str, str], rerun: str) -> Report:
    """A look at data, for any format.

    Args:
        look: What is to be seen.
        layout: What there is of the screen.
        show: How many rows are shown as pictures; None for a line of them, if they are images.
        names: What classes are called.
        rerun: The command that repeats it.
    """
    answer = list(_words(look, names, Screen(layout.width if layout.fits else 80)))
    listed = layout.listed(look.columns, len(answer), pictured=False)
    return Report(
        schema="gdcli.show/1",
        records=listed,
        rows_name="columns",
        rows_in_kv=True,
        nested=lambda column: column.nested(),
        summary=lambda: look.figures() | {"rerun": rerun},
        paragraph=_Lines(look.columns, layout.width),
        blocks=lambda screen: _blocks(look, layout, listed, show, names, screen),
        pictures=lambda screen: _drawn(look, show, names, screen),
        words=lambda screen: _saved_words(look, names, screen),
        title=say(
            "{count:,} rows, {count2:,} columns from {name}",
            count=len(look.table),
            count2=len(look.table.names),
            name=look.spec.name,
        ),
    )


def _saved_words(look: Look, names: Mapping[str, str], screen: Screen) -> Iterator[str]:
    """What is written below a saved picture: the columns, then the answer."""
    described = _Lines(look.columns, screen.width)
    for column in look.columns[:MOST_CLASSES]:
        yield from described(column, screen)
    if len(look.columns) > MOST_CLASSES:
        yield say(" ... {count:,} more", count=len(look.columns) - MOST_CLASSES)
    yield ""
    yield from _words(look, names, screen)


def _drawn(look: Look, show: int | None, names: Mapping[str, str], screen: Screen) -> list[Picture]:
    """Rows as images, or scatters of them."""
    if look.data is None:
        return []
    if show or look.images:
        return [Picture.of(partial(_gallery, look.data, show or FEW_IMAGES, names), screen)]
    return _scatters(look, names, screen)


class _Lines:
    """Columns as lines under one heading."""

    def __init__(self, summaries: Sequence[ColumnSummary], width: int) -> None:
        longest = max((columns(plain(one.name, Screen())) for one in summaries), default=6)
        kind = max((len(_kind(one)) for one in summaries), default=6)
        self._kind = max(4, kind)
        figures = list(zip(*map(_figures, summaries), strict=True)) or [()] * len(FIGURES)
        self._figures = [max(least, *map(len, cells)) for least, cells in zip(FIGURES, figures, strict=True)]
        more = sum(self._figures) - sum(FIGURES)
        room = width - TAKEN - self._kind - more
        self._bars = room >= NARROWEST
        self._name = max(NARROWEST, min(longest, room + BARS * (not self._bars)))
        self._headed, self._width = False, width

    def __call__(self, column: ColumnSummary, screen: Screen) -> Iterator[str]:
        name = clip(plain(column.name, screen), self._name)
        cells = _figures(column)
        if not self._headed:
            self._headed = True
            titles = self._line(
                screen.speak(say("column")),
                say("role"),
                say("kind"),
                [say("low"), say("high"), say("gaps"), say("distinct")],
                say("histogram") if self._bars else "",
            )
            yield paint(titles, theme.HEADING, screen)
        line = screen.speak(self._line(name, word(column.role), _kind(column), cells, ""))
        bars = histogram(column.histogram, screen) if self._bars else ""
        room = self._width - columns(line) - len(bars) - 1
        values = clip(_values(column, screen), room) if room >= NARROWEST else ""
        yield say("{line}{bars} {values}", line=line, bars=paint(bars, theme.DATA, screen), values=values)

    def _line(self, name: str, role: str, kind: str, cells: Sequence[str], spread: str) -> str:
        padded = name + " " * (self._name - columns(name))
        padded_cells = (
            say("{cell:>{width}}", cell=cell, width=width) for cell, width in zip(cells, self._figures, strict=True)
        )
        return say(
            " {padded}  {role:<8} {kind2:<{kind}}  {figures}  {spread}",
            padded=padded,
            role=role,
            kind=self._kind,
            kind2=kind,
            figures=together(" ", padded_cells),
            spread=spread,
        )


def _kind(column: ColumnSummary) -> str:
    return say("whole") if column.kind == "whole number" else word(column.kind)


def _figures(column: ColumnSummary) -> list[str]:
    """A column's smallest and largest value, its gaps, and how many different values it has."""
    return [_number(column.low), _number(column.high), f"{column.gaps:,}", f"{column.distinct:,}"]


def _number(value: float | None) -> str:
    return "" if value is None else short(value)


def histogram(counts: Sequence[int], screen: Screen) -> str:
    """Counts as bars one character wide, the largest the highest; what is not empty is seen.

    >>> histogram([0, 1, 4, 2], Screen())
    ' ▂█▄'
    """
    ramp = RAMP if screen.unicode else ASCII_RAMP
    largest = max([*counts, 1])
    return "".join(ramp[0 if not count else max(1, round(count * (len(ramp) - 1) / largest))] for count in counts)


def _values(column: ColumnSummary, screen: Screen) -> str:
    """The most frequent values of a text; one of many that come once."""
    if not column.common:
        return ""
    if column.histogram[0] == 1 and column.distinct > 1:
        return plain(f"{column.common[0]}, ...", screen)
    pairs = zip(column.common[:MOST_VALUES], column.histogram, strict=False)
    more = ", ..." if column.distinct > MOST_VALUES else ""
    return plain(enumerated((f"{value} {count:,}" for value, count in pairs)) + more, screen)


def _blocks(
    look: Look, layout: Layout, listed: Counted, show: int | None, names: Mapping[str, str], screen: Screen
) -> Iterator[str]:
    """Under the columns: what is said of them, and pictures of the rows."""
    yield from listed.word()
    answer, used = list(_words(look, names, screen)), listed.lines + len(listed.word())
    if layout.rows is not None and not show:
        whole = layout.height_of(part for line in answer for part in layout.folded(screen.speak(line)))
        room = replace(layout, rows=max(layout.rows, used + whole))  # all is said here: others name this command for it
        answer = [*room.compose([], answer, used, screen)]
        used += layout.height_of(answer)
    else:
        answer.insert(0, "")
    yield from answer
    if look.data is not None and (show or (look.images and layout.plotted)):
        lines = list(_pictures(look.data, show, names, screen))
        if show or not layout.fits or used + len(lines) <= (layout.rows or 0):
            yield from lines
    elif look.data is not None and layout.plotted:
        pictures = _scatters(look, names, screen)
        yield from layout.compose(pictures, [], used, screen)


def _words(look: Look, names: Mapping[str, str], screen: Screen) -> Iterator[str]:
    """What is predicted from what, what is left out, and the split."""
    if look.report is not None:
        for label, text in look.report.labelled():
            yield from wrap_remark(label or say("note"), plain(text, screen), screen)
    if look.refusal is not None:
        yield from wrap_remark(say("refused"), look.refusal, screen)
    yield from _split(look, names, screen)


def _split(look: Look, names: Mapping[str, str], screen: Screen) -> Iterator[str]:
    """How many rows each part has, and each class in it."""
    if not look.parts:
        return
    sizes = enumerated(sized(name, len(data)) for name, data in look.parts.items())
    yield from wrap_remark(say("split"), say("{sizes} rows, as gdcli train has them", sizes=sizes), screen)
    for name, part in look.split.items():
        if part.classes:
            yield from wrap_remark(name, _counts(part.classes, names, screen), screen)


def _counts(classes: Mapping[str, int], names: Mapping[str, str], screen: Screen) -> str:
    """Rows of each class; of many classes, the fewest and the most."""
    if len(classes) > MOST_CLASSES:
        least, most = (choose(classes, key=lambda label: classes[label]) for choose in (min, max))
        few, many = (
            say("{classes:,} of {names}", classes=classes[label], names=names.get(label, label))
            for label in (least, most)
        )
        return plain(say("{count} classes, from {few} to {many}", count=len(classes), few=few, many=many), screen)
    return plain(enumerated((f"{names.get(label, label)} {count:,}" for label, count in classes.items())), screen)


def _pictures(data: Dataset, show: int | None, names: Mapping[str, str], screen: Screen) -> Iterator[str]:
    side = round(data.inputs.shape[1] ** 0.5)
    count = show or max(1, screen.width // (max(side, 12) + 2))
    yield ""
    yield from _gallery(data, count, names).draw(screen, screen.width, 0).split("\n")


def _gallery(data: Dataset, count: int, names: Mapping[str, str]) -> Gallery:
    labels = [data.classes[int(at)] if data.classes else f"{float(at):g}" for at in data.targets[:count]]
    return gallery(data, count, [names.get(label, label) for label in labels])


def _scatters(look: Look, names: Mapping[str, str], screen: Screen) -> list[Picture]:
    """One input, or two, against the target; of two inputs and classes, the one against the other."""
    data, inputs = look.parts["train"], look.parts["train"].inputs.shape[1]
    height = min(HIGHEST, max(HEIGHT, screen.height - len(look.columns) - 9))
    if inputs not in (1, 2):
        return []
    if data.classes and inputs == 2:
        return [Picture.of(partial(_plane, look, names), screen, usual=height, wide=height, height=7)]
    size = {"usual": height, "wide": height, "height": 6}
    return [Picture.of(partial(_against, look, at), screen, **size, rank=at) for at in range(inputs)]


def _against(look: Look, at: int) -> Chart:
    """The target by an input, rows held out with a mark of their own."""
    from gdcli.render.charts.plots import Chart, Series

    data = look.parts["train"]
    meanings = {"train": ("", theme.DATA), "validation": (say("held out"), theme.VALIDATION)}
    series = [
        Series(part.inputs[:, at].astype(float), part.targets.astype(float), label, "points", meaning)
        for name, (label, meaning) in meanings.items()
        if (part := look.parts.get(name)) is not None
    ]
    return Chart(
        series, say("{target_name} by {input_names}", target_name=data.target_name, input_names=data.input_names[at])
    )


def _plane(look: Look, names: Mapping[str, str]) -> Chart:
    """The two inputs, each class with its mark; rows held out are left out."""
    from gdcli.render.charts.plots import Chart, Series

    data = look.parts["train"]
    series = [
        Series(*_points(data, at), names.get(label, label), "points", meaning)
        for (at, label), meaning in zip(enumerate(data.classes), theme.CLASSES, strict=False)
    ]
    return Chart(
        series,
        say(
            "{input_names} by {input_names2}, rows to train on",
            input_names=data.input_names[1],
            input_names2=data.input_names[0],
        ),
        equal=True,
    )


def _points(data: Dataset, at: int) -> tuple[Array, Array]:
    """The two inputs of the rows of one class."""
    inputs = data.inputs[data.targets == at].astype(float)
    return inputs[:, 0], inputs[:, 1]
