"""How learning-rate limits look: the curvature and its rates, what they predict, and the experiment beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from gdcli.experiments.limits import Limits, LimitTrial, LineLimits, LocalCurvature, LocalLimit, RateForecast
from gdcli.formatting import short
from gdcli.render import Report, theme
from gdcli.render.layout import Layout
from gdcli.render.reports.fit import wrap_remark
from gdcli.render.screen import Screen, columns, paint, plain
from gdcli.render.vocabulary import word
from gdcli.said import say, together

__all__ = ["LINES", "line_report", "local_report"]

BROAD, NARROW = (11, 12, 17, 15), (11, 11, 12, 12)
"""Columns of a table of forecasts, and of one of runs."""

LINES = 24
"""Lines of the answer, about."""

MANY = 12
"""Eigenvalues that are listed."""

SAID = {"unique": "optima", "near twins": "twins"}
"""Claims that are said, where there are any, and their labels."""

COUNTED = 1e7
"""Steps from which a count is rounded to two digits."""

SLOW = 1e-3
"""Part of the first distance to the minimum that is left by a run that is slow."""


def line_report(found: LineLimits, rerun: str, trials_: Sequence[LimitTrial], layout: Layout) -> Report:
    """A linear model's limits, for any format."""
    foretold = list(found.forecasts())
    return Report(
        schema="gdcli.limit/1",
        records=found.inputs,
        rows_name="",
        summary=lambda: found.figures(foretold, trials_) | {"rerun": rerun},
        paragraph=lambda _record, _screen: (),
        before=lambda _: layout.folded(_title(found)) if layout.fits else [],
        title=_title(found),
        words=lambda screen: _line_blocks(found, foretold, trials_, screen),
        blocks=lambda screen: _composed(found, foretold, trials_, layout, screen),
    )


def _composed(
    found: LineLimits, foretold: Sequence[RateForecast], tried: Sequence[LimitTrial], layout: Layout, screen: Screen
) -> Iterator[str]:
    """All of it; on a screen without room for that, without the directions one by one, then without the trials."""
    used = layout.height_of(layout.folded(_title(found))) if layout.fits else 0
    lines: list[str] = []
    for directions, trials in ((None, tried), ((), tried), ((), ())):
        blocks = _line_blocks(found, foretold, trials, screen, directions)
        lines = [*layout.compose([], [*blocks], used, screen)]
        if not layout.fits or layout.height_of(lines) + used <= (layout.rows or 0):
            break
    return iter(lines)


def _title(found: LineLimits) -> str:
    """Whose limit it is."""
    one = found.experiment
    return plain(
        say(
            "{model_words}   {rows:,} rows from {name}   MSE   how large lr may be",
            model_words=one.model_words,
            rows=one.rows,
            name=one.spec.name,
        ),
        Screen(),
    )


def _line_blocks(
    found: LineLimits,
    foretold: Sequence[RateForecast],
    tried: Sequence[LimitTrial],
    screen: Screen,
    directions: Iterable[str] | None = None,
) -> Iterator[str]:
    yield from tabulate_limits(found.inputs, found.other(), screen)
    yield from _directions(found.inputs[0], screen) if directions is None else directions
    for claim in found.claims:
        if claim.subject in SAID and (claim.subject, claim.value) != ("unique", 1):
            yield from wrap_remark(SAID[claim.subject], claim.sentence, screen)
    if foretold:
        yield from tabulate_forecasts(foretold, "MSE", screen)
    if tried:
        yield from tabulate_trials(tried, "MSE", screen)


def local_report(found: LocalLimit, rerun: str) -> Report:
    """The curvature at one point, for any format."""
    return Report(
        schema="gdcli.limit/1",
        records=[found.local],
        rows_name="",
        summary=lambda: found.figures() | {"rerun": rerun},
        paragraph=lambda _record, _screen: (),
        blocks=lambda screen: describe_sharpness(found.local, found.why, found.trust.sentence, screen),
        title=say("the largest learning rate, from the curvature at one point"),
    )


def tabulate_limits(limits: Sequence[Limits], limit: tuple[str, str] | None, screen: Screen) -> Iterator[str]:
    """The rates and the curvature they come from, one column a scaling.

    Args:
        limits: The limits, of the inputs as they are and of standardised ones.
        limit: What else but plain descent is asked about, and the formula of its limit; None for plain descent.
        screen: What can be shown.
    """
    rows: list[tuple[str, list[float | None], str]] = []
    if limit:
        rows.append((say("with {limit}", limit=limit[0]), [one.lr_max for one in limits], limit[1]))
    rows += [
        (
            say("plain descent") if limit else say("largest stable lr"),
            [one.lr_max_sgd for one in limits],
            say("2/L: diverges above it"),
        ),
        (
            say("fastest lr"),
            [one.lr_best for one in limits],
            say("2/(L + mu), mu above 0") if any(one.flat for one in limits) else say("2/(L + mu), the best one"),
        ),
        (say("cautious lr"), [one.lr_cautious for one in limits], say("1/L: nothing overshoots")),
        (say("largest curvature"), [one.eigenvalues[-1] for one in limits], say("L, the steepest way")),
        (say("smallest curvature"), [one.eigenvalues[0] for one in limits], say("mu, the flattest way")),
        (say("condition number"), [one.condition_number for one in limits], say("L/mu: how uneven")),
    ]
    broad = max(columns(screen.speak(label)) for label, _, _ in rows)
    heads = [one.inputs for one in limits] if len(limits) > 1 else []
    if heads:
        yield paint(
            say(" {value:<{broad}}", broad=broad, value="")
            + together("", (say("{head:>14}", head=head) for head in heads)),
            theme.HEADING,
            screen,
        )
    for at, (label, values, note) in enumerate(rows):
        start = paint(say(" {label:<{broad}}", broad=broad, label=label), theme.HEADING, screen)
        meaning = theme.LIMIT if at == 0 else theme.PLAIN
        cells = [paint(say("{value:>14}", value=_format(value)), meaning, screen) for value in values]
        yield say("{start}{names}   {note}", start=start, names=together("", cells), note=note)


