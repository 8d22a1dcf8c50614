"""A network's step as it would stand on a blackboard: forward, loss, chain rule, update."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gdcli.data.report import ReadReport
from gdcli.definitions import flag_name
from gdcli.experiments.arithmetic import agreed, digits_for
from gdcli.experiments.network_stepping import NetworkStep, NetworkSteps, Neuron
from gdcli.experiments.result import described
from gdcli.formatting import polynomial, short
from gdcli.render import Report, theme
from gdcli.render.flow import broken
from gdcli.render.layout import Layout
from gdcli.render.reports.many_steps import ManySteps
from gdcli.render.reports.step import describe_change
from gdcli.render.screen import Screen, columns, paint, plain
from gdcli.said import say, together

__all__ = ["report", "write_network_step"]

DIGITS, MOST_DIGITS = 4, 8
TERMS = 3
"""Terms of a sum that are written out."""
WEIGHTS = 4
"""Weights of one neuron that are written out: those with the largest gradients."""
OUTPUTS = 3
SMALL = 100
"""Parameters up to which a network is written out whole."""
FIRST = Neuron(1, 1)
APART, INDENT = " " * 3, " " * 10
UNNAMED = re.compile(r"(?<![A-Za-z])([pyr])(?![A-Za-z])")


def report(steps: NetworkSteps, reading: ReadReport | None, layout: Layout, again: str) -> Report:
    """The first steps of a network's run, for any format.

    Args:
        steps: The steps.
        reading: How the rows are understood.
        layout: What there is of the screen.
        again: The command that repeats it.
    """
    board: ManySteps[NetworkStep] = ManySteps(
        steps.step.steps,
        layout,
        lambda step, screen, rows: [*write_network_step(step, screen, rows)],
        lambda step: dict(zip(step.names, step.before.tolist(), strict=True)),
        lambda step, screen: [_outcome_line(step, screen)],
        steps.experiment.loss_title,
    )
    return Report(
        schema="gdcli.step/1",
        records=steps,
        rows_name="steps",
        rows_in_kv=True,
        title=say("gradient descent on the blackboard: a network"),
        nested=NetworkStep.nested,
        paragraph=board,
        blocks=board.ending,
        summary=lambda: {"config": steps.config(), "reading": described(reading), "rerun": again},
    )


def write_network_step(step: NetworkStep, screen: Screen, height: int | None = None) -> Iterator[str]:
    """The step, line by line: the whole of a small network if that fits, else one neuron of it."""
    small = step.neuron is not None or len(step.before) <= SMALL
    lines = [*_fitted(step if small else step.of(FIRST), WEIGHTS, screen, height)]
    for weights in range(WEIGHTS, 0, -1):
        if height is None or len(lines) <= height:
            break
        lines = [*_fitted(step if step.neuron is not None else step.of(FIRST), weights, screen, height)]
    yield from lines


def _fitted(step: NetworkStep, weights: int, screen: Screen, height: int | None) -> Iterator[str]:
    """The lines, on a screen broken between words where they are too long."""
    for line in map(screen.speak, _lines(step, weights, screen)):
        if height is None or columns(line) <= screen.width:
            yield line
        else:
            yield from _broken(line, screen.width)


def _broken(line: str, width: int) -> Iterator[str]:
    """A line in several, between its parts where they are short enough."""
    rows = [""]
    for part in line.split(APART):
        joined = rows[-1] + APART * bool(rows[-1]) + part
        if columns(joined) <= width:
            rows[-1] = joined
        else:
            first = INDENT if rows[-1] else ""
            rows += broken(part, width, first, INDENT)
    yield from rows[not rows[0] :]


def _lines(step: NetworkStep, weights: int, screen: Screen) -> Iterator[str]:
    yield _head(step, screen)
    for at in range(len(step.passes)):
        yield from _forward(step, at, screen)
    yield from _loss(step, screen)
    for at in reversed(range(len(step.passes))):
        yield from _back(step, at, screen)
    yield from _update(step, weights, screen)
    yield from _outcome(step, screen)


def _head(step: NetworkStep, screen: Screen) -> str:
    total, batch = len(step.experiment.data), len(step.batch)
    rows = (
        say("row {row_number} of {total}", row_number=step.row_number, total=total)
        if batch == 1
        else say("batch of {batch} rows, row {row_number} shown", batch=batch, row_number=step.row_number)
    )
    if step.neuron is not None:
        rows += say("   neuron {layer}:{number}", layer=step.neuron.layer, number=step.neuron.number)
    words = [
        say("lr {learning_rate}", learning_rate=short(step.learning_rate, 6)),
        plain(step.experiment.model_words, screen),
        rows,
    ]
    return screen.speak(together(APART, [paint(say("step {step}", step=step.step), theme.HEADING, screen), *words]))


def _section(title: str, text: str, screen: Screen) -> str:
    return f"{paint(plain(title, screen), theme.HEADING, screen)}  {plain(text, screen)}"


def _forward(step: NetworkStep, at: int, screen: Screen) -> Iterator[str]:
    """Of each neuron shown its weighted sum, and what the activation makes of it."""
    shown = step.shown(at)
    if not shown:
        return
    last = at == len(step.passes) - 1
    name = "" if last else flag_name(step.experiment.network.activations[at].__name__)
    below = "h" if at else "x"
    rule = f"z = w {below} + b" + ("" if last else f",  h = {name}(z)")
    yield _section(say("layer {at}", at=at + 1), rule, screen)
    one = step.passes[at]
    for number in shown:
        weights, bias = step.positions(at, number)
        factors = [float(each) for each in one.inputs[0]]
        terms = [*zip((float(step.before[w]) for w in weights), factors, strict=True), (float(step.before[bias]),)]
        z = float(one.z[0, number])
        text = f"z{at + 1}_{number + 1} = " + _sum(terms, z)
        if not last:
            h = short(float(one.outputs[0, number]), DIGITS)
            text += f"   h{at + 1}_{number + 1} = {name}({short(z, DIGITS)}) = {h}"
        yield "  " + plain(text, screen)


def _sum(terms: Sequence[Sequence[float]], total: float) -> str:
    """A sum with its numbers, and what it comes to: 0.3(0.5) - 0.2(1.2) + 0.1 = 0.01."""
    few = terms if len(terms) <= TERMS + 2 else terms[:TERMS]
    digits = min(digits_for([(terms, total)], DIGITS), MOST_DIGITS) if few is terms else DIGITS
    pairs = [(one[0], f"({short(one[1], digits)})" if len(one) > 1 else "") for one in few]
    more = say(" + ... {count} more", count=len(terms) - len(few)) if len(few) < len(terms) else ""
    shown = agreed(terms, total, digits, DIGITS) if not more else short(total, DIGITS)
    return say("{polynomial}{more} = {shown}", polynomial=polynomial(pairs, digits, unit="1"), more=more, shown=shown)


def _product(first: float, second: float, result: float) -> str:
    """0.5(-0.06) = -0.03, with the digits that give the result."""
    digits = min(digits_for([([[first, second]], result)], DIGITS), MOST_DIGITS)
    return f"{short(first, digits)}({short(second, digits)}) = {agreed([[first, second]], result, digits, DIGITS)}"


def _loss(step: NetworkStep, screen: Screen) -> Iterator[str]:
    """The outputs as probabilities, and the row's loss."""
    target = short(step.target, DIGITS) if isinstance(step.target, float) else f"'{step.target}'"
    p = [short(each, DIGITS) for each in step.probabilities]
    formula = f" = {step.formulas[0]}" if step.formulas else ""
    loss = f"L{formula} = {short(step.row_loss, DIGITS)}"
    last = len(step.passes)
    if not p:
        residual = step.passes[-1].outputs[0, 0] - step.wanted[0]
        text = f"y = {target}   r = z{last}_1 - y = {short(float(residual), DIGITS)}   {loss}"
    elif len(p) == 1:
        text = f"p = 1/(1 + exp(-z{last}_1)) = {p[0]}   y = {short(step.wanted[0])}: {target}   {loss}"
    else:
        few = ", ".join(p[:OUTPUTS]) + (", ..." if len(p) > OUTPUTS else "")
        text = f"p = softmax(z{last}) = ({few})   y: {target}   {loss}"
    yield _section(say("loss"), text, screen)


