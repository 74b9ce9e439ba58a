"""The cable of a running island dies: its entities, its trigger, and what is written to devices."""

from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.tangle_grid.screen.picture import ONLY, items
from custom_components.tangle_grid.screen.sight import Sight
from tests.support.island import (
    BATTERY,
    CHARGER,
    HOUSEHOLD,
    METER,
    Island,
    battery_subentry,
    charger_subentry,
    household_subentry,
    island_entry,
    set_sensor,
)

OUT = tuple(f"sensor.out_l{phase}" for phase in (1, 2, 3))


@pytest.fixture
def entry(hass: HomeAssistant) -> MockConfigEntry:
    hass.states.async_set("binary_sensor.grid", "on")
    hass.states.async_set("binary_sensor.formed", "off")
    options = {
        "planning": False,
        "outage": {
            "cable": "binary_sensor.grid",
            "formed": "binary_sensor.formed",
            "inverter_a": 10.0,
            "inverter_power": list(OUT),
            "settle": 60,
            "restore_gap": 10,
        },
    }
    return island_entry(charger_subentry(), battery_subentry(), household_subentry(), options=options)


def lose(hass: HomeAssistant, *, formed: bool, watts: float = 200.0) -> None:
    """The cable dies while next to nothing is stored."""
    set_sensor(hass, "sensor.battery_soc", 5, "%")
    for entity_id in METER:
        hass.states.async_set(entity_id, "unavailable")
    for entity_id in OUT:
        set_sensor(hass, entity_id, watts, "W")
    hass.states.async_set("binary_sensor.formed", "on" if formed else "off")
    hass.states.async_set("binary_sensor.grid", "off")


def limit(hass: HomeAssistant) -> tuple[str, float]:
    switch, number = hass.states.get("input_boolean.charger"), hass.states.get("input_number.charger_limit")
    assert switch is not None
    assert number is not None
    return switch.state, float(number.state)


def on_screen(island: Island) -> dict[str, Any]:
    """What the page is told of the supply."""
    return next(dict(item) for section, _, item in items(island.runtime, {}) if section == "supply")


async def test_the_cable_dies_and_the_charger_stops(hass: HomeAssistant, island: Island) -> None:
    await island.run(30)
    assert (on_screen(island)["state"], on_screen(island)["waiting"]) == ("cable", [])
    assert island.state("sensor", "supply") == "cable"
    assert limit(hass)[0] == "on"
    lose(hass, formed=False)
    await island.settle()
    assert limit(hass)[0] == "off"
    assert island.state("sensor", "supply") == "dead"
    assert island.state("sensor", "setpoint_cause", "charger-1") == "outage"
    shown = on_screen(island)
    assert (shown["state"], shown["lasts_until"], shown["waiting"]) == ("dead", None, [[CHARGER, None]])
    assert shown["lost_at"] == pytest.approx(island.runtime.clock.now(), abs=60)
    tenant = MockUser(name="tenant").add_to_hass(hass)
    tenant.mock_policy({"entities": {"entity_ids": {island.entity_id("sensor", "power", BATTERY): True}}})
    seen = Sight(island.runtime, tenant).of({"supply": {ONLY: shown}})
    assert seen["supply"][ONLY] == {**shown, "waiting": []}


async def test_island_mode_sheds_and_says_so_and_all_comes_back(hass: HomeAssistant, island: Island) -> None:
    """Nothing is stored on this street: loads go, and the inverters are the capacity."""
    told: list[dict[str, Any]] = []
    hass.bus.async_listen("supply_told", lambda event: told.append(dict(event.data)))
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "triggers": [{"trigger": "tangle_grid.island_mode"}],
                "actions": [{"event": "supply_told", "event_data": {"supply": "{{ trigger.supply }}"}}],
            }
        },
    )
    await island.run(30)
    lose(hass, formed=True)
    await island.settle()
    assert island.state("sensor", "supply") == "island"
    assert float(island.state("sensor", "capacity")) == 3 * 10 * 230
    await island.run(30)
    pump = hass.states.get("input_boolean.heat_pump")
    assert pump is not None
    assert pump.state == "off"
    assert island.state("sensor", "setpoint_cause", HOUSEHOLD) == "outage"
    assert on_screen(island)["waiting"] == [[HOUSEHOLD, "input_boolean.heat_pump"], [CHARGER, None]]
    hass.states.async_set("binary_sensor.formed", "off")
    hass.states.async_set("binary_sensor.grid", "on")
    for _ in range(16):
        for number, entity_id in enumerate(METER):
            set_sensor(hass, entity_id, 5_000 + 10 * number, "W")
        await island.run(10)
    assert island.state("sensor", "supply") == "cable"
    pump = hass.states.get("input_boolean.heat_pump")
    assert pump is not None
    assert pump.state == "on"
    assert limit(hass)[0] == "on"
    assert [each["supply"] for each in told] == ["island", "dead", "returning", "cable"]


async def test_a_restart_in_an_outage_leaves_off_what_is_off(hass: HomeAssistant, island: Island) -> None:
    await island.run(30)
    lose(hass, formed=True)
    await island.run(30)
    pump = hass.states.get("input_boolean.heat_pump")
    assert pump is not None
    assert pump.state == "off"
    await hass.config_entries.async_unload(island.entry.entry_id)
    await hass.async_block_till_done()
    pump = hass.states.get("input_boolean.heat_pump")
    assert pump is not None
    assert pump.state == "off"
    assert limit(hass)[0] == "off"
    await hass.config_entries.async_setup(island.entry.entry_id)
    await island.run(30)
    pump = hass.states.get("input_boolean.heat_pump")
    assert pump is not None
    assert pump.state == "off"
    assert island.state("sensor", "supply") == "island"


async def test_a_battery_that_carries_the_island_is_paid_once_also_over_a_restart(
    hass: HomeAssistant, island: Island
) -> None:
    await island.run(30)
    lose(hass, formed=True)
    set_sensor(hass, "sensor.battery_power", -3_600, "W")
    for _ in range(8):
        set_sensor(hass, "sensor.battery_power", -3_600, "W")
        for entity_id in OUT:
            set_sensor(hass, entity_id, 1_200, "W")
        await island.run(15)
    given = island.runtime.economy.outage_rewards.given_wh[BATTERY]
    assert 90 <= given <= 130
    await hass.config_entries.async_reload(island.entry.entry_id)
    await island.settle()
    hass.states.async_set("binary_sensor.formed", "off")
    hass.states.async_set("binary_sensor.grid", "on")
    for _ in range(12):
        for number, entity_id in enumerate(METER):
            set_sensor(hass, entity_id, 3_000 + 10 * number, "W")
        set_sensor(hass, "sensor.battery_power", 0, "W")
        await island.run(10)
    assert island.state("sensor", "supply") == "cable"
    orders = [order for name, order in island.ledger.orders.items() if name.startswith("outage/")]
    assert [order.target for order in orders] == [island.runtime.wallet_ids[BATTERY]]
    assert orders[0].amount_i == pytest.approx(given * 1_000, rel=0.2)
    assert island.runtime.economy.outage_rewards.given_wh == {}