def _directions(limits: Limits, screen: Screen) -> Iterator[str]:
    """Those in which the loss does not change, and the curvature of each."""
    count = len(limits.eigenvalues)
    if limits.flat:
        text = say(
            "in {flat} of {count} direction{s} the loss does not change",
            flat=limits.flat,
            count=count,
            s="s" * (count > 1),
        )
        yield from wrap_remark(say("flat"), text, screen)
    if 2 < count <= MANY:
        yield from wrap_remark(say("spectrum"), "   ".join(_format(value) for value in limits.eigenvalues), screen)


def describe_sharpness(curvature: LocalCurvature, why: str, trust: str, screen: Screen) -> Iterator[str]:
    """The sharpness at a point, and how little it promises elsewhere.

    Args:
        curvature: What was measured.
        why: Why there is no limit, if there is none.
        trust: How far the sharpness can be trusted.
        screen: What can be shown.
    """
    yield from wrap_remark(
        say("at"), say("{where}: loss {loss}", where=plain(curvature.where, screen), loss=short(curvature.loss)), screen
    )
    yield from wrap_remark(
        say("sharpness"),
        say("{format}, the Hessian's largest eigenvalue there", format=_format(curvature.sharpness)),
        screen,
    )
    if curvature.lr_max is None:
        yield from wrap_remark(say("lr limit"), say("none: {why}", why=why), screen)
    else:
        yield from wrap_remark(
            say("lr limit"),
            say(
                "{format}, local: were the curvature the same everywhere, a larger lr would diverge",
                format=_format(curvature.lr_max),
            ),
            screen,
        )
    products = say(
        "{products} Hessian-vector product{s}", products=curvature.products, s="s" * (curvature.products > 1)
    )
    yield from wrap_remark(
        say("found by"), say("{products}, by finite differences of gradients", products=products), screen
    )
    yield from wrap_remark(say("trust"), trust, screen)
    yield from wrap_remark(
        say("elsewhere"), say("the curvature is another, and often grows as training goes on"), screen
    )


def tabulate_forecasts(forecasts: Sequence[RateForecast], loss_name: str, screen: Screen) -> Iterator[str]:
    """What each rate will do, foretold from the spectrum."""
    target = forecasts[0].target_loss
    heads: list[str] = [say("lr"), say("error kept"), say("1/100 (long run)")]
    heads += [] if target is None else [say("{loss_name} {target} at", loss_name=loss_name, target=short(target))]
    yield ""
    yield paint(say(" {value:<22}", value=say("foretold")) + _cells(heads), theme.HEADING, screen)
    for one in forecasts:
        cells = [
            short(one.lr),
            short(one.contraction if one.contraction > 1e-12 else 0.0, 6),
            _steps(one.steps_per_factor_100),
        ]
        cells += [] if target is None else [_at(one.steps)]
        yield say(" {name:<22}", name=one.name) + _cells(cells)


def tabulate_trials(trials: Sequence[LimitTrial], loss_name: str, screen: Screen) -> Iterator[str]:
    """Each run near the limit in a line: where it got, beside where it was foretold to get, and what that is."""
    yield ""
    yield paint(
        say(" {value:<13}", value=say("tried out"))
        + _cells([say("lr"), say("steps"), loss_name, say("foretold")], NARROW),
        theme.HEADING,
        screen,
    )
    yield say(" {value:<13}", value=say("the start")) + _cells(["", "0", short(trials[0].first_loss)], NARROW)
    for one in trials:
        cells = [short(one.lr), f"{one.steps:,}", short(one.loss), short(one.predicted_loss)]
        meaning = {"diverges": theme.WRONG, "converges": theme.IMPROVED}.get(one.verdict, theme.UNDECIDED)
        yield say(
            " {value:<13}{cells}   {verdict}",
            value=say("{factor:g} x limit", factor=one.factor),
            cells=_cells(cells, NARROW),
            verdict=paint(_verdict(one), meaning, screen),
        )
    if any(one.verdict == "neither" for one in trials):
        yield from wrap_remark(
            say("neither"), say("the start has no error in the steepest direction, or none at all."), screen
        )


def _verdict(one: LimitTrial) -> str:
    slow = one.loss - one.least_loss > SLOW * (one.first_loss - one.least_loss)
    said = say("converges slowly") if one.verdict == "converges" and slow else word(one.verdict)
    return said if one.as_predicted or one.verdict == "neither" else say("{verdict}: not as foretold", verdict=said)


def _cells(cells: Sequence[str], widths: Sequence[int] = BROAD) -> str:
    return together(
        "", (say("{cell:>{width}}", cell=cell, width=width) for cell, width in zip(cells, widths, strict=False))
    )


def _steps(value: float) -> str:
    """Steps in the long run."""
    if math.isinf(value):
        return say("never")
    return (
        say("in {max:,}", max=max(1, math.ceil(value))) if value < COUNTED else say("in {value}", value=short(value, 2))
    )


def _at(step: int | None) -> str:
    if step is None:
        return say("never")
    return say("step {step:,}", step=step) if step < COUNTED else say("step {step}", step=short(float(step), 2))


def _format(value: float | None) -> str:
    """A number; what has no bound, or no formula, as a word."""
    if value is None:
        return say("no formula")
    return say("infinite") if math.isinf(value) else short(value)