def _back(step: NetworkStep, at: int, screen: Screen) -> Iterator[str]:
    """dL/dz of each neuron shown: of the last layer by the loss, of the others by the chain rule."""
    one, last = step.passes[at], at == len(step.passes) - 1
    if last:
        yield from _back_from_loss(step, screen)
        return
    shown = step.shown(at)
    if not shown:
        return
    name = flag_name(step.experiment.network.activations[at].__name__)
    rule = say(
        "layer {at}: dL/dh = sum of w dL/dz in layer {at2},  dL/dz = dL/dh {name}'(z)", at=at + 1, at2=at + 2, name=name
    )
    yield _section(say("back"), rule, screen)
    above, layer = step.passes[at + 1], step.experiment.network.layers[at + 1]
    for number in shown:
        weights = layer.weights(step.before)[number]
        terms = [*zip(map(float, weights), map(float, above.by_z[0]), strict=True)]
        dh, slope, dz = (float(each[0, number]) for each in (one.by_outputs, one.slope, one.by_z))
        of = f"{at + 1}_{number + 1}"
        times = _product(dh, slope, dz)
        yield "  " + plain(
            say("dL/dh{of} = {sum}   dL/dz{of} = {times}", of=of, sum=_sum(terms, dh), times=times), screen
        )


def _back_from_loss(step: NetworkStep, screen: Screen) -> Iterator[str]:
    """The loss's slope by each output."""
    last, formula = len(step.passes), step.formulas[1] if len(step.formulas) > 1 else ""
    yield _section(
        say("back"), say("layer {last}: dL/dz{value}", last=last, value=f" = {formula}" if formula else ""), screen
    )
    slopes = step.passes[-1].by_z[0]
    shown = step.shown(last - 1) or list(range(min(len(slopes), OUTPUTS)))
    for number in shown:
        filled = _filled(step, formula, number)
        left = len(slopes) - len(shown)
        more = say("   and {left} more", left=left) if left and number == shown[-1] and not step.shown(last - 1) else ""
        text = say(
            "dL/dz{last}_{number} = {filled}{slopes}{more}",
            last=last,
            number=number + 1,
            filled=filled,
            slopes=short(float(slopes[number]), DIGITS),
            more=more,
        )
        yield "  " + plain(text, screen)


