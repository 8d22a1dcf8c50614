"""Workers: processes of this machine, or those of a Dask cluster, that each do a part of some work."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import resource_tracker
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from gdcli.data.undisturbed import undisturbed
from gdcli.definitions.plugins import Plugin, load, loaded
from gdcli.errors import DataError, OptionError
from gdcli.experiments.connection import Connection
from gdcli.said import say

__all__ = ["Cluster", "LocalWorkers", "Workers", "held_back", "process_pool", "workers"]

POLL = 0.1
"""Seconds between two looks at what has come in."""
CHECKED = 10
"""Idle looks between two checks of who is there."""
PATIENCE = 300
"""Idle looks after which a cluster without workers is given up."""
TRIES = 3
"""How often work is begun whose worker is lost."""

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")


def unheard(text: str) -> None:
    """A remark that nobody reads."""


class Workers(ABC):
    """Who does parts of some work.

    Args:
        note: Takes remarks.
    """

    option: str
    """How they are asked for."""

    def __init__(self, note: Callable[[str], object] = unheard) -> None:
        self.note = note

    @property
    @abstractmethod
    def words(self) -> str:
        """Who they are."""

    @abstractmethod
    def run(self, work: Callable[[S, T], R], shared: S, tasks: Sequence[T]) -> Iterator[tuple[int, R]]:
        """Does each task, and gives its number and what came of it, in any order.

        Args:
            work: A function of a module, of what all tasks share and of one.
            shared: What they share.
            tasks: What there is to do.

        Raises:
            DataError: If workers are lost again and again; what the first task raises, in their order, that fails.
        """


class LocalWorkers(Workers):
    """Fresh processes of this machine.

    Args:
        count: How many.
        note: Takes remarks.
    """

    option = "--workers"

    def __init__(self, count: int, note: Callable[[str], object] = unheard) -> None:
        super().__init__(note)
        self._count = count

    @property
    def words(self) -> str:
        return say("{count} workers", count=self._count)

    def run(self, work: Callable[[S, T], R], shared: S, tasks: Sequence[T]) -> Iterator[tuple[int, R]]:
        left = dict(enumerate(tasks))
        for _ in range(TRIES):
            try:
                for at, result in self._once(work, shared, left):
                    del left[at]
                    yield at, result
            except BrokenExecutor:
                self.note(say("a worker was lost: what it had not finished is done again"))
            else:
                return
        hint = say("does memory suffice for so many? Give fewer --workers")
        raise DataError(say("{option}: a worker was lost {tries} times", option=self.option, tries=TRIES), hint)

    def _once(self, work: Callable[[S, T], R], shared: S, tasks: Mapping[int, T]) -> Iterator[tuple[int, R]]:
        others = set(multiprocessing.active_children())
        pool = process_pool(min(self._count, len(tasks)))
        try:
            with held_back():  # handing in starts processes
                futures = {pool.submit(work, shared, task): at for at, task in tasks.items()}
            yield from as_they_end(futures)
        finally:
            end(pool, others)


class Cluster(Workers):
    """The workers of a Dask cluster.

    Args:
        address: Its scheduler's, as tcp://HOST:8786.
        note: Takes remarks.

    Raises:
        OptionError: If the address is none, or Dask is not installed.
        DataError: If nobody answers there, it has no workers, or they have not this gdcli.
    """

    option = "--cluster"

    def __init__(self, address: str, note: Callable[[str], object] = unheard) -> None:
        super().__init__(note)
        self._connection = Connection(address)
        self._idle = 0

    @property
    def words(self) -> str:
        return say("the cluster's workers")

    def run(self, work: Callable[[S, T], R], shared: S, tasks: Sequence[T]) -> Iterator[tuple[int, R]]:
        client, futures = self._connection.client, dict[Future[R], int]()
        pool = client.get_executor(pure=False)
        try:
            there = self._connection.sent(shared)
            futures |= {pool.submit(with_plugins, loaded(), work, there, task): at for at, task in enumerate(tasks)}
            yield from as_they_end(futures, self._check, self._connection.said)
            self._note_gone()
        finally:
            for future in futures:
                future.cancel()
            pool.shutdown(wait=False)

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()

    def _check(self) -> None:
        """Says, now and then, who has gone; the cluster itself gives their work to others."""
        self._idle += 1
        if self._idle % CHECKED:
            return
        self._note_gone()
        if self._connection.present:
            self._idle = 0
        elif self._idle >= PATIENCE:
            raise self._connection.deserted()

    def _note_gone(self) -> None:
        for gone in self._connection.gone():
            self.note(say("the worker at {gone} was lost: its work is done again by the others", gone=gone))


def as_it_is(error: BaseException) -> BaseException:
    """The error."""
    return error


def as_they_end(
    futures: Mapping[Future[R], int],
    idle: Callable[[], object] = int,
    said: Callable[[BaseException], BaseException] = as_it_is,
) -> Iterator[tuple[int, R]]:
    """Results with their numbers.

    Args:
        futures: What is waited for, and its number.
        idle: Called while nothing comes in.
        said: Puts an error into words.

    Raises:
        BaseException: What the first of them raises, by number, that fails; later ones are not waited for.
    """
    ended, waiting = SimpleQueue[Future[R]](), set(futures)
    failed: dict[int, BaseException] = {}
    for future in futures:
        future.add_done_callback(ended.put)
    while any(not failed or futures[future] < min(failed) for future in waiting):
        try:
            future = ended.get(timeout=POLL)
        except Empty:
            idle()
            continue
        waiting.discard(future)
        error = _error(future)
        if isinstance(error, BrokenExecutor):
            raise error
        if error is None:
            yield futures[future], future.result()
        else:
            failed[futures[future]] = error
    if failed:
        raise said(failed[min(failed)])


def _error(future: Future[Any]) -> BaseException | None:
    return ConnectionError(say("taken back")) if future.cancelled() else future.exception()


def process_pool(count: int) -> ProcessPoolExecutor:
    """A pool of fresh processes, which leave Ctrl-C to this one, know its plug-ins, and end when it does."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(count, context, initializer=_begin, initargs=(loaded(),))


