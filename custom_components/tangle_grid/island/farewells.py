"""Houses whose link was ended while they were away: they are told when they come back, for a month at most."""

import time
from collections.abc import Callable
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback

from ..link.channels.channel import Channel
from ..link.core import UpperEnd
from ..link.joining.record import LinkRecord, UnreadableRecordError
from ..link.joining.store import LinkStore
from .link_ends import CarriedEnd, mono

_KEPT_S: Final = 30 * 86_400.0
_UNTIL: Final = "until"
REVOKED: Final = "revoked"


class Farewells:
    """The links of this street that have ended, and whose houses have not heard so."""

    def __init__(self, hass: HomeAssistant, store: LinkStore, channel: Callable[[LinkRecord], Channel]) -> None:
        """`channel` makes the way to the other side of a link."""
        self._hass = hass
        self._store = store
        self._channel = channel
        self._carried: dict[str, CarriedEnd[UpperEnd]] = {}

    @callback
    def note(self, link_id: str) -> None:
        """Keep a link that ends now, and that the house cannot be told of."""
        self._store.ended[link_id] = {**self._store.links[link_id], _UNTIL: time.time() + _KEPT_S}

    @callback
    def async_start(self) -> None:
        """Wait for those who were not told."""
        for link_id, stored in list(self._store.ended.items()):
            until = stored.get(_UNTIL)
            try:
                record = LinkRecord.from_dict(link_id, stored)
                link = record.link
            except UnreadableRecordError, ValueError:
                until = None
            if not isinstance(until, int | float) or time.time() >= until:
                del self._store.ended[link_id]
                continue
            end = UpperEnd(link, record.terms, mono())
            end.leave(REVOKED)

            def happened(_events: tuple[Any, ...], link_id: str = link_id) -> None:
                self._look(link_id)

            self._carried[link_id] = carried = CarriedEnd(self._hass, end, self._channel(record), happened)
            carried.start()

    def _look(self, link_id: str) -> None:
        """Forget a link once the other side has heard that it ended."""
        carried = self._carried.get(link_id)
        if carried is not None and carried.end.has_told and self._store.ended.pop(link_id, None) is not None:
            self._hass.async_create_task(self._store.async_save(), "tangle_grid farewell")

    async def async_stop(self) -> None:
        """Close all channels."""
        for carried in self._carried.values():
            await carried.async_stop()
        self._carried.clear()
