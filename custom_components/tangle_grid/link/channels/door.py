"""The direct channel from above: where other Home Assistants come in, each with the token of its link.

Nothing answers at an island that expects nobody. Who comes with a wrong token is counted by Home Assistant as a failed
login, and banned where it is told to ban.
"""

import hashlib
import hmac
from http import HTTPStatus

from aiohttp import hdrs, web
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import HomeAssistantView
from homeassistant.util.hass_dict import HassKey

from ...const import DOMAIN
from .channel import MAX_FRAME_BYTES, Closed, Intake, Listener
from .direct import PATH
from .websocket import CLOSE_S, SILENCE_S, Connection, fits

_EXPECTED: HassKey[dict[str, dict[str, Visitor]]] = HassKey(f"{DOMAIN}.link_visitors")


def token_hash(token: str) -> str:
    """Return what a token is compared by: it is random and long, so a plain SHA-256 cannot be turned back."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


class Visitor:
    """The channel to one island below, which opens it. A newer connection takes the place of an older one.

    Attributes:
        why: Why it carries nothing now; None: it is open.
        bytes_in: What came in since it was made.
        bytes_out: What was sent.
    """

    def __init__(self, hass: HomeAssistant, *, island_id: str, token: str) -> None:
        """Let whoever has the token in at the island `island_id`."""
        self.why: Closed | None = Closed.NOT_YET
        self.bytes_in = self.bytes_out = 0
        self._hass = hass
        self._island_id = island_id
        self._hash = token_hash(token)
        self._intake = Intake()
        self._connection: Connection | None = None
        self._listener: Listener | None = None

    @callback
    def start(self, listener: Listener) -> None:
        """Let it in from now on."""
        self._listener = listener
        self._hass.data.setdefault(_EXPECTED, {}).setdefault(self._island_id, {})[self._hash] = self

    @callback
    def send(self, data: bytes) -> bool:
        """Send a frame; False when that is not possible now."""
        if self._connection is None or not fits(data) or not self._connection.send(data):
            return False
        self.bytes_out += len(data)
        return True

    async def async_stop(self) -> None:
        """Let nobody in with this token any more, and close."""
        expected = self._hass.data.get(_EXPECTED, {}).get(self._island_id, {})
        if expected.get(self._hash) is self:
            del expected[self._hash]
        self._listener, self.why = None, Closed.STOPPED
        if self._connection is not None:
            await self._connection.async_close(Closed.STOPPED)

    async def async_visit(self, websocket: web.WebSocketResponse) -> None:
        """Carry frames over one connection until it ends."""
        before, connection = self._connection, Connection(websocket, self._intake, self._take)
        self._connection = connection
        if before is not None:
            await before.async_close(Closed.REPLACED)
        self.why = None
        if self._listener is not None:
            self._listener.opened()
        why = Closed.LOST
        try:
            why = await connection.async_run()
        finally:
            if self._connection is connection:
                self._connection = None
                if self._listener is not None:
                    self.why = why
                    self._listener.closed(why)

    def _take(self, data: bytes) -> None:
        self.bytes_in += len(data)
        if self._listener is not None:
            self._listener.received(data)


class LinkView(HomeAssistantView):
    """The path at which islands below come in."""

    url = PATH
    name = f"api:{DOMAIN}:link"
    # A token of Home Assistant's own would open far more than a link.
    requires_auth = False

    def __init__(self, hass: HomeAssistant) -> None:
        """Serve all islands of this Home Assistant."""
        self._hass = hass

    async def get(self, request: web.Request, island_id: str) -> web.StreamResponse:
        """Carry frames, as long as the other side stays."""
        expected = self._hass.data.get(_EXPECTED, {}).get(island_id)
        if not expected:
            return self.json_message("Not Found", HTTPStatus.NOT_FOUND)
        visitor = _visitor(expected, request.headers.get(hdrs.AUTHORIZATION, ""))
        if visitor is None:
            # Home Assistant counts these, and bans an address that goes on guessing if it is told to.
            raise web.HTTPUnauthorized
        websocket = web.WebSocketResponse(
            max_msg_size=MAX_FRAME_BYTES + 1, receive_timeout=SILENCE_S, timeout=CLOSE_S, compress=False
        )
        if not websocket.can_prepare(request):
            return self.json_message("A websocket is opened here", HTTPStatus.UPGRADE_REQUIRED)
        await websocket.prepare(request)
        await visitor.async_visit(websocket)
        return websocket


def _visitor(expected: dict[str, Visitor], authorization: str) -> Visitor | None:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    hashed, found = token_hash(token.strip()), None
    for each, visitor in expected.items():
        if hmac.compare_digest(each, hashed):
            found = visitor
    return found
