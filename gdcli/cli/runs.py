"""Running stacks by a standard executor, whatever becomes of a run or of a worker.

What becomes of one run is told as its verdict: a run that fails, is lost or takes too long spoils no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, wait
from queue import Empty
from time import perf_counter
from typing import Any

from gdcli.cli.places import Cluster, Event_, Finished, Place, Processes, Tick, work
from gdcli.cli.stacks import Job

__all__ = ["Cluster", "Event_", "Finished", "Place", "Processes", "Tick", "run", "work"]

TRIES = 3
"""How often a run is begun whose worker is lost; the last time it has a worker to itself."""
POLL = 0.1


def run(jobs: Sequence[Job], rows: Sequence[Any], place: Place) -> Iterator[Event_]:
    """Runs stacks, and tells each run as it ends.

    Args:
        jobs: The stacks.
        rows: The tables they are about.
        place: Where.

    Returns:
        A stream of finished runs, and of how far the others are. It ends early if all is interrupted.
    """
    tries = _Tries(rows, place)
    try:
        for job in jobs:
            tries.begin(job)
        while tries.open and not place.interrupted():
            yield from tries.next()
    finally:
        tries.close()
    yield from tries.rest()


class _Tries:
    """Jobs handed in, and handed in again where that helps.

    Args:
        rows: The tables.
        place: Where they run.
    """

    def __init__(self, rows: Sequence[Any], place: Place) -> None:
        self._rows, self._place = rows, place
        self._executor = place.executor()
        self._waiting: dict[Future[list[Finished]], Job] = {}
        self._begun: dict[tuple[int, ...], int] = {}
        self._lost: list[Job] = []
        self._told: set[int] = set()
        self._due = 0.0

    @property
    def open(self) -> bool:
        """Whether anything has not ended."""
        return bool(self._waiting or self._lost)

    def begin(self, job: Job) -> None:
        """Hands a job in."""
        self._begun[job.numbers] = self._begun.get(job.numbers, 0) + 1
        try:
            future = self._place.submit(self._executor, job, self._rows[job.table])
        except BrokenExecutor:
            self._lost.append(job)
            return
        self._waiting[future] = job
        future.add_done_callback(self._place.told.put)

    def next(self) -> list[Event_]:
        """What has come in since, after a moment's waiting."""
        now = perf_counter()
        if now >= self._due:
            self._place.look()
            self._due = now + 10 * POLL
        if not self._waiting:
            self._again()
        try:
            event = self._place.told.get(timeout=POLL)
        except Empty:
            return []
        return self._taken(event)

    def _taken(self, event: Event_ | Future[list[Finished]]) -> list[Event_]:
        if isinstance(event, Tick):
            return [event]
        if isinstance(event, Finished):
            return self._new([event])
        job = self._waiting.pop(event, None)
        if job is None:
            return []
        error = None if event.cancelled() else event.exception()
        if event.cancelled() or isinstance(error, BrokenExecutor):
            self._lost.append(job)
            return []
        return self._new(event.result()) if error is None else self._failed(job, error)

    def _new(self, finished: Sequence[Finished]) -> list[Event_]:
        new = [one for one in finished if one.number not in self._told]
        self._told.update(one.number for one in new)
        return [*new]

    def _failed(self, job: Job, error: BaseException) -> list[Event_]:
        """A stack that failed is run again one by one; a run that failed has."""
        if len(job.numbers) > 1:
            for one in job.alone():
                if one.numbers[0] not in self._told:
                    self.begin(one)
            return []
        lost = type(error).__name__ in ("KilledWorker", "CancelledError", "FutureCancelledError")
        why = f"its worker was lost {TRIES} times" if lost else f"{type(error).__name__}: {error}"
        return self._new([Finished(job.numbers[0], "failed", f"failed: {why}")])

    def _again(self) -> None:
        """A pool that has lost a process is done for: the rest goes to a new one, at last each to its own."""
        jobs, self._lost = self._lost, []
        runs = sum(len(job.numbers) for job in jobs)
        self._place.note(f"a worker was lost: {runs} run{'s' * (runs > 1)} begun again")
        self._executor.shutdown(wait=True)
        self._executor = self._place.executor()
        for job in jobs:
            if self._begun.get(job.numbers, 0) < TRIES - 1:
                self.begin(job)
            else:
                self._last(job)

    def _last(self, job: Job) -> None:
        """The last try, in a process that is nobody else's."""
        own = self._place.executor(1)
        future = self._place.submit(own, job, self._rows[job.table])
        while not future.done() and not self._place.interrupted():
            wait([future], POLL)
        if future.done() and isinstance(future.exception(), BrokenExecutor):
            self._give_up(job)
        else:
            self._waiting[future] = job
            future.add_done_callback(self._place.told.put)
        own.shutdown(wait=future.done())

    def _give_up(self, job: Job) -> None:
        """A stack that loses its worker each time is parted; a run that does has failed."""
        if len(job.numbers) > 1:
            self._lost += job.alone()
        else:
            self._place.told.put(Finished(job.numbers[0], "failed", f"failed: its worker was lost {TRIES} times"))

    def close(self) -> None:
        """Ends what is still running."""
        self._place.stop(self._executor, list(self._waiting))

    def rest(self) -> Iterator[Event_]:
        """What had been told when all ended."""
        while not self._place.told.empty():
            event = self._place.told.get()
            if not isinstance(event, Future):
                yield from self._taken(event)
            elif event.done() and not event.cancelled() and event.exception() is None:
                yield from self._new(event.result())
