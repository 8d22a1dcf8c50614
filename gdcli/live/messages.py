"""Messages about a run: what a step did, what is about to happen, why the run diverged."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gdcli.experiments.notation import Setting
from gdcli.formatting import short
from gdcli.live.run import Course
from gdcli.live.setup import NetworkScene

__all__ = [
    "describe_arrival",
    "describe_changes",
    "describe_ending",
    "describe_step",
    "explain_divergence",
    "format_losses",
    "rate_warning",
]

WORDS = {"batch_size": "batches of", "l1": "L1 penalty", "l2": "L2 penalty"}
LARGER = 2  # times: what is said as a factor, and no longer put down to chance


def format_losses(run: Course, *values: float) -> str:
    """Losses, one after the other, in the target's own units: "MSE 2.5 -> 1.825"."""
    scene = run.setup.scene
    unit = scene.loss_unit if isinstance(scene, NetworkScene) else 1.0
    return f"{run.setup.loss_name} {' -> '.join(short(value * unit, 6) for value in values)}"


def describe_step(run: Course, before: float, after: float) -> str:
    """What a step did to the loss over all rows."""
    if after <= before:
        return f"Step {run.now.number:,}: {format_losses(run, before, after)}."
    times = after / before if before else math.inf
    if run.setup.batch_size is not None and times < LARGER:
        reason = "one batch's gradient is not all rows' gradient"
        return f"Step {run.now.number:,}: {format_losses(run, before, after)}: {reason}."
    size = f"{short(times, 2)} times larger" if times >= LARGER else f"{short(100 * (times - 1), 2)} % larger"
    return f"Overshoot: {format_losses(run, before, after)}, {size}."


def _in_words(name: str, value: str) -> str:
    """A setting and its value: "batches of 8"."""
    if value == "full":
        return "full batches"
    return f"{WORDS.get(name, name.replace('_', '-'))} {value}"


def describe_changes(changes: Sequence[Setting]) -> str:
    """The newest changes: "Batches of 8, L2 penalty 0.01"."""
    newest = (one for one in changes if one.step == changes[-1].step)
    text = ", ".join(_in_words(one.name, one.value) for one in newest)
    return text[:1].upper() + text[1:]


def rate_warning(run: Course) -> str:
    """What is about to happen at the rate on the dial, if it is not good."""
    limit, rate, local = run.setup.limit, run.rate, run.limits.newest
    if local is not None and not run.diverged and rate > local.value:
        where = f"{local.formula} = {short(local.value)} at step {local.number:,}, S the sharpness there"
        return f"{where}: at {short(rate, 6)} full batches overshoot further each time, while S stays so."
    if run.diverged or limit is None or rate <= limit:
        return ""
    if run.setup.batch_size is not None:
        return f"Learning rate {short(rate)} is above {short(limit)}: a batch can make the steps grow."
    name = run.setup.limit_formula
    return f"{name[:1].upper()}{name[1:]} = {short(limit)}: at {short(rate, 6)} the next steps will grow."


def explain_divergence(run: Course) -> str:
    """Why it ran away, and which key goes back."""
    limit, last = run.setup.limit, run.now.step
    rate = run.rate if last is None else float(last.learning_rate)
    why = "the steps overshoot further each time"
    if limit is not None and rate > limit:
        why = f"{short(rate)} is above {run.setup.limit_formula} = {short(limit)}"
    back = f"z goes back to step {run.best.number:,}, the lowest loss; there turn the rate down."
    return f"Diverged at step {run.now.number:,}: {why}. {back}"


def describe_arrival(run: Course) -> str:
    """How a run to its end ended, with what is left of the way where the optimum is known."""
    descent = run.setup.descent
    known = descent is not None and descent.objective is not None and not run.setup.stopping.rules
    left = f": {descent.left_words(run.first.known(), run.now.known())}" if descent is not None and known else ""
    return f"{describe_ending(run)}{left}."


def describe_ending(run: Course) -> str:
    """How a rule ended it: "Stopped early at step 120"."""
    return f"{run.status.replace('_', ' ').capitalize()} at step {run.now.number:,}"
