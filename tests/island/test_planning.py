"""The plan inside Home Assistant: it is made between the passes, so that no reduction waits for it."""

import asyncio

import pytest
from homeassistant.core import HomeAssistant

from custom_components.tangle_grid.const import CONF_PLANNING
from custom_components.tangle_grid.grid.engine.engine import GridEngine
from custom_components.tangle_grid.island import control_loop
from tests.support.island import CHARGER, Island, island_entry

ENTRIES = [island_entry(options={CONF_PLANNING: True})]


@pytest.mark.parametrize("entry", ENTRIES)
async def test_a_plan_is_made_between_the_passes(
    hass: HomeAssistant, island: Island, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = island.runtime
    await hass.async_block_till_done(wait_background_tasks=True)
    assert runtime.engine.status(runtime.clock.now()).plan is not None
    planner = runtime.engine._parts.planning.planner
    batches: list[int] = []
    go_on = GridEngine.go_on_planning

    def counted(engine: GridEngine, batch: int) -> bool:
        batches.append(batch)
        return go_on(engine, batch)

    monkeypatch.setattr(GridEngine, "go_on_planning", counted)
    monkeypatch.setattr(control_loop, "SMALL_BATCH", 1)
    before, planner._made_at = planner._plan, None
    runtime.passes.async_step()
    # The pass has only found that a plan is due.
    assert batches == [0]
    assert planner._plan is before
    runtime.passes.async_step()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert planner._plan is not before
    assert batches.count(1) > 50
    assert CHARGER in planner.schedule()


@pytest.mark.parametrize("entry", ENTRIES)
async def test_unloading_ends_a_plan_that_is_being_made(
    hass: HomeAssistant, island: Island, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)
    monkeypatch.setattr(control_loop, "SMALL_BATCH", 1)
    planner = island.runtime.engine._parts.planning.planner
    planner._made_at = None
    island.runtime.passes.async_step()
    making = island.runtime.loop._planning
    assert making is not None
    await asyncio.sleep(0)
    assert not making.done()
    assert await hass.config_entries.async_unload(island.entry.entry_id)
    await hass.async_block_till_done()
    assert making.done()
    assert planner._making is not None
