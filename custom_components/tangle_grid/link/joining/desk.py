"""The island above: it makes codes, hears who asks with them, and answers what a person decided.

A code is good for one island, which is the first that asks with it, and for some time. What became of a code is kept
for a while longer, so that whoever comes too late is told why.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback

from ..channels.channel import Channel, Closed
from ..channels.door import Visitor
from ..channels.mqtt import MqttChannel
from ..core import LinkKeys, Terms
from .code import JoinCode
from .messages import Answer, Answered, Asked, Kind, UnreadableError
from .record import LinkRecord, code_from_dict, code_to_dict
from .store import LinkStore

#: A code holds for so long, s.
CODE_S: Final = 24 * 3600.0
#: What became of it is kept for so long after that, s.
_KEPT_S: Final = 7 * 24 * 3600.0
MOST_CODES: Final = 50

type Fits = Callable[[Terms], Mapping[str, str] | None]


class CodeDesk:
    """The codes of one island."""

    def __init__(
        self,
        hass: HomeAssistant,
        store: LinkStore,
        island_id: str,
        *,
        name: str,
        fits: Fits,
        above: Callable[[], tuple[str, ...]],
        changed: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the parts.

        Args:
            hass: Home Assistant.
            store: Where codes are kept.
            island_id: The island.
            name: What it is called.
            fits: Returns the figures where somebody with such terms does not fit any more.
            above: The islands above this one, the nearest first.
            changed: Called when somebody asks, and when a question is answered or withdrawn.
            clock: What the time is, epoch s: only to let codes expire.
        """
        self._hass = hass
        self._store = store
        self._island_id = island_id
        self._name = name
        self._fits = fits
        self._above = above
        self._changed = changed
        self._clock = clock
        self._channels: dict[str, Channel] = {}

    @callback
    def start(self) -> None:
        """Hear who comes with the codes that there are."""
        self._forget_old()
        for code_id in self._store.codes:
            self._listen(code_id)

    async def async_stop(self) -> None:
        """Hear nobody any more."""
        channels, self._channels = self._channels, {}
        for channel in channels.values():
            await channel.async_stop()

    async def async_make(self, url: str, kind: Kind = Kind.HOUSE) -> tuple[JoinCode, float]:
        """Make a code, with this address or, where it is empty, for MQTT; return it, and until when it holds."""
        keys = LinkKeys.generate()
        code = JoinCode.make(url=url, island_id=self._island_id, public=keys.public)
        until = self._clock() + CODE_S
        self._forget_old()
        codes = self._store.codes
        while len(codes) >= MOST_CODES:
            await self.async_withdraw(next(iter(codes)))
        codes[code.code_id] = {
            "code": code_to_dict(code),
            "own": keys.secret,
            "until": until,
            "state": None,
            "asked": None,
            "kind": kind.value,
        }
        await self._store.async_save()
        self._listen(code.code_id)
        return code, until

    async def async_withdraw(self, code_id: str) -> None:
        """Forget a code: whoever comes with it is not known."""
        self._store.codes.pop(code_id, None)
        await self._store.async_save()
        if (channel := self._channels.pop(code_id, None)) is not None:
            await channel.async_stop()
        self._changed()

    @property
    def waiting(self) -> Mapping[str, Asked]:
        """Who asks and has no answer yet, by code."""
        return {
            code_id: _asked(stored)
            for code_id, stored in self._store.codes.items()
            if stored["asked"] is not None and stored["state"] is None
        }

    def record(self, code_id: str) -> LinkRecord:
        """Return the link that a yes to a question that waits makes. Raises KeyError: nobody asks with this code."""
        asked = self.waiting[code_id]
        stored = self._store.codes[code_id]
        return LinkRecord(
            link_id=code_id,
            upper=True,
            code=code_from_dict(stored["code"]),
            own=LinkKeys(stored["own"]),
            peer=asked.public,
            peer_island=asked.island_id,
            terms=asked.terms,
            kind=asked.kind,
        )

    async def async_decide(self, code_id: str, *, approved: bool) -> None:
        """Answer from now on what a person decided."""
        self._store.codes[code_id]["state"] = (Answered.APPROVED if approved else Answered.REFUSED).value
        await self._store.async_save()
        self._changed()

    def answer(self, code_id: str, data: bytes) -> bytes | None:
        """Return what is answered to what came with a code; None: nothing, it is no question."""
        stored = self._store.codes[code_id]
        code, keys = code_from_dict(stored["code"]), LinkKeys(stored["own"])
        try:
            asked = Asked.open(code, data)
        except UnreadableError:
            return None
        figures: Mapping[str, str] | None = None
        if asked.island_id in (self._island_id, *self._above()):
            says = Answered.LOOP
        elif stored["asked"] is not None:
            says = self._of_asked(stored, asked)
        elif self._clock() > stored["until"]:
            says = Answered.EXPIRED
        elif asked.kind is not _kind(stored):
            says = Answered.OTHER_KIND
        elif asked.kind is Kind.HOUSE and (figures := self._fits(asked.terms)) is not None:
            says = Answered.DOES_NOT_FIT
        else:
            stored["asked"] = {"island": asked.island_id, "public": asked.public, "terms": asked.terms.to_dict()}
            self._store.async_save_later(dict)
            says = Answered.WAITING
            self._changed()
        above = (self._island_id, *self._above())
        answer = Answer(nonce=asked.nonce, says=says, public=keys.public, name=self._name, above=above, figures=figures)
        return answer.seal(code, keys)

    @staticmethod
    def _of_asked(stored: Mapping[str, Any], asked: Asked) -> Answered:
        """Return what is answered to whoever comes with a code that somebody has asked with."""
        if stored["asked"]["public"] != asked.public:
            return Answered.USED
        return Answered.WAITING if stored["state"] is None else Answered(stored["state"])

    @callback
    def _listen(self, code_id: str) -> None:
        code = code_from_dict(self._store.codes[code_id]["code"])
        channel: Channel = (
            Visitor(self._hass, island_id=self._island_id, token=code.token)
            if code.url
            else MqttChannel(self._hass, link_id=code.topic_id, upper=True)
        )
        self._channels[code_id] = channel
        channel.start(_Hearing(self, code_id, channel))

    def _forget_old(self) -> None:
        codes, now = self._store.codes, self._clock()
        for code_id in [each for each, stored in codes.items() if now > stored["until"] + _KEPT_S]:
            if code_id not in self._store.links:
                del codes[code_id]


class _Hearing:
    """Hears whoever comes with one code."""

    def __init__(self, desk: CodeDesk, code_id: str, channel: Channel) -> None:
        self._desk = desk
        self._code_id = code_id
        self._channel = channel

    def opened(self) -> None:
        """Wait for the question."""

    def received(self, data: bytes) -> None:
        """Answer it."""
        if (answer := self._desk.answer(self._code_id, data)) is not None:
            self._channel.send(answer)

    def closed(self, why: Closed) -> None:
        """Do nothing: it may come again."""


def _asked(stored: Mapping[str, Any]) -> Asked:
    asked = stored["asked"]
    return Asked(
        nonce="",
        island_id=asked["island"],
        public=asked["public"],
        terms=Terms.from_dict(asked["terms"]),
        kind=_kind(stored),
    )


def _kind(stored: Mapping[str, Any]) -> Kind:
    """Return what a code was made for."""
    return Kind(stored.get("kind", Kind.HOUSE))
