"""Whether a meter can be right, by what chargers below it measure themselves.

Four things cannot be, and a fifth shows by what the chargers do (`echo`):

- *Too much*: several times what the fuse carries. That is an error of communication.
- *Too little*: so little that, without what the cars draw, more than the whole fuse would be fed back. Generation that
  nobody measures is allowed for up to the fuse; what is beyond it is a clamp that is on backwards. With a load `b` that
  nobody controls and cars that draw `d`, such a meter shows `-b - d`, which is too little once `b + 2 d` is above the
  capacity: sooner than `b + d` is. So a wrong sign is noticed before cars can overload the fuse.
- *Nothing*: not a watt, while cars draw.
- *Stuck*: a phase shows exactly the same number, although what cars draw on it has changed, or for so long that the
  whole meter would count as frozen. Of meters that show whole amperes, or tenths, only the former is expected.

One such reading may be a matter of timing: devices report at different times. While there is a suspicion nobody gets
more. When it lasts, the meter is not believed any more, and after that for a while that doubles with each time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..device.freshness import MeterFault
from ..device.state import DeviceState
from ..model.world import NOMINAL_V, ChargerConfig, PhaseReading, PhaseTriple, Timing

#: A fuse carries so many times its rating only for moments.
_TOO_MUCH = 5.0
#: Less than this is nothing, A.
_NOTHING_A = 0.02
#: Cars' draw that has to show on a meter, A.
_SHOWS_A = 2.0
#: The greatest number of times that the time without trust doubles.
_DOUBLINGS = 6


@dataclass(slots=True, kw_only=True)
class Plausibility:
    """One meter, from step to step.

    Attributes:
        capacity_a: The fuse, A per phase; 0: there is no such phase.
        suspect: What it shows now cannot be, but perhaps only for a moment: no reason to give anybody more.
    """

    capacity_a: PhaseTriple
    suspect: bool = False
    _too_little_since: float | None = None
    _distrust_until: float | None = None
    _distrusted: int = 0
    _nothing_since: float | None = None
    _shown: list[float | None] = field(default_factory=lambda: [None] * 3)
    _shown_since: list[float] = field(default_factory=lambda: [0.0] * 3)
    _drawn_then: list[float] = field(default_factory=lambda: [0.0] * 3)
    _moved_since: list[float | None] = field(default_factory=lambda: [None] * 3)

    def check(
        self, now: float, reading: PhaseReading, devices: Iterable[DeviceState], timing: Timing
    ) -> MeterFault | None:
        """Take in a reading that is fresh; returns why it must not be believed, if so.

        Args:
            now: Grid time.
            reading: What the meter shows.
            devices: All that hang below it, brought up to date.
            timing: For how long a contradiction may be a matter of timing.
        """
        drawn = _Drawn.by(devices, reading.at)
        self.suspect = False
        stuck = self._stuck(now, reading, drawn.known_a, timing)
        if self._too_much(reading):
            self._distrust(now, timing)
        elif not self._contradicts(now, reading, drawn, timing):
            self._calm_down(now, timing)
        if self._distrust_until is not None and now < self._distrust_until:
            return MeterFault.IMPLAUSIBLE
        return MeterFault.FROZEN if stuck else None

    def doubt(self, now: float, timing: Timing, *, proven: bool = True) -> None:
        """Doubt the meter, since something else than its readings has shown that it is wrong.

        Where it has only not been shown that it is right (`proven` is False), the time does not double.
        """
        if proven:
            self._distrust(now, timing)
        else:
            self._distrust_until = max(self._distrust_until or now, now + timing.increase_hold_s)

    def _too_much(self, reading: PhaseReading) -> bool:
        # A phase that there is not carries no more than one that there is.
        most_a = max(self.capacity_a)
        return any(
            abs(watts) > _TOO_MUCH * (capacity or most_a) * NOMINAL_V
            for watts, capacity in zip(reading.power_w, self.capacity_a, strict=True)
        )

    def _contradicts(self, now: float, reading: PhaseReading, drawn: _Drawn, timing: Timing) -> bool:
        """Too little, or nothing at all where something flows."""
        phases = [phase for phase, capacity in enumerate(self.capacity_a) if capacity > 0]
        shown_a = [watts / NOMINAL_V for watts in reading.power_w]
        too_little = any(shown_a[phase] - drawn.least_a[phase] < -self.capacity_a[phase] for phase in phases)
        too_little |= sum(shown_a) - drawn.least_total_a < -sum(self.capacity_a)
        nothing = any(abs(shown_a[phase]) < _NOTHING_A and drawn.known_a[phase] >= _SHOWS_A for phase in phases)
        self._too_little_since = _since(self._too_little_since, now, holds=too_little)
        self._nothing_since = _since(self._nothing_since, now, holds=nothing)
        since = [each for each in (self._too_little_since, self._nothing_since) if each is not None]
        self.suspect |= bool(since)
        if since and now - min(since) > timing.meter_max_age_s:
            self._distrust(now, timing)
        return bool(since)

    def forget_future(self, now: float) -> None:
        """Forget what lies in the future: the clock was set back."""
        self._too_little_since = self._nothing_since = None
        self._moved_since = [None] * 3
        self._shown_since = [now] * 3
        self._distrust_until = None

    def _distrust(self, now: float, timing: Timing) -> None:
        if self._distrust_until is None or now >= self._distrust_until:
            self._distrusted = min(self._distrusted + 1, _DOUBLINGS)
        self._distrust_until = now + timing.increase_hold_s * 2 ** (self._distrusted - 1)

    def _calm_down(self, now: float, timing: Timing) -> None:
        """After a long time without contradictions all is forgiven."""
        until = self._distrust_until
        if until is not None and now - until > timing.increase_hold_s * 2**_DOUBLINGS:
            self._distrust_until, self._distrusted = None, 0

    def _stuck(self, now: float, reading: PhaseReading, drawn_a: PhaseTriple, timing: Timing) -> bool:
        """Return whether a phase did not move, although it should have."""
        stuck = False
        for phase, watts in enumerate(reading.power_w):
            if self.capacity_a[phase] <= 0:
                continue
            if watts != self._shown[phase]:
                self._shown[phase], self._drawn_then[phase] = watts, drawn_a[phase]
                self._shown_since[phase], self._moved_since[phase] = now, None
                continue
            moved = abs(drawn_a[phase] - self._drawn_then[phase]) >= _SHOWS_A
            since = self._moved_since[phase] = _since(self._moved_since[phase], now, holds=moved)
            self.suspect |= moved
            # A device's report may be late by as much.
            stuck |= since is not None and now - since > timing.telemetry_max_age_s
            if drawn_a[phase] >= _SHOWS_A and not _coarse(watts):
                stuck |= now - self._shown_since[phase] > timing.meter_frozen_s
        return stuck


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """What devices drew when a meter reported, A.

    Reports may be late. So at least means: a charger draws no more than it is told; of other devices only what they
    feed back counts. Of a charger that only knows its total, no phase is known.

    Attributes:
        known_a: By chargers, on each phase.
        least_a: By all devices at least, on each phase; negative when they feed back more.
        least_total_a: By all devices at least, over all phases.
    """

    known_a: PhaseTriple
    least_a: PhaseTriple
    least_total_a: float

    @classmethod
    def by(cls, devices: Iterable[DeviceState], at: float) -> _Drawn:
        """Add up at a time."""
        known, least, total = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], 0.0
        for device in devices:
            reading = device.reading
            if reading is None:
                continue
            is_charger, told_a = isinstance(device.config, ChargerConfig), device.setpoint
            most_a = told_a if is_charger and told_a is not None else 0.0
            guessed = reading.split and device.phases.learned is None
            known_here, most_here_a = is_charger and not guessed, 0.0 if guessed else most_a
            for phase, watts in enumerate(device.log.at(at) or reading.power_w):
                amps = watts / NOMINAL_V
                if known_here:
                    known[phase] += amps
                least[phase] += min(amps, most_here_a)
                total += min(amps, most_a)
        return cls(known_a=(known[0], known[1], known[2]), least_a=(least[0], least[1], least[2]), least_total_a=total)


def _since(since: float | None, now: float, *, holds: bool) -> float | None:
    """Return since when something holds without a break."""
    if not holds:
        return None
    return now if since is None else since


def _coarse(watts: float) -> bool:
    tenths = watts / NOMINAL_V * 10
    return abs(tenths - round(tenths)) < _NOTHING_A / 100
