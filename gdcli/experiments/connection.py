"""A connection to a Dask cluster: the only place that knows how to reach one, and how it is said that it is not fit."""

from __future__ import annotations

import logging
import pydoc
import re
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from importlib import import_module
from typing import Any, TypeVar

import gdcli
from gdcli.errors import DataError, OptionError, install_hint
from gdcli.said import say

__all__ = ["Connection"]

CONNECT = 5
"""Seconds to wait for a cluster."""
ANSWER = 15
"""Seconds to wait for an answer of its workers."""
TRIES = 3
"""How often it is asked."""
ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx)://[^\s/]+:\d+")

R = TypeVar("R")


class Connection:
    """A connection to a Dask cluster whose workers have this gdcli.

    Args:
        address: Its scheduler's, as tcp://HOST:8786.

    Raises:
        OptionError: If the address is none, or Dask is not installed.
        DataError: If nobody answers there, it has no workers, or they have not this gdcli.
    """

    def __init__(self, address: str) -> None:
        self.address, self.client = address, _client(address)
        try:
            self.present = self._workers()
            if not self.present:
                raise self.deserted()
            self._refuse_other_versions()
        except BaseException:
            self.close()
            raise

    def gone(self) -> list[str]:
        """Who has gone since this was last asked."""
        before, self.present = self.present, self._workers()
        return sorted(before - self.present)

    def deserted(self) -> DataError:
        """The error about a cluster without workers."""
        what = say("--cluster: the cluster at {address} has no workers", address=self.address)
        return DataError(what, say("start one: dask worker {address}", address=self.address))

    def sent(self, shared: object) -> Any:
        """What stands for something that every worker has been given."""
        return self._asked(lambda: self.client.scatter(shared, broadcast=True, hash=False))

    def said(self, error: BaseException) -> BaseException:
        """An error of the cluster's as a line; others as they are."""
        name = type(error).__name__
        if name == "KilledWorker":
            what = say("--cluster: the same work lost its worker again and again at {address}", address=self.address)
            return DataError(what, say("the worker's log says why; mostly it has too little memory"))
        if name in ("CancelledError", "FutureCancelledError", "CommClosedError") or isinstance(error, OSError):
            what = say("--cluster: the connection to {address} was lost", address=self.address)
            return DataError(what, say("is the scheduler still running? Run the same command again"))
        if isinstance(error, ImportError | AttributeError):
            return self._unfit(say("a gdcli that is not the one here ({error})", error=error))
        return error

    def close(self) -> None:
        """Ends it."""
        with suppress(OSError, TimeoutError):
            self.client.close(timeout=CONNECT)

    def _workers(self) -> set[str]:
        try:
            return set(self.client.nthreads())
        except (OSError, TimeoutError) as error:
            raise self.said(error) from None

    def _asked(self, call: Callable[[], R]) -> R:
        """What the cluster answers; asked again where a worker goes in that moment, whom Dask may wait for for ever."""
        error: BaseException | None = None
        for _ in range(TRIES):
            answer = within(ANSWER, call)
            error = _failure(answer)
            if error is None:
                return answer.result()
            if not isinstance(error, KeyError | OSError):
                break
        raise self.said(
            OSError(say("no answer")) if isinstance(error, KeyError) else error or OSError(say("no answer"))
        )

    def _refuse_other_versions(self) -> None:
        """Refuses workers that would not understand what they are sent."""
        asked = pydoc.locate, f"{gdcli.__name__}.__version__"  # a function that any Python has
        versions = {"scheduler": self._asked(lambda: self.client.run_on_scheduler(*asked))}
        versions |= self._asked(lambda: self.client.run(*asked, on_error="return"))
        for place, version in sorted(versions.items()):
            if version != gdcli.__version__ and not isinstance(version, OSError):  # one that went in that moment
                who = say("its scheduler") if place == "scheduler" else say("its worker at {place}", place=place)
                known = isinstance(version, str)
                raise self._unfit(
                    say("{who} has gdcli {version}", who=who, version=version)
                    if known
                    else say("{who} has no gdcli", who=who)
                )

    def _unfit(self, what: str) -> DataError:
        hint = say(
            "install gdcli {version}, as here, where the scheduler and each worker run", version=gdcli.__version__
        )
        return DataError(say("--cluster: {address}: {what}", address=self.address, what=what), hint)


def _client(address: str) -> Any:
    if not ADDRESS.fullmatch(address):
        raise OptionError(
            say("--cluster: '{address}' is not an address", address=address), say("as in --cluster tcp://HOST:8786")
        )
    try:
        client = import_module("distributed").Client  # an optional extra
    except ModuleNotFoundError:
        raise OptionError(say("--cluster needs Dask, which is not installed"), install_hint("dask")) from None
    for name in ("distributed", "tornado", *logging.root.manager.loggerDict):
        if name.startswith(("distributed", "tornado")):  # what goes wrong is reported here, in a line
            logging.getLogger(name).setLevel(logging.CRITICAL)
    return _answered(address, lambda: client(address, timeout=CONNECT, set_as_default=False))


def within(seconds: float, call: Callable[[], R]) -> Future[R]:
    """What a call comes to, if it does so in time; else a future that is not done."""
    answer = Future[R]()

    def ask() -> None:
        try:
            with warnings.catch_warnings(action="ignore"):  # of other versions of libraries
                answer.set_result(call())
        except Exception as error:  # noqa: BLE001 - handed on to who waits for the answer
            answer.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    wait([answer], seconds)
    return answer


def _failure(answer: Future[Any]) -> BaseException | None:
    """Why there is no answer; None where there is one."""
    return answer.exception() if answer.done() else TimeoutError(say("no answer in time"))


def _answered(address: str, connect: Callable[[], R]) -> R:
    """What connecting gives; whoever answers in another language would have it wait for ever.

    Raises:
        DataError: If no scheduler answers.
    """
    answer = within(CONNECT + 1, connect)
    error = _failure(answer)
    if error is None:
        return answer.result()
    if isinstance(error, OSError | MemoryError):  # TimeoutError is an OSError, too
        hint = say("start one: dask scheduler; or leave --cluster out")
        raise DataError(say("--cluster: no scheduler answers at {address}", address=address), hint)
    what = say(
        "--cluster: Dask cannot connect to {address}: {error}", address=address, error=error
    )  # as to tls without certificates
    raise DataError(what, say("is it the address that dask scheduler printed?"))
