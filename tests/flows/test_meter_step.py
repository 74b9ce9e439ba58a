"""Watching a meter before it is saved: what is said of it, and what follows."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import SOURCE_USER, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.flows.meter import interval_s, judged, suggested_max_age
from custom_components.tangle_grid.flows.words import async_sentences
from tests.support.forms import no_start
from tests.support.subentry_forms import add_island

__all__ = ["no_start"]
METER = ["sensor.l1", "sensor.l2", "sensor.l3"]
FORM: dict[str, Any] = {"name": "Garage", "meter_power": METER, "capacity_a": 25, "threshold": 80}


def show(hass: HomeAssistant, *watts: float) -> None:
    for number, value in enumerate(watts, 1):
        hass.states.async_set(f"sensor.l{number}", str(value), {"unit_of_measurement": "W"}, force_update=True)


async def keys(
    hass: HomeAssistant, entry: MockConfigEntry | None = None, seen: Sequence[float] = (0.0, 1.0), **change: Any
) -> list[str]:
    form = {**FORM, **change}
    sensors = [each for field in ("meter_power", "meter_current") for each in form.get(field) or ()]
    below = () if entry is None else list(entry.subentries.values())
    lines = judged(hass, form, dict.fromkeys(sensors, seen), below)
    # All of it can be said.
    assert "{" not in await async_sentences(hass, "meter", lines)
    return [key for key, _ in lines]


async def test_how_often_it_reports(hass: HomeAssistant) -> None:
    show(hass, 1000, 900, 800)
    assert await keys(hass) == ["often", "shows"]
    assert await keys(hass, seen=(0.0, 10.0, 12.0)) == ["seldom", "shows"]
    assert await keys(hass, seen=(5.0,)) == ["shows"]
    assert await keys(hass, seen=()) == ["silent", "silent", "silent", "shows"]
    hass.states.async_set("sensor.l1", "unavailable")
    assert await keys(hass, seen=(5.0,)) == []


def test_for_how_long_it_should_be_believed() -> None:
    assert interval_s([[1.0, 2.0, 12.0], [3.0]]) == 10.0
    assert interval_s([[1.0], []]) is None
    assert [suggested_max_age(each) for each in (None, 1.0, 6.0, 10.0, 1000.0)] == [None, None, None, 25, 300]


async def test_a_fuse_of_10000_a_is_doubted(hass: HomeAssistant) -> None:
    show(hass, 1000, 900, 800)
    assert await keys(hass, capacity_a=10_000) == ["often", "large", "shows"]
    assert await keys(hass, capacity_a=63) == ["often", "shows"]


async def test_a_total_among_the_phases(hass: HomeAssistant) -> None:
    show(hass, 1000, 3000, 2000)
    assert await keys(hass) == ["often", "shows", "sum"]
    show(hass, 10, 3000, 2990)
    assert await keys(hass) == ["often", "shows"]


@pytest.mark.parametrize(
    ("marks", "found"),
    [(("active_power_l1", "active_power_l2", "active_power_l3"), True), (("other", "more"), False), ((), False)],
)
async def test_a_total_in_the_place_of_a_phase(hass: HomeAssistant, marks: tuple[str, ...], *, found: bool) -> None:
    meter = MockConfigEntry(domain="meter")
    meter.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(config_entry_id=meter.entry_id, identifiers={("meter", "1")})
    registry = er.async_get(hass)
    for mark in ("total", *marks):
        registry.async_get_or_create(
            "sensor",
            "meter",
            f"1_{mark}",
            suggested_object_id=mark,
            config_entry=meter,
            device_id=device.id,
            original_device_class="power",
        )
    hass.states.async_set("sensor.total", "4000", {"unit_of_measurement": "W"})
    assert ("total" in await keys(hass, meter_power=["sensor.total"])) is found


async def test_one_sensor_without_a_device(hass: HomeAssistant) -> None:
    show(hass, 4000)
    assert await keys(hass, meter_power=METER[:1]) == ["often", "shows"]
    show(hass, 6000)
    assert await keys(hass, meter_power=METER[:1]) == ["often", "shows", "one_full"]


@pytest.mark.parametrize(
    ("kind", "watts", "said"),
    [
        ("uneven", 4000, ["uneven"]),
        ("uneven", 6000, ["uneven", "uneven_full"]),
        ("uneven", -900, ["uneven", "uneven_fed_in", "negative"]),
        ("even", 6000, ["even"]),
    ],
)
async def test_how_a_total_is_protected_is_said(hass: HomeAssistant, kind: str, watts: float, said: list[str]) -> None:
    show(hass, watts)
    assert await keys(hass, meter_power=METER[:1], meter_total=kind) == ["often", *said]


def island_with(hass: HomeAssistant, *kinds: str) -> MockConfigEntry:
    entry = add_island(hass)
    for kind in kinds:
        data = {"power": f"sensor.{kind}", "phases": [1, 2, 3], "current_limit": "number.limit"}
        if kind == "broken":
            data = {"phases": [1]}
        subentry_type = "charger" if kind in {"charger", "broken", "quiet"} else kind
        hass.config_entries.async_add_subentry(
            entry, ConfigSubentry(data=MappingProxyType(data), subentry_type=subentry_type, title=kind, unique_id=None)
        )
    hass.states.async_set("sensor.charger", "7200", {"unit_of_measurement": "W"})
    return entry


async def test_what_chargers_draw_is_in_it(hass: HomeAssistant) -> None:
    entry = island_with(hass, "charger", "broken", "quiet")
    show(hass, 2600, 2600, 2600)
    assert await keys(hass, entry) == ["often", "shows"]
    show(hass, -2600, -2500, -2400)
    assert await keys(hass, entry) == ["often", "shows", "below_chargers"]
    hass.states.async_set("sensor.charger", "0", {"unit_of_measurement": "W"})
    assert await keys(hass, entry) == ["often", "shows", "negative"]


@pytest.mark.parametrize(
    ("meter", "drawn", "said"),
    [
        # A car on L1 with 16 A, and each phase where it belongs.
        ((3800, 200, 100), (16, 0, 0), []),
        # L1 of the charger is the second sensor, and nothing else tells the phases apart.
        ((200, 3800, 100), (16, 0, 0), ["other_phase"]),
        # Two phases with different currents fit one order only.
        ((100, 2500, 1500), (10, 6, 0), ["rotated"]),
        ((2300, 3700, 1100), (16, 4, 10), ["rotated"]),
    ],
)
async def test_the_order_of_phases_is_held_against_the_chargers(
    hass: HomeAssistant, meter: tuple[float, ...], drawn: tuple[float, ...], said: list[str]
) -> None:
    entry = add_island(hass)
    currents = ["sensor.i1", "sensor.i2", "sensor.i3"]
    for entity_id, amps in zip(currents, drawn, strict=True):
        hass.states.async_set(entity_id, str(amps), {"unit_of_measurement": "A"})
    data = {"currents": currents, "phases": [1, 2, 3], "current_limit": "number.limit"}
    hass.config_entries.async_add_subentry(
        entry, ConfigSubentry(data=MappingProxyType(data), subentry_type="charger", title="Left", unique_id=None)
    )
    show(hass, *meter)
    assert await keys(hass, entry) == ["often", "shows", *said]


async def test_the_order_in_which_all_fits_is_named(hass: HomeAssistant) -> None:
    entry = add_island(hass)
    currents = ["sensor.i1", "sensor.i2", "sensor.i3"]
    for entity_id, amps in zip(currents, (16, 4, 10), strict=True):
        hass.states.async_set(entity_id, str(amps), {"unit_of_measurement": "A"})
    data = {"currents": currents, "phases": [1, 2, 3], "current_limit": "number.limit"}
    charger = ConfigSubentry(data=MappingProxyType(data), subentry_type="charger", title="Left", unique_id=None)
    show(hass, 2300, 3700, 1100)
    [*_, (key, values)] = judged(hass, FORM, dict.fromkeys(METER, (0.0, 1.0)), [charger])
    assert (key, values["order"], values["phase"], values["names"]) == ("rotated", "2, 3, 1", "L1", "Left")
    assert entry.subentries == {}


async def test_where_the_sun_shines_it_may_be_negative(hass: HomeAssistant) -> None:
    entry = island_with(hass, "charger", "solar")
    show(hass, -2600, -2500, -2400)
    assert await keys(hass, entry) == ["often", "shows"]


async def test_it_is_watched_until_all_have_reported(hass: HomeAssistant) -> None:
    """What is suggested is saved with the island."""
    show(hass, 1000, 900, 800)
    flow = hass.config_entries.flow
    menu = await flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    form = await flow.async_configure(menu["flow_id"], {"next_step_id": "island"})
    with patch("custom_components.tangle_grid.flows.meter.WATCH_S", 30.0):
        watching = await flow.async_configure(form["flow_id"], FORM)
        assert (watching["type"], watching["step_id"]) == (FlowResultType.SHOW_PROGRESS, "meter")
        await hass.async_block_till_done()
        assert (await flow.async_configure(form["flow_id"]))["type"] is FlowResultType.SHOW_PROGRESS
        for round_ in range(4):
            show(hass, 1000 + round_, 900, 800)
        await hass.async_block_till_done(wait_background_tasks=True)
    with patch("custom_components.tangle_grid.config_flow.interval_s", return_value=20.0):
        seen = await flow.async_configure(form["flow_id"])
    assert seen["step_id"] == "meter_seen"
    assert seen["description_placeholders"] is not None
    assert "L1 1.0 kW, L2 0.9 kW, L3 0.8 kW" in seen["description_placeholders"]["seen"]
    with patch("custom_components.tangle_grid.config_flow.async_archived_islands", return_value={}):
        saved = await flow.async_configure(seen["flow_id"], {"meter_max_age": 50})
    assert saved["type"] is FlowResultType.CREATE_ENTRY
    assert saved["result"].options["meter_max_age"] == 50
