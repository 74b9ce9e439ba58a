"""When a device was heard last, by any of its entities.

Many integrations write a state only when it changes: a car that charges evenly then looks silent although its charger
speaks all the time. Whatever else the same integration reports of the same device is a sign of life as well. What
another integration says of it is not (a helper that sums up energy counts on when the device is gone), nor is what only
Home Assistant itself moves: a button, an update that is looked for elsewhere.
"""

from typing import Any, Final

from homeassistant.const import Platform
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util.hass_dict import HassKey

_NO_SIGN: Final = frozenset({Platform.BUTTON, Platform.EVENT, Platform.IMAGE, Platform.SCENE, Platform.UPDATE})


class Relatives:
    """Which entities report the same device; looked up once, and again after the registry has changed."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._registry = er.async_get(hass)
        self._known: dict[str, tuple[str, ...]] = {}
        #: Stop to look out for changes.
        self.async_close = hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._async_forget)

    def of(self, entity_id: str) -> tuple[str, ...]:
        """Return the entities of its device by the same integration, itself included.

        None of an entity without a device.
        """
        if (known := self._known.get(entity_id)) is None:
            known = self._known[entity_id] = self._look_up(entity_id)
        return known

    def _look_up(self, entity_id: str) -> tuple[str, ...]:
        own = self._registry.async_get(entity_id)
        if own is None or own.device_id is None:
            return ()
        return tuple(
            each.entity_id
            for each in er.async_entries_for_device(self._registry, own.device_id)
            if each.platform == own.platform and each.domain not in _NO_SIGN
        )

    @callback
    def _async_forget(self, _event: Event[Any]) -> None:
        self._known.clear()


_RELATIVES: Final[HassKey[Relatives]] = HassKey("tangle_grid_relatives")


@callback
def async_relatives(hass: HomeAssistant) -> Relatives:
    """Return the relatives of all entities; one look-up for all islands."""
    if (relatives := hass.data.get(_RELATIVES)) is None:
        relatives = hass.data[_RELATIVES] = Relatives(hass)
    return relatives


@callback
def async_forget_relatives(hass: HomeAssistant) -> None:
    """Leave nothing behind, when the last island is unloaded."""
    if (relatives := hass.data.pop(_RELATIVES, None)) is not None:
        relatives.async_close()
