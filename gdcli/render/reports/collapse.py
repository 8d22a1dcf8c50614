"""How a collapsed network looks, and how one that cannot be collapsed is shown not to be linear."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from gdcli.analysis.collapse import collapse, is_linear, largest_difference, witness
from gdcli.arrays import Array
from gdcli.definitions import flag_name
from gdcli.definitions.dataclass import dataclass
from gdcli.formatting import polynomial, short
from gdcli.render import Report, theme
from gdcli.render.flow import broken
from gdcli.render.screen import Screen, columns, paint, plain
from gdcli.said import enumerated, say, together

if TYPE_CHECKING:
    from gdcli.analysis.collapse import Witness
    from gdcli.experiments.checkpoint import SavedModel

__all__ = ["CollapseReport", "describe_collapse", "describe_refusal", "report"]

TERMS = 8  # inputs that are all named; of more, only some
HEAVIEST = 4
TIED = re.compile(r" (?![-+] |\()")  # the spaces inside a term, where no line is broken
LAYERS = 5  # layers that a product names
OUTPUTS = 12  # numbers that a vector shows
DIGITS = 4
NARROWEST = 20  # columns of a text beside a label, however long that is


@dataclass(frozen=True)
class CollapseReport:
    """An all-linear network and the one layer that it is.

    Args:
        sizes: Inputs, hidden neurons, outputs.
        weights: W, a row for each input and a column for each output.
        bias: b, one for each output.
        input_names: The inputs' names.
        output_names: The target's name, or a class for each output.
        difference: The largest one between the network's outputs and x W + b.
        rows: How many rows that was looked for on.
    """

    sizes: Sequence[int]
    weights: Sequence[Sequence[float]]
    bias: Sequence[float]
    input_names: Sequence[str]
    output_names: Sequence[str]
    difference: float
    rows: int


def describe_collapse(report: CollapseReport, screen: Screen) -> Iterator[str]:
    """The layers as a product, the equation of each output, and how exactly the two agree.

    Args:
        report: The network and its one layer.
        screen: What the terminal can do.
    """
    yield from _labelled("W", _product(report.sizes), screen)
    yield from _labelled("b", f"= {_shift(len(report.sizes) - 1)}  =  {_vector(report.bias)}", screen)
    yield ""
    inputs = [plain(name, screen) for name in report.input_names]
    outputs = [plain(name, screen) for name in report.output_names]
    broad = max(map(columns, outputs))
    for name, weights, bias in zip(outputs, zip(*report.weights, strict=True), report.bias, strict=True):
        text = TIED.sub("\N{NO-BREAK SPACE}", f"= {screen.speak(_equation(inputs, weights, bias))}")
        yield from _labelled(name + " " * (broad - columns(name)), text, screen)
    yield ""
    yield from _labelled("", _agreement(report), screen)


def _product(sizes: Sequence[int]) -> str:
    """The weights, by name and by shape.

    >>> _product((2, 8, 8, 1))
    '= W1 W2 W3  =  (2×8)(8×8)(8×1)  =  (2×1)'
    """
    names = [f"W{at}" for at in range(1, len(sizes))]
    shapes = [f"({a}×{b})" for a, b in pairwise(sizes)]
    whole = [f"({sizes[0]}×{sizes[-1]})"] if len(shapes) > 1 else []
    return "= " + "  =  ".join([" ".join(_some(names)), "".join(_some(shapes)), *whole])


def _some(parts: Sequence[str]) -> list[str]:
    """All of a few, else the first and the last."""
    return list(parts) if len(parts) <= LAYERS else [*parts[: LAYERS - 2], "...", parts[-1]]


def _shift(layers: int) -> str:
    """The bias: each layer's own goes through the layers after it.

    >>> _shift(1), _shift(3)
    ('b1', 'b1 W2 W3 + b2 W3 + b3')
    """
    terms = [" ".join([f"b{k}", *(f"W{j}" for j in range(k + 1, layers + 1))]) for k in range(1, layers + 1)]
    return " + ".join(terms) if layers <= LAYERS else f"b1 W2 ... W{layers} + ... + b{layers}"


def _vector(values: Sequence[float]) -> str:
    shown = [short(value, DIGITS) for value in values[:OUTPUTS]]
    return say("({names})", names=enumerated(shown + ["..."] * (len(values) > OUTPUTS)))


def _equation(names: Sequence[str], weights: Sequence[float], bias: float) -> str:
    """The weighted sum of the inputs; of many, the heaviest and a word on the others."""
    order = sorted(range(len(weights)), key=lambda at: -abs(weights[at]))
    kept = range(len(weights)) if len(weights) <= TERMS else order[:HEAVIEST]
    text = polynomial([*((weights[at], _factor(names[at])) for at in kept), (bias, "")], DIGITS)
    others = len(weights) - len(kept)
    return text + (say(" (and {others:,} lighter terms)", others=others) if others else "")


def _factor(name: str) -> str:
    """An input's name such that it does not run into its coefficient."""
    return name if name[:1].isalpha() else f"[{name}]"


