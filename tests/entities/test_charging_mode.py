"""The charging mode of a charger: one choice, kept, and only for those whose charger it is."""

import pytest

from tests.support.island import BATTERY, CHARGER, Island


def _mode(island: Island) -> str:
    return island.state("select", "charging_mode", CHARGER)


async def _choose(island: Island, option: str) -> None:
    await island.hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": island.entity_id("select", "charging_mode", CHARGER), "option": option},
        blocking=True,
    )
    await island.settle()


async def test_every_charger_has_one_and_nobody_else(island: Island) -> None:
    assert _mode(island) == "departure"
    with pytest.raises(AssertionError, match="no select charging_mode"):
        island.entity_id("select", "charging_mode", BATTERY)


async def test_a_pause_counts_at_once_and_is_kept(island: Island) -> None:
    await island.run(300)
    assert island.state("sensor", "setpoint_cause", CHARGER) == "unlimited"
    await _choose(island, "pause")
    assert _mode(island) == "pause"
    assert island.state("sensor", "setpoint_cause", CHARGER) == "paused"
    assert island.runtime.engine.status(island.runtime.clock.now()).devices[CHARGER].setpoint == 0.0
    assert await island.hass.config_entries.async_reload(island.entry.entry_id)
    await island.settle()
    assert _mode(island) == "pause"
    await _choose(island, "now")
    await island.run(300)
    assert island.state("sensor", "setpoint_cause", CHARGER) == "unlimited"


async def test_the_sun_says_what_it_waits_for(island: Island) -> None:
    await island.run(60)
    await _choose(island, "sun")
    await island.run(60)
    state = island.hass.states.get(island.entity_id("sensor", "setpoint_cause", CHARGER))
    assert state is not None
    assert (state.state, state.attributes["sentence"]) == ("sun", "Waits for the sun: too little is left over.")
