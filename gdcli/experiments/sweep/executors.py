"""Executors: where stacks run. In this process, in processes of this machine, on a Dask cluster; and a worker's job."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from dataclasses import field
from functools import partial
from queue import SimpleQueue
from threading import Event
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from gdcli.analysis.verdicts import Goal, arrived, verdict
from gdcli.definitions.dataclass import dataclass
from gdcli.definitions.plugins import loaded
from gdcli.experiments.connection import Connection
from gdcli.experiments.experiment import never
from gdcli.experiments.folds import Measured
from gdcli.experiments.sweep.batching import Job, PreparedStack, Rows, prepare
from gdcli.experiments.sweep.measuring import fold_measures, measured, nothing_learned
from gdcli.experiments.workers import end, held_back, process_pool, with_plugins
from gdcli.said import say
from gdcli.training.records import Status
from gdcli.training.stacked import Outcome

CHECK = 1.0
"""Seconds between two looks at a cluster's workers."""
NOTHING = say("learned nothing")
"""The verdict on a run that is no better than what knows no input."""


class Finished(NamedTuple):
    """A run that has ended, one way or another.

    Args:
        number: Its number.
        status: As `fit` and `train` have it; or timed_out, failed.
        verdict: The same, in words.
        outcome: What it came to; None if it failed.
        goal: Where it should get, where that is known.
        arrived: The first epoch with a loss as good as the optimum's, where that is known.
        limit: The largest stable learning rate, where a closed form is known.
        steps_per_epoch: Updates in one pass.
        figures: Further figures of the parameters kept.
        measured: Its score by the sweep's common measure, if it has one.
    """

    number: int
    status: str
    verdict: str
    outcome: Outcome | None = None
    goal: Goal | None = None
    arrived: int | None = None
    limit: float | None = None
    steps_per_epoch: int = 1
    figures: dict[str, float] = {}  # noqa: RUF012 - never written to
    measured: Measured | None = None

    @property
    def ended(self) -> bool:
        """Whether it ran to an end of its own."""
        return self.outcome is not None and self.status not in ("interrupted", "timed_out")


class Progress(NamedTuple):
    """How far a stack is.

    Args:
        stack: The number of its first run.
        epochs: Passes made, of all its runs together.
    """

    stack: int
    epochs: int


SweepEvent = Finished | Progress


@dataclass(eq=False)
class Deadline:
    """The end of the time that a stack may take.

    Args:
        timeout: Seconds from now; None for no end.
        interrupted: Whether all is to end sooner.
        passed: Whether the end has come.
    """

    timeout: float | None
    interrupted: Callable[[], bool]
    passed: bool = False
    begun: float = field(default_factory=perf_counter)

    def __call__(self) -> bool:
        """Whether to end now."""
        self.passed = self.timeout is not None and perf_counter() - self.begun > self.timeout
        return self.passed or self.interrupted()


def ignore(event: SweepEvent) -> None:
    """Nobody listens."""


def work(
    job: Job,
    rows: Rows,
    timeout: float | None = None,
    interrupted: Callable[[], bool] = never,
    report: Callable[[SweepEvent], object] = ignore,
) -> list[Finished]:
    """Runs one stack; what a worker does.

    Args:
        job: The runs.
        rows: What they learn from.
        timeout: Seconds that one run may take; a stack has as many times that as it has runs.
        interrupted: Asked at each step.
        report: Takes each run as it ends, and how far the others are.

    Returns:
        All its runs.
    """
    count = len(job.numbers)
    with np.errstate(all="ignore"):
        deadline = Deadline(None if timeout is None else timeout * count, interrupted)
        stack, finished = prepare(job, rows), list[Finished]()
        by_folds = fold_measures(job, rows, deadline)
        for event in stack.outcomes(deadline):
            if isinstance(event, Outcome):
                finished.append(_finished(job, stack, event, deadline.passed, by_folds.get(event.index)))
                report(finished[-1])
            else:
                report(Progress(job.numbers[0], event.epoch * count))
    return finished


def _finished(job: Job, stack: PreparedStack, outcome: Outcome, late: bool, by_folds: Measured | None) -> Finished:
    at, goal = outcome.index, stack.goals[outcome.index]
    status, words = str(outcome.status), verdict(outcome, goal, stack.unstable[at])
    if outcome.status is Status.INTERRUPTED and late:
        status, words = "timed_out", say("out of time at epoch {epoch:,}", epoch=outcome.epoch)
    elif outcome.status is not Status.INTERRUPTED and nothing_learned(stack, outcome, goal, by_folds):
        words = NOTHING
    return Finished(
        number=job.numbers[at],
        status=status,
        verdict=words,
        outcome=outcome,
        goal=goal,
        arrived=arrived(outcome.losses, goal),
        limit=stack.limits[at],
        steps_per_epoch=stack.first.steps_per_epoch,
        figures=_figures(stack, outcome),
        measured=None if job.measuring is None else measured(stack.experiments[at], outcome, by_folds),
    )


