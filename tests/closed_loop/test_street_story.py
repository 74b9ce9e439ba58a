"""The story in Home Assistant: the street of the config flow, its entities, the grid; only the ledger is not real."""

from datetime import timedelta

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.tangle_grid.const import DOMAIN, MAIN_FEEDER
from custom_components.tangle_grid.grid.model.request import RequestState
from custom_components.tangle_grid.island.runtime import IslandRuntime
from custom_components.tangle_grid.simulation import SimulatedKind

# As in the demo; a car is asked to feed back in its third minute.
SPEED = 30
STORY_S = 180


async def pass_time(hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: int) -> None:
    for _ in range(seconds):
        freezer.tick(timedelta(seconds=1))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.usefixtures("fake_ledger")
async def test_an_evening(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    freezer.move_to("2026-11-03T09:00:00+01:00")
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    form = await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": "simulated_street"})
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"name": "Maple Street", "speed": SPEED, "start": "17:30:00", "seed": 1}
    )
    await hass.async_block_till_done()
    entry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    runtime: IslandRuntime = entry.runtime_data
    names = {participant_id: participant.name for participant_id, participant in runtime.participants.items()}

    states: set[RequestState] = set()
    declined: set[str] = set()
    helped: set[str] = set()
    power: list[float] = []

    @callback
    def watch(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        assert state is not None
        power.append(float(state.state))

    async_track_state_change_event(hass, "sensor.street_charger_1_power", watch)
    for _ in range(STORY_S // 10):
        await pass_time(hass, freezer, 10)
        feeder = runtime.status.feeders[MAIN_FEEDER]
        assert not feeder.blind
        assert feeder.utilisation is not None
        assert feeder.utilisation < 1.0
        for request in runtime.engine.requests.values():
            for ask in request.asks.values():
                states.add(ask.state)
                if ask.state is RequestState.DECLINED:
                    assert ask.reason is not None
                    declined.add(names[ask.device_id])
                if ask.energy_wh:
                    helped.add(names[ask.device_id])

    assert any(name.startswith("Charger") for name in declined)
    assert {"Charger D", "Home battery"} <= helped
    assert runtime.loop.reaction_ms is not None
    assert min(power) < -4000
    assert states & {RequestState.SETTLED, RequestState.PAID, RequestState.CONFIRMED}
    assert not [record for record in caplog.records if record.levelname == "ERROR" and DOMAIN in record.name]

    # Nobody controls the street any more: chargers are at their safe current or lower, loads on, the battery free.
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert runtime.street is not None
    for device in runtime.street.model.devices:
        values = runtime.street.model.values(device.id)
        if device.kind is SimulatedKind.CHARGER:
            assert values["current_limit"] in (0, device.parameters["min_current_a"])
            assert values["discharge_current"] == 0
        if device.kind is SimulatedKind.BATTERY:
            assert values["power_setpoint"] is None
        assert all(values[load.load_id] for load in device.loads)
