"""The port of the node alone: how many may be connected, and how long one may be without asking anything."""

import asyncio
import logging
from collections import Counter
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from typing import Any, Final

from aiohttp import web

from .wire import encode

MAX_CONNECTIONS: Final = 256
MAX_PER_ADDRESS: Final = 24
IDLE_S: Final = 20.0
_LINGERING_S: Final = 1.0
_NETWORK_BITS: Final = 64
_BUSY: Final = encode({"error": "Too many connections"})
_TURNED_AWAY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_BUSY), _BUSY)
)
_LOGGER: Final = logging.getLogger(__name__)


def place_of(peer: Any) -> str:
    """Return what counts as one address: an IPv4 address, or the network of an IPv6 one, which one house has alone."""
    try:
        address = ip_address(str(peer[0]).partition("%")[0])
    except ValueError, TypeError, IndexError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return f"{int(address) >> _NETWORK_BITS:x}"
    return str(address)


class Door:
    """Makes the connections of a server, and turns away those above `total`, or above `per_address` from one."""

    def __init__(
        self,
        server: web.Server,
        *,
        total: int = MAX_CONNECTIONS,
        per_address: int = MAX_PER_ADDRESS,
        idle_s: float = IDLE_S,
    ) -> None:
        """The head of a request has to be here `idle_s` seconds after the connection, or the request before."""
        self._server = server
        self._total = total
        self._per_address = per_address
        self._idle_s = idle_s
        self._inside: Counter[str] = Counter()

    def __call__(self) -> asyncio.Protocol:
        """Make a connection; called for each one by the event loop."""
        return _Connection(
            self,
            self._server,
            loop=asyncio.get_running_loop(),
            access_log=None,
            keepalive_timeout=self._idle_s,
            lingering_time=_LINGERING_S,
            auto_decompress=False,
        )

    def enter(self, place: str) -> bool:
        """Count one more from this place; False when that is too many."""
        if self._inside.total() >= self._total or self._inside[place] >= self._per_address:
            return False
        self._inside[place] += 1
        return True

    def leave(self, place: str) -> None:
        """Count one less."""
        self._inside[place] -= 1
        if not self._inside[place]:
            del self._inside[place]


async def open_door(runner: web.AppRunner, host: str, port: int, **limits: Any) -> asyncio.Server:
    """Listen for a runner that was set up, with a `Door` of these limits. Raises OSError: the port cannot be had."""
    if runner.server is None:
        raise RuntimeError("the runner is not set up")
    return await asyncio.get_running_loop().create_server(Door(runner.server, **limits), host, port)


class _Connection(web.RequestHandler):
    """One connection; the door counts it from its beginning to its end."""

    __slots__ = ("_door", "_place")

    def __init__(self, door: Door, server: web.Server, **options: Any) -> None:
        super().__init__(server, **options)
        self._door = door
        self._place: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or say that there are too many and end."""
        place = place_of(transport.get_extra_info("peername"))
        if self._door.enter(place):
            self._place = place
            super().connection_made(transport)
        elif isinstance(transport, asyncio.Transport):
            transport.write(_TURNED_AWAY)
            transport.close()
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """End."""
        if self._place is not None:
            self._door.leave(self._place)
            self._place = None
            super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what was no request in JSON as well, and without filling the log: anybody can send that."""
        _LOGGER.debug("Not a request: %s (%s)", message, type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer is being sent already")
        is_theirs = status < HTTPStatus.INTERNAL_SERVER_ERROR
        body = {"error": "Invalid HTTP request"} if is_theirs else {"exception": "Internal error"}
        response = web.Response(status=status, body=encode(body), content_type="application/json")
        response.force_close()
        return response