def _filled(step: NetworkStep, formula: str, number: int) -> str:
    """A formula of p, y and r with its numbers in place; empty where it is more than that."""
    if not formula or "," in formula or "sum" in formula or "sign" in formula:
        return ""
    p, y = step.probabilities, step.wanted[number]
    values = {"y": y, "r": float(step.passes[-1].outputs[0, number]) - y} | ({"p": p[number]} if p else {})

    def value(found: re.Match[str]) -> str:
        text = short(values[found[1]], DIGITS)
        product = formula[: found.start()][-1:].strip() not in ("", "(") or formula[found.end() :][:1] == "("
        return f"({text})" if product or text.startswith("-") else text

    return UNNAMED.sub(value, formula) + " = "


def _update(step: NetworkStep, most: int, screen: Screen) -> Iterator[str]:
    """Of each parameter shown its gradient by the chain rule, and its new value."""
    batch = len(step.batch)
    mean = say(",  mean over the {batch} rows", batch=batch) if batch > 1 else ""
    rule = say("w - lr dL/dw") if step.plain_descent else say("w + update")
    yield _section(
        say("update"),
        say("dL/dw = dL/dz x its input,  dL/db = dL/dz{mean},  w := {rule}", mean=mean, rule=rule),
        screen,
    )
    for at, one in enumerate(step.passes):
        for number in step.shown(at):
            weights, bias = step.positions(at, number)
            pairs = [*zip(weights, map(float, one.inputs[0]), strict=True)]
            if step.neuron is not None and len(pairs) > most:
                pairs = sorted(sorted(pairs, key=lambda pair: -abs(step.gradient[pair[0]]))[:most])
            dz = float(one.by_z[0, number])
            for position, factor in pairs:
                yield "  " + _assignment(step, position, [dz, factor], screen)
            left = len(weights) - len(pairs)
            more = say("   and {left} weights more, with smaller gradients", left=left) if left else ""
            yield say("  {assignment}{more}", assignment=_assignment(step, bias, [dz], screen), more=more)


def _assignment(step: NetworkStep, at: int, factors: Sequence[float], screen: Screen) -> str:
    """w1_1_2: dL/dw = -0.05(1.2) = -0.06   := 0.3 - 0.1(-0.06) = 0.306."""
    own, total = float(step.row_gradient[at]), float(step.gradient[at])
    gradient = short(own, DIGITS) if len(factors) == 1 else _product(factors[0], factors[1], own)
    if own != total:
        gradient += say(
            ", {what} {total}",
            what=say("mean") if len(step.batch) > 1 else say("with the penalty"),
            total=short(total, DIGITS),
        )
    before, after = float(step.before[at]), float(step.after[at])
    if step.plain_descent:
        terms: list[list[float]] = [[before], [-step.learning_rate, total]]
    else:
        terms = [[before], [float(step.update[at])]]
    changed = f"0 - {text[1:]}" if (text := _sum(terms, after)).startswith("-") else f"0 + {text}"
    traced = "".join(f"   {name.replace('_', ' ')} {short(float(of[at]), DIGITS)}" for name, of in step.state.items())
    return plain(f"{step.names[at]:<6}  {gradient}   := {changed if before == 0 else text}{traced}", screen)


def _outcome_line(step: NetworkStep, screen: Screen) -> str:
    return describe_change(step.experiment.loss_title, step.loss, step.next_loss, step.verdict, DIGITS, screen)


def _outcome(step: NetworkStep, screen: Screen) -> Iterator[str]:
    change = _outcome_line(step, screen)
    silent = [str(at) for at, one in enumerate(step.passes, 1) if not one.slope.any()]
    more = say("   layer {names} is silent: every slope is 0", names=together(say(" and "), silent)) if silent else ""
    yield say("{change}{more}", change=change, more=more)
