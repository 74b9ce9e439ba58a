"""What the recorder's own statistics make of a session's energy and cost: over a crash, a reload and a new car."""

import json
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.components.recorder.util import get_instance
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)

from tests.support.island import (
    CHARGER,
    FakeLedger,
    Island,
    async_set_up_devices,
    charger_subentry,
    island_entry,
    set_meter,
    set_sensor,
)

PRICE = 0.30
PERIOD = timedelta(minutes=5)
KWH = 11.04 / 12  # of one period at full power
#: What is shown is a minute old at most, and one reading more.
MINUTE_KWH = 11.04 / 3600 * 75


@pytest.fixture
def entry() -> MockConfigEntry:
    charger = charger_subentry("never")
    charger["data"] = {**charger["data"], "connected": "binary_sensor.plug"}
    return island_entry(charger, options={"planning": False, "energy_price": PRICE})


class Books:
    """The island, and what the recorder has counted of it."""

    def __init__(
        self, hass: HomeAssistant, entry: MockConfigEntry, island: Island, freezer: FrozenDateTimeFactory
    ) -> None:
        self.hass = hass
        self.entry = entry
        self.island = island
        self._freezer = freezer
        self._begun = dt_util.utcnow()
        self._plug = "on"

    def plug(self, state: str) -> None:
        self._plug = state
        self.hass.states.async_set("binary_sensor.plug", state)

    async def run(self, seconds: float) -> None:
        """Let time pass: the meter reports, and the car draws what its charger may give while it is plugged in."""
        for number in range(round(seconds / 15)):
            self._freezer.tick(15)
            on = all(self.hass.states.is_state(each, "on") for each in ("input_boolean.charger", "binary_sensor.plug"))
            amps = float(self.hass.states.get("input_number.charger_limit").state) if on else 0.0  # type: ignore[union-attr]
            set_meter(self.hass, *(watts + amps * 230 + number % 2 for watts in (3000.0, 2000.0, 2000.0)))
            set_sensor(self.hass, "sensor.charger_power", amps * 690, "W")
            set_sensor(self.hass, "sensor.car_soc", 10 + number % 2, "%")
            self.hass.states.async_set("binary_sensor.plug", self._plug, force_update=True)
            async_fire_time_changed(self.hass)
            await self.hass.async_block_till_done()
        await self.island.settle()

    async def charge(self, periods: int = 1) -> None:
        """Let time pass in whole periods, and let the recorder count each of them."""
        for _ in range(periods):
            start = dt_util.utcnow()
            assert start.minute % 5 == 0
            await self.run(PERIOD.total_seconds())
            self._freezer.move_to(start + PERIOD)
            await async_wait_recording_done(self.hass)
            do_adhoc_statistics(self.hass, start=start)
            await async_wait_recording_done(self.hass)

    async def counted(self, key: str) -> float:
        """The sum of a sensor since the beginning."""
        entity_id = self.island.entity_id("sensor", key, CHARGER)
        rows = await get_instance(self.hass).async_add_executor_job(
            lambda: statistics_during_period(self.hass, self._begun, None, {entity_id}, "5minute", None, {"sum"})
        )
        total = rows[entity_id][-1]["sum"]
        assert total is not None
        return float(total)

    async def energy_kwh(self) -> float:
        """Both sums; the cost has to follow the energy."""
        energy_kwh = await self.counted("session_energy")
        assert await self.counted("session_cost") == pytest.approx(energy_kwh * PRICE, abs=0.02)
        return energy_kwh

    def shown_kwh(self) -> float:
        return float(self.island.state("sensor", "session_energy", CHARGER))

    def begun_at(self) -> object:
        """When the session began to count, as the recorder is told."""
        state = self.hass.states.get(self.island.entity_id("sensor", "session_energy", CHARGER))
        assert state is not None
        return state.attributes["last_reset"]

    async def crash(self) -> None:
        """Home Assistant dies: what was not saved yet is gone, and nothing is said any more."""

        async def nothing(_store: Store[Any], _data: Any) -> None:
            """The process is not there any more."""

        with patch.object(Store, "async_save", nothing):
            assert await self.hass.config_entries.async_unload(self.entry.entry_id)
        await self.hass.async_block_till_done()

    async def start(self) -> None:
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
async def books(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    fake_ledger: list[FakeLedger],
) -> Books:
    # Not a day that is to come: the recorder does not take the time from the test everywhere.
    freezer.move_to("2026-01-30T10:00:00+00:00")
    assert await async_setup_component(hass, "sensor", {})
    await async_set_up_devices(hass)
    hass.states.async_set("sensor.car_soc", "10", {"unit_of_measurement": "%"})
    hass.states.async_set("binary_sensor.plug", "on")
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return Books(hass, entry, Island(hass, entry, fake_ledger[-1], freezer), freezer)


