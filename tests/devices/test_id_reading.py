"""What a charger has read of a card or a car."""

from typing import Any

import pytest
from homeassistant.core import State

from custom_components.tangle_grid.devices.io.id_reading import read_id, shown_id


def _sensor(state: str) -> State:
    return State("sensor.card", state)


def _event(at: str, **attributes: Any) -> State:
    return State("event.card", at, attributes)


@pytest.mark.parametrize("before", ["unknown", "none", "04A3"])
def test_a_sensor_that_changes_has_read_what_it_shows(before: str) -> None:
    assert read_id(_sensor(before), _sensor(" 04A37B ")) == "04A37B"


@pytest.mark.parametrize("after", ["unknown", "unavailable", "", "0", "None", "x" * 256])
def test_a_sensor_without_an_id_has_read_nothing(after: str) -> None:
    assert read_id(_sensor("04A3"), _sensor(after) if len(after) < 256 else None) is None


def test_what_is_shown_again_after_an_absence_is_no_news() -> None:
    assert read_id(_sensor("unavailable"), _sensor("04A37B")) is None
    assert read_id(None, _sensor("04A37B")) is None
    assert read_id(_sensor("04A37B"), _sensor("04A37B")) is None
    assert shown_id(_sensor("04A37B")) == "04A37B"


def test_an_event_tells_it_under_its_name() -> None:
    before = _event("2026-11-30T08:00:00+00:00")
    after = _event("2026-11-30T09:00:00+00:00", event_type="read", idTag="04A37B", friendly_name="Card")
    assert read_id(before, after) == "04A37B"
    assert read_id(before, _event("2026-11-30T09:00:00+00:00", event_type="read", id_tag=4711)) == "4711"
    assert read_id(before, _event("2026-11-30T09:00:00+00:00", event_type="read", friendly_name="Card")) is None
    assert read_id(_event("unavailable"), after) is None
