"""What can be said of a run: what its losses say about its learning rate, and whether it learned anything.

The file is long because each verdict stands whole: its test, its figures and its sentence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gdcli.analysis.claims import number
from gdcli.analysis.evidence import Verdict, mean_of
from gdcli.arrays import Array
from gdcli.said import enumerated, say
from gdcli.training.problem import MEASURED
from gdcli.training.records import Status
from gdcli.training.stacked import Outcome

if TYPE_CHECKING:
    from gdcli.nn.networks import Network

__all__ = [
    "Goal",
    "arrived",
    "class_absent",
    "dead_units",
    "learned_nothing",
    "oscillating",
    "rare_class_missed",
    "still_improving",
    "verdict",
    "worse_than_start",
]

TURNED = 0.75
"""Steps back on the step before, as a part of all, from which a run oscillates."""
FLAT = 0.01
"""A second half that brings less than this part of the whole fall is flat."""
SLOW = 0.25
"""One that brings more than this part of it has hardly begun: a straight fall brings a half."""
FEW = 5
"""Records that are too few to call a run flat."""
END = 0.1
"""Part of losses, at either end of their range, that is left out of what they are judged by."""
LEVEL = 0.02
"""Part of the fall by which the losses of a level second half may go up and down."""
TURNING = 0.5
"""Rises beside falls from which losses go up and down."""
SETTLED = 1e-3
"""The rest of the fall that does not count when asking when it happened."""
LITTLE = 0.1
"""Part of the baseline's loss: where the rows show that less than that is gained, next to nothing is."""
SURE = 0.99
"""Confidence of a test that a run is better, or still falls, or turns back and forth."""
ENOUGH = 0.95
"""Confidence of a bound on what the rows could hide."""
FALL = 0.01
"""A loss that fell by less than this part of itself did not fall, to speak of."""
SOLVED = 1e-3
"""Part of the first loss: what falls below it is solved, and need not fall on."""
TREND = 5
"""The fewest epochs in which a trend can be tested at that confidence,"""
WAVES = 12
"""and turning points."""


class Goal(NamedTuple):
    """Where a run should get, where a formula tells.

    Args:
        optimum: The least loss there is.
        near: How far above it counts as there.
    """

    optimum: float
    near: float


def arrived(losses: Array, goal: Goal | None) -> int | None:
    """The first epoch whose loss is as good as the optimum; None if there is none, or no goal.

    >>> arrived(np.array([2.5, 1e-3, 1e-7, 1e-9]), Goal(0.0, 1e-6))
    2
    """
    if goal is None:
        return None
    there = np.flatnonzero(losses <= goal.optimum + goal.near)
    return int(there[0]) if len(there) else None


@np.errstate(all="ignore")
def verdict(outcome: Outcome, goal: Goal | None = None, unstable: bool = False) -> str:
    """A run in a few words.

    converged; crawling (at its pace it would need more than as many epochs again); converging (fewer); oscillating
    (three steps of four go back on the one before, or the loss goes up and down and falls no further); diverging,
    diverged; improved at first, then diverged.

    Args:
        outcome: The run.
        goal: The optimum, where it is known. Else a run has converged whose second half is level and brought nothing.
        unstable: Whether its rate is known to be above the largest stable one.

    Returns:
        The words, as `converged, oscillating`.

    Source: the lecture, "How large may a step be?": above 1/L steps alternate, above 2/L they grow.
    """
    if outcome.status is Status.INTERRUPTED:
        return say("interrupted")
    growing = _growing(outcome)
    if growing:
        lower = np.nanmin(outcome.losses) < outcome.losses[0]
        return say("improved at first, then {growing}", growing=growing) if lower else growing
    if unstable:
        return say("improving, but will diverge")
    there = arrived(outcome.losses, goal)
    pace = say("converged") if outcome.status is Status.CONVERGED else _pace(outcome.losses, goal, there)
    if not _oscillates(outcome, goal, there):
        return pace
    return say("converged, oscillating") if pace == "converged" else say("oscillating")


