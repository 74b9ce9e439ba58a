"""The calendar of request windows."""

from datetime import timedelta

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from custom_components.tangle_grid.clock import GridClock
from tests.support.island import HOUSEHOLD, Island, household_subentry, island_entry


@pytest.fixture
def entry():  # noqa: ANN201  # the fixture of the same name says it
    return island_entry(household_subentry("always"))


async def events(hass: HomeAssistant, entity_id: str) -> list[dict[str, str]]:
    now = dt_util.now()
    response = await hass.services.async_call(
        "calendar",
        "get_events",
        {
            "entity_id": entity_id,
            "start_date_time": (now - timedelta(hours=1)).isoformat(),
            "end_date_time": (now + timedelta(hours=1)).isoformat(),
        },
        blocking=True,
        return_response=True,
    )
    assert response is not None
    found: list[dict[str, str]] = response[entity_id]["events"]  # type: ignore[index, call-overload, assignment]
    return found


async def test_a_window_is_shown_while_it_lasts_and_after(hass: HomeAssistant, island: Island) -> None:
    calendar = island.entity_id("calendar", "windows")
    assert island.state("calendar", "windows") == "off"
    assert await events(hass, calendar) == []
    request_id = await island.request(1500, rate=2_000_000)
    assert island.state("calendar", "windows") == "on"
    [event] = await events(hass, calendar)
    assert event["summary"] == "1.5 kW less, 2 Mi per kWh"
    assert event["description"] == "Home 1"
    length = dt_util.parse_datetime(event["end"], raise_on_error=True) - dt_util.parse_datetime(
        event["start"], raise_on_error=True
    )
    assert abs(length - timedelta(minutes=15)) < timedelta(seconds=2)
    await island.call("opt_out", device_id=island.device_id(HOUSEHOLD), request_id=request_id)
    assert island.state("calendar", "windows") == "off"
    assert len(await events(hass, calendar)) == 1


def test_wall_and_grid_time_are_each_others_inverse() -> None:
    street = GridClock(speed=30, wall_anchor=1_000.0, grid_anchor=5_000.0)
    assert street.from_wall(1_010.0) == 5_300.0
    assert street.to_wall(5_300.0) == pytest.approx(1_010.0)
    assert GridClock().to_wall(7.0) == GridClock().from_wall(7.0) == 7.0


@pytest.mark.parametrize("entry", [island_entry(household_subentry("ask"))])
async def test_a_window_in_which_nobody_helps_is_shown_while_it_is_open_and_does_not_stay(
    hass: HomeAssistant, island: Island
) -> None:
    calendar = island.entity_id("calendar", "windows")
    request_id = await island.request(1500, rate=2_000_000)
    assert island.state("calendar", "windows") == "on"
    assert [each["description"] for each in await events(hass, calendar)] == [""]
    await island.call("answer_request", request_id=request_id, device_id=island.device_id(HOUSEHOLD), answer="decline")
    assert island.state("calendar", "windows") == "off"
    assert await events(hass, calendar) == []
