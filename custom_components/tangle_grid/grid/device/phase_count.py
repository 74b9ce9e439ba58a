"""How many phases share a power that a charger is told, where only its total is measured.

A limit in W counts for all phases that the car uses together: what three share, one alone may carry. So a power is told
as for a single phase until more are proven, or until each phase has room for the greatest current of the charger: then
it does not matter how many they are. Two things prove them, for as long as the same car is there:

- A total that fewer phases could not carry.
- A car that charges with what lets two phases charge, and stops as soon as that is too little for two: one that uses a
  single phase goes on. It is told less once to find out, and must come back when it is told as much again.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

from ..model.lease import Lease
from ..model.world import NOMINAL_V, ChargerConfig, PhaseReading

#: A phase carries no more than so many times the greatest current of its charger, at the nominal voltage.
_TOO_MUCH: Final = 1.15
#: And no less than so much of the least one when a car charges on it.
_TOO_LITTLE: Final = 0.9
#: Less than this is no charging, W. Without a plug to watch, another car may come when nothing flowed for so long, s.
_IDLE_W: Final = 300.0
_IDLE_S: Final = 20.0
#: It is told less when it has charged with the same for so long, s; what it measures so long after belongs to that.
_STEADY_S: Final = 60.0
_FOLLOWED_S: Final = 20.0
#: After a longer time without watching, another car may be there, s.
_SAME_CAR_S: Final = 600.0


class PhaseCount:
    """The phases that are proven to share the power of one charger.

    Attributes:
        proven: At least so many; 1 is always true.
        lid_a: The most that it is told meanwhile, A, to see whether it goes on; None: anything.
    """

    def __init__(self) -> None:
        self.proven = 1
        self.lid_a: float | None = None
        self._answered = self._stopped = False
        self._lid_at = 0.0
        self._seen_at: float | None = None
        self._idle_since: float | None = None

    def forget(self) -> None:
        """Begin anew: there is another car, or none."""
        self.proven = 1
        self.lid_a = None
        self._answered = self._stopped = False

    def observe(
        self, now: float, config: ChargerConfig, reading: PhaseReading, lease: Lease | None, *, plugged: bool | None
    ) -> None:
        """Take in what the charger measures.

        Args:
            now: Grid time.
            config: The charger.
            reading: What it draws.
            lease: What it was told.
            plugged: A car is there; None: nobody knows.
        """
        if self._seen_at is not None and not 0.0 <= now - self._seen_at <= _SAME_CAR_S:
            self.forget()
        self._seen_at = now
        total_w = reading.total_w
        if total_w >= _IDLE_W:
            self._idle_since = None
        elif self._idle_since is None or self._idle_since > now:
            self._idle_since = now
        idle = self._idle_since is not None and now - self._idle_since >= _IDLE_S
        if plugged is False or (plugged is None and idle):
            self.forget()
            return
        least = math.ceil(total_w / (NOMINAL_V * config.max_current_a * _TOO_MUCH))
        self.proven = min(len(config.phases), max(self.proven, least))
        if lease is not None and lease.value is not None:
            self._look_for_two(now, config, reading, told_a=lease.value, told_at=lease.changed_at)

    def _look_for_two(
        self, now: float, config: ChargerConfig, reading: PhaseReading, *, told_a: float, told_at: float
    ) -> None:
        """Tell a car once what is too little for two phases, and see whether it stops, and comes back after it."""
        two_a, amps = 2 * config.min_current_a, reading.total_w / NOMINAL_V
        if self.proven > 1 or self._answered or len(config.phases) == 1:
            self.lid_a = None
            return
        settled, two_may_charge = reading.at - told_at >= _FOLLOWED_S, amps >= two_a * _TOO_LITTLE
        if self._stopped:
            if _IDLE_W <= reading.total_w < two_a * _TOO_LITTLE * NOMINAL_V:
                self._answered = True
            elif two_may_charge and told_a >= two_a:
                self.proven = 2
        elif self.lid_a is not None:
            if told_a <= self.lid_a and settled and reading.at - self._lid_at >= _FOLLOWED_S:
                self.lid_a = None
                self._stopped = reading.total_w < _IDLE_W
                self._answered = not self._stopped
        elif two_a <= told_a < config.max_current_a and two_may_charge and reading.at - told_at >= _STEADY_S:
            self.lid_a, self._lid_at = two_a - config.step_a, now

    def told(self, config: ChargerConfig, amps: float) -> int:
        """Return how many phases a power is meant for that stands for `amps` A on each."""
        # Above the greatest current is only what a charger cannot be told less than.
        if math.isclose(amps, config.max_current_a):
            return len(config.phases)
        return min(self.proven, len(config.phases))

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able content."""
        return {"proven": self.proven, "seen_at": self._seen_at}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take over what was proven; it ends if nobody has watched for too long since."""
        if (seen_at := data["seen_at"]) is not None:
            self.proven, self._seen_at = max(1, int(data["proven"])), float(seen_at)
