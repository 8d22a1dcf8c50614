"""Segments: a run whose problem, optimizer or batch size changes on the way, as a chain of descents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, overload

from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.optim.optimizers import Optimizer, Rate
from gdcli.optim.schedules import Schedule
from gdcli.training.loop import descend
from gdcli.training.pace import Pace, Place
from gdcli.training.problem import Problem
from gdcli.training.records import Epoch, Status, Step, Stretch

__all__ = ["Segment", "descend_in_segments", "in_force", "made_by", "pace_of", "problem_after"]

ENDLESS = 2**62


@dataclass(frozen=True, eq=False)
class Segment:
    """What holds from one update on.

    Args:
        after: Updates made before it.
        problem: What is minimised.
        optimizer: From gradient to update.
        batch_size: Rows a step; None = all.
    """

    after: int
    problem: Problem
    optimizer: Optimizer
    batch_size: int | None


def pace_of(segments: Sequence[Segment]) -> Pace:
    """The batch size by the step; one in full batches may have fewer rows, which stand for all."""
    rows = max(len(one.problem.data) for one in segments)
    return Pace(rows, tuple((one.after, min(one.batch_size or rows, rows)) for one in segments))


def in_force(segments: Sequence[Segment], step: int) -> Segment:
    """The segment that makes the update after so many."""
    return next(one for one in reversed(segments) if one.after <= step)


def made_by(segments: Sequence[Segment], step: int) -> Segment:
    """The segment that made the last of so many updates."""
    return in_force(segments, max(0, step - 1))


def problem_after(segments: Sequence[Segment]) -> Callable[[int], Problem]:
    """What the last of so many updates minimises."""
    return lambda step: made_by(segments, step).problem


@overload
def descend_in_segments(
    segments: Sequence[Segment],
    *,
    learning_rate: Rate | Schedule,
    epochs: int,
    start: Array | None = None,
    seed: int = 0,
    shuffle: bool = True,
    resume: Step | Epoch | None = None,
) -> Iterator[Step | Epoch]:
    """Every epoch comes on its own."""


@overload
def descend_in_segments(
    segments: Sequence[Segment],
    *,
    learning_rate: Rate | Schedule,
    epochs: int,
    start: Array | None = None,
    seed: int = 0,
    shuffle: bool = True,
    resume: Step | Epoch | None = None,
    together: int,
) -> Iterator[Step | Epoch | Stretch]:
    """Some epochs may come as stretches."""


def descend_in_segments(
    segments: Sequence[Segment],
    *,
    learning_rate: Rate | Schedule,
    epochs: int,
    start: Array | None = None,
    seed: int = 0,
    shuffle: bool = True,
    resume: Step | Epoch | None = None,
    together: int = 1,
) -> Iterator[Step | Epoch | Stretch]:
    """The training loop over a chain of segments: the records of `descend`, each made by the segment in force.

    A segment begins with the parameters of the one before. The optimizer's state is kept where its kind stays the
    same, and begins anew where it changes. An epoch takes its rows in the order of (seed, epoch) throughout: where the
    batch size changes within one, the rows that are left are cut into batches of the new size. The record of a moment
    at which a change falls has the figures of the segment before it.

    Args:
        segments: In the order of their steps, the first after 0 updates.
        learning_rate: A number, or a function of the number of updates made so far in the whole run.
        epochs: Passes over the data, those before `resume` included.
        start: Initial parameters.
        seed: Of the shuffling.
        shuffle: False takes the rows in their order.
        resume: A record of such a run, to go on from.
        together: How many epochs may come as one `Stretch`.
    """
    more: dict[str, Any] = {"learning_rate": learning_rate, "start": start, "seed": seed, "shuffle": shuffle}
    if len(segments) > 1:
        return _chained(segments, epochs, resume, together, more)
    only, more = segments[0], more | {"epochs": epochs, "batch_size": segments[0].batch_size}
    return descend(only.problem, only.optimizer, resume=resume, together=together, **more)


def _chained(
    segments: Sequence[Segment], epochs: int, resume: Step | Epoch | None, together: int, more: Mapping[str, Any]
) -> Iterator[Step | Epoch | Stretch]:
    """The records of each segment up to where the next one begins."""
    pace, place, record = pace_of(segments), Place(), resume
    penalised = any(one.problem.l1 or one.problem.l2 for one in segments)
    if resume is not None:
        place = _place_of(resume, pace)
    first = segments.index(made_by(segments, place.step))
    for number, segment in enumerate(segments[first:], first):
        end = segments[number + 1].after if number + 1 < len(segments) else ENDLESS
        boundary = pace.place(end, place) if end < ENDLESS else Place(ENDLESS, epochs)
        last = min(epochs, boundary.passes + bool(boundary.within))
        stream = descend(
            segment.problem,
            segment.optimizer,
            epochs=last,
            batch_size=segment.batch_size,
            resume=record,
            together=1 if penalised else together,
            taken=place.taken,
            **more,
        )
        if number > first:
            next(stream)  # the moment at which the segment before it ended
        for part in stream:
            part = _with_penalty(_going_on(part, epochs)) if penalised else _going_on(part, epochs)
            yield part
            if _is_at(part, boundary):
                break
        if boundary.passes >= epochs:
            return
        assert isinstance(part, Step | Epoch), "a stretch ends before the last epoch"  # noqa: S101 - for types
        following = segments[number + 1]
        record, place = _handed_over(part, segment, following, boundary.within), boundary


def _place_of(record: Step | Epoch, pace: Pace) -> Place:
    """Where a record stands."""
    if isinstance(record, Step):
        return pace.place(record.step)
    return Place(record.step, record.passes, record.within, pace.taken(record.step, record.within))


def _is_at(part: Step | Epoch | Stretch, boundary: Place) -> bool:
    """Whether a segment is over: after its last step in mid-epoch, else after the epoch that this step ends."""
    return part.step == boundary.step and (boundary.within > 0 or isinstance(part, Epoch))


def _going_on(part: Step | Epoch | Stretch, epochs: int) -> Step | Epoch | Stretch:
    """An epoch at the end of a segment that is not the end of the run."""
    if isinstance(part, Epoch) and part.status is Status.COMPLETED and part.passes < epochs:
        return part._replace(status=Status.RUNNING)
    return part


def _with_penalty(part: Step | Epoch | Stretch) -> Step | Epoch | Stretch:
    """An epoch that says of itself that it has no penalty, as others of its run have one."""
    return part._replace(penalty=0.0) if isinstance(part, Epoch) and part.penalty is None else part


def _handed_over(part: Step | Epoch, before: Segment, after: Segment, within: int) -> Epoch:
    """What the next segment begins with; the gradient is measured anew, as the problem may be another."""
    state: Any = part.state
    if type(before.optimizer) is not type(after.optimizer):
        state = after.optimizer.init(part.parameters)
    return Epoch(part.epoch, part.step, part.learning_rate, part.loss, part.parameters, state=state, within=within)
