"""What a notebook shows of a result: its equation or architecture, its scores, and its pictures as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gdcli.formatting import short
from gdcli.render import theme
from gdcli.render.charts.axes import axis, fractions
from gdcli.render.theme import Meaning

if TYPE_CHECKING:
    from gdcli.experiments.line_result import LineResult
    from gdcli.experiments.network_result import NetworkResult
    from gdcli.experiments.result import Result

__all__ = ["as_html"]

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BELOW = 380, 240, 56, 12, 26, 40
MOST_POINTS = 2000
TITLES = {"mse": "MSE", "rmse": "RMSE", "mae": "MAE", "r2": "R2"}


class Trace(NamedTuple):
    """Points, or a curve through them.

    Args:
        name: As the legend has it.
        x: Across.
        y: Up.
        meaning: Whose colour it has.
        joined: Whether the points are joined.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    meaning: Meaning
    joined: bool = True


def as_html(result: Result) -> str:
    """A result as a piece of HTML, with nothing from elsewhere."""
    from gdcli.experiments.line_result import LineResult

    draw: Callable[[Any], Iterator[str]] = _line_pictures if isinstance(result, LineResult) else _network_pictures
    heading = result.equation if isinstance(result, LineResult) else result.experiment.model_words
    status = f"{str(result.status).replace('_', ' ')} after {result.run.last.epoch:,} epochs"
    parts = [f"<b>{escape(heading)}</b> <span>{escape(status)}</span>", _table(_scores(result)), *draw(result)]
    return f"<div>{''.join(parts)}<pre>{escape(result.rerun)}</pre></div>"


def _scores(result: Result) -> Mapping[str, Mapping[str, float]]:
    from gdcli.experiments.line_result import LineResult

    if not isinstance(result, LineResult):
        return result.scores  # type: ignore[attr-defined,no-any-return]  # a network's result
    held_out = {} if result.validation is None else {"validation": result.validation._asdict()}
    return {"train": result.scores._asdict(), **held_out, "baseline": {"mse": result.baseline[1]}}


def _table(scores: Mapping[str, Mapping[str, float]]) -> str:
    """The figures of each set, a row each."""
    names = list(dict.fromkeys(name for figures in scores.values() for name in figures))
    head = "".join(f"<th>{TITLES.get(name, name)}</th>" for name in names)
    rows = (
        f"<tr><th>{label}</th>{''.join(f'<td>{short(figures.get(name))}</td>' for name in names)}</tr>"
        for label, figures in scores.items()
    )
    return f"<table><tr><th></th>{head}</tr>{''.join(rows)}</table>"


def _line_pictures(result: LineResult) -> Iterator[str]:
    yield _losses(result.run.epochs, result.run.losses, result.run.validation_losses, result.experiment.loss_name)
    _, points, lines, across = result.drawing()
    styles = {"start": theme.START, "fitted": theme.FITTED, "perfect": theme.PERFECT}
    data = Trace("data", *points, theme.DATA, joined=False)
    traces = [data, *(Trace(name, *line, styles[name]) for name, line in lines.items())]
    yield chart(traces, across, result.experiment.data.target_name)


def _network_pictures(result: NetworkResult) -> Iterator[str]:
    yield _losses(result.run.epochs, result.run.losses, result.run.validation_losses, result.experiment.loss_title)


def _losses(epochs: Sequence[float], losses: Sequence[float], held_out: Sequence[float], name: str) -> str:
    traces = [Trace("training", epochs, losses, theme.TRAINING)]
    if held_out:
        traces.append(Trace("validation", epochs, held_out, theme.VALIDATION))
    positive = [value for trace in traces for value in trace.y if 0 < value < math.inf]
    return chart(traces, "epoch", name, log=bool(positive) and max(positive) > 20 * min(positive))


def chart(traces: Sequence[Trace], across: str, up: str, log: bool = False) -> str:
    """A chart as SVG: points and curves with axes and a legend; what is not finite is left out.

    Args:
        traces: What is drawn.
        across: The name of the axis across.
        up: The name of the axis up.
        log: Whether that axis is a log one.
    """
    drawn = [(trace, *_finite(trace, log)) for trace in traces]
    drawn = [(trace, x, y) for trace, x, y in drawn if len(x)]
    if not drawn:
        return ""
    x_axis, y_axis = (
        axis(float(min(part.min() for part in parts)), float(max(part.max() for part in parts)), 5, log=is_log)
        for parts, is_log in (([x for _, x, _ in drawn], False), ([y for _, _, y in drawn], log))
    )
    wide, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BELOW
    body = [f'<rect x="{LEFT}" y="{TOP}" width="{wide}" height="{tall}" fill="none" stroke="currentColor"/>']
    for at, text in x_axis.ticks:
        place = LEFT + wide * float(x_axis.fraction(np.array(at)))
        body.append(f'<text x="{place:.1f}" y="{HEIGHT - BELOW + 16}" text-anchor="middle">{escape(text)}</text>')
    for at, text in y_axis.ticks:
        place = TOP + tall * (1 - float(y_axis.fraction(np.array(at))))
        body.append(f'<text x="{LEFT - 6}" y="{place + 4:.1f}" text-anchor="end">{escape(text)}</text>')
    for order, (trace, x, y) in enumerate(drawn):
        part = fractions(np.stack([x, y], axis=1), x_axis, y_axis)
        spots = np.stack([LEFT + wide * part[:, 0], TOP + tall * (1 - part[:, 1])], axis=1)
        body += [_drawn(trace, spots), _legend(trace, order)]
    name = f"{up} (log scale)" if log else up
    body.append(f'<text x="{LEFT + wide / 2}" y="{HEIGHT - 6}" text-anchor="middle">{escape(across)}</text>')
    body.append(f'<text x="4" y="12">{escape(name)}</text>')
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    style = 'font-family="sans-serif" font-size="11" fill="currentColor"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>{"".join(body)}</svg>'


def _finite(trace: Trace, log: bool) -> tuple[np.ndarray, np.ndarray]:
    """What can be drawn, few enough, in units of the axes."""
    x, y = np.asarray(trace.x, float), np.asarray(trace.y, float)
    with np.errstate(all="ignore"):
        y = np.log10(y) if log else y
    fine = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    fine = fine[:: max(1, len(fine) // MOST_POINTS)]
    return x[fine], y[fine]


def _drawn(trace: Trace, spots: np.ndarray) -> str:
    color = trace.meaning.color.light
    if trace.joined:
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        return f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>'
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in spots)
    return f'<g fill="{color}">{dots}</g>'


def _legend(trace: Trace, order: int) -> str:
    x = WIDTH - RIGHT - 8 - 74 * order
    return (
        f'<text x="{x}" y="{TOP - 8}" text-anchor="end" fill="{trace.meaning.color.light}">{escape(trace.name)}</text>'
    )