def _growing(outcome: Outcome) -> str:
    """Whether the loss has exploded, or is about to."""
    if outcome.status is Status.DIVERGED:
        return say("diverged")
    losses = outcome.losses
    tail = np.diff(losses[-max(5, len(losses) // 4) :])
    rising = len(tail) >= 4 and np.mean(tail > 0) >= 0.9 and losses[-1] > 1.1 * losses.min()
    return say("diverging") if rising or losses[-1] > 2 * losses[0] else ""


def _pace(losses: Array, goal: Goal | None, there: int | None) -> str:
    """How fast a run is that no rule has ended as converged."""
    if goal is not None and there is not None:
        late = losses[max(there, 3 * len(losses) // 4) :]
        near = float(np.quantile(late, 1 - END)) <= goal.optimum + goal.near
        return say("converged") if near else say("oscillating")
    half, end = float(losses[: len(losses) // 2 + 1].min()), float(losses.min())
    fall = float(losses[0]) - end
    swing, trend = _swing(losses[len(losses) // 2 :])
    varies = len(losses) > FEW and swing > LEVEL * fall
    if varies and trend < swing:
        return say("oscillating")
    if goal is not None:
        before, now = half - goal.optimum, end - goal.optimum
        if not (0 < now < before):
            return say("crawling")
        left = math.log(now / goal.near) / math.log(before / now) / 2 if now > goal.near else 0.0
        return say("converging") if left <= 1 else say("crawling")
    share = (half - end) / fall if fall > 0 else 1.0
    if share < FLAT and len(losses) > FEW and not varies:
        return say("converged")
    return say("crawling") if share > SLOW else say("converging")


def _swing(losses: Array) -> tuple[float, float]:
    """By how much losses go up and down about a straight line through them, and by how much that line falls.

    The largest and the smallest tenth do not count, nor does the bend of a fall that seldom turns.
    """
    steps = np.diff(losses)
    if not steps[steps > 0].sum() > TURNING * -steps[steps < 0].sum():
        return 0.0, float(losses[0] - losses[-1])
    at = np.arange(len(losses)) - (len(losses) - 1) / 2
    slope = float(at @ losses / (at @ at))
    low, high = np.quantile(losses - slope * at, [END, 1 - END])
    return float(high - low), -slope * len(losses)


def _oscillates(outcome: Outcome, goal: Goal | None, there: int | None) -> bool:
    """Whether most steps went back on the one before: late on the way, or, without a known goal, at the end."""
    turned, losses = outcome.turned, outcome.losses
    if goal is None:
        rest = losses.min() + SETTLED * (losses[0] - losses.min())
        end = int(np.flatnonzero(losses <= rest)[0]) if losses[0] > losses.min() else len(losses) - 1
        late = turned[-max(2, len(turned) // 4) :]
        if len(turned) > 8 and late.mean() >= TURNED:
            return True
    else:
        end = len(losses) - 1 if there is None else there
    way = turned[end // 2 + 1 : end + 1]
    return len(way) >= 2 and float(way.mean()) >= TURNED


def learned_nothing(
    model: Array,
    baseline: Array,
    right: Array | None = None,
    usual: Array | None = None,
    start: Array | None = None,
    label: str = "",
    where: str = "rows",
    measure: str = say("loss"),
    best: int | None = None,
    by: str = say("accuracy"),
    constant: str = say("the mean"),
) -> Verdict | None:
    """Whether a model is no better than the baseline that knows no input; None where it is, or the rows cannot tell.

    It is said where a paired t test does not find the model's loss lower, and the rows show that it is lower by less
    than a tenth of the baseline's at most. A model of classes with a much higher loss, because it is too sure of
    itself, must not be right more often either. Ask it of the training rows as well as of those held out: what is no
    better on rows that it was fitted to has learned nothing.

    Args:
        model: Each row's loss (log loss for classes, squared error for numbers), of rows held out if there are any.
        baseline: Each row's loss of always giving the training rows' mean, or their shares of the classes.
        right: For classes, whether the model is right, by row.
        usual: Whether the most frequent class is.
        start: Each row's loss before training, for the sentence.
        label: The most frequent class.
        where: What the rows are called.
        measure: What the losses are called.
        best: The epoch that the model is of, where that is not the last; for the sentence.
        by: What the mean of `right` is called.
        constant: What the baseline says of numbers.

    Source: Dietterich 1998, Approximate Statistical Tests for Comparing Supervised Classification Algorithms.
    """
    gain, level = mean_of(baseline - model), float(np.mean(baseline))
    if level == 0:  # a target that never varies is no task
        return None
    if gain.above(SURE) or not gain.value + gain.reach(ENOUGH) < LITTLE * level:
        return None
    figures = {"loss": float(np.mean(model)), "baseline_loss": level}
    base = say("predicting {constant} ({level})", constant=constant, level=number(level, 3))
    if right is not None and usual is not None:
        sure_of_itself = gain.value - gain.reach(ENOUGH) < -LITTLE * level
        if sure_of_itself and mean_of(right.astype(float) - usual.astype(float)).above(SURE):
            return None
        figures |= {"accuracy": float(np.mean(right)), "baseline_accuracy": float(np.mean(usual))}
        named = f"'{label}'" if label else say("the most frequent class")
        known = figures["baseline_accuracy"]
        base = say("always saying {named} ({by} {figures:.2f})", named=named, by=by, figures=known)
    course = _course(figures["loss"], None if start is None else float(np.mean(start)), measure, best)
    sentence = say(
        "Learned nothing: {course}, on {count:,} {where} no better than {base}.",
        course=course,
        count=gain.count,
        where=where,
        base=base,
    )
    return Verdict("learned nothing", sentence, figures, gain.count, gain.standard_error)


def _course(loss: float, first: float | None, measure: str, best: int | None) -> str:
    """From which loss to which."""
    now = number(loss, 3)
    if first is None or not math.isfinite(first):
        return say("{measure} {now}", measure=measure, now=now)
    if best is not None:
        return say(
            "{measure} {first} at the start, {now} at the best epoch, {best}",
            measure=measure,
            first=number(first, 3),
            now=now,
            best=best,
        )
    same = abs(loss - first) < FALL * abs(first) and number(first, 3) == now
    return (
        say("{measure} {now} from start to end", measure=measure, now=now)
        if same
        else say("{measure} {first} at the start, {now} in the end", measure=measure, first=number(first, 3), now=now)
    )


def worse_than_start(start: Array, now: Array, measure: str = say("loss")) -> Verdict | None:
    """Whether a run ended worse than it began: a paired t test of its rows' losses.

    Args:
        start: Each row's loss at the start.
        now: Each row's loss at the end.
        measure: What the losses are called.
    """
    rise = mean_of(now - start)
    if not rise.above(SURE):
        return None
    first, last = float(np.mean(start)), float(np.mean(now))
    sentence = say(
        "Worse than its start: the {measure} rose from {first} to {last}.",
        measure=measure,
        first=number(first, 3),
        last=number(last, 3),
    )
    figures = {"first_loss": first, "last_loss": last}
    return Verdict("worse than its start", sentence, figures, rise.count, rise.standard_error)


def dead_units(
    network: Network, parameters: Array, inputs: Array, rows: int = 0, epoch: int | None = None
) -> Verdict | None:
    """Hidden units whose slope is 0 at every row, so that no gradient reaches them; None if there are none.

    Args:
        network: The network.
        parameters: Shape (P,).
        inputs: The training rows as it sees them, shape (n, d), or some of them.
        rows: How many training rows there are, if these are some.
        epoch: When it had these parameters, if it is not the one that is kept.

    Source: Maas, Hannun & Ng 2013, Rectifier Nonlinearities Improve Neural Network Acoustic Models.
    """
    layers = list(zip(network.layers, network.activations, strict=False))
    alive = [np.zeros(layer.fan_out, bool) for layer, _ in layers]
    for begin in range(0, len(inputs), MEASURED):
        given = inputs[begin : begin + MEASURED].astype(parameters.dtype, copy=False)
        for (layer, activation), seen in zip(layers, alive, strict=True):
            given, back = activation(given @ layer.weights(parameters) + layer.bias(parameters))
            seen |= (back(np.ones_like(given)) != 0).any(axis=0)
    count, units = int(sum((~seen).sum() for seen in alive)), sum(len(seen) for seen in alive)
    if not count:
        return None
    verb = "is" if count == 1 else "are"
    looked_at = len(inputs)
    where = say("the {count:,} training rows", count=looked_at)
    if rows > looked_at:
        where = say("{count:,} of the {rows:,} training rows", count=looked_at, rows=rows)
    sentence = say(
        "{count} of {units} hidden units {verb} never active on {where}.",
        count=count,
        units=units,
        verb=verb,
        where=where,
    )
    if epoch is not None:
        sentence = say("At epoch {epoch:,}, {sentence}", epoch=epoch, sentence=sentence)
    return Verdict("dead units", sentence, {"dead": count, "units": units}, looked_at)


def class_absent(labels: Sequence[str], count: int, held_out: int) -> Verdict:
    """That rows are held out of classes that no training row is of.

    Args:
        labels: The classes.
        count: How many such rows.
        held_out: How many rows are held out.

    >>> class_absent(["c4"], 36, 40).sentence
    "36 of 40 rows held out are of a class that no training row is of, 'c4': what is measured on them says nothing."
    """
    names = enumerated(f"'{label}'" for label in labels)
    given = {
        "count": count,
        "held_out": held_out,
        "names": names,
        "rest": say("what is measured on them says nothing."),
    }
    sentence = (
        say(
            "{count:,} of {held_out:,} rows held out are of a class that no training row is of, {names}: {rest}",
            **given,
        )
        if len(labels) == 1
        else say(
            "{count:,} of {held_out:,} rows held out are of classes that no training row is of, {names}: {rest}",
            **given,
        )
    )
    return Verdict("class absent", sentence, {"rows": count}, held_out)


def rare_class_missed(right: Array, label: str, baseline: float, usual: str, where: str = "rows") -> Verdict | None:
    """Whether most rows of a rare class are read as another: the exact binomial bound on its recall is below a half.

    Args:
        right: Whether each of its rows is read right.
        label: The class.
        baseline: The accuracy of always saying the most frequent class.
        usual: That class.
        where: What the rows are called.

    >>> import numpy as np
    >>> rare_class_missed(np.zeros(5, bool), "ill", 0.95, "well").sentence
    "Class 'ill' is missed: 0 of its 5 rows are read right. Always saying 'well' has accuracy 0.950."
    >>> rare_class_missed(np.zeros(3, bool), "ill", 0.97, "well") is None  # three rows cannot tell
    True

    Source: Clopper & Pearson 1934, The Use of Confidence or Fiducial Limits.
    """
    count, found = len(right), int(right.sum())
    at_most = sum(math.comb(count, at) for at in range(found + 1)) / 2**count  # chance of as few, were the recall 1/2
    if not count or at_most > 1 - ENOUGH:
        return None
    recall = found / count
    sentence = say(
        "Class '{label}' is missed: {found} of its {count} {where} are read right.",
        label=label,
        found=found,
        count=count,
        where=where,
    )
    sentence += say(" Always saying '{usual}' has accuracy {baseline:.3f}.", usual=usual, baseline=baseline)
    figures = {"recall": recall, "rows": count, "baseline_accuracy": baseline}
    return Verdict("rare class missed", sentence, figures, count, math.sqrt(recall * (1 - recall) / count))


def still_improving(losses: Sequence[float], name: str = say("training loss")) -> Verdict | None:
    """Whether more epochs would lower a loss: the last fifth of them has a falling trend, and a fall that counts.

    The trend is Mann and Kendall's: how many pairs of epochs are in falling order. A fall of less than one per cent,
    or of a loss that is a thousandth of its first value, does not count.

    Args:
        losses: The watched loss at each epoch.
        name: What it is called.

    Source: Mann 1945, Nonparametric Tests Against Trend; Kendall 1975, Rank Correlation Methods.
    """
    last = np.asarray(losses[-max(TREND, -(-len(losses) // 5)) :], float)
    count = len(last)
    if count < TREND or not np.isfinite(last).all():
        return None
    order = float(np.sign(last[None, :] - last[:, None])[np.triu_indices(count, 1)].sum())
    spread = math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    third = max(1, count // 3)
    fall = float(np.mean(last[:third]) - np.mean(last[-third:]))
    if order / spread > -2.33 or fall <= FALL * abs(last[-1]) or last[-1] <= SOLVED * abs(losses[0]):
        return None
    part = fall / (fall + float(np.mean(last[-third:])))
    sentence = say(
        "Still improving: in the last {count} epochs the {name} fell by {part} %.",
        count=count,
        name=name,
        part=number(100 * part, 2),
    )
    return Verdict("still improving", sentence, {"fall": fall, "z": order / spread}, count)


def oscillating(losses: Sequence[float], name: str = say("training loss")) -> Verdict | None:
    """Whether a loss goes up and down at nearly every epoch of its last quarter, more than noise does.

    Of independent values, two of three are turning points; the test is for more than that.

    Args:
        losses: The loss at each epoch.
        name: What it is called.

    Source: Bienayme 1874; Kendall & Stuart 1976, The Advanced Theory of Statistics, volume 3, section 45.
    """
    last = np.asarray(losses[-max(WAVES, len(losses) // 4) :], float)
    count = len(last)
    if count < WAVES or not np.isfinite(last).all():
        return None
    steps = np.diff(last)
    turns = int((steps[1:] * steps[:-1] < 0).sum())
    surplus = (turns - 2 * (count - 2) / 3) / math.sqrt((16 * count - 29) / 90)
    swing = float(np.median(np.abs(steps)))
    if surplus < 2.33 or swing < FALL * abs(float(np.mean(last))):
        return None
    sentence = say(
        "Oscillating: the {name} turns at {turns} of the last {count} epochs, by {swing}.",
        name=name,
        turns=turns,
        count=count - 2,
        swing=number(swing, 2),
    )
    return Verdict("oscillating", sentence, {"turns": turns, "swing": swing, "z": surplus}, count)
