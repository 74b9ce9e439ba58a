"""The load that nobody controls without what moves from second to second: no fuse feels that.

A meter that reports each second shows each flicker. Its readings of the last half minute are averaged, as long as the
load stays where it is: with the first reading that lies beyond the noise, the average begins anew, so that a kettle
counts at once and with all that it takes. A meter that reports seldom gives the average little to work with, and then
it is what it shows.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

#: What is averaged, s, and how far from the average a reading is another load, A.
_MEAN_S: Final = 30.0
_NOISE_A: Final = 2.0
_PHASES: Final = range(3)


@dataclass(slots=True)
class _PhaseMean:
    """One phase: its readings since the load was last another one, with their times and their sum."""

    readings: deque[tuple[float, float]] = field(default_factory=deque)
    sum_a: float = 0.0

    def add(self, at: float, amps: float) -> tuple[float, float]:
        """Take in a reading, and return the average and how far the highest of them lies above it, A."""
        readings = self.readings
        if readings and readings[-1][0] == at:
            # The same reading of the meter, with more known of the devices.
            self.sum_a -= readings.pop()[1]
        readings.append((at, amps))
        self.sum_a += amps
        while not 0.0 <= at - readings[0][0] <= _MEAN_S:
            self.sum_a -= readings.popleft()[1]
        mean_a = self.sum_a / len(readings)
        if abs(amps - mean_a) > _NOISE_A:
            readings.clear()
            readings.append((at, amps))
            self.sum_a = mean_a = amps
        return mean_a, max(high for _, high in readings) - mean_a


class LoadMean:
    """The average of one feeder.

    Attributes:
        below_a: How far the average lies below the newest reading, A per phase.
        peak_a: How far single readings lie above the average, A per phase.
    """

    def __init__(self) -> None:
        self.below_a = [0.0] * 3
        self.peak_a = [0.0] * 3
        self._phases = tuple(_PhaseMean() for _ in _PHASES)

    def forget(self) -> None:
        """Begin anew, as after the clock was set back."""
        self._phases = tuple(_PhaseMean() for _ in _PHASES)

    def observe(self, at: float, load_a: Sequence[float]) -> None:
        """Take in the load at the time of a meter's reading, A per phase."""
        for number, (phase, amps) in enumerate(zip(self._phases, load_a, strict=True)):
            mean_a, self.peak_a[number] = phase.add(at, amps)
            self.below_a[number] = amps - mean_a
