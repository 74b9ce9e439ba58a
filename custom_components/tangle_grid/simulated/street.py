"""Runs the simulated street on the grid's clock and shows it as entities; the island meets it only there."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..clock import GridClock
from ..const import CONF_ISLAND_ID, CONF_LAYOUT, CONF_SEED, DEFAULT_SEED, DOMAIN, LOGGER
from ..devices.named import StoredEntry
from ..simulation import Layout, SimulationError, Street, StreetConfig

_TICK: Final = timedelta(seconds=1)
_VERSION: Final = 1
_SAVE_TICKS: Final = 60
# A step of the street takes about a third of a millisecond and is 10 s long at most.
_LONGEST_IN_LOOP_S: Final = 300.0
# Street time that devices need to follow a command, and how far a burst of commands may run ahead of the clock.
_FOLLOW_S: Final = 2.0
_MOST_FOLLOW_S: Final = 10.0
# Every value is repeated this often (in ticks); the meter with every tick.
_REPEAT_TICKS: Final = 10
_NOTHING_W: Final = (0.0, 0.0, 0.0)
# The street may be ahead of the clock by what devices needed to follow, but not by an evening.
_MOST_AHEAD_S: Final = 600.0


class Watcher(Protocol):
    """Who is told when time has passed on the street."""

    is_meter: bool

    def async_street_moved(self, *, repeat: bool) -> None:
        """Show what the street shows now; `repeat` it also where it is what was shown before."""


class SimulatedStreet:
    """The street of one config entry.

    Attributes:
        island_id: The island that it belongs to.
        model: The street itself: its devices, commands and faults.
    """

    model: Street

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StoredEntry,
        clock: GridClock,
        *,
        beside_w: Callable[[], Sequence[float]] = lambda: _NOTHING_W,
    ) -> None:
        """Run the street of an entry; `beside_w` tells what else hangs on it now, W per phase."""
        self._hass = hass
        self._clock = clock
        self._beside_w = beside_w
        self.island_id: str = entry.data[CONF_ISLAND_ID]
        self._seed = int(entry.data.get(CONF_SEED, DEFAULT_SEED))
        self._layout = Layout(entry.data.get(CONF_LAYOUT, Layout.STREET))
        self._store = _store(hass, self.island_id)
        self._watchers: list[Watcher] = []
        self._lock = asyncio.Lock()
        self._ticks = 0
        self._unsubscribe: CALLBACK_TYPE | None = None

    async def async_load(self) -> None:
        """Bring the stored street, or a new one, to the present."""
        now = self._clock.now()
        zone = dt_util.get_default_time_zone()
        config = StreetConfig(seed=self._seed, layout=self._layout, start=now, timezone=zone)
        stored = await self._store.async_load()
        self.model = await self._hass.async_add_executor_job(_build, config, stored)
        async with self._lock:
            await self._async_advance(now)

    @callback
    def async_start(self) -> None:
        """Let time run."""
        self._unsubscribe = async_track_time_interval(
            self._hass, self._async_tick, _TICK, name="tangle_grid street", cancel_on_shutdown=True
        )

    async def async_stop(self) -> None:
        """Stop time and save."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        async with self._lock:
            await self._store.async_save(self.model.to_dict())

    def value(self, device_id: str, quantity: str) -> Any:
        """Return what a device shows; see `Street.value`."""
        return self.model.value(device_id, quantity)

    @callback
    def async_subscribe(self, watcher: Watcher) -> CALLBACK_TYPE:
        """Tell somebody whenever time has passed."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    async def async_command(self, command: Callable[[], None]) -> None:
        """Do something to a device now, let it follow, and show what came of it."""
        async with self._lock:
            now = self._clock.now()
            await self._async_advance(now)
            command()
            await self._async_advance(min(max(now, self.model.now) + _FOLLOW_S, now + _MOST_FOLLOW_S))
            self._async_show()

    async def _async_tick(self, _now: datetime) -> None:
        if self._lock.locked():
            return
        async with self._lock:
            self.model.hang_on(self._beside_w())
            await self._async_advance(self._clock.now())
            self._ticks += 1
            self._async_show(repeat=self._ticks % _REPEAT_TICKS == 0, repeat_meter=True)
        if self._ticks % _SAVE_TICKS == 0:
            self._store.async_delay_save(self.model.to_dict, 1)

    async def _async_advance(self, to: float) -> None:
        ahead = to - self.model.now
        if ahead <= 0.0:
            return
        if ahead <= _LONGEST_IN_LOOP_S:
            self.model.advance(to)
        else:
            await self._hass.async_add_executor_job(self.model.advance, to)

    @callback
    def _async_show(self, *, repeat: bool = False, repeat_meter: bool = False) -> None:
        for watcher in tuple(self._watchers):
            watcher.async_street_moved(repeat=repeat or (repeat_meter and watcher.is_meter))


async def async_forget_street(hass: HomeAssistant, island_id: str) -> None:
    """Delete what was stored of a street."""
    await _store(hass, island_id).async_remove()


def _store(hass: HomeAssistant, island_id: str) -> Store[dict[str, Any]]:
    return Store(hass, _VERSION, f"{DOMAIN}.{island_id}.street", atomic_writes=True)


def _build(config: StreetConfig, stored: dict[str, Any] | None) -> Street:
    if stored is not None:
        try:
            street = Street.from_dict(config, stored)
        except SimulationError as error:
            LOGGER.warning("The stored street cannot go on, a new one begins: %s", error)
        else:
            if street.now <= config.start + _MOST_AHEAD_S:
                return street
            LOGGER.warning("The stored street is ahead of the clock, a new one begins")
    return Street(config)
