"""Where the forecasts of an island come from: entities with attributes, or the integration behind an entity.

Many solar integrations offer their forecast only to the energy dashboard (`async_get_solar_forecast`); an entity of
such an integration is then as good as its attributes.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.loader import async_get_integration

from ...const import LOGGER
from ...grid.model.forecast import Forecast, Series
from ...log_once import LogOnce
from .series import price_series, sun_series

_PLATFORM: Final = "energy"
_REFRESH: Final = timedelta(minutes=30)


class ForecastSource:
    """Forecasts from the entities that an island names; reading them costs nothing while they do not change."""

    def __init__(self, hass: HomeAssistant, *, sun: Sequence[str] = (), price: str | None = None) -> None:
        self._hass = hass
        self._sun = tuple(sun)
        self._price = price
        # What integrations told, by the id of their config entry.
        self._told: dict[str, Mapping[str, Any]] = {}
        self._seen: tuple[Any, ...] | None = None
        self._forecast: Forecast | None = None
        self._said = LogOnce(LOGGER)

    def async_start(self) -> CALLBACK_TYPE:
        """Ask the integrations now and every half hour; returns how to stop."""
        if not self._sun:
            return lambda: None

        async def refresh(_now: datetime) -> None:
            await self.async_refresh()

        first = self._hass.async_create_background_task(self.async_refresh(), "tangle_grid forecast")
        unsubscribe = async_track_time_interval(
            self._hass, refresh, _REFRESH, name="tangle_grid forecast", cancel_on_shutdown=True
        )

        def stop() -> None:
            unsubscribe()
            first.cancel()

        return stop

    async def async_refresh(self) -> None:
        """Ask the integrations behind those entities that say nothing themselves."""
        for entity_id in self._sun:
            owner = _config_entry(self._hass, entity_id)
            if owner is not None and (told := await _async_told(self._hass, entity_id)) is not None:
                self._told[owner] = told
        self._seen = None

    def forecast(self) -> Forecast | None:
        """Return the newest forecast; None when there is none, or none that can be read."""
        if not self._sun and self._price is None:
            return None
        seen = tuple(map(self._changed_at, (*self._sun, self._price)))
        if seen != self._seen:
            self._seen = seen
            sun_w, price = self._understood("sun", self._sun_w), self._understood("price", self._prices)
            # What was understood once is good for as long as it reaches: an entity may be away for a while.
            before = self._forecast or Forecast()
            self._forecast = Forecast(sun_w=sun_w or before.sun_w, price=price or before.price)
        return self._forecast

    def _understood(self, what: str, read: Callable[[], Series | None]) -> Series | None:
        """Return a forecast, or None: one that cannot be read keeps nobody from anything, and is said once."""
        try:
            series = read()
        except Exception as error:  # noqa: BLE001 - attributes are made by other people's code
            self._said.wrong(what, "A forecast cannot be read (%s: %s): %s", what, type(error).__name__, error)
            return None
        self._said.right(what, "The forecast can be read again: %s", what)
        return series

    def _changed_at(self, entity_id: str | None) -> datetime | None:
        state = None if entity_id is None else self._hass.states.get(entity_id)
        return None if state is None else state.last_updated

    def _sun_w(self) -> Series | None:
        """Return the sum of all roofs. Two sensors of one installation that tell the same are one roof."""
        roofs: dict[tuple[str, Series], Mapping[str, Any]] = {}
        silent: list[str] = []
        for entity_id in self._sun:
            owner = _config_entry(self._hass, entity_id) or entity_id
            state = self._hass.states.get(entity_id)
            if state is not None and (series := sun_series([state.attributes])) is not None:
                roofs[owner, series] = state.attributes
            else:
                silent.append(owner)
        speaking = {owner for owner, _ in roofs}
        for owner in dict.fromkeys(silent):
            told = self._told.get(owner)
            if owner not in speaking and told is not None and (series := sun_series([told])) is not None:
                roofs[owner, series] = told
        return sun_series(roofs.values())

    def _prices(self) -> Series | None:
        state = None if self._price is None else self._hass.states.get(self._price)
        return None if state is None else price_series(state.attributes)


async def async_has_sun(hass: HomeAssistant, state: State) -> bool:
    """Return whether an entity, or the integration behind it, has a forecast of the sun that can be read."""
    if sun_series([state.attributes]) is not None:
        return True
    told = await _async_told(hass, state.entity_id)
    return told is not None and sun_series([told]) is not None


def has_prices(state: State) -> bool:
    """Return whether an entity has prices that can be read."""
    return price_series(state.attributes) is not None


def _config_entry(hass: HomeAssistant, entity_id: str) -> str | None:
    registered = er.async_get(hass).async_get(entity_id)
    return None if registered is None else registered.config_entry_id


async def _async_told(hass: HomeAssistant, entity_id: str) -> Mapping[str, Any] | None:
    """Return what the integration behind an entity tells the energy dashboard."""
    registered = er.async_get(hass).async_get(entity_id)
    if registered is None or registered.config_entry_id is None:
        return None
    try:
        integration = await async_get_integration(hass, registered.platform)
        if not integration.platforms_exists([_PLATFORM]):
            return None
        platform = await integration.async_get_platform(_PLATFORM)
        ask = getattr(platform, "async_get_solar_forecast", None)
        answer = None if ask is None else await ask(hass, registered.config_entry_id)
    except Exception as error:  # noqa: BLE001 - it is another integration's code
        # One that is not loaded has no runtime data to answer from, or is not there at all.
        LOGGER.debug("No forecast from the integration behind %s: %s", entity_id, error)
        return None
    return answer if isinstance(answer, Mapping) else None
