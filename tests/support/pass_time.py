"""Time that passes for an island while its devices go on reporting."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from tests.support.island import (
    set_meter,
    set_sensor,
)

LIMIT = "input_number.charger_limit"


DEVICES = (
    "sensor.charger_power",
    "sensor.car_soc",
    "sensor.battery_power",
    "sensor.battery_soc",
    "sensor.home_power",
)


SAFE_A = 6.0


def limit(hass: HomeAssistant) -> float:
    state = hass.states.get(LIMIT)
    assert state is not None
    return float(state.state)


def charger_switched_on(hass: HomeAssistant) -> bool:
    return hass.states.is_state("input_boolean.charger", "on")


async def pass_seconds(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: int, *meter: float, obeys: bool = True
) -> None:
    """Let time pass; devices go on reporting, and with readings the meter does, a watt up and a watt down."""
    for second in range(seconds):
        freezer.tick(timedelta(seconds=1))
        if obeys:
            set_sensor(hass, "sensor.charger_power", limit(hass) * 690 if charger_switched_on(hass) else 0.0, "W")
        for entity_id in DEVICES:
            state = hass.states.get(entity_id)
            assert state is not None
            hass.states.async_set(entity_id, state.state, state.attributes)
        if meter:
            # What the charger takes beyond its safe current shows on the meter: one without an answer is not believed.
            more_w = max(0.0, limit(hass) - SAFE_A) * 230.0 if obeys and charger_switched_on(hass) else 0.0
            set_meter(hass, *(value + more_w + second % 2 for value in meter))
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
