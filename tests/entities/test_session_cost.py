"""What a charging session costs, at the island's price."""

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.island import CHARGER, Island, charger_subentry, island_entry
from tests.support.pass_time import pass_seconds

PRICE = 0.30


@pytest.fixture
def entry(hass: HomeAssistant, request: pytest.FixtureRequest) -> MockConfigEntry:
    hass.states.async_set("binary_sensor.plug", "off")
    found: MockConfigEntry = getattr(request, "param", None) or island_entry(charger_subentry("always"))
    return found


async def test_a_session_has_its_cost(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, island: Island, entry: MockConfigEntry
) -> None:
    assert island.state("sensor", "session_cost", CHARGER) == "unknown", "no price, no cost"
    hass.config_entries.async_update_entry(entry, options={"energy_price": PRICE})
    await hass.async_block_till_done(wait_background_tasks=True)
    hass.states.async_set("sensor.car_soc", "40", {"unit_of_measurement": "%"})
    await pass_seconds(hass, freezer, 240, 6000.0, 5000.0, 5000.0)
    await island.settle()
    energy_kwh = float(island.state("sensor", "session_energy", CHARGER))
    assert energy_kwh > 0.1
    assert float(island.state("sensor", "session_cost", CHARGER)) == pytest.approx(energy_kwh * PRICE, abs=0.006)
    state = hass.states.get(island.entity_id("sensor", "session_cost", CHARGER))
    assert state is not None
    assert state.attributes["unit_of_measurement"] == hass.config.currency


def with_a_tariff() -> MockConfigEntry:
    charger = charger_subentry("always")
    charger["data"] = {**charger["data"], "connected": "binary_sensor.plug"}
    return island_entry(charger, options={"prices": {"kwh": "0.25"}, "token_rate": "1000000"})


@pytest.mark.parametrize("entry", [with_a_tariff()], indirect=True)
async def test_where_nobody_charges_it_costs_nothing(island: Island) -> None:
    await island.run(60)
    assert not island.runtime.economy.charging.session(CHARGER)
    assert float(island.state("sensor", "session_cost", CHARGER)) == 0.0
