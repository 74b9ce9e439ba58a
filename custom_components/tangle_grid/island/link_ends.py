"""One link at work: the protocol's end on one side, the channel on the other, and the clock between them."""

import time
from collections.abc import Callable
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..data import LinkState
from ..link.channels.channel import Channel, Closed
from ..link.core.end import End

#: Nothing was heard for longer than this, s: the link is slow, and envelopes may lapse.
SLOW_S: Final = 25.0
_LEAST_WAIT_S: Final = 0.02
_MOST_WAIT_S: Final = 5.0


def mono() -> float:
    """Return seconds that never go back, and count on while the machine sleeps where it can tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class CarriedEnd[EndT: End]:
    """Hands what comes over the channel to the end, and what the end has to say to the channel.

    Attributes:
        end: The protocol's end.
        channel: The way to the other island.
    """

    def __init__(
        self, hass: HomeAssistant, end: EndT, channel: Channel, happened: Callable[[tuple[Any, ...]], None]
    ) -> None:
        """Tell `happened` what came of each frame, and with nothing in it when time alone changed something."""
        self.end = end
        self.channel = channel
        self._hass = hass
        self._happened = happened
        self._heard_at: float | None = None
        self._timer: CALLBACK_TYPE | None = None
        self._running = False

    @callback
    def start(self) -> None:
        """Open the channel, and begin."""
        self._running = True
        self.channel.start(self)
        self.pump()

    async def async_stop(self) -> None:
        """Send what is to be said, and close. May be called twice."""
        if self._running:
            self.pump()
        self._running = False
        if self._timer is not None:
            self._timer()
            self._timer = None
        await self.channel.async_stop()

    @property
    def state(self) -> LinkState:
        """How the link is now."""
        if self.end.has_ended:
            return LinkState.ENDED
        now = mono()
        if self.channel.why is not None or not self.end.is_alive(now):
            return LinkState.DEAD
        return LinkState.SLOW if self._heard_at is None or now - self._heard_at > SLOW_S else LinkState.CONNECTED

    @property
    def why(self) -> str | None:
        """Why it is dead: of a channel that is closed its reason, of an open one that nobody answers."""
        if self.state is not LinkState.DEAD:
            return None
        return "silent" if self.channel.why is None else self.channel.why.value

    def opened(self) -> None:
        """Say hello."""
        self.end.knock()
        self.pump()

    def received(self, data: bytes) -> None:
        """Take in a frame."""
        now = mono()
        refused = self.end.refused.total()
        events = self.end.received(now, data)
        if self.end.refused.total() == refused:
            self._heard_at = now
        self._happened(events)
        self.pump()

    def closed(self, why: Closed) -> None:  # noqa: ARG002 - the channel keeps it
        """Note that nothing is heard now: what was granted ends by itself."""
        self._happened(())

    @callback
    def pump(self) -> None:
        """Send what is due, and come again when more is."""
        if not self._running:
            return
        now = mono()
        # A letter that was not worth sending any more has room for another one.
        self.end.lapsed(now)
        for frame in self.end.due(now):
            self.channel.send(frame)
        if self._timer is not None:
            self._timer()
        wait_s = min(_MOST_WAIT_S, max(_LEAST_WAIT_S, self.end.next_due(now) - now))
        self._timer = async_call_later(self._hass, wait_s, self._async_due)

    @callback
    def _async_due(self, _now: Any) -> None:
        self._timer = None
        self._happened(())
        self.pump()
