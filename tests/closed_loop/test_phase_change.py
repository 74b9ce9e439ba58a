"""The simulated charger is changed over between one phase and three, through a real Home Assistant."""

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, ServiceCall
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.tangle_grid.simulation.car import Car, CarModel
from custom_components.tangle_grid.simulation.charger import Charger
from custom_components.tangle_grid.simulation.clock import StreetDay
from tests.support.island import CHARGER, Island, charger_subentry, island_entry, set_meter, set_sensor

V = 230.0
STEP_S = 10.0
SWITCH = "switch.three_phases"
DAY = StreetDay(ordinal=1, weekday=1, midnight=0.0, until=86_400.0)


@pytest.fixture
def entry() -> MockConfigEntry:
    subentry = charger_subentry("never")
    data = {key: value for key, value in subentry["data"].items() if "discharge" not in key}
    data |= {"phase_switch": SWITCH, "phase_hold": 300, "safe_current": 0.0}
    data["policy"] = {"mode": "never", "charged_above": 80, "min_rate": 0}
    return island_entry({**subentry, "data": data}, capacity_a=25.0)


class Street:
    """The charger, its switch and a meter; `base_a` is the load that nobody controls, A per phase."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        self.hass, self._freezer = hass, freezer
        model = CarModel(
            battery_wh=60_000.0,
            min_current_a=6.0,
            max_current_a=16.0,
            taper_soc=95.0,
            efficiency=0.9,
            leaves_h=30.0,
            returns_h=31.0,
            km=(50.0, 50.0),
            first_returns_h=31.0,
            first_soc=30.0,
        )
        car = Car(model, 0, "TG-1", "test")
        car.soc, car.connected = 30.0, True
        self.charger = Charger(car, phases=(0, 1, 2), max_current_a=16.0, min_current_a=6.0, max_discharge_a=0.0)
        self.base_a = (5.0, 5.0, 5.0)
        self.over_s = 0.0
        self.changes: list[int] = []
        self._ticks = 0
        hass.states.async_set(SWITCH, "on")
        for name in ("turn_on", "turn_off"):
            hass.services.async_register("switch", name, self._switch)

    async def _switch(self, call: ServiceCall) -> None:
        count = 3 if call.service == "turn_on" else 1
        # The contactor must not open under load: the model refuses that.
        self.charger.change_phases(count)
        self.changes.append(count)
        self.hass.states.async_set(SWITCH, "on" if count == 3 else "off")

    async def run(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self._freezer.tick(STEP_S)
            self._ticks += 1
            self._follow()
            async_fire_time_changed(self.hass)
            await self.hass.async_block_till_done()

    def _follow(self) -> None:
        charger = self.charger
        limit = self.hass.states.get("input_number.charger_limit")
        assert limit is not None
        charger.current_limit = float(limit.state)
        charger.enabled = self.hass.states.is_state("input_boolean.charger", "on")
        charger.step(self._ticks * STEP_S, STEP_S, DAY)
        own = [charger.current_a if phase < charger.phases_in_use else 0.0 for phase in range(3)]
        load = [base + amps for base, amps in zip(self.base_a, own, strict=True)]
        self.over_s = self.over_s + STEP_S if max(load) > 25.5 else 0.0
        assert self.over_s <= 20.0
        set_sensor(self.hass, "sensor.charger_power", charger.power_w + self._ticks % 2, "W")
        set_sensor(self.hass, "sensor.car_soc", 30 + self._ticks % 2, "%")
        set_meter(self.hass, *(amps * V + self._ticks % 3 for amps in load))


async def test_one_phase_while_the_others_are_full(
    hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    street = Street(hass, freezer)
    await street.run(300)
    assert street.charger.power_w == 3 * 16 * V
    assert island.state("sensor", "phases_in_use", CHARGER) == "3"
    street.base_a = (5.0, 22.0, 22.0)
    await street.run(400)
    assert street.changes == [1]
    assert street.charger.power_w == 16 * V
    assert island.state("sensor", "phases_in_use", CHARGER) == "1"
    street.base_a = (5.0, 5.0, 5.0)
    await street.run(600)
    assert street.changes == [1, 3]
    assert street.charger.power_w == 3 * 16 * V
