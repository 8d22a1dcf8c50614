"""Where stacks run: here, in processes of this machine, or on a Dask cluster; and what a worker does there."""

from __future__ import annotations

import logging
import multiprocessing
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from importlib import import_module
from queue import SimpleQueue
from threading import Event
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from gdcli.analysis.verdicts import Goal, arrived, verdict
from gdcli.cli.stacks import Job, Planned, planned
from gdcli.errors import DataError, OptionError, install_hint
from gdcli.training.records import Status
from gdcli.training.stacked import Outcome, Pass, sweep

CONNECT = 5
"""Seconds to wait for a cluster."""
ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx)://[^\s/]+:\d+")


class Finished(NamedTuple):
    """A run that has ended, one way or another.

    Args:
        number: Its number.
        status: As `fit` and `train` have it; or timed_out, failed.
        verdict: The same, in words.
        outcome: What it came to; None if it failed.
        goal: Where it should get, where that is known.
        arrived: The first epoch with a loss as good as the optimum's, where that is known.
        limit: The largest stable learning rate, where a formula tells.
        pace: Steps in an epoch.
        figures: Further figures of what is kept.
    """

    number: int
    status: str
    verdict: str
    outcome: Outcome | None = None
    goal: Goal | None = None
    arrived: int | None = None
    limit: float | None = None
    pace: int = 1
    figures: dict[str, float] = {}  # noqa: RUF012 - never written to

    @property
    def ended(self) -> bool:
        """Whether it ran to an end of its own."""
        return self.outcome is not None and self.status not in ("interrupted", "timed_out")


class Tick(NamedTuple):
    """How far a stack is.

    Args:
        stack: The number of its first run.
        epochs: Passes made, of all its runs together.
    """

    stack: int
    epochs: int


Event_ = Finished | Tick


def work(
    job: Job,
    rows: Any,
    timeout: float | None = None,
    interrupted: Callable[[], bool] | None = None,
    tell: Callable[[Event_], object] | None = None,
) -> list[Finished]:
    """Runs one stack; what a worker does.

    Args:
        job: The runs.
        rows: What they learn from.
        timeout: Seconds that one run may take; a stack has as many times that as it has runs.
        interrupted: Asked at each step.
        tell: Is told what is finished, and how far the others are.

    Returns:
        All its runs.
    """
    deadline = None if timeout is None else perf_counter() + timeout * len(job.numbers)
    with np.errstate(all="ignore"):
        whole, found = planned(job, rows), list[Finished]()
        late = False

        def over() -> bool:
            nonlocal late
            late = deadline is not None and perf_counter() > deadline
            return late or (interrupted is not None and interrupted())

        for event in _stream(whole, over):
            if isinstance(event, Outcome):
                found.append(_finished(job, whole, event, late))
                if tell is not None:
                    tell(found[-1])
            elif tell is not None:
                tell(Tick(job.numbers[0], event.epoch * len(job.numbers)))
    return found


def _stream(whole: Planned, interrupted: Callable[[], bool]) -> Iterator[Outcome | Pass]:
    return sweep(
        whole.problem,
        whole.members,
        epochs=whole.plan.epochs,
        batch_size=whole.plan.batch_size,
        seed=whole.seed,
        shuffle=whole.shuffle,
        rules=whole.rules,
        interrupted=interrupted,
    )


def _finished(job: Job, whole: Planned, outcome: Outcome, late: bool) -> Finished:
    at = outcome.index
    status, words = str(outcome.status), verdict(outcome, whole.goals[at], whole.members[at].unstable)
    if outcome.status is Status.INTERRUPTED and late:
        status, words = "timed_out", f"out of time at epoch {outcome.epoch}"
    figures = {}
    if whole.problem.metrics:
        problem = whole.problem
        figures = problem.measured(outcome.parameters, problem.data)[1]
        if problem.validation is not None:
            held = problem.measured(outcome.parameters, problem.validation)[1]
            figures |= {f"validation_{name}": value for name, value in held.items()}
    return Finished(
        number=job.numbers[at],
        status=status,
        verdict=words,
        outcome=outcome,
        goal=whole.goals[at],
        arrived=arrived(outcome.losses, whole.goals[at]),
        limit=whole.limits[at],
        pace=whole.plan.steps_per_epoch,
        figures=figures,
    )


