"""Where a server listens, and under which names it answers: no other page's script may speak to it."""

from __future__ import annotations

import errno
import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

from gdcli.definitions.dataclass import dataclass
from gdcli.errors import GdcliError, OptionError, reason
from gdcli.said import say

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\s:@/\[\]]+))(?::(\d{1,5}))?")
LAST_PORT = 65535


@dataclass(frozen=True)
class Endpoint:
    """Where a server listens.

    Args:
        host: The name or address that was asked for.
        address: What it came to.
        port: The port that is open.
    """

    host: str
    address: IPv4Address | IPv6Address
    port: int

    @property
    def private(self) -> bool:
        """Whether this machine alone can reach it."""
        return self.address.is_loopback

    @property
    def url(self) -> str:
        """What to type into a browser.

        >>> Endpoint("::1", ip_address("::1"), 8000).url
        'http://[::1]:8000'
        >>> Endpoint("0.0.0.0", ip_address("0.0.0.0"), 8000).url
        'http://127.0.0.1:8000'
        """
        name = self.host
        if self.address.is_unspecified:
            name = "127.0.0.1" if self.address.version == 4 else "::1"
        return f"http://[{name}]:{self.port}" if ":" in name else f"http://{name}:{self.port}"

    def is_host(self, header: str) -> bool:
        """Whether a request's Host header names this server.

        A page whose own name points here (DNS rebinding) sends that name. On all of the machine's
        addresses any address will do, for none can be rebound.
        """
        name = _name(header)
        if self.private:
            return name in LOOPBACK | {self.host.lower(), str(self.address)}
        if self.address.is_unspecified:
            return name in LOOPBACK | {socket.gethostname().lower()} or _is_address(name)
        return name in {self.host.lower(), str(self.address)}

    def is_origin(self, origin: str, host: str) -> bool:
        """Whether an Origin header is that of a page from here.

        Args:
            origin: The header.
            host: The same request's Host header.
        """
        scheme, _, rest = origin.partition("://")
        return scheme == "http" and self.is_host(rest) and _port(rest) == _port(host)


def _name(header: str) -> str:
    match = HOST.fullmatch(header.lower())
    return (match[1] or match[2]) if match else ""


def _port(header: str) -> int:
    match = HOST.fullmatch(header.lower())
    return int(match[3] or 80) if match else -1


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def open_port(host: str, port: int) -> tuple[socket.socket, Endpoint]:
    """Opens a port and listens.

    Args:
        host: A name or an address.
        port: 0 for any that is free.

    Raises:
        OptionError: If there is no such host or port, or it may not be used.
    """
    if not 0 <= port <= LAST_PORT:
        raise OptionError(
            say("--port: {port} is not a port", port=port),
            say("it is 0 (any free one) to {last_port}", last_port=LAST_PORT),
        )
    host = host.removeprefix("[").removesuffix("]")
    family, address = _resolved(host, port)
    try:
        listening = socket.create_server(address, family=family)
    except OSError as error:
        raise _refused(error, host, port) from None
    return listening, Endpoint(host, ip_address(address[0]), listening.getsockname()[1])


def _resolved(host: str, port: int) -> tuple[int, tuple[str, int]]:
    """The first address of a name, an IPv4 one if there is any."""
    try:
        match = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM) if host else []
    except (OSError, UnicodeError):  # UnicodeError: not even a name
        match = []
    if not match:
        raise OptionError(
            say("--host: there is no host '{host}'", host=host), say("for this machine alone, leave --host out")
        )
    family, *_, address = min(match, key=lambda each: each[0] != socket.AF_INET)
    return family, (str(address[0]), port)


def _refused(error: OSError, host: str, port: int) -> GdcliError:
    free = say("choose another, or --port 0 for any that is free")
    if error.errno == errno.EADDRINUSE:
        return OptionError(say("--port: port {port} of {host} is in use", port=port, host=host), free)
    if error.errno == errno.EACCES:
        return OptionError(say("--port: port {port} of {host} is not ours to open", port=port, host=host), free)
    if error.errno == errno.EADDRNOTAVAIL:
        return OptionError(
            say("--host: {host} is not an address of this machine", host=host),
            say("for this machine alone, leave it out"),
        )
    return GdcliError(say("--host, --port: {host}, port {port}: {reason}", host=host, port=port, reason=reason(error)))
