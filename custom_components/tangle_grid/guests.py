"""Other houses at this island's node: the IRI commands at an authenticated path of Home Assistant.

Nothing answers there until somebody is let in: each guest is a subentry of the island, with the hash of a bearer token
that was shown once, when it was made. Removing the subentry revokes it at once. What a guest sends is bounded in size,
in time and in number, and proof of work at this house's expense has to be allowed expressly.
"""

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from aiohttp import hdrs, web
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import HomeAssistantView

from .const import CONF_GUEST_TOKEN_HASH, CONF_GUEST_WORK, CONF_ISLAND_ID, DOMAIN, SUBENTRY_GUEST
from .data import TangleGridConfigEntry
from .ledger import MAX_BODY_BYTES, LedgerError

PATH: Final = f"/api/{DOMAIN}/{{island_id}}/iri"

_TOKEN_BYTES: Final = 32
_READ_S: Final = 20.0
_CHUNK: Final = 65_536
#: Requests of one guest: so many a second in the long run, so many at once.
_RATE_PER_S: Final = 10.0
_BURST: Final = 60.0


def new_token() -> str:
    """A bearer token; only its hash is kept."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is stored of a token. It is random and long, so a plain SHA-256 cannot be turned back."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(slots=True)
class Allowance:
    """How many requests a guest may make: a bucket that fills steadily (token bucket)."""

    clock: Callable[[], float] = time.monotonic
    left: float = _BURST
    at: float | None = None

    def take(self) -> bool:
        """Use one; False when there is none left."""
        now = self.clock()
        if self.at is not None:
            self.left = min(_BURST, self.left + (now - self.at) * _RATE_PER_S)
        self.at = now
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True


class GuestView(HomeAssistantView):
    """The node's commands, for whoever has a guest's token."""

    url = PATH
    name = f"api:{DOMAIN}:iri"
    # A token of Home Assistant's own would open far more than the node.
    requires_auth = False

    def __init__(self, hass: HomeAssistant) -> None:
        """Serve all islands of this Home Assistant."""
        self._hass = hass
        self._allowances: dict[str, Allowance] = {}

    async def post(self, request: web.Request, island_id: str) -> web.Response:
        """Answer one command."""
        entry = self._entry(island_id)
        if entry is None:
            raise web.HTTPNotFound
        guest = _guest(entry, request.headers.get(hdrs.AUTHORIZATION, ""))
        if guest is None:
            # Home Assistant counts these, and bans an address that goes on guessing if it is told to.
            raise web.HTTPUnauthorized
        if not self._allowances.setdefault(guest.subentry_id, Allowance()).take():
            return _refusal(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests")
        try:
            async with asyncio.timeout(_READ_S):
                body = await _read(request)
        except TimeoutError:
            return _refusal(HTTPStatus.BAD_REQUEST, "Request too slow")
        if body is None:
            return _refusal(HTTPStatus.BAD_REQUEST, "Request too long")
        try:
            api = entry.runtime_data.link.ledger.guest_api(work=bool(guest.data.get(CONF_GUEST_WORK)))
            status, answer = await api.answer(body)
        except LedgerError:
            return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "The node is not available")
        return web.Response(status=status, body=answer, content_type="application/json")

    @callback
    def _entry(self, island_id: str) -> TangleGridConfigEntry | None:
        """The island, if it is loaded and has guests at all."""
        for entry in self._hass.config_entries.async_entries(DOMAIN):
            if entry.data[CONF_ISLAND_ID] == island_id and entry.state is ConfigEntryState.LOADED and guests(entry):
                return entry
        return None


def guests(entry: TangleGridConfigEntry) -> Mapping[str, ConfigSubentry]:
    """The guests of an island, by subentry id."""
    return {
        subentry_id: subentry
        for subentry_id, subentry in entry.subentries.items()
        if subentry.subentry_type == SUBENTRY_GUEST
    }


def _guest(entry: TangleGridConfigEntry, authorization: str) -> ConfigSubentry | None:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    hashed = token_hash(token.strip())
    found = None
    for guest in guests(entry).values():
        if hmac.compare_digest(guest.data[CONF_GUEST_TOKEN_HASH], hashed):
            found = guest
    return found


async def _read(request: web.Request) -> bytes | None:
    """The body, or None when it is too long; no more than that is ever in memory."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return None
    body = bytearray()
    while chunk := await request.content.read(_CHUNK):
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


def _refusal(status: HTTPStatus, text: str) -> web.Response:
    content: dict[str, Any] = {"error": text, "duration": 0}
    return web.json_response(content, status=status)
