"""Devices made of states and helpers."""

from collections.abc import Callable
from typing import Any

import pytest
from homeassistant.core import HomeAssistant, callback
from homeassistant.setup import async_setup_component

from custom_components.tangle_grid.devices.io.entity_reading import EntityReader
from tests.support.device_builders import epoch


@pytest.fixture
def reader(hass: HomeAssistant) -> EntityReader:
    return EntityReader(hass, epoch)


@pytest.fixture
def show(hass: HomeAssistant) -> Callable[..., None]:
    """Set the state of a sensor."""

    def set_state(entity_id: str, value: object, unit: str | None = None, **attributes: Any) -> None:
        if unit is not None:
            attributes["unit_of_measurement"] = unit
        hass.states.async_set(entity_id, str(value), attributes)

    return set_state


@pytest.fixture
async def helpers(hass: HomeAssistant) -> None:
    """Numbers and switches that take commands."""
    numbers = {
        "limit": {"min": 0, "max": 32, "step": 1, "initial": 16, "unit_of_measurement": "A"},
        "limit_from_six": {"min": 6, "max": 32, "step": 1, "initial": 16, "unit_of_measurement": "A"},
        "discharge": {"min": 0, "max": 16, "step": 1, "initial": 0, "unit_of_measurement": "A"},
        "setpoint": {"min": -5000, "max": 5000, "step": 1, "initial": 0, "unit_of_measurement": "W"},
        "setpoint_kw": {"min": -5, "max": 5, "step": 0.1, "initial": 0, "unit_of_measurement": "kW"},
    }
    switches = {"enable": {"initial": True}, "control": {"initial": False}, "boiler": {"initial": True}}
    assert await async_setup_component(hass, "input_number", {"input_number": numbers})
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {**switches, "freezer": None}})
    await hass.async_block_till_done()


@pytest.fixture
def calls(hass: HomeAssistant) -> list[tuple[str, str, Any]]:
    """All service calls: entity, service, value."""
    seen: list[tuple[str, str, Any]] = []

    @callback
    def note(event: Any) -> None:
        data = event.data["service_data"]
        entity = data["entity_id"]
        seen.append((entity[0] if isinstance(entity, list) else entity, event.data["service"], data.get("value")))

    hass.bus.async_listen("call_service", note)
    return seen
