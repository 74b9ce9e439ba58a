"""A charger that can be read only while it draws nothing.

Some readings cannot be true, or cannot be read at all, as soon as current flows: a factor of a thousand, "1_000". Such
a charger is silent, is lowered for that, and is right about the 0 W after that: it would be started and stopped for
ever. Once that is seen its 0 W says nothing, until it is read while it charges, or with the next car.
"""

from dataclasses import replace
from typing import Final

from ..model.world import NOMINAL_V, ChargerTelemetry
from .belief import DeviceFault

#: Who draws less than this is paused, A.
_PAUSED_A: Final = 1.0
#: What only cannot be read may have other reasons: so often in a row, from one pause to the next, it has not.
_TIMES: Final = 2


class UnreadDraw:
    """One charger."""

    def __init__(self) -> None:
        self._unread = False
        self._lost = False
        self._times = 0

    def judged(
        self, said: ChargerTelemetry, fault: DeviceFault | None, told_a: float | None
    ) -> tuple[ChargerTelemetry, DeviceFault | None]:
        """Take in what it says, and return what of that is believed, and why its reading is not.

        Args:
            said: Its telemetry.
            fault: Why its reading is not believed by itself.
            told_a: Its setpoint, A per phase.
        """
        reading = said.reading
        if said.connected is False:
            self._forget()
        elif fault is DeviceFault.IMPLAUSIBLE and told_a:
            self._unread = True
        elif reading is None:
            self._lost |= bool(told_a) and said.available
        elif max(map(abs, reading.power_w)) >= _PAUSED_A * NOMINAL_V:
            self._forget()
        else:
            self._times += self._lost and not told_a
            self._lost = False
            self._unread |= self._times >= _TIMES
            if self._unread:
                return replace(said, reading=None), DeviceFault.IMPLAUSIBLE
        return said, fault

    def _forget(self) -> None:
        self._unread = self._lost = False
        self._times = 0
