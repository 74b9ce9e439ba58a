"""Who reports too seldom, or takes less than it is told, is told of when it costs charging, and not a moment longer."""

from collections.abc import Callable
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.translation import async_get_translations
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.tangle_grid.const import CONF_BATTERY_KWH, CONF_CAPACITY_A, CONF_SOC, DOMAIN
from tests.support.island import CHARGER, Island, charger_subentry, island_entry, set_meter, set_sensor


@pytest.fixture
def entry() -> MockConfigEntry:
    """A house with 25 A and one charger; nobody knows when its car is full: it charges all day."""
    house: dict[str, Any] = {CONF_CAPACITY_A: 25.0}
    charger = charger_subentry()
    charger["data"] = {key: value for key, value in charger["data"].items() if key not in {CONF_SOC, CONF_BATTERY_KWH}}
    return island_entry(charger, **house)


class House:
    """An oven beside a charger that follows: its limit may be clamped, and both may report seldom.

    Attributes:
        meter_s, charger_s: How often they report, s.
        clamp_a: The most that the charger takes, A.
        seen: Every change of the repairs.
    """

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory, base_a: Callable[[float], float]) -> None:
        self.meter_s = self.charger_s = 5.0
        self.clamp_a = 16.0
        self.now = 0.0
        self.seen: list[set[str]] = [set()]
        self._hass, self._freezer, self._base_a = hass, freezer, base_a
        self._metered_at = self._reported_at = -1e9

    def issues(self) -> dict[str, dict[str, str]]:
        return {
            issue.translation_key or "": dict(issue.translation_placeholders or {})
            for issue in ir.async_get(self._hass).issues.values()
            if issue.domain == DOMAIN and issue.active
        }

    async def run(self, seconds: float, *, step: float = 15.0) -> None:
        hass = self._hass
        for _ in range(round(seconds / step)):
            self._freezer.tick(step)
            self.now += step
            limit_a = self._limit_a()
            if hass.states.is_state("input_boolean.charger", "off"):
                limit_a = 0.0
            if self.now - self._reported_at >= self.charger_s:
                self._reported_at = self.now
                set_sensor(hass, "sensor.charger_power", limit_a * 690, "W")
            if self.now - self._metered_at >= self.meter_s:
                self._metered_at = self.now
                watts = (self._base_a(self.now) + limit_a) * 230 + 0.1 * (self.now // 5 % 7)
                set_meter(hass, watts, watts, watts)
            async_fire_time_changed(hass)
            await hass.async_block_till_done()
            self._limit_a()
            if (now := set(self.issues())) != self.seen[-1]:
                self.seen.append(now)

    def _limit_a(self) -> float:
        """What the charger makes of what it was told, and shows."""
        state = self._hass.states.get("input_number.charger_limit")
        assert state is not None
        limit_a = float(state.state)
        if limit_a > self.clamp_a:
            limit_a = self.clamp_a
            self._hass.states.async_set("input_number.charger_limit", str(limit_a), state.attributes)
        return limit_a


def cooks(now: float) -> float:
    """An oven for a minute, once in six minutes."""
    return 15.0 if now % 360 < 60 else 4.0


async def check_texts(hass: HomeAssistant, house: House, key: str) -> None:
    texts = await async_get_translations(hass, "en", "issues", [DOMAIN])
    for part in ("title", "description"):
        assert "{" not in texts[f"component.{DOMAIN}.issues.{key}.{part}"].format_map(house.issues()[key])


async def test_a_seldom_meter_that_costs_charging(
    hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    house = House(hass, freezer, cooks)
    house.meter_s = 60.0
    await house.run(2 * 3600)
    assert house.seen == [set(), {"meter_seldom"}], "it stays: it does not come and go with the oven"
    said = house.issues()["meter_seldom"]
    assert (said["island"], said["seconds"]) == ("Maple Street", "60")
    assert 0.5 <= float(said["energy"]) <= 11.0
    await check_texts(hass, house, "meter_seldom")

    house.meter_s = 5.0
    await house.run(900, step=5)
    assert house.seen == [set(), {"meter_seldom"}, set()]


async def test_a_seldom_meter_that_costs_nothing(
    hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    house = House(hass, freezer, lambda _now: 4.0)
    house.meter_s = 60.0
    await house.run(2 * 3600)
    assert house.seen == [set()]
    assert house.issues() == {}


async def test_a_seldom_charger_that_costs_charging(
    hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    house = House(hass, freezer, cooks)
    house.charger_s = 240.0
    await house.run(2 * 3600)
    assert house.seen == [set(), {"device_seldom"}]
    said = house.issues()["device_seldom"]
    assert (said["device"], said["seconds"]) == ("Charger Maple 4", "240")
    await check_texts(hass, house, "device_seldom")

    house.charger_s = 5.0
    await house.run(1200, step=5)
    assert house.seen == [set(), {"device_seldom"}, set()]


async def test_a_limit_that_is_set_in_the_charger(
    hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    house = House(hass, freezer, lambda _now: 4.0)
    await house.run(300)
    house.clamp_a = 13.0
    await house.run(600)
    assert house.seen == [set(), {"device_clamps"}]
    assert house.issues()["device_clamps"] == {"device": "Charger Maple 4", "amps": "13"}
    await check_texts(hass, house, "device_clamps")
    # Now and then it is told more again: that it still does not take it is no news.
    await house.run(7 * 3600, step=30)
    assert house.seen == [set(), {"device_clamps"}]

    house.clamp_a = 16.0
    await house.run(7 * 3600, step=30)
    assert house.seen == [set(), {"device_clamps"}, set()]
    assert float(hass.states.get("input_number.charger_limit").state) == 16.0  # type: ignore[union-attr]


async def test_what_was_learned_is_shown(hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory) -> None:
    house = House(hass, freezer, lambda _now: 4.0)
    registry = er.async_get(hass)
    for identifier in (None, CHARGER):
        registry.async_update_entity(island.entity_id("sensor", "reporting_interval", identifier), disabled_by=None)
    await hass.config_entries.async_reload(island.entry.entry_id)
    house.meter_s, house.charger_s, house.clamp_a = 30.0, 45.0, 13.0
    await house.run(900)
    await island.settle()
    assert island.state("sensor", "reporting_interval") == "30"
    assert island.state("sensor", "reporting_interval", CHARGER) == "45"
    state = hass.states.get(island.entity_id("sensor", "reporting_interval", CHARGER))
    assert state is not None
    assert state.attributes["takes_at_most_a"] == 13.0
    assert state.attributes["held_back_wh"] == 0
