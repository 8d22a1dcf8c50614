"""One page's program: a process of its own that draws into the page's websocket, and outlives it for a while."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import shlex
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

AppService: Any = import_module("textual_serve.app_service").AppService  # of the optional extra

GRACE = 2.0
"""Seconds a program has to end when it is asked to."""
WIDEST = 500
"""Columns, and rows, a browser may ask for."""
TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
"""What the page is, whatever the server was started from."""
SHORT = 10
"""Bytes up to which a packet at the beginning sets the terminal up; what is drawn is longer."""
LAST_WORDS = 4096
STYLED = re.compile(r"\x1b\[[\d;]*m")


class BrowserSession(AppService):  # type: ignore[misc]  # the extra is not imported by name, so it has no type
    """The program of a page.

    Args:
        command: Its argument list.
        environ: Variables of its own.
        size: Columns and rows to begin with.
        downloads: What the service hands in files by; nothing here does.
        query: The address's query for a run's settings.
        on_end: Called when it has ended.
    """

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        size: tuple[int, int],
        downloads: Any,
        query: Callable[[Mapping[str, str]], str],
        on_end: Callable[[BrowserSession], None],
    ) -> None:
        super().__init__(
            shlex.join(command),
            write_bytes=self._draw,
            write_str=self._pass_over,
            close=self._pass_over,
            download_manager=downloads,
        )
        self.name = secrets.token_hex(16)
        self._words, self._environ, self._size, self._query, self._on_end = command, environ, size, query, on_end
        self._socket: Any = None
        self._moving = asyncio.Lock()
        self._opening: list[bytes] = []
        self._drawn, self._said = False, b""
        self._address: str | None = None
        self._begun = asyncio.Event()
        self._hearing: asyncio.Task[None] | None = None
        self._ending: asyncio.Future[None] | None = None
        self._over = False

    # the process

    async def start(self) -> None:
        """Starts it."""
        try:
            await super().start(*self._size)
        finally:
            self._begun.set()

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        """Starts it: no shell between, and out of Ctrl-C's reach (we end it)."""
        environ = self._build_environment(width, height) | TERMINAL | dict(self._environ)
        process = await asyncio.create_subprocess_exec(
            *self._words, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environ, start_new_session=True
        )
        self._hearing = asyncio.create_task(self._hear(process.stderr))
        process.stderr = asyncio.StreamReader()  # the service reads one, and would print it on stdout
        process.stderr.feed_eof()
        self._process, self._stdin = process, process.stdin
        return process

    async def _hear(self, stream: Any) -> None:
        """What it says on stderr goes out on ours; the end of it is kept for the page."""
        while said := await stream.read(LAST_WORDS):
            self._said = (self._said + said)[-LAST_WORDS:]
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.buffer.write(said)
                sys.stderr.flush()

    async def run(self) -> None:
        """Passes on what it draws; when that ends, so does all else.

        Of a program that has ended before this begins, the service calls off a task that has not begun, and takes that
        for an end of its own.
        """
        try:
            await super().run()
        except asyncio.CancelledError:
            own = asyncio.current_task()
            if own is None or own.cancelling():
                raise
        self.end()

    def end(self) -> Awaitable[None]:
        """Asks the program to quit, and waits for it; kills it if that takes too long."""
        if self._ending is None:
            self._ending = asyncio.ensure_future(self._end())
        return self._ending

    async def _end(self) -> None:
        await self._begun.wait()
        if self._process is None:  # it did not start
            return
        ending = asyncio.ensure_future(self._ended())
        try:
            await asyncio.wait([ending], timeout=GRACE)
        finally:
            if not ending.done():
                self._give_up()
            await ending
        if self._hearing is not None:
            await asyncio.wait([self._hearing], timeout=GRACE)
            self._hearing.cancel()
        self._on_end(self)
        self._over = True
        await self._farewell("ended", self.last_words())

    def _give_up(self) -> None:
        """Kills a program that does not end, and waits no longer for a page that takes nothing."""
        if self._process.returncode is None:
            self._process.kill()
        if self._task is not None:
            self._task.cancel()

    async def _ended(self) -> None:
        await self.stop()
        if self._process.stdout is not None:
            await self._process.stdout.read()  # a full pipe would keep it
        await self._process.wait()

    def last_words(self) -> str:
        """What it said on stderr, as plain text."""
        return STYLED.sub("", self._said.decode(errors="replace")).strip()

    # its page

    async def attach(self, socket: Any, width: int, height: int) -> None:
        """Shows it on a page, and on no other any more."""
        async with self._moving:
            await self._farewell("moved", "")
            self._socket = socket
            await self._tell("session", self.name)
            if self._address is not None:
                await self._tell("address", self._address)
            await self._draw(b"".join(self._opening))
            with contextlib.suppress(ConnectionError):  # it has just ended, and will say so
                await self.set_terminal_size(width, height)
                await self.focus()  # upon which it draws all anew
            if self._over:
                await self._farewell("ended", self.last_words())

    def detach(self, socket: Any) -> None:
        """A page has gone; what is drawn is lost until there is another."""
        if self._socket is socket:
            self._socket = None

    async def _farewell(self, kind: str, what: str) -> None:
        """Tells the page why, and hangs up; a page that takes nothing is left alone."""
        socket, self._socket = self._socket, None
        if socket is not None:
            with contextlib.suppress(ConnectionError, TimeoutError):
                await asyncio.wait_for(socket.send_str(json.dumps([kind, what])), GRACE)
            await socket.close()

    async def _tell(self, kind: str, what: Any) -> None:
        """A message to the page."""
        if self._socket is not None:
            with contextlib.suppress(ConnectionError):
                await self._socket.send_str(json.dumps([kind, what]))

    async def _draw(self, drawn: bytes) -> None:
        if self._socket is not None and drawn:
            with contextlib.suppress(ConnectionError):
                await self._socket.send_bytes(drawn)

    async def _pass_over(self, *_: object) -> None:
        """What the service would tell the page: here it is told by `_tell`."""

    async def on_data(self, payload: bytes) -> None:
        """What it draws; the short packets before the first picture are for every page that is to show it."""
        self._drawn = self._drawn or len(payload) > SHORT
        if not self._drawn:
            self._opening.append(payload)
        await self._draw(payload)

    async def on_meta(self, data: bytes) -> None:
        """What it says of itself: a picture for the page, its settings, its end."""
        match json.loads(data):
            case {"type": "picture", "name": str(name), "text": str(text)}:
                await self._tell("picture", {"name": name, "text": text})
            case {"type": "settings", "values": dict(values)}:
                self._address = self._query(values)
                await self._tell("address", self._address)
            case {"type": "exit"}:
                self.end()

    # what the page says

    async def take(self, message: Any) -> None:
        """Passes on what the page says; nothing to a program that has just ended."""
        with contextlib.suppress(ConnectionError):
            await self._take(message)

    async def _take(self, message: Any) -> None:
        """Keys typed, its size in cells, whether it has the focus."""
        match message:
            case ["stdin", str(keys)]:
                await self.send_bytes(keys.encode(errors="ignore"))
            case ["resize", {"width": int(width), "height": int(height)}]:
                await self.set_terminal_size(cells(width, 80), cells(height, 24))
            case ["focus", *_]:
                await self.focus()
            case ["blur", *_]:
                await self.blur()
            case ["ping", sent]:
                await self._tell("pong", sent)


def cells(text: object, usual: int) -> int:
    """A number of columns or rows that a page asked for; the usual one if it is none.

    >>> cells("120", 80), cells("wide", 80), cells(10**9, 80)
    (120, 80, 500)
    """
    try:
        return min(max(int(str(text)), 1), WIDEST)
    except ValueError:
        return usual
