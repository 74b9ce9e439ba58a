"""When passes are made by themselves, and what goes wrong beside them."""

import logging

import pytest
from homeassistant.core import HomeAssistant

from custom_components.tangle_grid.island.control_loop import ControlLoop
from custom_components.tangle_grid.island.vehicles import Vehicles
from tests.support.island import Island


async def test_whoever_asks_for_a_pass_now_gets_one_in_the_next_turn_and_all_of_a_turn_the_same(
    hass: HomeAssistant, island: Island, monkeypatch: pytest.MonkeyPatch
) -> None:
    await island.settle()
    made: list[float | None] = []
    monkeypatch.setattr(ControlLoop, "async_step", lambda _loop, changed_at=None: made.append(changed_at))
    passes = island.runtime.passes
    passes.async_look_now()
    passes.async_look_now()
    assert made == []
    await hass.async_block_till_done()
    assert made == [None]
    passes.async_look_now()
    passes.async_stop()
    await hass.async_block_till_done()
    assert made == [None], "an island that stops makes no more passes"


async def test_what_fails_beside_a_pass_is_said_once_and_so_is_that_it_works_again(
    island: Island, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await island.settle()
    caplog.clear()
    made: list[object] = []
    monkeypatch.setattr(ControlLoop, "async_step", lambda *_: made.append(None))
    with monkeypatch.context() as broken:
        broken.setattr(Vehicles, "async_look", lambda *_: 1 / 0)
        for _ in range(3):
            island.runtime.passes.async_step()
    assert len(made) == 3, "the passes are made"
    island.runtime.passes.async_step()
    said = [record for record in caplog.records if "Which vehicle is where" in record.getMessage()]
    assert [record.levelno >= logging.WARNING for record in said] == [True, False]
