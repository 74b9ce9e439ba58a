"""Other houses at this island's node: the IRI commands at an authenticated path of Home Assistant.

Nothing answers there until somebody is let in: each guest is a subentry of the island, with the hash of a bearer token
that was shown once, when it was made. Removing the subentry revokes it at once. What a guest sends is bounded in size,
in time, in number and in what it costs, and proof of work at this house's expense has to be allowed expressly. Whatever
is wrong is said in the shape of IRI.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, cast

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import HomeAssistantView
from multidict import CIMultiDict, CIMultiDictProxy

from ..const import CONF_GUEST_TOKEN_HASH, CONF_GUEST_WORK, CONF_ISLAND_ID, DOMAIN, SUBENTRY_GUEST
from ..island.runtime import TangleGridConfigEntry
from ..ledger import LedgerError, NodeError, wire

PATH: Final = f"/api/{DOMAIN}/{{island_id}}/iri"

_TOKEN_BYTES: Final = 32
#: Requests of one guest: so many a second in the long run, so many in a burst, so many at the same time.
_RATE_PER_S: Final = 10.0
_BURST: Final = 60.0
_AT_ONCE: Final = 4
#: A second of the processor counts as so many requests: a guest gets a fifth of one core in the long run.
_REQUESTS_PER_S: Final = 50.0


def new_token() -> str:
    """Return a bearer token; only its hash is kept."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_hash(token: str) -> str:
    """Return what is stored of a token. It is random and long, so a plain SHA-256 cannot be turned back."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


@dataclass(slots=True)
class Allowance:
    """How many requests a guest may make: a bucket that fills steadily (token bucket), and so many at the same time."""

    clock: Callable[[], float] = time.monotonic
    left: float = _BURST
    at: float | None = None
    running: int = 0

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

    def use(self, seconds: float) -> None:
        """Pay for what a request cost: seconds of the processor. What is not there any more is owed."""
        self.left -= seconds * _REQUESTS_PER_S

    @contextmanager
    def visit(self) -> Iterator[None]:
        """Make one request. Raises NodeError (429) when that is one too many."""
        if self.running >= _AT_ONCE or not self.take():
            raise NodeError("Too many requests", HTTPStatus.TOO_MANY_REQUESTS)
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1


class _Path(web.DynamicResource):
    """The path for guests, to which nobody brings a token that is no text.

    Home Assistant looks at tokens first and fails on such bytes, so that a guess with them would never be counted.
    """

    async def resolve(self, request: web.Request) -> tuple[web.UrlMappingMatchInfo | None, set[str]]:
        """Find the handler."""
        # There is no other way to what comes before the view: a copy of the request would not get there.
        headers = request._headers  # noqa: SLF001
        if not headers.get(hdrs.AUTHORIZATION, "").isascii():
            plain = CIMultiDict(headers)
            del plain[hdrs.AUTHORIZATION]
            request._headers = CIMultiDictProxy(plain)  # noqa: SLF001
        return await super().resolve(request)


class _Router:
    """Adds the routes of one such path. They leave expectations of a client to the view, which answers in JSON."""

    def __init__(self, router: web.UrlDispatcher) -> None:
        self._router = router
        self._path: _Path | None = None

    def add_route(self, method: str, path: str, handler: Handler) -> web.AbstractRoute:
        """Add a route."""
        if self._path is None:
            self._path = _Path(path)
            self._router.register_resource(self._path)
        return self._path.add_route(method, handler, expect_handler=wire.invite)


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

    def register(self, hass: HomeAssistant, app: web.Application, router: web.UrlDispatcher) -> None:
        """Add the path to Home Assistant's server."""
        super().register(hass, app, cast(web.UrlDispatcher, _Router(router)))

    async def get(self, request: web.Request, **_path: str) -> web.Response:
        """Refuse: commands are posted."""
        raise web.HTTPMethodNotAllowed(request.method, [hdrs.METH_POST], **wire.as_json("Method Not Allowed"))

    put = patch = delete = get

    async def post(self, request: web.Request, island_id: str) -> web.Response:
        """Answer one command."""
        entry = self._entry(island_id)
        if entry is None:
            raise web.HTTPNotFound(**wire.as_json("Not Found"))
        guest = _guest(entry, request.headers.get(hdrs.AUTHORIZATION, ""))
        if guest is None:
            # Home Assistant counts these, and bans an address that goes on guessing if it is told to.
            raise web.HTTPUnauthorized(**wire.as_json("Unauthorized"))
        allowance = self._allowances.setdefault(guest.subentry_id, Allowance())
        try:
            with allowance.visit():
                status, answer = await self._answer(request, entry, guest, allowance)
                # While it is sent it counts as one of those at the same time: nobody collects answers here.
                return await wire.send(request, _response(status, answer))
        except NodeError as error:
            return _response(error.status, wire.encode(error.to_answer()))

    async def _answer(
        self, request: web.Request, entry: TangleGridConfigEntry, guest: ConfigSubentry, allowance: Allowance
    ) -> tuple[int, bytes]:
        body = await wire.read_body(request)
        try:
            api = entry.runtime_data.ledger.guest_api(work=bool(guest.data.get(CONF_GUEST_WORK)))
            return await api.answer(body, allowance.use)
        except LedgerError:
            raise NodeError("The node is not available", HTTPStatus.SERVICE_UNAVAILABLE) from None

    @callback
    def _entry(self, island_id: str) -> TangleGridConfigEntry | None:
        """Return the island, if it is loaded and has guests at all."""
        for entry in self._hass.config_entries.async_entries(DOMAIN):
            if entry.data[CONF_ISLAND_ID] == island_id and entry.state is ConfigEntryState.LOADED and guests(entry):
                return entry
        return None


def guests(entry: TangleGridConfigEntry) -> Mapping[str, ConfigSubentry]:
    """Return the guests of an island, by subentry id."""
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


def _response(status: int, body: bytes) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/json")
