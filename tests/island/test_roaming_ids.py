"""What chargers have read of cars from elsewhere is of a session by the grid's own time."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from custom_components.tangle_grid.clock import GridClock
from custom_components.tangle_grid.island.roaming_ids import ReadIds

POST, CARD = "post", "sensor.post_card"


@pytest.mark.parametrize("ahead_s", [0, 36_000, -36_000])
async def test_an_id_is_of_the_session_that_begins_after_it_was_read(hass: HomeAssistant, ahead_s: int) -> None:
    at = dt_util.utcnow().timestamp()
    clock = GridClock(speed=30.0, wall_anchor=at, grid_anchor=at + ahead_s)
    entry = SimpleNamespace(subentries={POST: SimpleNamespace(data={"id_sensor": CARD})})
    ids = ReadIds(hass, cast("Any", entry), [POST], clock)
    hass.states.async_set(CARD, "-")
    stop = ids.async_start()
    hass.states.async_set(CARD, "TG-0004")
    await hass.async_block_till_done()
    read_at = clock.now()
    assert ids.of(POST, "late", read_at + 660) is None
    assert ids.of(POST, "first", read_at + 30) == "TG0004"
    # It is of one session alone.
    assert ids.of(POST, "second", read_at + 60) is None
    stop()