def end(pool: Executor, others: set[Any]) -> None:
    """Ends the processes of a pool, whatever they are at; `others` were there before it."""
    for process in set(multiprocessing.active_children()) - others:
        process.terminate()
    pool.shutdown(wait=True, cancel_futures=True)  # waits for the pool's thread, or it stumbles at exit


@contextmanager
def held_back() -> Iterator[None]:
    """Signals wait: who has half started a process leaves it with a traceback. In those started here Ctrl-C is blocked.

    It is blocked from their first instruction, before `_begin` is reached.
    """
    with undisturbed():
        if not hasattr(signal, "pthread_sigmask"):  # Windows
            yield
            return
        resource_tracker.ensure_running()  # it unblocks Ctrl-C as it starts
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(plugins: Sequence[Plugin]) -> None:
    """What a fresh process does first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for plugin in plugins:
        load(plugin)


def _end_with_parent() -> None:
    """Ends this process when the one that started it has ended, however that came."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        signal.raise_signal(signal.SIGTERM)


def with_plugins(plugins: Sequence[Plugin], work: Callable[[S, T], R], shared: S, task: T) -> R:
    """Does a task where the plug-ins may not be loaded yet."""
    for plugin in plugins:
        load(plugin)
    return work(shared, task)


@contextmanager
def workers(
    count: int | None, cluster: str | None, note: Callable[[str], object] = unheard
) -> Iterator[Workers | None]:
    """Those that are asked for; none where everything is done here.

    Args:
        count: Processes of this machine; 1 is this one.
        cluster: A scheduler's address.
        note: Takes remarks.

    Raises:
        OptionError: If both are given, the address is none, or Dask is not installed.
        DataError: If the cluster cannot be reached, or is not fit.
    """
    if cluster is not None and count is not None:
        raise OptionError(
            say("--cluster and --workers cannot both be given"), say("leave out one of --cluster, --workers")
        )
    if cluster is None:
        yield LocalWorkers(count, note) if count is not None and count > 1 else None
        return
    connected = Cluster(cluster, note)
    try:
        yield connected
    finally:
        connected.close()
