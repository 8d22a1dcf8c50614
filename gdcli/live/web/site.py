"""What the server answers: the page, its script, style and font, and the websocket behind which the program runs."""

from __future__ import annotations

import asyncio
import html
import secrets
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from string import Template
from typing import Any

from gdcli.live.web.addresses import Endpoint
from gdcli.live.web.programs import Programs
from gdcli.live.web.session import GRACE, BrowserSession, cells
from gdcli.render import theme

web: Any = import_module("aiohttp.web")  # of the optional extra
Server: Any = import_module("textual_serve.server").Server

HERE = Path(__file__).parent
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "connect-src {sources}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-cache",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Site:
    """The pages of one program.

    Args:
        programs: The argument list of each page's program.
        title: Its name.
        place: Where the server listens.
        most: How many pages may be open at once.
    """

    def __init__(self, programs: Programs, title: str, place: Endpoint, most: int) -> None:
        self._programs, self._title, self._place, self._most = programs, title, place, most
        self._token = secrets.token_hex(16)
        self._served = Server(title)  # its scripts, fonts and downloads; never its own `serve`
        self._open = set[Any]()

    @property
    def url(self) -> str:
        """What to type into a browser: who does not know it stays out, whoever else uses this machine."""
        return f"{self._place.url}{self._path}/"

    @property
    def _path(self) -> str:
        return f"/{self._token}"

    def application(self) -> Any:
        """The routes, for aiohttp."""
        path = self._path
        guard = web.middleware(lambda request, handler: self._guarded(request, handler))
        application = web.Application(middlewares=[guard])
        application.add_routes(
            [
                web.get(f"{path}/", self._index),
                web.get(f"{path}/page.js", self._script),
                web.get(f"{path}/ws", self._session),
                web.static(f"{path}/static", self._served.statics_path),
            ]
        )
        application.on_response_prepare.append(self._signed)
        application.on_shutdown.append(self._closed)
        return application

    async def _guarded(self, request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:
        if not self._place.is_host(request.headers.get("Host", "")):
            raise web.HTTPForbidden(text=f"This server answers as {self._place.url} alone.\n")
        if not secrets.compare_digest(request.path.removeprefix("/").partition("/")[0].encode(), self._token.encode()):
            raise web.HTTPForbidden(text="The address has a token, which is missing here: gdcli printed all of it.\n")
        return await handler(request)

    async def _signed(self, request: Any, response: Any) -> None:
        """Says in every answer that a page of ours speaks to nobody else, and belongs into nobody else's."""
        host = request.headers.get("Host", "")
        own = self._place.is_host(host) and not host.startswith("[")  # a policy cannot hold IPv6 addresses
        sources = f"'self' ws://{host}" if own else "'self'"  # not every browser's 'self' has websockets in it
        response.headers.update(HEADERS | {"Content-Security-Policy": POLICY.format(sources=sources)})

    async def _index(self, request: Any) -> Any:  # noqa: ARG002 - a handler's signature
        self._refuse_too_many()
        page = Template((HERE / "app_index.html").read_text(encoding="utf-8"))
        colors = theme.DARK._asdict() | {"note": theme.NOTE.color.dark, "accent": theme.COMMAND.color.light}
        return web.Response(text=page.substitute(colors, title=html.escape(self._title)), content_type="text/html")

    async def _script(self, request: Any) -> Any:  # noqa: ARG002 - a handler's signature
        return web.Response(text=(HERE / "page.js").read_text(encoding="utf-8"), content_type="text/javascript")

    async def _session(self, request: Any) -> Any:
        """A page's websocket: the program lives as long as it is open."""
        if not self._place.is_origin(request.headers.get("Origin", ""), request.headers["Host"]):
            raise web.HTTPForbidden(text="This program takes keys from its own page alone.\n")
        self._refuse_too_many()
        socket = web.WebSocketResponse(heartbeat=15, timeout=GRACE)
        self._open.add(socket)
        try:
            await socket.prepare(request)
            await self._converse(socket, request.query)
        finally:
            self._open.discard(socket)
        return socket

    async def _converse(self, socket: Any, size: Any) -> None:
        """Runs a program for one page."""
        session = BrowserSession(next(self._programs), socket, self._served.download_manager)
        await session.start(cells(size.get("width"), 80), cells(size.get("height"), 24))
        try:
            async for message in socket:
                if message.type == web.WSMsgType.TEXT:
                    await session.take(message.json())
        finally:
            await session.end()

    def _refuse_too_many(self) -> None:
        if len(self._open) >= self._most:
            words = f"{self._most} pages are open already. Close one, or allow more: gdcli live --web --sessions N\n"
            raise web.HTTPServiceUnavailable(text=words)

    async def _closed(self, application: Any) -> None:  # noqa: ARG002 - a signal's signature
        """Hangs up on every page, so that its program ends."""
        await asyncio.gather(*(socket.close() for socket in self._open))