def _figures(stack: PreparedStack, outcome: Outcome) -> dict[str, float]:
    """The metrics of the parameters kept, on the training rows and on those held out."""
    problem = stack.first.problem
    if not problem.metrics:
        return {}
    figures = dict(problem.measured(outcome.parameters, problem.data)[1])
    if problem.validation is not None:
        held_out = problem.measured(outcome.parameters, problem.validation)[1]
        figures |= {f"validation_{name}": value for name, value in held_out.items()}
    return figures


def unheard(text: str) -> None:
    """A remark that nobody reads."""


class InProcess:
    """Stacks run in this process, one after the other.

    Args:
        timeout: Seconds that a run may take.
        interrupted: Whether all is to end.
        note: Takes remarks.
    """

    def __init__(
        self,
        timeout: float | None = None,
        interrupted: Callable[[], bool] = never,
        note: Callable[[str], object] = unheard,
    ) -> None:
        self.timeout, self.interrupted, self.note = timeout, interrupted, note
        self.events: SimpleQueue[SweepEvent | Future[list[Finished]]] = SimpleQueue()
        self._closing = Event()

    def pool(self, workers: int | None = None) -> Executor:  # noqa: ARG002 - there is one
        """A standard executor; with so many workers, where there is a choice."""
        return ThreadPoolExecutor(1)

    def submit(self, pool: Executor, job: Job, rows: Rows) -> Future[list[Finished]]:
        """Hands a job in; its runs are reported as each ends."""
        return pool.submit(work, job, rows, self.timeout, self._over, self.events.put)

    def _over(self) -> bool:
        return self._closing.is_set() or self.interrupted()

    def check(self) -> None:
        """Checks whether all workers are there."""

    def stop(self, pool: Executor, pending: Sequence[Future[list[Finished]]]) -> None:
        """Ends everything, soon; what was reached is reported."""
        self._closing.set()
        pool.shutdown(wait=False, cancel_futures=True)
        wait([future for future in pending if not future.cancelled()])


class Processes(InProcess):
    """Stacks run in processes of this machine.

    Args:
        workers: How many.
        timeout: Seconds that a run may take.
        interrupted: Whether all is to end.
        note: Takes remarks.
    """

    def __init__(
        self,
        workers: int,
        timeout: float | None = None,
        interrupted: Callable[[], bool] = never,
        note: Callable[[str], object] = unheard,
    ) -> None:
        super().__init__(timeout, interrupted, note)
        self._workers = workers
        self._others = set(multiprocessing.active_children())

    def pool(self, workers: int | None = None) -> Executor:
        """A pool of fresh processes, which leave Ctrl-C to this one."""
        return process_pool(workers or self._workers)

    def submit(self, pool: Executor, job: Job, rows: Rows) -> Future[list[Finished]]:
        """Hands a job in; its runs are reported when all have ended."""
        with held_back():  # handing in starts processes
            return pool.submit(work, job, rows, self.timeout)

    def stop(self, pool: Executor, pending: Sequence[Future[list[Finished]]]) -> None:
        """Ends the pool's processes, whatever they are at."""
        if any(not future.done() for future in pending):
            end(pool, self._others)
        pool.shutdown(wait=True, cancel_futures=True)  # waits for the pool's thread, or it stumbles at exit


class Cluster(InProcess):
    """Stacks run on the workers of a Dask cluster.

    Args:
        address: Its scheduler's, as tcp://HOST:8786.
        timeout: Seconds that a run may take.
        interrupted: Whether all is to end.
        note: Takes remarks.

    Raises:
        OptionError: If the address is none, or Dask is not installed.
        DataError: If nobody answers there, it has no workers, or they have not this gdcli.
    """

    def __init__(
        self,
        address: str,
        timeout: float | None = None,
        interrupted: Callable[[], bool] = never,
        note: Callable[[str], object] = unheard,
    ) -> None:
        super().__init__(timeout, interrupted, note)
        self._connection, self._due = Connection(address), 0.0
        self._client = self._connection.client
        self._tables: dict[int, Any] = {}

    def pool(self, workers: int | None = None) -> Executor:  # noqa: ARG002 - the cluster has what it has
        """The cluster's."""
        executor: Executor = self._client.get_executor(pure=False)
        return executor

    def submit(self, pool: Executor, job: Job, rows: Rows) -> Future[list[Finished]]:
        """Hands a job in; a table is sent once, not with every job."""
        if job.table not in self._tables:
            self._tables[job.table] = self._client.scatter(rows, broadcast=True)
        return pool.submit(with_plugins, loaded(), partial(work, timeout=self.timeout), job, self._tables[job.table])

    def check(self) -> None:
        """Says, now and then, which workers have gone; the cluster itself gives their runs to others."""
        now = perf_counter()
        if now >= self._due:
            self._due = now + CHECK
            self._note_gone()

    def _note_gone(self) -> None:
        for gone in self._connection.gone():
            self.note(say("the worker at {gone} was lost: its runs are done again on the others", gone=gone))

    def stop(self, pool: Executor, pending: Sequence[Future[list[Finished]]]) -> None:
        """Takes back what has not ended, and closes the connection."""
        self._note_gone()
        for future in pending:
            future.cancel()
        pool.shutdown(wait=False)
        self._connection.close()
