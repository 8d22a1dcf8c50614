"""What is so of a run as it stands: the verdicts on its course and on its rows, and the claims about its rate."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from gdcli.analysis import outlook
from gdcli.analysis.claims import Claim, number
from gdcli.analysis.collapse import is_linear
from gdcli.analysis.distance import course
from gdcli.analysis.evidence import Verdict
from gdcli.analysis.judging import Judged, judge
from gdcli.analysis.objective import Objective
from gdcli.analysis.standstill import LONGEST, limit_cycle, standstill
from gdcli.analysis.verdicts import oscillating
from gdcli.formatting import exact
from gdcli.live.course import Course
from gdcli.live.setup import NetworkScene, Setup
from gdcli.optim.schedules import Constant
from gdcli.said import say, together, uncapitalized

__all__ = ["FINAL", "MINOR", "SLOW", "Finding", "describe_small_rate", "find", "next_look", "sentences"]

FINAL = (
    "cannot bend",
    "arrived",
    "dead units",
    "limit cycle",
    "solved",
    "plateau",
    "crawling",
    "learned nothing",
)
"""What more of the same steps does not change."""
SAID = (
    "class absent",
    "dead units",
    "learned nothing",
    "worse than its start",
    "overfitting",
    "rare class missed",
)
"""Of the verdicts on a run's rows, those that are said while it runs."""
MINOR = "some dead units"
"""What is said at a pause, and ends no run."""
SLOW = "too small"
"""What is so of a rate from the start, and said once."""
MANY = 0.5
"""Part of the hidden units whose death is."""
SMALL = 0.1
"""A rate below this part of the limit is small."""
FEW = 1_000
"""Steps to a hundredth that nobody minds."""
WAIT = 5_000
"""Steps to a hundredth before which it is asked whether to go on."""
LONG = 1_000_000
"""Steps that nobody waits for."""
FIRST_LOOK = 10
"""Epochs between two looks at a run at first."""
EPOCHS = 50
"""Epochs from which a run is judged by its rows."""


class Finding(NamedTuple):
    """Something that is so.

    Args:
        name: In a word or two.
        sentence: To be read aloud.
        final: Whether going on brings nothing else.
    """

    name: str
    sentence: str
    final: bool


def find(run: Course) -> list[Finding]:
    """All that is so now, what matters most first."""
    if run.diverged:
        return []
    with np.errstate(all="ignore"):
        there = _there(run)
        ahead = None if there is not None else _ahead(run)
        found = [*_on_way(run, there, ahead)]
        if run.now.number:
            found += [*_on_course(run, there or ahead), *_on_rows(run)]
    names = {one.name for one in found}
    straight = [Finding("cannot bend", _bend(run.setup), True)] if _is_stuck_straight(run, names) else []
    return sorted([*straight, *found], key=_rank)


def _rank(finding: Finding) -> int:
    return FINAL.index(finding.name) if finding.final else len(FINAL)


def _finding(verdict: Verdict) -> Finding:
    dead = verdict.figures["dead"] / verdict.figures["units"] if verdict.name == "dead units" else 1.0
    name = verdict.name if dead >= MANY else MINOR
    return Finding(name, verdict.sentence, name in FINAL and dead == 1)


def _on_way(run: Course, there: Claim | None, ahead: Claim | None) -> Iterator[Finding]:
    """Whether the optimum is too far to wait for, or all classes are right."""
    if there is not None:
        yield Finding("arrived", there.sentence, True)
    elif ahead is not None and isinstance(ahead.value, int) and ahead.value > LONG:
        yield Finding("crawling", say("Crawling: {what}", what=uncapitalized(ahead.sentence)), True)
    elif WAIT < _small_rate(run) < math.inf:
        yield Finding(SLOW, say("{small} f again runs on.", small=describe_small_rate(run)), False)
    accuracy = run.now.known().metrics.get("accuracy", math.nan)
    if accuracy == 1:
        rows = len(run.setup.problem.data)
        yield Finding("all right", say("All {rows:,} training rows are right: accuracy 1.0.", rows=rows), False)


def _ahead(run: Course) -> Claim | None:
    """How far the optimum is, counted; None where no formula tells."""
    setup, known = run.setup, _objective(run.setup)
    if known is None or not has_one_rate(run):
        return None
    state = run.now.record.state if type(setup.optimizer) is type(run.maker.optimizer) else None
    velocity = getattr(state, "velocity", None)
    return outlook.distance(known, setup.optimizer, run.rate, run.now.parameters, velocity, setup.loss_name)


def _there(run: Course) -> Claim | None:
    """That the optimum is reached, where there is one that is known."""
    known = _objective(run.setup)
    return (
        None
        if known is None
        else outlook.arrived(known, float(known.excess(run.now.parameters)), outlook.minimised(known))
    )


