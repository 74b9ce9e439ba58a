"""A device that forgets what it was told is told again, as long as somebody decides."""

import asyncio
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.tangle_grid.grid.model.world import Cause, ChargerSetpoint
from custom_components.tangle_grid.island.setpoint_writers import SetpointWriter


class Forgetful:
    """An adapter that counts."""

    def __init__(self, keep_alive_s: float | None) -> None:
        self.keep_alive_s = keep_alive_s
        self.told: list[float] = []
        self.safe = 0
        self.broken = False

    async def apply(self, setpoint: ChargerSetpoint) -> None:
        self.told.append(setpoint.current_a)
        if self.broken:
            raise ValueError

    async def safe_state(self) -> None:
        self.safe += 1


def amps(current_a: float) -> ChargerSetpoint:
    return ChargerSetpoint(device_id="p1", current_a=current_a, expires_at=0.0, cause=Cause.ALLOCATION)


def writer(hass: HomeAssistant, adapter: Any) -> SetpointWriter:
    return SetpointWriter(hass, adapter, name="Maple 4")


async def pass_time(hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: int) -> None:
    for _ in range(seconds):
        freezer.tick(1)
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
        await asyncio.sleep(0)


async def test_it_is_told_again(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    adapter = Forgetful(20.0)
    writing = writer(hass, adapter)
    writing.put(amps(10))
    await pass_time(hass, freezer, 65)
    assert 3 <= len(adapter.told) <= 4
    # A failure is no reason to stop.
    adapter.broken = True
    writing.put(amps(6))
    await pass_time(hass, freezer, 45)
    assert adapter.told[-3:] == [6.0, 6.0, 6.0]
    await writing.async_close()
    told = len(adapter.told)
    await pass_time(hass, freezer, 60)
    assert (len(adapter.told), adapter.safe) == (told, 1)


async def test_not_while_nobody_decides(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Then it falls back by itself, as its maker meant it to."""
    adapter = Forgetful(20.0)
    writing = writer(hass, adapter)
    writing.put(amps(16))
    await pass_time(hass, freezer, 200)
    told = len(adapter.told)
    assert told <= 10
    await pass_time(hass, freezer, 100)
    assert len(adapter.told) == told
    await writing.async_close()


@pytest.mark.parametrize("seconds", [90])
async def test_others_are_left_alone(hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: int) -> None:
    adapter = Forgetful(None)
    writing = writer(hass, adapter)
    writing.put(amps(16))
    await pass_time(hass, freezer, seconds)
    assert adapter.told == [16.0]
    await writing.async_close()
