"""Writes setpoints to devices: one write at a time per device, the newest one wins."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from homeassistant.core import HomeAssistant

from ..const import LOGGER
from ..devices.adapters.base import Adapter, DeviceError
from ..grid.model.world import BatterySetpoint, ChargerSetpoint, HouseholdSetpoint, Setpoint
from ..log_once import LogOnce

#: What a device forgets is only told again while somebody decides: a charger whose limit lapses is then on its own, as
#: its maker meant it to be, s.
_DECIDED_S: Final = 180.0


class SetpointWriter:
    """A slot per device. A setpoint that arrives during a write replaces the one that waits.

    The control pass stays synchronous and short; a slow charger delays nobody but itself. What a device forgets is told
    again from here, however seldom a pass has something new.
    """

    def __init__(self, hass: HomeAssistant, adapter: Adapter[Any, Any], *, name: str) -> None:
        self._hass = hass
        self._adapter = adapter
        self._name = name
        self._waiting: tuple[Setpoint, Callable[[], None] | None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._said = LogOnce(LOGGER)
        self._newest: tuple[Setpoint, float] | None = None
        self._repeat: asyncio.TimerHandle | None = None

    def put(self, setpoint: Setpoint, written: Callable[[], None] | None = None) -> None:
        """Write a setpoint as soon as the device is free; `written` is called once it is."""
        self._newest = (setpoint, time.monotonic())
        self._start(setpoint, written)

    def _start(self, setpoint: Setpoint, written: Callable[[], None] | None = None) -> None:
        self._waiting = (setpoint, written)
        if self._task is None or self._task.done():
            self._task = self._hass.async_create_background_task(
                self._async_write(), f"tangle_grid setpoint {self._name}", eager_start=True
            )

    async def _async_write(self) -> None:
        while self._waiting is not None:
            (setpoint, written), self._waiting = self._waiting, None
            try:
                await self._adapter.apply(setpoint)
                self._said.right("write", "Setpoints reach %s again", self._name)
            except Exception as error:  # noqa: BLE001 - behind the device's entities stands anybody's code
                # The lease runs out, the pass after it tries again, and compliance is watched elsewhere.
                self._said.wrong("write", "A setpoint did not reach %s: %s", self._name, _in_words(error))
            else:
                if written is not None:
                    written()
        if (keep_alive_s := self._adapter.keep_alive_s) is not None and self._newest is not None:
            self._cancel_repeat()
            self._repeat = self._hass.loop.call_later(keep_alive_s, self._tell_again)

    def _tell_again(self) -> None:
        self._repeat = None
        if self._newest is not None and time.monotonic() - self._newest[1] < _DECIDED_S:
            self._start(self._newest[0])

    def _cancel_repeat(self) -> None:
        if self._repeat is not None:
            self._repeat.cancel()
            self._repeat = None

    async def async_close(self, *, leave: bool = False) -> None:
        """Let a write finish, then bring the device into its safe state, or leave it as it is."""
        self._waiting = self._newest = None
        self._cancel_repeat()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=5)
        if leave:
            return
        try:
            await self._adapter.safe_state()
        except Exception as error:  # noqa: BLE001 - as above; the others are still to be left in theirs
            LOGGER.warning("%s could not be brought into its safe state: %s", self._name, _in_words(error))


def _in_words(error: Exception) -> str:
    return str(error) if isinstance(error, DeviceError) else f"{type(error).__name__}: {error}"


def reduces(before: Setpoint, after: Setpoint) -> bool:
    """Return whether a setpoint asks a device for less than the one before it did."""
    match before, after:
        case ChargerSetpoint(), ChargerSetpoint():
            return after.current_a < before.current_a
        case BatterySetpoint(), BatterySetpoint():
            return after.power_w is not None and (before.power_w is None or after.power_w < before.power_w)
        case HouseholdSetpoint(), HouseholdSetpoint():
            return after.shed > before.shed
        case _:
            return False
