"""Running stacks by an executor, whatever becomes of a run or of a worker.

A run that fails, loses its worker or takes too long has that as its verdict, and spoils no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, wait
from queue import Empty

from gdcli.experiments.sweep.batching import Job, Rows
from gdcli.experiments.sweep.executors import Finished, InProcess, Progress, SweepEvent
from gdcli.said import say

TRIES = 3
"""How often a run is begun whose worker is lost; the last time it has a worker to itself."""
POLL = 0.1
LOST = ("KilledWorker", "CancelledError", "FutureCancelledError")
"""Errors that say that a worker is gone."""


def run(jobs: Sequence[Job], rows: Sequence[Rows], executor: InProcess) -> Iterator[SweepEvent]:
    """Runs stacks, and yields each run as it ends.

    Args:
        jobs: The stacks.
        rows: The tables they are about.
        executor: Where they run.

    Returns:
        A stream of finished runs, and of how far the others are. It ends early if all is interrupted.
    """
    attempts = _Attempts(rows, executor)
    try:
        for job in jobs:
            attempts.begin(job)
        while attempts.open and not executor.interrupted():
            yield from attempts.next()
    finally:
        attempts.close()
    yield from attempts.rest()


class _Attempts:
    """Jobs handed in, and handed in again where that helps.

    Args:
        rows: The tables.
        executor: Where they run.
    """

    def __init__(self, rows: Sequence[Rows], executor: InProcess) -> None:
        self._rows, self._executor = rows, executor
        self._pool = executor.pool()
        self._waiting: dict[Future[list[Finished]], Job] = {}
        self._begun: dict[tuple[int, ...], int] = {}
        self._lost: list[Job] = []
        self._reported: set[int] = set()

    @property
    def open(self) -> bool:
        """Whether anything has not ended."""
        return bool(self._waiting or self._lost)

    def begin(self, job: Job) -> None:
        """Hands a job in."""
        self._begun[job.numbers] = self._begun.get(job.numbers, 0) + 1
        try:
            future = self._executor.submit(self._pool, job, self._rows[job.table])
        except BrokenExecutor:
            self._lost.append(job)
            return
        self._await(future, job)

    def _await(self, future: Future[list[Finished]], job: Job) -> None:
        self._waiting[future] = job
        future.add_done_callback(self._executor.events.put)

    def next(self) -> list[SweepEvent]:
        """What has come in since, after a moment's waiting."""
        self._executor.check()
        if not self._waiting:
            self._begin_again()
        try:
            event = self._executor.events.get(timeout=POLL)
        except Empty:  # a thread without memory may have ended a job and not said so
            return [event for future in [*self._waiting] if future.done() for event in self._taken(future)]
        return self._taken(event)

    def _taken(self, event: SweepEvent | Future[list[Finished]]) -> list[SweepEvent]:
        if isinstance(event, Progress):
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

    def _new(self, finished: Sequence[Finished]) -> list[SweepEvent]:
        new = [one for one in finished if one.number not in self._reported]
        self._reported.update(one.number for one in new)
        return [*new]

    def _failed(self, job: Job, error: BaseException) -> list[SweepEvent]:
        """A stack that failed is run again one by one; a run that failed has."""
        if len(job.numbers) > 1:
            for one in job.alone():
                if one.numbers[0] not in self._reported:
                    self.begin(one)
            return []
        lost = type(error).__name__ in LOST
        why = (
            say("its worker was lost {tries} times", tries=TRIES)
            if lost
            else say("{name}: {error}", name=type(error).__name__, error=error)
        )
        return self._new([Finished(job.numbers[0], "failed", say("failed: {why}", why=why))])

    def _begin_again(self) -> None:
        """A pool that has lost a process is done for: the rest goes to a new one, at last each to its own."""
        jobs, self._lost = self._lost, []
        runs = sum(len(job.numbers) for job in jobs)
        self._executor.note(say("a worker was lost: {runs} run{s} begun again", runs=runs, s="s" * (runs > 1)))
        self._pool.shutdown(wait=True)
        self._pool = self._executor.pool()
        for job in jobs:
            if self._begun.get(job.numbers, 0) < TRIES - 1:
                self.begin(job)
            else:
                self._last(job)

    def _last(self, job: Job) -> None:
        """The last try, in a process that is nobody else's."""
        own = self._executor.pool(1)
        future = self._executor.submit(own, job, self._rows[job.table])
        while not future.done() and not self._executor.interrupted():
            wait([future], POLL)
        if future.done() and isinstance(future.exception(), BrokenExecutor):
            self._give_up(job)
        else:
            self._await(future, job)
        own.shutdown(wait=future.done())

    def _give_up(self, job: Job) -> None:
        """A stack that loses its worker each time is parted; a run that does has failed."""
        if len(job.numbers) > 1:
            self._lost += job.alone()
        else:
            self._executor.events.put(
                Finished(job.numbers[0], "failed", say("failed: its worker was lost {tries} times", tries=TRIES))
            )

    def close(self) -> None:
        """Ends what is still running."""
        self._executor.stop(self._pool, list(self._waiting))

    def rest(self) -> Iterator[SweepEvent]:
        """What had been reported when all ended."""
        while not self._executor.events.empty():
            event = self._executor.events.get()
            if not isinstance(event, Future):
                yield from self._taken(event)
            elif event.done() and not event.cancelled() and event.exception() is None:
                yield from self._new(event.result())