class Place:
    """Where stacks run: in this process, one after the other.

    Args:
        timeout: Seconds that a run may take.
        interrupted: Whether all is to end.
        note: Tells the user something.
    """

    def __init__(self, timeout: float | None, interrupted: Callable[[], bool], note: Callable[[str], None]) -> None:
        self.timeout, self.interrupted, self.note = timeout, interrupted, note
        self.told: SimpleQueue[Event_ | Future[list[Finished]]] = SimpleQueue()
        self._closing = Event()

    def executor(self, workers: int | None = None) -> Executor:  # noqa: ARG002 - there is one
        """An executor; with so many workers, if the place has a choice."""
        return ThreadPoolExecutor(1)

    def submit(self, executor: Executor, job: Job, rows: Any) -> Future[list[Finished]]:
        """Hands a job in; its runs are told as each ends."""
        return executor.submit(work, job, rows, self.timeout, self._over, self.told.put)

    def _over(self) -> bool:
        return self._closing.is_set() or self.interrupted()

    def look(self) -> None:
        """Looks whether all workers are there."""

    def stop(self, executor: Executor, pending: Sequence[Future[list[Finished]]]) -> None:
        """Ends everything, soon; what was reached is told."""
        self._closing.set()
        executor.shutdown(wait=False, cancel_futures=True)
        wait([future for future in pending if not future.cancelled()])


class Processes(Place):
    """Processes of this machine.

    Args:
        workers: How many.
        timeout: Seconds that a run may take.
        interrupted: Whether all is to end.
        note: Tells the user something.
    """

    def __init__(
        self,
        workers: int,
        timeout: float | None,
        interrupted: Callable[[], bool],
        note: Callable[[str], None],
    ) -> None:
        super().__init__(timeout, interrupted, note)
        self._workers = workers
        self._others = set(multiprocessing.active_children())

    def executor(self, workers: int | None = None) -> Executor:
        """A pool of fresh processes, which leave Ctrl-C to us."""
        count = workers or self._workers
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(count, context, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN))

    def submit(self, executor: Executor, job: Job, rows: Any) -> Future[list[Finished]]:
        """Hands a job in; its runs are told when all have ended."""
        return executor.submit(work, job, rows, self.timeout)

    def stop(self, executor: Executor, pending: Sequence[Future[list[Finished]]]) -> None:
        """Ends our processes, whatever they are at."""
        if any(not future.done() for future in pending):
            for process in set(multiprocessing.active_children()) - self._others:
                process.terminate()
        executor.shutdown(wait=True, cancel_futures=True)  # waits for the pool's thread, or it stumbles at exit


class Cluster(Place):
    """The workers of a Dask cluster.

    Args:
        address: Its scheduler's, as tcp://HOST:8786.
        timeout: Seconds that a run may take.
        interrupted: Whether all is to end.
        note: Tells the user something.

    Raises:
        OptionError: If the address is none, or Dask is not installed.
        DataError: If nobody answers there, or it has no workers.
    """

    def __init__(
        self, address: str, timeout: float | None, interrupted: Callable[[], bool], note: Callable[[str], None]
    ) -> None:
        super().__init__(timeout, interrupted, note)
        self._client = _client(address)
        self._workers = self._present()
        self._tables: dict[int, Any] = {}
        if not self._workers:
            self._client.close()
            raise DataError(f"--cluster: the cluster at {address} has no workers", f"start one: dask worker {address}")

    def _present(self) -> set[str]:
        return set(self._client.nthreads())

    def executor(self, workers: int | None = None) -> Executor:  # noqa: ARG002 - the cluster has what it has
        """The cluster's."""
        made: Executor = self._client.get_executor(pure=False)
        return made

    def submit(self, executor: Executor, job: Job, rows: Any) -> Future[list[Finished]]:
        """Hands a job in; a table is sent once, not with every job."""
        if job.table not in self._tables:
            self._tables[job.table] = self._client.scatter(rows, broadcast=True)
        return executor.submit(work, job, self._tables[job.table], self.timeout)

    def look(self) -> None:
        """Says which workers have gone; the cluster itself gives their runs to others."""
        present = self._present()
        for gone in sorted(self._workers - present):
            self.note(f"the worker at {gone} was lost: its runs are done again on the others")
        self._workers = present

    def stop(self, executor: Executor, pending: Sequence[Future[list[Finished]]]) -> None:
        """Takes back what has not ended, and says goodbye."""
        self.look()
        for future in pending:
            future.cancel()
        executor.shutdown(wait=False)
        self._client.close(timeout=CONNECT)


def _client(address: str) -> Any:
    if not ADDRESS.fullmatch(address):
        raise OptionError(f"--cluster: '{address}' is not an address", "as in --cluster tcp://HOST:8786")
    try:
        client = import_module("distributed").Client  # an optional extra
    except ModuleNotFoundError:
        raise OptionError("--cluster needs Dask, which is not installed", install_hint("dask")) from None
    for name in ("distributed", "tornado"):  # what goes wrong is told by us, in a line
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        return client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, TimeoutError):
        raise DataError(
            f"--cluster: no scheduler answers at {address}", "start one: dask scheduler; or leave --cluster out"
        ) from None
