"""One browser's program: a process of its own that draws into a websocket, and ends with it."""

from __future__ import annotations

import asyncio
import shlex
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from importlib import import_module
from typing import Any

AppService: Any = import_module("textual_serve.app_service").AppService  # of the optional extra

GRACE = 2.0
"""Seconds a program has to end when it is asked to."""
WIDEST = 500
"""Columns, and rows, a browser may ask for."""
TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
"""What the page is, whatever the server was started from."""


class BrowserSession(AppService):  # type: ignore[misc]  # the extra is not imported by name, so it has no type
    """The program of one open page.

    Args:
        command: Its argument list.
        socket: The page's websocket.
        downloads: Where it hands in files.
    """

    def __init__(self, command: Sequence[str], socket: Any, downloads: Any) -> None:
        super().__init__(
            shlex.join(command),
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=socket.close,
            download_manager=downloads,
        )
        self._words, self._socket = command, socket

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        """Starts it: no shell between, out of Ctrl-C's reach (we end it), what goes wrong on our own stderr."""
        environ = self._build_environment(width, height) | TERMINAL
        process = await asyncio.create_subprocess_exec(
            *self._words, stdin=PIPE, stdout=PIPE, env=environ, start_new_session=True
        )
        process.stderr = asyncio.StreamReader()  # the service reads one, and would print it on stdout
        process.stderr.feed_eof()
        self._process, self._stdin = process, process.stdin
        return process

    async def run(self) -> None:
        """Passes on what it draws; when it ends, so does the connection, even if it could not say so."""
        await super().run()
        await self.remote_close()

    async def take(self, message: Any) -> None:
        """Passes on what the page says: keys typed, its size in cells, whether it has the focus."""
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
                await self._socket.send_json(["pong", sent])

    async def end(self) -> None:
        """Asks the program to quit, and waits for it; kills it if that takes too long."""
        ending = asyncio.ensure_future(self._ended())
        try:
            await asyncio.wait([ending], timeout=GRACE)
        finally:
            if self._process.returncode is None:
                self._process.kill()
            await ending

    async def _ended(self) -> None:
        await self.stop()
        if self._process.stdout is not None:
            await self._process.stdout.read()  # a full pipe would keep it
        await self._process.wait()


def cells(text: object, usual: int) -> int:
    """A number of columns or rows that a page asked for; the usual one if it is none.

    >>> cells("120", 80), cells("wide", 80), cells(10**9, 80)
    (120, 80, 500)
    """
    try:
        return min(max(int(str(text)), 1), WIDEST)
    except ValueError:
        return usual