def _agreement(report: CollapseReport) -> str:
    layers = len(report.sizes) - 1
    one = say("it is one layer already") if layers == 1 else say("the {layers} layers are one", layers=layers)
    if not math.isfinite(report.difference):
        return say("{one}, but its numbers are too large to compare", one=one)
    return say(
        "{one}: largest difference over {rows:,} row{s} {difference}",
        one=one,
        rows=report.rows,
        s="s" * (report.rows != 1),
        difference=short(report.difference, 2),
    )


def describe_refusal(
    witness: Witness, input_names: Sequence[str], output_name: str, activations: Sequence[str], screen: Screen
) -> Iterator[str]:
    """Why a network is no single layer: two inputs, and what it says halfway between them.

    Args:
        witness: The two inputs and the answers there.
        input_names: The inputs' names.
        output_name: The name of the output that shows it.
        activations: The names of the hidden layers' activations.
        screen: What the terminal can do.
    """
    says, mean = _apart(witness.at_middle, witness.mean)
    yield from _labelled(
        "",
        say(
            "not linear: halfway between p and q the network says {says}, the mean of its answers at "
            "both is {mean}; a linear one would say the same",
            says=says,
            mean=mean,
        ),
        screen,
    )
    yield ""
    middle = [(p + q) / 2 for p, q in zip(witness.p.tolist(), witness.q.tolist(), strict=True)]
    row_p, row_q = ("", "") if witness.rows is None else (say("row {row}", row=row + 1) for row in witness.rows)
    cells = [
        ["", *_few(input_names), output_name, ""],
        ["p", *_few(_cells(witness.p.tolist())), _cell(witness.at_p), row_p],
        ["q", *_few(_cells(witness.q.tolist())), _cell(witness.at_q), row_q],
        [say("halfway"), *_few(_cells(middle)), says, say("a linear network: {mean}", mean=mean)],
    ]
    yield from _grid(cells, screen)
    yield ""
    yield from _labelled(
        "", say("The bend of {listed} is what keeps its layers apart.", listed=_listed(activations)), screen
    )
    if witness.rows is None:
        yield from _labelled("", say("Between the rows of the data it is affine: p and q are made up."), screen)