def _objective(setup: Setup) -> Objective | None:
    """What full batches descend on, where its optimum is known."""
    return None if setup.descent is None or setup.batch_size is not None else setup.descent.objective


def has_one_rate(run: Course) -> bool:
    """Whether every update is made alike until something is changed by hand."""
    return (bool(run.turns) or isinstance(run.setup.schedule, Constant)) and not run.will_change


def _on_course(run: Course, way: Claim | None) -> Iterator[Finding]:
    """What the last steps and losses say."""
    setup, unit = run.setup, _unit(run.setup)
    name = setup.loss_name if setup.descent is not None else say("training loss")
    if setup.batch_size is None:
        moments = [moment for moment in run.recent(4 * LONGEST + 1) if moment.measured is not None]
        losses = [unit * float(moment.known().loss) for moment in moments]
        verdict = limit_cycle([moment.parameters for moment in moments], losses, name)
        if verdict is not None:
            yield _finding(verdict)
            return
    if way is not None and has_one_rate(run):
        return  # its way is known to the step
    losses, epochs = _losses(run)
    for verdict in (standstill(losses, epochs, name), oscillating(losses, name) if setup.batch_size is None else None):
        if verdict is not None and not (verdict.name == "solved" and setup.descent is not None):
            yield _finding(verdict)


def _losses(run: Course) -> tuple[list[float], float]:
    """The training losses so far, and the epochs from one to the next."""
    losses = (_unit(run.setup) * run.losses.values[:, 0]).tolist()
    return losses, run.passes / max(1, len(losses) - 1)


def _on_rows(run: Course) -> Iterator[Finding]:
    """What its rows say: of where it stands, which is what its command hands out."""
    setup = run.setup
    if run.passes < EPOCHS:
        return
    judged = Judged(
        setup.judged or setup.problem,
        run.first.known(),
        run.best.known(),
        run.now.known(),
        run.losses.values[:, 0].tolist(),
        run.losses.values[:, 1].tolist() if setup.problem.validation is not None else (),
        len(setup.classes),
        setup.classes,
        kept=run.now.known(),
        unit=setup.row_unit,
        weights=setup.weights,
    )
    for verdict in judge(judged):
        if verdict.name in SAID:
            yield _finding(verdict)


def _is_stuck_straight(run: Course, found: set[str]) -> bool:
    """Whether a network without a bend, in it or in its inputs, has got as far as it gets: not all the way."""
    scene = run.setup.scene
    stuck = found & {"plateau", "learned nothing", "crawling"} and "all right" not in found
    if not stuck or not isinstance(scene, NetworkScene) or scene.preparation.features:
        return False
    return is_linear(scene.network)


def _bend(setup: Setup) -> str:
    deep = isinstance(setup.scene, NetworkScene) and len(setup.scene.network.sizes) > 2
    what = say("the boundary it draws is") if setup.classes else say("what it predicts is")
    if deep:
        return say("A linear network cannot bend: its layers together are one, and {what} straight.", what=what)
    return say("A network without a hidden layer cannot bend: {what} straight.", what=what)


def _unit(setup: Setup) -> float:
    return setup.scene.loss_unit if isinstance(setup.scene, NetworkScene) else 1.0


def describe_small_rate(run: Course) -> str:
    """How small the rate is beside the limit, and what that costs; empty of one that is not small."""
    steps, limit = _small_rate(run), run.setup.limit
    if limit is None or not FEW < steps < math.inf:
        return ""
    part, count = number(100 * run.rate / limit, 1), number(float(f"{steps:.2g}"))
    return say(
        "Learning rate {rate} is {part} % of the limit: about {count} steps to 1/100.",
        rate=exact(run.rate),
        part=part,
        count=count,
    )


def _small_rate(run: Course) -> float:
    """Steps to a hundredth at a rate that is small beside the limit; 0 at one that is not."""
    setup = run.setup
    if setup.limit is None or _objective(setup) is None or not run.rate < SMALL * setup.limit or not has_one_rate(run):
        return 0.0
    return _steps_to_hundredth(setup, run.rate)


@lru_cache(maxsize=8)
def _steps_to_hundredth(setup: Setup, rate: float) -> float:
    """Steps in which the slowest part of the excess falls to a hundredth."""
    known = _objective(setup)
    way = None if known is None else course(known, setup.optimizer, rate, known.optimum)
    return math.inf if way is None else way.steps_per_factor(100.0)


def sentences(findings: Sequence[Finding], most: int = 2) -> str:
    """The first of them, as one text."""
    return together(" ", (one.sentence for one in findings[:most]))


def next_look(run: Course) -> int:
    """The step after which a run to its end is looked at next: seldom, as looking takes longer than a step."""
    epochs = int(run.passes)
    more = epochs - run.passes + max(FIRST_LOOK, epochs // 20)
    return run.now.number + round(more * run.setup.steps_per_epoch)
