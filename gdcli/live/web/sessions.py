"""The programs of all pages: at most so many, each kept for a while when its page has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from gdcli.errors import GdcliError
from gdcli.said import say

__all__ = ["NoRoomError", "Sessions"]


class NoRoomError(GdcliError):
    """As many pages are open as may be."""


class Session(Protocol):
    """A program that a page shows."""

    @property
    def name(self) -> str:
        """What its page knows it by; nobody can guess it."""

    async def start(self) -> None:
        """Begins."""

    def end(self) -> Awaitable[None]:
        """Ends, however often it is asked to."""


S = TypeVar("S", bound=Session)


class Sessions(Generic[S]):
    """The sessions that are open, by name.

    Args:
        most: How many there may be. One that waits for its page makes room for a new one.
        kept: Seconds that one waits.
    """

    def __init__(self, most: int, kept: float) -> None:
        self._most, self._kept = most, kept
        self._open: dict[str, S] = {}
        self._pages: dict[str, int] = {}
        self._waiting: dict[str, asyncio.TimerHandle] = {}  # those without a page, the longest first
        self._ending: set[asyncio.Future[None]] = set()

    def __len__(self) -> int:
        """How many have a page."""
        return len(self._open) - len(self._waiting)

    def check_room(self) -> None:
        """Refuses one more.

        Raises:
            NoRoomError: If all have a page.
        """
        if len(self) >= self._most:
            raise NoRoomError(
                say("{most} pages are open already", most=self._most),
                say("close one, or allow more: gdcli live --web --sessions N"),
            )

    async def take(self, name: str, make: Callable[[], S]) -> S:
        """The session of that name for one page more; a new one, if there is none of that name.

        Raises:
            NoRoomError: If a new one is one too many.
        """
        if name in self._open:
            self._stop_waiting(name)
            self._pages[name] += 1
            return self._open[name]
        self.check_room()
        made = make()
        going = [self._drop(next(iter(self._waiting)))] if len(self._open) == self._most else []
        self._open[made.name], self._pages[made.name] = made, 1  # counted before its program begins
        try:
            if going:
                await asyncio.wait(going)
            await made.start()
        except BaseException:
            self.forget(made)
            raise
        return made

    def leave(self, session: S) -> None:
        """A page of it has gone: the last one may be back soon."""
        if session.name not in self._open:
            return
        self._pages[session.name] -= 1
        if not self._pages[session.name]:
            timer = asyncio.get_running_loop().call_later(self._kept, self._drop, session.name)
            self._waiting[session.name] = timer

    def forget(self, session: S) -> None:
        """It has ended."""
        if self._open.pop(session.name, None) is not None:
            self._stop_waiting(session.name)
            del self._pages[session.name]

    def _stop_waiting(self, name: str) -> None:
        if name in self._waiting:
            self._waiting.pop(name).cancel()

    def _drop(self, name: str) -> asyncio.Future[None]:
        """Ends one."""
        session = self._open[name]
        self.forget(session)
        ending = asyncio.ensure_future(session.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        return ending

    async def end(self) -> None:
        """Ends all."""
        for name in list(self._open):
            self._drop(name)
        await asyncio.gather(*self._ending)
