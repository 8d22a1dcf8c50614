"""How activation functions look: a chart of each with its derivative, or a table, and what there is to know."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

from gdcli.definitions.dataclass import dataclass
from gdcli.experiments.function_profiles import FunctionRange, Profile, profile_of
from gdcli.formatting import short
from gdcli.render import Report, theme
from gdcli.render.flow import broken
from gdcli.render.layout import Layout, Picture
from gdcli.render.screen import Screen, columns, paint, plain
from gdcli.render.vocabulary import word
from gdcli.said import say, together

if TYPE_CHECKING:
    from gdcli.analysis.activation_shape import Shape
    from gdcli.nn.activations import Activation
    from gdcli.render.charts.plots import Chart
    from gdcli.render.formats import Format

__all__ = ["ActivationProfile", "describe_activation", "report", "show_activations"]

NARROWEST, BROADEST = 48, 66  # columns of a chart
HEIGHT = 12  # its lines
GAP = 3
ACROSS = 7  # numbers in a row of a table
FLAT = 0.01  # the slope under which a function counts as flat, as in gdcli.analysis.activation_shape
MEANINGS = {"value": theme.VALUE, "slope": theme.SLOPE}
SPELLED = str.maketrans({"Φ": "Phi", "±": "+-"})


@dataclass(frozen=True)
class ActivationProfile:
    """One activation, ready to be shown.

    Args:
        name: Its name.
        formula: What it is, with the formula, in a line.
        x: Where it was evaluated.
        value: Its values there.
        derivative: Its derivatives there.
        remarks: What there is to know, as (label, text).
    """

    name: str
    formula: str
    x: Sequence[float]
    value: Sequence[float]
    derivative: Sequence[float]
    remarks: Sequence[tuple[str, str]]


def report(activations: Sequence[Activation], grid: FunctionRange, form: Format, layout: Layout, again: str) -> Report:
    """Activations and their derivatives, for any format.

    Args:
        activations: The functions.
        grid: Where they are evaluated.
        form: The output format.
        layout: What there is of the screen.
        again: The command that repeats it.
    """
    profiles = [profile_of(one, grid.values(form.for_people, layout.plotted)) for one in activations]
    figures = {
        "from": grid.low,
        "to": grid.high,
        "functions": {one.name: one.facts() for one in profiles},
        "rerun": again,
    }
    numbered = not (form.rows_only or form.nested)
    shown = [_portrait(one) for one in profiles]

    def pictures(screen: Screen) -> list[Picture]:
        dense = grid.values(for_people=True, drawn=True)
        return [_picture(_portrait(profile_of(one, dense)), screen) for one in activations]

    return Report(
        schema="gdcli.activation/1",
        records=() if form.for_people else chain.from_iterable(one.rows() for one in profiles),
        rows_name="points",
        summary=lambda: figures | (_columns(profiles) if numbered else {}),
        blocks=lambda screen: show_activations(shown, screen, layout),
        pictures=pictures,
        title=say("activation functions and their slopes")
        if len(profiles) > 1
        else say("{name} and its slope", name=profiles[0].name),
        words=lambda screen: _words(shown[0], screen.width, screen) if len(shown) == 1 else (),
    )


def _portrait(profile: Profile) -> ActivationProfile:
    words = describe_activation(profile.shape, profile.activation.initializer, profile.spread)
    return ActivationProfile(profile.name, profile.formula, profile.x, profile.value, profile.derivative, words)


def _columns(profiles: Sequence[Profile]) -> dict[str, Any]:
    """The rows as numbered names, for kv."""
    return {"x": profiles[0].x, **{one.name: {"value": one.value, "derivative": one.derivative} for one in profiles}}


def describe_activation(shape: Shape, initializer: str, spread: str) -> list[tuple[str, str]]:
    """An activation's shape in a student's words.

    Args:
        shape: What was measured.
        initializer: The name of the initialiser that suits it.
        spread: That initialiser's formula, in words.

    Returns:
        (label, text) pairs, the same labels for every activation.
    """
    return [
        (say("slope"), _slope(shape)),
        (say("saturates"), _saturates(shape)),
        (say("below 0"), _below(shape)),
        (
            say("init"),
            say("{initializer}: {spread}", initializer=initializer, spread=word(spread[:1].lower() + spread[1:])),
        ),
    ]


def _saturates(shape: Shape) -> str:
    left = (
        ""
        if shape.flat_below is None
        else say("below z = {at} (at {at2})", at=_at(shape.flat_below), at2=_at(shape.far_left))
    )
    right = (
        ""
        if shape.flat_above is None
        else say("above z = {at} (at {at2})", at=_at(shape.flat_above), at2=_at(shape.far_right))
    )
    both = together(say(" and "), (side for side in (left, right) if side))
    return say("{both}: a slope under {flat}", both=both, flat=FLAT) if both else say("never: no part of it is flat")


def _slope(shape: Shape) -> str:
    slope = short(shape.steepest, 3)
    if shape.steepest_at is None:
        return _held(shape, slope)
    where = say("at z = {at}", at=_at(shape.steepest_at))
    if slope == "1":
        return say("1 {where} only: elsewhere each layer shrinks the gradient", where=where)
    if shape.steepest > 1:
        return say("at most {slope}, {where}: a layer may even enlarge the gradient a little", slope=slope, where=where)
    return say(
        "at most {slope}, {where}: n layers shrink a gradient {steepest}^n-fold or more",
        slope=slope,
        where=where,
        steepest=short(1 / shape.steepest, 2),
    )


def _held(shape: Shape, slope: str) -> str:
    """The largest slope where it is held on to the far right."""
    kept = say("pass unchanged") if slope == "1" else say("are multiplied by {slope}", slope=slope)
    if shape.steepest_from == -math.inf:
        return say("{slope} everywhere: gradients {kept}", slope=slope, kept=kept)
    if abs(shape.steepest_from or 0) < 0.1:
        return say("{slope} wherever z > 0: there gradients {kept}", slope=slope, kept=kept)
    return say("nears {slope} as z grows: there gradients almost {kept}", slope=slope, kept=kept)


def _below(shape: Shape) -> str:
    if shape.slope_below == 0:
        return say("silent: value {at}, slope 0; a neuron stuck there stops learning", at=_at(shape.far_left))
    if shape.slope_below == shape.steepest:
        return say("goes straight on; without a bend, many layers are no more than one")
    if shape.slope_below is not None:
        return say("a faint {slope_below} z, so that a neuron can come back", slope_below=short(shape.slope_below))
    if shape.lowest >= 0:
        return say("still positive: {at} at z = 0, falling to {at2}", at=_at(shape.at_zero), at2=_at(shape.far_left))
    if shape.lowest < shape.far_left - 0.01:
        return say(
            "dips to {at} at z = {at2}, then comes back to {at3}",
            at=_at(shape.lowest),
            at2=_at(shape.lowest_at),
            at3=_at(shape.far_left),
        )
    return say("negative, down to {at}, which keeps the outputs around 0", at=_at(shape.lowest))


def _at(value: float) -> str:
    """A position or a level, as read off a chart."""
    return short(round(value, 2), 2)


def show_activations(portraits: Sequence[ActivationProfile], screen: Screen, layout: Layout) -> Iterator[str]:
    """A chart of each function and its derivative with the words under it; the charts alone where lines are few.

    Args:
        portraits: The functions.
        screen: What the terminal can do.
        layout: What there is of the screen.
    """
    if not layout.plotted:
        lines, tables = list(tabulate_activations(portraits, screen)), list(_tables(portraits, screen))
        if layout.rows is None or layout.height_of(lines) <= layout.rows:
            return iter(lines)
        return layout.compose([], [*tables, _more(portraits)], 0, screen)
    if not layout.fits:
        return draw_activations(portraits, screen, layout.large or HEIGHT)
    whole = [_picture(one, screen, with_words=True) for one in portraits]
    if layout.holds(whole, 0, screen):
        return layout.compose(whole, [], 0, screen)
    words = [_more(portraits)] if len(portraits) > 1 else _words(portraits[0], screen.width, screen)
    return layout.compose([_picture(one, screen) for one in portraits], list(words), 0, screen)


def _more(portraits: Sequence[ActivationProfile]) -> str:
    """How to get the words that have no room."""
    return say("gdcli activation {name} says more of it.", name=portraits[0].name.replace("_", "-"))


def _picture(portrait: ActivationProfile, screen: Screen, with_words: bool = False) -> Picture:
    """A chart of a function, of at least so many lines as its words and a low chart take."""
    words = len(list(_words(portrait, NARROWEST, screen))) + 1 if with_words else 0
    return Picture(
        lambda width, height: _block(portrait, width, screen, height, with_words),
        width=NARROWEST if with_words else 24,
        height=words + (8 if with_words else 5),
        content=lambda: activation_chart(portrait),
    )


def draw_activations(portraits: Sequence[ActivationProfile], screen: Screen, height: int = HEIGHT) -> Iterator[str]:
    """A chart of each function and its derivative, with the words under it; side by side where there is room.

    Args:
        portraits: The functions.
        screen: What the terminal can do.
        height: Lines of a chart.
    """
    from gdcli.render.charts.plots import side_by_side

    abreast = max(1, min((screen.width + GAP) // (NARROWEST + GAP), len(portraits)))
    broad = (screen.width + GAP) // abreast - GAP
    for at in range(0, len(portraits), abreast):
        yield from ("", "")[: 2 * bool(at)]
        blocks = [_block(one, broad, screen, height) for one in portraits[at : at + abreast]]
        yield from side_by_side(blocks, screen, gap=GAP).split("\n")


def _block(
    portrait: ActivationProfile, width: int, screen: Screen, height: int = HEIGHT, with_words: bool | None = None
) -> str:
    """A chart, and the words under it; `height` is that of the chart unless `with_words` is given."""
    words = ["", *_words(portrait, width, screen)] if with_words is not False else []
    lines = height - (len(words) if with_words else 0)
    drawing = activation_chart(portrait).draw(screen, min(width, BROADEST), lines)
    return "\n".join([drawing, *words])


def activation_chart(portrait: ActivationProfile) -> Chart:
    """The function and its derivative."""
    from gdcli.render.charts.plots import Chart, Series

    return Chart(
        [
            Series(portrait.x, portrait.value, label=say("value"), meaning=theme.VALUE),
            Series(portrait.x, portrait.derivative, label=say("slope"), meaning=theme.SLOPE),
        ],
        portrait.name,
        x_label="z",
        marks=[(0.0, "")],
        y_range=round_range([*portrait.value, *portrait.derivative]),
    )


def round_range(values: Sequence[float]) -> tuple[float, float] | None:
    """A range that holds the values and ends on round numbers; None where there is none."""
    low, high = min(values), max(values)
    if not 1e-300 < high - low < 1e300:
        return None
    step = 10.0 ** math.floor(math.log10(high - low)) / 2
    return math.floor(low / step) * step, math.ceil(high / step) * step


def _words(portrait: ActivationProfile, width: int, screen: Screen) -> Iterator[str]:
    """What it is, then its formula and each remark beside its label, wrapped."""
    about, _, formula = portrait.formula.rpartition(": ")
    yield from broken(_spelled(screen.speak(word(about)), screen), width)
    for label, text in [(say("value"), word(formula)), *portrait.remarks]:
        for head, line in zip_longest([label], broken(_spelled(screen.speak(text), screen), width - 10), fillvalue=""):
            yield say(
                "{value} {line}",
                value=paint(say("{head:<9}", head=head), MEANINGS.get(label, theme.NOTE), screen),
                line=line,
            )


def _spelled(text: str, screen: Screen) -> str:
    return plain(text if screen.unicode else text.translate(SPELLED), screen)


def tabulate_activations(portraits: Sequence[ActivationProfile], screen: Screen) -> Iterator[str]:
    """The functions' values, then their slopes, then the words.

    Args:
        portraits: The functions, all at the same x.
        screen: What the terminal can do.
    """
    yield from _tables(portraits, screen)
    for at, one in enumerate(portraits):
        yield from ("",)[: bool(at)]
        yield paint(one.name, theme.HEADING, screen)
        yield from _words(one, 80, screen)


def _tables(portraits: Sequence[ActivationProfile], screen: Screen) -> Iterator[str]:
    """Values and slopes, some z at a time."""
    for at in range(0, len(portraits[0].x), ACROSS):
        part = slice(at, at + ACROSS)
        z = portraits[0].x[part]
        yield from _table(screen.speak(say("value")), z, {one.name: one.value[part] for one in portraits}, screen)
        yield from _table(screen.speak(say("slope")), z, {one.name: one.derivative[part] for one in portraits}, screen)


def _table(title: str, z: Sequence[float], rows: dict[str, Sequence[float]], screen: Screen) -> list[str]:
    """One line a function, one column a z."""
    broad = max(columns(name) for name in (title, *rows))
    heads = [f"z = {short(z[0])}", *map(short, z[1:])]
    lines = [[title, *heads], *([name, *(short(round(each, 4)) for each in values)] for name, values in rows.items())]
    text = [name + " " * (broad - columns(name)) + "".join(f" {cell:>8}" for cell in cells) for name, *cells in lines]
    return [paint(text[0], theme.HEADING, screen), *text[1:], ""]
