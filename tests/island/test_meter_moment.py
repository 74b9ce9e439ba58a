"""Phases that come one after another are one moment, and no reduction waits longer for it than that."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from homeassistant.core import HomeAssistant

from custom_components.tangle_grid.island import meter_moment
from custom_components.tangle_grid.island.meter_moment import MeterMoment

#: A longer moment than the real one, so that a busy machine does not end it, s.
MOMENT_S = 0.3
L1, L2, L3 = "sensor.l1", "sensor.l2", "sensor.l3"


class Spoken:
    """When a pass would run, s after the first change."""

    def __init__(self, hass: HomeAssistant, *meters: frozenset[str]) -> None:
        self.after: list[float] = []
        self._hass = hass
        self._value = 0
        self.stop = MeterMoment(hass, meters, self._spoke).async_start()

    def _spoke(self, since: float) -> None:
        self.after.append(time.perf_counter() - since)

    def show(self, *entities: str, same: bool = False) -> None:
        self._value += 1
        for entity_id in entities:
            before = self._hass.states.get(entity_id)
            self._hass.states.async_set(entity_id, before.state if same and before else str(self._value))


@pytest.fixture
async def meter(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Spoken]:
    assert meter_moment.MOMENT_S <= 0.05
    monkeypatch.setattr(meter_moment, "MOMENT_S", MOMENT_S)
    spoken = Spoken(hass, frozenset({L1, L2, L3}), frozenset({"sensor.garage"}))
    spoken.show(L1, L2, L3)
    await asyncio.sleep(3 * MOMENT_S)
    spoken.after.clear()
    yield spoken
    spoken.stop()


async def test_all_at_once_is_one_pass_at_once(meter: Spoken) -> None:
    meter.show(L1, L2, L3)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(meter.after) == 1
    await asyncio.sleep(2 * MOMENT_S)
    assert len(meter.after) == 1


async def test_one_after_another_is_one_pass(meter: Spoken) -> None:
    for entity_id in (L2, L1, L3):
        assert meter.after == []
        meter.show(entity_id)
        await asyncio.sleep(MOMENT_S / 5)
    assert len(meter.after) == 1
    assert meter.after[0] < MOMENT_S
    await asyncio.sleep(2 * MOMENT_S)
    assert len(meter.after) == 1


async def test_one_that_stays_alone_does_not_wait_for_long(meter: Spoken) -> None:
    meter.show(L2)
    await asyncio.sleep(MOMENT_S / 2)
    assert meter.after == []
    await asyncio.sleep(MOMENT_S)
    assert len(meter.after) == 1
    assert meter.after[0] < 3 * MOMENT_S


async def test_a_phase_that_repeats_itself_has_spoken(meter: Spoken) -> None:
    meter.show(L2, same=True)
    meter.show(L1)
    await asyncio.sleep(0)
    meter.show(L3)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(meter.after) == 1
    # Repeating alone is no reason for a pass.
    await asyncio.sleep(2 * MOMENT_S)
    meter.show(L1, L2, L3)
    await asyncio.sleep(2 * MOMENT_S)
    meter.after.clear()
    meter.show(L1, L2, L3, same=True)
    await asyncio.sleep(2 * MOMENT_S)
    assert meter.after == []


async def test_a_phase_that_repeats_itself_after_another_is_waited_for_no_more(meter: Spoken) -> None:
    meter.show(L1)
    meter.show(L2, same=True)
    await asyncio.sleep(MOMENT_S / 5)
    assert meter.after == []
    meter.show(L1, L3)
    meter.show(L2, same=True)
    await asyncio.sleep(MOMENT_S / 5)
    assert len(meter.after) == 1


async def test_a_dead_phase_is_not_waited_for(hass: HomeAssistant, meter: Spoken) -> None:
    hass.states.async_set(L3, "unavailable")
    await asyncio.sleep(2 * MOMENT_S)
    meter.after.clear()
    meter.show(L1, L2)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(meter.after) == 1
    # And its death is a change like any other.
    hass.states.async_remove(L2)
    await asyncio.sleep(2 * MOMENT_S)
    assert len(meter.after) == 2


async def test_two_meters_in_one_moment(meter: Spoken) -> None:
    meter.show(L1)
    await asyncio.sleep(MOMENT_S / 5)
    meter.show("sensor.garage")
    await asyncio.sleep(MOMENT_S / 5)
    meter.show(L2, L3)
    await asyncio.sleep(3 * MOMENT_S)
    assert len(meter.after) == 1


async def test_nothing_after_the_end(meter: Spoken) -> None:
    meter.show(L1)
    meter.stop()
    meter.stop = lambda: None
    await asyncio.sleep(2 * MOMENT_S)
    meter.show(L1, L2, L3)
    await asyncio.sleep(2 * MOMENT_S)
    assert meter.after == []
