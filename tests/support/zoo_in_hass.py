"""Devices of the zoo in a real Home Assistant: their entities are its states, its actions are their commands."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, ServiceCall, callback
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.tangle_grid.simulation.zoo.agenda import Agenda
from custom_components.tangle_grid.simulation.zoo.charger import LIMIT, PLUG, SWITCH, ZooCharger
from custom_components.tangle_grid.simulation.zoo.device import ZooDevice
from custom_components.tangle_grid.simulation.zoo.entity import Entity

#: Domains whose actions nobody else brings.
_DOMAINS = {LIMIT: "input_number", SWITCH: "input_boolean", PLUG: "binary_sensor"}


class ZooInHass:
    """Moves the clock of Home Assistant and the agenda of the zoo on together."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory, agenda: Agenda) -> None:
        self.hass, self.agenda = hass, agenda
        self._freezer = freezer
        self._shown: dict[str, tuple[Entity, tuple[object, ...] | None]] = {}
        self._chargers: dict[str, ZooCharger] = {}
        for domain, service in (
            ("input_number", "set_value"),
            ("input_boolean", "turn_on"),
            ("input_boolean", "turn_off"),
        ):
            hass.services.async_register(domain, service, self._act)

    def add(self, name: str, device: ZooDevice) -> dict[str, str]:
        """Show a device; returns the ids of its entities by quantity."""
        ids = {quantity: f"{_DOMAINS.get(quantity, 'sensor')}.{name}_{quantity}" for quantity in device.entities}
        for quantity, entity in device.entities.items():
            self._shown[ids[quantity]] = (entity, None)
            if isinstance(device, ZooCharger):
                self._chargers[ids[quantity]] = device
        self.show()
        return ids

    def show(self) -> None:
        """Bring the states up to date, repetitions included."""
        for entity_id, (entity, before) in self._shown.items():
            now = (entity.text, entity.unit, entity.reported_at)
            if now == before:
                continue
            self._shown[entity_id] = (entity, now)
            if entity.text is None:
                self.hass.states.async_remove(entity_id)
                continue
            attributes: dict[str, Any] = {} if entity.unit is None else {"unit_of_measurement": entity.unit}
            if entity_id.startswith("input_number."):
                attributes |= {"min": entity.lowest, "max": entity.highest, "step": entity.step}
            self.hass.states.async_set(entity_id, entity.text, attributes)

    async def run(self, seconds: int) -> None:
        """Let time pass, second by second."""
        for _ in range(seconds):
            self._freezer.tick(timedelta(seconds=1))
            self.agenda.run_until(self.agenda.now + 1.0)
            self.show()
            async_fire_time_changed(self.hass)
            await self.hass.async_block_till_done()

    @callback
    def _act(self, call: ServiceCall) -> None:
        [entity_id] = [call.data["entity_id"]] if isinstance(call.data["entity_id"], str) else call.data["entity_id"]
        charger = self._chargers[entity_id]
        if call.service == "set_value":
            charger.set_number(float(call.data["value"]))
        else:
            charger.set_switch(on=call.service == "turn_on")
        self.show()
