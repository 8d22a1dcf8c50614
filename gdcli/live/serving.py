"""Shows Textual programs in browsers, by textual-serve; each page that is opened runs one of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gdcli.errors import OptionError, install_hint
from gdcli.render.screen import english
from gdcli.said import say

if TYPE_CHECKING:
    from gdcli.live.web.addresses import Endpoint
    from gdcli.live.web.programs import Programs

__all__ = ["SESSIONS", "serve"]

ENDING = ("SIGINT", "SIGTERM", "SIGHUP")  # the last is not everywhere
SESSIONS = 10  # pages open at once, of about 60 MB each
KEPT = 60.0  # seconds that a program waits for its page, as through a reload
PATIENCE = 5.0  # seconds for the programs to end, and then be killed


def serve(
    programs: Programs,
    *,
    host: str,
    port: int,
    title: str,
    notify: Callable[[str], None],
    most: int = SESSIONS,
    kept: float = KEPT,
    speak: Callable[[str], str] = english,
) -> None:
    """Serves programs until Ctrl-C or SIGTERM, and ends every one it started.

    Args:
        programs: The program of each page. It runs with TEXTUAL_DRIVER set, and with pipes for its streams; what it
            says on stderr goes out on ours.
        host: The address or name to listen at.
        port: The port; 0 for any that is free.
        title: What the page is called.
        notify: Called with the address, once it can be opened.
        most: How many pages may be open at once.
        kept: Seconds that a program goes on without its page.
        speak: Says a text in the reader's language.

    Raises:
        OptionError: If textual-serve is not installed, or the host or port cannot be had.
    """
    from gdcli.live.web.addresses import open_port

    site = _site()
    listening, place = open_port(host, port)
    with listening:
        asyncio.run(_serve(site(programs, title, place, most, kept, speak), listening, place, notify))


def _site() -> Any:
    try:
        import_module("textual_serve.server")  # an optional extra
    except ModuleNotFoundError:
        raise OptionError(say("--web needs textual-serve, which is not installed"), install_hint("web")) from None
    for name in ("aiohttp", "textual-serve"):  # a page that goes away in the middle of something is nobody's error
        logging.getLogger(name).setLevel(logging.CRITICAL)
    from gdcli.live.web.site import Site

    return Site


async def _serve(site: Any, listening: socket.socket, place: Endpoint, notify: Callable[[str], None]) -> None:
    web = import_module("aiohttp.web")
    runner = web.AppRunner(site.application(), access_log=None, shutdown_timeout=PATIENCE)
    with _asked_to_end() as asked:
        await runner.setup()
        try:
            await web.SockSite(runner, listening).start()
            notify(say("serving on {url}, Ctrl-C ends it", url=site.url))
            if not place.private:
                who = say(
                    "anyone who reads what passes between a browser and {host}, port {port}",
                    host=place.host,
                    port=place.port,
                )
                notify(say("warning: nothing is encrypted: {who} can use the program", who=who))
            await asked.wait()
        finally:
            await runner.cleanup()


@contextlib.contextmanager
def _asked_to_end() -> Any:
    """Within it, the signals that would end us set the event it yields."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    signals = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C ends the loop itself
        for each in signals:
            loop.add_signal_handler(each, asked.set)
    try:
        yield asked
    finally:
        with contextlib.suppress(NotImplementedError):
            for each in signals:
                loop.remove_signal_handler(each)
