"""What the server answers: the page, its script, style and font, and the websocket behind which the program runs."""

from __future__ import annotations

import asyncio
import html
import secrets
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from gdcli.errors import GdcliError
from gdcli.live.web.addresses import Endpoint
from gdcli.live.web.session import GRACE, BrowserSession, cells
from gdcli.live.web.sessions import NoRoomError, Sessions
from gdcli.live.web.settings import VARIABLE, Asked, asked_by
from gdcli.render import theme
from gdcli.render.screen import language
from gdcli.said import say

if TYPE_CHECKING:
    from gdcli.live.web.programs import Programs

web: Any = import_module("aiohttp.web")  # of the optional extra
Server: Any = import_module("textual_serve.server").Server

HERE = Path(__file__).parent
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "connect-src {sources}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
OWN = ("session", "width", "height")
"""What a page's websocket asks for beside the settings of its address."""
HEARTBEAT = 15.0
"""Seconds between two questions whether a page is still there."""
LANGUAGE = "GDCLI_LANG"
"""The variable by which a page's program speaks as the page does."""
WORDS = {
    "starting": say("starting…"),
    "script": say("This page needs JavaScript."),
    "again": say("Start again"),
    "elsewhere": say("This run goes on in another page."),
    "here": say("Go on here"),
    "ended": say("The session has ended."),
    "command": say("The session has ended. The command that does the same:"),
    "commands": say("The session has ended. Each lane's command does the same:"),
    "gone": say("The server has ended."),
    "refused": say("This page cannot be opened now."),
    "lost": say("The connection was lost."),
    "on": say("Go on"),
}
"""What the page says by itself."""
HEADERS = {
    "Cache-Control": "no-cache",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Site:
    """The pages of one program.

    Args:
        programs: The programs of its pages.
        title: Its name.
        place: Where the server listens.
        most: How many pages may be open at once.
        kept: Seconds that a program waits for a page that has gone.
        speak: Says a text in the reader's language.
    """

    def __init__(
        self, programs: Programs, title: str, place: Endpoint, most: int, kept: float, speak: Callable[[str], str]
    ) -> None:
        self._programs, self._title, self._place, self._speak = programs, title, place, speak
        self._token = secrets.token_hex(16)
        self._served = Server(title)  # its scripts and fonts; never its own `serve`
        self._sessions = Sessions[BrowserSession](most, kept)

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
                web.get(f"{path}/room", self._room),
                web.get(f"{path}/ws", self._session),
                web.static(f"{path}/static", self._served.statics_path),
            ]
        )
        application.on_response_prepare.append(self._signed)
        application.on_shutdown.append(self._closed)
        return application

    async def _guarded(self, request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:
        if not self._place.is_host(request.headers.get("Host", "")):
            raise self._forbidden(say("This server answers as {url} alone.", url=self._place.url))
        if not secrets.compare_digest(request.path.removeprefix("/").partition("/")[0].encode(), self._token.encode()):
            raise self._forbidden(say("The address has a token, which is missing here: gdcli printed all of it."))
        try:
            return await handler(request)
        except NoRoomError as error:
            raise web.HTTPServiceUnavailable(text=self._line(error)) from None
        except GdcliError as error:
            raise web.HTTPBadRequest(text=self._line(error)) from None

    async def _signed(self, request: Any, response: Any) -> None:
        """Says in every answer that a page of ours speaks to nobody else, and belongs into nobody else's."""
        host = request.headers.get("Host", "")
        own = self._place.is_host(host) and not host.startswith("[")  # a policy cannot hold IPv6 addresses
        sources = f"'self' ws://{host}" if own else "'self'"  # not every browser's 'self' has websockets in it
        response.headers.update(HEADERS | {"Content-Security-Policy": POLICY.format(sources=sources)})

    async def _index(self, request: Any) -> Any:
        await self._checked(request)
        page = Template((HERE / "app_index.html").read_text(encoding="utf-8"))
        colors = theme.DARK._asdict() | {"note": theme.NOTE.color.dark, "accent": theme.COMMAND.color.light}
        words = {name: html.escape(self._speak(text)) for name, text in WORDS.items()}
        own = {"title": html.escape(self._title), "language": language(self._speak)}
        return web.Response(text=page.substitute(colors | words | own), content_type="text/html")

    async def _room(self, request: Any) -> Any:
        """Whether there is room for one more page of this address, and if not, why."""
        await self._checked(request)
        self._sessions.check_room()
        return web.Response(status=204)

    async def _checked(self, request: Any) -> None:
        """Refuses an address whose settings make no run."""
        await asyncio.to_thread(self._programs.check, asked_by(request.query.items()))

    async def _script(self, request: Any) -> Any:  # noqa: ARG002 - a handler's signature
        return web.Response(text=(HERE / "page.js").read_text(encoding="utf-8"), content_type="text/javascript")

    async def _session(self, request: Any) -> Any:
        """A page's websocket: it shows the program that it names, or a new one."""
        if not self._place.is_origin(request.headers.get("Origin", ""), request.headers["Host"]):
            raise self._forbidden(say("This program takes keys from its own page alone."))
        own = {name: request.query.get(name, "") for name in OWN}
        asked = asked_by((name, text) for name, text in request.query.items() if name not in OWN)
        size = cells(own["width"], 80), cells(own["height"], 24)
        session = await self._sessions.take(own["session"], lambda: self._program(asked, size))
        try:
            return await self._shown(session, request, size)
        finally:
            self._sessions.leave(session)

    def _program(self, asked: Asked, size: tuple[int, int]) -> BrowserSession:
        return BrowserSession(
            self._programs.command(asked),
            {VARIABLE: asked.controls, LANGUAGE: language(self._speak)},
            size,
            self._served.download_manager,
            self._programs.query,
            self._sessions.forget,
        )

    async def _shown(self, session: BrowserSession, request: Any, size: tuple[int, int]) -> Any:
        """Passes on what a page says, as long as it is open."""
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, timeout=GRACE)
        await socket.prepare(request)
        try:
            await session.attach(socket, *size)
            async for message in socket:
                if message.type == web.WSMsgType.TEXT:
                    await session.take(message.json())
        finally:
            session.detach(socket)
        return socket

    async def _closed(self, application: Any) -> None:  # noqa: ARG002 - a signal's signature
        """Ends every program, and so hangs up on its page."""
        await self._sessions.end()

    def _forbidden(self, why: str) -> Exception:
        refused: Exception = web.HTTPForbidden(text=f"{self._speak(why)}\n")
        return refused

    def _line(self, error: GdcliError) -> str:
        """An error as the one line of an answer."""
        said = say("{message}: {hint}", message=error.message, hint=error.hint) if error.hint else error.message
        return f"{self._speak(said)}\n"
