"""What a device draws when it helps nobody: from this its baseline is made."""

from dataclasses import replace

from ..model.world import PhaseReading
from .measurement import PowerLog


class OwnPower:
    """A device's measured power without the time in which it helped.

    Its clock stands still while the device helps. So whoever helps in one request after the other keeps the baseline
    that it had before the first of them, and is no worse off than one that leaves each of them early to be seen drawing
    again.

    Attributes:
        helping: It has an active part in a request, or is on its way back from one.
        log: The power, on this clock.
    """

    def __init__(self, span_s: float) -> None:
        """`span_s` is how long it is remembered."""
        self.helping = False
        self.log = PowerLog(span_s)
        self._helped_s = 0.0

    def at(self, now: float) -> float:
        """Return a moment on the clock of the log."""
        return now - self._helped_s

    def observe(self, now: float, elapsed_s: float, reading: PhaseReading | None) -> None:
        """Take in a reading, None while the device is silent."""
        if self.helping:
            self._helped_s += elapsed_s
            return
        if reading is not None and self._helped_s:
            reading = replace(reading, at=self.at(reading.at))
        self.log.add(self.at(now), reading)