def _apart(a: float, b: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to distinguish them.

    >>> _apart(0.8312, 0.3101), _apart(1.00001, 1.0)
    (('0.831', '0.31'), ('1.00001', '1'))
    """
    texts = ((short(a, digits), short(b, digits)) for digits in range(3, 18))
    return next((pair for pair in texts if pair[0] != pair[1]), (repr(a), repr(b)))


def _cell(value: float) -> str:
    return short(value, DIGITS)


def _cells(values: Sequence[float]) -> list[str]:
    return [_cell(value) for value in values]


def _few(cells: Sequence[str]) -> list[str]:
    return list(cells) if len(cells) <= TERMS else [*cells[: TERMS - 3], "..."]


def _grid(cells: Sequence[Sequence[str]], screen: Screen) -> Iterator[str]:
    """Rows of cells under a header: numbers flush right, the first and the last cell flush left."""
    rows = [[plain(cell, screen) for cell in row] for row in cells]
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    for at, (name, *numbers, last) in enumerate(rows):
        padded = [" " * (wide - columns(cell)) + cell for cell, wide in zip(numbers, widths[1:-1], strict=True)]
        line = "  ".join([name + " " * (widths[0] - columns(name)), *padded, last]).rstrip()
        yield " " + (line if at else paint(line, theme.HEADING, screen))


def _listed(names: Sequence[str]) -> str:
    return together(say(" and "), dict.fromkeys(name for name in names if name != "linear"))


def _labelled(label: str, text: str, screen: Screen) -> Iterator[str]:
    """A text beside its label, broken at words to stay within 80 columns, or the terminal's if wider."""
    start = say(" {label} ", label=label) if label else " "
    room = max(screen.width - columns(start), NARROWEST)
    lines = broken(screen.speak(text), room)
    for at, line in enumerate(lines):
        head = paint(start, theme.HEADING, screen) if label and not at else " " * columns(start)
        yield head + plain(line.replace("\N{NO-BREAK SPACE}", " "), screen)


def report(saved: SavedModel, rows: Array) -> Report:
    """The one layer that a network is; or, of one that bends, two inputs and the point between them as the proof.

    Args:
        saved: The model.
        rows: Inputs as the network sees them.
    """
    return _one_layer(saved, rows) if is_linear(saved.network) else _witnessed(saved, rows)


def _names(saved: SavedModel) -> tuple[tuple[str, ...], tuple[str, ...]]:
    prepared = saved.preparation
    outputs = prepared.classes if prepared.outputs > 1 else (prepared.target_name,)
    return prepared.names, outputs


def _one_layer(saved: SavedModel, rows: Any) -> Report:
    weights, bias = collapse(saved.network, saved.parameters)
    difference = largest_difference(saved.network, saved.parameters, weights, bias, rows)
    input_names, output_names = _names(saved)
    told = CollapseReport(
        saved.network.sizes, weights.tolist(), bias.tolist(), input_names, output_names, difference, len(rows)
    )
    return Report(
        schema="gdcli.collapse/1",
        rows_name="",
        title=say("an all-linear network is one layer"),
        summary=lambda: {
            "linear": True,
            "layers": list(saved.network.sizes),
            "weights": weights.tolist(),
            "bias": bias.tolist(),
            "inputs": list(input_names),
            "outputs": list(output_names),
            "largest_difference": difference,
            "rows": len(rows),
        },
        blocks=lambda screen: (*describe_collapse(told, screen), *_scaled(saved)),
    )


def _scaled(saved: SavedModel) -> tuple[str, ...]:
    """A remark where the network's inputs are not the raw ones."""
    if saved.preparation.before is not None:
        remark = say(" inputs are scaled first, (x - offset) / factor; then their powers are, as the network sees them")
        return "", remark
    scaler = saved.preparation.scaler
    raw = not scaler.offset.any() and (scaler.factor == 1).all()
    return () if raw else ("", say(" inputs are scaled first, as the network sees them: (x - offset) / factor"))


def _witnessed(saved: SavedModel, rows: Any) -> Report:
    found = witness(saved.network, saved.parameters, rows)
    input_names, output_names = _names(saved)
    names = tuple(flag_name(one.__name__) for one in saved.network.activations)

    def blocks(screen: Screen) -> Iterator[str]:
        yield from describe_refusal(found, input_names, output_names[found.output], names, screen)

    return Report(
        schema="gdcli.collapse/1",
        rows_name="",
        title=say("a network that bends is no single layer"),
        summary=lambda: {"linear": False, **found.row()},
        blocks=blocks,
    )