async def test_a_session_is_counted_once_over_a_crash(books: Books) -> None:
    """It falls back by what was not saved, a fifth and more of it: that is no new session."""
    await books.charge(2)
    before = await books.energy_kwh()
    assert before > 1.0
    # Where the recorder begins to count is its own business.
    begun = books.shown_kwh() - before
    assert begun < MINUTE_KWH + 0.2
    state = books.island.runtime._state()
    older = json.loads(json.dumps(state))
    await books.charge()
    full = await books.energy_kwh()
    assert full > 1.4 * before
    # The last that reached the disk is five minutes old.
    await books.island.runtime._store.async_save(older)
    await books.crash()
    await books.start()
    assert books.shown_kwh() < 0.9 * full
    await books.charge()
    assert await books.energy_kwh() == pytest.approx(books.shown_kwh() - begun, abs=MINUTE_KWH + 0.03)
    assert await books.energy_kwh() < full + 1.1 * KWH


async def test_a_session_is_counted_once_over_a_reload(books: Books) -> None:
    await books.charge(2)
    before = await books.energy_kwh()
    begun = books.shown_kwh() - before
    begun_at = books.begun_at()
    assert await books.hass.config_entries.async_reload(books.entry.entry_id)
    await books.hass.async_block_till_done(wait_background_tasks=True)
    assert begun_at is not None
    assert books.begun_at() == begun_at
    await books.charge()
    after = await books.energy_kwh()
    assert before + 0.3 * KWH < after < before + 1.1 * KWH
    assert after == pytest.approx(books.shown_kwh() - begun, abs=MINUTE_KWH + 0.03)


async def test_a_new_session_begins_at_nothing_and_adds_up(books: Books) -> None:
    """Also where it charges more than the one before had by the time that the recorder looks."""
    await books.charge()
    first = books.shown_kwh()
    books.plug("off")
    await books.charge()
    left_kwh = await books.energy_kwh()
    books.plug("on")
    await books.charge(2)
    second = books.shown_kwh()
    assert await books.energy_kwh() == pytest.approx(left_kwh + second, abs=0.5 + 0.15)
    # At its end all of it is shown.
    books.plug("off")
    await books.charge()
    assert await books.energy_kwh() == pytest.approx(left_kwh + books.shown_kwh(), abs=0.15)
    assert second > first + 0.5


async def test_a_crash_just_after_a_new_session_began_counts_the_one_before_only_once(books: Books) -> None:
    await books.charge(2)
    books.plug("off")
    await books.charge()
    one = await books.energy_kwh()
    books.plug("on")
    # Sooner than the state is saved by itself.
    await books.run(15)
    await books.crash()
    await books.start()
    assert books.shown_kwh() < 0.5 * KWH, "that a session began was saved"
    while dt_util.utcnow().minute % 5:
        await books.run(15)
    books._freezer.move_to(dt_util.utcnow().replace(second=0, microsecond=0))
    await books.charge()
    assert await books.energy_kwh() < one + 2.2 * KWH
