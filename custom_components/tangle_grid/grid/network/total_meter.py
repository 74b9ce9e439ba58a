"""A meter that gives one total of three phases: what of it any one phase may carry.

A total does not say where it flows. What devices draw of it is known; all the rest may flow in one phase, so all of it
counts on each. Nothing is added for what is fed in by somebody who is no participant: a total that is negative makes no
room on any phase.

What devices draw at the time of the reading is known within bounds. Of all that is possible, the rest that lies nearest
to its last value is taken, as where phases are measured. Where the total is less than what is certainly drawn, somebody
feeds in, or only one phase is measured: then it counts as if it were the most loaded one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from ..device.charging import draw_of
from ..device.draw_bounds import Draw
from ..device.state import DeviceState
from ..model.world import NOMINAL_V, ChargerConfig, PhaseReading, PhaseTriple, Timing

#: A rest that is older says nothing about now, s.
_FORGOTTEN_S: Final = 300.0
_PHASES: Final = range(3)


class _Part(NamedTuple):
    """What one device draws: its bounds per phase, those of its total, and whether its phases are known."""

    draw: Draw
    least_a: float
    likely_a: float
    most_a: float
    placed: bool

    def on(self, phase: int, share: float) -> float:
        """Return what it may draw on a phase when its total lies at a share of the way between its bounds, A."""
        if self.placed:
            return self.draw.least[phase] + share * (self.draw.most[phase] - self.draw.least[phase])
        return min(self.least_a + share * (self.most_a - self.least_a), self.draw.most[phase])


class TotalMeter:
    """One feeder's, from reading to reading.

    Attributes:
        rest_a: The load that is no device's, A: any phase may carry all of it.
    """

    def __init__(self) -> None:
        self.rest_a = 0.0
        self._at: float | None = None
        self._before: float | None = None

    def forget(self) -> None:
        """Begin anew, as after the clock was set back."""
        self._at = self._before = None

    def placed(self, reading: PhaseReading, devices: Iterable[DeviceState], timing: Timing) -> PhaseReading:
        """Return a reading in which each phase carries the most that it may carry; its total stays what was measured.

        Args:
            reading: What the meter shows.
            devices: All that hang below it.
            timing: Of the island.
        """
        if self._at is None or not 0.0 <= reading.at - self._at <= _FORGOTTEN_S:
            self.forget()
        elif reading.at > self._at:
            self._before = self.rest_a
        self._at = reading.at
        parts = [_part(device, reading.at, timing) for device in devices]
        total_a = reading.total_w / NOMINAL_V
        least_a, most_a = sum(part.least_a for part in parts), sum(part.most_a for part in parts)
        wanted_a = total_a - sum(part.likely_a for part in parts) if self._before is None else self._before
        self.rest_a = max(0.0, min(max(wanted_a, total_a - most_a), total_a - least_a))
        share = 0.0 if most_a <= least_a else min(1.0, max(0.0, (total_a - self.rest_a - least_a) / (most_a - least_a)))
        drawn_a = [sum(part.on(phase, share) for part in parts) for phase in _PHASES]
        if total_a < least_a:
            self.rest_a = max(0.0, total_a - max(drawn_a))
        return replace(reading, power_w=_watts([self.rest_a + amps for amps in drawn_a]), whole_w=reading.total_w)


def _part(device: DeviceState, at: float, timing: Timing) -> _Part:
    draw = draw_of(device, at, timing)
    likely_a = sum(draw.likely)
    split = device.reading is not None and device.reading.split and not device.phases.placed_by
    if not isinstance(device.config, ChargerConfig) or not split:
        return _Part(draw, sum(draw.least), likely_a, sum(draw.most), placed=True)
    # Its total is known, and where it flows is not. What it was told since may have changed it already.
    told_a = max(0.0, device.setpoint or 0.0)
    since = None if device.lease is None or device.reading is None else device.lease.changed_at
    if since is None or device.reading is None or device.reading.at - since > timing.compliance_grace_s:
        return _Part(draw, likely_a, likely_a, likely_a, placed=False)
    most_a = told_a * len(device.config.phases)
    return _Part(draw, min(likely_a, told_a), likely_a, max(likely_a, most_a), placed=False)


def _watts(amps: Sequence[float]) -> PhaseTriple:
    return (amps[0] * NOMINAL_V, amps[1] * NOMINAL_V, amps[2] * NOMINAL_V)
