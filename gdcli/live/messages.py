"""Messages about a run: what a step did, what is about to happen, why the run diverged."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gdcli.experiments.notation import Setting
from gdcli.formatting import short
from gdcli.live.course import Course
from gdcli.live.setup import NetworkScene
from gdcli.render.vocabulary import status_word
from gdcli.said import capitalized, enumerated, say

__all__ = [
    "describe_arrival",
    "describe_changes",
    "describe_ending",
    "describe_lowest",
    "describe_step",
    "explain_divergence",
    "format_losses",
    "rate_warning",
]

WORDS = {
    "batch_size": say("batches of"),
    "l1": say("L1 penalty"),
    "l2": say("L2 penalty"),
    "optimizer": say("optimizer"),
}
LARGER = 2  # times: what is said as a factor, and no longer put down to chance


def format_losses(run: Course, *values: float) -> str:
    """Losses, one after the other, in the target's own units: "MSE 2.5 -> 1.825"."""
    scene = run.setup.scene
    unit = scene.loss_unit if isinstance(scene, NetworkScene) else 1.0
    return say("{name} {losses}", name=run.setup.loss_name, losses=" -> ".join(short(one * unit, 6) for one in values))


def describe_step(run: Course, before: float, after: float) -> str:
    """What a step did to the loss over all rows."""
    if after <= before:
        return say(
            "Step {number:,}: {format_losses}.", number=run.now.number, format_losses=format_losses(run, before, after)
        )
    times = after / before if before else math.inf
    if run.setup.batch_size is not None and times < LARGER:
        reason = say("one batch's gradient is not all rows' gradient")
        return say(
            "Step {number:,}: {format_losses}: {reason}.",
            number=run.now.number,
            format_losses=format_losses(run, before, after),
            reason=reason,
        )
    size = (
        say("{times} times larger", times=short(times, 2))
        if times >= LARGER
        else say("{times} % larger", times=short(100 * (times - 1), 2))
    )
    return say("Overshoot: {format_losses}, {size}.", format_losses=format_losses(run, before, after), size=size)


def _in_words(name: str, value: str) -> str:
    """A setting and its value: "batches of 8"."""
    if value == "full":
        return say("full batches")
    return say("{words} {value}", words=WORDS.get(name, name.replace("_", "-")), value=value)


def describe_changes(changes: Sequence[Setting]) -> str:
    """The newest changes: "Batches of 8, L2 penalty 0.01"."""
    newest = (one for one in changes if one.step == changes[-1].step)
    text = enumerated(_in_words(one.name, one.value) for one in newest)
    return capitalized(text)


def rate_warning(run: Course) -> str:
    """What is about to happen at the rate on the dial, if it is not good."""
    limit, rate, local = run.setup.limit, run.rate, run.limits.newest
    if local is not None and not run.diverged and rate > local.value:
        where = say(
            "{formula} = {value} at step {number:,}, S the sharpness there",
            formula=local.formula,
            value=short(local.value),
            number=local.number,
        )
        return say(
            "{where}: at {rate} full batches overshoot further each time, while S stays so.",
            where=where,
            rate=short(rate, 6),
        )
    if run.diverged or limit is None or rate <= limit:
        return ""
    if run.setup.batch_size is not None:
        return say(
            "Learning rate {rate} is above {limit}: a batch can make the steps grow.",
            rate=short(rate),
            limit=short(limit),
        )
    name = run.setup.limit_formula
    return say(
        "{name} = {limit}: at {rate} the next steps will grow.",
        name=capitalized(name),
        limit=short(limit),
        rate=short(rate, 6),
    )


def explain_divergence(run: Course) -> str:
    """Why it ran away, and which key goes back."""
    limit, last = run.setup.limit, run.now.step
    rate = run.rate if last is None else float(last.learning_rate)
    why = say("the steps overshoot further each time")
    if limit is not None and rate > limit:
        why = say(
            "{rate} is above {limit_formula} = {limit}",
            rate=short(rate),
            limit_formula=run.setup.limit_formula,
            limit=short(limit),
        )
    back = say("z goes back to step {number:,}, the lowest loss; there turn the rate down.", number=run.best.number)
    return say("Diverged at step {number:,}: {why}. {back}", number=run.now.number, why=why, back=back)


def describe_lowest(run: Course, made: int) -> str:
    """Where it went back to: what was lower and was taken back before does not count any more.

    Args:
        run: The run.
        made: Updates that it had made before.
    """
    number = run.now.number
    if number == made:
        return say("Step {number:,} has the lowest loss measured up to here.", number=number)
    return say("Back at step {number:,}, the lowest loss measured up to step {made:,}.", number=number, made=made)


def describe_arrival(run: Course) -> str:
    """How a run to its end ended, with what is left of the way where the optimum is known."""
    descent = run.setup.descent
    known = descent is not None and descent.objective is not None and not run.setup.stopping.rules
    left = (
        say(": {left_words}", left_words=descent.left_words(run.first.known(), run.now.known()))
        if descent is not None and known
        else ""
    )
    return say("{describe_ending}{left}.", describe_ending=describe_ending(run), left=left)


def describe_ending(run: Course) -> str:
    """How a rule ended it: "Stopped early at step 120"."""
    return say("{status} at step {number:,}", status=capitalized(status_word(run.status)), number=run.now.number)
