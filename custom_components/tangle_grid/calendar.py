"""The calendar: the windows in which the transformer asks for help, past and present."""

from datetime import datetime
from typing import Final, override

from homeassistant.components.calendar import CalendarEntity, CalendarEntityDescription, CalendarEvent
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .actions.targets import feeder_name
from .const import MAIN_FEEDER
from .entity import IslandEntity
from .grid.model.request import CurtailmentRequest
from .island.runtime import TangleGridConfigEntry
from .reasons import async_text

PARALLEL_UPDATES = 0

WINDOWS: Final = CalendarEntityDescription(key="windows", translation_key="windows")

_W_PER_KW: Final = 1000


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TangleGridConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the calendar of the island."""
    async_add_entities([WindowsCalendar(entry.runtime_data, WINDOWS)])


class WindowsCalendar(IslandEntity, CalendarEntity):
    """One event for each request that the grid still remembers, if it is open or somebody helped.

    A simulated street lives faster than the wall clock; its windows are shown when they pass on the wall.
    """

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """The window that is open now."""
        now = self.runtime.clock.now()
        requests = self.runtime.grid.requests.values()
        running = [request for request in requests if not request.closed and request.ends_at > now]
        return self._event(min(running, key=lambda request: request.starts_at)) if running else None

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return the windows that touch a span of time, the oldest first."""
        shown = [
            request
            for request in self.runtime.grid.requests.values()
            if not request.closed or any(ask.active_at is not None for ask in request.asks.values())
        ]
        events = sorted(map(self._event, shown), key=lambda event: event.start_datetime_local)
        return [
            event for event in events if event.start_datetime_local < end_date and event.end_datetime_local > start_date
        ]

    def _event(self, request: CurtailmentRequest) -> CalendarEvent:
        names = {pid: participant.name for pid, participant in self.runtime.participants.items()}
        helpers = [names.get(device_id, device_id) for device_id, ask in request.asks.items() if ask.active_at]
        return CalendarEvent(
            start=self._moment(request.starts_at),
            end=self._moment(request.ends_at),
            summary=async_text(
                self.runtime.hass,
                "request_window",
                kw=round(request.quantity_w / _W_PER_KW, 1),
                rate=request.rate_i_per_kwh,
            ),
            description=", ".join(helpers),
            location=feeder_name(self.runtime, request.feeder_id) if request.feeder_id != MAIN_FEEDER else None,
            uid=request.request_id,
        )

    def _moment(self, grid_time: float) -> datetime:
        return dt_util.as_local(dt_util.utc_from_timestamp(self.runtime.clock.to_wall(grid_time)))
