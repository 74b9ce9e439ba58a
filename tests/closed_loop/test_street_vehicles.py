"""The vehicles of the simulated street in Home Assistant: they come home, are known by their cards, and are paid."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.economy.recognition import Evidence
from custom_components.tangle_grid.island.runtime import IslandRuntime
from tests.support.island import FakeLedger


async def test_the_first_evening(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, fake_ledger: list[FakeLedger]
) -> None:
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    freezer.move_to("2026-11-03T09:00:00+01:00")
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    form = await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": "simulated_street"})
    # The first car is there already.
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"name": "Maple Street", "speed": 60, "start": "17:36:00", "seed": 1}
    )
    await hass.async_block_till_done()
    runtime: IslandRuntime = result["result"].runtime_data
    names = {member_id: member.name for member_id, member in runtime.members.items()}
    for _ in range(100):
        freezer.tick(timedelta(seconds=1))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
    found = {
        names[pid]: runtime.vehicles.at(pid) for pid, each in runtime.participants.items() if each.kind == "charger"
    }
    assert {
        charger: None if each.vehicle_id is None else names[each.vehicle_id] for charger, each in found.items()
    } == {
        "Charger A": "Car A",
        "Charger B": "Car B",
        "Charger C": "Car C",
        "Charger D": None,
    }
    assert {each.by for each in found.values()} == {Evidence.ID_READ}
    paid = {names[payment.target] for payment in fake_ledger[-1].orders.values()}
    assert "Car A" in paid
    assert "Charger A" not in paid
    assert await hass.config_entries.async_unload(result["result"].entry_id)
