"""Energy of everybody by quarters of an hour, kept in the books: what a common source is shared by."""

from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ..bridge.journal import Quarter
from ..bridge.payment_desk import PaymentDesk
from ..clock import GridClock
from ..economy.books import Metered, QuarterMeter
from ..grid.model.world import Telemetry
from ..ledger import LedgerError

_LOOK_S: Final = 10.0
_LEAST_S: Final = 1.0
# Two days of the quarters of a few dozen, in case the books cannot be written for long.
_MOST_WAITING: Final = 10_000


class QuarterHours:
    """Looks at the powers every ten seconds, and writes quarters of an hour when they are over."""

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        clock: GridClock,
        desk: PaymentDesk,
        telemetry: Callable[[], Mapping[str, Telemetry]],
        do: Callable[[Coroutine[Any, Any, None], str], None],
    ) -> None:
        """`do` does something at the side that belongs to the island."""
        self._hass = hass
        self._clock = clock
        self._desk = desk
        self._telemetry = telemetry
        self._do = do
        self._meter = QuarterMeter()
        self._waiting: list[Metered] = []

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Begin to look; returns how to stop."""
        return async_track_time_interval(
            self._hass,
            self._async_look,
            timedelta(seconds=max(_LEAST_S, self._clock.wall_delay(_LOOK_S))),
            name="tangle_grid quarters of an hour",
            cancel_on_shutdown=True,
        )

    @callback
    def _async_look(self, _now: datetime) -> None:
        powers = {
            participant_id: round(each.reading.total_w)
            for participant_id, each in self._telemetry().items()
            if each.reading is not None and each.available
        }
        if found := self._meter.look(self._clock.now(), powers):
            self._waiting += found
            self._do(self._async_write(), "quarters of an hour")

    async def async_write_all(self) -> None:
        """Write what was metered until now, also of the quarter that is not over."""
        self._waiting += self._meter.so_far()
        await self._async_write()

    async def _async_write(self) -> None:
        waiting, self._waiting = self._waiting[-_MOST_WAITING:], []
        quarters = [
            Quarter(
                participant=self._desk.bookings.account_of(each.who),
                at=each.start,
                wh_in=each.wh_in,
                wh_out=each.wh_out,
            )
            for each in waiting
        ]
        written = False
        try:
            # When it cannot be written, the desk says so; it waits for the next time.
            with suppress(LedgerError):
                await self._hass.async_add_executor_job(self._desk.journal.add_quarters, quarters)
                written = True
        finally:
            if not written:
                self._waiting = waiting + self._waiting
