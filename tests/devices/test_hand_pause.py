"""A limit that somebody set to 0 is left there until the next car, or until somebody raises it."""

from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant

from custom_components.tangle_grid.devices import build_device
from custom_components.tangle_grid.grid.model.world import Cause, ChargerSetpoint
from tests.support.device_builders import epoch, subentry

LIMIT = "input_number.limit"


def charger(hass: HomeAssistant, memory: dict[str, Any] | None = None, **data: Any) -> Any:
    data = {
        "power": "sensor.power",
        "current_limit": LIMIT,
        "connected": "binary_sensor.plug",
        "min_current": 6,
        "max_current": 16,
        "safe_current": 6,
        **data,
    }
    return build_device(hass, subentry("charger", **data), epoch, memory)[1]


def amps(current_a: float) -> ChargerSetpoint:
    return ChargerSetpoint(device_id="p1", current_a=current_a, expires_at=0.0, cause=Cause.ALLOCATION)


async def set_limit(hass: HomeAssistant, value: float) -> None:
    """As an automation does."""
    await hass.services.async_call(
        "input_number",
        "set_value",
        {"entity_id": LIMIT, "value": value},
        blocking=True,
        context=Context(parent_id="automation"),
    )


def shown(hass: HomeAssistant) -> float:
    state = hass.states.get(LIMIT)
    assert state is not None
    return float(state.state)


@pytest.mark.usefixtures("helpers")
async def test_an_owners_zero_is_respected(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    hass.states.async_set("binary_sensor.plug", "on")
    adapter = charger(hass)
    await adapter.apply(amps(10))
    assert not adapter.telemetry().kept_off
    await set_limit(hass, 0)
    assert adapter.telemetry().kept_off
    await adapter.apply(amps(12))
    assert shown(hass) == 0.0
    # A restart does not forget it.
    adapter = charger(hass, adapter.memory())
    assert adapter.telemetry().kept_off
    # Who raises it again ends it.
    await set_limit(hass, 8)
    assert not adapter.telemetry().kept_off
    await adapter.apply(amps(12))
    assert shown(hass) == 12.0
    # The next car begins anew.
    await set_limit(hass, 0)
    assert adapter.telemetry().kept_off
    hass.states.async_set("binary_sensor.plug", "off")
    adapter.telemetry()
    freezer.tick(11)
    assert not adapter.telemetry().kept_off
    assert adapter.memory() == {}
    hass.states.async_set("binary_sensor.plug", "on")
    assert not adapter.telemetry().kept_off
    await adapter.apply(amps(9))
    assert shown(hass) == 9.0


@pytest.mark.usefixtures("helpers")
async def test_an_own_zero_is_nobodys_wish(hass: HomeAssistant) -> None:
    adapter = charger(hass)
    await adapter.apply(amps(10))
    await adapter.apply(amps(0))
    assert shown(hass) == 0.0
    assert not adapter.telemetry().kept_off
    await adapter.apply(amps(10))
    assert shown(hass) == 10.0


@pytest.mark.usefixtures("helpers")
async def test_without_a_plug_it_ends_after_half_a_day(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    adapter = charger(hass, connected=None)
    await adapter.apply(amps(10))
    await set_limit(hass, 0)
    assert adapter.telemetry().kept_off
    freezer.tick(13 * 3600)
    adapter.telemetry()
    assert not adapter.kept_off
