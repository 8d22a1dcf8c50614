"""How losses look: a chart of each beside its gradients, a table, and what a confident mistake costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from gdcli.experiments.loss_profiles import LossProfile, Pictures
from gdcli.formatting import short
from gdcli.render import Report, theme
from gdcli.render.layout import Picture
from gdcli.render.reports.activation import round_range
from gdcli.render.screen import Screen, columns, paint, plain
from gdcli.render.vocabulary import word
from gdcli.said import enumerated, say, together

if TYPE_CHECKING:
    from gdcli.render.charts.plots import Chart
    from gdcli.render.formats import Format

__all__ = ["draw_losses", "report", "tabulate_losses"]

Profiles = Mapping[str, Sequence[LossProfile]]
TITLES: Mapping[str, Mapping[str, str]] = {
    "p": {"loss": say("loss"), "gradient": say("slope by p"), "logit_gradient": say("slope by the logit")},
    "residual": {"loss": say("loss"), "gradient": say("slope")},
}
DRAWN = {"p": ("loss", "logit_gradient", "gradient"), "residual": ("loss", "gradient")}
"""The curves of a picture, the most important first."""
HEADS = {"p": say("p, the true class's probability"), "residual": say("r = prediction - target")}
ACROSS, CELL, GAP = 5, 9, 2
NARROWEST, BROADEST, LOWEST, HIGHEST = 38, 66, 8, 16
BELOW = 2  # lines of the screen that the prompt and the rerun line take
TAIL = 0.1  # the part of a curve, at either end, for which a chart's range is not stretched
WEAK = 0.1


def report(pictures: Pictures, form: Format, drawn: bool, again: str) -> Report:
    """Losses and their gradients, for any format.

    Args:
        pictures: The losses and their ranges.
        form: The output format.
        drawn: Whether a table is charts.
        again: The command that repeats it.
    """
    profiles = pictures.profiles(form.for_people, drawn)
    every = [*chain.from_iterable(profiles.values())]
    numbered = not (form.rows_only or form.nested)
    return Report(
        schema="gdcli.loss/1",
        records=() if form.for_people else chain.from_iterable(one.rows() for one in every),
        rows_name="points",
        summary=lambda: _figures(pictures, profiles, again) | (_columns(profiles) if numbered else {}),
        blocks=lambda screen: (
            _on_screen(profiles, pictures.at_landmarks(), screen) if drawn else tabulate_losses(profiles, screen)
        ),
        pictures=lambda screen: _pictures(pictures.profiles(for_people=True, drawn=True), screen),
        words=lambda screen: tabulate_losses(pictures.at_landmarks(), screen),
        title=say("losses and their slopes"),
    )


def _figures(pictures: Pictures, profiles: Profiles, again: str) -> dict[str, Any]:
    against = {
        kind: {"from": grid.low, "to": grid.high, "losses": {one.name: one.facts() for one in profiles[kind]}}
        for kind, grid in pictures.ranges.items()
    }
    return {"against": against, "rerun": again}


def _columns(profiles: Profiles) -> dict[str, Any]:
    """The rows as numbered names, for kv."""
    return {kind: {"x": group[0].x, **{one.name: one.curves() for one in group}} for kind, group in profiles.items()}


def _on_screen(profiles: Profiles, landmarks: Profiles, screen: Screen) -> Iterator[str]:
    """Charts and sentences, and the tables where they fit on the screen too."""
    room = screen.height - BELOW - sum(len(_sentences(kind, group)) + 1 for kind, group in profiles.items())
    tables = {kind: [*_table(kind, group, screen)] for kind, group in landmarks.items()}
    left = room - sum(len(lines) + 1 for lines in tables.values())
    tabled = left >= LOWEST * len(profiles)
    height = max(LOWEST, min((left if tabled else room) // len(profiles), HIGHEST))
    meanings = _meanings(profiles)
    for at, (kind, group) in enumerate(profiles.items()):
        yield from ("",)[: bool(at)]
        yield from draw_losses(kind, group, meanings, screen, height)
        if tabled:
            yield from ("", *tables[kind])
        yield from (plain(sentence, screen) for sentence in _sentences(kind, group))


def draw_losses(
    kind: str, group: Sequence[LossProfile], meanings: Mapping[str, theme.Meaning], screen: Screen, height: int
) -> list[str]:
    """The losses and their slopes, each a chart, side by side as far as there is room."""
    from gdcli.render.charts.plots import side_by_side

    count = min(len(DRAWN[kind]), max(1, (screen.width + GAP) // (NARROWEST + GAP)))
    broad = min((screen.width + GAP) // count - GAP, BROADEST)
    charts = loss_charts(kind, group, meanings)[:count]
    return side_by_side([one.draw(screen, broad, height) for one in charts], screen, GAP).split("\n")


def loss_charts(kind: str, group: Sequence[LossProfile], meanings: Mapping[str, theme.Meaning]) -> list[Chart]:
    """The losses and their slopes, each a chart, the most important first."""
    from gdcli.render.charts.plots import Chart, Series

    charts = []
    for name in DRAWN[kind]:
        curves = [one.curves()[name] for one in group]
        series = [
            Series(one.x, curve, label=one.title if name == "loss" else "", meaning=meanings[one.name])
            for one, curve in zip(group, curves, strict=True)
        ]
        axis = "p" if kind == "p" else "r"
        charts.append(Chart(series, TITLES[kind][name], x_label=axis, y_range=_y_range(curves)))
    return charts


def _pictures(profiles: Profiles, screen: Screen) -> list[Picture]:
    """All charts of all losses; each curve with its name."""
    meanings, names = _meanings(profiles), {one.name: one.title for group in profiles.values() for one in group}
    charts = []
    for kind, group in profiles.items():
        for one in loss_charts(kind, group, meanings):
            pairs = zip(one.series, group, strict=True)
            charts.append(one._replace(series=[replace(each, label=names[of.name]) for each, of in pairs]))
    return [Picture.of(partial(_same, one), screen) for one in charts]


def _same(chart: Chart) -> Chart:
    return chart


def _y_range(curves: Sequence[Sequence[float]]) -> tuple[float, float] | None:
    """A range for all curves; what only the ends of one reach is cut."""
    ends = np.nanquantile(np.array(curves), [0.0, TAIL, 1 - TAIL, 1.0], axis=1)
    low, high = ends[1].min(), ends[2].max()
    reach = high - low
    if ends[0].min() >= low - reach and ends[3].max() <= high + reach:
        return None
    return round_range([max(ends[0].min(), low - reach), min(ends[3].max(), high + reach)])


def _meanings(profiles: Profiles) -> dict[str, theme.Meaning]:
    """A colour for each loss, the same in all charts."""
    names = dict.fromkeys(one.name for group in profiles.values() for one in group)
    return {name: theme.CLASSES[at % len(theme.CLASSES)] for at, name in enumerate(names)}


def tabulate_losses(profiles: Profiles, screen: Screen) -> Iterator[str]:
    """The losses and their slopes at each point, and the sentences."""
    for at, (kind, group) in enumerate(profiles.items()):
        yield from ("",)[: bool(at)]
        for begin in range(0, len(group[0].x), ACROSS):
            yield from _table(kind, [_part(one, slice(begin, begin + ACROSS)) for one in group], screen)
            yield ""
        yield from (plain(sentence, screen) for sentence in _sentences(kind, group))


def _part(profile: LossProfile, where: slice) -> LossProfile:
    """A loss at some of its points."""
    x, *curves = ([*values][where] for values in (profile.x, *profile.curves().values()))
    return LossProfile(profile.definition, profile.against, x, *curves)


def _table(kind: str, parts: Sequence[LossProfile], screen: Screen) -> Iterator[str]:
    """Of each loss a line for itself and one for each slope, each with its formula; a column for each x."""
    rows = [
        (word(part.title) if name == "loss" else "  " + TITLES[kind][name], formula, values)
        for part in parts
        for (name, values), formula in zip(part.curves().items(), [*part.formulas, "", "", ""], strict=False)
    ]
    cells = [(plain(title, screen), plain(word(formula), screen), values) for title, formula, values in rows]
    broad = max(columns(title) for title, _, _ in cells)
    wide = max(columns(formula) for _, formula, _ in cells)
    title = screen.speak(HEADS[kind])
    head = max(broad + wide + 2, columns(title))
    yield paint(title + " " * (head - columns(title)) + _numbers(parts[0].x), theme.HEADING, screen)
    for title, formula, values in cells:
        start = f"{title}{' ' * (broad - columns(title))}  {formula}"
        yield start + " " * (head - columns(start)) + _numbers(values)


def _numbers(values: Sequence[float]) -> str:
    texts = (short(value) for value in values)
    return "".join(f"{text if len(text) < CELL else f'{float(text):.1e}':>{CELL}}" for text in texts)


def _sentences(kind: str, group: Sequence[LossProfile]) -> list[str]:
    """What follows from the numbers, in words."""
    return (_of_classes if kind == "p" else _of_numbers)(group)


def _of_classes(group: Sequence[LossProfile]) -> list[str]:
    """How much a confident mistake costs and pulls; where it hardly pulls, that too."""
    p = group[0].x[0]
    costs = _priced(group, (short(one.loss[0], 3) for one in group))
    pulls = enumerated(
        say("{value} ({title})", title=word(one.title), value=short(abs(one.logit_gradient[0]), 3)) for one in group
    )
    if p >= 0.5:
        return [
            say("at p = {p} the loss is {costs}", p=short(p), costs=costs),
            say("and the gradient on the logit is {pulls}", pulls=pulls),
        ]
    weak = [word(one.title) for one in group if abs(one.logit_gradient[0]) < WEAK * max(map(abs, one.logit_gradient))]
    return [
        say("a confident mistake, p = {p}, costs {costs}", p=short(p), costs=costs),
        say("the gradient on its logit is {pulls}", pulls=pulls),
        *(
            [say("{names} hardly correct{s} it", names=together(say(" and "), weak), s="s" * (len(weak) == 1))]
            if weak
            else []
        ),
    ]


def _priced(group: Sequence[LossProfile], values: Iterable[str]) -> str:
    """Each loss with its value."""
    return enumerated(
        say("{title} {value}", title=word(one.title), value=value) for one, value in zip(group, values, strict=True)
    )


def _of_numbers(group: Sequence[LossProfile]) -> list[str]:
    """How much an outlier weighs and pulls."""
    at = max(range(len(group[0].x)), key=lambda index: (abs(group[0].x[index]), group[0].x[index]))
    costs = _priced(group, (short(one.loss[at], 3) for one in group))
    pulls = enumerated(
        say("{value} ({title})", title=word(one.title), value=short(abs(one.gradient[at]), 3)) for one in group
    )
    return [
        say("a residual of {x} costs {costs}", x=short(group[0].x[at]), costs=costs),
        say("the gradient on the prediction is {pulls}", pulls=pulls),
    ]
